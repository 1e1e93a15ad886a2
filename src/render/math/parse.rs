//! TeX formulas as trees: what LaTeX, KaTeX and MathJax have in common.
//!
//! Must not know: HTML. Each byte is read once; what lies deeper than [`DEEPEST`] is not read at all.

use std::borrow::Cow;

use super::chemistry;
use super::symbols::{self, Alphabet, Class};

/// Groups in groups beyond this make a formula one that is not read.
const DEEPEST: usize = 32;

/// An argument in brackets that is left as it is ends within this many bytes.
const FARTHEST: usize = 100;

/// A part of a formula.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    /// A variable: one letter, set in italics.
    Letter(char),
    /// Digits.
    Number(&'a str),
    /// A sign that is set upright.
    Sign(Cow<'a, str>, Class),
    /// Words, set upright with their spaces.
    Text(Cow<'a, str>),
    /// A space of its own.
    Space(&'static str),
    /// The end of a line.
    Break,
    /// What stands in braces.
    Group(Vec<Self>),
    /// A group in a font of its own.
    Styled(Font, Vec<Self>),
    /// What stands below and above something.
    Scripts(Box<Scripts<'a>>),
    /// One over the other, with a line between them.
    Fraction(Vec<Self>, Vec<Self>),
    /// A binomial coefficient.
    Binomial(Vec<Self>, Vec<Self>),
    /// A root: its index, and what it is of.
    Root(Vec<Self>, Vec<Self>),
    /// A combining mark and what it stands on.
    Accent(char, Vec<Self>),
    /// Brackets that grow with what they hold.
    Fence(&'static str, Vec<Self>, &'static str),
    /// Rows of cells.
    Rows(Rows<'a>),
    /// As it is written: a command that is not known, with its arguments.
    Source(&'a str),
}

/// Something with what stands below and above it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Scripts<'a> {
    pub(super) base: Vec<Node<'a>>,
    pub(super) primes: usize,
    pub(super) below: Vec<Node<'a>>,
    pub(super) above: Vec<Node<'a>>,
}

/// A matrix, a list of cases, lines that are aligned.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows<'a> {
    pub(super) opening: &'static str,
    pub(super) closing: &'static str,
    pub(super) align: Align,
    pub(super) rows: Vec<Vec<Vec<Node<'a>>>>,
}

/// Where the cells of a row stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// Each in the middle.
    Middle,
    /// Each at its left.
    Left,
    /// Right and left in turn: equations, met at their sign.
    InTurn,
}

/// What letters look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Font {
    /// Upright.
    Upright,
    /// In italics, whatever stands around it.
    Italic,
    /// Bold and upright.
    Bold,
    /// Bold and in italics.
    BoldItalic,
    /// Of one width.
    Typewriter,
    /// Struck through.
    Struck,
    /// Of an alphabet of its own.
    Of(Alphabet),
}

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
enum End {
    Input,
    Brace,
    Bracket,
    Cell,
    Row,
    Right,
    Environment,
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Goes past spaces and comments.
    fn skip_space(&mut self) {
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
    fn nodes(&mut self) -> Option<(Vec<Node<'a>>, End)> {
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
    fn closed(&mut self, wanted: End) -> Option<Vec<Node<'a>>> {
        self.nodes().filter(|(_, end)| *end == wanted).map(|(nodes, _)| nodes)
    }

    /// The argument of a command: a group, or the one thing that follows.
    fn argument(&mut self) -> Option<Vec<Node<'a>>> {
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
    fn optional(&mut self) -> Option<Vec<Node<'a>>> {
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
    fn verbatim(&mut self) -> Option<&'a str> {
        self.skip_space();
        let rest = self.rest();
        let length = braced(rest)?;
        self.at += length;
        rest.get(1..length - 1)
    }

    /// A command whose backslash was read.
    fn command(&mut self, start: usize, nodes: &mut Vec<Node<'a>>) -> Option<Step<'a>> {
        let rest = self.rest();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let length = if letters == 0 { rest.chars().next()?.len_utf8() } else { letters };
        let name = &rest[..length];
        self.at += length;
        if let Some((sign, class)) = symbols::sign(name) {
            return Some(Step::Node(Node::Sign(sign.into(), class)));
        }
        if let Some(mark) = symbols::accent(name) {
            return self.argument().map(|under| Step::Node(Node::Accent(mark, under)));
        }
        if let Some(space) = symbols::space(name) {
            return Some(Step::Node(Node::Space(space)));
        }
        if let Some(font) = font(name) {
            return self.argument().map(|inner| Step::Node(Node::Styled(font, inner)));
        }
        self.structure(name, start, nodes)
    }

    /// A command that builds something.
    fn structure(&mut self, name: &str, start: usize, nodes: &mut Vec<Node<'a>>) -> Option<Step<'a>> {
        let node = match name {
            "\\" | "cr" | "newline" | "tabularnewline" => return self.line_end(),
            "frac" | "dfrac" | "tfrac" | "cfrac" | "nicefrac" | "sfrac" => {
                Node::Fraction(self.argument()?, self.argument()?)
            }
            "binom" | "dbinom" | "tbinom" => Node::Binomial(self.argument()?, self.argument()?),
            "sqrt" => Node::Root(self.optional()?, self.argument()?),
            "text" | "textrm" | "textnormal" | "textsf" | "textup" | "mbox" | "hbox" | "textmd" => {
                Node::Group(words(self.verbatim()?)?)
            }
            "textbf" => Node::Styled(Font::Bold, words(self.verbatim()?)?),
            "textit" | "emph" => Node::Styled(Font::Italic, words(self.verbatim()?)?),
            "texttt" => Node::Styled(Font::Typewriter, words(self.verbatim()?)?),
            "operatorname" | "operatornamewithlimits" => {
                self.at += usize::from(self.rest().starts_with('*'));
                Node::Sign(plain(self.verbatim()?).into(), Class::Function)
            }
            "ce" => Node::Group(chemistry::read(self.verbatim()?)),
            "left" => return self.fence(),
            "right" => return Some(Step::End(End::Right)),
            "middle" | "big" | "Big" | "bigg" | "Bigg" | "bigl" | "Bigl" | "biggl" | "Biggl" | "bigr"
            | "Bigr" | "biggr" | "Biggr" | "bigm" | "Bigm" | "biggm" | "Biggm" => {
                let class = match name.as_bytes().last() {
                    Some(b'l') => Class::Opening,
                    Some(b'r') => Class::Closing,
                    _ if name == "middle" || name.ends_with('m') => Class::Relation,
                    _ => Class::Ordinary,
                };
                Node::Sign(self.delimiter()?.into(), class)
            }
            "begin" => return self.environment(),
            "end" => {
                self.verbatim()?;
                return Some(Step::End(End::Environment));
            }
            "overset" | "stackrel" | "underset" => {
                let (script, base) = (self.argument()?, self.argument()?);
                let (below, above) =
                    if name == "underset" { (script, Vec::new()) } else { (Vec::new(), script) };
                Node::Scripts(Box::new(Scripts { base, below, above, primes: 0 }))
            }
            "underbrace" | "overbrace" => {
                let mark = if name == "underbrace" { "⏟" } else { "⏞" };
                Node::Group(vec![
                    Node::Fence("(", self.argument()?, ")"),
                    Node::Sign(mark.into(), Class::Ordinary),
                ])
            }
            "xrightarrow" | "xleftarrow" | "xleftrightarrow" | "xRightarrow" | "xLeftarrow" | "xmapsto"
            | "xrightleftharpoons" => {
                let sign = symbols::sign(name.get(1..)?)?.0;
                let (below, above) = (self.optional()?, self.argument()?);
                let base = vec![Node::Sign(sign.into(), Class::Relation)];
                Node::Scripts(Box::new(Scripts { base, below, above, primes: 0 }))
            }
            "substack" => {
                let inner = self.verbatim()?;
                let rows = self.within(inner, |parser| parser.rows(End::Input))?;
                Node::Rows(Rows { opening: "", closing: "", align: Align::Middle, rows })
            }
            "pmod" | "pod" => {
                let mut inner = self.argument()?;
                if name == "pmod" {
                    inner.splice(0..0, [Node::Text("mod ".into())]);
                }
                Node::Group(vec![Node::Space("\u{2003}"), Node::Fence("(", inner, ")")])
            }
            "mod" => Node::Text("\u{2003}mod\u{2009}".into()),
            "not" => Node::Accent('\u{338}', self.argument()?),
            "boxed" | "fbox" | "smash" | "mathop" | "mathbin" | "mathrel" | "mathord" | "mathopen"
            | "mathclose" | "mathpunct" | "mathinner" | "vcenter" => Node::Group(self.argument()?),
            "textcolor" | "colorbox" => {
                self.verbatim()?;
                Node::Group(self.argument()?)
            }
            "tag" => {
                self.at += usize::from(self.rest().starts_with('*'));
                nodes.push(Node::Space("\u{2003}"));
                Node::Text(format!("({})", plain(self.verbatim()?)).into())
            }
            "color" | "label" | "vspace" | "phantom" | "vphantom" | "hphantom" => {
                self.verbatim()?;
                return Some(Step::Nothing);
            }
            "displaystyle" | "textstyle" | "scriptstyle" | "scriptscriptstyle" | "limits" | "nolimits"
            | "nonumber" | "notag" | "hline" | "hfill" | "relax" | "normalsize" | "large" | "Large"
            | "small" | "allowbreak" | "mathstrut" | "strut" | "noindent" | "/" | "-" => {
                return Some(Step::Nothing);
            }
            "over" => {
                let over = std::mem::take(nodes);
                let (under, end) = self.nodes()?;
                nodes.push(Node::Fraction(over, under));
                return Some(Step::End(end));
            }
            "rm" | "bf" | "it" | "tt" | "cal" => {
                let font = match name {
                    "rm" => Font::Upright,
                    "bf" => Font::Bold,
                    "it" => Font::Italic,
                    "tt" => Font::Typewriter,
                    _ => Font::Of(Alphabet::Script),
                };
                let (inner, end) = self.nodes()?;
                nodes.push(Node::Styled(font, inner));
                return Some(Step::End(end));
            }
            // Macros of its own: what follows means something else than it seems to.
            "newcommand"
            | "renewcommand"
            | "providecommand"
            | "def"
            | "gdef"
            | "let"
            | "newenvironment"
            | "DeclareMathOperator"
            | "require"
            | "catcode" => return None,
            _ => self.unknown(start)?,
        };
        Some(Step::Node(node))
    }

    /// `\\`, with the space that may follow it in brackets.
    fn line_end(&mut self) -> Option<Step<'a>> {
        self.at += usize::from(self.rest().starts_with('*'));
        if let Some(rest) = self.rest().strip_prefix('[')
            && let Some(length) = rest.bytes().take(FARTHEST).position(|byte| byte == b']')
            && rest[..length].ends_with(['m', 't', 'x', 'n', 'c', 'p'])
        {
            self.at += length + 2;
        }
        Some(Step::End(End::Row))
    }

    /// A command that is not known, with the arguments behind it.
    fn unknown(&mut self, start: usize) -> Option<Node<'a>> {
        loop {
            let rest = self.rest();
            match rest.bytes().next() {
                Some(b'{') => self.at += braced(rest)?,
                Some(b'[') => match rest.bytes().take(FARTHEST).position(|byte| byte == b']') {
                    Some(length) if braced(&rest[length + 1..]).is_some() => self.at += length + 1,
                    _ => break,
                },
                _ => break,
            }
        }
        Some(Node::Source(self.text[start..self.at].trim_end()))
    }

    /// Reads a part of the text that was taken out as it is written.
    fn within<T>(&mut self, inner: &'a str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth == DEEPEST {
            return None;
        }
        read(&mut Self { text: inner, at: 0, depth: self.depth + 1 })
    }

    /// What stands between `\left` and `\right`.
    fn fence(&mut self) -> Option<Step<'a>> {
        let opening = self.delimiter()?;
        let mut inner = self.closed(End::Right)?;
        let closing = self.delimiter()?;
        Some(Step::Node(match inner.as_mut_slice() {
            [Node::Rows(rows)] if rows.opening.is_empty() && rows.closing.is_empty() => {
                (rows.opening, rows.closing) = (opening, closing);
                inner.swap_remove(0)
            }
            _ => Node::Fence(opening, inner, closing),
        }))
    }

    /// A bracket behind `\left` and the like; `.` is none.
    fn delimiter(&mut self) -> Option<&'static str> {
        self.skip_space();
        let next = self.next()?;
        if next == '\\' {
            let rest = self.rest();
            let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            let length = if letters == 0 { rest.chars().next()?.len_utf8() } else { letters };
            self.at += length;
            return symbols::sign(&rest[..length]).map(|(sign, _)| sign);
        }
        Some(match next {
            '.' => "",
            '(' => "(",
            ')' => ")",
            '[' => "[",
            ']' => "]",
            '|' => "|",
            '/' => "/",
            '<' | '⟨' => "⟨",
            '>' | '⟩' => "⟩",
            _ => return None,
        })
    }

    /// `\begin{…}` to `\end{…}`.
    fn environment(&mut self) -> Option<Step<'a>> {
        let name = self.verbatim()?.trim_end_matches('*');
        let (opening, closing, align) = match name {
            "matrix" | "smallmatrix" | "array" | "subarray" | "gathered" | "gather" | "multline"
            | "equation" | "math" | "displaymath" => ("", "", Align::Middle),
            "pmatrix" => ("(", ")", Align::Middle),
            "bmatrix" => ("[", "]", Align::Middle),
            "Bmatrix" => ("{", "}", Align::Middle),
            "vmatrix" => ("|", "|", Align::Middle),
            "Vmatrix" => ("‖", "‖", Align::Middle),
            "cases" | "dcases" => ("{", "", Align::Left),
            "rcases" | "drcases" => ("", "}", Align::Left),
            "align" | "aligned" | "alignat" | "alignedat" | "split" | "eqnarray" | "flalign" => {
                ("", "", Align::InTurn)
            }
            _ => return None,
        };
        match name {
            "array" | "subarray" | "alignat" | "alignedat" => drop(self.verbatim()?),
            "gathered" | "aligned" if self.rest().starts_with('[') => drop(self.optional()?),
            _ => {}
        }
        let rows = self.rows(End::Environment)?;
        Some(Step::Node(Node::Rows(Rows { opening, closing, align, rows })))
    }

    /// Rows of cells up to this end.
    fn rows(&mut self, wanted: End) -> Option<Vec<Vec<Vec<Node<'a>>>>> {
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

