//! HTML that is escaped by its type: text becomes markup only through [`html!`] or by being [`Html`] already.
//!
//! Knows no page.

use std::fmt::{self, Write as _};

/// Finished markup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Html(String);

impl Html {
    /// Takes markup as it is. For what a cleaner of HTML returned; never for a value from a row or a request.
    pub(super) fn trusted(markup: String) -> Self {
        Self(markup)
    }

    /// The markup.
    pub(crate) fn into_string(self) -> String {
        self.0
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds more behind it.
    pub(crate) fn push(&mut self, more: &Self) {
        self.0.push_str(&more.0);
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<I: IntoIterator<Item = Html>>(parts: I) -> Self {
        parts.into_iter().fold(Self::default(), |mut all, part| {
            all.push(&part);
            all
        })
    }
}

/// What may stand in a place of [`html!`].
pub(crate) trait Markup {
    /// The form in which it is written.
    fn shown(&self) -> Shown<'_>;
}

/// Text that is yet to be escaped, or markup that is not.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shown<'a> {
    /// Escaped on writing, fit for an element and for a quoted attribute.
    Text(&'a str),
    /// Written as it is.
    Markup(&'a str),
    /// Digits need no escape.
    Number(usize),
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Markup(markup) => f.write_str(markup),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => {
                for letter in text.chars() {
                    match letter {
                        '&' => f.write_str("&amp;")?,
                        '<' => f.write_str("&lt;")?,
                        '>' => f.write_str("&gt;")?,
                        '"' => f.write_str("&quot;")?,
                        '\'' => f.write_str("&#39;")?,
                        other => f.write_char(other)?,
                    }
                }
                Ok(())
            }
        }
    }
}

impl Markup for str {
    fn shown(&self) -> Shown<'_> {
        Shown::Text(self)
    }
}

impl Markup for String {
    fn shown(&self) -> Shown<'_> {
        Shown::Text(self)
    }
}

impl Markup for Html {
    fn shown(&self) -> Shown<'_> {
        Shown::Markup(&self.0)
    }
}

impl Markup for usize {
    fn shown(&self) -> Shown<'_> {
        Shown::Number(*self)
    }
}

impl<T: Markup + ?Sized> Markup for &T {
    fn shown(&self) -> Shown<'_> {
        (**self).shown()
    }
}

/// `format!` whose places take [`Markup`]: texts are escaped, markup is not. Places are `{}`, never `{name}`.
macro_rules! html {
    ($format:literal $(, $value:expr)* $(,)?) => {
        $crate::sandbox::pages::markup::Html::formatted(
            format_args!($format $(, $crate::sandbox::pages::markup::Markup::shown(&$value))*)
        )
    };
}
pub(crate) use html;

impl Html {
    /// For [`html!`] alone.
    pub(crate) fn formatted(arguments: fmt::Arguments<'_>) -> Self {
        let mut markup = String::new();
        let _ = markup.write_fmt(arguments);
        Self(markup)
    }
}

/// A query value: everything but letters, digits, `-`, `.`, `_` percent-encoded.
pub(crate) fn query_value(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');
    percent_encoding::utf8_percent_encode(text, KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_markup_is_not() {
        let inner = html!("<b>{}</b>", "a < b & \"c\" 'd'");
        let outer = html!("<p title=\"{}\">{} {}</p>", "\"><script>", inner, 3_usize);
        assert_eq!(
            outer.into_string(),
            "<p title=\"&quot;&gt;&lt;script&gt;\"><b>a &lt; b &amp; &quot;c&quot; &#39;d&#39;</b> 3</p>"
        );
    }

    #[test]
    fn a_query_value_cannot_leave_its_place() {
        assert_eq!(query_value("a b&c=d#é"), "a%20b%26c%3Dd%23%C3%A9");
    }
}
