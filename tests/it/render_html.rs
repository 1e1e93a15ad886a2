//! A strict reader of rendered HTML: what it accepts is balanced and holds only what the allow-list emits.

use std::collections::HashSet;

use kb_publish::render::allowlist;
use kb_publish::render::{self, Destination, Input, Options};

/// Renders with references going where they were written to.
pub(crate) fn render(text: &str, options: &Options) -> String {
    let input = Input { text, ..Input::default() };
    let references = render::outline(input, options).references;
    let mut asked = 0;
    let html = render::html(input, options, &mut |number| {
        assert_eq!(number, asked, "references are asked for in order");
        asked += 1;
        Destination::Url(references[number].destination.to_string())
    });
    assert_eq!(asked, references.len(), "both passes see the same references");
    html
}

/// One tag: `name` or `/name`, and its attributes.
pub(crate) type Tag = (String, Vec<(String, String)>);

/// All tags of a body, or what is wrong with it.
pub(crate) fn tags(html: &str) -> Result<Vec<Tag>, String> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        if rest[..open].contains('>') {
            return Err(format!("a bare `>` in {:?}", &rest[..open]));
        }
        rest = &rest[open + 1..];
        let end = rest.find(['<', '>']).ok_or("a tag without an end")?;
        let (mut tag, after) = (&rest[..end], &rest[end..]);
        rest = after.strip_prefix('>').ok_or_else(|| format!("`<` inside the tag {tag:?}"))?;
        let name_end = tag.find(' ').unwrap_or(tag.len());
        let name = tag[..name_end].to_owned();
        tag = &tag[name_end..];
        let mut attributes = Vec::new();
        while !tag.is_empty() {
            tag = tag.strip_prefix(' ').ok_or_else(|| format!("no space before {tag:?}"))?;
            let (attribute, value) = tag.split_once("=\"").ok_or_else(|| format!("no value at {tag:?}"))?;
            let (value, left) = value.split_once('"').ok_or("a value without an end")?;
            // Any other reference would be read by a browser and not by these tests.
            let known =
                |rest: &str| ["amp;", "lt;", "gt;", "quot;"].iter().any(|name| rest.starts_with(name));
            if !value.split('&').skip(1).all(known) {
                return Err(format!("an entity in {value:?}"));
            }
            attributes.push((attribute.to_owned(), value.to_owned()));
            tag = left;
        }
        tags.push((name, attributes));
    }
    Ok(tags)
}

/// Whether a body is balanced and holds only allow-listed elements, attributes and URL schemes.
pub(crate) fn check(html: &str) -> Result<(), String> {
    let mut open: Vec<String> = Vec::new();
    let mut ids = HashSet::new();
    for (name, attributes) in tags(html)? {
        if let Some(name) = name.strip_prefix('/') {
            let innermost = open.pop();
            if innermost.as_deref() != Some(name) {
                return Err(format!("</{name}> closes {innermost:?}"));
            }
            continue;
        }
        let element = allowlist::element(&name).filter(|element| element.emitted);
        let element = element.ok_or_else(|| format!("<{name}> is not to be emitted"))?;
        let mut seen = HashSet::new();
        for (attribute, value) in &attributes {
            if !element.keeps(attribute) {
                return Err(format!("{attribute} on <{name}>"));
            }
            if !seen.insert(attribute.clone()) {
                return Err(format!("{attribute} twice on <{name}>"));
            }
            let decoded =
                value.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            if allowlist::URL_ATTRIBUTES.contains(&attribute.as_str()) && !allowlist::keeps_url(&decoded) {
                return Err(format!("{attribute}={value:?} on <{name}>"));
            }
            let style = decoded.to_ascii_lowercase();
            if attribute == "style"
                && ["url(", "expression", "@import", "\\", "/*"].iter().any(|bad| style.contains(bad))
            {
                return Err(format!("style={value:?}"));
            }
            if decoded.contains("{{") || decoded.contains("${") {
                return Err(format!("template braces in {attribute}={value:?}"));
            }
            if attribute == "id" && !ids.insert(value.clone()) {
                return Err(format!("id {value:?} twice"));
            }
        }
        if !element.is_void() {
            open.push(name);
        }
    }
    if !open.is_empty() {
        return Err(format!("{open:?} not closed"));
    }
    let text = text_nodes(html);
    match text.iter().find(|text| text.contains("{{") || text.contains("${")) {
        Some(text) => Err(format!("template braces in {text:?}")),
        None => Ok(()),
    }
}

/// The text between tags.
fn text_nodes(html: &str) -> Vec<String> {
    html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text).to_owned()).collect()
}

/// What a browser makes of a body: its tags after parsing and writing it again.
pub(crate) fn reparsed(html: &str) -> Vec<String> {
    let names: HashSet<&str> =
        allowlist::ELEMENTS.iter().filter(|element| element.emitted).map(|element| element.name).collect();
    let clean =
        ammonia::Builder::default().tags(names).clean_content_tags(HashSet::new()).clean(html).to_string();
    names_only(&clean)
}

/// The tags of a body without attributes.
pub(crate) fn names_only(html: &str) -> Vec<String> {
    html.split('<').skip(1).map(|part| part.split([' ', '>']).next().unwrap_or_default().to_owned()).collect()
}
