//! What ServiceNow's HTML sanitizer keeps in `kb_knowledge.text`, as data (contract §6). The renderer emits
//! a part of it; the sandbox strips by it.
//!
//! Knows nobody. Names are lower case; tables are sorted, so that look-ups are binary searches.

/// One element of the built-in inclusion list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: &'static str,
    /// Attributes kept on it besides [`GLOBAL_ATTRIBUTES`], sorted.
    pub attributes: &'static [&'static str],
    /// Whether the renderer uses it. ServiceNow keeps more than is good in an article: forms, scripts'
    /// hosts, a second `<head>` (design §9).
    pub emitted: bool,
}

/// Attributes kept on any element, sorted.
pub const GLOBAL_ATTRIBUTES: &[&str] = &["class", "id", "lang", "style", "title"];

/// URL schemes kept in [`URL_ATTRIBUTES`], sorted; a URL without a scheme is kept too. `tel:`, `ftp:` and
/// `javascript:` are not among them.
pub const SCHEMES: &[&str] = &["data", "http", "https", "mailto"];

/// Attributes whose value is a URL, sorted.
pub const URL_ATTRIBUTES: &[&str] = &["background", "href", "src"];

/// Elements that go with all they hold, sorted; of other unlisted elements the content stays.
pub const DROPPED_WITH_CONTENT: &[&str] = &["script", "style"];

/// Elements without content and end tag among [`ELEMENTS`], sorted.
pub const VOID: &[&str] = &["br", "col", "hr", "img", "input", "link", "meta"];

const CELL: &[&str] = &[
    "abbr",
    "align",
    "axis",
    "background",
    "bgcolor",
    "char",
    "colspan",
    "headers",
    "height",
    "nowrap",
    "rowspan",
    "scope",
    "valign",
    "width",
];
const GROUP: &[&str] = &["align", "char", "valign"];
const COLUMN: &[&str] = &["align", "char", "span", "valign", "width"];
const INPUT: &[&str] = &["checked", "disabled", "name", "type", "value"];

