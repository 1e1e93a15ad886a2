//! What stands in the place of HTML elements that ServiceNow does not keep, or that an article should not
//! hold, as data (contract §6, design §9).
//!
//! Must not know: how tags are parsed.

use crate::render::theme::Role;

/// What happens to an element that is not emitted as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Becomes this element with this look; nothing is lost.
    As(&'static str, Role),
    /// The tags go, the content stays. The text says what is lost, where something is.
    Unwrap(Option<&'static str>),
    /// Goes with its content; the text says what to do instead.
    Drop(&'static str),
    /// Becomes a link to what it embeds.
    Embed(&'static str),
    /// An `input`: a check box becomes ☑ or ☐.
    Input,
}

use Treatment::{As, Drop, Embed, Input, Unwrap};

const FORM: Option<&str> = Some("articles hold no forms");
const SCRIPT: &str = "articles run no scripts; say in words what it would show";
const STYLE: &str = "articles keep no style sheets; use `style` attributes or Markdown";
const DRAWING: &str = "save the drawing as a file and show it as an image";
const MEDIA: &str = "it became a link to the file; readers open it there";
const FRAME: &str = "it became a link to the page; readers open it there";

/// Every HTML element that is not emitted under its own name, sorted by name.
pub(super) const SUBSTITUTIONS: &[(&str, Treatment)] = &[
    ("abbr", As("span", Role::Abbreviation)),
    ("acronym", As("span", Role::Abbreviation)),
    ("address", As("div", Role::Plain)),
    ("applet", Drop(SCRIPT)),
    ("area", Unwrap(Some("image maps are not kept"))),
    ("article", As("div", Role::Plain)),
    ("aside", As("div", Role::Plain)),
    ("audio", Embed(MEDIA)),
    ("base", Unwrap(Some("links are resolved before they are sent; `base` is left out"))),
    ("basefont", Unwrap(None)),
    ("bdi", Unwrap(None)),
    ("bdo", Unwrap(None)),
    ("body", Unwrap(None)),
    ("button", Unwrap(FORM)),
    ("canvas", Unwrap(Some(SCRIPT))),
    ("data", Unwrap(None)),
    ("datalist", Drop("articles hold no forms")),
    ("del", As("strike", Role::Plain)),
    ("dfn", As("em", Role::Plain)),
    ("dialog", Unwrap(FORM)),
    ("dir", As("ul", Role::List)),
    ("embed", Embed(FRAME)),
    ("fieldset", As("div", Role::Plain)),
    ("figcaption", As("p", Role::Caption)),
    ("footer", As("div", Role::Plain)),
    ("form", Unwrap(FORM)),
    ("frame", Embed(FRAME)),
    ("frameset", Unwrap(None)),
    ("head", Unwrap(None)),
    ("header", As("div", Role::Plain)),
    ("hgroup", As("div", Role::Plain)),
    ("html", Unwrap(None)),
    ("iframe", Embed(FRAME)),
    ("input", Input),
    ("ins", As("span", Role::Inserted)),
    ("kbd", As("span", Role::Key)),
    ("keygen", Unwrap(FORM)),
    ("label", Unwrap(None)),
    ("legend", As("p", Role::TabTitle)),
    ("link", Unwrap(Some(STYLE))),
    ("main", As("div", Role::Plain)),
    ("map", Unwrap(None)),
    ("mark", As("span", Role::Mark)),
    ("math", Drop("write formulas as TeX between `$` signs, or show them as images")),
    ("menu", As("ul", Role::List)),
    ("meta", Unwrap(Some("article bodies have no head; `meta` is left out"))),
    ("meter", Unwrap(FORM)),
    ("nav", As("div", Role::Plain)),
    ("nobr", Unwrap(None)),
    ("noembed", Drop(SCRIPT)),
    ("noframes", Drop(SCRIPT)),
    ("noscript", Unwrap(None)),
    ("object", Embed(FRAME)),
    ("optgroup", Unwrap(FORM)),
    ("option", Unwrap(FORM)),
    ("output", Unwrap(FORM)),
    ("param", Unwrap(None)),
    ("picture", Unwrap(None)),
    ("plaintext", As("pre", Role::CodeBlock)),
    ("progress", Unwrap(FORM)),
    ("q", As("span", Role::Plain)),
    ("rb", Unwrap(None)),
    ("rp", Unwrap(None)),
    ("rt", As("sup", Role::Plain)),
    ("rtc", Unwrap(None)),
    ("ruby", Unwrap(None)),
    ("s", As("strike", Role::Plain)),
    ("script", Drop(SCRIPT)),
    ("search", As("div", Role::Plain)),
    ("section", As("div", Role::Plain)),
    ("select", Unwrap(FORM)),
    ("slot", Unwrap(None)),
    ("source", Unwrap(None)),
    ("style", Drop(STYLE)),
    ("svg", Drop(DRAWING)),
    ("template", Drop(SCRIPT)),
    ("textarea", Unwrap(FORM)),
    ("time", Unwrap(None)),
    ("title", Drop("the title of the article is its first heading or the `title` of its front matter")),
    ("track", Unwrap(None)),
    ("var", As("em", Role::Variable)),
    ("video", Embed(MEDIA)),
    ("wbr", Unwrap(None)),
    ("xmp", As("pre", Role::CodeBlock)),
];

/// What stands in the place of this element; `None` for one that is emitted or that HTML does not know.
pub(super) fn substitution(name: &str) -> Option<Treatment> {
    let index = SUBSTITUTIONS.binary_search_by(|(element, _)| (*element).cmp(name)).ok()?;
    SUBSTITUTIONS.get(index).map(|(_, treatment)| *treatment)
}

/// The look of an element that is emitted under its own name.
pub(super) fn role(name: &str) -> Role {
    match name {
        "p" => Role::Paragraph,
        "blockquote" => Role::Quote,
        "pre" => Role::CodeBlock,
        "code" | "samp" | "tt" => Role::Code,
        "table" => Role::Table,
        "th" => Role::ColumnHeading,
        "td" => Role::Cell,
        "caption" => Role::Caption,
        "ul" | "ol" => Role::List,
        "li" => Role::Item,
        "dt" => Role::Term,
        "dd" => Role::Definition,
        "details" => Role::Details,
        "summary" => Role::Summary,
        "figure" => Role::Figure,
        "hr" => Role::Rule,
        _ => Role::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::allowlist;

    #[test]
    fn sorted_and_emitting_only_what_may_be() {
        assert!(SUBSTITUTIONS.is_sorted_by(|a, b| a.0 < b.0));
        for (name, treatment) in SUBSTITUTIONS {
            assert!(!allowlist::element(name).is_some_and(|element| element.emitted), "{name}");
            if let As(to, _) = treatment {
                assert!(allowlist::element(to).is_some_and(|element| element.emitted), "{name} → {to}");
            }
        }
    }

    #[test]
    fn what_is_withheld_has_a_substitution() {
        for element in allowlist::ELEMENTS.iter().filter(|element| !element.emitted) {
            let known = substitution(element.name).is_some() || matches!(element.name, "h1" | "shape");
            assert!(known, "{}", element.name);
        }
    }
}
