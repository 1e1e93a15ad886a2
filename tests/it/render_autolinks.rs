//! GFM's extended autolinks: each rule of the specification, and each place where GitHub's own parser is left.

use kb_publish::render::{Dialects, Options};

use crate::render_html::{render, tags};

/// The rule, a text, and where its links lead, in order. What a link shows is its destination without what was put
/// before it.
const RULES: &[(&str, &str, &[&str])] = &[
    ("`www.` begins a link", "See www.docs.example/help now.", &["http://www.docs.example/help"]),
    ("`www.` at the end", "www.docs.example", &["http://www.docs.example"]),
    (
        "`www.` behind a delimiter",
        "*www.a.example* (www.b.example) ~www.c.example~",
        &["http://www.a.example", "http://www.b.example", "http://www.c.example"],
    ),
    ("`www.` inside a word is none", "awww.a.example /www.b.example \"www.c.example\"", &[]),
    ("`www.` needs a host", "www. www.. www./x", &[]),
    (
        "no `_` in the last two parts of a host",
        "www._a.b.example www.a._b.example www.a.b_c.example",
        &["http://www._a.b.example"],
    ),
    ("no `_` in a host of two parts", "http://a_b.example http://a.exa_mple", &[]),
    (
        "punctuation at the end stays out",
        "www.a.example/x. www.a.example/y, www.a.example?! www.a.example/z: _",
        &[
            "http://www.a.example/x",
            "http://www.a.example/y",
            "http://www.a.example",
            "http://www.a.example/z",
        ],
    ),
    ("punctuation inside stays in", "www.a.example/x.y,z", &["http://www.a.example/x.y,z"]),
    (
        "brackets in pairs stay in",
        "www.a.example/x_(y) (www.a.example/x_(y))",
        &["http://www.a.example/x_(y)", "http://www.a.example/x_(y)"],
    ),
    ("brackets too many stay out", "(see www.a.example/(x)))", &["http://www.a.example/(x)"]),
    ("brackets in the middle count for nothing", "www.a.example/((x)+y", &["http://www.a.example/((x)+y"]),
    (
        "what looks like an entity at the end stays out",
        "www.a.example/?a=b&amp; www.a.example/?a=b&cd;",
        &["http://www.a.example/?a=b", "http://www.a.example/?a=b"],
    ),
    ("parameters stay in", "www.a.example/?a=b&cd=e", &["http://www.a.example/?a=b&cd=e"]),
    ("`<` ends a link", "www.a.example/he<lp", &["http://www.a.example/he"]),
    (
        "a scheme begins a link",
        "(https://a.example/x?y#z) http://b.example",
        &["https://a.example/x?y#z", "http://b.example"],
    ),
    ("a scheme in any case", "HTTPS://a.example/X", &["HTTPS://a.example/X"]),
    ("a host without a dot", "http://localhost:8080/x", &["http://localhost:8080/x"]),
    ("a host in any script", "http://例え.テスト/パス", &["http://例え.テスト/パス"]),
    (
        "a scheme behind anything but a letter",
        "见http://a.example x=http://b.example xhttp://c.example",
        &["http://a.example", "http://b.example"],
    ),
    ("an address", "Ask ann.lee+kb@mail.example.", &["mailto:ann.lee+kb@mail.example"]),
    ("`+` only before the sign", "ann@mail+kb.example", &[]),
    ("an address without a dot is none", "ann@localhost", &[]),
    (
        "an address ends in no `-` or `_`",
        "a-b_c@d.e a@b.c. a@b.c- a@b.c_",
        &["mailto:a-b_c@d.e", "mailto:a@b.c"],
    ),
    ("`mailto:` belongs to the link", "mailto:ann@a.example.", &["mailto:ann@a.example"]),
    ("`mailto:` with a `/` behind it", "mailto:ann@a.example/", &["mailto:ann@a.example"]),
    ("`mailto:` inside a word does not", "xmailto:ann@a.example", &["mailto:ann@a.example"]),
    ("not in code", "`www.a.example` `ann@a.example`\n\n    http://a.example", &[]),
    ("not in links", "[see http://a.example and b@c.example](x)", &["x"]),
    ("not in raw links", "<a href=\"x\">http://a.example</a>", &["x"]),
    ("not in alternative texts", "![http://a.example](x)", &[]),
    (
        "in headings, items, tables and quotations",
        "# a@b.c\n\n- d@e.f\n\n> g@h.i\n\n|j@k.l|\n|-|\n",
        &["mailto:a@b.c", "mailto:d@e.f", "mailto:g@h.i", "mailto:j@k.l"],
    ),
    (
        "a URL wins over emphasis in it",
        "https://a.example/src/__init__.py *b*",
        &["https://a.example/src/__init__.py"],
    ),
    (
        "emphasis around a URL stays",
        "**https://a.example/x_y** _www.b.example_",
        &["https://a.example/x_y", "http://www.b.example"],
    ),
    ("an address is read behind its escapes", r"ann\_lee@a.example", &["mailto:ann_lee@a.example"]),
];

