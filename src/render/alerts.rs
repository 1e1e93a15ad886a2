//! Callouts: a box with an icon, a colour and a title by kind, whatever dialect they were written in.

use pulldown_cmark::{BlockQuoteKind, CowStr};

use super::parse::Builder;
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
    const fn look(self) -> (&'static str, &'static str, Role, Role) {
        match self {
            Self::Note => ("kb-note", "ℹ️ Note", Role::Note, Role::NoteTitle),
            Self::Tip => ("kb-tip", "💡 Tip", Role::Tip, Role::TipTitle),
            Self::Important => ("kb-important", "❗ Important", Role::Important, Role::ImportantTitle),
            Self::Warning => ("kb-warning", "⚠️ Warning", Role::Warning, Role::WarningTitle),
            Self::Caution => ("kb-caution", "🛑 Caution", Role::Caution, Role::CautionTitle),
        }
    }
}

/// Opens a callout and writes its title: the kind's own, or the writer's behind the kind's icon.
pub(super) fn open<'a>(builder: &mut Builder<'a>, kind: Kind, title: Option<&str>, offset: usize) {
    let (class, own, role, title_role) = kind.look();
    builder.open(Node::Element(Element::new("div", role).with("class", class)), offset);
    builder.open(Node::Element(Element::new("p", title_role)), offset);
    let text: CowStr<'a> = match title {
        Some(title) => {
            let icon = own.split(' ').next().unwrap_or_default();
            CowStr::from(format!("{icon} {title}"))
        }
        None => CowStr::Borrowed(own),
    };
    builder.leaf(Node::Text(text), offset);
    builder.close_markdown();
}
