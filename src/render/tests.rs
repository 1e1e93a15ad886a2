//! One document in, one body out: each construct by itself.

use super::*;
use crate::finding::Code;

fn input(text: &str) -> Input<'_> {
    Input { text, ..Input::default() }
}

/// The body without looks: references go out as written.
fn neutral(text: &str) -> String {
    strip(&render(text, &Options::default()))
}

fn render(text: &str, options: &Options) -> String {
    let references = outline(input(text), options).references;
    html(input(text), options, &mut |number| Destination::Url(references[number].destination.to_string()))
}

/// Without `style` attributes and code colours.
fn strip(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(at) = rest.find(" style=\"") {
        out.push_str(&rest[..at]);
        rest = &rest[at + 8..];
        rest = &rest[rest.find('"').unwrap() + 1..];
    }
    out + rest
}

fn codes(text: &str) -> Vec<(Code, u32, u32)> {
    outline(input(text), &Options::default())
        .findings
        .into_iter()
        .map(|finding| (finding.code, finding.position.unwrap().line, finding.position.unwrap().column))
        .collect()
}

#[track_caller]
fn gives(text: &str, html: &str) {
    assert_eq!(neutral(text).trim(), html, "\n{text}");
}

#[test]
fn blocks_and_lines() {
    gives("a *b* **c** `d`", "<p>a <em>b</em> <strong>c</strong> <code>d</code></p>");
    gives("# A\n\n###### B", "<h2 id=\"a\">A</h2>\n<h6 id=\"b\">B</h6>");
    gives("> q", "<blockquote><p>q</p>\n</blockquote>");
    gives("1. a\n2. b", "<ol><li>a</li>\n<li>b</li>\n</ol>");
    gives("3. a", "<ol start=\"3\"><li>a</li>\n</ol>");
    gives("a  \nb", "<p>a<br>\nb</p>");
    gives("***", "<hr>");
    gives("~~a~~", "<p><strike>a</strike></p>");
    gives(
        "- [ ] a\n- [x] b",
        "<ul><li><span class=\"kb-task\">☐</span> a</li>\n<li><span class=\"kb-task\">☑</span> b</li>\n</ul>",
    );
    gives("```sh\na < b\n```", "<pre class=\"language-sh\"><code>a &lt; b\n</code></pre>");
}

#[test]
fn tables_scope_their_heads() {
    gives(
        "|a|b|\n|-|:-:|\n|1|2|",
        "<table><thead><tr><th scope=\"col\">a</th>\n<th scope=\"col\">b</th>\n</tr>\n</thead>\n<tbody><tr><td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>",
    );
}

#[test]
fn links_and_images() {
    gives("[a](b.md#c \"t\")", "<p><a href=\"b.md#c\" title=\"t\">a</a></p>");
    gives("![a *b*](c.png)", "<p><img src=\"c.png\" alt=\"a b\"></p>");
    gives("<https://a.example>", "<p><a href=\"https://a.example\">https://a.example</a></p>");
    gives(
        "see https://a.example/b_c_d.",
        "<p>see <a href=\"https://a.example/b_c_d\">https://a.example/b_c_d</a>.</p>",
    );
    gives("<a@b.example>", "<p><a href=\"mailto:a@b.example\">a@b.example</a></p>");
    gives("[x](javascript:alert(1))", "<p>x</p>");
    assert_eq!(codes("[x](javascript:alert(1))"), [(Code::UnsupportedScheme, 1, 1)]);
    assert_eq!(codes("a ![](x.png)"), [(Code::MissingAlt, 1, 3)]);
}

#[test]
fn the_title_leaves_the_body() {
    let text = "---\na: 1\n---\nintro\n\n# The *title*\n\n## The title\n";
    let input = Input { text, body_start: 13, title_from_heading: true, ..Input::default() };
    let outline = outline(input, &Options::default());
    let title = outline.title.unwrap();
    assert_eq!((&*title.text, &*title.id, title.position.line), ("The title", "the-title", 6));
    assert_eq!(outline.anchors, ["the-title", "the-title-1"].map(Box::<str>::from));
    let html = html(input, &Options::default(), &mut |_| Destination::Plain);
    assert_eq!(
        strip(&html),
        "<a id=\"the-title\"></a>\n<p>intro</p>\n<h2 id=\"the-title-1\">The title</h2>\n"
    );
}

#[test]
fn plain_destinations_leave_text() {
    let html = html(input("[a *b*](x) ![c](y)"), &Options::default(), &mut |_| Destination::Plain);
    assert_eq!(strip(&html), "<p>a <em>b</em> c</p>\n");
}

#[test]
fn references_count_in_document_order() {
    let outline =
        outline(input("[a](1)[^n] ![b](2)\n\n[^n]: [c](4)\n\n<a href=3>d</a>"), &Options::default());
    let destinations: Vec<_> = outline.references.iter().map(|reference| &*reference.destination).collect();
    assert_eq!(destinations, ["1", "2", "3", "4"]);
    assert_eq!(outline.references[2].position, crate::finding::Position { line: 5, column: 1 });
}

#[test]
fn footnotes_come_last() {
    gives(
        "a[^x] b[^x] c[^y]\n\n[^x]: note",
        "<p>a<sup class=\"kb-footnote\"><a href=\"#fn-1\" id=\"fnref-1\">1</a></sup> b<sup class=\"kb-footnote\"><a href=\"#fn-1\">1</a></sup> c[^y]</p>\n<hr><ol class=\"kb-footnotes\"><li id=\"fn-1\"><p>note</p>\n<a href=\"#fnref-1\" title=\"Back to the text\">↩</a></li>\n</ol>",
    );
}

#[test]
fn alerts_have_titles() {
    gives("> [!TIP]\n> a", "<div class=\"kb-tip\"><p>💡 Tip</p>\n<p>a</p>\n</div>");
}

#[test]
fn raw_html_is_substituted() {
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
    gives("<script>\nalert(1)\n</script>\n\nb", "<p>b</p>");
    gives("<b>a", "<p><b>a</b></p>");
    gives("x</div></p></script>y", "<p>xy</p>");
    gives("a <b>b *c</b> d* e", "<p>a <b>b <em>c d</em> e</b></p>");
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
        "<table><tbody><tr><td>a</td>\n<td>b</td>\n</tr>\n<tr><td>c</td>\n</tr>\n</tbody>\n</table>",
    );
    gives("<table>x</table>", "<table><tbody><tr><td>x</td>\n</tr>\n</tbody>\n</table>");
    gives("<td>a</td><li>b", "a<li>b</li>");
}

#[test]
fn template_braces_are_inert() {
    gives(
        "a {{b}} ${c} {d}",
        "<p>a {<span class=\"kb-brace\">{</span>b}} $<span class=\"kb-brace\">{</span>c} {d}</p>",
    );
    gives(
        "`{{{{x`",
        "<p><code>{<span class=\"kb-brace\">{</span>{<span class=\"kb-brace\">{</span>x</code></p>",
    );
    gives("![{{a}}](<{{b}}>)", "<p><img src=\"%7B%7Bb%7D%7D\" alt=\"{ {a}}\"></p>");
}

#[test]
fn code_is_coloured() {
    let options = Options { highlight: Some("github-light".to_owned()) };
    let html = render("```powershell\nGet-Item $x # c\n```", &options);
    assert!(html.contains("<span style=\"color:#57606a\"># c</span>"), "{html}");
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
