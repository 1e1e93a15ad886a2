//! Components of MDX that stand on lines of their own (`<Note>`, `<Tabs>`, `<TabItem label="x">`), as Docusaurus,
//! Starlight, Nextra and Mintlify name them: what they are to a reader. Markdown goes on in them, indented or not.

use super::construct::{Construct, Kind, kind};

/// A tag of a component.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::render) enum Tag<'l> {
    /// It begins.
    Open {
        /// Its name.
        name: &'l str,
        /// What it is.
        construct: Construct,
        /// What it says of what stands in it.
        says: Says,
    },
    /// It has no content; these paragraphs stand for it.
    Whole(Vec<String>),
    /// It ends.
    Close {
        /// Its name.
        name: &'l str,
    },
}

/// What a component says of what stands in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::render) struct Says {
    /// Paragraphs that stand before it.
    pub(in crate::render) lead: Vec<String>,
    /// Paragraphs that stand below it.
    pub(in crate::render) caption: Vec<String>,
    /// The titles of its tabs by their values, or by their order, the first one first.
    tabs: Vec<(Option<String>, String)>,
}

impl Says {
    /// The construct of a component of this name that stands in it, with the title that it gives that.
    pub(in crate::render) fn titled(&mut self, name: &str, construct: Construct) -> Construct {
        match construct {
            // `Tab` of Nextra has its title by its place.
            Construct::Group if name.rsplit('.').next() == Some("Tab") && !self.tabs.is_empty() => {
                Construct::Tab { title: self.tabs.remove(0).1 }
            }
            // `TabItem` of Docusaurus has it by its value.
            Construct::Tab { title } if name == "TabItem" => {
                let label = self.tabs.iter().find(|(value, _)| value.as_ref() == Some(&title));
                Construct::Tab { title: label.map_or(title.clone(), |(_, label)| label.clone()) }
            }
            other => other,
        }
    }
}

/// Those that only arrange what stands in them.
const GROUPS: &[&str] = &[
    "APITable",
    "AccordionGroup",
    "BrowserWindow",
    "CardGrid",
    "CardGroup",
    "Cards",
    "ClientOnly",
    "CodeGroup",
    "Columns",
    "FileTree",
    "Frame",
    "Steps",
    "TabGroup",
    "Tabs",
];

/// Longest tag that is read, in bytes: it may go over several lines.
pub(in crate::render) const LONGEST: usize = 4096;

/// Whether a line may begin with a tag of a component: `<` or `</`, and a letter in upper case, or with an image.
pub(in crate::render) fn may_begin(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"<").map(|rest| rest.strip_prefix(b"/").unwrap_or(rest));
    rest.is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_uppercase)) || is_image(line)
}

/// Whether a line begins with an image of raw HTML.
fn is_image(line: &[u8]) -> bool {
    line.strip_prefix(b"<img").is_some_and(|rest| matches!(rest.first(), None | Some(b' ' | b'\n')))
}

/// Whether a line begins with a tag of a component that is known, or with one that ends in a later line. Code shows
/// many that are neither.
pub(in crate::render) fn may_be_read(line: &str) -> bool {
    may_begin(line.as_bytes())
        && length(line).is_none_or(|_| {
            parse(line).is_some_and(|(tag, _)| match tag {
                Tag::Open { .. } | Tag::Whole(_) => true,
                // What it ends has begun before.
                Tag::Close { .. } => false,
            })
        })
}

