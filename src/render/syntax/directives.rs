//! Lines of colons: Docusaurus and VitePress containers (`:::note[Title]` … `:::`), divisions of Pandoc
//! (`::: {.note}`), DocFX extensions (`:::image …:::`, `:::row:::`), diagrams of Azure DevOps (`::: mermaid`).

use std::borrow::Cow;

use super::attribute_lists;
use super::construct::{Construct, kind};

/// What a line of colons says.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::render) enum Directive<'l> {
    /// A container begins.
    Open {
        /// Of how many colons; as many end it.
        colons: usize,
        /// What it is.
        construct: Construct,
    },
    /// A container ends.
    Close {
        /// Of how many colons.
        colons: usize,
    },
    /// A directive of MyST: of how many colons, and what stands behind them.
    Myst { colons: usize, info: &'l str },
    /// A block of code begins: of how many colons, as many end it; and its language.
    Code {
        /// Of how many colons.
        colons: usize,
        /// As a fence names it.
        language: &'static str,
    },
    /// It stands for this Markdown.
    Markdown(String),
    /// The column of DocFX that is open ends.
    ColumnEnd,
    /// A column of DocFX begins: what stands in it may be indented as a whole.
    Column,
    /// It has no meaning in an article.
    Nothing,
}

/// Extensions of DocFX that stand in a line among other text: words that are not translated, and images.
const IN_LINE: &[&str] = &[":::no-loc", ":::image"];

/// Whether a text begins with one of these.
pub(in crate::render) fn begins_in_line(text: &str) -> bool {
    IN_LINE.iter().any(|mark| text.starts_with(mark))
}

/// Names of DocFX extensions that only arrange or filter what stands in them.
const TRANSPARENT: &[&str] = &["moniker", "row", "zone"];

/// Reads a line that begins with a colon; `None` for prose.
pub(in crate::render) fn parse(line: &str) -> Option<Directive<'_>> {
    let colons = line.bytes().take_while(|b| *b == b':').count();
    if colons < 3 {
        return None;
    }
    let rest = line[colons..].trim();
    if rest.is_empty() {
        return Some(Directive::Close { colons });
    }
    if let Some(directive) = docfx(rest) {
        return Some(directive);
    }
    let name_end =
        rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).unwrap_or(rest.len());
    let (name, tail) = rest.split_at(name_end);
    if let Some(attributes) = tail.strip_prefix('{').filter(|_| name.is_empty()) {
        return match pandoc(tail, attributes) {
            Some(construct) => Some(Directive::Open { colons, construct }),
            None => Some(Directive::Myst { colons, info: rest }),
        };
    }
    if name.is_empty() || tail.contains(":::") {
        return None;
    }
    let mut title = title(tail)?;
    if title.is_empty() {
        // Docusaurus has it among the attributes, too.
        let attributes = tail.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
        title = attributes.and_then(|(inner, _)| attribute(inner, "title")).unwrap_or_default();
    }
    let given = (!title.is_empty()).then(|| title.to_owned());
    let construct = match name {
        "mermaid" if given.is_none() => return Some(Directive::Code { colons, language: "mermaid" }),
        "details" | "spoiler" => {
            let title = given.unwrap_or_else(|| "Details".to_owned());
            Construct::Details { kind: None, title, open: false }
        }
        // The blocks of code in a group say what they are.
        "code-group" | "raw" | "v-pre" => Construct::Group,
        "code-group-item" => Construct::Tab { title: given? },
        // Divisions of Pandoc by one class, and the frame that Azure DevOps wants around an `<iframe>`.
        "columns" | "column" | "incremental" | "nonincremental" | "panel-tabset" | "video"
            if given.is_none() =>
        {
            Construct::Group
        }
        name => {
            let (callout, own) = kind(name)?;
            Construct::Callout { kind: callout, title: given.or_else(|| own.map(str::to_owned)) }
        }
    };
    Some(Directive::Open { colons, construct })
}

/// A fenced division of Pandoc or Quarto, `{.warning title="Hot"}`, and the same behind its brace. A class that is the kind of
/// a callout makes it one; others only arrange. `None` for what is no list of attributes.
fn pandoc(list: &str, attributes: &str) -> Option<Construct> {
    let (attributes, rest) = attributes.split_once('}')?;
    let plain = attributes.trim_start().starts_with(['.', '#']) || attribute_lists::is_list(list);
    if !plain || !rest.trim_matches(|c: char| c == ':' || c.is_whitespace()).is_empty() {
        return None;
    }
    let classes = attributes.split_whitespace().filter_map(|word| word.strip_prefix('.'));
    let mut kinds = classes.filter_map(|class| kind(class.strip_prefix("callout-").unwrap_or(class)));
    Some(match kinds.next() {
        Some((kind, own)) => {
            let title = attribute(attributes, "title").or(own);
            Construct::Callout { kind, title: title.map(str::to_owned) }
        }
        None => Construct::Group,
    })
}

