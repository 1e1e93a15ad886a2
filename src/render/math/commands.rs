//! The commands of TeX, one by one.
//!
//! Must not know: HTML. Each byte is read once.

use std::borrow::Cow;

use super::chemistry;
use super::node::{Align, Font, Node, Rows, Scripts};
use super::parse::{End, Parser, braced, parse};
use super::symbols::{self, Alphabet, Class};

/// An argument in brackets that is left as it is ends within this many bytes.
const FARTHEST: usize = 100;

/// Commands that change nothing that text could show.
const SILENT: &[&str] = &[
    "-",
    "/",
    "Large",
    "allowbreak",
    "displaystyle",
    "hfill",
    "hline",
    "large",
    "limits",
    "mathstrut",
    "noindent",
    "nolimits",
    "nonumber",
    "normalsize",
    "notag",
    "relax",
    "scriptscriptstyle",
    "scriptstyle",
    "small",
    "strut",
    "textstyle",
];

/// Commands whose argument is not shown.
const UNSEEN: &[&str] = &["color", "hphantom", "label", "phantom", "vphantom", "vspace"];

/// Macros of a formula's own: what follows means something else than it seems to.
const MACROS: &[&str] = &[
    "DeclareMathOperator",
    "catcode",
    "def",
    "gdef",
    "let",
    "newcommand",
    "newenvironment",
    "providecommand",
    "renewcommand",
    "require",
];

/// What a command came to.
pub(super) enum Step<'a> {
    Node(Node<'a>),
    Nothing,
    End(End),
}

impl<'a> Parser<'a> {
    /// A command whose backslash was read.
    pub(super) fn command(&mut self, start: usize, nodes: &mut Vec<Node<'a>>) -> Option<Step<'a>> {
        let name = self.name()?;
        if let Some((sign, class)) = symbols::sign(name) {
            return Some(Step::Node(Node::Sign(sign.into(), class)));
        }
        if let Some(space) = symbols::space(name) {
            return Some(Step::Node(Node::Space(space)));
        }
        match name {
            "\\" | "cr" | "newline" | "tabularnewline" => Some(self.line_end()),
            "left" => self.fence(),
            "right" => Some(Step::End(End::Right)),
            "begin" => self.environment(),
            "end" => self.verbatim().map(|_| Step::End(End::Environment)),
            "over" | "rm" | "bf" | "it" | "tt" | "cal" => self.switch(name, nodes),
            "tag" => {
                nodes.push(Node::Space("\u{2003}"));
                self.at += usize::from(self.rest().starts_with('*'));
                Some(Step::Node(Node::Text(format!("({})", plain(self.verbatim()?)).into())))
            }
            _ if SILENT.contains(&name) => Some(Step::Nothing),
            _ if UNSEEN.contains(&name) => self.verbatim().map(|_| Step::Nothing),
            _ if MACROS.contains(&name) => None,
            _ => self.styled(name, start).map(Step::Node),
        }
    }

    /// The name of a command: letters, or one sign.
    fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let length = if letters == 0 { rest.chars().next()?.len_utf8() } else { letters };
        self.at += length;
        rest.get(..length)
    }

    /// A command for all that follows in its group.
    fn switch(&mut self, name: &str, nodes: &mut Vec<Node<'a>>) -> Option<Step<'a>> {
        let font = match name {
            "rm" => Some(Font::Upright),
            "bf" => Some(Font::Bold),
            "it" => Some(Font::Italic),
            "tt" => Some(Font::Typewriter),
            "cal" => Some(Font::Of(Alphabet::Script)),
            _ => None,
        };
        let (rest, end) = self.nodes()?;
        let node = match font {
            Some(font) => Node::Styled(font, rest),
            None => Node::Fraction(std::mem::take(nodes), rest),
        };
        nodes.push(node);
        Some(Step::End(end))
    }

    /// A command that gives its argument a look, or words.
    fn styled(&mut self, name: &str, start: usize) -> Option<Node<'a>> {
        if let Some(mark) = symbols::accent(name) {
            return Some(Node::Accent(mark, self.argument()?));
        }
        if let Some(font) = font(name) {
            return Some(Node::Styled(font, self.argument()?));
        }
        Some(match name {
            "text" | "textrm" | "textnormal" | "textsf" | "textup" | "mbox" | "hbox" | "textmd" => {
                Node::Group(words(self.verbatim()?)?)
            }
            "textbf" => Node::Styled(Font::Bold, words(self.verbatim()?)?),
            "textit" | "emph" => Node::Styled(Font::Italic, words(self.verbatim()?)?),
            "texttt" => Node::Styled(Font::Typewriter, words(self.verbatim()?)?),
            "operatorname" | "operatornamewithlimits" => {
                self.at += usize::from(self.rest().starts_with('*'));
                Node::Sign(plain(self.verbatim()?), Class::Function)
            }
            "ce" => Node::Group(chemistry::read(self.verbatim()?)),
            "boxed" | "fbox" | "smash" | "mathop" | "mathbin" | "mathrel" | "mathord" | "mathopen"
            | "mathclose" | "mathpunct" | "mathinner" | "vcenter" => Node::Group(self.argument()?),
            "textcolor" | "colorbox" => {
                self.verbatim()?;
                Node::Group(self.argument()?)
            }
            "middle" | "big" | "Big" | "bigg" | "Bigg" | "bigl" | "Bigl" | "biggl" | "Biggl" | "bigr"
            | "Bigr" | "biggr" | "Biggr" | "bigm" | "Bigm" | "biggm" | "Biggm" => {
                let class = match name.as_bytes().last() {
                    Some(b'l') => Class::Opening,
                    Some(b'r') => Class::Closing,
                    Some(b'g') => Class::Ordinary,
                    _ => Class::Relation,
                };
                Node::Sign(self.delimiter()?.into(), class)
            }
            _ => return self.construct(name, start),
        })
    }

