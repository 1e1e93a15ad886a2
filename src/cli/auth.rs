//! `auth`: gets, shows (never prints), renews and forgets the credentials of a profile.

use std::sync::Arc;

use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Serialize;

use super::credentials::{self, Sources};
use super::{Context, Failure, Outcome, OverrideFlags, browser, connect, interrupts, settings};
use crate::config::{AuthMethod, Grant, Settings};
use crate::event::Silent;
use crate::ids::InstanceUrl;
use crate::report::Format;
use crate::secrets::{Kept, KeptTokens, Secret, StoreKind};
use crate::servicenow::{
    Authorization, Callback, Credentials, CurrentUser, Options, Reader, RefreshAge, SignInError, Tokens,
};
use crate::text;

/// Flags of `auth`.
#[derive(Debug, clap::Args)]
pub struct AuthArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: AuthCommand,
}

/// The verbs of `auth`.
#[derive(Debug, Subcommand)]
pub enum AuthCommand {
    /// Sign in and keep the credentials of this profile
    Login(LoginArgs),
    /// Show who is signed in, how, and how long still; never a secret
    Status(ProfileArgs),
    /// Renew the access token now
    Refresh(ProfileArgs),
    /// Revoke and forget the credentials of this profile
    Logout(ProfileArgs),
}

