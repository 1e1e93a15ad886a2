//! Syntax of other tools that a line begins with.

use super::super::{admonitions, blocks, tabs};
use super::{CONTENTS, Context, NO_SCRIPTS, OTHER, Unread};

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
const GITLAB: &Unread =
    &Unread { what: "an include of GitLab", help: "use `--8<-- \"file\"` or `{{#include file}}`" };

/// Whether what was found makes the document one of MDX.
pub(super) fn is_module(unread: &Unread) -> bool {
    unread == IMPORT || unread == EXPORT
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
        b'<' => is_component(text).then_some(COMPONENT),
        b'-' => (text.trim_end() == "--8<--").then_some(SNIPPETS),
        b'[' => brackets(text, context),
        b'$' => is_formula(text.trim_end()).then_some(FORMULA).filter(|_| !context.dialects.math),
        b'!' | b'?' => is_admonition(text).then_some(ADMONITION).filter(|_| context.dialects.admonitions),
        b'=' => tabs::begin(text.trim_end()).map(|_| TAB).filter(|_| context.dialects.tabs),
        b'/' => blocks::is_definition(text.lines().next().unwrap_or_default()).then_some(DEFINITIONS),
        b'.' => is_rst(text.trim_end()).then_some(RST),
        _ => None,
    }
}

fn colons(text: &str, context: Context) -> Option<&'static Unread> {
    if text.starts_with(":::") {
        return (!text.trim_end().ends_with(':')).then_some(DIRECTIVE);
    }
    if text.starts_with("::include{") {
        return Some(GITLAB);
    }
    let definition = text.starts_with(":  ") || text.starts_with(":\t");
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
    name[end..].starts_with([' ', '\n']) && name[end..].contains("={")
}

/// `$$` alone, or on both sides of something.
fn is_formula(line: &str) -> bool {
    line == "$$" || line.len() > 4 && line.starts_with("$$") && line.ends_with("$$")
}

fn is_admonition(text: &str) -> bool {
    let line = text.trim_end();
    let word = line.trim_start_matches(['!', '?', '+']).split_whitespace().next();
    word.is_some_and(|word| admonitions::kind(word).is_some()) && admonitions::begin(line).is_some()
}

/// `.. name::`, with or without an argument.
fn is_rst(line: &str) -> bool {
    let Some((name, _)) = line.strip_prefix(".. ").and_then(|rest| rest.split_once("::")) else {
        return false;
    };
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'-' | b':'))
}
