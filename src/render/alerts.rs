//! Callouts: a box with an icon, a colour and a title by kind, whatever dialect they were written in.

use pulldown_cmark::{BlockQuoteKind, CowStr};

use super::parse::{Builder, Opened};
use super::raw;
use super::theme::Role;
use super::tree::{Element, Kind as Node};

/// What a callout is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Worth knowing.
    Note,
    /// Helps.
    Tip,
    /// Needed to succeed.
    Important,
    /// Urgent.
    Warning,
    /// Dangerous.
    Caution,
}

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
    title: Option<&str>,
    by: Opened,
    offset: usize,
) {
    let (class, own, role, title_role) = kind.look();
    raw::enter_flow(builder, offset);
    builder.push(Node::Element(Element::new("div", role).with("class", class)), offset, by);
    let text: CowStr<'a> = match title {
        Some("") => return,
        Some(title) => CowStr::from(titled(kind, title)),
        None => CowStr::Borrowed(own),
    };
    builder.open(Node::Element(Element::new("p", title_role)), offset);
    builder.leaf(Node::Text(text), offset);
    builder.close_markdown();
}

/// A title behind the kind's icon.
pub(super) fn titled(kind: Kind, title: &str) -> String {
    let icon = kind.look().1.split(' ').next().unwrap_or_default();
    format!("{icon} {title}")
}