/// The length of the tag that a text begins with: quotes and braces may hold anything. `None` where nothing ends it.
pub(in crate::render) fn length(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut braces = 0_usize;
    for (at, byte) in text.bytes().enumerate().take(LONGEST) {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'"' | b'\'' | b'`') => quote = Some(byte),
            (None, b'{') => braces += 1,
            (None, b'}') => braces = braces.saturating_sub(1),
            (None, b'>') if braces == 0 => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Reads the tag that a line begins with, and its length; `None` for what is no component that is known.
pub(in crate::render) fn parse(line: &str) -> Option<(Tag<'_>, usize)> {
    if !may_begin(line.as_bytes()) {
        return None;
    }
    let length = length(line)?;
    if is_image(line.as_bytes()) {
        return Some((Tag::Whole(vec![image(&line[..length])?]), length));
    }
    let inner = line[1..length - 1].trim_end();
    if let Some(name) = inner.strip_prefix('/') {
        return Some((Tag::Close { name }, length));
    }
    let (inner, whole) = inner.strip_suffix('/').map_or((inner, false), |inner| (inner, true));
    let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(inner.len());
    let (name, attributes) = inner.split_at(end);
    // `Tabs.Tab` of Nextra is a `Tab`.
    let own = name.rsplit('.').next().unwrap_or(name);
    let tag = if whole {
        let description = attribute(attributes, "description").map(plain);
        Tag::Whole([card(own, attributes)?].into_iter().chain(description).collect())
    } else {
        Tag::Open { name, construct: construct(own, attributes)?, says: says(own, attributes) }
    };
    Some((tag, length))
}

/// Whether this is the name of a group of tabs.
pub(in crate::render) fn are_tabs(name: &str) -> bool {
    name.rsplit('.').next() == Some("Tabs")
}

/// An image whose attributes are code, as HTML: `src={require('./a.png').default}`, `width={300}`. What is computed
/// otherwise stays as it is written; looks go.
fn image(tag: &str) -> Option<String> {
    let mut html = String::with_capacity(tag.len());
    let mut rest = tag;
    while let Some((before, behind)) = rest.split_once("={") {
        let length = length_of_code(behind)?;
        let (code, after) = (&behind[..length], &behind[length + 1..]);
        let (kept, name) = before.rsplit_once([' ', '\n']).unwrap_or(("", before));
        html.push_str(kept);
        if name != "style" {
            let value = computed(code).map_or_else(|| ["{", code, "}"].concat(), str::to_owned);
            html.push_str(&[" ", name, "=\"", &value.replace('"', "&quot;"), "\""].concat());
        }
        rest = after;
    }
    html.push_str(rest);
    (rest.len() < tag.len()).then_some(html)
}

/// What code gives that is a text or a number, or the path of a file of the site (Docusaurus): `require('./a.png').default`,
/// `useBaseUrl('/a.png')`, `"a.png"`, `300`.
pub(in crate::render) fn computed(code: &str) -> Option<&str> {
    let code = code.trim();
    if !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit()) {
        return Some(code);
    }
    let call = ["require(", "useBaseUrl("].iter().find_map(|name| code.strip_prefix(name));
    let text = match call {
        Some(call) => call.strip_suffix(".default").unwrap_or(call).trim_end().strip_suffix(')')?.trim(),
        None => code,
    };
    let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'))?;
    text[1..].strip_suffix(quote).filter(|text| !text.contains([quote, '$']))
}

