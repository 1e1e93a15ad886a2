//! Formulas: as pictures where something draws them, as styled text otherwise. One that cannot be read is shown as its
//! source.
//!
//! Must not know: how pictures are drawn, TeX.

use pulldown_cmark::CowStr;

use super::writer::{Surface, Writer};
use crate::render::math::{Face, Formula, Formulas, Piece, Side, Tag};
use crate::render::outline::{Destination, ReferenceKind};
use crate::render::theme::Role;
use crate::render::tree::Stand;
use crate::render::urls;

/// Writes a formula.
pub(super) fn write<S: Surface>(writer: &mut Writer<'_, '_, S>, source: &str, stand: Stand, offset: u32) {
    let source = source.trim();
    let formula = Formula::read(source);
    let picture = match writer.parsed.formulas {
        Formulas::Text => false,
        Formulas::Picture => true,
        Formulas::Auto => stand != Stand::InLine || !formula.as_ref().is_some_and(Formula::is_plain),
    };
    if picture && !source.is_empty() && drawn(writer, source, stand, offset) {
        return;
    }
    let end = begin(writer, stand);
    match formula {
        Some(formula) => {
            for piece in formula.typeset(stand == Stand::Alone) {
                write_piece(writer, &piece);
            }
        }
        None => writer.text(source),
    }
    writer.raw(end);
}

/// Begins what holds a formula; gives its end.
fn begin<S: Surface>(writer: &mut Writer<'_, '_, S>, stand: Stand) -> &'static str {
    let (name, role, end) = match stand {
        Stand::InLine => ("span", Role::Math, "</span>"),
        Stand::OwnLine => ("span", Role::MathLine, "</span>"),
        Stand::Alone => ("div", Role::MathBlock, "</div>\n"),
    };
    writer.open(name, role, &[("class", "kb-math")]);
    end
}

/// Writes the picture of a formula, if it was drawn. Its alternative text is the source.
fn drawn<S: Surface>(writer: &mut Writer<'_, '_, S>, source: &str, stand: Stand, offset: u32) -> bool {
    if !writer.parsed.drawings.iter().any(|language| language == "math") {
        return false;
    }
    let in_line = stand == Stand::InLine;
    let kind = if in_line { ReferenceKind::InlineDrawing } else { ReferenceKind::Drawing };
    let destination = CowStr::from(format!("math\n{source}"));
    let (url, size) = match writer.surface.reference(kind, &destination, offset) {
        Destination::Url(url) => (url, None),
        Destination::Sized(url, size) => (url, Some(size)),
        Destination::Plain => return false,
    };
    // Sizes follow the text's; the digest of looks knows the roles alone.
    let style = match size.filter(|_| S::LOOKS) {
        Some(size) => {
            let below =
                size.depth.filter(|_| in_line).map(|depth| format!(";vertical-align:{:.3}em", -depth));
            format!("width:{:.3}em{}", size.width, below.unwrap_or_default())
        }
        None => String::new(),
    };
    let end = if in_line { "" } else { begin(writer, stand) };
    let src = urls::encode(&url);
    let attributes = [("src", &*src), ("alt", source), ("style", &style)];
    let used = if style.is_empty() { &attributes[..2] } else { &attributes[..] };
    writer.open("img", if in_line { Role::MathPicture } else { Role::MathBlockPicture }, used);
    writer.raw(end);
    true
}

fn write_piece<S: Surface>(writer: &mut Writer<'_, '_, S>, piece: &Piece) {
    match piece {
        Piece::Text(text, face) => {
            let (begin, end) = match face {
                Face::Upright => ("", ""),
                Face::Italic => ("<i>", "</i>"),
                Face::Bold => ("<b>", "</b>"),
                Face::BoldItalic => ("<b><i>", "</i></b>"),
                Face::Typewriter => ("<tt>", "</tt>"),
            };
            // Text after text is one text: braces in it are found.
            if !begin.is_empty() {
                writer.raw(begin);
            }
            writer.text(text);
            if !end.is_empty() {
                writer.raw(end);
            }
        }
        Piece::Begin(tag) => match tag {
            Tag::Below => _ = writer.open::<&str>("sub", Role::MathScript, &[]),
            Tag::Above => _ = writer.open::<&str>("sup", Role::MathScript, &[]),
            Tag::Struck => writer.raw("<strike>"),
            Tag::Table => _ = writer.open("table", Role::MathTable, &[("class", "kb-math-rows")]),
            Tag::Row => writer.raw("<tr>"),
            Tag::Cell(side) => {
                let role = match side {
                    Side::Left => Role::MathCellLeft,
                    Side::Middle => Role::MathCell,
                    Side::Right => Role::MathCellRight,
                };
                writer.open::<&str>("td", role, &[]);
            }
        },
        Piece::End(tag) => writer.raw(match tag {
            Tag::Below => "</sub>",
            Tag::Above => "</sup>",
            Tag::Struck => "</strike>",
            Tag::Table => "</tbody></table>",
            Tag::Row => "</tr>",
            Tag::Cell(_) => "</td>",
        }),
        Piece::Break => writer.raw("<br>"),
    }
    if matches!(piece, Piece::Begin(Tag::Table)) {
        writer.raw("<tbody>");
    }
}
