//! Callouts: a box with an icon, a colour and a title by kind, whatever dialect they were written in.

use pulldown_cmark::{BlockQuoteKind, CowStr};

use super::builder::{Builder, Opened};
use super::{markers, raw, unread};
use crate::render::syntax::construct::{self, Kind};
use crate::render::theme::Role;
use crate::render::tree::{Element, Id, Kind as Node, NONE};

impl From<BlockQuoteKind> for Kind {
    fn from(kind: BlockQuoteKind) -> Self {
        match kind {
            BlockQuoteKind::Note => Self::Note,
            BlockQuoteKind::Tip => Self::Tip,
            BlockQuoteKind::Important => Self::Important,
            BlockQuoteKind::Warning => Self::Warning,
            BlockQuoteKind::Caution => Self::Caution,
        }
    }
}

impl Kind {
    /// How its box looks.
    pub(super) const fn role(self) -> Role {
        self.look().2
    }

    /// The sign that its title begins with.
    pub(super) fn icon(self) -> &'static str {
        self.look().1.split(' ').next().unwrap_or_default()
    }

    const fn look(self) -> (&'static str, &'static str, Role, Role) {
        match self {
            Self::Note => ("kb-note", "ℹ Note", Role::Note, Role::NoteTitle),
            Self::Tip => ("kb-tip", "✔ Tip", Role::Tip, Role::TipTitle),
            Self::Important => ("kb-important", "★ Important", Role::Important, Role::ImportantTitle),
            Self::Warning => ("kb-warning", "⚠ Warning", Role::Warning, Role::WarningTitle),
            Self::Caution => ("kb-caution", "✖ Caution", Role::Caution, Role::CautionTitle),
        }
    }
}

/// Opens a callout and writes its title: the kind's own, or the writer's behind the kind's icon, or none
/// where the writer's is empty.
pub(super) fn open<'a>(
    builder: &mut Builder<'a>,
    kind: Kind,
    title: Option<&'a str>,
    by: Opened,
    offset: usize,
) {
    let (class, own, role, title_role) = kind.look();
    raw::enter_flow(builder, offset);
    builder.push(Node::Element(Element::new("div", role).with("class", class)), offset, by);
    match title {
        Some("") => {}
        Some(title) => markers::line(builder, "p", title_role, kind.icon(), title, offset),
        None => {
            builder.open(Node::Element(Element::new("p", title_role)), offset);
            builder.leaf(Node::Text(CowStr::Borrowed(own)), offset);
            builder.close_markdown();
        }
    }
}

/// A title behind the kind's icon.
fn titled(kind: Kind, title: &str) -> String {
    format!("{} {title}", kind.icon())
}

/// A quotation is complete: one that begins with `[!kind]`, in any case and with a title of its own (DocFX,
/// Obsidian), becomes a callout, and DocFX's `[!div …]` leaves its content alone.
pub(super) fn quoted(builder: &mut Builder<'_>, quote: Id) {
    let paragraph = builder.tree.node(quote).first;
    if paragraph == NONE || !matches!(builder.tree.node(paragraph).kind, Node::Element(_)) {
        return;
    }
    let first = builder.tree.node(paragraph).first;
    let Some(Node::Text(text)) = (first != NONE).then(|| &builder.tree.node(first).kind) else { return };
    if text.get(..8).is_some_and(|mark| mark.eq_ignore_ascii_case("[!video ")) {
        return video(builder, quote, paragraph, first);
    }
    let Some((mark, title)) = text.strip_prefix("[!").and_then(|rest| rest.split_once(']')) else { return };
    let next = builder.tree.node(first).next;
    let alone = next == NONE || matches!(builder.tree.node(next).kind, Node::SoftBreak);
    if mark.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case("div")) && alone {
        *builder.tree.kind_mut(quote) = Node::Group;
        *builder.tree.kind_mut(first) = Node::Hidden;
        match next {
            NONE => *builder.tree.kind_mut(paragraph) = Node::Hidden,
            next => *builder.tree.kind_mut(next) = Node::Hidden,
        }
        return;
    }
    // Behind a bar stand classes, and a sign behind the bracket says whether it is folded.
    let word = mark.split('|').next().unwrap_or_default().trim_end();
    let Some((kind, own)) = construct::kind(word) else {
        let plain = |c: char| c.is_ascii_alphabetic() || matches!(c, '-' | '_');
        if !word.is_empty() && word.chars().all(plain) && !is_include(word) {
            let offset = builder.tree.node(first).offset as usize;
            unread::tell(builder, unread::KIND, offset);
        }
        return;
    };
    let title = title.strip_prefix(['+', '-']).unwrap_or(title).trim_start();
    // What stands behind the text of a title keeps its distance.
    let title = if alone { title.trim_end() } else { title };
    let shown = if title.is_empty() && alone {
        own.map_or_else(|| kind.look().1.to_owned(), |own| titled(kind, own))
    } else {
        titled(kind, title)
    };
    let offset = builder.tree.node(first).offset as usize;
    let (class, _, role, title_role) = kind.look();
    *builder.tree.kind_mut(quote) = Node::Element(Element::new("div", role).with("class", class));
    *builder.tree.kind_mut(first) = Node::Element(Element::new("strong", title_role));
    builder.tree.append(first, Node::Text(CowStr::from(shown)), offset);
    let mut line_end = next;
    while line_end != NONE && !matches!(builder.tree.node(line_end).kind, Node::SoftBreak) {
        line_end = builder.tree.node(line_end).next;
    }
    if line_end != NONE {
        *builder.tree.kind_mut(line_end) = Node::Element(Element::new("br", Role::Plain));
    }
}

/// Whether this is a word of DocFX that stands for something else.
fn is_include(word: &str) -> bool {
    ["include", "video", "code"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// DocFX's `[!Video URL]`: the link alone stays.
fn video(builder: &mut Builder<'_>, quote: Id, paragraph: Id, first: Id) {
    let last = builder.tree.node(paragraph).last;
    let closing = matches!(&builder.tree.node(last).kind, Node::Text(text) if text.trim() == "]");
    if closing && last != first {
        *builder.tree.kind_mut(quote) = Node::Group;
        *builder.tree.kind_mut(first) = Node::Hidden;
        *builder.tree.kind_mut(last) = Node::Hidden;
    }
}
