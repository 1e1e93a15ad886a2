//! Bases that take no article of this account: once some were refused alike and none was taken, no more are sent. Pure.

use std::collections::HashMap;

use crate::ids::SysId;

/// So many refusals in a row speak of the account and not of one article.
const ENOUGH: usize = 3;

/// What became of new articles in this run, by base.
#[derive(Debug, Default)]
pub(super) struct Refusals(HashMap<SysId, Base>);

#[derive(Debug)]
enum Base {
    /// It takes articles: what it refuses is refused for its own sake.
    Takes,
    /// It has refused so many, all for the same reason.
    Refuses { why: String, times: usize },
}

impl Refusals {
    /// The base has taken an article, or holds some: this account may write there.
    pub(super) fn taken(&mut self, base: SysId) {
        self.0.insert(base, Base::Takes);
    }

    /// The base has refused an article.
    pub(super) fn refused(&mut self, base: SysId, why: &str) {
        let known = self.0.entry(base).or_insert_with(|| Base::Refuses { why: why.to_owned(), times: 0 });
        let Base::Refuses { why: before, times } = known else { return };
        if reason(before) == reason(why) {
            *times += 1;
        } else {
            (*before, *times) = (why.to_owned(), 1);
        }
    }

    /// Why no further article is sent to the base, if none is.
    pub(super) fn turns_away(&self, base: SysId) -> Option<String> {
        match self.0.get(&base)? {
            Base::Refuses { why, times } if *times >= ENOUGH => {
                Some(format!("{why} (not sent: {times} new articles before it were refused alike)"))
            }
            _ => None,
        }
    }
}

/// What the instance says without the status and the transaction, which is another one each time.
fn reason(why: &str) -> &str {
    why.split(" (HTTP ").next().unwrap_or(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: SysId = SysId::from_bytes([1; 16]);

    fn refused(whys: &[&str]) -> Refusals {
        let mut refusals = Refusals::default();
        for why in whys {
            refusals.refused(BASE, why);
        }
        refusals
    }

    #[test]
    fn a_base_turns_away_after_refusals_alike() {
        assert_eq!(
            refused(&["no (HTTP 403, transaction 1)", "no (HTTP 403, transaction 2)"]).turns_away(BASE),
            None
        );
        let alike =
            refused(&["no (HTTP 403, transaction 1)", "no (HTTP 403)", "no (HTTP 403, transaction 3)"]);
        let why = alike.turns_away(BASE).unwrap();
        assert!(why.starts_with("no (HTTP 403, transaction 1) (not sent: 3 "), "{why}");
        assert_eq!(alike.turns_away(SysId::from_bytes([2; 16])), None, "another base");
        assert_eq!(refused(&["no", "no", "too long", "no"]).turns_away(BASE), None);
    }

    #[test]
    fn one_that_took_an_article_is_never_closed() {
        let mut refusals = Refusals::default();
        refusals.taken(BASE);
        for _ in 0..5 {
            refusals.refused(BASE, "no");
        }
        assert_eq!(refusals.turns_away(BASE), None);
    }
}