/// The title behind a name, empty for none: `[Title]`, or the words that follow; attributes in braces are
/// nothing. `None` where a bracket does not close.
fn title(tail: &str) -> Option<&str> {
    let tail = tail.split('{').next().unwrap_or_default().trim();
    match tail.strip_prefix('[') {
        Some(bracketed) => bracketed.strip_suffix(']').map(str::trim),
        None => Some(tail),
    }
}

/// An extension of DocFX.
fn docfx(rest: &str) -> Option<Directive<'_>> {
    let inner = rest.strip_suffix(":::").map(str::trim_end);
    let words = inner.unwrap_or(rest);
    let name = words.split(|c: char| c.is_whitespace()).next().unwrap_or_default();
    match name {
        "image" => image(inner?).map(Directive::Markdown),
        "column" => inner.map(|_| Directive::Column),
        "column-end" | "row-end" => Some(Directive::ColumnEnd),
        "image-end" => Some(Directive::Nothing),
        "video" => {
            let source = value(inner?, "source")?.replace(['<', '>'], "");
            Some(Directive::Markdown(format!("[{source}](<{source}>)")))
        }
        "code" => {
            let source = value(inner?, "source")?.replace(['<', '>'], "");
            let text = source.rsplit('/').next().unwrap_or(&source).replace(['[', ']'], "");
            Some(Directive::Markdown(format!("[{text}](<{source}>)")))
        }
        name => {
            let ended = name.strip_suffix("-end").unwrap_or(name);
            TRANSPARENT.contains(&ended).then_some(Directive::Nothing)
        }
    }
}

/// `image source="x.png" alt-text="X"`, without its colons, as Markdown.
fn image(inner: &str) -> Option<String> {
    let source = value(inner, "source")?;
    let alt = value(inner, "alt-text").unwrap_or_default().replace(['[', ']'], "");
    let image = format!("![{alt}](<{}>)", source.replace(['<', '>'], ""));
    Some(match value(inner, "link") {
        Some(link) => format!("[{image}](<{}>)", link.replace(['<', '>'], "")),
        None => image,
    })
}

/// The first `:::no-loc text="…":::` or `:::image source="…":::` in a line: its bytes, and the Markdown it stands for.
pub(in crate::render) fn in_line(line: &str) -> Option<(std::ops::Range<usize>, Cow<'_, str>)> {
    memchr::memmem::find_iter(line.as_bytes(), b":::").find_map(|start| {
        let mark = IN_LINE.iter().find(|mark| line[start..].starts_with(**mark))?;
        if line[..start].matches('`').count() % 2 == 1 {
            // Code.
            return None;
        }
        let inner = &line[start + 3..];
        let length = inner.find(":::")?;
        let inner = &inner[..length];
        let shown = if mark.ends_with("image") {
            Cow::Owned(image(inner)?)
        } else {
            Cow::Borrowed(value(inner, "text")?)
        };
        Some((start..start + length + 6, shown))
    })
}

/// The value of `name="value"` in a list of attributes.
pub(super) fn attribute<'t>(list: &'t str, name: &str) -> Option<&'t str> {
    match list.trim_start().strip_prefix(name).and_then(|rest| rest.strip_prefix("=\"")) {
        Some(text) => quoted(text),
        None => value(list, name),
    }
}

/// What stands before the quote that ends a value; one behind a backslash does not.
fn quoted(text: &str) -> Option<&str> {
    let mut quotes = memchr::memchr_iter(b'"', text.as_bytes());
    let end = quotes.find(|at| !text[..*at].ends_with('\\'));
    text.get(..end.unwrap_or(text.len()))
}

/// DocFX's `[!code-cs[Title](file "tip")]`: a link to the file, as `:::code` is.
pub(in crate::render) fn code(line: &str) -> Option<String> {
    let rest = line.strip_prefix("[!code").or_else(|| line.strip_prefix("[!CODE"))?;
    let (language, rest) = rest.split_once('[')?;
    let (text, rest) = rest.split_once("](")?;
    let target = rest.trim_end().strip_suffix(")]")?;
    let source = target.split_whitespace().next()?.replace(['<', '>'], "");
    if !language.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '#' | ' ')) {
        return None;
    }
    let file = source.split(['?', '#']).next().unwrap_or_default();
    let name = file.rsplit('/').next().unwrap_or_default();
    let text = if text.trim().is_empty() { name } else { text.trim() }.replace(['[', ']'], "");
    Some(format!("[{text}](<{file}>)"))
}

