//! Wiki links, `[[page]]`, as Obsidian and the wikis of GitHub and GitLab write them: what a link of Markdown would say.
//!
//! Must not know: which pages there are.

use pulldown_cmark::CowStr;

use super::builder::Builder;
use super::slugs;
use crate::render::tree::{Element, Id, Kind, NONE};

/// What a link of Markdown would lead to: an anchor where the words of a heading are named, or a block of Obsidian's.
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
    destination.push('#');
    match heading.strip_prefix('^') {
        Some(block) => destination.push_str(block),
        None => slugs::slug_into(&mut destination, heading),
    }
    CowStr::from(destination)
}

/// A paragraph or an item of a list is complete: `^name` at its end names it.
pub(super) fn block(builder: &mut Builder<'_>, node: Id) {
    let last = builder.tree.node(node).last;
    let Some(Kind::Text(text)) = (last != NONE).then(|| &builder.tree.node(last).kind) else { return };
    let Some((shown, name)) = text.rsplit_once('^') else { return };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if name.is_empty() || !name.bytes().all(plain) || !(shown.is_empty() || shown.ends_with(' ')) {
        return;
    }
    let (shown, name) = (shown.trim_end().to_owned(), name.to_owned());
    let offset = builder.tree.node(last).offset as usize;
    *builder.tree.kind_mut(last) = Kind::Text(CowStr::from(shown));
    if builder.slugs.reserve(&name) {
        builder.tree.append(
            node,
            Kind::Element(Element::anchor(builder.links_open > 0).with("id", name)),
            offset,
        );
    }
}

/// An image is complete: `![[net.png|300x200]]` names its size where others have a text, `![text|300](net.png)` behind
/// its text.
pub(super) fn sized(builder: &mut Builder<'_>, image: Id) {
    let node = builder.tree.node(image);
    let (only, last, offset) = (node.first, node.last, node.offset as usize);
    if only == NONE || only != last {
        return;
    }
    let Kind::Text(text) = &builder.tree.node(only).kind else { return };
    let is_wiki = builder.text[offset..].starts_with("![[");
    let (shown, sizes) = match text.rsplit_once('|') {
        Some((shown, sizes)) => (Some(shown.to_owned()), sizes),
        None if is_wiki => (None, &**text),
        None => return,
    };
    let Some((width, height)) = size(sizes) else { return };
    let (width, height) = (width.to_owned(), height.to_owned());
    let Kind::Image(image) = builder.tree.kind_mut(image) else { return };
    let sizes = [("width", width), ("height", height)].into_iter().filter(|(_, value)| !value.is_empty());
    image.attributes.extend(sizes.map(|(name, value)| (name, CowStr::from(value))));
    let name = || image.destination.rsplit('/').next().unwrap_or_default().to_owned();
    let text = CowStr::from(shown.unwrap_or_else(name));
    *builder.tree.kind_mut(only) = Kind::Text(text);
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
            ("Page#^a1b2", "Page#a1b2"),
            ("a.png", "a.png"),
            ("https://example.org/#A", "https://example.org/#A"),
        ] {
            assert_eq!(&*destination(CowStr::from(written)), expected);
        }
        assert_eq!([size("300"), size("30x20")], [Some(("300", "")), Some(("30", "20"))]);
        assert_eq!([size("300px"), size("x"), size("")], [None; 3]);
    }
}
