//! The few colours there are. Everything reads without them: they repeat what the words say.

use anstyle::{AnsiColor, Style};

/// A colour with its way of being put on.
#[derive(Clone, Copy)]
pub(super) struct Ink(Style);

impl Ink {
    /// The text in this ink; plain text stays plain where there is nothing to colour.
    pub(super) fn paint(self, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        format!("{}{text}{}", self.0.render(), self.0.render_reset())
    }

    /// The same with foreground and background exchanged.
    pub(super) const fn reversed(self) -> Self {
        Self(self.0.invert())
    }
}

pub(super) const PLAIN: Ink = Ink(Style::new());
pub(super) const STRONG: Ink = Ink(Style::new().bold());
pub(super) const FAINT: Ink = Ink(Style::new().dimmed());
pub(super) const ERROR: Ink = Ink(AnsiColor::Red.on_default().bold());
pub(super) const WARNING: Ink = Ink(AnsiColor::Yellow.on_default().bold());
pub(super) const HINT: Ink = Ink(AnsiColor::Cyan.on_default());
pub(super) const GOOD: Ink = Ink(AnsiColor::Green.on_default());
pub(super) const CHANGED: Ink = Ink(AnsiColor::Yellow.on_default());
pub(super) const GONE: Ink = Ink(AnsiColor::Red.on_default());
