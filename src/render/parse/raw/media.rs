//! Raw links and images, and what is embedded: a link takes its place.
//!
//! Must not know: where references lead.

use super::attributes::{keep_attributes, value};
use super::scan::Attribute;
use super::structure::{Block, before, enter_flow};
use crate::finding::Code;
use crate::render::parse::builder::{Builder, Opened};
use crate::render::parse::links;
use crate::render::syntax::components;
use crate::render::theme::Role;
use crate::render::tree::{Element, Image, Kind, Link};
use crate::render::{allowlist, urls};

/// A link or an anchor, by a tag called `name`.
pub(super) fn anchor(
    builder: &mut Builder<'_>,
    name: &str,
    mut attributes: Vec<Attribute>,
    closing: bool,
    offset: usize,
) {
    enter_flow(builder, offset);
    // `name` is the older way to write an anchor.
    if value(&attributes, "id").is_none() {
        for attribute in attributes.iter_mut().filter(|attribute| attribute.name == "name") {
            "id".clone_into(&mut attribute.name);
        }
    }
    let component = || value(&attributes, "to").filter(|_| name != "a");
    let href = value(&attributes, "href").or_else(component).map(|href| path(href).to_owned());
    let Some(listed) = allowlist::element("a") else { return };
    let kept = keep_attributes(builder, listed, attributes);
    let kind = match href {
        Some(href) if builder.links_open == 0 => {
            links::link(builder, Link { destination: href.into(), attributes: kept }, offset)
        }
        _ if kept.iter().any(|(name, _)| *name == "id") => {
            let in_link = builder.links_open > 0;
            let own = |name: &str| !in_link || allowlist::GLOBAL_ATTRIBUTES.contains(&name);
            let mut element = Element::anchor(in_link);
            element.attributes = kept.into_iter().filter(|(name, _)| own(name)).collect();
            let top = builder.top();
            builder.tree.append(top, Kind::Element(element), offset);
            Kind::Group
        }
        _ => Kind::Group,
    };
    if !closing {
        builder.push(kind, offset, Opened::Html(name.into()));
    }
}

pub(super) fn image(builder: &mut Builder<'_>, attributes: Vec<Attribute>, offset: usize) {
    enter_flow(builder, offset);
    let Some(destination) = value(&attributes, "src").map(|src| path(src).to_owned()) else { return };
    let caption = value(&attributes, "caption").map(str::to_owned);
    if urls::is_by_night(&destination) {
        return;
    }
    let alt = value(&attributes, "alt").map(str::to_owned);
    if alt.is_none() {
        builder.missing_alt(offset);
    }
    let Some(listed) = allowlist::element("img") else { return };
    let mut kept = keep_attributes(builder, listed, attributes);
    kept.retain(|(name, _)| *name != "alt");
    let kind = links::image(builder, Image { destination: destination.into(), attributes: kept }, offset);
    let top = builder.top();
    let node = builder.tree.append(top, kind, offset);
    if let Some(alt) = alt.filter(|alt| !alt.is_empty()) {
        builder.tree.append(node, Kind::Text(alt.into()), offset);
    }
    if let Some(caption) = caption {
        line_of_its_own(builder, ("p", Role::Caption, "kb-caption"), &caption, offset);
    }
}

/// A line of text that stands by itself: an element of this name, look and class.
pub(super) fn line_of_its_own(
    builder: &mut Builder<'_>,
    (name, role, class): (&'static str, Role, &'static str),
    text: &str,
    offset: usize,
) {
    enter_flow(builder, offset);
    before(builder, Block::Flow);
    let top = builder.top();
    let line = builder.tree.append(top, Kind::Element(Element::new(name, role).with("class", class)), offset);
    builder.tree.append(line, Kind::Text(text.to_owned().into()), offset);
}

/// The path in what MDX computes from one: `{require('./a.png').default}`.
fn path(source: &str) -> &str {
    let code = source.strip_prefix('{').and_then(|source| source.strip_suffix('}'));
    code.and_then(components::computed).unwrap_or(source)
}