/// How long the code is that a brace was opened for.
fn length_of_code(text: &str) -> Option<usize> {
    let mut depth = 1_usize;
    text.bytes().position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

/// What a component says of what stands in it.
fn says(name: &str, attributes: &str) -> Says {
    let said = |name| attribute(attributes, name).map(plain);
    let all = |names: &[&'static str]| names.iter().copied().filter_map(said).collect();
    match name {
        "Tabs" => Says { tabs: tabs(attributes), ..Says::default() },
        "Frame" => Says { caption: all(&["hint", "caption"]), ..Says::default() },
        "Accordion" | "Card" => Says { lead: all(&["description"]), ..Says::default() },
        _ => Says::default(),
    }
}

/// The tabs in `items={['npm', 'yarn']}` (Nextra) or `values={[{label: 'npm', value: 'n'}]}` (Docusaurus).
fn tabs(attributes: &str) -> Vec<(Option<String>, String)> {
    let mut tabs = Vec::new();
    let list = ["items={", "values={"].into_iter().find_map(|key| attributes.split_once(key));
    let Some(mut rest) = list.and_then(|(_, list)| list.trim_start().strip_prefix('[')) else { return tabs };
    let (mut key, mut value, mut label) = ("", None, None);
    while let Some(at) = rest.find(['"', '\'', '`', '{', '}', ']']) {
        let (before, mark) = (rest[..at].trim_end(), &rest[at..=at]);
        rest = &rest[at + 1..];
        match mark {
            "]" => break,
            "{" => (value, label) = (None, None),
            "}" => tabs.extend(label.take().map(|label| (value.take(), label))),
            _ => {
                let Some((text, behind)) = rest.split_once(mark) else { break };
                rest = behind;
                let word = before.strip_suffix(':').map(str::trim_end);
                let own = word.map_or("", |word| word.rsplit([' ', ',', '{']).next().unwrap_or_default());
                match if own.is_empty() { std::mem::take(&mut key) } else { own } {
                    _ if rest.trim_start().starts_with(':') => key = text,
                    "value" => value = Some(plain(text)),
                    "label" => label = Some(plain(text)),
                    "" => tabs.push((None, plain(text))),
                    _ => {}
                }
            }
        }
    }
    tabs
}

/// What a component is.
fn construct(name: &str, attributes: &str) -> Option<Construct> {
    let said = |name| attribute(attributes, name).map(plain);
    Some(match name {
        "Note" | "Tip" | "Warning" | "Info" | "Caution" | "Danger" | "Important" | "Check" => {
            let (kind, own) = kind(name)?;
            Construct::Callout { kind, title: said("title").or_else(|| own.map(str::to_owned)) }
        }
        "Admonition" | "Aside" | "Callout" => {
            let (kind, own) = attribute(attributes, "type").and_then(kind).unwrap_or((Kind::Note, None));
            Construct::Callout { kind, title: said("title").or_else(|| own.map(str::to_owned)) }
        }
        "Accordion" | "AccordionItem" | "Expandable" => Construct::Details {
            kind: None,
            title: said("title").unwrap_or_else(|| "Details".to_owned()),
            open: false,
        },
        "Card" => card(name, attributes).map_or(Construct::Group, |title| Construct::Tab { title }),
        "CodeGroupItem" | "Step" | "Tab" | "TabItem" => ["label", "title", "name", "value"]
            .into_iter()
            .find_map(said)
            .map_or(Construct::Group, |title| Construct::Tab { title }),
        name => GROUPS.binary_search(&name).ok().map(|_| Construct::Group)?,
    })
}

/// The title of a card, which leads where the card does.
fn card(name: &str, attributes: &str) -> Option<String> {
    let title = attribute(attributes, "title").filter(|_| matches!(name, "Card" | "LinkCard"))?;
    Some(match attribute(attributes, "href") {
        Some(target) => format!("[{}](<{}>)", plain(title), target.replace(['<', '>'], "")),
        None => plain(title),
    })
}

/// A text as Markdown that says just that.
fn plain(text: &str) -> String {
    let mut markdown = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        if letter.is_ascii_punctuation() && letter != '&' && letter != ';' {
            markdown.push('\\');
        }
        markdown.push(letter);
    }
    markdown
}

/// The value of an attribute that is a text: `name="x"`, `name='x'`, `name={"x"}`; none for an empty one.
fn attribute<'t>(attributes: &'t str, name: &str) -> Option<&'t str> {
    let mut from = 0;
    while let Some(found) = attributes[from..].find(name) {
        let at = from + found;
        from = at + name.len();
        let Some(rest) = attributes[from..].strip_prefix('=') else { continue };
        if attributes[..at].ends_with(char::is_whitespace) {
            let rest = rest.strip_prefix('{').unwrap_or(rest);
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
            return rest[1..].split(quote).next().map(str::trim).filter(|value| !value.is_empty());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_components_are_read() {
        assert!(GROUPS.is_sorted());
        let open = |line| match parse(line) {
            Some((Tag::Open { construct, .. }, _)) => construct,
            other => panic!("{line}: {other:?}"),
        };
        let callout =
            |kind, title: Option<&str>| Construct::Callout { kind, title: title.map(str::to_owned) };
        let tab = |title: &str| Construct::Tab { title: title.to_owned() };
        assert_eq!(open("<Note>"), callout(Kind::Note, None));
        assert_eq!(open("<Aside type=\"caution\" title={'Hot'}>"), callout(Kind::Caution, Some("Hot")));
        assert_eq!(open("<TabItem value=\"a>b\" label=\"A > B\" default>"), tab("A \\> B"));
        assert_eq!(open("<Tabs items={['a', 'b']} values={{x: '}'}}>"), Construct::Group);
        assert_eq!(open("<Card title=\"Start\" icon=\"x\" href=\"/a b\">"), tab("[Start](</a b>)"));
        let whole = Tag::Whole(vec!["[Start](<a>)".to_owned()]);
        assert_eq!(parse("<LinkCard title=\"Start\" href=\"a\" />"), Some((whole, 35)));
        let tab_of_tabs = Tag::Open { name: "Tabs.Tab", construct: Construct::Group, says: Says::default() };
        let named = |value: &str, label: &str| (Some(value.to_owned()), label.to_owned());
        let in_turn = |label: &str| (None, label.to_owned());
        assert_eq!(tabs(" items={['a', \"b's\"]} x={['c']}"), [in_turn("a"), in_turn("b\\'s")]);
        assert_eq!(
            tabs(" items={[{label: 'a', disabled: true}, {label: \"b\"}]}"),
            [in_turn("a"), in_turn("b")]
        );
        assert_eq!(
            tabs(" values={[ {label:'}A]', value:'a'}, {\"value\": \"b\", \"label\" : \"B\"} ]}"),
            [named("a", "\\}A\\]"), named("b", "B")]
        );
        for none in ["", " items={tabs}", " values={[", " values={['a", " values={[{label}]}"] {
            assert_eq!(tabs(none), [], "{none}");
        }
        assert_eq!(parse("<Tabs.Tab>a"), Some((tab_of_tabs, 10)));
        assert_eq!(parse("</Tabs> x"), Some((Tag::Close { name: "Tabs" }, 7)));
        for prose in [
            "<note>",
            "<Tabs",
            "<Chart>",
            "<Chart />",
            "<NoteBook>",
            "<Tabs.Chart>",
            "a <Note>",
            "<Tabs x=\">",
        ] {
            assert_eq!(parse(prose), None, "{prose}");
        }
    }
}
