//! Bases that take no article of this account: once some were refused alike and none was taken, no more of their kind are
//! sent. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::ids::SysId;
use crate::servicenow::Record;

/// So many refusals in a row speak of the account and not of one article.
const ENOUGH: usize = 3;

/// What became of new articles in this run.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    /// Bases that take articles: what they refuse is refused for its own sake.
    takes: HashSet<SysId>,
    /// What others refused: why, and how many times in a row for that reason.
    refused: HashMap<Kind, (String, usize)>,
}

/// New articles of one base that name the same columns: an account may lack the right to one of those alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    base: SysId,
    columns: BTreeSet<String>,
}

impl Kind {
    /// What an article with these columns is. A sys_id of ours is tried once, and no column that a document names.
    pub(super) fn of(base: SysId, columns: &Record) -> Self {
        let named = columns.0.iter().filter(|(name, value)| *name != "sys_id" && !value.is_empty());
        Self { base, columns: named.map(|(name, _)| name.clone()).collect() }
    }
}

impl Refusals {
    /// The base has taken an article, or holds some: this account may write there.
    pub(super) fn taken(&mut self, base: SysId) {
        self.takes.insert(base);
    }

    /// An article of this kind was refused.
    pub(super) fn refused(&mut self, kind: Kind, why: &str) {
        let (before, times) = self.refused.entry(kind).or_insert_with(|| (why.to_owned(), 0));
        if reason(before) == reason(why) {
            *times += 1;
        } else {
            (*before, *times) = (why.to_owned(), 1);
        }
    }

    /// Why no further article of this kind is sent, if none is.
    pub(super) fn turns_away(&self, kind: &Kind) -> Option<String> {
        let (why, times) = self.refused.get(kind).filter(|_| !self.takes.contains(&kind.base))?;
        (*times >= ENOUGH)
            .then(|| format!("{why} (not sent: {times} new articles before it were refused alike)"))
    }
}

/// What the instance says without the status and the transaction, which is another one each time.
fn reason(why: &str) -> &str {
    why.split(" (HTTP ").next().unwrap_or(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(base: u8, columns: &[&str]) -> Kind {
        let columns = columns.iter().map(|name| ((*name).to_owned(), "x".to_owned()));
        Kind::of(SysId::from_bytes([base; 16]), &Record(columns.collect()))
    }

    fn refused(whys: &[&str]) -> Refusals {
        let mut refusals = Refusals::default();
        for why in whys {
            refusals.refused(kind(1, &["text"]), why);
        }
        refusals
    }

    #[test]
    fn a_base_turns_away_after_refusals_alike() {
        let same = kind(1, &["text", "sys_id"]);
        assert_eq!(
            refused(&["no (HTTP 403, transaction 1)", "no (HTTP 403, transaction 2)"]).turns_away(&same),
            None
        );
        let alike =
            refused(&["no (HTTP 403, transaction 1)", "no (HTTP 403)", "no (HTTP 403, transaction 3)"]);
        let why = alike.turns_away(&same).unwrap();
        assert!(why.starts_with("no (HTTP 403, transaction 1) (not sent: 3 "), "{why}");
        assert_eq!(alike.turns_away(&kind(2, &["text"])), None, "another base");
        assert_eq!(refused(&["no", "no", "too long", "no"]).turns_away(&same), None);
    }

    #[test]
    fn who_names_other_columns_is_tried() {
        let mut refusals = Refusals::default();
        for _ in 0..5 {
            refusals.refused(kind(1, &["text", "roles"]), "no");
        }
        assert!(refusals.turns_away(&kind(1, &["roles", "text"])).is_some());
        assert_eq!(refusals.turns_away(&kind(1, &["text"])), None);
    }

    #[test]
    fn one_that_took_an_article_is_never_closed() {
        let mut refusals = refused(&["no"; 5]);
        refusals.taken(SysId::from_bytes([1; 16]));
        assert_eq!(refusals.turns_away(&kind(1, &["text"])), None);
        refusals.refused(kind(1, &["text"]), "no");
        assert_eq!(refusals.turns_away(&kind(1, &["text"])), None);
    }
}
