//! Syntax of other tools that is not read here: it is shown as text, and lint says where. What begins a line is told
//! from what stands in one, so that prose costs two searches for a few letters.
//!
//! Must not know: what becomes of the text.

mod inline;
mod line;
mod raw;
mod tex;

use super::builder::Builder;
use crate::finding::Code;
use crate::render::dialects::Dialects;
use crate::render::options::Options;

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

/// A callout by a class that a theme of Jekyll knows.
pub(super) const CALLOUT: &Unread = &Unread {
    what: "a callout of Jekyll",
    help: "write `> [!WARNING]`, and its text behind `>` in the lines below",
};

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

pub(super) use inline::{RAW, is_raw_block};

/// A callout with a word of its own.
pub(super) const KIND: &Unread = &Unread {
    what: "a callout of a kind that is not known",
    help: "write `> [!NOTE] Title`, or `TIP`, `IMPORTANT`, `WARNING` or `CAUTION`",
};

/// A link that Docsify replaces by what it leads to.
pub(super) const EMBEDDED: &Unread =
    &Unread { what: "an include of Docsify", help: "use `--8<-- \"file\"` or `{{#include file}}`" };

/// A link that nobody can see.
pub(super) const TEXTLESS: &Unread =
    &Unread { what: "a link without a text", help: "write in its brackets what readers are to see" };

/// A link in raw HTML.
const MARKDOWN: &Unread = &Unread {
    what: "Markdown inside raw HTML",
    help: "an empty line behind the tag makes Markdown go on; or write HTML: `<a href=\"…\">`",
};

/// Front matter that is none.
const FRONT_MATTER: &Unread = &Unread {
    what: "front matter",
    help: "it begins in the first line of the file: move what stands before it behind it",
};

pub(super) use inline::MARKS;

/// What decides whether something is syntax.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    dialects: Dialects,
    /// Names in double braces are told as unknown variables already.
    variables: bool,
    /// Something was imported before: what stands in braces is computed.
    mdx: bool,
    /// A line has begun something that another one like it ends.
    paired: bool,
}

impl Context {
    /// At the beginning of a document; whether it imports anything.
    pub(super) fn new(options: &Options, mdx: bool) -> Self {
        Self { dialects: options.dialects, variables: !options.variables.is_empty(), mdx, paired: false }
    }
}

/// Tells that something which stands at `offset` is not read.
pub(super) fn tell(builder: &mut Builder<'_>, unread: &Unread, offset: usize) {
    builder.problem(Code::UnreadSyntax, format!("{} is shown as text", unread.what), unread.help, offset);
}

/// Where a licence or a note stands before front matter, it is no longer than this, in bytes: else each line of dashes
/// would have all before it looked at.
const MOST_BEFORE: usize = 8 * 1024;

/// Tells that something which stands at `offset` is not shown.
pub(super) fn tell_left_out(builder: &mut Builder<'_>, unread: &Unread, offset: usize) {
    builder.problem(Code::UnreadSyntax, format!("{} is left out", unread.what), unread.help, offset);
}

/// What was told of the text at `offset` is not so: it is not shown.
pub(super) fn take_back(builder: &mut Builder<'_>, offset: usize) {
    let behind = builder.problems.iter().rev().take_while(|problem| problem.offset > offset).count();
    let Some(at) = builder.problems.len().checked_sub(behind + 1) else { return };
    if builder.problems[at].offset == offset && builder.problems[at].code == Code::UnreadSyntax {
        builder.problems.remove(at);
    }
}

/// Whether a line that begins with this text may begin something that is not read.
pub(super) fn may_begin_line(text: &[u8]) -> bool {
    line::may_begin(text)
}

