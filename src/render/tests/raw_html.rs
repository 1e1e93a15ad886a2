//! Raw HTML in Markdown.

use super::*;

#[test]
fn constructs_in_the_frame_of_a_table_get_a_cell() {
    for text in ["<table>\n=== \"T\"\n", "<table>\n///tab|T\n", "<table>\n:::note[T]\n:::\n"] {
        let html = neutral(text);
        assert!(html.contains("<td><div class=\"kb-"), "{text}: {html}");
    }
}

#[test]
fn raw_html_is_substituted() {
    gives("**b**</br>c", "<p><strong>b</strong><br>\nc</p>");
    gives(
        "a <del>b</del> <kbd>C</kbd> <mark>d</mark>",
        "<p>a <strike>b</strike> <span class=\"kb-key\">C</span> <span class=\"kb-mark\">d</span></p>",
    );
    gives(
        "<section><h1 align=\"center\">A</h1>\n\n*b*\n\n</section>",
        "<div><h2 id=\"a\">A</h2>\n\n<p><em>b</em></p>\n</div>",
    );
    gives(
        "<details open><summary>S</summary>\n\nt\n\n</details>",
        "<details open=\"\"><summary>S</summary>\n\n<p>t</p>\n</details>",
    );
    gives("a <script>alert(1)</script> b", "<p>a  b</p>");
    gives("a <svg><text>x</text></svg> b", "<p>a  b</p>");
    gives("<script>\nalert(1)\n</script>\n\nb", "<p>b</p>");
    gives("<b>a", "<p><b>a</b></p>");
    gives("x</div></p></script>y", "<p>xy</p>");
    gives("a <b>b *c</b> d* e", "<p>a <b>b <em>c d</em></b> e</p>");
    gives(
        "<iframe src=\"https://v.example/1\" title=\"Film\">old</iframe>",
        "<a href=\"https://v.example/1\">Film</a>",
    );
    gives(
        "<video controls>\n<source src=\"a.mp4\">\nno video\n</video>\n\nb",
        "<a href=\"a.mp4\">a.mp4</a>\n<p>b</p>",
    );
    gives("run <name> now", "<p>run &lt;name&gt; now</p>");
    gives("<MyBox>a</MyBox>", "<p>a</p>");
    gives("a <div>b</div> c", "<div>a <div>b</div>\n c</div>");
    assert_eq!(codes("ok <kbd>x</kbd>\n\na <script>x</script>"), [(Code::UnsupportedHtml, 3, 3)]);
}

#[test]
fn raw_tables_are_completed() {
    gives(
        "<table><tr><td>a<td>b<tr><td>c</table>",
        "<div class=\"kb-table\"><table><tbody><tr><td>a</td>\n<td>b</td>\n</tr>\n<tr><td>c</td>\n</tr>\n</tbody>\n</table></div>",
    );
    gives(
        "<table>x</table>",
        "<div class=\"kb-table\"><table><tbody><tr><td>x</td>\n</tr>\n</tbody>\n</table></div>",
    );
    gives("<td>a</td><li>b", "a<li>b</li>");
}

#[test]
fn deep_html_keeps_its_text() {
    let html = neutral(&format!("{}x{}y", "<div>".repeat(500), "</div>".repeat(500)));
    assert!(html.contains('x') && html.contains('y'));
    assert!(html.matches("<div>").count() < 120);
}

#[test]
fn what_nothing_closes_swallows_nothing() {
    gives("Set the <title> of *it*", "<p>Set the &lt;title&gt; of <em>it</em></p>");
    gives("a <style> b\n\nc </style>", "<p>a &lt;style&gt; b</p>\n<p>c </p>");
    gives("<textarea>\n\nb", "&lt;textarea&gt;\n\nb");
    gives("a <svg> b\n\nc", "<p>a  b</p>\n<p>c</p>");
    gives("<svg>\n\nb", "<p>b</p>");
    gives("<svg>\n\nb\n\n</svg>\n\nc", "<p>c</p>");
    gives(
        "<iframe src=\"https://a.example\">\n\nb",
        "<a href=\"https://a.example\">https://a.example</a>\n<p>b</p>",
    );
    gives("<video>\n<source src=\"a.mp4\">\n\nb", "<a href=\"a.mp4\">a.mp4</a>\n<p>b</p>");
    assert_eq!(codes("a\n\n<!-- b\n\nc"), [(Code::UnsupportedHtml, 3, 1)]);
    assert_eq!(codes("a <title> b"), [(Code::UnsupportedHtml, 1, 3)]);
}

