//! Syntax of other tools that a line begins with.

use super::{CONTENTS, Context, NO_SCRIPTS, OTHER, Unread, inline};
use crate::render::syntax::{admonitions, blocks, construct, tabs};

const IMPORT: &Unread = &Unread { what: "an `import` of MDX", help: "articles run no scripts; leave it out" };
const EXPORT: &Unread = &Unread { what: "an `export` of MDX", help: "articles run no scripts; leave it out" };
const COMPONENT: &Unread = &Unread { what: "a component of MDX", help: NO_SCRIPTS };
const DIRECTIVE: &Unread = &Unread { what: "a directive of a kind that is not known", help: OTHER };
const INCLUDE: &Unread =
    &Unread { what: "an include of VitePress", help: "use `--8<-- \"file\"` or `{{#include file}}`" };
const SNIPPETS: &Unread =
    &Unread { what: "a block of includes", help: "use one `--8<-- \"file\"` for each file" };
const TABLE_OF_CONTENTS: &Unread = &Unread { what: "a table of contents", help: CONTENTS };
const FORMULA: &Unread = &Unread {
    what: "a formula",
    help: "switch on `math` in `[render.dialects]`, or write it as a code block named `math`",
};
const ADMONITION: &Unread = &Unread {
    what: "an admonition",
    help: "inside a quotation or a table none is read; in a quotation, `[!NOTE]` makes one",
};
const TAB: &Unread =
    &Unread { what: "a tab", help: "inside a quotation or a table none is read; use a heading or bold text" };
const DEFINITIONS: &Unread = &Unread {
    what: "a list of definitions of Python-Markdown",
    help: "write `: definition` below each term, and switch on `definition-lists`",
};
const RST: &Unread = &Unread {
    what: "a directive of reStructuredText",
    help: "use `!!! note` for callouts; else write it in Markdown",
};
const DEFINITION: &Unread =
    &Unread { what: "a definition", help: "switch on `definition-lists` in `[render.dialects]`" };
const DOCFX: &Unread = &Unread { what: "an include of DocFX", help: "write `[!INCLUDE [title](file)]`" };
const README: &Unread = &Unread { what: "a block of ReadMe", help: OTHER };
const TABLE: &Unread = &Unread {
    what: "a table",
    help: "below its first line stands one with as many cells of dashes, `|---|---|` below `| a | b |`",
};
const JSON: &Unread = &Unread {
    what: "JSON",
    help: "front matter begins in the first line of the file; what readers are to see stands in a code block",
};
const HEADING: &Unread = &Unread { what: "a heading", help: "put a space behind the `#`" };
pub(super) const GRID: &Unread =
    &Unread { what: "a table of Pandoc", help: "write it as `| a | b |` with `|---|---|` below, or as HTML" };
const LATEX: &Unread = &Unread {
    what: "a command of LaTeX",
    help: "articles have no pages: leave it out; formulas stand in code blocks named `math`",
};
const DOCSIFY: &Unread = &Unread {
    what: "a callout of Docsify",
    help: "write `> [!TIP]` or `> [!WARNING]`, and its text behind `>` in the lines below",
};
const LINES: &Unread = &Unread {
    what: "a block of lines of Pandoc",
    help: "write a backslash at the end of each line instead of the `|` at its begin",
};
const EXAMPLE: &Unread =
    &Unread { what: "a numbered example of Pandoc", help: "write its number, `1.`, and refer to it by that" };
const LETTERS: &Unread =
    &Unread { what: "a list with letters", help: "lists of Markdown have numbers: `1.`, or bullets: `-`" };
const NUMBER: &Unread = &Unread { what: "a numbered list of Pandoc", help: "write `1.` for each `#.`" };
const CHANGE: &Unread =
    &Unread { what: "a change over several paragraphs", help: "mark each paragraph by itself, `{==text==}`" };
const PLUSES: &Unread = &Unread {
    what: "a line of plus signs",
    help: "front matter begins in the first line of the file; what divides cells of notebooks goes",
};
const VUEPRESS: &Unread =
    &Unread { what: "an include of VuePress", help: "use `--8<-- \"file\"` in a block of code" };
const MACRO: &Unread = &Unread {
    what: "a macro of Confluence or Jira",
    help: "write it in Markdown: three backticks around code, `> [!NOTE]` for a panel",
};
const JIRA: &Unread =
    &Unread { what: "a heading of Confluence or Jira", help: "write `##` instead of `h2.`" };