/// Tells the first thing in a text that is not read. Many texts begin where a line does.
pub(super) fn check(builder: &mut Builder<'_>, text: &str, offset: usize) {
    let context = builder.unread;
    let source = builder.text;
    let at_line = line::find(text, context)
        .or_else(|| line::find_cut(text, &source[offset..]))
        .filter(|unread| begins_line(source, offset) && !(line::is_table(unread) && goes_on(source, offset)))
        .filter(|unread| !line::is_short_definition(unread, text) || is_below_term(source, offset))
        .map(|unread| (0, unread));
    if let Some((at, unread)) = at_line.or_else(|| inline::find(text, context)) {
        builder.unread.mdx |= line::is_module(unread);
        if at == 0 && line::is_paired(text) {
            builder.unread.paired = !context.paired;
            // It was told where it began.
            if context.paired {
                return;
            }
        }
        tell(builder, unread, offset + at);
    }
}

/// The same for the text of raw HTML, where Markdown is not read either.
pub(super) fn check_raw(builder: &mut Builder<'_>, text: &str, offset: usize) {
    // A `<` ends a text of raw HTML, in a shortcode too.
    let cut = || text.ends_with("{{").then(|| (text.len() - 2, inline::HUGO));
    let marked = || raw::find(text).map(|at| (at, MARKDOWN));
    if let Some((at, unread)) = inline::find(text, builder.unread).or_else(cut).or_else(marked) {
        tell(builder, if inline::is_link(unread) { MARKDOWN } else { unread }, offset + at);
    }
}

/// Tells a formula that begins with the bracket at `offset`, behind its backslash; whether there is one.
pub(super) fn check_escaped(builder: &mut Builder<'_>, offset: usize) -> bool {
    let source = builder.text;
    let Some(backslash) = offset.checked_sub(1) else { return false };
    let found = tex::is_formula(&source[offset..], || begins_line(source, backslash));
    if found {
        tell(builder, tex::FORMULA, backslash);
    }
    found
}

/// Tells front matter that a line of dashes at `offset` begins, where it does not begin the document.
pub(super) fn check_rule(builder: &mut Builder<'_>, offset: usize) {
    let line = builder.text[offset..].lines().next().unwrap_or_default();
    if line.starts_with('-') && line::is_columns(line) {
        return tell(builder, line::GRID, offset);
    }
    if offset > MOST_BEFORE {
        return;
    }
    let before = builder.text[..offset].trim_ascii_start();
    let comment = before.strip_prefix("<!--").and_then(|rest| rest.split_once("-->"));
    let first = comment.map_or(before, |(_, after)| after);
    if first.bytes().all(|b| b.is_ascii_whitespace()) && line::is_front_matter(&builder.text[offset..]) {
        tell(builder, FRONT_MATTER, offset);
    }
}

/// Whether the line before is a row of a table, too: the first one is told.
fn goes_on(text: &str, offset: usize) -> bool {
    let line = text[..offset].rfind('\n').unwrap_or_default();
    let before = text[..line].rsplit('\n').next().unwrap_or_default();
    before.trim_start_matches([' ', '\t', '>']).starts_with(['|', '+'])
}

/// Longest term that something is told to be the definition of, in bytes.
const TERM: usize = 60;

