//! Syntax of other tools that stands in a line.

use super::{CALLOUT, CONTENTS, Context, NO_SCRIPTS, OTHER, Unread};
use crate::render::syntax::attribute_lists;

/// How far from a mark the other one is looked for, in bytes.
pub(super) const REACH: usize = 200;

/// All of it holds one of these.
pub(in crate::render::parse) const MARKS: &[u8] = b"{]%^~@*";

pub(super) const HUGO: &Unread = &Unread {
    what: "a shortcode of Hugo",
    help: "write what it gives in Markdown: `> [!NOTE]` begins a callout, `![text](image.png)` is a figure",
};
const HUGO_REFERENCE: &Unread =
    &Unread { what: "a reference of Hugo", help: "write the path of the file: `[text](../guide/file.md)`" };
const MDBOOK: &Unread = &Unread { what: "a helper of mdBook", help: OTHER };
const LIQUID: &Unread = &Unread {
    what: "a tag of Jinja or Liquid",
    help: "write what it gives in Markdown: `[text](file.md)` for a link, `--8<-- \"file\"` to include a file",
};
const EXPRESSION: &Unread = &Unread {
    what: "an expression of Liquid, Jinja or Vue",
    help: "name what it stands for in `[render.variables]`, or put it in backticks if readers are to see it",
};
const JINJA_COMMENT: &Unread =
    &Unread { what: "a comment of Jinja", help: "write comments as `<!-- … -->`: those are left out" };
const MDX_COMMENT: &Unread =
    &Unread { what: "a comment of MDX", help: "write comments as `<!-- … -->`: those are left out" };
const MDX: &Unread = &Unread { what: "an expression of MDX", help: NO_SCRIPTS };
const TAG: &Unread =
    &Unread { what: "a tag of MDX", help: "write values in quotes: `<img src=\"image.png\" width=\"300\">`" };
pub(super) const KRAMDOWN: &Unread = &Unread { what: "an extension of Kramdown", help: OTHER };
const TABLE_OF_CONTENTS: &Unread = &Unread { what: "a table of contents", help: CONTENTS };
const ATTRIBUTES: &Unread = &Unread {
    what: "a list of attributes",
    help: "it belongs right behind a link, an image or a word of its own look, or in a line of its own; articles have no classes",
};
const LINK: &Unread = &Unread {
    what: "a link or image",
    help: "a destination with spaces stands in angle brackets, or has `%20` for each: `[text](<a b.md>)`",
};
const UNENDED: &Unread =
    &Unread { what: "a link or image without an end", help: "write the `)` behind its destination" };
const AROUND: &Unread = &Unread {
    what: "a link around another one",
    help: "a link holds no links: let the outer one end where the inner one begins",
};
const REFERENCE: &Unread = &Unread {
    what: "a link whose reference is not defined",
    help: "define it on a line of its own, `[reference]: file.md`, or write `[text](file.md)`",
};
const WIKI_LINK: &Unread = &Unread {
    what: "a wiki link",
    help: "switch on `wiki-links` in `[render.dialects]`, or write `[text](file.md)`",
};
const CHANGE: &Unread =
    &Unread { what: "a change as GitLab marks it", help: "write `{++added++}` or `{--removed--}`" };
pub(in crate::render::parse) const RAW: &Unread = &Unread {
    what: "a raw part of Pandoc",
    help: "raw HTML stands in Markdown as it is, without `{=html}`; what is for other formats goes",
};
const FOOTNOTE: &Unread =
    &Unread { what: "a footnote without a text", help: "write its text on a line of its own: `[^1]: text`" };
const CITATION: &Unread = &Unread {
    what: "a citation of Pandoc",
    help: "write it as a link, or as a footnote: `[^1]` and `[^1]: text`",
};
pub(super) const OBSIDIAN: &Unread =
    &Unread { what: "a comment of Obsidian", help: "write comments as `<!-- … -->`: those are left out" };