#[test]
fn links_of_components_are_links() {
    gives(
        "a <Link to=\"b.md\">*c*</Link> <Link href=\"d\">e</Link>",
        "<p>a <a href=\"b.md\"><em>c</em></a> <a href=\"d\">e</a></p>",
    );
    gives("<Link to=\"b.md\">c</Link>", "<a href=\"b.md\">c</a>");
    gives("<link rel=\"stylesheet\" href=\"a.css\">\n\nb", "<p>b</p>");
    gives("a <Link to=\"javascript:b()\">c</Link>", "<p>a c</p>");
}

#[test]
fn placeholders_keep_their_capitals() {
    gives("a <T> List<String> <Your Name>", "<p>a &lt;T&gt; List&lt;String&gt; &lt;Your Name&gt;</p>");
    gives("> <INSERT\n> NAME> a", "<blockquote><p>&lt;insert name&gt; a</p>\n</blockquote>");
    let found = outline(input("a <Badge text=\"b\" /> <Key>"), &Options::default()).findings;
    let messages: Vec<&str> = found.iter().map(|finding| &*finding.message).collect();
    assert_eq!(
        messages,
        ["`<Badge>` is not HTML: it is left out", "`<Key>` is not HTML: it is shown as text"]
    );
}

#[test]
fn an_end_tag_in_code_closes_nothing() {
    gives(
        "<svg>\n\n## One\n\nEnd with `</svg>`.\n\nTwo",
        "<h2 id=\"one\">One</h2>\n<p>End with <code>&lt;/svg&gt;</code>.</p>\n<p>Two</p>",
    );
    gives(
        "Write <script> first, then `</script>` and the rest",
        "<p>Write  first, then <code>&lt;/script&gt;</code> and the rest</p>",
    );
    assert_eq!(codes("a <svg> b `</svg>` c"), [(Code::UnsupportedHtml, 1, 3), (Code::UnsupportedHtml, 1, 3)]);
    // A title is a line of its own.
    gives(
        "!!! note \"a <svg><text>x</text></svg> b\"\n    y",
        "<div class=\"kb-note\"><p>ℹ a  b</p>\n<p>y</p>\n</div>",
    );
    gives(
        "!!! note \"the <title> tag\"\n    y\n\nof `</title>`",
        "<div class=\"kb-note\"><p>ℹ the &lt;title&gt; tag</p>\n<p>y</p>\n</div>\n<p>of <code>&lt;/title&gt;</code></p>",
    );
}

#[test]
fn a_comment_that_its_block_ends_is_told_as_that() {
    let told = |text: &str| {
        let found = outline(Input { text, ..Input::default() }, &Options::default()).findings;
        found.into_iter().map(|finding| finding.message.to_string()).collect::<Vec<_>>()
    };
    let shown = told("<div>\n<!-- one\n\ntwo -->\n</div>");
    assert!(shown.len() == 1 && shown[0].ends_with("what follows is shown"), "{shown:?}");
    let lost = told("a\n\n<!-- b\n\nc\n");
    assert!(lost.len() == 1 && lost[0].ends_with("left out"), "{lost:?}");
}

#[test]
fn a_block_of_raw_html_is_no_mark_of_ours() {
    gives(
        "  </x>\n  <x y=\"1\">a</x>\n</x>\n\n:::note\nb\n:::",
        "a\n\n<div class=\"kb-note\"><p>ℹ Note</p>\n<p>b</p>\n</div>",
    );
}

