//! From `[auth]` and the places where secrets are to the credentials of a connection. Order: environment, file,
//! store, a person (design §6).

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8Path;
use secrecy::SecretString;

use super::{Edges, Failure, Outcome};
use crate::config::{AuthMethod, AuthSettings, Grant, InstanceSettings, Settings};
use crate::ids::InstanceUrl;
use crate::secrets::{
    self, Binding, Found, Kept, Origin, Secret, SecretError, StoreKind, Vault, VaultKeeper,
};
use crate::servicenow::{
    Credentials, GrantSecret, JwtSigner, Network, OAuth, OAuthClient, RefreshAge, Tokens,
};

/// One connection's secrets, looked for where design §6 says.
pub(super) struct Sources<'a> {
    pub(super) settings: &'a Settings,
    pub(super) url: &'a InstanceUrl,
    pub(super) vault: Vault,
    edges: &'a Edges,
    network: Network,
    kept: OnceCell<Kept>,
    asked: RefCell<BTreeMap<Secret, SecretString>>,
}

impl<'a> Sources<'a> {
    /// For this instance; `store` where a flag chose one. Nothing is looked up yet.
    pub(super) fn new(
        settings: &'a Settings,
        url: &'a InstanceUrl,
        edges: &'a Edges,
        network: Network,
        store: Option<StoreKind>,
    ) -> Self {
        let vault = Vault::open(&binding(settings, url), store, edges.env);
        Self { settings, url, vault, edges, network, kept: OnceCell::new(), asked: RefCell::default() }
    }

    /// The same, but what is kept does not count where a person can be asked: a sign-in begins anew.
    pub(super) fn anew(self) -> Self {
        if self.edges.terminal.can_ask() {
            let _ = self.kept.set(Kept::default());
        }
        self
    }

    /// The way to the instance.
    pub(super) fn network(&self) -> &Network {
        &self.network
    }

    fn auth(&self) -> &AuthSettings {
        &self.settings.auth
    }

    /// What the store keeps for this connection; asked once.
    pub(super) fn kept(&self) -> Result<&Kept, Failure> {
        if let Some(kept) = self.kept.get() {
            return Ok(kept);
        }
        let kept = self.vault.load().map_err(failure)?.unwrap_or_default();
        Ok(self.kept.get_or_init(|| kept))
    }

    /// A secret from environment, file or store.
    pub(super) fn find(&self, secret: Secret) -> Result<Option<Found>, Failure> {
        if let Some(found) = self.in_environment(secret)? {
            return Ok(Some(found));
        }
        if let Some(value) = self.asked.borrow().get(&secret).cloned() {
            return Ok(Some(Found { value, origin: Origin::Prompt }));
        }
        let kept = self.kept()?.get(secret).cloned();
        Ok(kept.map(|value| Found { value, origin: Origin::Store }))
    }

    pub(super) fn in_environment(&self, secret: Secret) -> Result<Option<Found>, Failure> {
        secrets::from_environment(secret, self.edges.env).map_err(failure)
    }

    /// A secret from environment, file, store, or a person.
    pub(super) fn need(&self, secret: Secret) -> Result<SecretString, Failure> {
        match self.find(secret)? {
            Some(found) => Ok(found.value),
            None => self.ask(secret),
        }
    }

    /// A secret typed by a person, once for a run.
    fn ask(&self, secret: Secret) -> Result<SecretString, Failure> {
        if !self.edges.terminal.can_ask() {
            return Err(self.missing(secret));
        }
        let found = secrets::ask(&self.question(secret), false).map_err(failure)?;
        // Never empty: the prompt insists on an answer.
        let value = found.map(|found| found.value).unwrap_or_default();
        self.asked.borrow_mut().insert(secret, value.clone());
        Ok(value)
    }

    /// A secret that may not exist; nobody is asked without a terminal.
    pub(super) fn ask_optional(&self, secret: Secret) -> Result<(), Failure> {
        if self.find(secret)?.is_none()
            && self.edges.terminal.can_ask()
            && let Some(found) = secrets::ask(&self.question(secret), true).map_err(failure)?
        {
            self.asked.borrow_mut().insert(secret, found.value);
        }
        Ok(())
    }

    fn question(&self, secret: Secret) -> String {
        let whose = match secret {
            Secret::Password => self.auth().username.as_deref(),
            Secret::ClientSecret | Secret::JwtKey => self.auth().client_id.as_deref(),
            Secret::AccessToken | Secret::RefreshToken | Secret::ApiKey => None,
        };
        let whose = whose.map(|whose| format!(" of {whose}")).unwrap_or_default();
        format!("{}{whose} for {}", capital(secret.words()), self.url)
    }

