//! Headings, titles and anchors.

use super::*;

#[test]
fn the_title_leaves_the_body() {
    let text = "---\na: 1\n---\nintro\n\n# The *title*\n\n## The title\n";
    let input = Input { text, body_start: 13, title_from_heading: true, ..Input::default() };
    let outline = outline(input, &Options::default());
    let title = outline.title.unwrap();
    assert_eq!((&*title.text, &*title.id, title.position.line), ("The title", "the-title", 6));
    assert_eq!(outline.anchors.iter().collect::<Vec<_>>(), ["the-title", "the-title-1"]);
    let html = html(input, &Options::default(), &mut |_| Destination::Plain);
    assert_eq!(
        strip(&html),
        "<a id=\"the-title\"></a>\n<p>intro</p>\n<h2 id=\"the-title-1\">The title</h2>\n"
    );
}

#[test]
fn contents_list_headings() {
    let text = "## A\n\n### B\n\n## C\n";
    let body = html(Input { text, toc: Some(3), ..Input::default() }, &Options::default(), &mut |_| {
        Destination::Plain
    });
    assert!(strip(&body).starts_with(
        "<div class=\"kb-contents\"><p>Contents</p>\n<ul><li><a href=\"#a\">A</a><ul><li><a href=\"#b\">B</a></li>\n</ul>\n</li>\n<li><a href=\"#c\">C</a></li>\n</ul>\n</div>\n"
    ), "{body}");
}

#[test]
fn heading_levels_are_watched() {
    assert_eq!(codes("## a\n\n#### b\n\n## c"), [(Code::SkippedHeadingLevel, 3, 1)]);
    gives("## a {#own}\n\n## b {#own}", "<h2 id=\"own\">a</h2>\n<h2 id=\"own-1\">b</h2>");
}

#[test]
fn anchors_are_githubs() {
    let options = Options { dialects: Dialects { emoji: true, ..Dialects::none() }, ..Options::default() };
    let anchors = |text: &str| {
        outline(input(text), &options).anchors.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        anchors("## :rocket: Launch\n\n## 🚀 Launch\n"),
        ["rocket-launch", "-launch"],
        "shortcodes count"
    );
    assert_eq!(anchors("## A [link](x) and `code` &amp; *more*\n"), ["a-link-and-code--more"]);
    assert_eq!(anchors("## a\n\n## a\n\n## A-1\n\n## a\n"), ["a", "a-1", "a-1-1", "a-2"]);
    assert_eq!(anchors("## ![alt](x.png)\n\n## ![alt](x.png) Text\n"), ["-text"], "pictures do not");
    assert_eq!(anchors("## e\u{301}\n\n<i id=\"o\u{308}\">x</i>\n"), ["\u{e9}", "\u{f6}"], "composed");
    assert_eq!(anchors("## A <!-- b -->\n\nC\nd\n---\n\n## e<br>f\n"), ["a-", "cd", "ef"]);
    assert_eq!(
        anchors("<a name=\"a\"></a>\n\n## A\n\n## A\n\n<i id=\"a-1\">b</i>\n"),
        ["a", "a-1"],
        "raw ids"
    );
    let title = Input { title_from_heading: true, ..input("# A<a name=\"a\"></a><a name=\"b\"></a>\n") };
    let title: Vec<_> = outline(title, &options).anchors.iter().map(ToString::to_string).collect();
    assert_eq!(title, ["a", "b"], "of a title that leaves the body");
}

#[test]
fn ids_of_footnotes_are_no_headings() {
    let body = neutral("## fn 1\n\n## fnref 1\n\na[^1]\n\n[^1]: n\n");
    assert!(
        body.contains("href=\"#_fn-1\"") && body.contains("id=\"_fnref-1\"") && body.contains("id=\"fn-1\""),
        "{body}"
    );
    assert!(neutral("## x\n\na[^1]\n\n[^1]: n\n").contains("id=\"fnref-1\""));
}

#[test]
fn a_heading_that_repeats_the_title_leaves_the_body() {
    let body = |text: &str| {
        let input = Input { title: Some("The  VPN"), ..input(text) };
        html(input, &Options::default(), &mut |_| Destination::Plain)
    };
    assert_eq!(strip(&body("# The VPN\n\ntext\n")).trim(), "<a id=\"the-vpn\"></a>\n<p>text</p>");
    assert!(body("# Another\n\n# The VPN\n").contains(">The VPN</h2>"), "only the first");
    assert!(body("## The VPN\n").contains("</h2>"), "only a title");
}

