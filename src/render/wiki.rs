//! Wiki links, `[[page]]`, as Obsidian and the wikis of GitHub and GitLab write them: what a link of Markdown would say.
//!
//! Must not know: which pages there are.

use pulldown_cmark::CowStr;

use super::builder::Builder;
use super::headings;
use super::tree::{Id, Kind, NONE};

/// What a link of Markdown would lead to: an anchor where the words of a heading are named, and no block of Obsidian's.
pub(super) fn destination(written: CowStr<'_>) -> CowStr<'_> {
    // In tables a backslash stands before the bar.
    let named = written.trim_end_matches('\\').trim_end();
    if named.contains("://") {
        return written;
    }
    let Some((page, heading)) = named.split_once('#') else {
        return if named.len() == written.len() { written } else { CowStr::from(named.to_owned()) };
    };
    let heading = heading.rsplit('#').next().unwrap_or_default().trim();
    let mut destination = page.to_owned();
    if !heading.starts_with('^') {
        destination.push('#');
        headings::slug_into(&mut destination, heading);
    }
    CowStr::from(destination)
}

/// An image is complete: `![[net.png|300x200]]` names its size where others have a text.
pub(super) fn sized(builder: &mut Builder<'_>, image: Id) {
    let node = builder.tree.node(image);
    let (only, last, offset) = (node.first, node.last, node.offset as usize);
    if only == NONE || only != last || !builder.text[offset..].starts_with("![[") {
        return;
    }
    let Kind::Text(text) = &builder.tree.node(only).kind else { return };
    let Some((width, height)) = size(text) else { return };
    let (width, height) = (width.to_owned(), height.to_owned());
    let Kind::Image(image) = builder.tree.kind_mut(image) else { return };
    let sizes = [("width", width), ("height", height)].into_iter().filter(|(_, value)| !value.is_empty());
    image.attributes.extend(sizes.map(|(name, value)| (name, CowStr::from(value))));
    let name = image.destination.rsplit('/').next().unwrap_or_default().to_owned();
    *builder.tree.kind_mut(only) = Kind::Text(CowStr::from(name));
}

/// `300` or `300x200`.
fn size(text: &str) -> Option<(&str, &str)> {
    let (width, height) = text.split_once('x').unwrap_or((text, ""));
    let number = |text: &str| text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    (!width.is_empty() && number(width) && number(height)).then_some((width, height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_anchors() {
        for (written, expected) in [
            ("Page", "Page"),
            ("Page\\", "Page"),
            ("Page#Set it up!", "Page#set-it-up"),
            ("#A#Deeper one", "#deeper-one"),
            ("Page#^a1b2", "Page"),
            ("a.png", "a.png"),
            ("https://example.org/#A", "https://example.org/#A"),
        ] {
            assert_eq!(&*destination(CowStr::from(written)), expected);
        }
        assert_eq!([size("300"), size("30x20")], [Some(("300", "")), Some(("30", "20"))]);
        assert_eq!([size("300px"), size("x"), size("")], [None; 3]);
    }
}