/// Flags of `auth login`.
#[derive(Debug, clap::Args)]
pub struct LoginArgs {
    /// Where to keep the credentials: the system's keyring, or a file that only you can read
    #[arg(long, value_enum, value_name = "STORE")]
    pub store: Option<StoreChoice>,
    /// Paste the address that the browser ends up at, for a machine without a browser
    #[arg(long)]
    pub paste: bool,
    /// Print the address to open, start no browser
    #[arg(long)]
    pub no_browser: bool,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

/// Flags of the other verbs.
#[derive(Debug, clap::Args)]
pub struct ProfileArgs {
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

/// Stores to choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StoreChoice {
    /// The system's keyring
    Keyring,
    /// A file of mode 0600 in the user's state directory
    File,
}

impl From<StoreChoice> for StoreKind {
    fn from(choice: StoreChoice) -> Self {
        match choice {
            StoreChoice::Keyring => Self::Keyring,
            StoreChoice::File => Self::File,
        }
    }
}

pub(super) fn run(args: &AuthArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let (flags, store) = match &args.command {
        AuthCommand::Login(login) => (&login.settings, login.store.map(Into::into)),
        AuthCommand::Status(args) | AuthCommand::Refresh(args) | AuthCommand::Logout(args) => {
            (&args.settings, None)
        }
    };
    let resolved = settings::resolve(context, flags, |overrides| overrides)?;
    let settings = resolved.settings;
    let instance = connect::instance(&settings)?;
    let url = connect::address(instance)?;
    let network = credentials::network(&settings, instance)?;
    let edges = context.edges;
    let sources = || Sources::new(&settings, &url, &edges, network.clone(), store);
    match &args.command {
        AuthCommand::Login(login) => log_in(login, &sources().anew(), context),
        AuthCommand::Status(_) => Ok(()),
        AuthCommand::Refresh(_) => refresh(&sources(), context),
        AuthCommand::Logout(_) => log_out(&sources(), context),
    }?;
    // Looked up anew: what was kept has changed.
    let sources = sources();
    if context.global.format == Format::Json || matches!(args.command, AuthCommand::Status(_)) {
        let status = Status::of(&sources, &settings, &url)?;
        let text = if context.global.format == Format::Json { status.json() } else { status.human() };
        context.printer.data(&text);
    }
    Ok(Outcome::Done)
}

/// What a sign-in gave.
pub(super) struct SignedIn {
    /// What is to be kept.
    pub(super) kept: Kept,
    /// What signs in now.
    pub(super) credentials: Credentials,
}

/// How a person signs in in a browser.
#[derive(Debug, Clone, Copy)]
pub(super) struct How {
    pub(super) paste: bool,
    pub(super) no_browser: bool,
}

/// Signs in as `[auth]` has it; nothing is kept yet.
pub(super) fn sign_in(how: How, sources: &Sources<'_>, context: &Context) -> Result<SignedIn, Failure> {
    match sources.settings.auth.method {
        AuthMethod::Basic => single(sources, Secret::Password, |password| {
            Ok(Credentials::Basic { user: sources.user()?, password })
        }),
        AuthMethod::ApiKey => single(sources, Secret::ApiKey, |key| Ok(Credentials::ApiKey(key))),
        AuthMethod::OAuth => oauth(how, sources, context),
    }
}

fn log_in(args: &LoginArgs, sources: &Sources<'_>, context: &mut Context) -> Result<(), Failure> {
    if let Some(why) = sources.vault.unavailable() {
        return Err(Failure::new(Outcome::Credentials, "no-store", format!("nothing can be kept: {why}")).help(
            "run `kb-publish auth login --store file` to keep secrets in a file that only you can read, or give \
             them by environment variable or file",
        ));
    }
    let how = How { paste: args.paste, no_browser: args.no_browser };
    let signed_in = sign_in(how, sources, context)?;
    let user = context.block_on(interrupts::reading(try_out(sources, signed_in.credentials)))??;
    sources.vault.save(signed_in.kept).map_err(credentials::failure)?;
    let whom = if user.user_name.is_empty() {
        "an unnamed account".to_owned()
    } else {
        format!("`{}`", user.user_name)
    };
    let place = sources.vault.place();
    context.printer.note(&format!("signed in to {} as {whom}; kept in {place}", sources.url));
    Ok(())
}

/// Proves the credentials before anything is kept.
async fn try_out(sources: &Sources<'_>, credentials: Credentials) -> Result<CurrentUser, Failure> {
    let options = Options {
        instance: sources.url.clone(),
        credentials: Arc::new(credentials),
        network: sources.network().clone(),
        max_wait: std::time::Duration::from_secs(10),
        concurrency: 1,
        user_name: sources.settings.auth.username.clone(),
    };
    let reader = Reader::new(options, Arc::new(Silent)).map_err(connect::failure)?;
    connect::prove(&reader).await.map(|(user, _)| user)
}

/// A method of one secret.
fn single(
    sources: &Sources<'_>,
    secret: Secret,
    credentials: impl Fn(SecretString) -> Result<Credentials, Failure>,
) -> Result<SignedIn, Failure> {
    let value = match sources.in_environment(secret)? {
        Some(found) => found.value,
        None => sources.need(secret)?,
    };
    let mut kept = Kept::default();
    kept.set(secret, Some(value.clone()));
    Ok(SignedIn { kept, credentials: credentials(value)? })
}

fn oauth(how: How, sources: &Sources<'_>, context: &Context) -> Result<SignedIn, Failure> {
    if sources.settings.auth.grant == Grant::AuthorizationCode {
        sources.ask_optional(Secret::ClientSecret)?;
    }
    let session = sources.session(None, true, true)?;
    let tokens = if sources.settings.auth.grant == Grant::AuthorizationCode {
        let asked = authorization(sources)?;
        let code = if how.paste {
            pasted(&asked, context)?
        } else {
            context.block_on(interrupts::reading(code(how, &asked, context)))??
        };
        let exchange = async { session.exchange(&code, &asked).await.map_err(connect::failure) };
        context.block_on(interrupts::reading(exchange))?
    } else {
        let sign_in = async { session.sign_in().await.map_err(connect::failure) };
        context.block_on(interrupts::reading(sign_in))?
    };
    let tokens: Tokens = tokens?;
    let mut kept = Kept::default();
    for secret in [Secret::ClientSecret, Secret::JwtKey] {
        kept.set(secret, sources.find(secret)?.map(|found| found.value));
    }
    kept.tokens = Some(KeptTokens::of(&tokens));
    Ok(SignedIn { kept, credentials: Credentials::Bearer(tokens.access) })
}

fn authorization(sources: &Sources<'_>) -> Result<Authorization, Failure> {
    let auth = &sources.settings.auth;
    let url = sources.endpoint(auth.authorize_url.as_ref(), "/oauth_auth.do", "authorize_url")?;
    let client_id = sources.client()?.client_id;
    Ok(Authorization::new(&url, &client_id, &auth.redirect_url, auth.scope.as_deref()))
}

/// Lets a person sign in in a browser on this machine.
async fn code(how: How, asked: &Authorization, context: &Context) -> Result<SecretString, Failure> {
    let callback = Callback::bind(&asked.redirect_url).await.map_err(sign_in_failure)?;
    let opened =
        !how.no_browser && context.edges.terminal.stderr && browser::open(&asked.url, &context.edges);
    let what = if opened { "a browser opens; if it does not, open" } else { "open" };
    context.printer.note(&format!(
        "To sign in, {what}\n\n  {}\n\nThe OAuth client must have {} registered as its redirect URL.",
        asked.url, asked.redirect_url
    ));
    callback.wait(asked).await.map_err(sign_in_failure)
}

/// Lets a person sign in in a browser, here or on another machine.
fn pasted(asked: &Authorization, context: &Context) -> Result<SecretString, Failure> {
    context.printer.note(&format!(
        "To sign in, open\n\n  {}\n\nand paste the address that the browser ends up at (a page that cannot be \
         shown is fine), or the code in it:",
        asked.url
    ));
    interrupts::guard();
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    let line = SecretString::from(line);
    read.map_err(|error| {
        Failure::new(Outcome::Credentials, "no-answer", format!("nothing was pasted: {error}"))
    })?;
    asked.code_in_pasted(secrecy::ExposeSecret::expose_secret(&line)).map_err(sign_in_failure)
}

fn sign_in_failure(error: SignInError) -> Failure {
    connect::failure(error.into())
}

fn refresh(sources: &Sources<'_>, context: &mut Context) -> Result<(), Failure> {
    if sources.settings.auth.method != AuthMethod::OAuth {
        context.printer.note("there is no token to renew: this profile does not sign in with OAuth");
        return Ok(());
    }
    let tokens = sources.kept()?.tokens.clone().map(KeptTokens::into_tokens);
    let session = sources.session(tokens, false, false)?;
    let renewing = async { session.refresh().await.map_err(connect::failure) };
    let tokens = context.block_on(interrupts::reading(renewing))??;
    let still = tokens.expires_at.map_or_else(String::new, |end| format!("; it serves for {}", left(end)));
    context.printer.note(&format!("access token renewed{still}"));
    Ok(())
}

fn log_out(sources: &Sources<'_>, context: &mut Context) -> Result<(), Failure> {
    if let Some(tokens) = sources.kept()?.tokens.clone() {
        let url = sources.endpoint(None, "/oauth_revoke_token.do", "url")?;
        let both = [tokens.refresh.as_ref(), Some(&tokens.access)];
        for token in both.into_iter().flatten() {
            if let Err(error) = context.block_on(sources.network().revoke(&url, token))? {
                tracing::warn!("a token could not be revoked on the instance: {error}");
            }
        }
    }
    let there = sources.vault.delete().map_err(credentials::failure)?;
    let what = if there { "forgotten" } else { "nothing was kept" };
    context.printer.note(&format!("signed out of {}: {what}", sources.url));
    Ok(())
}

/// The JSON Schema of what `--format json` prints.
pub(super) fn schema() -> serde_json::Value {
    crate::report::schema::of::<Status>("kb-publish/auth/1")
}

/// `kb-publish/auth/1`: how a profile signs in, without any secret.
#[derive(Debug, Serialize, JsonSchema)]
struct Status {
    /// Always `kb-publish/auth/1`.
    schema: &'static str,
    profile: String,
    instance: String,
    /// `basic`, `oauth` or `api-key`.
    method: &'static str,
    /// The OAuth grant.
    grant: Option<&'static str>,
    username: Option<String>,
    client_id: Option<String>,
    store: StoreStatus,
    /// Secrets that a run would use, and where they are.
    secrets: Vec<SecretStatus>,
    token: Option<TokenStatus>,
}

/// Where credentials are kept.
#[derive(Debug, Serialize, JsonSchema)]
struct StoreStatus {
    /// `keyring`, `file` or `none`.
    kind: &'static str,
    /// Why it cannot be used.
    problem: Option<String>,
    path: Option<String>,
}

/// One secret.
#[derive(Debug, Serialize, JsonSchema)]
struct SecretStatus {
    name: &'static str,
    origin: String,
}

/// The tokens that are kept.
#[derive(Debug, Serialize, JsonSchema)]
struct TokenStatus {
    /// Seconds that the access token still serves; null where it is not known.
    access_seconds: Option<i64>,
    /// Whether there is a refresh token.
    renewable: bool,
    /// Days until a person must sign in again; null where it is not known.
    refresh_days: Option<i64>,
    scope: Option<String>,
}

impl Status {
    fn of(sources: &Sources<'_>, settings: &Settings, url: &InstanceUrl) -> Result<Self, Failure> {
        let auth = &settings.auth;
        let mut secrets = Vec::new();
        for secret in Secret::ALL {
            if let Some(found) = sources.find(secret)? {
                secrets.push(SecretStatus { name: secret.words(), origin: found.origin.to_string() });
            }
        }
        let oauth = auth.method == AuthMethod::OAuth;
        let tokens = sources.kept()?.tokens.clone().filter(|_| oauth).map(KeptTokens::into_tokens);
        Ok(Self {
            schema: "kb-publish/auth/1",
            profile: settings.profile.clone(),
            instance: url.to_string(),
            method: match auth.method {
                AuthMethod::Basic => "basic",
                AuthMethod::OAuth => "oauth",
                AuthMethod::ApiKey => "api-key",
            },
            grant: oauth.then_some(match auth.grant {
                Grant::Password => "password",
                Grant::AuthorizationCode => "authorization-code",
                Grant::ClientCredentials => "client-credentials",
                Grant::JwtBearer => "jwt-bearer",
            }),
            username: auth.username.clone(),
            client_id: auth.client_id.clone().filter(|_| oauth),
            store: StoreStatus {
                kind: sources.vault.kind().as_str(),
                problem: sources.vault.unavailable(),
                path: sources.vault.path().map(Into::into),
            },
            secrets,
            token: tokens.map(|tokens| TokenStatus::of(&tokens, auth.refresh_token_days)),
        })
    }

    fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    fn human(&self) -> String {
        let mut lines = vec![format!("profile   {}", self.profile), format!("instance  {}", self.instance)];
        let how = match self.grant {
            Some(grant) => format!("{} ({grant})", self.method),
            None => self.method.to_owned(),
        };
        lines.push(format!("method    {how}"));
        lines.extend(self.username.as_ref().map(|user| format!("user      {user}")));
        lines.extend(self.client_id.as_ref().map(|client| format!("client    {client}")));
        let place = self.store.path.as_deref().map(|path| format!(" `{path}`")).unwrap_or_default();
        let problem =
            self.store.problem.as_deref().map(|why| format!(": not usable, {why}")).unwrap_or_default();
        lines.push(format!("store     {}{place}{problem}", self.store.kind));
        for secret in &self.secrets {
            lines.push(format!("secret    {} from {}", secret.name, secret.origin));
        }
        match &self.token {
            Some(token) => lines.push(format!("token     {}", token.human())),
            None if self.secrets.is_empty() => {
                lines.push("not signed in: run `kb-publish auth login`".to_owned());
            }
            None => {}
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

impl TokenStatus {
    fn of(tokens: &Tokens, days: u32) -> Self {
        let now = Timestamp::now();
        let refresh_days = tokens.refresh_since.filter(|_| tokens.refresh.is_some()).map(|since| {
            let end = since.as_second().saturating_add(i64::from(days) * 86_400);
            (end - now.as_second()).max(0) / 86_400
        });
        let over = tokens.refresh_age(now, days) == RefreshAge::Over;
        Self {
            access_seconds: tokens.expires_at.map(|end| (end.as_second() - now.as_second()).max(0)),
            renewable: tokens.refresh.is_some() && !over,
            refresh_days,
            scope: tokens.scope.clone(),
        }
    }

    fn human(&self) -> String {
        let mut parts = vec![match self.access_seconds {
            Some(0) => "the access token is over".to_owned(),
            Some(seconds) => format!("the access token serves for {}", words(seconds)),
            None => "the access token's end is not known".to_owned(),
        }];
        match (self.renewable, self.refresh_days) {
            (true, Some(days)) => {
                let days = text::count(usize::try_from(days).unwrap_or_default(), "day");
                parts.push(format!("it can be renewed for {days}"));
            }
            (true, None) => parts.push("it can be renewed".to_owned()),
            (false, _) => parts.push("it cannot be renewed".to_owned()),
        }
        parts.extend(self.scope.as_ref().map(|scope| format!("scope `{scope}`")));
        parts.join("; ")
    }
}

fn left(end: Timestamp) -> String {
    words((end.as_second() - Timestamp::now().as_second()).max(0))
}

fn words(seconds: i64) -> String {
    text::duration(u64::try_from(seconds).unwrap_or_default().saturating_mul(1000))
}