/// Where the specification or GitHub's parser is left: why, as `docs/rendering.md` tells it, a text, and our links.
const DIFFERENT: &[(&str, &str, &[&str])] = &[
    ("`xmpp:` and `ftp:` stay text", "xmpp:ann@a.example/room ftp://a.example", &[]),
    (
        "escapes and entities in a URL mean what they mean elsewhere",
        r"https://a.example/x\_y?a&amp;b",
        &["https://a.example/x_y?a&b"],
    ),
    (
        "a backslash in front of `:` or `@` keeps text from being a link",
        r"https\://a.example ann\@a.example",
        &[],
    ),
    (
        "square brackets around a URL stay out, as round ones do",
        "[https://a.example] [[www.b.example]]",
        &["https://a.example", "http://www.b.example"],
    ),
    (
        "code, footnotes and links end a URL",
        "https://a.example/`x` https://b.example[^1]\n\n[^1]: n",
        &["https://a.example/", "https://b.example", "#fn-1", "#fnref-1"],
    ),
];

/// Where links lead, and what they show.
fn links(markdown: &str) -> Vec<(String, String)> {
    let html = render(markdown, &Options { dialects: Dialects::none(), ..Options::default() });
    tags(&html).unwrap();
    let plain = |text: &str| {
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
    };
    let links = html.split("<a href=\"").skip(1).map(|rest| {
        let (href, rest) = rest.split_once('"').unwrap();
        let shown = rest.split_once('>').unwrap().1.split("</a>").next().unwrap();
        let href = percent_encoding::percent_decode_str(href).decode_utf8().unwrap().into_owned();
        (plain(&href), plain(shown))
    });
    links.collect()
}

/// Without backslashes and entities.
fn plain(markdown: &str) -> String {
    markdown.replace('\\', "").replace("&amp;", "&")
}

#[test]
fn every_rule_holds() {
    for (rule, markdown, expected) in RULES.iter().chain(DIFFERENT) {
        let links = links(markdown);
        let destinations: Vec<_> = links.iter().map(|(destination, _)| destination).collect();
        assert_eq!(destinations, *expected, "{rule}: {markdown}");
        for (destination, shown) in &links {
            // Links of other kinds have texts of their own.
            let bare = ["http", "HTTP", "mailto:"].iter().any(|scheme| destination.starts_with(scheme));
            let written =
                ["", "http://", "mailto:"].iter().any(|put| format!("{put}{shown}") == *destination);
            assert!(!bare || written, "{rule}: {markdown} shows {shown} for {destination}");
            assert!(
                !bare || plain(markdown).contains(shown.as_str()),
                "{rule}: {shown} is not in {markdown}"
            );
        }
    }
}

#[test]
fn the_documentation_tells_every_difference() {
    let page = include_str!("../../docs/rendering.md").split_whitespace().collect::<Vec<_>>().join(" ");
    for (difference, ..) in DIFFERENT {
        assert!(page.contains(difference), "docs/rendering.md does not say: {difference}");
    }
}

#[test]
fn the_text_around_a_link_stays() {
    let html = render(r"a\*b &lt;https://a.example/x&gt;; c@d.e\_ :tada:", &Options::default());
    let mut text =
        html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<String>();
    text.truncate(text.trim_end().len());
    assert_eq!(text, "a*b &lt;https://a.example/x&gt;; c@d.e_ 🎉");
}
