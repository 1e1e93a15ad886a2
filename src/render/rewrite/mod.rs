//! What the parser does not know, brought into a form it does: admonitions, directives, tabs and includes
//! become lines of their own round Markdown that is moved to where the parser expects it. A source map keeps
//! every position the writer's.
//!
//! A line of ours is an HTML comment; it is known by its offset, so that no document can forge one.

mod alone;
mod components;
mod constructs;
mod lines;
mod needed;
mod output;
mod splice;

use std::borrow::Cow;

use self::lines::Rewriter;
use super::options::{Input, Options};
use super::problem::Problem;
use super::source_map::SourceMap;
use super::syntax::abbreviations::Definition;
use super::syntax::construct::Construct;
use super::syntax::{includes, modules};

pub(super) use self::alone::Alone;

/// A begin or an end of a construct, at the offset of its line in the parsed text.
#[derive(Debug)]
pub(super) enum Marker {
    /// It begins.
    Open(Construct),
    /// The innermost one ends.
    Close,
}

/// The text the parser gets.
#[derive(Debug)]
pub(super) struct Rewritten<'a> {
    /// The text.
    pub(super) text: Cow<'a, str>,
    /// Where it comes from.
    pub(super) map: SourceMap<'a>,
    /// Lines of ours, by rising offset.
    pub(super) markers: Vec<(usize, Marker)>,
    /// Abbreviations that its lines define.
    pub(super) abbreviations: Vec<Definition>,
    /// It imports or exports something, as documents of MDX do: what stands in braces is computed.
    pub(super) modules: bool,
    /// What is wrong.
    pub(super) problems: Vec<Problem>,
}

/// Rewrites a document's Markdown where it must be.
pub(super) fn rewrite<'a>(input: Input<'a>, options: &Options, alone: &Alone) -> Rewritten<'a> {
    let body = input.text.get(input.body_start..).unwrap_or_default();
    let map = SourceMap::identity(input.text, input.body_start);
    if !needed::is_needed(body, &input, options) {
        return Rewritten {
            text: Cow::Borrowed(body),
            map,
            markers: Vec::new(),
            abbreviations: Vec::new(),
            modules: false,
            problems: Vec::new(),
        };
    }
    let some = includes::any(body) || modules::may_import(body);
    let includes = input.includes.filter(|_| options.dialects.includes && some);
    let mut rewriter = Rewriter::new(body, input.body_start, map, includes, options, alone);
    rewriter.lines(body, 0, input.body_start);
    rewriter.finish(input.text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::dialects::Dialects;

    #[test]
    fn plain_documents_are_not_touched() {
        let text = "# A\n\ntext!!! ??? a ::: b\n";
        let rewritten = rewrite(Input { text, ..Input::default() }, &Options::default(), &Alone::default());
        assert!(matches!(rewritten.text, Cow::Borrowed(_)));
    }

    #[test]
    fn positions_stay_the_writers() {
        let text = "a\n\n!!! note\n    x\n\n    y\nz\n";
        let rewritten = rewrite(Input { text, ..Input::default() }, &Options::default(), &Alone::default());
        for word in ["a", "x", "y", "z"] {
            let at = rewritten.text.find(&format!("{word}\n")).unwrap();
            assert_eq!(rewritten.map.locate(at), (0, text.find(&format!("{word}\n")).unwrap()), "{word}");
        }
        assert_eq!(rewritten.markers.len(), 2);
    }

    #[test]
    fn switched_off_is_left_as_written() {
        let text = "!!! note\n    x\n";
        let options = Options { dialects: Dialects::none(), ..Options::default() };
        assert_eq!(rewrite(Input { text, ..Input::default() }, &options, &Alone::default()).text, text);
    }

    #[test]
    fn code_is_left_alone() {
        let text = "```\n!!! note\n    x\n```\n\n    !!! note\n        x\n";
        let rewritten = rewrite(Input { text, ..Input::default() }, &Options::default(), &Alone::default());
        assert_eq!(rewritten.text, text);
        assert!(rewritten.markers.is_empty());
    }
}