    fn missing(&self, secret: Secret) -> Failure {
        let variable = secret.variable();
        let mut message = format!("no {} to sign in with", secret.words());
        if self.vault.kind() == StoreKind::Keyring {
            match self.vault.unavailable() {
                Some(why) => message = format!("{message}; there is no keyring either ({why})"),
                None if cfg!(target_os = "linux") => message.push_str("; the keyring has none, or is locked"),
                None => message.push_str("; the keyring has none"),
            }
        }
        Failure::new(Outcome::Credentials, "no-secret", message)
            .help(format!("run `kb-publish auth login` at a terminal, or set {variable} or {variable}_FILE"))
    }

    /// The configured user name.
    pub(super) fn user(&self) -> Result<String, Failure> {
        self.auth().username.clone().ok_or_else(|| {
            Failure::new(Outcome::Credentials, "no-username", "no user name to sign in with")
                .help("set `username` in `[auth]`, or KB_PUBLISH_USERNAME, and run `kb-publish auth login`")
        })
    }

    /// The credentials that `[auth]` asks for.
    pub(super) fn credentials(&self) -> Result<Credentials, Failure> {
        match self.auth().method {
            AuthMethod::Basic => {
                let user = self.user()?;
                Ok(Credentials::Basic { user, password: self.need(Secret::Password)? })
            }
            AuthMethod::ApiKey => Ok(Credentials::ApiKey(self.need(Secret::ApiKey)?)),
            AuthMethod::OAuth => self.oauth(),
        }
    }

    fn oauth(&self) -> Result<Credentials, Failure> {
        let access = self.in_environment(Secret::AccessToken)?.map(|found| found.value);
        let refresh = self.in_environment(Secret::RefreshToken)?.map(|found| found.value);
        let from_environment = refresh.is_some();
        let tokens = match (access, refresh) {
            (Some(access), None) => return Ok(Credentials::Bearer(access)),
            (access, Some(refresh)) => Some(from_variables(access, refresh)),
            (None, None) => self.kept()?.tokens.clone().map(secrets::KeptTokens::into_tokens),
        };
        if let Some(tokens) = &tokens {
            warn_of_age(tokens, self.auth().refresh_token_days);
        }
        let renewable = tokens.as_ref().is_some_and(|tokens| tokens.refresh.is_some());
        let now = jiff::Timestamp::now();
        let alive = tokens.as_ref().is_some_and(|tokens| tokens.expires_at.is_none_or(|end| now < end));
        if !renewable && !alive && self.auth().grant == Grant::AuthorizationCode {
            return Err(self.not_signed_in());
        }
        let session = self.session(tokens, from_environment, !renewable)?;
        Ok(Credentials::OAuth(Box::new(session)))
    }

    /// A session of the configured grant; `begins`: it has to be able to get its first token by itself.
    pub(super) fn session(
        &self,
        tokens: Option<Tokens>,
        from_environment: bool,
        begins: bool,
    ) -> Result<OAuth, Failure> {
        let client = self.client()?;
        let grant = self.grant(begins)?;
        let needed = !grant.begins();
        let keeper = Arc::new(VaultKeeper { vault: self.vault.clone(), from_environment, needed });
        Ok(OAuth::new(client, grant, self.auth().username.clone(), tokens, keeper))
    }

    fn grant(&self, begins: bool) -> Result<GrantSecret, Failure> {
        Ok(match self.auth().grant {
            Grant::Password => {
                let found = self.find(Secret::Password)?.map(|found| found.value);
                let password = match found {
                    None if begins => Some(self.ask(Secret::Password)?),
                    found => found,
                };
                GrantSecret::Password { user: self.user()?, password }
            }
            Grant::AuthorizationCode => GrantSecret::AuthorizationCode,
            Grant::ClientCredentials => GrantSecret::ClientCredentials,
            Grant::JwtBearer => GrantSecret::JwtBearer(JwtSigner {
                key: self.jwt_key()?,
                key_id: self.auth().jwt_key_id.clone(),
                subject: self.auth().jwt_subject.clone().map_or_else(|| self.user(), Ok)?,
                audience: self.auth().jwt_audience.clone(),
            }),
        })
    }

    /// A key is no text that a person types.
    fn jwt_key(&self) -> Result<SecretString, Failure> {
        let found = self.find(Secret::JwtKey)?.map(|found| found.value);
        found.ok_or_else(|| {
            self.missing(Secret::JwtKey)
                .help("set KB_PUBLISH_JWT_KEY_FILE to the file of the private key (PEM), and run `kb-publish auth login`")
        })
    }