const DOXYGEN: &Unread = &Unread {
    what: "a command of Doxygen",
    help: "write it in Markdown: `##`, `> [!NOTE]`, three backticks around code",
};
const VUE: &Unread = &Unread { what: "a tag of Vue", help: NO_SCRIPTS };
/// Front matter is looked for in so many lines.
const LONGEST_FRONT_MATTER: usize = 100;
/// A row that is longer is not looked at where marks stand in it.
const LONGEST_ROW: usize = 2000;

const GITLAB: &Unread =
    &Unread { what: "an include of GitLab", help: "use `--8<-- \"file\"` or `{{#include file}}`" };

/// Whether what was found makes the document one of MDX.
pub(super) fn is_module(unread: &Unread) -> bool {
    unread == IMPORT || unread == EXPORT
}

/// Whether what was found is told once for all of its rows.
pub(super) fn is_table(unread: &Unread) -> bool {
    unread == TABLE || unread == GRID || unread == LINES
}

/// Whether what was found is a definition only if it stands right below a term.
pub(super) fn is_short_definition(unread: &Unread, text: &str) -> bool {
    unread == DEFINITION && text.starts_with(": ") && !text.starts_with(":  ")
}

/// Whether a line begins or ends something, and says not which.
pub(super) fn is_paired(text: &str) -> bool {
    matches!(text.trim_end(), "$$" | "%%" | "--8<--")
}

/// What begins here that is not read, where marks of Markdown cut the text of its line short.
pub(super) fn find_cut(text: &str, source: &str) -> Option<&'static Unread> {
    match *text.as_bytes().first()? {
        b'[' if text == "[[" => {
            let contents = source.starts_with("[[_TOC_]]") || source.starts_with("[[_TOSP_]]");
            contents.then_some(TABLE_OF_CONTENTS)
        }
        b'{' if text.trim_end() == "{" => {
            let quoted = source.lines().nth(1).is_some_and(|line| line.trim_start().starts_with('"'));
            quoted.then_some(JSON)
        }
        b'|' => {
            let reach = &source.as_bytes()[..source.len().min(LONGEST_ROW)];
            let end = memchr::memchr(b'\n', reach).or((reach.len() == source.len()).then_some(source.len()));
            let (line, below) = source.split_at(end?);
            let row = |line: &str| line.starts_with("| ") && !line.trim_end().ends_with('|');
            let below = below.get(1..).and_then(|below| below.lines().next());
            if is_row(line) { Some(TABLE) } else { (row(line) && below.is_some_and(row)).then_some(LINES) }
        }
        b'a' | b'A' | b'(' => is_lettered(source).then_some(LETTERS),
        b'@' => source.starts_with("@[code").then_some(VUEPRESS),
        b'!' | b'?' if text.trim_end().len() == 2 => is_docsify(source).then_some(DOCSIFY),
        _ => None,
    }
}

/// Whether a line that begins with these bytes may hold any of it.
pub(super) fn may_begin(text: &[u8]) -> bool {
    match text.first() {
        // Letters of prose, but for lists and headings of others.
        Some(b'a' | b'A') => text.get(1).is_some_and(|b| matches!(b, b'.' | b')')),
        Some(b'h') => text.get(1).is_some_and(u8::is_ascii_digit),
        Some(first) => matches!(
            first,
            b'i' | b'e'
                | b'('
                | b'@'
                | b':'
                | b'<'
                | b'-'
                | b'['
                | b'$'
                | b'!'
                | b'?'
                | b'|'
                | b'{'
                | b'#'
                | b'+'
                | b'\\'
                | b'%'
                | b'='
                | b'/'
                | b'.'
        ),
        None => false,
    }
}

/// `a. text` above `b. text`, `a) text` above `b) text`, `(a) text` above `(b) text`.
fn is_lettered(source: &str) -> bool {
    let bytes = source.as_bytes();
    let open = usize::from(bytes.first() == Some(&b'('));
    let mark = |line: &[u8], letter: u8| {
        line.get(open).map(u8::to_ascii_lowercase) == Some(letter)
            && (open == 0 || line.first() == Some(&b'('))
            && line.get(open + 2) == Some(&b' ')
            && line.get(open + 1).is_some_and(|b| matches!((open, b), (_, b')') | (0, b'.')))
    };
    if !mark(bytes, b'a') {
        return false;
    }
    let reach = &bytes[..bytes.len().min(LONGEST_ROW)];
    memchr::memchr(b'\n', reach).is_some_and(|end| {
        let below = bytes[end + 1..].trim_ascii_start();
        let same = below.get(open + 1) == bytes.get(open + 1);
        same && mark(below, b'b')
    })
}

