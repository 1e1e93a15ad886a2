//! Syntax of other tools that is not read here: it is shown as text, and lint says where. What begins a line is told
//! from what stands in one, so that prose costs two searches for a few letters.
//!
//! Must not know: what becomes of the text.

mod inline;
mod line;

use super::builder::Builder;
use super::{Dialects, Options};
use crate::finding::Code;

/// Something that is not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unread {
    /// What it is, with its article.
    pub(super) what: &'static str,
    /// What to do about it.
    pub(super) help: &'static str,
}

/// Advice where nothing is known to stand in its place.
pub(super) const OTHER: &str = "write it in Markdown: only the tool it is made for reads it";

/// Advice where a table of contents is meant.
const CONTENTS: &str = "set `kb: {toc: true}` in the front matter for a table of contents";

/// Advice where a program would compute something.
const NO_SCRIPTS: &str = "articles run no scripts; leave it out, or write what it gives";

/// An icon of a font.
pub(super) const ICON: &Unread = &Unread {
    what: "an icon of Material for MkDocs",
    help: "articles have no icon fonts: use an emoji such as `:white_check_mark:`, or an image",
};

/// A key that is not known, among others.
pub(super) const KEY: &Unread = &Unread {
    what: "a combination with a key that is not known",
    help: "put the label of an unusual key in quotes: `++ctrl+\"Fn\"++`",
};

/// A role of MyST that leads somewhere.
pub(super) const ROLE: &Unread = &Unread {
    what: "a role of MyST",
    help: "only Sphinx knows where it leads: write a link, `[text](file.md#heading)`",
};

/// A link in raw HTML.
const MARKDOWN: &Unread = &Unread {
    what: "Markdown inside raw HTML",
    help: "an empty line behind the tag makes Markdown go on; or write HTML: `<a href=\"…\">`",
};

/// What decides whether something is syntax.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    dialects: Dialects,
    /// Names in double braces are told as unknown variables already.
    variables: bool,
    /// Something was imported before: what stands in braces is computed.
    mdx: bool,
}

impl Context {
    /// At the beginning of a document; whether it imports anything.
    pub(super) fn new(options: &Options, mdx: bool) -> Self {
        Self { dialects: options.dialects, variables: !options.variables.is_empty(), mdx }
    }
}

/// Tells that something which stands at `offset` is not read.
pub(super) fn tell(builder: &mut Builder<'_>, unread: &Unread, offset: usize) {
    builder.problem(Code::UnreadSyntax, format!("{} is shown as text", unread.what), unread.help, offset);
}

/// Tells the first thing in a text that is not read. Many texts begin where a line does.
pub(super) fn check(builder: &mut Builder<'_>, text: &str, offset: usize) {
    let context = builder.unread;
    let at_line =
        line::find(text, context).map(|unread| (0, unread)).filter(|_| begins_line(builder.text, offset));
    if let Some((at, unread)) = at_line.or_else(|| inline::find(text, context)) {
        builder.unread.mdx |= line::is_module(unread);
        tell(builder, unread, offset + at);
    }
}

/// The same for the text of raw HTML, where Markdown is not read either.
pub(super) fn check_raw(builder: &mut Builder<'_>, text: &str, offset: usize) {
    // A `<` ends a text of raw HTML, in a shortcode too.
    let cut = || text.ends_with("{{").then(|| (text.len() - 2, inline::HUGO));
    if let Some((at, unread)) = inline::find(text, builder.unread).or_else(cut) {
        tell(builder, if unread == inline::LINK { MARKDOWN } else { unread }, offset + at);
    }
}

