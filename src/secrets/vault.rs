//! Where one connection's secrets are kept: keyring, file or nowhere. The choice is made once for a process.

use camino::Utf8PathBuf;
use jiff::Timestamp;
use secrecy::SecretString;

use super::file::FileStore;
use super::kept::{Binding, Kept, KeptTokens};
use super::{SecretError, keyring};
use crate::fs::state_folder;
use crate::servicenow::{TokenKeeper, Tokens};

/// The kinds of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// The operating system's keyring.
    Keyring,
    /// A file of mode 0600 below the user's state directory; only when asked for.
    File,
    /// Nowhere.
    None,
}

impl StoreKind {
    /// What `KB_PUBLISH_STORE` says: a machine's own choice.
    fn named(name: &str) -> Option<Self> {
        match name {
            "keyring" => Some(Self::Keyring),
            "file" => Some(Self::File),
            "none" => Some(Self::None),
            _ => None,
        }
    }

    /// As people type it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::File => "file",
            Self::None => "none",
        }
    }
}

/// One connection's place in a store.
#[derive(Debug, Clone)]
pub struct Vault {
    key: String,
    files: Option<FileStore>,
    kind: StoreKind,
}

impl Vault {
    /// The store of a connection: `asked` (a flag), else `KB_PUBLISH_STORE`, else its file where there is one,
    /// else the keyring. Touches no keyring yet.
    pub fn open(binding: &Binding, asked: Option<StoreKind>, env: impl Fn(&str) -> Option<String>) -> Self {
        let key = binding.key();
        let files = state_folder(&env).map(|state| FileStore::new(&state));
        let named = env("KB_PUBLISH_STORE").as_deref().and_then(StoreKind::named);
        let has_file = files.as_ref().is_some_and(|files| files.path(&key).exists());
        let kind = asked.or(named).unwrap_or(if has_file { StoreKind::File } else { StoreKind::Keyring });
        Self { key, files, kind }
    }

    /// The same connection's place in another kind of store.
    #[must_use]
    pub fn of_kind(&self, kind: StoreKind) -> Self {
        Self { kind, ..self.clone() }
    }

    /// Which kind of store it is.
    pub const fn kind(&self) -> StoreKind {
        self.kind
    }

    /// Its file, for messages; `None` where it is none.
    pub fn path(&self) -> Option<Utf8PathBuf> {
        let files = self.files.as_ref().filter(|_| self.kind == StoreKind::File)?;
        Some(files.path(&self.key))
    }

    /// Where it is, in words: the keyring, or its file.
    pub fn place(&self) -> String {
        self.path().map_or_else(|| "the keyring".to_owned(), |path| format!("`{path}`"))
    }

    /// Why it cannot be used; `None` where it can.
    pub fn unavailable(&self) -> Option<String> {
        match self.kind {
            StoreKind::Keyring => keyring::missing(),
            StoreKind::File if self.files.is_none() => Some("no home directory is known".to_owned()),
            StoreKind::File | StoreKind::None => None,
        }
    }

    /// What is kept; nothing where the store cannot be used. A document for another connection is not taken.
    ///
    /// # Errors
    /// The store refuses, or others can read the file.
    pub fn load(&self) -> Result<Option<Kept>, SecretError> {
        let text = match (self.kind, &self.files) {
            (StoreKind::Keyring, _) if keyring::missing().is_none() => keyring::load(&self.key)?,
            (StoreKind::File, Some(files)) => files.load(&self.key)?,
            _ => None,
        };
        Ok(text.as_ref().and_then(Kept::from_text).filter(|kept| kept.key == self.key))
    }

