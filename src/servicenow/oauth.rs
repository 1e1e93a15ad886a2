//! Access tokens, renewed ahead of their end and after a 401: one renewal at a time for all workers, and for all
//! processes that share a store.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use super::authorize::Authorization;
use super::error::{ApiError, SignInError};
use super::jwt::JwtSigner;
use super::token_endpoint::{GrantKind, OAuthClient};
use super::tokens::{TokenKeeper, Tokens};

/// How long before its end a token is renewed, at most; of a short-lived one, a fifth of its life.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

/// How the first token is had.
#[derive(Debug)]
pub enum GrantSecret {
    /// With user name and password; without the password only renewals work.
    Password {
        /// The user name.
        user: String,
        /// The password, where it is known.
        password: Option<SecretString>,
    },
    /// By a person in a browser: only renewals work here.
    AuthorizationCode,
    /// With the client's own secret.
    ClientCredentials,
    /// With an assertion signed here.
    JwtBearer(JwtSigner),
}

impl GrantSecret {
    /// Whether a token can be had with it alone, without a person and without a refresh token.
    pub const fn begins(&self) -> bool {
        match self {
            Self::Password { password, .. } => password.is_some(),
            Self::AuthorizationCode => false,
            Self::ClientCredentials | Self::JwtBearer(_) => true,
        }
    }
}

/// A session that renews itself.
#[derive(Debug)]
pub struct OAuth {
    client: OAuthClient,
    grant: GrantSecret,
    user: Option<String>,
    keeper: Arc<dyn TokenKeeper>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tokens: Option<Tokens>,
    /// When the access token is renewed ahead of its end; `None` where its end is not known.
    renew_at: Option<Timestamp>,
    /// Counts tokens, so that a 401 for an old one costs no renewal.
    generation: u64,
    /// Why there will be no further token: said to every worker without asking again.
    over: Option<SignInError>,
}

impl OAuth {
    /// A session that begins with these tokens, or with none.
    pub fn new(
        client: OAuthClient,
        grant: GrantSecret,
        user: Option<String>,
        tokens: Option<Tokens>,
        keeper: Arc<dyn TokenKeeper>,
    ) -> Self {
        let renew_at = tokens.as_ref().and_then(|tokens| renew_at(tokens, None));
        let state = State { tokens, renew_at, generation: 1, over: None };
        Self { client, grant, user, keeper, state: Mutex::new(state) }
    }

    /// The configured user, where there is one.
    pub fn user(&self) -> Option<&str> {
        match &self.grant {
            GrantSecret::Password { user, .. } => Some(user),
            _ => self.user.as_deref(),
        }
    }

    /// The access token to use now, and its generation.
    pub(super) async fn token(&self) -> Result<(SecretString, u64), ApiError> {
        let mut state = self.state.lock().await;
        let now = Timestamp::now();
        let due = state.tokens.is_none() || state.renew_at.is_some_and(|at| now >= at);
        if due && let Err(error) = self.replenish(&mut state).await {
            let alive =
                state.tokens.as_ref().is_some_and(|tokens| tokens.expires_at.is_some_and(|end| now < end));
            // Not reachable for a moment, and the token still serves: the next request tries again.
            if !alive || matches!(error, ApiError::SignIn(_)) {
                return Err(error);
            }
        }
        match &state.tokens {
            Some(tokens) => Ok((tokens.access.clone(), state.generation)),
            None => Err(not_signed_in().into()),
        }
    }

    /// After a 401 for this generation: true when there is a newer token.
    pub(super) async fn renew(&self, refused: u64) -> Result<bool, ApiError> {
        let mut state = self.state.lock().await;
        if state.generation == refused {
            self.replenish(&mut state).await?;
        }
        Ok(true)
    }

    /// Renews now, whatever the token's age: `auth refresh`.
    ///
    /// # Errors
    /// The refusal, or no answer.
    pub async fn refresh(&self) -> Result<Tokens, ApiError> {
        let mut state = self.state.lock().await;
        self.replenish(&mut state).await?;
        state.tokens.clone().ok_or_else(|| not_signed_in().into())
    }

    /// Begins anew, as the grant has it, whatever is kept: `auth login`.
    ///
    /// # Errors
    /// The refusal, or no answer; with [`GrantSecret::AuthorizationCode`] always, see [`Self::exchange`].
    pub async fn sign_in(&self) -> Result<Tokens, ApiError> {
        let tokens = self.begin().await?;
        self.keep(&tokens).await;
        Ok(tokens)
    }

    /// Trades the code that the browser brought for tokens.
    ///
    /// # Errors
    /// The refusal, or no answer.
    pub async fn exchange(&self, code: &SecretString, asked: &Authorization) -> Result<Tokens, ApiError> {
        let redirect: SecretString = asked.redirect_url.clone().into();
        let parameters = [("code", code), ("redirect_uri", &redirect), ("code_verifier", &asked.verifier)];
        let tokens = self.client.ask(GrantKind::AuthorizationCode, &parameters).await?;
        self.keep(&tokens).await;
        Ok(tokens)
    }