#[test]
fn what_attributes_say_is_kept_as_styles() {
    let html = |text: &str| render(text, &Options::default());
    assert!(html("<div dir=RTL style=\"color:red\">a</div>").contains("style=\"direction:rtl;color:red\""));
    assert!(html("<p dir=\"ltr\">a").contains("direction:ltr"));
    gives("<q>a</q> b", "<p><span class=\"kb-quote\">“a”</span> b</p>");
    gives("<q>a\n\nb", "<p><span class=\"kb-quote\">“a”</span></p>\n<p>b</p>");
}

#[test]
fn constructs_and_raw_html_keep_apart() {
    let note = "<div class=\"kb-note\"><p>ℹ Note</p>\n";
    for text in [":::note\n<div>b</div>\n:::\nafter", "!!! note\n    <div>b</div>\nafter"] {
        gives(text, &format!("{note}<div>b</div>\n\n</div>\n<p>after</p>"));
    }
    gives("<div>\n:::note\nb\n:::\n</div>", &format!("<div>\n{note}<p>b</p>\n</div>\n</div>"));
    gives("<!--\n:::note\nb\n\n:::\n-->\n\nafter\n\n!!! note", &format!("<p>after</p>\n{note}</div>"));
    gives(
        "<pre>\n:::note\n\n:::\n</pre>\n\n!!! note",
        &format!("<pre>\n:::note\n\n:::\n</pre>\n\n{note}</div>"),
    );
}

#[test]
fn attributes_that_mean_something_elsewhere_go() {
    gives("<p class=\"btn\" data-x=1 id=\"a\">b</p>\n<p id=\"a\">c</p>", "<p id=\"a\">b</p>\n\n<p>c</p>");
    gives(
        "<img src=\"a.png\" alt=\"b\" width=\"10\" border=\"x;y\">",
        "<img src=\"a.png\" alt=\"b\" width=\"10\">",
    );
}

#[test]
fn a_link_to_what_is_embedded_stands_where_it_did() {
    gives(
        "<video title=\"Film\"><source src=\"a.mp4\"><source src=\"a.webm\"></video>",
        "<p><a href=\"a.mp4\">Film</a></p>",
    );
    gives("<video></video>\n\n> <source src=\"b.mp4\">", "<p></p>\n<blockquote></blockquote>");
}

#[test]
fn what_is_left_out_has_no_findings() {
    assert_eq!(
        codes("<svg><foo></foo><b onclick=\"x\"></b><a href=\"ftp://a.example\">b</a></svg>"),
        [(Code::UnsupportedHtml, 1, 1)]
    );
}

#[test]
fn end_tags_in_a_line_close_what_stands_around_it() {
    gives("<div>\n\na</div>\n\nb", "<div>\n<p>a</p>\n</div>\n<p>b</p>");
    gives(
        "<details>\n<summary>S</summary>\n\n*a*</details>\n\nb",
        "<details>\n<summary>S</summary>\n\n<p><em>a</em></p>\n</details>\n<p>b</p>",
    );
    gives("<div>\n\n- a\n- b</div>\n\nc", "<div>\n<ul><li>a</li>\n<li>b</li>\n</ul>\n</div>\n<p>c</p>");
    gives(
        "<table><tr><td>\n\n**a** </td></tr></table>\n\nb",
        "<div class=\"kb-table\"><table><tbody><tr><td>\n<p><strong>a</strong> </p>\n</td>\n</tr>\n</tbody>\n</table></div>\n<p>b</p>",
    );
    gives(
        "<div>Text\n<pre><code>\na\n\nb\n</code></pre>\n<p>c\n</div>\n\nd",
        "<div>Text\n<pre><code>\na\n<p>b\n</p>\n</code></pre>\n<p>c\n</p>\n</div>\n\n<p>d</p>",
    );
    // No more than are open, and none out of a cell.
    gives("<div>\n\n*a</div>*</div>\n\nb</div>", "<div>\n<p><em>a</em></p>\n</div>\n<p>b</p>");
    gives(
        "<div>\n\n|a</div>|\n|-|\n\nb\n\n</div>",
        "<div>\n<div class=\"kb-table\"><table><thead><tr><th scope=\"col\">a</th>\n</tr>\n</thead>\n</table></div>\n<p>b</p>\n</div>",
    );
}