/// What a command came to.
enum Step<'a> {
    Node(Node<'a>),
    Nothing,
    End(End),
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
fn braced(text: &str) -> Option<usize> {
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

fn font(name: &str) -> Option<Font> {
    Some(match name {
        "mathrm" | "mathsf" | "mathup" | "mathnormal" => Font::Upright,
        "mathit" => Font::Italic,
        "mathbf" | "bold" | "mathbfup" => Font::Bold,
        "boldsymbol" | "bm" | "pmb" | "mathbfit" => Font::BoldItalic,
        "mathtt" => Font::Typewriter,
        "cancel" | "bcancel" | "xcancel" | "sout" => Font::Struck,
        "mathbb" => Font::Of(Alphabet::DoubleStruck),
        "mathfrak" | "frak" => Font::Of(Alphabet::Fraktur),
        "mathcal" | "mathscr" => Font::Of(Alphabet::Script),
        _ => return None,
    })
}

/// Words with formulas between dollar signs in them.
fn words(text: &str) -> Option<Vec<Node<'_>>> {
    let mut nodes = Vec::new();
    for (number, part) in text.split('$').enumerate() {
        if number % 2 == 1 {
            // One level only: words in it hold no formulas.
            nodes.push(Node::Group(parse(part)?));
        } else if !part.is_empty() {
            nodes.push(Node::Text(plain(part)));
        }
    }
    Some(nodes)
}

/// Words without the backslashes before signs, and without inner braces.
fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(['\\', '{', '}', '~', '\n']) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(next) = chars.next() {
        match next {
            '\\' if chars.peek().is_some_and(|next| !next.is_ascii_alphanumeric()) => {
                plain.extend(chars.next())
            }
            '{' | '}' => {}
            '~' | '\n' => plain.push(' '),
            next => plain.push(next),
        }
    }
    Cow::Owned(plain)
}
