//! The authorization code grant: the URL a person opens, and the redirect that comes back (contract §7.2).
//!
//! Must not know: browsers, sockets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::error::SignInError;
use super::query::encode;

/// One request for a code.
#[derive(Debug)]
pub struct Authorization {
    /// What the person opens. Holds no secret.
    pub url: url::Url,
    /// Exactly what the administrator registered.
    pub redirect_url: String,
    /// What proves that the one who trades the code is the one who asked (PKCE).
    pub(super) verifier: SecretString,
    state: String,
}

impl Authorization {
    /// A request with a fresh state and verifier.
    pub fn new(authorize_url: &url::Url, client_id: &str, redirect_url: &str, scope: Option<&str>) -> Self {
        let verifier = SecretString::from(format!("{}{}", random_hex(), random_hex()));
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret()));
        // Plain characters only: some releases refuse others (contract §7.2).
        let state = random_hex();
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", redirect_url),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        pairs.extend(scope.map(|scope| ("scope", scope)));
        let mut url = authorize_url.clone();
        let added: Vec<String> =
            pairs.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
        let before = url.query().filter(|query| !query.is_empty()).map(|query| format!("{query}&"));
        url.set_query(Some(&format!("{}{}", before.unwrap_or_default(), added.join("&"))));
        Self { url, redirect_url: redirect_url.to_owned(), verifier, state }
    }

    /// The code in a redirect's query: `code=…&state=…`.
    ///
    /// # Errors
    /// The person or the instance said no, the state is not ours, or there is no code.
    pub fn code_in_query(&self, query: &str) -> Result<SecretString, SignInError> {
        let pairs: Vec<(String, String)> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        if get("state") != Some(self.state.as_str()) {
            return Err(SignInError {
                code: "wrong-state",
                message: "the redirect does not belong to this sign-in".to_owned(),
                help: "run `kb-publish auth login` again and use the newest page".to_owned(),
            });
        }
        if let Some(error) = get("error") {
            let denied = error == "access_denied";
            return Err(SignInError {
                code: if denied { "denied" } else { "authorization-failed" },
                message: if denied {
                    "access was denied on the instance's page".to_owned()
                } else {
                    let clean: String = error.chars().filter(|c| !c.is_control()).take(200).collect();
                    format!("the instance refused the authorization ({clean})")
                },
                help: "run `kb-publish auth login` again and allow the access; `scope` and `redirect_url` must be \
                       as registered"
                    .to_owned(),
            });
        }
        get("code").filter(|code| !code.is_empty()).map(Into::into).ok_or_else(no_code)
    }

    /// The code in what a person pasted: the whole redirected URL, its query, or the bare code.
    ///
    /// # Errors
    /// As [`Self::code_in_query`].
    pub fn code_in_pasted(&self, pasted: &str) -> Result<SecretString, SignInError> {
        let pasted = pasted.trim().trim_matches(['"', '\'', '<', '>']);
        if pasted.is_empty() {
            return Err(no_code());
        }
        match pasted.split_once('?') {
            Some((_, query)) => self.code_in_query(query.split('#').next().unwrap_or(query)),
            None if pasted.contains("code=") || pasted.contains("error=") => self.code_in_query(pasted),
            None if pasted.contains("://") => Err(no_code()),
            // No state to compare; the verifier still binds the code to this sign-in.
            None => Ok(pasted.into()),
        }
    }
}

fn no_code() -> SignInError {
    SignInError {
        code: "no-code",
        message: "there is no authorization code in it".to_owned(),
        help: "paste the whole address that the browser ended up at, or the value of `code` in it".to_owned(),
    }
}

/// 128 random bits.
pub(super) fn random_hex() -> String {
    let mut bytes = [0; 16];
    // Only a machine without a random source fails here; TLS would not work on it either.
    let _ = getrandom::fill(&mut bytes);
    crate::ids::SysId::from_bytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Authorization {
        let url = "https://dev1.service-now.com/oauth_auth.do?x=1".parse().unwrap();
        Authorization::new(&url, "client id", "http://localhost:8765/callback", None)
    }

    #[test]
    fn the_url_holds_what_the_contract_asks() {
        let asked = asked();
        let pairs: std::collections::BTreeMap<_, _> = asked.url.query_pairs().into_owned().collect();
        assert_eq!(pairs["x"], "1");
        assert_eq!(pairs["response_type"], "code");
        assert_eq!(pairs["client_id"], "client id");
        assert_eq!(pairs["redirect_uri"], "http://localhost:8765/callback");
        assert_eq!(pairs["code_challenge_method"], "S256");
        assert!(!pairs.contains_key("scope"));
        assert!(pairs["state"].bytes().all(|b| b.is_ascii_alphanumeric()));
        let verifier = asked.verifier.expose_secret();
        assert!((43..=128).contains(&verifier.len()));
        assert_eq!(pairs["code_challenge"], URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
        assert!(!asked.url.as_str().contains(verifier));
    }

    #[test]
    fn pasted_in_any_form() {
        let asked = asked();
        let state = asked.state.clone();
        for pasted in [
            format!("http://localhost:8765/callback?code=ab%2Bc&state={state}"),
            format!("  \"http://localhost:8765/callback?state={state}&code=ab%2Bc#_\"\n"),
            format!("code=ab%2Bc&state={state}"),
            "ab+c".to_owned(),
        ] {
            assert_eq!(asked.code_in_pasted(&pasted).unwrap().expose_secret(), "ab+c", "{pasted}");
        }
        let code = |pasted: &str| asked.code_in_pasted(pasted).unwrap_err().code;
        assert_eq!(code(""), "no-code");
        assert_eq!(code("http://localhost:8765/callback"), "no-code");
        assert_eq!(code("http://localhost:8765/callback?code=x&state=other"), "wrong-state");
        assert_eq!(code(&format!("http://l/?error=access_denied&state={state}")), "denied");
        assert_eq!(code(&format!("http://l/?state={state}")), "no-code");
    }
}
