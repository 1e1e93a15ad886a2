//! Heading ids as GitHub makes them, unique within an article.

use std::collections::HashMap;

use unicode_general_category::{GeneralCategory, get_general_category};

/// A heading as parsed.
#[derive(Debug, Clone)]
pub(super) struct HeadingNode {
    /// 1 to 6 as written.
    pub(super) level: u8,
    /// Its anchor; empty where nothing of its text can stand in one.
    pub(super) id: Box<str>,
    /// Its plain text.
    pub(super) text: Box<str>,
    /// Its alignment as a style, empty for none.
    pub(super) align: &'static str,
    /// Where it begins in the parsed text.
    pub(super) offset: usize,
}

/// Ids that are taken, and how often each was asked for.
#[derive(Debug, Default)]
pub(super) struct Slugs {
    taken: HashMap<Box<str>, u32>,
}

impl Slugs {
    /// The id of a heading with this text: lower case, without punctuation, spaces as hyphens; `-1`, `-2`, …
    /// for those that are taken.
    pub(super) fn slug(&mut self, text: &str) -> Box<str> {
        let slug = slug(text.trim());
        self.unique(slug)
    }

    /// Reserves an id that was written by hand, if it is free; else a free one.
    pub(super) fn take(&mut self, id: &str) -> Box<str> {
        self.unique(id.to_owned())
    }

    /// Reserves an id if it is free.
    pub(super) fn reserve(&mut self, id: &str) -> bool {
        if self.taken.contains_key(id) {
            return false;
        }
        self.taken.insert(id.into(), 0);
        true
    }

    /// What ids of footnotes can begin with: `fn`, unless an id that is taken begins so.
    pub(super) fn free_prefix(&self) -> String {
        let mut prefix = "fn".to_owned();
        let clashes = |prefix: &str| {
            self.taken.keys().any(|id| {
                let rest = id.strip_prefix(prefix).map(|rest| rest.strip_prefix("ref").unwrap_or(rest));
                rest.is_some_and(|rest| rest.starts_with('-'))
            })
        };
        while clashes(&prefix) {
            prefix.insert(0, '_');
        }
        prefix
    }

    fn unique(&mut self, slug: String) -> Box<str> {
        if slug.is_empty() {
            return Box::default();
        }
        let Some(mut count) = self.taken.get(slug.as_str()).copied() else {
            let id: Box<str> = slug.into();
            self.taken.insert(id.clone(), 0);
            return id;
        };
        loop {
            count += 1;
            let id: Box<str> = format!("{slug}-{count}").into();
            if !self.taken.contains_key(&id) {
                self.taken.insert(slug.into(), count);
                self.taken.insert(id.clone(), 0);
                return id;
            }
        }
    }
}

/// What GitHub keeps: letters, marks, decimal digits, connectors such as `_`, hyphens; spaces become hyphens.
fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
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
    slug
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
            ("  padded  ", "padded"),
            ("C++ / C#", "c--c"),
            ("`--flag`", "--flag"),
        ] {
            assert_eq!(slug(text.trim().replace('`', "").as_str()), id, "{text}");
        }
    }

    #[test]
    fn duplicates_are_counted() {
        let mut slugs = Slugs::default();
        let ids: Vec<_> = ["Foo", "Foo", "Foo 1", "Foo", "!!!"].iter().map(|text| slugs.slug(text)).collect();
        assert_eq!(ids, ["foo", "foo-1", "foo-1-1", "foo-2", ""].map(Box::<str>::from));
    }
}
