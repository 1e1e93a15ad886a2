//! Roles of MyST: `` {kbd}`Ctrl` ``, a name in braces that touches code.
//!
//! Must not know: directives.

use pulldown_cmark::CowStr;

use super::builder::Builder;
use super::unread;
use crate::render::theme::Role;
use crate::render::tree::{Element, Kind, Stand};

/// Longest name of a role, in bytes.
const LONGEST: usize = 40;

/// What a role makes of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// It is code.
    Code,
    /// Its meaning stands in brackets.
    Abbreviation,
    /// A formula.
    Math,
    /// An element of this name, look and class.
    Element(&'static str, Role, &'static str),
}

const fn plain(name: &'static str) -> Look {
    Look::Element(name, Role::Plain, "")
}

const CODE: Option<Look> = Some(Look::Code);

/// It leads somewhere only Sphinx knows, and stays as it is written.
const UNREAD: Option<Look> = None;

/// Roles by their names, sorted.
const ROLES: &[(&str, Option<Look>)] = &[
    ("abbr", Some(Look::Abbreviation)),
    ("any", UNREAD),
    ("attr", CODE),
    ("cite", UNREAD),
    ("cite:p", UNREAD),
    ("cite:t", UNREAD),
    ("class", CODE),
    ("code", CODE),
    ("command", Some(plain("strong"))),
    ("confval", CODE),
    ("data", CODE),
    ("del", Some(plain("strike"))),
    ("dfn", Some(plain("em"))),
    ("doc", UNREAD),
    ("download", UNREAD),
    ("emphasis", Some(plain("em"))),
    ("envvar", CODE),
    ("eq", UNREAD),
    ("exc", CODE),
    ("external", UNREAD),
    ("file", CODE),
    ("func", CODE),
    ("guilabel", Some(plain("strong"))),
    ("index", UNREAD),
    ("kbd", Some(Look::Element("span", Role::Key, "kb-key"))),
    ("keyword", CODE),
    ("literal", CODE),
    ("math", Some(Look::Math)),
    ("menuselection", Some(plain("strong"))),
    ("meth", CODE),
    ("mod", CODE),
    ("numref", UNREAD),
    ("obj", CODE),
    ("option", CODE),
    ("program", Some(plain("strong"))),
    ("py:class", CODE),
    ("py:func", CODE),
    ("py:meth", CODE),
    ("py:mod", CODE),
    ("ref", UNREAD),
    ("samp", CODE),
    ("strike", Some(plain("strike"))),
    ("strong", Some(plain("strong"))),
    ("sub", Some(plain("sub"))),
    ("subscript", Some(plain("sub"))),
    ("sup", Some(plain("sup"))),
    ("superscript", Some(plain("sup"))),
    ("term", UNREAD),
    ("underline", Some(plain("u"))),
];

/// The role that a text ends with, and its length with braces.
fn at_end(text: &str) -> Option<(Option<Look>, usize)> {
    let before = text.strip_suffix('}')?;
    let from = before.len().saturating_sub(LONGEST);
    let open = memchr::memrchr(b'{', &before.as_bytes()[from..])? + from;
    let at = ROLES.binary_search_by(|(name, _)| (*name).cmp(&before[open + 1..])).ok()?;
    ROLES.get(at).map(|(_, look)| (*look, text.len() - open))
}

/// Code begins at `start`: with a role right before it, it is put into the tree as that has it. Else `None`: the code
/// is still to be put.
pub(super) fn add<'a>(builder: &mut Builder<'a>, text: &CowStr<'a>, start: usize) -> Option<()> {
    let last = builder.running.last_mut().filter(|last| last.end == start && last.entity.is_none())?;
    let (look, length) = at_end(&builder.text[last.start..start])?;
    let offset = start - length;
    if builder.text[..offset].ends_with('\\') {
        return None;
    }
    let Some(look) = look else {
        builder.flush();
        unread::tell(builder, unread::ROLE, offset);
        return None;
    };
    last.end = offset;
    builder.flush();
    let element = match look {
        Look::Code => {
            builder.leaf(Kind::Code(text.clone()), offset);
            return Some(());
        }
        Look::Math => {
            builder.leaf(Kind::Math(text.clone(), Stand::InLine), offset);
            return Some(());
        }
        Look::Abbreviation => Element::new("span", Role::Abbreviation).with("class", "kb-abbreviation"),
        Look::Element(name, role, "") => Element::new(name, role),
        Look::Element(name, role, class) => Element::new(name, role).with("class", class),
    };
    let meaning = text.strip_suffix(')').and_then(|text| text.rsplit_once(" ("));
    let (shown, element) = match meaning.filter(|_| look == Look::Abbreviation) {
        Some((word, meaning)) => (CowStr::from(word.to_owned()), element.with("title", meaning.to_owned())),
        None => (text.clone(), element),
    };
    builder.open(Kind::Element(element), offset);
    builder.leaf(Kind::Text(shown), offset);
    builder.close_markdown();
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read() {
        assert!(ROLES.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(at_end("press {kbd}"), Some((Some(Look::Element("span", Role::Key, "kb-key")), 5)));
        assert_eq!(at_end("{ref}"), Some((UNREAD, 5)));
        for prose in ["}", "{}", "{id}", "kbd}", "{kbd} "] {
            assert_eq!(at_end(prose), None, "{prose}");
        }
    }
}