/// Whether nothing but marks of quotations and lists stands before this in its line.
fn begins_line(text: &str, offset: usize) -> bool {
    let before = text.as_bytes()[..offset].iter().rev().take_while(|b| **b != b'\n');
    before
        .take(inline::REACH)
        .all(|b| matches!(b, b' ' | b'\t' | b'>' | b'-' | b'*' | b'+' | b'.' | b')' | b'|' | b'0'..=b'9'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str) -> Option<&'static str> {
        let context = Context { dialects: Dialects::default(), variables: false, mdx: false };
        line::find(text, context).or_else(|| Some(inline::find(text, context)?.1)).map(|unread| unread.what)
    }

    #[test]
    fn syntax_is_told() {
        for (text, expected) in [
            ("{{< figure >}}", "a shortcode of Hugo"),
            ("a {{% b %}} c", "a shortcode of Hugo"),
            ("a {% if %}", "a tag of Jinja or Liquid"),
            ("{{#title x}}", "a helper of mdBook"),
            ("by {{ site.author }}", "an expression of Liquid, Jinja or Vue"),
            ("{{ 'a' | upcase }}", "an expression of Liquid, Jinja or Vue"),
            ("{# note #}", "a comment of Jinja"),
            ("{/* x */}", "a comment of MDX"),
            ("a{' '}", "an expression of MDX"),
            ("{props.children}", "an expression of MDX"),
            ("import A from '@x'", "an `import` of MDX"),
            ("export const a = 1", "an `export` of MDX"),
            ("<Chart data={{ a: 1 }} />", "a component of MDX"),
            ("{:toc}", "a table of contents"),
            ("{::comment}", "an extension of Kramdown"),
            ("item {.wide}", "a list of attributes"),
            (":::foo", "a directive of a kind that is not known"),
            ("[TOC]", "a table of contents"),
            ("![a](b c.png)", "a link or image"),
            ("see [the guide][guide] and", "a link whose reference is not defined"),
            ("as ![PEP 508][] says", "a link whose reference is not defined"),
            (" of it][vpn-guide] and", "a link whose reference is not defined"),
            ("see [[Other page#part|text]]", "a wiki link"),
            ("![[net.png]]", "a wiki link"),
            ("so[^12] it is", "a footnote without a text"),
            ("as shown [@doe99, p. 3]", "a citation of Pandoc"),
            ("a %%hidden%% b", "a comment of Obsidian"),
            ("H~2~O", "a subscript"),
            ("x^2^", "a superscript"),
            ("of @System.Collections.List here", "a cross-reference of DocFX"),
            ("$$", "a formula"),
            ("$$x^2$$", "a formula"),
            ("!!! note", "an admonition"),
            ("=== \"Linux\"", "a tab"),
            ("/// define | a term", "a list of definitions of Python-Markdown"),
            (".. note::", "a directive of reStructuredText"),
            (":   what it means", "a definition"),
            ("<<< @/a.js", "an include of VitePress"),
            ("--8<--", "a block of includes"),
            ("[!INCLUDE x]", "an include of DocFX"),
            ("[block:callout]", "a block of ReadMe"),
        ] {
            assert_eq!(what(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn prose_is_no_syntax() {
        for text in [
            "",
            "import the key from the server",
            "export constant",
            "a ::: b",
            "{x}",
            "GET /users/{id}",
            "{\"a\": 1}",
            "[TOC] of",
            "{{}}",
            "{{ }}",
            "a {{ b",
            "[[1, 2], [3, 4]]",
            "[[ -f x ]]",
            "[a-z][a-z]",
            "[0-9A-F][0-9a-f]",
            "rows[index][column]",
            "int[][]",
            "[1][2]",
            "string[a][long label]",
            "[1]",
            "[^a-z]",
            "[@ann]",
            "[@scope/name2020]",
            "100%% of %%i in %%j",
            "~/a ~/b",
            "2^10 and 2^20",
            "a ^b^ c",
            "ann@Example.Com",
            "@ann and @bob.lee",
            "$5 and $$6",
            "!!! Stop. Now",
            "=== done ===",
            "// comment",
            "/// <summary>",
            "... and so on::",
            ": a colon",
            "a < b",
            "<Enter>",
            "x {.5}",
            "${HOME} {a=b}",
        ] {
            assert_eq!(what(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_read_or_told_elsewhere_is_not_told() {
        let context = Context { dialects: Dialects::default(), variables: true, mdx: false };
        assert_eq!(inline::find("{{ name }}", context), None, "an unknown variable");
        assert!(inline::find("{{ name | filter }}", context).is_some());
        let mut dialects = Dialects::default();
        for name in Dialects::NAMES {
            *dialects.switch(name).unwrap() = true;
        }
        let context = Context { dialects, variables: false, mdx: false };
        for text in ["[[page]]", "x^2^", "$$", ":   what"] {
            assert_eq!(
                line::find(text, context).or(inline::find(text, context).map(|found| found.1)),
                None,
                "{text}"
            );
        }
        let context = Context { mdx: true, ..context };
        assert!(inline::find("in {count} days", context).is_some(), "an import makes it an expression");
    }
}
