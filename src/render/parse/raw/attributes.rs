//! Attributes of raw tags: which are kept, and in what form.
//!
//! Must not know: elements' content.

use pulldown_cmark::CowStr;

use super::css;
use super::scan::Attribute;
use crate::finding::Code;
use crate::render::allowlist;
use crate::render::parse::builder::Builder;
use crate::render::parse::slugs;
use crate::render::theme::Role;
use crate::render::tree::Element;

/// Elements that stand for others carry a class, so that a portal can style them and no sanitizer drops a
/// `span` for having no attribute.
pub(super) fn class(element: &mut Element<'_>, name: &str, role: Role) {
    let class = match role {
        Role::Key => "kb-key",
        Role::Mark => "kb-mark",
        Role::Inserted => "kb-inserted",
        Role::Abbreviation => "kb-abbreviation",
        Role::Caption if name == "figcaption" => "kb-caption",
        _ if name == "q" => "kb-quote",
        _ => return,
    };
    element.attributes.insert(0, ("class", CowStr::Borrowed(class)));
}

/// The attributes that are kept, under the table's names. Classes go: no stylesheet of ours goes along, and
/// scripts of a portal may act on them.
pub(super) fn keep_attributes<'a>(
    builder: &mut Builder<'a>,
    listed: &'static allowlist::Element,
    attributes: Vec<Attribute>,
) -> Vec<(&'static str, CowStr<'a>)> {
    let mut kept: Vec<(&'static str, CowStr<'a>)> = Vec::new();
    let direction = match value(&attributes, "dir").map(str::to_ascii_lowercase).as_deref() {
        Some("rtl") => "direction:rtl",
        Some("ltr") => "direction:ltr",
        _ => "",
    };
    for Attribute { name, value } in attributes {
        let Some(known) = attribute_name(listed, &name) else { continue };
        let value = match known {
            "id" => {
                let value = slugs::composed(&value).into_owned();
                if !id_like(&value) || !builder.slugs.reserve(&value) {
                    continue;
                }
                value
            }
            "style" => css::clean(&value),
            "title" | "summary" | "abbr" | "lang" => value,
            "open" => String::new(),
            _ if plain_value(&value) => value,
            _ => continue,
        };
        if value.is_empty() && known != "open" {
            continue;
        }
        kept.push((known, value.into()));
    }
    if !direction.is_empty() {
        // `dir` itself is not kept by ServiceNow.
        match kept.iter_mut().find(|(name, _)| *name == "style") {
            Some((_, style)) => *style = format!("{direction};{style}").into(),
            None => kept.push(("style", direction.into())),
        }
    }
    kept
}

/// The attribute's name in the table, if the renderer writes it.
pub(super) fn attribute_name(listed: &'static allowlist::Element, name: &str) -> Option<&'static str> {
    const WITHHELD: &[&str] = &[
        "background",
        "class",
        "data-mce-bogus",
        "fb__id",
        "href",
        "itemprop",
        "itemref",
        "itemscope",
        "itemtype",
        "name",
        "nohref",
        "shape",
        "src",
        "xml:space",
    ];
    let known = allowlist::GLOBAL_ATTRIBUTES
        .iter()
        .chain(listed.attributes)
        .find(|known| **known == name)
        .copied()?;
    (!WITHHELD.contains(&known)).then_some(known)
}

pub(super) fn plain_value(value: &str) -> bool {
    value.len() <= 60
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'#' | b'%' | b'.' | b'-' | b'_' | b' ' | b','))
}

/// Whether a text can be an anchor: no space, no template braces.
pub(super) fn id_like(value: &str) -> bool {
    !value.is_empty()
        && value.len() <= 200
        && !value
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '{' | '}' | '$' | '<' | '>' | '"'))
}

pub(super) fn report_handlers(
    builder: &mut Builder<'_>,
    name: &str,
    attributes: &[Attribute],
    offset: usize,
) {
    if let Some(handler) = attributes.iter().find(|attribute| attribute.name.starts_with("on")) {
        let message = format!("`{}` on `<{name}>` is not kept by ServiceNow: it is left out", handler.name);
        builder.problem(Code::UnsupportedHtml, message, "articles run no scripts", offset);
    }
}

pub(super) fn value<'v>(attributes: &'v [Attribute], name: &str) -> Option<&'v str> {
    attributes.iter().find(|attribute| attribute.name == name).map(|attribute| &*attribute.value)
}