/// The value of `name="value"`.
fn value<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut from = 0;
    while let Some(found) = text[from..].find(name) {
        let at = from + found;
        let free = text[..at].ends_with(char::is_whitespace);
        let rest = text[at + name.len()..].trim_start();
        if free
            && let Some(quoted) =
                rest.strip_prefix('=').map(str::trim_start).and_then(|rest| rest.strip_prefix('"'))
        {
            return self::quoted(quoted);
        }
        from = at + name.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::syntax::construct::Kind;

    #[test]
    fn code_of_another_file_is_a_link() {
        let link = |text: &str| Some(text.to_owned());
        assert_eq!(code("[!code-csharp[Main](a/x.cs?name=s \"T\")]"), link("[Main](<a/x.cs>)"));
        assert_eq!(code("[!code-json[](x.json#L1-L3)]"), link("[x.json](<x.json>)"));
        assert_eq!(code("[!code]"), None);
    }

    #[test]
    fn extensions_in_a_line_are_read() {
        let line = "press \":::no-loc text=\"Win + X\":::\" now";
        assert_eq!(in_line(line), Some((7..34, "Win + X".into())));
        assert_eq!(&line[34..], "\" now");
        let line = "a ::: b :::image type=\"icon\" source=\"i.png\" border=\"false\"::: c";
        assert_eq!(in_line(line), Some((8..61, "![](<i.png>)".into())));
        for prose in [
            "a :::no-loc b",
            ":::no-loc text=\"x\"",
            ":::no-loc:::",
            ":::image:::",
            "`:::image source=\"x\":::`",
        ] {
            assert_eq!(in_line(prose), None, "{prose}");
        }
    }

    #[test]
    fn lines_of_colons_are_read() {
        let open = |colons, kind, title: Option<&str>| {
            Some(Directive::Open {
                colons,
                construct: Construct::Callout { kind, title: title.map(str::to_owned) },
            })
        };
        assert_eq!(parse(":::note"), open(3, Kind::Note, None));
        assert_eq!(parse("::::tip[My *tip*]{.x}"), open(4, Kind::Tip, Some("My *tip*")));
        assert_eq!(parse("::: danger Mind the gap"), open(3, Kind::Caution, Some("Mind the gap")));
        assert_eq!(parse(":::"), Some(Directive::Close { colons: 3 }));
        assert_eq!(parse("::: column"), Some(Directive::Open { colons: 3, construct: Construct::Group }));
        assert_eq!(parse(":::row:::"), Some(Directive::Nothing));
        assert_eq!(parse(":::zone-end"), Some(Directive::Nothing));
        assert_eq!(parse(":::column span=\"2\":::"), Some(Directive::Column));
        assert_eq!(parse(":::note{title=\"Read this\"}"), open(3, Kind::Note, Some("Read this")));
        assert_eq!(parse(":::note{.x title=\"a\"}"), open(3, Kind::Note, Some("a")));
        assert_eq!(
            parse(":::image type=\"content\" source=\"a b.png\" alt-text=\"A [b]\":::"),
            Some(Directive::Markdown("![A b](<a b.png>)".to_owned()))
        );
        assert_eq!(parse("::: {.callout-tip title=\"T x\"}"), open(3, Kind::Tip, Some("T x")));
        assert_eq!(
            parse(":::: {#id .columns} ::::"),
            Some(Directive::Open { colons: 4, construct: Construct::Group })
        );
        assert_eq!(
            parse("::: {custom-style=\"Body Text\"}"),
            Some(Directive::Open { colons: 3, construct: Construct::Group })
        );
        assert_eq!(parse("::: mermaid"), Some(Directive::Code { colons: 3, language: "mermaid" }));
        assert_eq!(parse(":::video"), Some(Directive::Open { colons: 3, construct: Construct::Group }));
        assert_eq!(parse(":::{tip} A"), Some(Directive::Myst { colons: 3, info: "{tip} A" }));
        for prose in ["::", ":::foo bar", "::: ?", "::::: unknown"] {
            assert_eq!(parse(prose), None, "{prose}");
        }
    }
}
