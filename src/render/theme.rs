//! Looks as data: which inline style each kind of thing gets. Articles have no stylesheet of ours (contract §6).
//!
//! Must not know: Markdown, HTML names. Wherever a background is set a text colour is set too, so that an
//! article reads on a dark portal; text outside such boxes keeps the portal's colour. Every pair of colours
//! has a contrast of at least 4.5 (WCAG AA).

macro_rules! roles {
    ($($(#[doc = $doc:literal])+ $name:ident = $style:literal;)+) => {
        /// What something is to the theme.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(super) enum Role { $($(#[doc = $doc])+ $name,)+ }

        impl Role {
            /// Every role.
            pub(super) const ALL: &[Self] = &[$(Self::$name),+];

            /// Its inline style in the light theme; empty for none.
            pub(super) const fn style(self) -> &'static str {
                match self { $(Self::$name => $style,)+ }
            }
        }
    };
}

roles! {
    /// Nothing to style.
    Plain = "";
    /// Paragraph.
    Paragraph = "margin:0 0 1em;line-height:1.6";
    /// Paragraph that is the last thing in its box.
    BoxParagraph = "margin:.4em 0;line-height:1.6";
    /// Heading 2.
    Heading2 = "margin:1.6em 0 .6em;padding-bottom:.3em;border-bottom:1px solid #d0d7de;font-size:1.5em;font-weight:600;line-height:1.25";
    /// Heading 3.
    Heading3 = "margin:1.5em 0 .5em;font-size:1.25em;font-weight:600;line-height:1.3";
    /// Heading 4.
    Heading4 = "margin:1.4em 0 .5em;font-size:1.05em;font-weight:600;line-height:1.35";
    /// Heading 5.
    Heading5 = "margin:1.3em 0 .4em;font-size:1em;font-weight:600;line-height:1.4";
    /// Heading 6.
    Heading6 = "margin:1.3em 0 .4em;font-size:.9em;font-weight:600;line-height:1.4";
    /// Bulleted or numbered list.
    List = "margin:0 0 1em;padding-left:2em;line-height:1.6";
    /// List inside a list item.
    InnerList = "margin:.25em 0;padding-left:2em;line-height:1.6";
    /// List item.
    Item = "margin:.25em 0";
    /// List item of a task list.
    TaskItem = "margin:.25em 0;list-style-type:none";
    /// Task box.
    TaskBox = "display:inline-block;width:1.4em;margin-left:-1.4em";
    /// Quotation.
    Quote = "margin:0 0 1em;padding:.2em 1em;border-left:.25em solid #8c959f";
    /// Rule.
    Rule = "height:0;margin:1.8em 0;border:0;border-top:1px solid #d0d7de";
    /// Code in running text.
    Code = "padding:.15em .35em;border-radius:4px;background:#eff1f3;color:#1f2328;font-family:ui-monospace,SFMono-Regular,Consolas,'Liberation Mono',Menlo,monospace;font-size:.88em;white-space:break-spaces;overflow-wrap:break-word";
    /// Box of a code block.
    CodeBlock = "margin:0 0 1em;padding:.9em 1.1em;overflow:auto;border:1px solid #d8dee4;border-radius:6px;background:#f6f8fa;color:#1f2328;font-family:ui-monospace,SFMono-Regular,Consolas,'Liberation Mono',Menlo,monospace;font-size:.88em;line-height:1.5;tab-size:4";
    /// Code inside its box.
    CodeText = "padding:0;border:0;background:transparent;color:inherit;font-family:inherit;font-size:1em;white-space:pre";
    /// Name above a code block.
    CodeTitle = "margin:0 0 -1px;padding:.35em 1.1em;border:1px solid #d8dee4;border-radius:6px 6px 0 0;background:#eaeef2;color:#1f2328;font-size:.82em;font-weight:600";
    /// Link on a light box, whatever the portal's own links look like.
    BoxLink = "color:#0550ae";
    /// Box of a table: it scrolls where the table is wider than the page.
    TableBox = "margin:0 0 1em;overflow-x:auto";
    /// Table.
    Table = "margin:0;border-collapse:collapse;max-width:100%;border:1px solid #d0d7de;background:#ffffff;color:#1f2328;line-height:1.5";
    /// Column heading.
    ColumnHeading = "padding:.5em .8em;border:1px solid #d0d7de;background:#eaeef2;color:#1f2328;font-weight:600;text-align:left;vertical-align:bottom";
    /// Cell of an odd row.
    Cell = "padding:.5em .8em;border:1px solid #d0d7de;background:#ffffff;color:#1f2328;vertical-align:top";
    /// Cell of an even row.
    EvenCell = "padding:.5em .8em;border:1px solid #d0d7de;background:#f6f8fa;color:#1f2328;vertical-align:top";
    /// Image.
    Image = "max-width:100%;height:auto";
    /// Image or table with its caption.
    Figure = "margin:0 0 1em;padding:0";
    /// Caption.
    Caption = "margin:.4em 0 1em;font-size:.9em;font-style:italic";
    /// Keyboard key.
    Key = "padding:.1em .45em;border:1px solid #afb8c1;border-bottom-width:2px;border-radius:5px;background:#f6f8fa;color:#1f2328;font-family:ui-monospace,SFMono-Regular,Consolas,'Liberation Mono',Menlo,monospace;font-size:.85em;white-space:nowrap";
    /// Marked text.
    Mark = "padding:0 .15em;background:#fff8c5;color:#1f2328";
    /// Inserted text.
    Inserted = "text-decoration:underline";
    /// Variable or term that is defined.
    Variable = "font-style:italic";
    /// Abbreviation, its long form in the title.
    Abbreviation = "text-decoration:underline dotted;cursor:help";
    /// Callout: note.
    Note = "margin:0 0 1em;padding:.6em 1em;border-left:.3em solid #0969da;border-radius:4px;background:#ddf4ff;color:#1f2328";
    /// Callout: tip.
    Tip = "margin:0 0 1em;padding:.6em 1em;border-left:.3em solid #1a7f37;border-radius:4px;background:#dafbe1;color:#1f2328";
    /// Callout: important.
    Important = "margin:0 0 1em;padding:.6em 1em;border-left:.3em solid #8250df;border-radius:4px;background:#fbefff;color:#1f2328";
    /// Callout: warning.
    Warning = "margin:0 0 1em;padding:.6em 1em;border-left:.3em solid #9a6700;border-radius:4px;background:#fff8c5;color:#1f2328";
    /// Callout: caution.
    Caution = "margin:0 0 1em;padding:.6em 1em;border-left:.3em solid #cf222e;border-radius:4px;background:#ffebe9;color:#1f2328";
    /// Title of a note.
    NoteTitle = "margin:0 0 .3em;color:#0550ae;font-weight:600";
    /// Title of a tip.
    TipTitle = "margin:0 0 .3em;color:#116329;font-weight:600";
    /// Title of an important callout.
    ImportantTitle = "margin:0 0 .3em;color:#6639ba;font-weight:600";
    /// Title of a warning.
    WarningTitle = "margin:0 0 .3em;color:#7d4e00;font-weight:600";
    /// Title of a caution.
    CautionTitle = "margin:0 0 .3em;color:#a40e26;font-weight:600";
    /// What opens and closes.
    Details = "margin:0 0 1em;padding:.5em 1em;border:1px solid #d0d7de;border-radius:6px";
    /// The line that opens and closes it.
    Summary = "cursor:pointer;font-weight:600";
    /// One of several alternatives that a portal without scripts shows one below the other.
    Tab = "margin:0 0 1em;padding:.2em 1em .4em;border:1px solid #d0d7de;border-radius:6px";
    /// Name of an alternative.
    TabTitle = "margin:.4em 0 .6em;font-weight:600";
    /// Term of a definition list.
    Term = "margin:.8em 0 .2em;font-weight:600";
    /// Definition of a term.
    Definition = "margin:0 0 .5em 2em;line-height:1.6";
    /// Formula in running text.
    Math = "font-family:'Cambria Math','STIX Two Math','Latin Modern Math',Cambria,Georgia,serif";
    /// Formula on a line of its own in running text.
    MathLine = "display:block;margin:.6em 0;text-align:center;font-family:'Cambria Math','STIX Two Math','Latin Modern Math',Cambria,Georgia,serif";
    /// Formula that stands by itself.
    MathBlock = "margin:0 0 1em;padding:.4em 1em;overflow:auto;text-align:center;font-family:'Cambria Math','STIX Two Math','Latin Modern Math',Cambria,Georgia,serif;line-height:1.6;white-space:pre-wrap";
    /// Picture of a formula in running text: on a ground of its own, as its ink is black.
    MathPicture = "max-width:100%;height:auto;vertical-align:middle;background:#ffffff;color:#1f2328";
    /// Picture of a formula on a line of its own.
    MathBlockPicture = "max-width:100%;height:auto;background:#ffffff;color:#1f2328";
    /// What stands above or below in a formula: it takes no room from the lines beside it.
    MathScript = "font-size:.75em;line-height:0";
    /// Rows in a formula.
    MathTable = "display:inline-table;margin:0;border:0;border-collapse:collapse;background:transparent;color:inherit;vertical-align:middle";
    /// Cell of such a row.
    MathCell = "padding:0 .3em;border:0;text-align:center;line-height:1.35";
    /// Cell that stands at its left.
    MathCellLeft = "padding:0 .3em;border:0;text-align:left;line-height:1.35";
    /// Cell that stands at its right.
    MathCellRight = "padding:0 .3em;border:0;text-align:right;line-height:1.35";
    /// Box of the table of contents.
    Contents = "margin:0 0 1.5em;padding:.8em 1.2em;border:1px solid #d0d7de;border-radius:6px;background:#f6f8fa;color:#1f2328";
    /// Its heading.
    ContentsTitle = "margin:0 0 .4em;font-weight:600";
    /// A list in it.
    ContentsList = "margin:0;padding-left:1.4em;line-height:1.6;list-style-type:disc";
    /// Rule above the footnotes.
    FootnotesRule = "height:0;margin:2em 0 1em;border:0;border-top:1px solid #d0d7de";
    /// The footnotes.
    Footnotes = "margin:0 0 1em;padding-left:2em;font-size:.9em;line-height:1.6";
    /// Mark of a footnote in the text.
    FootnoteMark = "font-size:.75em;line-height:0";
    /// The line that names the document's source.
    Source = "margin:2em 0 0;padding-top:.6em;border-top:1px solid #d0d7de;font-size:.9em";
}

impl Role {
    /// Whether it is a light box that links stand on.
    pub(super) const fn holds_links(self) -> bool {
        matches!(
            self,
            Self::Note
                | Self::Tip
                | Self::Important
                | Self::Warning
                | Self::Caution
                | Self::ColumnHeading
                | Self::Cell
                | Self::EvenCell
                | Self::Contents
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(style: &str, property: &str) -> Option<[f64; 3]> {
        let value = style.split(';').find_map(|rule| {
            let (name, value) = rule.split_once(':')?;
            (name == property).then_some(value)
        })?;
        let hex = value.strip_prefix('#')?;
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        Some([channel(0), channel(2), channel(4)])
    }

    fn luminance([r, g, b]: [f64; 3]) -> f64 {
        0.2126f64.mul_add(r, 0.7152f64.mul_add(g, 0.0722 * b))
    }

    fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn boxes_set_both_colours_with_enough_contrast() {
        for role in Role::ALL {
            let style = role.style();
            if let Some(background) = colour(style, "background") {
                let text = colour(style, "color").unwrap_or_else(|| panic!("{role:?} has no text colour"));
                assert!(contrast(background, text) >= 4.5, "{role:?}");
            }
        }
    }

    #[test]
    fn links_read_on_every_box_that_holds_them() {
        let link = colour(Role::BoxLink.style(), "color").unwrap();
        for role in Role::ALL.iter().filter(|role| role.holds_links()) {
            let background = colour(role.style(), "background").unwrap_or_else(|| panic!("{role:?}"));
            assert!(contrast(link, background) >= 4.5, "{role:?}");
        }
    }

    #[test]
    fn callout_titles_read_on_their_boxes() {
        for (title, callout) in [
            (Role::NoteTitle, Role::Note),
            (Role::TipTitle, Role::Tip),
            (Role::ImportantTitle, Role::Important),
            (Role::WarningTitle, Role::Warning),
            (Role::CautionTitle, Role::Caution),
        ] {
            let (text, background) = (colour(title.style(), "color"), colour(callout.style(), "background"));
            assert!(contrast(text.unwrap(), background.unwrap()) >= 4.5, "{title:?}");
        }
    }
}