    /// Keeps, in place of what was kept; nothing at all is left where nothing is to be kept.
    ///
    /// # Errors
    /// There is no store, or it refuses.
    pub fn save(&self, mut kept: Kept) -> Result<(), SecretError> {
        if kept.is_empty() {
            return self.delete().map(|_| ());
        }
        kept.key.clone_from(&self.key);
        let text: SecretString = kept.to_text();
        match (self.kind, &self.files) {
            (StoreKind::Keyring, _) => match keyring::missing() {
                Some(why) => Err(no_store(&format!("there is no keyring: {why}"))),
                // A file left behind would be found first.
                None => keyring::save(&self.key, &text).and_then(|()| {
                    self.files.as_ref().map_or(Ok(()), |files| files.delete(&self.key).map(|_| ()))
                }),
            },
            (StoreKind::File, Some(files)) => files.save(&self.key, &text),
            (StoreKind::File, None) => Err(no_store("no home directory is known")),
            (StoreKind::None, _) => Err(no_store("KB_PUBLISH_STORE says that nothing is to be kept")),
        }
    }

    /// Forgets, in every store: true when something was there.
    ///
    /// # Errors
    /// A store refuses.
    pub fn delete(&self) -> Result<bool, SecretError> {
        let in_file = self.files.as_ref().map_or(Ok(false), |files| files.delete(&self.key))?;
        let in_keyring = self.kind == StoreKind::Keyring && keyring::missing().is_none();
        Ok(in_file | (in_keyring && keyring::delete(&self.key)?))
    }
}

fn no_store(message: &str) -> SecretError {
    SecretError {
        code: "no-store",
        message: message.to_owned(),
        help: "run `kb-publish auth login --store file` to keep secrets in a file that only you can read, or give \
               them by environment variable or file"
            .to_owned(),
    }
}

/// Keeps the tokens of a session in its vault.
#[derive(Debug)]
pub struct VaultKeeper {
    /// Where.
    pub vault: Vault,
    /// The refresh token came by environment: nothing is stored, a rotation is told.
    pub from_environment: bool,
    /// Without what is kept a person would have to sign in again; else a store that is not there costs nothing.
    pub needed: bool,
}

impl TokenKeeper for VaultKeeper {
    fn load(&self) -> Option<Tokens> {
        if self.from_environment {
            return None;
        }
        self.vault.load().ok().flatten()?.tokens.map(KeptTokens::into_tokens)
    }

    fn save(&self, tokens: &Tokens) {
        let no_store = self.vault.kind == StoreKind::None || self.vault.unavailable().is_some();
        if self.from_environment || (!self.needed && no_store) {
            return;
        }
        // What else is kept stays.
        let mut kept = self.vault.load().ok().flatten().unwrap_or_default();
        kept.tokens = Some(KeptTokens::of(tokens));
        if let Err(error) = self.vault.save(kept) {
            tracing::warn!("the renewed token could not be kept: {error}; {}", error.help);
        }
    }

    fn lock(&self) -> Box<dyn Send> {
        let lock = self.vault.files.as_ref().and_then(|files| files.lock(&self.vault.key));
        Box::new(lock)
    }

    fn rotated(&self) {
        if self.from_environment {
            tracing::warn!(
                "the instance gave a new refresh token in place of KB_PUBLISH_REFRESH_TOKEN's: this run goes on \
                 with it, but whoever owns the variable must renew it"
            );
        }
    }
}

impl KeptTokens {
    /// From a session's.
    pub fn of(tokens: &Tokens) -> Self {
        Self {
            access: tokens.access.clone(),
            expires_at: tokens.expires_at.map(Timestamp::as_second),
            refresh: tokens.refresh.clone(),
            refresh_since: tokens.refresh_since.map(Timestamp::as_second),
            scope: tokens.scope.clone(),
        }
    }

    /// For a session.
    pub fn into_tokens(self) -> Tokens {
        let time = |second: Option<i64>| second.and_then(|second| Timestamp::from_second(second).ok());
        Tokens {
            access: self.access,
            expires_at: time(self.expires_at),
            refresh: self.refresh,
            refresh_since: time(self.refresh_since),
            scope: self.scope,
        }
    }
}
