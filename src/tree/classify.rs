//! What a destination is by its text alone: elsewhere, here, or a path below the root. Pure.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::ids::{self, DocPath, nfc};

/// A destination, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Class<'d> {
    /// Nothing between the parentheses.
    Empty,
    /// Another host or scheme.
    Elsewhere,
    /// An anchor of the same document, or the document itself.
    Here { anchor: Cow<'d, str> },
    /// A path below the root.
    Inside(Inside<'d>),
    /// Leads out of the root.
    Outside,
}

/// A path below the root.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Inside<'d> {
    /// `/`-separated, NFC, decoded; empty for the root.
    pub(super) path: String,
    /// The same without decoding, where that differs: files may have `%20` in their names.
    pub(super) raw: Option<String>,
    /// Written with a `/` at the end.
    pub(super) folder: bool,
    /// The decoded anchor, without `#`; empty for none.
    pub(super) anchor: Cow<'d, str>,
    /// `?query#fragment` as written, or empty.
    pub(super) suffix: &'d str,
}

/// Takes a destination apart, as it stands in the document at `from`.
pub(super) fn classify<'d>(
    from: &DocPath,
    destination: &'d str,
    site_roots: &BTreeMap<String, String>,
) -> Class<'d> {
    // As browsers do: other white space belongs to the path.
    let destination = destination.trim_matches(|c| c <= ' ');
    if destination.is_empty() {
        return Class::Empty;
    }
    if destination.starts_with("//") || has_scheme(destination) {
        return Class::Elsewhere;
    }
    let path_end = memchr::memchr2(b'?', b'#', destination.as_bytes()).unwrap_or(destination.len());
    let (path, suffix) = destination.split_at(path_end);
    let fragment = suffix.split_once('#').map_or("", |(_, fragment)| fragment);
    // What follows `:~:` is for the browser: a text to scroll to.
    let marked = memchr::memmem::find(fragment.as_bytes(), b":~:");
    let anchor = decoded(&fragment[..marked.unwrap_or(fragment.len())]);
    if path.is_empty() {
        return Class::Here { anchor };
    }
    let plain = decoded(path);
    let Some(resolved) = resolve(from, &plain, site_roots) else { return Class::Outside };
    let raw =
        (plain != path).then(|| resolve(from, path, site_roots)).flatten().filter(|raw| *raw != resolved);
    Class::Inside(Inside { path: resolved, raw, folder: plain.ends_with(['/', '\\']), anchor, suffix })
}

fn resolve(from: &DocPath, path: &str, site_roots: &BTreeMap<String, String>) -> Option<String> {
    let path = if memchr::memchr(b'\\', path.as_bytes()).is_some() {
        Cow::Owned(path.replace('\\', "/"))
    } else {
        Cow::Borrowed(path)
    };
    // DocFX writes `~/` for the root itself, Docusaurus `@site/`.
    let from_root = path.strip_prefix("~/").or_else(|| path.strip_prefix("@site/"));
    let Some(rest) = from_root.or_else(|| path.strip_prefix('/')) else { return from.resolve(&path) };
    let rooted = site_roots.iter().filter_map(|(prefix, folder)| {
        let below = path.strip_prefix(prefix.trim_end_matches('/'))?;
        (below.is_empty() || below.starts_with('/')).then_some((prefix.len(), folder, below))
    });
    let rooted = rooted.max_by_key(|(length, ..)| *length);
    let (folder, below) = rooted.map_or(("", rest), |(_, folder, below)| (folder.as_str(), below));
    ids::below(folder, below)
}

fn decoded(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'%', text.as_bytes()).is_none() {
        return nfc(text);
    }
    percent_decode_str(text).decode_utf8().map_or(Cow::Borrowed(text), nfc)
}

/// A scheme has two letters or more: `C:\docs` is a path, and not one below the root.
fn has_scheme(destination: &str) -> bool {
    let Some((scheme, _)) = destination.split_once(':') else { return false };
    scheme.len() >= 2
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(destination: &str) -> Class<'_> {
        let roots = [("/", ""), ("/en/", "docs/en"), ("/en/old", "archive")];
        let roots = roots.iter().map(|(prefix, folder)| ((*prefix).into(), (*folder).into())).collect();
        classify(&DocPath::parse("guides/vpn.md").unwrap(), destination, &roots)
    }

    fn inside(destination: &str) -> Inside<'_> {
        match class(destination) {
            Class::Inside(inside) => inside,
            other => panic!("{destination}: {other:?}"),
        }
    }

    #[test]
    fn elsewhere_is_left_alone() {
        for text in ["https://a.b/c", "mailto:a@b.c", "//cdn/x.png", "tel:1", "data:image/png;base64,x"] {
            assert_eq!(class(text), Class::Elsewhere, "{text}");
        }
        assert_eq!(class("  "), Class::Empty);
        assert_eq!(inside("\u{a0}javascript:x").path, "guides/\u{a0}javascript:x");
        assert_eq!(class("#a%20b"), Class::Here { anchor: "a b".into() });
        assert_eq!(class("#a:~:text=b"), Class::Here { anchor: "a".into() });
        assert_eq!(class("?x=1#a"), Class::Here { anchor: "a".into() });
    }

    #[test]
    fn relative_paths_are_resolved_and_decoded() {
        assert_eq!(inside("net.md").path, "guides/net.md");
        assert_eq!(inside("../img/a%20b.png").path, "img/a b.png");
        assert_eq!(inside("../img/a%20b.png").raw.as_deref(), Some("img/a%20b.png"));
        assert_eq!(inside("..\\img\\a.png").path, "img/a.png");
        assert_eq!(inside("u%CC%88.md").path, "guides/ü.md");
        let full = inside("sub/?q=1#An%C3%A4");
        assert_eq!((full.path.as_str(), full.folder, &*full.anchor), ("guides/sub", true, "Anä"));
        assert_eq!(full.suffix, "?q=1#An%C3%A4");
        assert_eq!(inside("../").path, "");
        assert_eq!(class("../../x.md"), Class::Outside);
    }

    #[test]
    fn site_roots_take_the_longest_prefix() {
        assert_eq!(inside("/a/b.md").path, "a/b.md");
        assert_eq!(inside("~/a/b.md").path, "a/b.md");
        assert_eq!(inside("/en/b").path, "docs/en/b");
        assert_eq!(inside("/en/old/b").path, "archive/b");
        assert_eq!(inside("/en/older").path, "docs/en/older");
        assert_eq!(inside("/english").path, "english");
        assert_eq!(class("/../x"), Class::Outside);
    }

    #[test]
    fn a_tilde_is_the_root_wherever_a_slash_leads() {
        let roots = BTreeMap::from([("/".to_owned(), "public".to_owned())]);
        let from = DocPath::parse("guides/vpn.md").unwrap();
        for (written, leads_to) in [("~/a/b.md", "a/b.md"), ("/a/b.md", "public/a/b.md")] {
            let Class::Inside(inside) = classify(&from, written, &roots) else { panic!("{written}") };
            assert_eq!(inside.path, leads_to);
        }
        assert_eq!(classify(&from, "~/../x.md", &roots), Class::Outside);
    }
}
