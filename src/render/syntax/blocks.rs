//! Blocks of Python-Markdown (`/// note | Title` … `///`), as MkDocs sites write them: callouts, what opens and
//! closes, tabs; options stand indented below the first line.

use super::construct::{Construct, Kind, capitalised, kind};

/// The block of terms and what they mean.
const DEFINITION: &str = "define";

/// What a line of slashes says.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::render) enum Block {
    /// A block begins.
    Open {
        /// Of how many slashes; as many end it.
        slashes: usize,
        /// What it is.
        construct: Construct,
    },
    /// A block ends.
    Close {
        /// Of how many slashes.
        slashes: usize,
    },
}

/// Reads a line that begins with a slash; `None` for prose.
pub(in crate::render) fn parse(line: &str) -> Option<Block> {
    let slashes = line.bytes().take_while(|b| *b == b'/').count();
    if slashes < 3 {
        return None;
    }
    let rest = line[slashes..].trim();
    if rest.is_empty() {
        return Some(Block::Close { slashes });
    }
    let (name, argument) = header(rest)?;
    let given = (!argument.is_empty()).then(|| argument.to_owned());
    let construct = match name {
        "admonition" => Construct::Callout { kind: Kind::Note, title: given },
        "details" => {
            Construct::Details { kind: None, title: given.unwrap_or_else(|| capitalised(name)), open: false }
        }
        "tab" => Construct::Tab { title: given? },
        "html" => Construct::Group,
        "caption" | "figure-caption" | "table-caption" => Construct::Caption,
        DEFINITION => return None,
        name => match kind(name) {
            Some((kind, own)) => Construct::Callout { kind, title: given.or_else(|| own.map(str::to_owned)) },
            // A kind of the site's own; without a title it may be prose.
            None => Construct::Callout { kind: Kind::Note, title: Some(given?) },
        },
    };
    Some(Block::Open { slashes, construct })
}

/// Whether a line is the first of a block, read or not.
pub(in crate::render) fn begins(line: &str) -> bool {
    matches!(parse(line), Some(Block::Open { .. })) || is_definition(line)
}

/// The name of a block and what stands behind the bar.
fn header(rest: &str) -> Option<(&str, &str)> {
    let (name, argument) = rest.split_once('|').unwrap_or((rest, ""));
    let name = name.trim_end();
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (plain && name.starts_with(|c: char| c.is_ascii_alphabetic())).then(|| (name, argument.trim()))
}

/// Whether a line is the first of a list of definitions, which is not read.
pub(in crate::render) fn is_definition(line: &str) -> bool {
    let rest = line.trim_start_matches('/');
    line.len() - rest.len() >= 3 && header(rest.trim()).is_some_and(|(name, _)| name == DEFINITION)
}

/// Takes an option of a block into account (`type: warning`, `open: true`); others say how it looks.
pub(in crate::render) fn option(construct: &mut Construct, line: &str) {
    let Some((key, value)) = line.split_once(':') else { return };
    let value = value.trim().trim_matches(['"', '\'']);
    match (key.trim(), construct) {
        ("type", Construct::Callout { kind: callout, title }) => {
            let (known, own) = kind(value).unwrap_or((Kind::Note, None));
            *callout = known;
            if title.is_none() {
                *title = own.map(str::to_owned);
            }
        }
        ("type", Construct::Details { kind: callout, .. }) => *callout = kind(value).map(|(kind, _)| kind),
        ("open", Construct::Details { open, .. }) => *open = value.eq_ignore_ascii_case("true"),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_slashes_are_read() {
        let open = |slashes, kind, title: Option<&str>| {
            Some(Block::Open {
                slashes,
                construct: Construct::Callout { kind, title: title.map(str::to_owned) },
            })
        };
        assert_eq!(parse("/// note"), open(3, Kind::Note, None));
        assert_eq!(parse("//// warning | Mind the *gap*"), open(4, Kind::Warning, Some("Mind the *gap*")));
        assert_eq!(parse("///tip |"), open(3, Kind::Tip, None));
        assert_eq!(parse("///"), Some(Block::Close { slashes: 3 }));
        let tab = Construct::Tab { title: "Linux".to_owned() };
        assert_eq!(parse("/// tab | Linux"), Some(Block::Open { slashes: 3, construct: tab }));
        for prose in
            ["//", "// note", "/// <summary>", "/// see also the note", "/// note on this", "/// tab"]
        {
            assert_eq!(parse(prose), None, "{prose}");
        }
        assert_eq!(parse("/// new | New in 2.0"), open(3, Kind::Note, Some("New in 2.0")));
        assert_eq!((parse("/// new"), parse("/// define | x")), (None, None));
        assert!(is_definition("/// define") && !is_definition("/// defined") && !is_definition("define"));
    }

    #[test]
    fn options_say_what_a_block_is() {
        let mut callout = Construct::Callout { kind: Kind::Note, title: None };
        option(&mut callout, "type: danger");
        option(&mut callout, "attrs: {class: x}");
        assert_eq!(callout, Construct::Callout { kind: Kind::Caution, title: Some("Danger".to_owned()) });
        let mut details = Construct::Details { kind: None, title: "T".to_owned(), open: false };
        option(&mut details, "open: True");
        option(&mut details, "type: 'warning'");
        let expected = Construct::Details { kind: Some(Kind::Warning), title: "T".to_owned(), open: true };
        assert_eq!(details, expected);
    }
}