const NOTE: &Unread = &Unread {
    what: "a note of Pandoc in its place",
    help: "write `[^1]` there, and its text on a line of its own: `[^1]: text`",
};
const BOLD: &Unread = &Unread {
    what: "bold text that does not end",
    help: "`**` does not end between a sign and a letter: put the sign behind the `**`, or a space",
};
const SUBSCRIPT: &Unread = &Unread {
    what: "a subscript",
    help: "switch on `sub-superscript` in `[render.dialects]`, or write `<sub>2</sub>`",
};
const SUPERSCRIPT: &Unread = &Unread {
    what: "a superscript",
    help: "switch on `sub-superscript` in `[render.dialects]`, or write `<sup>2</sup>`",
};
const XREF: &Unread = &Unread {
    what: "a cross-reference of DocFX",
    help: "only DocFX knows where it leads: write a link, or put the name in backticks",
};

/// Whether what was found is a link that is none.
pub(super) fn is_link(unread: &Unread) -> bool {
    unread == LINK || unread == UNENDED || unread == AROUND
}

/// The first thing in a text that is not read, and where; `None` for prose.
pub(super) fn find(text: &str, context: Context) -> Option<(usize, &'static Unread)> {
    let bytes = text.as_bytes();
    let framed = memchr::memchr3_iter(b'{', b']', b'%', bytes).find_map(|at| match bytes.get(at)? {
        b'{' => Some((at, braces(text, at, context)?)),
        b']' => brackets(text, at, context),
        _ => is_comment(text, at).then_some((at, OBSIDIAN)),
    });
    let small = || {
        memchr::memchr3_iter(b'^', b'~', b'@', bytes).find_map(|at| {
            let unread = match bytes.get(at)? {
                b'@' if text[at..].starts_with("@ref(") => Some(CITATION),
                b'@' => is_xref(text, at).then_some(XREF),
                b'^' if is_note(text, at) => Some(NOTE),
                _ if context.dialects.sub_superscript || !is_script(text, at) => None,
                b'~' => Some(SUBSCRIPT),
                _ => Some(SUPERSCRIPT),
            };
            Some((at, unread?))
        })
    };
    // Few texts hold one: nearly all mean something.
    let bold = || {
        let star = memchr::memchr(b'*', bytes)?;
        let mut marks = memchr::memmem::find_iter(&bytes[star..], b"**").map(|at| star + at);
        marks.find(|at| is_bold(text, *at)).map(|at| (at, BOLD))
    };
    framed.or_else(small).or_else(bold)
}

/// The text from `at` on, as far as anything is looked for.
pub(super) fn within_reach(text: &str, at: usize) -> &str {
    let end = (at + REACH..text.len()).find(|end| text.is_char_boundary(*end));
    &text[at..end.unwrap_or(text.len())]
}

/// The text up to `at`, as far back.
fn before(text: &str, at: usize) -> &str {
    let from = (at.saturating_sub(REACH)..at).find(|from| text.is_char_boundary(*from));
    &text[from.unwrap_or(at)..at]
}

fn braces(text: &str, at: usize, context: Context) -> Option<&'static Unread> {
    let rest = within_reach(text, at);
    let begins = |mark: &str| rest.starts_with(mark);
    if is_in_tag(&text[..at]) {
        return Some(TAG);
    }
    if begins("{{") {
        return double_braces(rest, context);
    }
    if begins("{%") {
        return Some(LIQUID);
    }
    if begins("{/*") {
        return Some(MDX_COMMENT);
    }
    if begins("{# ") && rest.contains("#}") {
        return Some(JINJA_COMMENT);
    }
    if begins("{::") {
        return Some(KRAMDOWN);
    }
    if begins("{:toc") || begins("{: toc") {
        return Some(TABLE_OF_CONTENTS);
    }
    let named = rest[1..].trim_start_matches([':', ' ']).strip_prefix(['.', '#']);
    let name = |name: &str| name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if is_change(rest) {
        return Some(CHANGE);
    }
    if rest[1..].starts_with('=') && is_raw(&rest[2..]) {
        return Some(RAW);
    }
    // Behind a bracket it says what the text in brackets looks like.
    let listed = context.dialects.attribute_lists && !text[..at].ends_with(']');
    if named.is_some_and(name) && listed && attribute_lists::is_list(rest) {
        return Some(if attribute_lists::is_callout(rest) { CALLOUT } else { ATTRIBUTES });
    }
    let inner = rest[1..].split_once('}')?.0;
    let name = inner.starts_with(|c: char| c.is_ascii_alphabetic());
    let computed =
        matches!(inner, "' '" | "\" \"") || inner.starts_with("props.") || inner.starts_with("frontMatter.");
    (computed || context.mdx && name).then_some(MDX)
}