    /// Puts a newer token in place: another process's, a renewed one, or one begun anew.
    async fn replenish(&self, state: &mut State) -> Result<(), ApiError> {
        if let Some(error) = &state.over {
            return Err(error.clone().into());
        }
        let keeper = Arc::clone(&self.keeper);
        // Keyrings and file locks block. A panic in there leaves the run with what it has.
        let held = tokio::task::spawn_blocking(move || (keeper.lock(), keeper.load())).await.ok();
        let (lock, kept) = held.unzip();
        let kept = kept.flatten();
        let now = Timestamp::now();
        if let Some(kept) = kept.clone().filter(|kept| newer(kept, state.tokens.as_ref(), now)) {
            state.adopt(kept);
            return Ok(());
        }
        let refresh = kept.or_else(|| state.tokens.clone()).filter(|tokens| tokens.refresh.is_some());
        let outcome = match refresh {
            Some(old) => match self.renewed(&old).await {
                Err(ApiError::SignIn(refused)) if self.grant.begins() => {
                    tracing::info!("{refused}; signing in anew");
                    self.begin().await
                }
                other => other,
            },
            None if self.grant.begins() => self.begin().await,
            None => Err(not_signed_in().into()),
        };
        match outcome {
            Ok(tokens) => {
                self.keep(&tokens).await;
                drop(lock);
                tracing::info!(generation = state.generation + 1, "access token renewed");
                state.adopt(tokens);
                Ok(())
            }
            Err(error) => {
                if let ApiError::SignIn(refused) = &error {
                    state.over = Some(refused.clone());
                }
                Err(error)
            }
        }
    }

    async fn renewed(&self, old: &Tokens) -> Result<Tokens, ApiError> {
        let Some(refresh) = &old.refresh else { return Err(not_signed_in().into()) };
        let mut tokens = self.client.ask(GrantKind::Refresh, &[("refresh_token", refresh)]).await?;
        let rotated =
            tokens.refresh.as_ref().is_some_and(|new| new.expose_secret() != refresh.expose_secret());
        if rotated {
            self.keeper.rotated();
        } else {
            // The platform does not rotate: the old one stays, and its life goes on (contract §7.2).
            tokens.refresh.clone_from(&old.refresh);
            tokens.refresh_since = old.refresh_since;
        }
        if tokens.scope.is_none() {
            tokens.scope.clone_from(&old.scope);
        }
        Ok(tokens)
    }

    async fn begin(&self) -> Result<Tokens, ApiError> {
        match &self.grant {
            GrantSecret::Password { user, password: Some(password) } => {
                let user: SecretString = user.clone().into();
                let parameters = [("username", &user), ("password", password)];
                self.client.ask(GrantKind::Password, &parameters).await
            }
            GrantSecret::ClientCredentials => self.client.ask(GrantKind::ClientCredentials, &[]).await,
            GrantSecret::JwtBearer(signer) => {
                let assertion = signer.assertion(&self.client.client_id, Timestamp::now())?;
                self.client.ask(GrantKind::JwtBearer, &[("assertion", &assertion)]).await
            }
            GrantSecret::Password { password: None, .. } | GrantSecret::AuthorizationCode => {
                Err(not_signed_in().into())
            }
        }
    }

    async fn keep(&self, tokens: &Tokens) {
        let (keeper, tokens) = (Arc::clone(&self.keeper), tokens.clone());
        // The keeper tells its own failures; the run goes on with what it has.
        let _ = tokio::task::spawn_blocking(move || keeper.save(&tokens)).await;
    }
}

impl State {
    fn adopt(&mut self, tokens: Tokens) {
        self.renew_at = renew_at(&tokens, Some(Timestamp::now()));
        self.tokens = Some(tokens);
        self.generation += 1;
    }
}

fn not_signed_in() -> SignInError {
    SignInError {
        code: "not-signed-in",
        message: "nobody is signed in".to_owned(),
        help: "run `kb-publish auth login`".to_owned(),
    }
}

/// When to renew: a minute before the end, of a short life a fifth before; `obtained` is when it began, if now.
fn renew_at(tokens: &Tokens, obtained: Option<Timestamp>) -> Option<Timestamp> {
    let end = tokens.expires_at?;
    let ahead = obtained.map_or(AHEAD, |start| {
        let life = end.duration_since(start);
        AHEAD.min(life / 5)
    });
    end.checked_sub(ahead).ok()
}

/// Whether what is kept is another token than ours, with life in it.
fn newer(kept: &Tokens, ours: Option<&Tokens>, now: Timestamp) -> bool {
    let other = ours.is_none_or(|ours| ours.access.expose_secret() != kept.access.expose_secret());
    other && !kept.access.expose_secret().is_empty() && renew_at(kept, None).is_none_or(|at| now < at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(access: &str, expires: Option<i64>) -> Tokens {
        Tokens {
            access: access.into(),
            expires_at: expires.map(|second| Timestamp::from_second(second).unwrap()),
            refresh: None,
            refresh_since: None,
            scope: None,
        }
    }

    #[test]
    fn renewal_comes_a_minute_or_a_fifth_before_the_end() {
        let start = Timestamp::from_second(1000).unwrap();
        let at = |end| renew_at(&token("a", Some(end)), Some(start)).unwrap().as_millisecond();
        assert_eq!(at(1000 + 1800), 2_740_000);
        assert_eq!(at(1002), 1_001_600);
        assert_eq!(renew_at(&token("a", None), Some(start)), None);
    }

    #[test]
    fn another_processs_token_is_taken_while_it_lives() {
        let now = Timestamp::from_second(1000).unwrap();
        let ours = token("a", Some(1001));
        assert!(newer(&token("b", Some(2000)), Some(&ours), now));
        assert!(!newer(&token("a", Some(2000)), Some(&ours), now));
        assert!(!newer(&token("b", Some(1010)), Some(&ours), now));
        assert!(newer(&token("b", None), None, now));
    }
}