    /// A command that builds something of its arguments.
    fn construct(&mut self, name: &str, start: usize) -> Option<Node<'a>> {
        Some(match name {
            "frac" | "dfrac" | "tfrac" | "cfrac" | "nicefrac" | "sfrac" => {
                Node::Fraction(self.argument()?, self.argument()?)
            }
            "binom" | "dbinom" | "tbinom" => Node::Binomial(self.argument()?, self.argument()?),
            "sqrt" => Node::Root(self.optional()?, self.argument()?),
            "not" => Node::Accent('\u{338}', self.argument()?),
            "overset" | "stackrel" | "underset" => {
                let (script, base) = (self.argument()?, self.argument()?);
                let (below, above) =
                    if name == "underset" { (script, Vec::new()) } else { (Vec::new(), script) };
                Node::Scripts(Box::new(Scripts { base, below, above, primes: 0 }))
            }
            "underbrace" | "overbrace" => {
                let mark = if name == "underbrace" { "⏟" } else { "⏞" };
                let held = Node::Fence("(", self.argument()?, ")");
                Node::Group(vec![held, Node::Sign(mark.into(), Class::Ordinary)])
            }
            "xrightarrow" | "xleftarrow" | "xleftrightarrow" | "xRightarrow" | "xLeftarrow" | "xmapsto"
            | "xrightleftharpoons" => {
                let (sign, _) = symbols::sign(name.get(1..)?)?;
                let (below, above) = (self.optional()?, self.argument()?);
                let base = vec![Node::Sign(sign.into(), Class::Relation)];
                Node::Scripts(Box::new(Scripts { base, below, above, primes: 0 }))
            }
            "substack" => {
                let inner = self.verbatim()?;
                let cells = self.within(inner, |parser| parser.rows(End::Input))?;
                Node::Rows(Rows { opening: "", closing: "", align: Align::Middle, cells })
            }
            "pmod" | "pod" => {
                let mut inner = self.argument()?;
                if name == "pmod" {
                    inner.insert(0, Node::Text("mod ".into()));
                }
                Node::Group(vec![Node::Space("\u{2003}"), Node::Fence("(", inner, ")")])
            }
            "mod" => Node::Text("\u{2003}mod\u{2009}".into()),
            _ => return self.unknown(start),
        })
    }

    /// `\\`, with the space that may follow it in brackets.
    fn line_end(&mut self) -> Step<'a> {
        self.at += usize::from(self.rest().starts_with('*'));
        if let Some(rest) = self.rest().strip_prefix('[')
            && let Some(length) = rest.bytes().take(FARTHEST).position(|byte| byte == b']')
            && rest[..length].ends_with(['m', 't', 'x', 'n', 'c', 'p'])
        {
            self.at += length + 2;
        }
        Step::End(End::Row)
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
            return symbols::sign(self.name()?).map(|(sign, _)| sign);
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
        let cells = self.rows(End::Environment)?;
        Some(Step::Node(Node::Rows(Rows { opening, closing, align, cells })))
    }
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
                plain.extend(chars.next());
            }
            '{' | '}' => {}
            '~' | '\n' => plain.push(' '),
            next => plain.push(next),
        }
    }
    Cow::Owned(plain)
}
