//! Access and refresh tokens, and who keeps them between runs. Knows no requests.

use jiff::Timestamp;
use secrecy::SecretString;

/// Part of a refresh token's life, counted from its end, in which a person is warned: a tenth (issue: contract §7.2,
/// 100 days, after which a person must sign in again).
const WARNED_PART: i64 = 10;

/// What a token endpoint gave. Times are this machine's clock, so a skewed one does no harm: `expires_in` counts
/// from the answer.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Goes with each request.
    pub access: SecretString,
    /// When the access token ends; `None` where the answer did not say.
    pub expires_at: Option<Timestamp>,
    /// Renews the access token; `None` with grants that have none.
    pub refresh: Option<SecretString>,
    /// When a person signed in: a renewal does not begin the refresh token's life anew (contract §7.2).
    pub refresh_since: Option<Timestamp>,
    /// What they may be used for, as the answer said.
    pub scope: Option<String>,
}

/// How old a refresh token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshAge {
    /// Not known, or far from its end.
    Fresh,
    /// In its last tenth: this many whole days are left.
    Ending(i64),
    /// Past its life.
    Over,
}

impl Tokens {
    /// How near the refresh token is to the end of `days`.
    pub fn refresh_age(&self, now: Timestamp, days: u32) -> RefreshAge {
        let (Some(_), Some(since)) = (&self.refresh, self.refresh_since) else { return RefreshAge::Fresh };
        let life = i64::from(days) * 86_400;
        let left = since.as_second().saturating_add(life).saturating_sub(now.as_second());
        if left <= 0 {
            RefreshAge::Over
        } else if left <= life / WARNED_PART {
            RefreshAge::Ending(left / 86_400)
        } else {
            RefreshAge::Fresh
        }
    }
}

/// Keeps tokens between runs, and between processes that run at the same time. May block.
pub trait TokenKeeper: std::fmt::Debug + Send + Sync {
    /// What is kept now; another process may have renewed it.
    fn load(&self) -> Option<Tokens>;

    /// Replaces what is kept, atomically. A failure is told by the keeper itself: the run goes on with what it has.
    fn save(&self, tokens: &Tokens);

    /// The endpoint gave another refresh token in place of the one it was asked with.
    fn rotated(&self);

    /// Held while tokens are renewed, so that no two processes spend one refresh token.
    fn lock(&self) -> Box<dyn Send>;
}

/// Keeps nothing.
#[derive(Debug, Clone, Copy)]
pub struct NotKept;

impl TokenKeeper for NotKept {
    fn load(&self) -> Option<Tokens> {
        None
    }

    fn save(&self, _: &Tokens) {}

    fn rotated(&self) {}

    fn lock(&self) -> Box<dyn Send> {
        Box::new(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_tenth_of_a_refresh_tokens_life_is_told() {
        let day = 86_400;
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let tokens = Tokens {
            access: "a".into(),
            expires_at: None,
            refresh: Some("r".into()),
            refresh_since: Some(start),
            scope: None,
        };
        let at =
            |days: i64| tokens.refresh_age(Timestamp::from_second(1_800_000_000 + days * day).unwrap(), 100);
        assert_eq!(at(0), RefreshAge::Fresh);
        assert_eq!(at(89), RefreshAge::Fresh);
        assert_eq!(at(90), RefreshAge::Ending(10));
        assert_eq!(at(99), RefreshAge::Ending(1));
        assert_eq!(at(100), RefreshAge::Over);
        let unknown = Tokens { refresh_since: None, ..tokens.clone() };
        assert_eq!(unknown.refresh_age(Timestamp::MAX, 100), RefreshAge::Fresh);
    }
}