/// Whether a short line stands right above, which is no definition itself: a term.
fn is_below_term(text: &str, offset: usize) -> bool {
    let above = text[..offset].trim_end_matches([' ', '\t', '>']).strip_suffix('\n').unwrap_or_default();
    let start = above.len() - above.bytes().rev().take(TERM + 1).take_while(|b| *b != b'\n').count();
    let term = above.as_bytes()[start..].trim_ascii();
    (1..=TERM).contains(&term.len()) && !matches!(term[0], b':' | b'|' | b'+' | b'<') && !term.ends_with(b".")
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
        let context = Context { dialects: Dialects::default(), variables: false, mdx: false, paired: false };
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
            ("<FileTree.Folder name=\"a\">", "a component of MDX"),
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
            ("as shown in [@fig:net]", "a citation of Pandoc"),
            ("see @ref(fig:net)", "a citation of Pandoc"),
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
            ("| a | b |", "a table"),
            ("##Set up", "a heading"),
            ("{:centred: style=\"a: b\"}", "an extension of Kramdown"),
            ("{: centred}", "an extension of Kramdown"),
            ("as ^[he said so.]", "a note of Pandoc in its place"),
            ("x **a ** b **重要：**内容", "bold text that does not end"),
            ("+---+---+", "a table of Pandoc"),
            ("\\newpage", "a command of LaTeX"),
            ("\\begin{tabular}{|l|}", "a command of LaTeX"),
            ("%%", "a comment of Obsidian"),
            ("?> Mind the gap", "a callout of Docsify"),
            ("[a]({{ site.url }}/b)", "an expression of Liquid, Jinja or Vue"),
            ("[a]({{< ref \"b.md\" >}})", "a reference of Hugo"),
            ("![a](b.png =a)", "a link or image"),
            (" c](d.md) e", "a link around another one"),
            ("see [#1](https://example.org/1", "a link or image without an end"),
            ("![a](https://example.org/{{ b }}.svg)", "an expression of Liquid, Jinja or Vue"),
            ("so.^[As he said.]", "a note of Pandoc in its place"),
            ("Intro}{#_Toc12 .anchor}", "a list of attributes"),
            ("`{=html}", "a raw part of Pandoc"),
            ("{code:java}", "a macro of Confluence or Jira"),
            ("{info}", "a macro of Confluence or Jira"),
            ("h2. Set up", "a heading of Confluence or Jira"),
            ("is {+ new +} and", "a change as GitLab marks it"),
            ("is {- old -} and", "a change as GitLab marks it"),
            ("(@) First", "a numbered example of Pandoc"),
            ("#. First", "a numbered list of Pandoc"),
            ("{==", "a change over several paragraphs"),
            ("+++", "a line of plus signs"),
            ("\\brief What it does", "a command of Doxygen"),
            ("@code{.cpp}", "a command of Doxygen"),
            ("@startuml", "a command of Doxygen"),
            ("a <img src={require('./a.png')} />", "a tag of MDX"),
            ("<span style={{color: 'red'}}>", "a tag of MDX"),
            ("{{ .Site.Title }}", "an expression of Liquid, Jinja or Vue"),
            ("<button :a=\"b\" @click=\"c\">", "a tag of Vue"),
            ("::: query 1 :::", "a directive of a kind that is not known"),
            ("{: .note }", "a callout of Jekyll"),
            ("![[a=b.pdf#page=2]]", "a wiki link"),
            ("**重要：**内容", "bold text that does not end"),
            ("**Mind:**the gap", "bold text that does not end"),
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
            "a < b",
            "<Enter>",
            "x {.5}",
            "|x|",
            "#tag",
            "##",
            "##1",
            "#######a",
            "| a",
            "+-",
            "+--",
            "\\newpages",
            "%% a",
            "?>",
            "!> ",
            "x^[a-z]",
            "^[Esc]",
            "{:ok, value}",
            "[^a-z ] and ^[0-9 ]",
            "2**3 and 4**5",
            "**/*.md and **/*.txt",
            "src/**/x.rs and src/**",
            "f(*args, **kwargs) and **more",
            "a ** b ** c",
            "** a **",
            "****",
            "${HOME} {a=b}",
            "[Intro]{#_Toc12 .anchor}",
            "(@ann) said",
            "{code} is",
            "h2.example",
            "{-1, +2}",
            "{+}",
            "(a) and",
            "::: :::",
            "<a href=\"b@c\">",
        ] {
            assert_eq!(what(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_read_or_told_elsewhere_is_not_told() {
        let context = Context { dialects: Dialects::default(), variables: true, mdx: false, paired: false };
        assert_eq!(inline::find("{{ name }}", context), None, "an unknown variable");
        assert!(inline::find("{{ name | filter }}", context).is_some());
        let mut dialects = Dialects::default();
        for name in Dialects::NAMES {
            *dialects.switch(name).unwrap() = true;
        }
        let context = Context { dialects, variables: false, mdx: false, paired: false };
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
