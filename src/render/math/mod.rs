//! Formulas: as pictures where something draws them, as styled text otherwise. One that cannot be read is shown as its
//! source.
//!
//! Must not know: how pictures are drawn, dollar signs.

mod chemistry;
mod parse;
mod symbols;
mod text;

#[cfg(test)]
mod tests;

use self::text::{Face, Piece, Side, Tag};
use super::theme::Role;
use super::tree::Stand;
use super::write::{Surface, Writer};

/// Longer formulas are shown as their source, in bytes: nobody reads them on a line.
const LONGEST: usize = 20_000;

/// Writes a formula.
pub(super) fn write<S: Surface>(writer: &mut Writer<'_, '_, S>, source: &str, stand: Stand, offset: u32) {
    let (name, role) = match stand {
        Stand::InLine => ("span", Role::Math),
        Stand::OwnLine => ("span", Role::MathLine),
        Stand::Alone => ("div", Role::MathBlock),
    };
    writer.open(name, role, &[("class", "kb-math")]);
    let source = source.trim();
    match (source.len() <= LONGEST).then(|| parse::parse(source)).flatten() {
        Some(nodes) => {
            for piece in text::typeset(&nodes, stand == Stand::Alone) {
                write_piece(writer, &piece);
            }
        }
        None => writer.text(source),
    }
    writer.raw(if name == "span" { "</span>" } else { "</div>\n" });
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
            Tag::Below => writer.open::<&str>("sub", Role::MathScript, &[]),
            Tag::Above => writer.open::<&str>("sup", Role::MathScript, &[]),
            Tag::Struck => writer.raw("<strike>"),
            Tag::Table => writer.open("table", Role::MathTable, &[("class", "kb-math-rows")]),
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