/// Whether an attribute of a tag has its value behind this text: `<img src=`.
fn is_in_tag(text: &str) -> bool {
    let Some(text) = text.strip_suffix('=') else { return false };
    let before = before(text, text.len());
    before.rfind('<').is_some_and(|open| {
        let tag = &before[open + 1..];
        tag.starts_with(|c: char| c.is_ascii_alphabetic()) && tag.contains(' ') && !tag.contains('>')
    })
}

/// `{+ added +}`, `{- removed -}` of GitLab.
fn is_change(rest: &str) -> bool {
    let inner = |begin: &str, end: &str| {
        rest.strip_prefix(begin)
            .and_then(|rest| rest.split_once(end))
            .is_some_and(|(inner, _)| !inner.is_empty())
    };
    inner("{+ ", " +}") || inner("{- ", " -}")
}

/// The rest of `{=html}` of Pandoc.
fn is_raw(rest: &str) -> bool {
    rest.split_once('}').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

/// Whether the info string of a block of code is that of a raw block of Pandoc.
pub(in crate::render::parse) fn is_raw_block(info: &str) -> bool {
    info.strip_prefix("{=").is_some_and(is_raw)
}

fn double_braces(rest: &str, context: Context) -> Option<&'static Unread> {
    match *rest.as_bytes().get(2)? {
        b'<' | b'%' => {
            let name = rest[3..].trim_start();
            let reference = name.starts_with("ref ") || name.starts_with("relref ");
            return Some(if reference { HUGO_REFERENCE } else { HUGO });
        }
        b'#' => return Some(MDBOOK),
        _ => {}
    }
    let inner = rest[2..].split_once("}}")?.0.trim_matches(['-', ' ']);
    let name = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let begins = inner.strip_prefix('.').unwrap_or(inner);
    let begins = begins.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$' | '\'' | '"'));
    (begins && !(context.variables && name(inner))).then_some(EXPRESSION)
}

fn brackets(text: &str, at: usize, context: Context) -> Option<(usize, &'static Unread)> {
    let after = &text[at + 1..];
    let before = before(text, at);
    let open = before.rfind('[').map(|open| at - before.len() + open);
    let with_mark = |at: usize| if text[..at].ends_with('!') { at - 1 } else { at };
    if let Some(rest) = after.strip_prefix('(') {
        let unread = match rest.split_once(')') {
            None => UNENDED,
            // What a tool computes is told as that.
            Some((destination, _)) if destination.contains("{{") || destination.contains("{%") => {
                return None;
            }
            Some((destination, _)) if open.is_none() && !destination.contains(char::is_whitespace) => AROUND,
            Some(_) => LINK,
        };
        return Some((with_mark(open.unwrap_or(at)), unread));
    }
    if let Some(label) = after.strip_prefix('[') {
        let found = is_reference(&text[open.map_or(0, |open| open + 1)..at], within_reach(label, 0));
        let word = |open: usize| {
            text[..open].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '[' | ']' | ')'))
        };
        return (found && !open.is_some_and(word)).then(|| (with_mark(open.unwrap_or(at)), REFERENCE));
    }
    let open = open?;
    let inner = &text[open + 1..at];
    if after.starts_with(']') && text[..open].ends_with('[') {
        let plain = |c: char| {
            c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/' | '|' | '#' | '^' | '\'')
        };
        let embedded = text[..open - 1].ends_with('!');
        let page = !context.dialects.wiki_links
            && inner.starts_with(|c: char| c.is_alphanumeric() || c == '#')
            && (embedded || inner.chars().all(plain));
        return page.then_some((with_mark(open - 1), WIKI_LINK));
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if inner.strip_prefix('^').is_some_and(digits) {
        return Some((open, FOOTNOTE));
    }
    is_citation(inner).then_some((open, CITATION))
}