    /// The OAuth client, its secret included where it has one.
    pub(super) fn client(&self) -> Result<OAuthClient, Failure> {
        let auth = self.auth();
        let client_id = auth.client_id.clone().ok_or_else(|| {
            Failure::new(Outcome::Credentials, "no-client-id", "no OAuth client to sign in with")
                .help("set `client_id` in `[auth]`, or KB_PUBLISH_CLIENT_ID, and run `kb-publish auth login`")
        })?;
        let client_secret = match auth.grant {
            // Public clients have none; PKCE binds the code instead.
            Grant::AuthorizationCode => self.find(Secret::ClientSecret)?.map(|found| found.value),
            _ => Some(self.need(Secret::ClientSecret)?),
        };
        let token_url = self.endpoint(auth.token_url.as_ref(), "/oauth_token.do", "token_url")?;
        let refresh_url = match &auth.refresh_url {
            Some(url) => self.endpoint(Some(url), "", "refresh_url")?,
            None => token_url.clone(),
        };
        let network = self.network.clone();
        Ok(OAuthClient {
            client_id,
            client_secret,
            token_url,
            refresh_url,
            scope: auth.scope.clone(),
            network,
        })
    }

    /// A configured endpoint, else the instance's own. Secrets go there, so it is https, or this machine.
    pub(super) fn endpoint(
        &self,
        configured: Option<&url::Url>,
        path: &str,
        key: &str,
    ) -> Result<url::Url, Failure> {
        let Some(url) = configured else {
            let mut url = self.url.url().clone();
            url.set_path(path);
            return Ok(url);
        };
        InstanceUrl::parse(url.as_str()).map(|_| url.clone()).map_err(|error| {
            Failure::usage("auth-url", format!("`auth.{key}`: {error}"))
                .help("secrets are sent there: it must be https, or http on this machine")
        })
    }

    fn not_signed_in(&self) -> Failure {
        let mut message = format!("nobody is signed in to {}", self.url);
        if let Some(why) = self.vault.unavailable() {
            message = format!("{message} (there is no store: {why})");
        }
        Failure::new(Outcome::Credentials, "not-signed-in", message).help(
            "run `kb-publish auth login`; where nobody can, set KB_PUBLISH_REFRESH_TOKEN, or KB_PUBLISH_ACCESS_TOKEN",
        )
    }
}

/// The connection as its secrets are bound to it.
fn binding(settings: &Settings, url: &InstanceUrl) -> Binding {
    let auth = &settings.auth;
    let endpoints = [&auth.token_url, &auth.refresh_url];
    Binding {
        profile: settings.profile.clone(),
        instance: url.to_string(),
        user: auth.username.clone(),
        client_id: auth.client_id.clone().filter(|_| auth.method == AuthMethod::OAuth),
        endpoints: endpoints.into_iter().flatten().map(ToString::to_string).collect(),
    }
}

/// Tokens of a run whose environment holds the refresh token. Without an access token the first one is asked for.
fn from_variables(access: Option<SecretString>, refresh: SecretString) -> Tokens {
    let expires_at = access.is_none().then_some(jiff::Timestamp::UNIX_EPOCH);
    let access = access.unwrap_or_else(|| String::new().into());
    Tokens { access, expires_at, refresh: Some(refresh), refresh_since: None, scope: None }
}

fn warn_of_age(tokens: &Tokens, days: u32) {
    match tokens.refresh_age(jiff::Timestamp::now(), days) {
        RefreshAge::Fresh => {}
        RefreshAge::Ending(left) => tracing::warn!(
            "the sign-in ends in {}: run `kb-publish auth login` before",
            crate::text::count(usize::try_from(left).unwrap_or_default(), "day")
        ),
        RefreshAge::Over => tracing::warn!(
            "the sign-in is older than `refresh_token_days` = {days}: run `kb-publish auth login` if it is refused"
        ),
    }
}

/// The way to the instance that `[instance]` describes.
pub(super) fn network(settings: &Settings, instance: &InstanceSettings) -> Result<Network, Failure> {
    let ca_pem = instance.ca_file.as_deref().map(read_ca).transpose()?;
    Ok(Network {
        ca_pem,
        proxy: instance.proxy.clone(),
        timeout: instance.timeout,
        project: settings.project.to_string(),
    })
}

fn read_ca(path: &Utf8Path) -> Result<Vec<u8>, Failure> {
    let wrong = |why: String| {
        Failure::usage("ca-file", format!("`ca_file` names `{path}`, {why}"))
            .help("name a PEM file of certificate authorities, relative to the configuration file")
    };
    let pem = std::fs::read(path).map_err(|error| wrong(format!("which cannot be read: {error}")))?;
    match Network::certificates(&pem) {
        Ok(0) => Err(wrong("which holds no certificate".to_owned())),
        Ok(_) => Ok(pem),
        Err(why) => Err(wrong(format!("which holds a certificate that cannot be read: {why}"))),
    }
}

/// What a store or file that cannot be used means: exit 3.
pub(super) fn failure(error: SecretError) -> Failure {
    Failure::new(Outcome::Credentials, error.code, error.message).help(error.help)
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