const fn kept(name: &'static str, attributes: &'static [&'static str]) -> Element {
    Element { name, attributes, emitted: true }
}

const fn withheld(name: &'static str, attributes: &'static [&'static str]) -> Element {
    Element { name, attributes, emitted: false }
}

/// The built-in inclusion list, sorted by name.
pub const ELEMENTS: &[Element] = &[
    kept("a", &["href", "name", "nohref", "shape"]),
    kept("b", &[]),
    kept("big", &[]),
    kept("blockquote", &[]),
    withheld("body", &[]),
    kept("br", &["clear"]),
    withheld("button", &["disabled", "name", "type", "value"]),
    withheld("canvas", &["height", "width"]),
    kept("caption", &[]),
    kept("center", &[]),
    kept("cite", &[]),
    kept("code", &[]),
    kept("col", COLUMN),
    kept("colgroup", COLUMN),
    kept("dd", &[]),
    kept("details", &["open"]),
    kept("div", &["align"]),
    kept("dl", &[]),
    kept("dt", &[]),
    kept("em", &[]),
    withheld("fieldset", &[]),
    kept("figure", &[]),
    kept("font", &["color", "face", "size"]),
    withheld("form", &["action", "method", "name"]),
    withheld("h1", &[]),
    kept("h2", &[]),
    kept("h3", &["itemprop"]),
    kept("h4", &[]),
    kept("h5", &[]),
    kept("h6", &[]),
    withheld("head", &[]),
    kept("hr", &[]),
    withheld("html", &[]),
    kept("i", &[]),
    kept("img", &["align", "alt", "border", "height", "hspace", "name", "src", "vspace", "width"]),
    withheld("input", INPUT),
    withheld("label", &["for"]),
    withheld("legend", &[]),
    kept("li", &["fb__id", "itemprop", "value"]),
    withheld("link", &[]),
    withheld("map", &[]),
    withheld("meta", &[]),
    withheld("noscript", &[]),
    kept("ol", &["square", "start", "type"]),
    withheld("option", &["disabled", "selected", "value"]),
    kept("p", &["align"]),
    kept("pre", &["xml:space"]),
    kept("samp", &[]),
    withheld("select", &["disabled", "name"]),
    withheld("shape", &[]),
    kept("small", &[]),
    kept("span", &["color", "data-mce-bogus", "face", "itemprop", "size"]),
    kept("strike", &[]),
    kept("strong", &[]),
    withheld("style", &["type"]),
    kept("sub", &[]),
    kept("summary", &["char", "open", "valign"]),
    kept("sup", &[]),
    kept(
        "table",
        &[
            "align",
            "background",
            "bgcolor",
            "border",
            "cellpadding",
            "cellspacing",
            "frame",
            "height",
            "rules",
            "summary",
            "width",
        ],
    ),
    kept("tbody", GROUP),
    kept("td", CELL),
    withheld("textarea", &["disabled", "name"]),
    kept("tfoot", GROUP),
    kept("th", CELL),
    kept("thead", GROUP),
    withheld("title", &[]),
    kept("tr", &["align", "background", "char", "height", "valign", "width"]),
    kept("tt", &[]),
    kept("u", &[]),
    kept("ul", &["itemref", "itemscope", "itemtype", "square", "type"]),
];

/// The listed element of this name (lower case), if ServiceNow keeps it.
pub fn element(name: &str) -> Option<&'static Element> {
    ELEMENTS.binary_search_by(|element| element.name.cmp(name)).ok().and_then(|index| ELEMENTS.get(index))
}

impl Element {
    /// Whether this attribute (lower case) is kept on it; its value may still be refused by [`keeps_url`].
    pub fn keeps(&self, attribute: &str) -> bool {
        GLOBAL_ATTRIBUTES.binary_search(&attribute).is_ok()
            || self.attributes.binary_search(&attribute).is_ok()
    }

    /// Whether it has neither content nor an end tag.
    pub fn is_void(&self) -> bool {
        VOID.binary_search(&self.name).is_ok()
    }
}

/// The scheme of a URL as a browser reads it, lower case; `None` for a relative one. Browsers skip control
/// characters and spaces before it and tabs and line ends inside it, so that `java\nscript:` is one.
pub fn scheme(url: &str) -> Option<String> {
    // Most have none: their first part ends with something else than a colon.
    let scheme_ends = |byte: &u8| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if matches!(url.bytes().find(scheme_ends), None | Some(b'/' | b'#' | b'?' | b'%' | b'_')) {
        return None;
    }
    let mut scheme = String::new();
    for c in url.trim_start_matches(|c: char| c <= ' ').chars() {
        match c {
            '\t' | '\n' | '\r' => {}
            ':' => return (!scheme.is_empty()).then_some(scheme),
            'a'..='z' | 'A'..='Z' => scheme.push(c.to_ascii_lowercase()),
            '0'..='9' | '+' | '-' | '.' if !scheme.is_empty() => scheme.push(c),
            _ => return None,
        }
    }
    None
}

/// Whether URLs of this scheme (lower case) are kept.
pub fn keeps_scheme(scheme: &str) -> bool {
    SCHEMES.binary_search(&scheme).is_ok()
}

/// Whether the value of a URL attribute is kept: relative, or of one of [`SCHEMES`].
pub fn keeps_url(url: &str) -> bool {
    scheme(url).is_none_or(|scheme| keeps_scheme(&scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(ELEMENTS.is_sorted_by(|a, b| a.name < b.name));
        for element in ELEMENTS {
            assert!(element.attributes.is_sorted_by(|a, b| a < b), "{}", element.name);
        }
        for table in [GLOBAL_ATTRIBUTES, SCHEMES, URL_ATTRIBUTES, DROPPED_WITH_CONTENT, VOID] {
            assert!(table.is_sorted_by(|a, b| a < b), "{table:?}");
        }
    }

    #[test]
    fn void_elements_are_listed() {
        assert!(VOID.iter().all(|name| element(name).is_some()));
    }

    #[test]
    fn attributes_are_kept_by_element() {
        let th = element("th").unwrap();
        assert!(th.keeps("scope") && th.keeps("style") && !th.keeps("onclick"));
        assert!(!element("a").unwrap().keeps("target"));
        assert!(element("script").is_none() && element("kbd").is_none());
    }

    #[test]
    fn schemes_are_read_as_browsers_read_them() {
        for bad in [
            "javascript:alert(1)",
            " JaVaScRiPt:x",
            "java\nscript:x",
            "\u{1}javascript:x",
            "tel:1",
            "vbscript:x",
        ] {
            assert!(!keeps_url(bad), "{bad:?}");
        }
        for good in [
            "https://a.example/x:y",
            "/a:b",
            "#a:b",
            "?a:b",
            "a/b:c",
            "mailto:a@b",
            "data:image/png;base64,",
            "",
            "1:2",
        ] {
            assert!(keeps_url(good), "{good:?}");
        }
    }
}