/// `[text][label]` or `[text][]`: both are words, and longer than the ranges of regular expressions.
fn is_reference(text: &str, rest: &str) -> bool {
    let Some((label, _)) = rest.split_once(']') else { return false };
    let label = if label.is_empty() { text } else { label };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | ':' | '/');
    label.len() > 3 && label.starts_with(char::is_alphabetic) && label.chars().all(plain)
}

/// `@doe99` among what stands in brackets: a key that ends in the digits of a year, or names a figure or the like.
fn is_citation(inner: &str) -> bool {
    let Some((before, key)) = inner.split_once('@') else { return false };
    let length =
        key.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.'))).unwrap_or(key.len());
    let (key, rest) = key.split_at(length);
    let word = key.trim_end_matches(|c: char| c.is_ascii_lowercase() && c.is_ascii_alphabetic());
    // What Pandoc and Quarto number themselves.
    let numbered = ["eq", "fig", "lst", "sec", "tab", "tbl", "thm"].iter().any(|kind| {
        key.strip_prefix(kind).is_some_and(|name| name.len() > 1 && name.starts_with([':', '-']))
    });
    let years = |key: &str| key.len() > 3 && key.bytes().rev().take(2).all(|b| b.is_ascii_digit());
    // A letter tells works of one year apart.
    let dated = years(key) || key.len() == word.len() + 1 && years(word);
    (dated || numbered)
        && (rest.is_empty() || rest.starts_with([',', ';', ' ']))
        && (before.is_empty() || before.ends_with([' ', '-']))
}

/// `%%` that touches what follows it, and another one that touches what comes before it.
fn is_comment(text: &str, at: usize) -> bool {
    let touches = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace() && c != '%');
    let free = |c: Option<char>| c.is_none_or(char::is_whitespace);
    let Some(inner) = text[at..].strip_prefix("%%") else { return false };
    if !free(text[..at].chars().next_back()) {
        return false;
    }
    let inner = within_reach(inner, 0);
    let Some(end) = inner.find("%%") else { return false };
    let alone = inner.starts_with(' ') && inner[..end].ends_with(' ');
    let tight = touches(inner.chars().next()) && touches(inner[..end].chars().next_back());
    (alone || tight) && free(inner[end + 2..].chars().next())
}

/// `^[Text of a note.]`, of two words at least.
fn is_note(text: &str, at: usize) -> bool {
    let inner = within_reach(text, at + 1).strip_prefix('[').and_then(|rest| rest.split_once(']'));
    inner.is_some_and(|(inner, _)| inner.starts_with(char::is_alphabetic) && inner.contains(' '))
        && !text[..at].ends_with('[')
}

/// `**` that begins a word, and another one that does not end it: a sign stands before that, and a letter behind.
fn is_bold(text: &str, at: usize) -> bool {
    let letter = |c: char| c.is_alphanumeric();
    let sign = |c: char| !c.is_alphanumeric() && !c.is_whitespace() && !matches!(c, '*' | '/' | '"' | '`');
    let rest = within_reach(text, at + 2);
    let Some((inner, after)) = rest.split_once("**") else { return false };
    let free = !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | '/'));
    free && inner.starts_with(|c: char| c.is_alphanumeric() || !c.is_ascii())
        && inner.ends_with(sign)
        && after.starts_with(letter)
}

/// `~2~` or `^2^` behind a letter or digit.
fn is_script(text: &str, at: usize) -> bool {
    let letter = text.as_bytes()[at];
    let rest = within_reach(text, at + 1);
    let inner = rest.split(char::from(letter)).next().unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '+' | '-');
    let closed = rest.as_bytes().get(inner.len()) == Some(&letter)
        && rest.as_bytes().get(inner.len() + 1) != Some(&letter);
    text[..at].ends_with(char::is_alphanumeric)
        && (1..=12).contains(&inner.len())
        && inner.chars().all(plain)
        && closed
}

/// `@Name.Space.Type`: every part begins with a capital.
fn is_xref(text: &str, at: usize) -> bool {
    if !text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '"')) {
        return false;
    }
    let rest = within_reach(text, at + 1);
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '`')))
        .unwrap_or(rest.len());
    let name = rest[..end].trim_end_matches('.');
    let capital = |part: &str| part.starts_with(|c: char| c.is_ascii_uppercase());
    name.contains('.') && name.split('.').all(capital)
}
