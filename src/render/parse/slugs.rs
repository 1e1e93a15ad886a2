//! Ids of headings as GitHub makes them, unique within an article.
//!
//! Must not know: the tree.

use std::borrow::Cow;
use std::collections::HashSet;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _};
use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization as _;

/// Ids that are taken.
#[derive(Debug)]
pub(super) struct Slugs {
    /// Those of headings, and how often each was asked for.
    taken: HashMap<Arc<str>, u32>,
    /// Those of raw HTML. They do not change what GitHub counts.
    raw: HashSet<Box<str>>,
    /// Room for one that is being made.
    buffer: String,
}

impl Default for Slugs {
    /// None, with room for those of most documents.
    fn default() -> Self {
        Self { taken: HashMap::with_capacity(32), raw: HashSet::new(), buffer: String::with_capacity(64) }
    }
}

impl Slugs {
    /// The id of a heading with this text: lower case, without punctuation, spaces as hyphens; `-1`, `-2`, …
    /// for those that are taken. White space at the ends counts, as left by a picture or a tag that stands there.
    pub(super) fn slug(&mut self, text: &str) -> Arc<str> {
        let mut slug = std::mem::take(&mut self.buffer);
        slug.clear();
        slug_into(&mut slug, text);
        let id = self.unique(&slug);
        self.buffer = slug;
        id
    }

    /// Reserves an id that was written by hand, if no heading has it; else a free one.
    pub(super) fn take(&mut self, id: &str) -> Arc<str> {
        self.unique(id)
    }

    /// Reserves an id of raw HTML if it is free.
    pub(super) fn reserve(&mut self, id: &str) -> bool {
        !self.taken.contains_key(id) && self.raw.insert(id.into())
    }

    /// Whether raw HTML before the heading of this id has it, as writers put anchors in front of headings.
    pub(super) fn is_raw(&self, id: &str) -> bool {
        self.raw.contains(id)
    }

    /// What ids of footnotes can begin with: `fn`, unless an id that is taken begins so.
    pub(super) fn free_prefix(&self) -> String {
        let mut prefix = "fn".to_owned();
        let clashes = |prefix: &str| {
            self.taken.keys().map(AsRef::as_ref).chain(self.raw.iter().map(AsRef::as_ref)).any(|id: &str| {
                let rest = id.strip_prefix(prefix).map(|rest| rest.strip_prefix("ref").unwrap_or(rest));
                rest.is_some_and(|rest| rest.starts_with('-'))
            })
        };
        while clashes(&prefix) {
            prefix.insert(0, '_');
        }
        prefix
    }

    fn unique(&mut self, slug: &str) -> Arc<str> {
        let slug = &*composed(slug);
        let mut count = match self.taken.entry(slug.into()) {
            Entry::Vacant(free) => {
                let id = Arc::clone(free.key());
                free.insert(0);
                return id;
            }
            Entry::Occupied(taken) => *taken.get(),
        };
        loop {
            count += 1;
            if let Entry::Vacant(free) = self.taken.entry(format!("{slug}-{count}").into()) {
                let id = Arc::clone(free.key());
                free.insert(0);
                self.taken.insert(slug.into(), count);
                return id;
            }
        }
    }
}

/// An id with its marks composed, as links to it are read.
pub(super) fn composed(id: &str) -> Cow<'_, str> {
    if id.is_ascii() { Cow::Borrowed(id) } else { Cow::Owned(id.nfc().collect()) }
}

/// What GitHub keeps: letters, marks, decimal digits, connectors such as `_`, hyphens; spaces become hyphens.
pub(super) fn slug_into(slug: &mut String, text: &str) {
    slug.reserve(text.len());
    for c in text.chars() {
        match c {
            'a'..='z' | '0'..='9' | '-' | '_' => slug.push(c),
            'A'..='Z' => slug.push(c.to_ascii_lowercase()),
            ' ' => slug.push('-'),
            c if c.is_ascii() => {}
            c if kept(c) => slug.extend(c.to_lowercase()),
            _ => {}
        }
    }
}

fn kept(c: char) -> bool {
    use GeneralCategory as G;
    c.is_alphabetic()
        || matches!(
            get_general_category(c),
            G::NonspacingMark
                | G::SpacingMark
                | G::EnclosingMark
                | G::DecimalNumber
                | G::ConnectorPunctuation
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_githubs() {
        for (text, id) in [
            ("Getting started", "getting-started"),
            ("What's new in v1.2?", "whats-new-in-v12"),
            ("a_b - c", "a_b---c"),
            ("Übersicht & Größe", "übersicht--größe"),
            ("日本語の見出し", "日本語の見出し"),
            ("🚀 Launch", "-launch"),
            ("Launch 🚀", "launch-"),
            ("x²", "x"),
            (" padded ", "-padded-"),
            ("Ⅷ Ⓐ ١٢", "ⅷ-ⓐ-١٢"),
            ("ΣΑΣ İ", "σασ-i\u{307}"),
            ("a\u{a0}b\tc\u{3000}d", "abcd"),
            ("e\u{301} का", "e\u{301}-का"),
            ("a‿b_c–d—e", "a‿b_cde"),
            ("C++ / C#", "c--c"),
            ("`--flag`", "--flag"),
        ] {
            let mut slug = String::new();
            slug_into(&mut slug, &text.replace('`', ""));
            assert_eq!(slug, id, "{text}");
        }
    }

    #[test]
    fn duplicates_are_counted() {
        let mut slugs = Slugs::default();
        let ids: Vec<_> =
            ["Foo", "Foo", "Foo 1", "Foo", "!!!", "$", "?"].iter().map(|text| slugs.slug(text)).collect();
        assert_eq!(ids, ["foo", "foo-1", "foo-1-1", "foo-2", "", "-1", "-2"].map(Arc::<str>::from));
    }
}
