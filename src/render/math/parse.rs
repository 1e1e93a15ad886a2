//! TeX formulas as trees: what LaTeX, KaTeX and MathJax have in common.
//!
//! Must not know: HTML. Each byte is read once; what lies deeper than [`DEEPEST`] is not read at all.

use super::commands::Step;
use super::node::{Node, Scripts};
use super::symbols::Class;

/// Groups in groups beyond this make a formula one that is not read.
const DEEPEST: usize = 32;

/// The tree of a formula, or `None` where it cannot be read: braces or environments that do not match, macros of its
/// own, too deep.
pub(super) fn parse(source: &str) -> Option<Vec<Node<'_>>> {
    let mut parser = Parser { text: source, at: 0, depth: 0 };
    let mut lines = Vec::new();
    loop {
        let (line, end) = parser.nodes()?;
        lines.extend(line);
        match end {
            End::Input => return Some(lines),
            End::Row => lines.push(Node::Break),
            _ => return None,
        }
    }
}

/// What a row of nodes ended with; all but the input's end are consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Input,
    Brace,
    Bracket,
    Cell,
    Row,
    Right,
    Environment,
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    /// Bytes read.
    pub(super) at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Goes past spaces and comments.
    pub(super) fn skip_space(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            if !self.rest().starts_with('%') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    /// Nodes up to what ends them, one group deeper.
    pub(super) fn nodes(&mut self) -> Option<(Vec<Node<'a>>, End)> {
        if self.depth == DEEPEST {
            return None;
        }
        self.depth += 1;
        let found = self.row(false);
        self.depth -= 1;
        found
    }

    /// Nodes up to what ends them; `]` ends an optional argument.
    fn row(&mut self, bracket: bool) -> Option<(Vec<Node<'a>>, End)> {
        let mut nodes: Vec<Node<'a>> = Vec::new();
        loop {
            self.skip_space();
            let start = self.at;
            let Some(next) = self.next() else { return Some((nodes, End::Input)) };
            let node = match next {
                '}' => return Some((nodes, End::Brace)),
                ']' if bracket => return Some((nodes, End::Bracket)),
                '&' => return Some((nodes, End::Cell)),
                '{' => Node::Group(self.closed(End::Brace)?),
                '^' | '_' => {
                    let script = self.argument()?;
                    let scripts = scripts(&mut nodes);
                    let side = if next == '^' { &mut scripts.above } else { &mut scripts.below };
                    side.extend(script);
                    continue;
                }
                '\'' | '’' => {
                    scripts(&mut nodes).primes += 1;
                    continue;
                }
                '\\' => match self.command(start, &mut nodes)? {
                    Step::Node(node) => node,
                    Step::Nothing => continue,
                    Step::End(end) => return Some((nodes, end)),
                },
                '$' | '#' => return None,
                '0'..='9' => {
                    self.digits(start);
                    Node::Number(&self.text[start..self.at])
                }
                _ => sign(next),
            };
            nodes.push(node);
        }
    }

    /// Goes to the end of a number: digits, a point before more of them, a comma before three.
    fn digits(&mut self, start: usize) {
        let bytes = self.text.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let thousands = |at: usize| (1..=3).all(|more| digit(at + more)) && !digit(at + 4);
        self.at = start;
        while digit(self.at)
            || match bytes.get(self.at) {
                Some(b'.') => digit(self.at + 1),
                Some(b',') => thousands(self.at),
                _ => false,
            }
        {
            self.at += 1;
        }
    }

    /// Nodes that must end so.
    pub(super) fn closed(&mut self, wanted: End) -> Option<Vec<Node<'a>>> {
        self.nodes().filter(|(_, end)| *end == wanted).map(|(nodes, _)| nodes)
    }

    /// The argument of a command: a group, or the one thing that follows.
    pub(super) fn argument(&mut self) -> Option<Vec<Node<'a>>> {
        self.skip_space();
        let start = self.at;
        match self.next()? {
            '{' => self.closed(End::Brace),
            '\\' => {
                if self.depth == DEEPEST {
                    return None;
                }
                self.depth += 1;
                let step = self.command(start, &mut Vec::new());
                self.depth -= 1;
                match step? {
                    Step::Node(node) => Some(vec![node]),
                    _ => None,
                }
            }
            '}' | '&' | '^' | '_' | '$' | '#' => None,
            '0'..='9' => Some(vec![Node::Number(&self.text[start..self.at])]),
            other => Some(vec![sign(other)]),
        }
    }

    /// An argument in brackets, if there is one.
    pub(super) fn optional(&mut self) -> Option<Vec<Node<'a>>> {
        self.skip_space();
        if !self.rest().starts_with('[') || self.depth == DEEPEST {
            return Some(Vec::new());
        }
        self.at += 1;
        self.depth += 1;
        let found = self.row(true);
        self.depth -= 1;
        found.filter(|(_, end)| *end == End::Bracket).map(|(nodes, _)| nodes)
    }

    /// What stands between braces, as it is written.
    pub(super) fn verbatim(&mut self) -> Option<&'a str> {
        self.skip_space();
        let rest = self.rest();
        let length = braced(rest)?;
        self.at += length;
        rest.get(1..length - 1)
    }

    /// Reads a part of the text that was taken out as it is written.
    pub(super) fn within<T>(
        &mut self,
        inner: &'a str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.depth == DEEPEST {
            return None;
        }
        read(&mut Self { text: inner, at: 0, depth: self.depth + 1 })
    }

    /// Rows of cells up to this end.
    pub(super) fn rows(&mut self, wanted: End) -> Option<Vec<Vec<Vec<Node<'a>>>>> {
        let mut rows = Vec::new();
        let mut row = Vec::new();
        loop {
            let (cell, end) = self.nodes()?;
            row.push(cell);
            match end {
                End::Cell => {}
                End::Row => rows.push(std::mem::take(&mut row)),
                end if end == wanted => {
                    // A line end before the end begins no row.
                    if row.len() > 1 || row.iter().any(|cell| !cell.is_empty()) {
                        rows.push(row);
                    }
                    return Some(rows);
                }
                _ => return None,
            }
        }
    }
}

/// The scripts of the last node, which becomes their base.
fn scripts<'n, 'a>(nodes: &'n mut Vec<Node<'a>>) -> &'n mut Scripts<'a> {
    if !matches!(nodes.last(), Some(Node::Scripts(_))) {
        let base = nodes.pop().into_iter().collect();
        nodes.push(Node::Scripts(Box::new(Scripts { base, ..Scripts::default() })));
    }
    match nodes.last_mut() {
        Some(Node::Scripts(scripts)) => scripts,
        _ => unreachable!("it was pushed"),
    }
}

/// Bytes of the group in braces that a text begins with.
pub(super) fn braced(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if depth > 0 => escaped = true,
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth = depth.checked_sub(1)?,
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// A letter, or a sign that stands for itself.
fn sign(sign: char) -> Node<'static> {
    let class = match sign {
        '+' | '*' | '-' | '−' | '±' | '×' | '·' | '÷' => Class::Binary,
        '=' | '<' | '>' | ':' | '≤' | '≥' | '≠' | '≈' | '→' | '∈' => Class::Relation,
        '(' | '[' => Class::Opening,
        ')' | ']' | '!' | '?' => Class::Closing,
        ',' | ';' => Class::Punctuation,
        letter if letter.is_alphabetic() => return Node::Letter(letter),
        _ => Class::Ordinary,
    };
    let sign = match sign {
        '-' => '−',
        '*' => '∗',
        '~' => '\u{a0}',
        sign => sign,
    };
    Node::Sign(sign.to_string().into(), class)
}
