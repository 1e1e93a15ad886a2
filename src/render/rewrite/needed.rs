//! Whether a text holds anything that has to be rewritten: most documents pay no more than the search for it.
//!
//! Must not know: what becomes of it.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::render::options::{Input, Options};
use crate::render::syntax::{
    admonitions, blocks, comments, components, directives, includes, modules, myst, sizes, tabs,
};

/// What lines of constructs begin with, fences of any length aside, and what stands in them: all that is rewritten
/// holds one of these, but for sizes, variables and tags.
static MARKS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let lines = ["!!!", "???", ":::", "=== ", "===!", "===+", "///", "[!code", "[!CODE", "{%", "{/*", "*["];
    let others = [
        "```{",
        "~~~{",
        "```admonish",
        "~~~admonish",
        "``` admonish",
        "{{< highlight ",
        "{{% highlight ",
        TARGET,
        QUOTATION,
        "import ",
        "export ",
    ];
    // Only such a search is made of vector instructions.
    let search = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostFirst)
        .build(lines.iter().chain(&others).chain(&includes::MARKS));
    search.ok()
});

/// The end of a line that is an anchor of `MyST`.
const TARGET: &str = ")=\n";

/// A line that begins or ends a quotation of GitLab.
const QUOTATION: &str = "\n>>>\n";

/// Whether anything in the text may need it.
pub(super) fn is_needed(body: &str, input: &Input<'_>, options: &Options) -> bool {
    let bytes = body.as_bytes();
    let dialects = &options.dialects;
    let variables = !options.variables.is_empty() && memchr::memmem::find(bytes, b"{{").is_some();
    let Some(marks) = &*MARKS else { return true };
    variables
        || dialects.wiki_links && memchr::memmem::find(bytes, comments::COMMENT.as_bytes()).is_some()
        || dialects.attribute_lists && sizes::any(bytes)
        || marks.find_iter(body).any(|found| matters(body, found.start(), input, options))
        || memchr::memchr_iter(b'<', bytes)
            .any(|at| begins_line(body, at) && is_tag(line(&body[at..]), options))
}

/// Whether the mark that stands here means anything.
fn matters(body: &str, at: usize, input: &Input<'_>, options: &Options) -> bool {
    let marked = &body[at..];
    let dialects = &options.dialects;
    if includes::MARKS.iter().any(|mark| marked.starts_with(mark)) {
        return dialects.includes && input.includes.is_some();
    }
    if dialects.directives && directives::begins_in_line(marked) {
        return true;
    }
    if marked.starts_with(['i', 'e']) {
        let begins = at == 0 || body.as_bytes()[at - 1] == b'\n';
        return begins && dialects.directives && modules::is_statement(line(marked));
    }
    if marked.starts_with(QUOTATION) {
        return dialects.directives;
    }
    if marked.starts_with(TARGET) {
        let start = body[..at].rfind('\n').map_or(0, |before| before + 1);
        return dialects.myst && myst::target(body[start..at + 2].trim()).is_some();
    }
    // A fence may be longer than its mark.
    let start = body[..at].trim_end_matches(['`', '~']).len();
    begins_line(body, start) && begins(line(&body[start..]).trim_end(), options)
}

/// Whether a line begins a construct.
fn begins(line: &str, options: &Options) -> bool {
    match line.as_bytes().first() {
        Some(b'!' | b'?') => options.dialects.admonitions && admonitions::begin(line).is_some(),
        Some(b'=') => options.dialects.tabs && tabs::begin(line).is_some(),
        Some(b'/') => options.dialects.admonitions && blocks::begins(line),
        Some(b'`' | b'~') => options.dialects.myst && is_directive(line),
        _ => true,
    }
}

/// Whether a line begins with a tag that Markdown stands in.
fn is_tag(line: &str, options: &Options) -> bool {
    let line = line.trim_end();
    options.dialects.directives && components::may_be_read(line)
        || options.dialects.admonitions
            && (admonitions::holds_markdown(line) || admonitions::markdown_between(line).is_some())
}

/// Whether nothing but white space stands before this in its line.
fn begins_line(body: &str, at: usize) -> bool {
    let before = body[..at].trim_end_matches([' ', '\t']);
    before.is_empty() || before.ends_with('\n')
}

/// The line that a text begins with.
fn line(text: &str) -> &str {
    memchr::memchr(b'\n', text.as_bytes()).map_or(text, |end| &text[..end])
}

/// Whether a line is a fence with a name in braces (`MyST`), or named `admonish`.
fn is_directive(line: &str) -> bool {
    let named = |info: &str| info.starts_with('{') || info.trim_start().starts_with("admonish");
    line.starts_with("```") && named(line.trim_start_matches('`'))
        || line.starts_with("~~~") && named(line.trim_start_matches('~'))
}