/// `{code:java}`, `{info}`, `{panel:title=x}` alone in a line.
fn is_macro(text: &str) -> bool {
    const NAMES: [&str; 10] =
        ["code", "expand", "info", "note", "noformat", "panel", "quote", "tip", "toc", "warning"];
    let Some(inner) = text.trim_end().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return false;
    };
    NAMES.contains(&inner.split(':').next().unwrap_or_default()) && !inner.contains(['{', '}'])
}

/// `h2. Heading`.
fn is_jira(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes, [b'h', b'1'..=b'6', b'.', b' ', next, ..] if *next != b' ')
}

/// `<button @click="…">`, which is no HTML to Markdown.
fn is_vue(text: &str) -> bool {
    let tag = text.get(1..).unwrap_or_default();
    tag.starts_with(|c: char| c.is_ascii_lowercase())
        && tag.split_once(" @").is_some_and(|(before, name)| {
            !before.contains('>')
                && name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.contains("=\"")
        })
}

/// Whether a line of dashes, which Markdown takes for a rule, has columns: a table of Pandoc.
pub(super) fn is_columns(line: &str) -> bool {
    let groups = line.split_ascii_whitespace();
    groups.clone().count() > 1
        && groups.clone().all(|group| group.len() > 2 && group.bytes().all(|b| b == b'-'))
}

/// What begins here that is not read; `None` for prose.
pub(super) fn find(text: &str, context: Context) -> Option<&'static Unread> {
    match *text.as_bytes().first()? {
        b'i' => (text.starts_with("import ") && (text.contains(" from '") || text.contains(" from \"")))
            .then_some(IMPORT),
        b'e' => ["export const ", "export default ", "export function "]
            .iter()
            .any(|begin| text.starts_with(begin))
            .then_some(EXPORT),
        b':' => colons(text, context),
        b'<' if text.starts_with("<<< ") => Some(INCLUDE),
        b'<' if is_component(text) => Some(COMPONENT),
        b'<' => is_vue(text).then_some(VUE),
        b'(' => text.starts_with("(@) ").then_some(EXAMPLE),
        b'-' => (text.trim_end() == "--8<--").then_some(SNIPPETS),
        b'[' => brackets(text, context),
        b'$' => is_formula(text.trim_end()).then_some(FORMULA).filter(|_| !context.dialects.math),
        b'!' | b'?' if is_docsify(text) => Some(DOCSIFY),
        b'|' => is_row(text).then_some(TABLE),
        b'{' if matches!(text.trim_end(), "{==" | "{++" | "{--" | "{>>") => Some(CHANGE),
        b'{' if is_macro(text) => Some(MACRO),
        b'{' => is_named_list(text.trim_end()).then_some(inline::KRAMDOWN),
        b'h' => is_jira(text).then_some(JIRA),
        b'#' if text.starts_with("#. ") => Some(NUMBER),
        b'#' => is_heading(text).then_some(HEADING),
        b'+' if text.trim_end() == "+++" => Some(PLUSES),
        b'+' => is_grid(text.trim_end()).then_some(GRID),
        b'\\' if is_latex(text.trim_end()) => Some(LATEX),
        b'\\' | b'@' => is_doxygen(text).then_some(DOXYGEN),
        b'%' => (text.trim_end() == "%%").then_some(inline::OBSIDIAN),
        b'!' | b'?' => is_admonition(text).then_some(ADMONITION).filter(|_| context.dialects.admonitions),
        b'=' => tabs::begin(text.trim_end()).map(|_| TAB).filter(|_| context.dialects.tabs),
        b'/' => blocks::is_definition(text.lines().next().unwrap_or_default()).then_some(DEFINITIONS),
        b'.' => is_rst(text.trim_end()).then_some(RST),
        _ => None,
    }
}

fn colons(text: &str, context: Context) -> Option<&'static Unread> {
    if text.starts_with(":::") {
        let inner = text.trim_end().trim_end_matches(':').trim_start_matches([':', ' ']);
        return inner.starts_with(char::is_alphabetic).then_some(DIRECTIVE);
    }
    if text.starts_with("::include{") {
        return Some(GITLAB);
    }
    let definition = text.starts_with(": ") || text.starts_with(":\t");
    (definition && !context.dialects.definition_lists).then_some(DEFINITION)
}

