//! Syntax of other tools that is not read here: it is shown as text, and lint says where.
//!
//! Must not know: Markdown.

use super::blocks;

/// Advice where nothing is known to stand in its place.
pub(super) const OTHER: &str = "write it in Markdown: only the tool it is made for reads it";

/// Directives of MyST (Sphinx) that stand in braces where a fence has its language. Programs of notebooks stand there,
/// too: those are code. Sorted.
const MYST: &[&str] = &[
    "admonition",
    "attention",
    "card",
    "caution",
    "code-block",
    "code-cell",
    "contents",
    "csv-table",
    "danger",
    "dropdown",
    "error",
    "eval-rst",
    "figure",
    "glossary",
    "grid",
    "hint",
    "image",
    "important",
    "include",
    "list-table",
    "literalinclude",
    "note",
    "seealso",
    "tab-item",
    "tab-set",
    "table",
    "tip",
    "toctree",
    "warning",
];

/// Whether a fence is a directive of MyST.
pub(super) fn is_myst(info: &str) -> bool {
    let name = info.strip_prefix('{').and_then(|rest| rest.split_once('}'));
    name.is_some_and(|(name, _)| MYST.binary_search(&name).is_ok())
}

/// Where in a text, what it holds, and what to do about it; `None` for prose. Many texts begin where a line does.
pub(super) fn find(text: &str) -> Option<(usize, &'static str, &'static str)> {
    const CONTENTS: &str = "set `kb: {toc: true}` in the front matter for a table of contents";
    let first = *text.as_bytes().first()?;
    if memchr::memchr(b'{', text.as_bytes()).is_some() {
        let marks = [
            ("{{<", "a shortcode of Hugo"),
            ("{{%", "a shortcode of Hugo"),
            ("{{#", "a helper of mdBook"),
            ("{%", "a tag of Jinja or Liquid"),
            ("{/*", "a comment of MDX"),
        ];
        if let Some((at, what)) = marks.into_iter().find_map(|(mark, what)| Some((text.find(mark)?, what))) {
            return Some((at, what, OTHER));
        }
    }
    if let Some(found) = text.find("](") {
        let at = text[..found].rfind('[').unwrap_or(found);
        let at = if text[..at].ends_with('!') { at - 1 } else { at };
        return Some((
            at,
            "a link or image",
            "a destination with spaces stands in angle brackets, or has `%20` for each: `[text](<a b.md>)`",
        ));
    }
    let line = match first {
        b'i' if text.starts_with("import ") && (text.contains(" from '") || text.contains(" from \"")) => {
            Some(("an `import` of MDX", "articles run no scripts; leave it out"))
        }
        b'e' if text.starts_with("export const ") || text.starts_with("export default ") => {
            Some(("an `export` of MDX", "articles run no scripts; leave it out"))
        }
        b':' if text.starts_with(":::") && !text.trim_end().ends_with(':') => {
            Some(("a directive of a kind that is not known", OTHER))
        }
        b'/' if blocks::is_definition(text.lines().next().unwrap_or_default()) => Some((
            "a list of definitions of Python-Markdown",
            "write `: definition` below each term, and switch on `definition-lists`",
        )),
        b'<' if text.starts_with("<<< ") => {
            Some(("an include of VitePress", "use `--8<-- \"file\"` or `{{#include file}}`"))
        }
        b'-' if text.trim_end() == "--8<--" => {
            Some(("a block of includes", "use one `--8<-- \"file\"` for each file"))
        }
        b'[' if matches!(text.trim_end(), "[TOC]" | "[[toc]]" | "[[_TOC_]]") => {
            Some(("a table of contents", CONTENTS))
        }
        _ => None,
    };
    line.map(|(what, help)| (0, what, help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_no_syntax() {
        assert!(MYST.is_sorted());
        for text in [
            "{{< figure >}}",
            "a {% if %}",
            "import A from '@x'",
            ":::foo",
            "/// define",
            "[TOC]",
            "{/* x */}",
            "![a](b c.png)",
        ] {
            assert!(find(text).is_some(), "{text}");
        }
        for text in
            ["", "import the key from the server", "export constant", "a ::: b", "{{ x }}", "{x}", "[TOC] of"]
        {
            assert!(find(text).is_none(), "{text}");
        }
    }
}
