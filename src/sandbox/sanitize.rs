//! What the instance makes of an article's HTML on save: strips by the allow-list, then re-encodes in the manner
//! of the OWASP Java HTML sanitizer (contract §6).

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};

use crate::render::allowlist::{DROPPED_WITH_CONTENT, ELEMENTS, GLOBAL_ATTRIBUTES, SCHEMES, VOID};

static CLEANER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| cleaner(&[], &[], &[]));

fn cleaner<'a>(
    more_elements: &'a [String],
    more_attributes: &'a [String],
    excluded: &'a [String],
) -> ammonia::Builder<'a> {
    let listed = |name: &&str| !excluded.iter().any(|excluded| excluded == name);
    let dropped: HashSet<&str> = DROPPED_WITH_CONTENT
        .iter()
        .copied()
        .filter(|name| !more_elements.iter().any(|more| more == name))
        .collect();
    let elements =
        ELEMENTS.iter().map(|element| element.name).chain(more_elements.iter().map(String::as_str));
    let attributes = GLOBAL_ATTRIBUTES
        .iter()
        .copied()
        .chain(more_attributes.iter().map(String::as_str))
        .filter(listed)
        .collect::<HashSet<_>>();
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(elements.filter(|name| !dropped.contains(name)).filter(listed).collect())
        .clean_content_tags(dropped.clone())
        .generic_attributes(attributes)
        .tag_attributes(
            ELEMENTS
                .iter()
                .filter(|element| !dropped.contains(element.name))
                .map(|element| (element.name, element.attributes.iter().copied().filter(listed).collect()))
                .collect::<HashMap<_, HashSet<_>>>(),
        )
        .url_schemes(SCHEMES.iter().copied().collect())
        .url_relative(ammonia::UrlRelative::PassThrough)
        .link_rel(None)
        .strip_comments(true);
    builder
}

/// Elements open at once beyond which a parser takes time by their square.
const DEEPEST: usize = 4000;

/// Elements that another one's start ends.
const CLOSED_BY_OTHERS: &[&str] =
    &["p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "option", "optgroup"];

/// Whether so many elements are open at once that reading them would take longer than a transaction may
/// (contract §8.2). A quick count: it need not agree with a parser about broken markup.
pub(crate) fn is_too_deep(html: &str) -> bool {
    let (mut depth, mut deepest) = (0_usize, 0);
    for rest in html.split('<').skip(1) {
        let (ends, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let name = rest[..length].to_ascii_lowercase();
        let name = name.as_str();
        if name.is_empty() || VOID.contains(&name) || CLOSED_BY_OTHERS.contains(&name) {
            continue;
        }
        depth = if ends { depth.saturating_sub(1) } else { depth + 1 };
        deepest = deepest.max(depth);
    }
    deepest > DEEPEST
}

/// The HTML as it is stored.
pub(crate) fn sanitize(html: &str) -> String {
    reencode(&CLEANER.clean(html).to_string())
}

/// The same where an administrator added these elements and attributes to the built-in list, and took others off:
/// exclusion wins.
pub(crate) fn sanitize_with(
    html: &str,
    elements: &[String],
    attributes: &[String],
    excluded: &[String],
) -> String {
    let attributes: Vec<String> = attributes.iter().filter(|name| *name != "rel").cloned().collect();
    reencode(&cleaner(elements, &attributes, excluded).clean(html).to_string())
}

fn reencode(html: &str) -> String {
    let sink = Writer { out: RefCell::new(String::with_capacity(html.len() + html.len() / 8)) };
    let tokenizer = Tokenizer::new(sink, html5ever::tokenizer::TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    tokenizer.sink.out.into_inner()
}

/// Tokens of balanced HTML to text.
struct Writer {
    out: RefCell<String>,
}

impl TokenSink for Writer {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut out = self.out.borrow_mut();
        match token {
            Token::TagToken(tag) => write_tag(&mut out, &tag),
            Token::CharacterTokens(text) => escape(&mut out, &text),
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

fn write_tag(out: &mut String, tag: &Tag) {
    if tag.kind == TagKind::EndTag {
        out.push_str("</");
        out.push_str(&tag.name);
        out.push('>');
        return;
    }
    out.push('<');
    out.push_str(&tag.name);
    let mut external = false;
    for attribute in &tag.attrs {
        out.push(' ');
        out.push_str(&attribute.name.local);
        out.push_str("=\"");
        escape(out, &attribute.value);
        out.push('"');
        let value = attribute.value.trim_start();
        external |= &*attribute.name.local == "href" && (starts(value, "http:") || starts(value, "https:"));
    }
    if external && &*tag.name == "a" {
        out.push_str(" rel=\"nofollow\"");
    }
    out.push_str(if VOID.contains(&&*tag.name) { " />" } else { ">" });
}

fn starts(value: &str, scheme: &str) -> bool {
    value.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme))
}

/// A text with its special characters as entities.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape(&mut out, text);
    out
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '+' => out.push_str("&#43;"),
            '=' => out.push_str("&#61;"),
            '@' => out.push_str("&#64;"),
            '`' => out.push_str("&#96;"),
            c => out.push(c),
        }
    }
}