fn brackets(text: &str, context: Context) -> Option<&'static Unread> {
    if matches!(text.trim_end(), "[TOC]" | "[[toc]]" | "[[_TOC_]]" | "[[TOC]]") {
        return Some(TABLE_OF_CONTENTS);
    }
    if text.starts_with("[block:") {
        return Some(README);
    }
    let include = text.get(..9).is_some_and(|begin| begin.eq_ignore_ascii_case("[!INCLUDE"));
    (include && context.dialects.includes).then_some(DOCFX)
}

/// `<Name attribute={…}>`, which is no HTML: a value of HTML holds no spaces.
fn is_component(text: &str) -> bool {
    let Some(name) = text.strip_prefix('<').filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
    else {
        return false;
    };
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(name.len());
    let value = if name[..end].contains('.') { "=" } else { "={" };
    name[end..].starts_with([' ', '\n']) && name[end..].contains(value)
}

/// A command of Doxygen in front of something: `\\brief`, `@code{.cpp}`.
fn is_doxygen(text: &str) -> bool {
    const COMMANDS: [&str; 25] = [
        "addtogroup",
        "brief",
        "code",
        "defgroup",
        "dot",
        "endcode",
        "enddot",
        "enduml",
        "endverbatim",
        "image",
        "include",
        "ingroup",
        "mainpage",
        "note",
        "page",
        "param",
        "ref",
        "return",
        "section",
        "snippet",
        "startuml",
        "subpage",
        "subsection",
        "verbatim",
        "warning",
    ];
    let word = text[1..].split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default();
    let behind = &text[1 + word.len()..];
    COMMANDS.binary_search(&word).is_ok() && (behind.is_empty() || behind.starts_with([' ', '\n', '{']))
}

/// `$$` alone, or on both sides of something.
fn is_formula(line: &str) -> bool {
    line == "$$" || line.len() > 4 && line.starts_with("$$") && line.ends_with("$$")
}

fn is_admonition(text: &str) -> bool {
    let line = text.trim_end();
    let word = line.trim_start_matches(['!', '?', '+']).split_whitespace().next();
    word.is_some_and(|word| construct::kind(word).is_some()) && admonitions::begin(line).is_some()
}

/// `| a | b |`, of two cells at least.
fn is_row(line: &str) -> bool {
    let line = line.trim_end();
    line.ends_with('|') && line.bytes().filter(|b| *b == b'|').take(3).count() == 3
}

/// `{:name: .class}` of Kramdown, and `{: name}` that refers to it.
fn is_named_list(line: &str) -> bool {
    let Some(inner) = line.strip_prefix("{:").and_then(|rest| rest.strip_suffix('}')) else { return false };
    let name = inner.trim_start().split([':', ' ']).next().unwrap_or_default();
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    !name.is_empty() && name != "toc" && name.bytes().all(plain) && !inner.contains(['{', '}', ','])
}

/// `##Heading`. One sign alone is most often a number or a tag.
fn is_heading(line: &str) -> bool {
    let signs = line.bytes().take_while(|b| *b == b'#').count();
    (2..=6).contains(&signs) && line[signs..].starts_with(char::is_alphabetic)
}

/// `+---+---+`.
fn is_grid(line: &str) -> bool {
    line.len() > 4
        && line.ends_with('+')
        && line.starts_with('+')
        && line.bytes().all(|b| matches!(b, b'+' | b'-' | b'=' | b':'))
        && line.contains("--")
}

fn is_latex(line: &str) -> bool {
    line.starts_with("\\begin{")
        || matches!(line, "\\newpage" | "\\pagebreak" | "\\clearpage" | "\\tableofcontents")
}

/// `?> text`, `!> text`.
fn is_docsify(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    line.get(1..).and_then(|rest| rest.strip_prefix("> ")).is_some_and(|rest| !rest.trim().is_empty())
}

/// Whether front matter begins in the first of these lines: dashes, a key, and dashes further on.
pub(super) fn is_front_matter(text: &str) -> bool {
    let mut lines = text.lines().take(LONGEST_FRONT_MATTER);
    let dashes = |line: &str| line.trim_end() == "---";
    let key = |line: &str| {
        let name = line.split(':').next().unwrap_or_default();
        name.len() < line.len()
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    lines.next().is_some_and(dashes) && lines.next().is_some_and(key) && lines.any(dashes)
}

/// `.. name::`, with or without an argument.
fn is_rst(line: &str) -> bool {
    let Some((name, _)) = line.strip_prefix(".. ").and_then(|rest| rest.split_once("::")) else {
        return false;
    };
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b':'))
}
