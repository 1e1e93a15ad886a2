//! What is kept for one connection, as one document: written whole or not at all.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer};

use super::Secret;

/// The connection that secrets belong to: they are never given to another one (design §5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Binding {
    /// The profile's name.
    pub profile: String,
    /// Root URL of the instance.
    pub instance: String,
    /// The user name, where one is configured.
    pub user: Option<String>,
    /// The OAuth client, where one is configured.
    pub client_id: Option<String>,
    /// Token endpoints other than the instance's own: a changed one gets nothing that another was given.
    pub endpoints: Vec<String>,
}

impl Binding {
    /// One line that names the connection: the account name in a keyring.
    pub fn key(&self) -> String {
        let mut parts = vec![self.profile.as_str(), self.instance.as_str()];
        parts.push(self.user.as_deref().unwrap_or("-"));
        parts.push(self.client_id.as_deref().unwrap_or("-"));
        parts.extend(self.endpoints.iter().map(String::as_str));
        // A name with the separator in it must not look like another connection.
        parts.iter().map(|part| part.replace('%', "%25").replace('|', "%7C")).collect::<Vec<_>>().join(" | ")
    }
}

/// Secrets and tokens of one connection. Prints nothing of them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// What it is for: a file that was copied elsewhere is not taken.
    pub key: String,
    #[serde(serialize_with = "exposed_map")]
    secrets: BTreeMap<String, SecretString>,
    /// What a token endpoint gave last.
    pub tokens: Option<KeptTokens>,
}

/// Tokens as they are kept; times in seconds since 1970 by this machine's clock.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptTokens {
    /// The access token.
    #[serde(serialize_with = "exposed")]
    pub access: SecretString,
    /// When it ends.
    pub expires_at: Option<i64>,
    /// The refresh token.
    #[serde(serialize_with = "exposed_option")]
    pub refresh: Option<SecretString>,
    /// When a person signed in.
    pub refresh_since: Option<i64>,
    /// What they may be used for.
    pub scope: Option<String>,
}

impl Kept {
    /// A secret, if it is kept.
    pub fn get(&self, secret: Secret) -> Option<&SecretString> {
        self.secrets.get(secret.variable())
    }

    /// Keeps a secret, or forgets it.
    pub fn set(&mut self, secret: Secret, value: Option<SecretString>) {
        match value {
            Some(value) => self.secrets.insert(secret.variable().to_owned(), value),
            None => self.secrets.remove(secret.variable()),
        };
    }

    /// Which secrets are kept.
    pub fn names(&self) -> Vec<Secret> {
        Secret::ALL.into_iter().filter(|secret| self.get(*secret).is_some()).collect()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty() && self.tokens.is_none()
    }

    /// As text, to be stored.
    pub(super) fn to_text(&self) -> SecretString {
        // Maps of strings always serialise.
        serde_json::to_string(self).unwrap_or_default().into()
    }

    /// From stored text.
    pub(super) fn from_text(text: &SecretString) -> Option<Self> {
        serde_json::from_str(text.expose_secret()).ok()
    }
}

fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

#[expect(clippy::ref_option, reason = "serde hands it over like this")]
fn exposed_option<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => serializer.serialize_some(secret.expose_secret()),
        None => serializer.serialize_none(),
    }
}

fn exposed_map<S: Serializer>(
    secrets: &BTreeMap<String, SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(secrets.iter().map(|(name, secret)| (name, secret.expose_secret())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back_and_prints_nothing() {
        let mut kept = Kept { key: "k".to_owned(), ..Kept::default() };
        kept.set(Secret::Password, Some("hunter2".into()));
        kept.tokens = Some(KeptTokens {
            access: "tok".into(),
            expires_at: Some(7),
            refresh: Some("ref".into()),
            refresh_since: Some(1),
            scope: None,
        });
        let back = Kept::from_text(&kept.to_text()).unwrap();
        assert_eq!(back.get(Secret::Password).unwrap().expose_secret(), "hunter2");
        assert_eq!(back.tokens.as_ref().unwrap().refresh.as_ref().unwrap().expose_secret(), "ref");
        let printed = format!("{back:?}");
        assert!(!printed.contains("hunter2") && !printed.contains("tok\"") && !printed.contains("ref\""));
        kept.set(Secret::Password, None);
        assert!(kept.names().is_empty() && !kept.is_empty());
    }

    #[test]
    fn connections_never_share_a_key() {
        let binding = |profile: &str, user: &str| Binding {
            profile: profile.to_owned(),
            instance: "https://dev1.service-now.com".to_owned(),
            user: Some(user.to_owned()),
            client_id: None,
            endpoints: Vec::new(),
        };
        assert_ne!(binding("a", "b").key(), binding("a", "c").key());
        assert_ne!(binding("a | b", "c").key(), binding("a", "b | c").key());
        let mut elsewhere = binding("a", "b");
        elsewhere.endpoints.push("https://evil.example/token".to_owned());
        assert_ne!(binding("a", "b").key(), elsewhere.key());
    }
}