#[test]
fn a_picture_alone_gives_the_title_and_stays() {
    let text = "# ![Acme *Docs*](logo.png)\n\ntext\n";
    let with_title = Input { title_from_heading: true, ..input(text) };
    let outline = outline(with_title, &Options::default());
    assert_eq!(&*outline.title.unwrap().text, "Acme Docs");
    let body = html(with_title, &Options::default(), &mut |_| Destination::Url("logo.png".into()));
    assert_eq!(strip(&body).trim(), "<p><img src=\"logo.png\" alt=\"Acme Docs\"></p>\n<p>text</p>");
    let without = Input { title_from_heading: true, ..input("# ![](logo.png)\n\n# B\n") };
    assert_eq!(&*super::outline(without, &Options::default()).title.unwrap().text, "B");
}

#[test]
fn pictures_in_a_title_stay() {
    let body = |text: &str| {
        let input = Input { title_from_heading: true, ..input(text) };
        strip(&html(input, &Options::default(), &mut |_| Destination::Url("x".to_owned())))
    };
    assert_eq!(
        body("# A [![b](c)](d) *e* ![f](g)\n"),
        "<a id=\"a--e-\"></a>\n<p><a href=\"x\"><img src=\"x\" alt=\"b\"></a>  <img src=\"x\" alt=\"f\"></p>\n"
    );
    assert_eq!(body("# A *b*\n"), "<a id=\"a-b\"></a>\n");
}

#[test]
fn contents_go_down_as_far_as_asked_and_stand_for_two_headings_at_least() {
    let listed = |text: &str, depth: u8| {
        let input = Input { toc: Some(depth), title_from_heading: true, ..input(text) };
        let html = html(input, &Options::default(), &mut |_| Destination::Plain);
        let contents = html.split("<h").next().unwrap().to_owned();
        contents
            .split("href=\"#")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let text = "# T\n\n## A\n\n### B\n\n#### C\n\n## D\n";
    assert_eq!(listed(text, 2), ["a", "d"]);
    assert_eq!(listed(text, 3), ["a", "b", "d"]);
    assert_eq!(listed(text, 6), ["a", "b", "c", "d"]);
    assert_eq!(listed("# T\n\n## A\n", 6), [""; 0]);
    let upwards = Input { toc: Some(6), ..input("### A\n\n## B\n\n### C\n") };
    let html = html(upwards, &Options::default(), &mut |_| Destination::Plain);
    assert!(strip(&html).contains(
        "<ul><li><a href=\"#a\">A</a></li>\n<li><a href=\"#b\">B</a><ul><li><a href=\"#c\">C</a></li>\n</ul>\n</li>\n</ul>"
    ), "{html}");
}

#[test]
fn headings_of_raw_html_keep_their_alignment() {
    let centred = render("<h2 align=\"center\">A</h2>\n\n<h2 align=left>B</h2>", &Options::default());
    assert_eq!(centred.matches("text-align:center").count(), 1, "{centred}");
    let title =
        Input { title_from_heading: true, ..input("<h1 align=\"center\"><img src=a.png alt=b> T</h1>\n") };
    let body = html(title, &Options::default(), &mut |_| Destination::Url("a.png".to_owned()));
    assert!(body.contains("text-align:center\"><img"), "{body}");
}

#[test]
fn paragraphs_of_a_title_stand_in_no_paragraph() {
    for text in ["<h1 align=\"center\">\n\n![b](a.png)\n\n</h1>\n", "<h1><p><img src=a.png alt=b></p></h1>\n"]
    {
        let title = Input { title_from_heading: true, ..input(text) };
        let body = html(title, &Options::default(), &mut |_| Destination::Url("a.png".to_owned()));
        let inner = "<p><img src=\"a.png\" alt=\"b\"></p>";
        assert!(strip(&body).starts_with("<div>") && strip(&body).contains(inner), "{text}: {body}");
    }
}

#[test]
fn the_source_is_linked_at_the_end() {
    let linked = Input { source_link: Some("https://a.example/b c\"d"), ..input("text") };
    let body = html(linked, &Options::default(), &mut |_| Destination::Plain);
    let end = "<p class=\"kb-source\"><a href=\"https://a.example/b%20c%22d\">Source of this page</a></p>\n";
    assert!(strip(&body).ends_with(end), "{body}");
}

#[test]
fn ids_of_docsify_are_read() {
    gives("## Set *up* :id=set_up-1", "<h2 id=\"set_up-1\">Set <em>up</em></h2>");
    gives("## A :id=", "<h2 id=\"a-id\">A :id=</h2>");
    gives("## A `x :id=b`", "<h2 id=\"a-x-idb\">A <code>x :id=b</code></h2>");
    gives("## A :id=b c", "<h2 id=\"a-idb-c\">A :id=b c</h2>");
}
