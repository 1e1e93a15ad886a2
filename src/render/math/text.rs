//! Formulas as text on a line: signs, letters, `sub` and `sup`; tables where a formula that stands by itself has rows.
//!
//! Must not know: TeX's syntax, HTML.

use super::node::{Align, Font, Node, Rows, Scripts};
use super::symbols::{self, Class};

/// A piece of a formula as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render) enum Piece {
    /// Text in this face.
    Text(String, Face),
    /// What the tag holds begins.
    Begin(Tag),
    /// It ends.
    End(Tag),
    /// A new line.
    Break,
}

/// What letters look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Face {
    Upright,
    Italic,
    Bold,
    BoldItalic,
    Typewriter,
}

/// What holds pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Tag {
    Below,
    Above,
    Struck,
    Table,
    Row,
    /// A cell, and where its content stands.
    Cell(Side),
}

/// Where the content of a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Side {
    Left,
    Middle,
    Right,
}

/// The pieces of a formula. One that stands by itself (`block`) may hold tables.
pub(super) fn typeset(nodes: &[Node<'_>], block: bool) -> Vec<Piece> {
    let mut typesetter = Typesetter { pieces: Vec::new() };
    typesetter.row(nodes, Setting { font: None, tight: false, tables: block });
    typesetter.pieces
}

/// A formula where no tags can stand, as in titles: scripts in Unicode's own signs, or behind `^` and `_`.
pub(super) fn unstyled(nodes: &[Node<'_>]) -> String {
    let mut text = String::new();
    // Where the scripts that are open begin.
    let mut open: Vec<usize> = Vec::new();
    for piece in typeset(nodes, false) {
        match piece {
            Piece::Text(part, _) => text.push_str(&part),
            Piece::Begin(Tag::Below | Tag::Above) => open.push(text.len()),
            Piece::End(tag @ (Tag::Below | Tag::Above)) => {
                let script = text.split_off(open.pop().unwrap_or_default());
                let (mark, signs) = if tag == Tag::Above { ('^', ABOVE) } else { ('_', BELOW) };
                let small =
                    |letter: char| signs.iter().find(|(plain, _)| *plain == letter).map(|(_, sign)| *sign);
                if let Some(small) = script.chars().map(small).collect::<Option<String>>() {
                    text.push_str(&small);
                } else {
                    let one = script.chars().nth(1).is_none();
                    let parts = if one { ["", &script, ""] } else { ["(", &script, ")"] };
                    text.push(mark);
                    text.extend(parts);
                }
            }
            Piece::Break => text.push(' '),
            Piece::Begin(_) | Piece::End(_) => {}
        }
    }
    text
}

/// Signs that Unicode has above the line.
const ABOVE: &[(char, char)] = &[
    ('0', '⁰'),
    ('1', '¹'),
    ('2', '²'),
    ('3', '³'),
    ('4', '⁴'),
    ('5', '⁵'),
    ('6', '⁶'),
    ('7', '⁷'),
    ('8', '⁸'),
    ('9', '⁹'),
    ('+', '⁺'),
    ('−', '⁻'),
    ('i', 'ⁱ'),
    ('n', 'ⁿ'),
];

/// Signs that Unicode has below the line.
const BELOW: &[(char, char)] = &[
    ('0', '₀'),
    ('1', '₁'),
    ('2', '₂'),
    ('3', '₃'),
    ('4', '₄'),
    ('5', '₅'),
    ('6', '₆'),
    ('7', '₇'),
    ('8', '₈'),
    ('9', '₉'),
    ('+', '₊'),
    ('−', '₋'),
];

/// Whether a line of text shows a formula as it is set: nothing in it stands over something else.
pub(super) fn is_plain(nodes: &[Node<'_>]) -> bool {
    nodes.iter().all(|node| match node {
        Node::Sign(_, class) => *class != Class::Large,
        Node::Letter(_) | Node::Number(_) | Node::Text(_) | Node::Space(_) => true,
        Node::Group(inner) | Node::Styled(_, inner) | Node::Fence(_, inner, _) => is_plain(inner),
        Node::Accent(_, under) => matches!(under.as_slice(), [Node::Letter(_) | Node::Number(_)]),
        Node::Scripts(scripts) => {
            let Scripts { base, below, above, .. } = &**scripts;
            let over = |node: &Node<'_>| matches!(node, Node::Scripts(_) | Node::Sign(_, Class::Function));
            (below.is_empty() || above.is_empty())
                && !base.iter().any(|node| matches!(node, Node::Sign(_, Class::Function | Class::Relation)))
                && !below.iter().chain(above).any(over)
                && [base, below, above].into_iter().all(|nodes| is_plain(nodes))
        }
        Node::Root(index, radicand) => index.is_empty() && single(radicand) && is_plain(radicand),
        Node::Fraction(..) | Node::Binomial(..) | Node::Rows(_) | Node::Break | Node::Source(_) => false,
    })
}

/// How something is set.
#[derive(Debug, Clone, Copy)]
struct Setting {
    font: Option<Font>,
    /// Without the space around signs, as in scripts.
    tight: bool,
    /// Rows may be a table.
    tables: bool,
}

impl Setting {
    const fn inside(self) -> Self {
        Self { tables: false, ..self }
    }

    const fn script(self) -> Self {
        Self { tables: false, tight: true, ..self }
    }
}

/// Whether it is one thing that needs no brackets.
fn single(nodes: &[Node<'_>]) -> bool {
    match nodes {
        [Node::Group(inner) | Node::Styled(_, inner)] => single(inner),
        [Node::Text(text)] => !text.trim().contains(' '),
        [Node::Sign(_, class)] => *class == Class::Ordinary,
        [Node::Scripts(scripts)] => single(&scripts.base),
        [Node::Letter(_) | Node::Number(_) | Node::Accent(..) | Node::Fence(..) | Node::Source(_)] => true,
        [Node::Root(_, radicand)] => single(radicand),
        _ => false,
    }
}

/// What a node is to the nodes beside it.
fn class(node: &Node<'_>) -> Option<Class> {
    match node {
        Node::Sign(_, class) => Some(*class),
        Node::Space(_) | Node::Break => None,
        Node::Styled(_, inner) => match inner.as_slice() {
            [one] => class(one),
            _ => Some(Class::Ordinary),
        },
        Node::Scripts(scripts) => match scripts.base.as_slice() {
            [one] => class(one),
            _ => Some(Class::Ordinary),
        },
        Node::Accent('\u{338}', inner) => inner.first().and_then(class),
        _ => Some(Class::Ordinary),
    }
}

struct Typesetter {
    pieces: Vec<Piece>,
}

impl Typesetter {
    fn text(&mut self, text: &str, face: Face) {
        match self.pieces.last_mut() {
            Some(Piece::Text(last, of)) if *of == face => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece::Text(text.to_owned(), face)),
        }
    }

    fn upright(&mut self, text: &str) {
        self.text(text, Face::Upright);
    }

    fn row(&mut self, nodes: &[Node<'_>], setting: Setting) {
        // What stood before, as it was taken: a sign between two things, or one that belongs to what follows.
        let mut before: Option<Class> = None;
        for (at, node) in nodes.iter().enumerate() {
            let mut this = class(node);
            let lone = matches!(
                before,
                None | Some(
                    Class::Binary
                        | Class::Relation
                        | Class::Opening
                        | Class::Punctuation
                        | Class::Large
                        | Class::Function
                )
            );
            let last = nodes.get(at + 1).is_none_or(|next| {
                matches!(class(next), Some(Class::Relation | Class::Closing | Class::Punctuation))
            });
            if this == Some(Class::Binary) && (lone || last) {
                this = Some(Class::Ordinary);
            }
            if let (Some(before), Some(this)) = (before, this) {
                self.gap(before, this, setting.tight);
            }
            let neighbour = |node: Option<&Node<'_>>| {
                node.is_some_and(|node| matches!(class(node), Some(Class::Ordinary | Class::Large)))
            };
            let joined = neighbour(nodes.get(at + 1))
                || (at > 0 && matches!(nodes.get(at - 1).and_then(class), Some(Class::Ordinary)));
            self.node(node, setting, joined);
            // A space between two of them keeps what stood before.
            before = this.or(if matches!(node, Node::Break) { None } else { before });
        }
    }

    /// The space between two neighbours (The TeXbook, chapter 18).
    fn gap(&mut self, before: Class, this: Class, tight: bool) {
        use Class::{Binary, Closing, Function, Large, Opening, Ordinary, Punctuation, Relation};
        let space = match (before, this) {
            (Ordinary | Closing, Function | Large) | (Function | Large, Ordinary | Function | Large) => {
                "\u{2009}"
            }
            _ if tight => return,
            (Opening | Relation, Relation) | (Opening, Binary) | (Relation | Binary, Closing) => return,
            (Relation | Binary, _)
            | (_, Relation | Binary)
            | (Punctuation, Ordinary | Opening | Function | Large) => " ",
            _ => return,
        };
        if !matches!(self.pieces.last(), Some(Piece::Text(text, _)) if text.ends_with(char::is_whitespace)) {
            self.upright(space);
        }
    }

    /// One node; `joined` where something stands right beside it.
    fn node(&mut self, node: &Node<'_>, setting: Setting, joined: bool) {
        match node {
            Node::Letter(letter) => self.letter(*letter, setting.font, true),
            Node::Number(digits) => digits.chars().for_each(|digit| self.letter(digit, setting.font, false)),
            Node::Sign(sign, class) => {
                let italic = *class == Class::Ordinary && sign.chars().all(is_small_greek);
                sign.chars().for_each(|sign| self.letter(sign, setting.font, italic));
            }
            Node::Text(text) => text.chars().for_each(|letter| self.letter(letter, setting.font, false)),
            Node::Space(space) => self.upright(space),
            Node::Break => self.pieces.push(Piece::Break),
            Node::Group(inner) => self.row(inner, setting),
            Node::Styled(Font::Struck, inner) => {
                self.tagged(Tag::Struck, |typesetter| typesetter.row(inner, setting.inside()));
            }
            Node::Styled(font, inner) => self.row(inner, Setting { font: Some(*font), ..setting.inside() }),
            Node::Scripts(scripts) => self.scripts(scripts, setting),
            Node::Fraction(over, under) => {
                self.bracketed(joined, |typesetter| {
                    typesetter.operand(over, setting);
                    typesetter.upright("/");
                    typesetter.operand(under, setting);
                });
            }
            Node::Binomial(over, under) => {
                self.upright("(");
                self.row(over, setting.inside());
                self.upright(" choose ");
                self.row(under, setting.inside());
                self.upright(")");
            }
            Node::Root(index, radicand) => {
                match index.as_slice() {
                    [] | [Node::Number("2")] => self.upright("√"),
                    [Node::Number("3")] => self.upright("∛"),
                    [Node::Number("4")] => self.upright("∜"),
                    index => {
                        self.tagged(Tag::Above, |typesetter| typesetter.row(index, setting.script()));
                        self.upright("√");
                    }
                }
                self.operand(radicand, setting);
            }
            Node::Accent(mark, under) => self.accent(*mark, under, setting),
            Node::Fence(opening, inner, closing) => {
                self.upright(opening);
                self.row(inner, setting.inside());
                self.upright(closing);
            }
            Node::Rows(rows) if setting.tables && rows.cells.len() > 1 => self.table(rows, setting),
            Node::Rows(rows) => self.in_line(rows, setting.inside()),
            Node::Source(source) => self.text(source, Face::Typewriter),
        }
    }

    fn bracketed(&mut self, brackets: bool, write: impl FnOnce(&mut Self)) {
        self.upright(if brackets { "(" } else { "" });
        write(self);
        self.upright(if brackets { ")" } else { "" });
    }

    /// A part of a fraction or root, in brackets where it is more than one thing.
    fn operand(&mut self, nodes: &[Node<'_>], setting: Setting) {
        self.bracketed(!single(nodes), |typesetter| typesetter.row(nodes, setting.inside()));
    }

    fn tagged(&mut self, tag: Tag, write: impl FnOnce(&mut Self)) {
        self.pieces.push(Piece::Begin(tag));
        write(self);
        self.pieces.push(Piece::End(tag));
    }

    fn letter(&mut self, letter: char, font: Option<Font>, italic: bool) {
        let face = match font {
            Some(Font::Of(alphabet)) => {
                let there = symbols::lettered(alphabet, letter).unwrap_or(letter);
                return self.text(there.encode_utf8(&mut [0; 4]), Face::Upright);
            }
            Some(Font::Upright) => Face::Upright,
            Some(Font::BoldItalic) if italic => Face::BoldItalic,
            Some(Font::Bold | Font::BoldItalic) => Face::Bold,
            Some(Font::Typewriter) => Face::Typewriter,
            Some(Font::Italic) if letter.is_alphabetic() => Face::Italic,
            // Scripts that have no italics stay as they are.
            _ if italic && (u32::from(letter) < 0x530 || is_small_greek(letter)) => Face::Italic,
            _ => Face::Upright,
        };
        self.text(letter.encode_utf8(&mut [0; 4]), face);
    }

    fn scripts(&mut self, scripts: &Scripts<'_>, setting: Setting) {
        let Scripts { base, primes, below, above } = scripts;
        let whole = matches!(base.as_slice(), [Node::Fraction(..) | Node::Root(..) | Node::Rows(_)]);
        self.bracketed(whole, |typesetter| typesetter.row(base, setting.inside()));
        self.upright(&"′".repeat(*primes));
        for (tag, script) in [(Tag::Below, below), (Tag::Above, above)] {
            if !script.is_empty() {
                self.tagged(tag, |typesetter| typesetter.row(script, setting.script()));
            }
        }
    }

    /// A mark on each letter, where it stands on letters alone; behind brackets otherwise.
    fn accent(&mut self, mark: char, under: &[Node<'_>], setting: Setting) {
        let from = self.pieces.len();
        // A text of its own, so that marks go to nothing that stands before.
        self.pieces.push(Piece::Text(String::new(), Face::Upright));
        let simple =
            under.iter().all(|node| matches!(node, Node::Letter(_) | Node::Number(_) | Node::Sign(..)));
        let along = matches!(mark, '\u{305}' | '\u{332}' | '\u{338}') || under.len() == 1;
        if simple && along {
            self.row(under, setting.inside());
            for piece in self.pieces.iter_mut().skip(from) {
                if let Piece::Text(text, _) = piece {
                    *text = text.chars().flat_map(|letter| [letter, mark]).collect();
                }
            }
        } else {
            self.operand(under, setting);
            self.upright(mark.encode_utf8(&mut [0; 4]));
        }
        if matches!(self.pieces.get(from), Some(Piece::Text(text, _)) if text.is_empty()) {
            self.pieces.remove(from);
        }
    }

    /// Rows on one line: cells with commas, rows with semicolons between them.
    fn in_line(&mut self, rows: &Rows<'_>, setting: Setting) {
        self.upright(rows.opening);
        for (number, row) in rows.cells.iter().enumerate() {
            self.upright(if number == 0 { "" } else { "; " });
            for (column, cell) in row.iter().enumerate() {
                let apart = if rows.align == Align::InTurn { " " } else { ", " };
                self.upright(if column == 0 { "" } else { apart });
                self.row(cell, setting);
            }
        }
        self.upright(rows.closing);
    }

    fn table(&mut self, rows: &Rows<'_>, setting: Setting) {
        let count = rows.cells.len();
        self.tagged(Tag::Table, |typesetter| {
            for (number, row) in rows.cells.iter().enumerate() {
                typesetter.tagged(Tag::Row, |typesetter| {
                    typesetter.bracket(rows.opening, number, count);
                    for (column, cell) in row.iter().enumerate() {
                        let side = match rows.align {
                            Align::Middle => Side::Middle,
                            Align::InTurn if column % 2 == 0 => Side::Right,
                            Align::Left | Align::InTurn => Side::Left,
                        };
                        typesetter
                            .tagged(Tag::Cell(side), |typesetter| typesetter.row(cell, setting.inside()));
                    }
                    typesetter.bracket(rows.closing, number, count);
                });
            }
        });
    }

    /// The part of a tall bracket that stands in this row.
    fn bracket(&mut self, bracket: &str, row: usize, rows: usize) {
        if bracket.is_empty() {
            return;
        }
        let [top, middle, along, bottom] = match bracket {
            "(" => ["⎛", "⎜", "⎜", "⎝"],
            ")" => ["⎞", "⎟", "⎟", "⎠"],
            "[" => ["⎡", "⎢", "⎢", "⎣"],
            "]" => ["⎤", "⎥", "⎥", "⎦"],
            "{" => ["⎧", "⎨", "⎪", "⎩"],
            "}" => ["⎫", "⎬", "⎪", "⎭"],
            other => [other; 4],
        };
        let part = match row {
            0 => top,
            row if row + 1 == rows => bottom,
            row if row == rows / 2 => middle,
            _ => along,
        };
        self.tagged(Tag::Cell(Side::Middle), |typesetter| typesetter.upright(part));
    }
}

fn is_small_greek(letter: char) -> bool {
    matches!(letter, 'α'..='ω' | 'ϑ' | 'ϕ' | 'ϖ' | 'ϰ' | 'ϱ' | 'ϵ' | 'ϝ')
}