/// The text of HTML without its tags: for `meta_description`, and for searches.
pub(crate) fn plain_text(html: &str) -> String {
    struct Text(RefCell<String>);
    impl TokenSink for Text {
        type Handle = ();
        fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
            let mut out = self.0.borrow_mut();
            match token {
                Token::CharacterTokens(text) => out.push_str(&text),
                Token::TagToken(tag)
                    if !matches!(&*tag.name, "a" | "b" | "i" | "em" | "strong" | "code" | "span") =>
                {
                    out.push(' ');
                }
                _ => {}
            }
            TokenSinkResult::Continue
        }
    }
    let tokenizer = Tokenizer::new(Text(RefCell::default()), html5ever::tokenizer::TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let text = tokenizer.sink.0.into_inner();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::plan::{FilesById, canonical};
    use crate::render::{self, Destination, Input, Options};

    #[test]
    fn rewrites_as_observed() {
        for (sent, stored) in [
            ("<p>Don't \"do\" a=b</p>", "<p>Don&#39;t &#34;do&#34; a&#61;b</p>"),
            (
                "<img src=\"sys_attachment.do?sys_id=1\" alt=\"x\"><br>",
                "<img src=\"sys_attachment.do?sys_id&#61;1\" alt=\"x\" /><br />",
            ),
            ("<a href=\"/x?a=1&b=2\">t</a>", "<a href=\"/x?a&#61;1&amp;b&#61;2\">t</a>"),
            (
                "<a href=\"https://example.org\" target=\"_blank\">t</a>",
                "<a href=\"https://example.org\" rel=\"nofollow\">t</a>",
            ),
            ("<a href=\"javascript:alert(1)\">t</a>", "<a>t</a>"),
            (
                "<pre class=\"language-x\"><code>a\n b</code></pre>",
                "<pre class=\"language-x\"><code>a\n b</code></pre>",
            ),
            ("a<!-- c -->b<script>x</script><kbd>k</kbd>&nbsp;", "abk\u{a0}"),
            ("<section data-x=1 onclick=y id=i>t</section>", "t"),
            ("<p data-x=1 onclick=y id=i style='color: red'>t", "<p id=\"i\" style=\"color: red\">t</p>"),
        ] {
            assert_eq!(sanitize(sent), stored, "{sent}");
        }
    }

    #[test]
    fn what_is_stored_stays_as_it_is() {
        let html = "<h2 id=\"a\">A &amp; b</h2><ul><li>x<br>y</li></ul><a href='http://e.org/?q=1'>e</a><details open><summary>s</summary>t</details>";
        let once = sanitize(html);
        assert_eq!(sanitize(&once), once);
    }

    #[test]
    fn only_what_no_document_holds_is_too_deep() {
        let balanced = "<div><p>x<br><img src=x></p></div>".repeat(20_000);
        let unclosed = "<ul><li>a<li>b</ul><p>c<td>".repeat(20_000);
        for fine in [balanced.as_str(), unclosed.as_str(), &"<".repeat(100_000), &"<p ".repeat(10_000), ""] {
            assert!(!is_too_deep(fine));
        }
        for deep in ["<div>", "<b><p>", "<A href=x>", "<table><tr><td>"] {
            assert!(is_too_deep(&deep.repeat(DEEPEST + 1)), "{deep}");
            assert!(!is_too_deep(&deep.repeat(DEEPEST)), "{deep}");
        }
    }

    #[test]
    fn plain_text_has_no_tags() {
        assert_eq!(plain_text("<p>one <b>t</b>wo</p><p>three &amp; four</p>"), "one two three & four");
    }

    /// What Markdown and HTML are made of.
    const PIECES: &[&str] = &[
        "\n",
        "\n\n",
        "    ",
        "\t",
        "a",
        "b c",
        "🚀",
        "\u{a0}",
        "*",
        "**",
        "_",
        "~~",
        "`",
        "```\n",
        "~~~sh\n",
        "# ",
        "- ",
        "- [x] ",
        "1. ",
        "> ",
        "> [!NOTE]\n",
        "|a|b|\n|-|-|\n",
        "[",
        "](https://a.example/?b&c)",
        "![",
        "[^1]",
        "[^1]: ",
        "<",
        "&",
        "&#60;",
        "&nbsp;",
        "\\",
        "\"",
        "'",
        "{{",
        "\u{7f}",
        "\r\n",
        "<div style=\"color:red\" align=center>",
        "<br>",
        "<kbd style='font-family:\"x\"'>",
        "<pre>\n\n",
        "</pre>",
        "<table><tr><td>",
        "<details><summary>",
        "</summary>",
        "<b>",
        "</b>",
        "<p>",
        "</p>",
        "<img src=x alt='a  b'>",
        "<a href='x y' title=\"q\">",
        "</a>",
        "<ul><li>",
        "<hr/>",
        "<span class='a  b' id=x>",
        "</span>",
    ];

    fn rendered(markdown: &str) -> String {
        let options = Options { highlight: Some("github-light".to_owned()), ..Options::default() };
        let lead = |_| Destination::Url("/kb_view.do?sysparm_article=KB1&a=b".to_owned());
        render::html(Input { text: markdown, ..Input::default() }, &options, &mut { lead })
    }

    proptest! {
        /// Else every article that somebody touches would look edited.
        #[test]
        fn what_is_stored_reads_as_what_was_sent(pieces in vec(select(PIECES), 0..40)) {
            let sent = rendered(&pieces.concat());
            let stored = sanitize(&sent);
            let files = FilesById::new();
            prop_assert_eq!(canonical(&stored, &files), canonical(&sent, &files), "{} / {}", sent, stored);
        }
    }
}
