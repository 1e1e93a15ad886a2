//! An article's body as it may stand in a page: parsed, closed, without anything that acts.
//!
//! The instance's own sanitizer works on save and can be switched off (contract §6, §12); this one works on
//! showing and cannot. The content security policy stands behind both.

use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use super::markup::Html;

/// Elements that only show something. Anything else loses its tags and keeps its text.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "label",
    "li",
    "main",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Attributes that only say how something looks or what it is called.
const ATTRIBUTES: &[&str] = &[
    "abbr",
    "align",
    "alt",
    "axis",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "char",
    "cite",
    "class",
    "clear",
    "color",
    "colspan",
    "datetime",
    "dir",
    "face",
    "frame",
    "headers",
    "height",
    "href",
    "hspace",
    "id",
    "lang",
    "name",
    "nowrap",
    "open",
    "rowspan",
    "rules",
    "scope",
    "size",
    "span",
    "src",
    "start",
    "style",
    "summary",
    "title",
    "type",
    "valign",
    "value",
    "vspace",
    "width",
];

/// Gone with all they hold.
const SWALLOWED: &[&str] = &[
    "script", "style", "template", "iframe", "object", "embed", "noscript", "title", "textarea", "select",
    "svg", "math", "xmp", "noembed", "noframes",
];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let set = |names: &[&'static str]| names.iter().copied().collect::<HashSet<_>>();
    let mut cleaner = Builder::empty();
    cleaner
        .tags(set(ELEMENTS))
        .generic_attributes(set(ATTRIBUTES))
        .clean_content_tags(set(SWALLOWED))
        .url_schemes(set(&["http", "https", "mailto", "data"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer"))
        .strip_comments(true);
    cleaner
});

/// The body, fit to stand inside a page.
pub(super) fn showable(body: &str) -> Html {
    Html::trusted(CLEANER.clean(body).to_string())
}

/// The readable text of a body, white space collapsed, up to about `most` bytes; 0 is all of it.
///
/// Tags end words, so that no two blocks run together, but for those that stand inside words and lines. A quick reading for search and excerpts: it need not
/// agree with a browser about broken markup, and its result is escaped like any text.
pub(super) fn plain_text(body: &str, most: usize) -> String {
    let mut text = String::new();
    let mut rest = body;
    while let Some(at) = rest.find(['<', '&']) {
        push_words(&mut text, &rest[..at]);
        rest = &rest[at..];
        if most > 0 && text.len() >= most {
            return text.trim_end().to_owned();
        }
        if rest.starts_with('<') {
            if !is_inline(rest) {
                push_words(&mut text, " ");
            }
            rest = after_tag(rest);
        } else {
            let (letter, after) = entity(rest);
            push_words(&mut text, letter.encode_utf8(&mut [0; 4]));
            rest = after;
        }
    }
    push_words(&mut text, rest);
    text.trim_end().to_owned()
}

/// Whether the tag at the start is one within a line, such as `<b>` or `</code>`.
fn is_inline(rest: &str) -> bool {
    let name = rest[1..].strip_prefix('/').unwrap_or(&rest[1..]);
    let end = name.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(name.len());
    [
        "a", "b", "i", "u", "em", "strong", "code", "span", "font", "small", "sub", "sup", "samp", "tt",
        "strike",
    ]
    .iter()
    .any(|inline| inline.eq_ignore_ascii_case(&name[..end]))
}

/// What follows a tag, a comment, or an element whose content nobody reads.
fn after_tag(rest: &str) -> &str {
    if let Some(comment) = rest.strip_prefix("<!--") {
        return comment.find("-->").map_or("", |at| &comment[at + 3..]);
    }
    for name in ["script", "style"] {
        let opens = rest.get(1..=name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        if opens {
            let end = format!("</{name}");
            let close = rest
                .char_indices()
                .filter(|(_, letter)| *letter == '<')
                .find(|(at, _)| rest.get(*at..at + end.len()).is_some_and(|t| t.eq_ignore_ascii_case(&end)));
            return match close {
                Some((at, _)) => rest[at..].find('>').map_or("", |end| &rest[at + end + 1..]),
                None => "",
            };
        }
    }
    rest.find('>').map_or("", |at| &rest[at + 1..])
}

/// The letter that the entity at the start stands for, and what follows it.
fn entity(rest: &str) -> (char, &str) {
    let plain = ('&', &rest[1..]);
    let Some(end) = rest.bytes().take(12).position(|b| b == b';') else { return plain };
    let name = &rest[1..end];
    let letter = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => name.strip_prefix('#').and_then(|digits| {
            match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            }
            .ok()
            .and_then(char::from_u32)
        }),
    };
    letter.map_or(plain, |letter| (letter, &rest[end + 1..]))
}

fn push_words(text: &mut String, more: &str) {
    for letter in more.chars() {
        if !letter.is_whitespace() {
            text.push(letter);
        } else if !text.is_empty() && !text.ends_with(' ') {
            text.push(' ');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(body: &str) -> String {
        showable(body).into_string()
    }

    #[test]
    fn what_acts_is_gone() {
        for hostile in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<a href=\" java\tscript:alert(1)\">x</a>",
            "<svg><script>alert(1)</script></svg>",
            "<math><mi xlink:href=\"javascript:alert(1)\">x</mi></math>",
            "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
            "<form action=\"https://evil.example\"><input name=password></form>",
            "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
            "<base href=\"https://evil.example/\">",
            "<style>body{display:none}</style>",
            "<details ontoggle=alert(1) open>x</details>",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        ] {
            let shown = shown(hostile).to_ascii_lowercase();
            for sign in
                ["script", "onerror", "ontoggle", "<form", "<input", "<meta", "<base", "<iframe", "<style"]
            {
                assert!(!shown.contains(sign), "{hostile} became {shown}");
            }
        }
    }

    #[test]
    fn a_body_cannot_close_the_page_around_it() {
        assert_eq!(shown("</div></article></main><p>after"), "<p>after</p>");
        assert_eq!(shown("<!-- <p>"), "");
    }

    #[test]
    fn what_the_renderer_makes_stays() {
        let body = "<h2 id=\"a\">A</h2><pre style=\"color:#fff\"><code class=\"x\"><span style=\"color:#d73a49\">fn</span></code></pre>\
                    <img src=\"/sys_attachment.do?sys_id=00\" alt=\"net\"><table border=\"1\"><tbody><tr><td align=\"right\">1</td></tr></tbody></table>\
                    <details open=\"\"><summary>more</summary>{{x}}</details>";
        assert_eq!(shown(body), body);
    }

    #[test]
    fn text_is_read_out_of_markup() {
        assert_eq!(plain_text("<h1>A&amp;B</h1><p>c &#61; d&nbsp;<b>e</b></p>", 0), "A&B c = d e");
        assert_eq!(
            plain_text("a<script>var x = '<p>';</SCRIPT >b<style>p{}</style>c<!-- d -->e", 0),
            "a b c e"
        );
        assert_eq!(plain_text("a &unknown; &#xFFFFFFFF; &", 0), "a &unknown; &#xFFFFFFFF; &");
        assert_eq!(plain_text("<p>one</p><p>two</p><p>three</p>", 5), "one two");
        assert_eq!(plain_text("<p>w<B>or</B>d, <code>x</code>; <br>y</p>", 0), "word, x; y");
        assert_eq!(plain_text("a<script", 0), "a");
    }

    proptest! {
        #[test]
        fn no_body_panics(body in "(<|>|/|&|#|;|-|!|script|style|p|\"|=| |é|x){0,40}") {
            let _ = showable(&body);
            let _ = plain_text(&body, 10);
        }
    }
}