/// What a component of MDX that is not known is to a reader, by what it says: a link, an image, a text with a hint.
/// `false` where nothing says so.
pub(super) fn component(
    builder: &mut Builder<'_>,
    name: &str,
    attributes: &[Attribute],
    closing: bool,
    offset: usize,
) -> bool {
    let said = |names: &[&str]| {
        let found = names.iter().find_map(|name| value(attributes, name));
        found.map(path).filter(|value| !value.is_empty() && !value.starts_with('{'))
    };
    if !closing && !builder.is_closed(name, offset) {
        return false;
    }
    if let Some(target) = said(&["href", "to"]) {
        if closing {
            enter_flow(builder, offset);
            embed_link(builder, target, said(&["title", "label", "text"]), offset);
        } else {
            anchor(builder, name, attributes.to_vec(), closing, offset);
        }
        return true;
    }
    if closing && said(&["src"]).is_some_and(urls::is_picture) {
        image(builder, attributes.to_vec(), offset);
        return true;
    }
    let hint = said(&["tip"]).filter(|_| !closing);
    if let Some(hint) = hint {
        enter_flow(builder, offset);
        let element = Element::new("span", Role::Abbreviation).with("class", "kb-abbreviation");
        let element = element.with("title", hint.to_owned());
        builder.push(Kind::Element(element), offset, Opened::Html(name.into()));
    }
    hint.is_some()
}

/// What is embedded becomes a link to it; what stood inside for old browsers goes, up to the end tag if it `hides`.
pub(super) fn embed(
    builder: &mut Builder<'_>,
    name: &str,
    attributes: &[Attribute],
    hides: bool,
    help: &'static str,
    offset: usize,
) {
    let source = ["src", "data", "url"].into_iter().find_map(|key| value(attributes, key));
    // Films and sounds may name it in what stands in them.
    let (what, help) = if source.is_some() || hides && matches!(name, "audio" | "video") {
        ("a link stands in its place", help)
    } else {
        ("it names nothing to link to, and is left out", "say in words what it would show, or write a link")
    };
    let message = format!("`<{name}>` is not kept by ServiceNow: {what}");
    builder.problem(Code::UnsupportedHtml, message, help, offset);
    enter_flow(builder, offset);
    let title = value(attributes, "title").or_else(|| value(attributes, "aria-label"));
    if let Some(source) = source {
        embed_link(builder, source, title, offset);
    } else {
        builder.embed = Some((builder.top(), title.map(str::to_owned)));
    }
    if hides {
        builder.push(Kind::Hidden, offset, Opened::Html(name.into()));
    }
}

/// The first `source` of a `video` or `audio` without one of its own.
pub(super) fn embed_source(builder: &mut Builder<'_>, attributes: &[Attribute], offset: usize) {
    let Some(source) = value(attributes, "src").map(str::to_owned) else { return };
    let Some((parent, title)) = builder.embed.take() else { return };
    let level = builder.stack.iter().rposition(|open| open.hidden).unwrap_or(builder.stack.len());
    // The link goes beside the hidden element, not into it.
    let hidden = builder.stack.split_off(level);
    if builder.top() == parent {
        embed_link(builder, &source, title.as_deref(), offset);
    }
    builder.stack.extend(hidden);
}

pub(super) fn embed_link(builder: &mut Builder<'_>, source: &str, title: Option<&str>, offset: usize) {
    let link = Link { destination: source.to_owned().into(), attributes: Vec::new() };
    let kind = if builder.links_open > 0 { Kind::Group } else { links::link(builder, link, offset) };
    let top = builder.top();
    let node = builder.tree.append(top, kind, offset);
    let text = title.filter(|title| !title.is_empty()).unwrap_or(source);
    builder.tree.append(node, Kind::Text(text.to_owned().into()), offset);
}
