//! One document in, one body out: each construct by itself.

use std::sync::Arc;

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
        "<div class=\"kb-table\"><table><thead><tr><th scope=\"col\">a</th>\n<th scope=\"col\">b</th>\n</tr>\n</thead>\n<tbody><tr><td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table></div>",
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
        "<p>a<sup class=\"kb-footnote\"><a href=\"#fn-1\" id=\"fnref-1\">1</a></sup> b<sup class=\"kb-footnote\"><a href=\"#fn-1\">1</a></sup> c[^y]</p>\n<hr><ol class=\"kb-footnotes\"><li id=\"fn-1\"><p>note <a href=\"#fnref-1\" title=\"Back to the text\">↩</a></p>\n</li>\n</ol>",
    );
}

#[test]
fn alerts_have_titles() {
    gives("> [!TIP]\n> a", "<div class=\"kb-tip\"><p>✔ Tip</p>\n<p>a</p>\n</div>");
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
        "<div class=\"kb-table\"><table><tbody><tr><td>a</td>\n<td>b</td>\n</tr>\n<tr><td>c</td>\n</tr>\n</tbody>\n</table></div>",
    );
    gives(
        "<table>x</table>",
        "<div class=\"kb-table\"><table><tbody><tr><td>x</td>\n</tr>\n</tbody>\n</table></div>",
    );
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
    let options = Options { highlight: Some("github-light".to_owned()), ..Options::default() };
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

#[test]
fn admonitions_hold_markdown() {
    gives(
        "!!! note \"Mind\"\n    - a\n\n    b\n\nc",
        "<div class=\"kb-note\"><p>ℹ Mind</p>\n<ul><li>a</li>\n</ul>\n<p>b</p>\n</div>\n<p>c</p>",
    );
    gives(
        "- x\n\n    !!! tip\n        y\n\n- z",
        "<ul><li><p>x</p>\n<div class=\"kb-tip\"><p>✔ Tip</p>\n<p>y</p>\n</div>\n</li>\n<li><p>z</p>\n</li>\n</ul>",
    );
    gives(
        "??? bug\n    !!! note \"\"\n        a\n    b",
        "<details><summary>✖ Bug</summary>\n<div class=\"kb-note\"><p>a</p>\n</div>\n<p>b</p>\n</details>",
    );
}

#[test]
fn directives_and_tabs_are_sections() {
    gives(":::tip[T]\na\n:::\nb", "<div class=\"kb-tip\"><p>✔ T</p>\n<p>a</p>\n</div>\n<p>b</p>");
    gives(
        "::::note\n:::warning\na\n:::\n::::",
        "<div class=\"kb-note\"><p>ℹ Note</p>\n<div class=\"kb-warning\"><p>⚠ Warning</p>\n<p>a</p>\n</div>\n</div>",
    );
    gives(
        "=== \"A\"\n    a\n\n=== \"B\"\n    b",
        "<div class=\"kb-tab\"><p>A</p>\n<p>a</p>\n</div>\n<div class=\"kb-tab\"><p>B</p>\n<p>b</p>\n</div>",
    );
    gives(":::image source=\"a.png\" alt-text=\"A\":::", "<p><img src=\"a.png\" alt=\"A\"></p>");
}

#[test]
fn variables_are_replaced_when_named() {
    let options = Options {
        variables: [("v".to_owned(), "1 *2*".to_owned())].into_iter().collect(),
        ..Options::default()
    };
    assert_eq!(strip(&render("a {{ v }} b\n", &options)), "<p>a 1 <em>2</em> b</p>\n");
    let found = outline(input("a {{ v }}\n\nx {{ w }}"), &options).findings;
    assert_eq!(found.len(), 1);
    let position = found[0].position.unwrap();
    assert_eq!((found[0].code, position.line, position.column), (Code::UnknownVariable, 3, 3));
}

/// A folder in memory.
#[derive(Debug)]
struct Folder(&'static [(&'static str, &'static str)]);

impl Includes for Folder {
    fn read(&self, _from: Option<&str>, target: &str) -> Result<Arc<Included>, String> {
        let found = self.0.iter().find(|(path, _)| *path == target);
        let (path, text) = found.ok_or_else(|| format!("`{target}` is not there"))?;
        Ok(Arc::new(Included::new((*path).to_owned(), (*text).to_owned(), 0)))
    }
}

#[test]
fn includes_are_spliced() {
    let folder = Folder(&[
        ("a.md", "one [x](y)\n\ntwo\n"),
        ("loop.md", "[!INCLUDE [l](loop.md)]\n"),
        ("bad.md", "\n<foo>\n"),
        ("code.rs", "fn a() {}\n"),
        ("alert.md", "!!! note\n    n\n"),
    ]);
    let body = |text: &str| {
        let input = Input { text, includes: Some(&folder), ..Input::default() };
        strip(&html(input, &Options::default(), &mut |_| Destination::Plain))
    };
    assert_eq!(body("[!INCLUDE [a](a.md)]\nafter"), "<p>one x</p>\n<p>two\nafter</p>\n");
    assert_eq!(body("- [!INCLUDE [a](a.md)] b"), "<ul><li>one x</li>\n</ul>\n<p>two b</p>\n");
    assert_eq!(
        body("- i\n\n  --8<-- \"a.md\"\n"),
        "<ul><li><p>i</p>\n<p>one x</p>\n<p>two</p>\n</li>\n</ul>\n"
    );
    assert_eq!(
        body("```rust\n{{#include code.rs}}\n```\n"),
        "<pre class=\"language-rust\"><code>fn a() {}\n</code></pre>\n"
    );
    assert_eq!(
        body("```\n;--8<-- \"a.md\"\n\\{{#include a.md}}\n```\n"),
        "<pre><code>--8&lt;-- &quot;a.md&quot;\n{<span class=\"kb-brace\">{</span>#include a.md}}\n</code></pre>\n"
    );
    assert_eq!(body("\\{{#include a.md}} {{#include}}").matches('\\').count(), 0);
    assert_eq!(
        body("!!! tip\n    {{#include alert.md}}\n\n    end"),
        "<div class=\"kb-tip\"><p>✔ Tip</p>\n<div class=\"kb-note\"><p>ℹ Note</p>\n<p>n</p>\n</div>\n<p>end</p>\n</div>\n"
    );
    let findings = |text: &str| {
        let input = Input { text, includes: Some(&folder), ..Input::default() };
        outline(input, &Options::default())
            .findings
            .into_iter()
            .map(|finding| {
                let position = finding.position.unwrap();
                (finding.code, finding.path.map(|path| path.to_string()), position.line, position.column)
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(findings("a\n\n [!INCLUDE [x](none.md)]"), [(Code::BrokenInclude, None, 3, 2)]);
    assert_eq!(
        findings("[!INCLUDE [x](loop.md)]"),
        [(Code::BrokenInclude, Some("loop.md".to_owned()), 1, 1)]
    );
    assert_eq!(findings("{{#include bad.md}}"), [(Code::UnsupportedHtml, Some("bad.md".to_owned()), 2, 1)]);
    let input = Input { text: "[!INCLUDE [a](a.md)]", includes: Some(&folder), ..Input::default() };
    let reference = outline(input, &Options::default()).references.remove(0);
    assert_eq!((reference.included.as_deref(), reference.position.column), (Some("a.md"), 5));
}

#[test]
fn small_marks_follow_their_dialects() {
    gives("a :rocket: H~2~O x:y:z", "<p>a 🚀 H~2~O x:y:z</p>");
    gives("`:rocket:` [:rocket:](x)", "<p><code>:rocket:</code> <a href=\"x\">🚀</a></p>");
    let mut options = Options { dialects: Dialects::none(), ..Options::default() };
    assert_eq!(strip(&render(":rocket:", &options)), "<p>:rocket:</p>\n");
    options.dialects.sub_superscript = true;
    assert_eq!(strip(&render("H~2~O x^2^", &options)), "<p>H<sub>2</sub>O x<sup>2</sup></p>\n");
}

#[test]
fn heading_levels_are_watched() {
    assert_eq!(codes("## a\n\n#### b\n\n## c"), [(Code::SkippedHeadingLevel, 3, 1)]);
    gives("## a {#own}\n\n## b {#own}", "<h2 id=\"own\">a</h2>\n<h2 id=\"own-1\">b</h2>");
}

#[test]
fn deep_html_keeps_its_text() {
    let html = neutral(&format!("{}x{}y", "<div>".repeat(500), "</div>".repeat(500)));
    assert!(html.contains('x') && html.contains('y'));
    assert!(html.matches("<div>").count() < 120);
}

#[test]
fn alerts_of_other_dialects() {
    gives(
        "> [!tip] Own title\n> text",
        "<div class=\"kb-tip\"><p><strong>✔ Own title</strong><br>\ntext</p>\n</div>",
    );
    gives("> [!div class=\"nextstepaction\"]\n> [Next](x)", "<p><a href=\"x\">Next</a></p>");
    for folded in ["> [!danger]- Mind", "> [!danger]+ Mind", "> [!danger | inline] Mind"] {
        gives(folded, "<div class=\"kb-caution\"><p><strong>✖ Mind</strong></p>\n</div>");
    }
    gives("> [!what] a", "<blockquote><p>[!what] a</p>\n</blockquote>");
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
fn code_blocks_have_titles_and_formulas_are_no_code() {
    gives(
        "```sh title=\"run.sh\"\nls\n```",
        "<p class=\"kb-code-title\">run.sh</p>\n<pre class=\"language-sh\"><code>ls\n</code></pre>",
    );
    gives("```math\na < b\n```", "<div class=\"kb-math\"><i>a</i> &lt; <i>b</i></div>");
}

#[test]
fn entities_as_long_as_what_they_stand_for_are_read() {
    gives("&ngE;", "<p>≧̸</p>");
}

#[test]
fn docfx_leaves_words_and_headings() {
    gives("Press :::no-loc text=\"New *issue*\"::: now", "<p>Press New <em>issue</em> now</p>");
    gives("`:::no-loc text=\"x\":::`", "<p><code>:::no-loc text=&quot;x&quot;:::</code></p>");
    gives("## [C#](#tab/csharp)", "<h2 id=\"c\">C#</h2>");
}

#[test]
fn links_read_on_boxes() {
    let coloured = |text: &str| render(text, &Options::default()).contains("<a href=\"x\" style=\"color:");
    assert!(coloured("> [!NOTE]\n> [a](x)") && coloured("| [a](x) |\n|---|\n"));
    assert!(!coloured("[a](x)") && !coloured("> [a](x)"), "the portal's own colour");
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
fn a_backslash_keeps_braces_and_brackets() {
    gives("**word**\\{.class} rest", "<p><strong>word</strong>{.class} rest</p>");
    gives("text\n\\{: .x}", "<p>text\n{: .x}</p>");
    gives("\\{.x}", "<p>{.x}</p>");
    for text in ["\\[not a link](a url)", "\\[TOC]", "\\{{< foo >}}"] {
        assert_eq!(codes(text), [], "{text}");
    }
}

#[test]
fn a_block_of_raw_html_is_no_mark_of_ours() {
    gives(
        "  </x>\n  <x y=\"1\">a</x>\n</x>\n\n:::note\nb\n:::",
        "a\n\n<div class=\"kb-note\"><p>ℹ Note</p>\n<p>b</p>\n</div>",
    );
}

#[test]
fn titles_are_markdown() {
    gives(
        "!!! note \"A `b` *c* [d](e) :tada:\"\n    x",
        "<div class=\"kb-note\"><p>ℹ A <code>b</code> <em>c</em> <a href=\"e\">d</a> 🎉</p>\n<p>x</p>\n</div>",
    );
    gives("=== \"1. **x**\"\n\n    y", "<div class=\"kb-tab\"><p>1. **x**</p>\n<p>y</p>\n</div>");
    gives(
        ":::details[`x` <b>y</b>]\nz\n:::",
        "<details><summary><code>x</code> <b>y</b></summary>\n<p>z</p>\n</details>",
    );
}

#[test]
fn columns_of_docfx_lose_their_indentation() {
    gives(
        ":::row:::\n   :::column:::\n      **a**\n      - b\n        - c\n   :::column-end:::\n   :::column:::\n      d\n   :::column-end:::\n:::row-end:::",
        "<p><strong>a</strong></p>\n<ul><li>b<ul><li>c</li>\n</ul>\n</li>\n</ul>\n<p>d</p>",
    );
    gives(
        ":::column:::\n      ::: moniker range=\"x\"\n      a\n      ::: moniker-end\n      b\n:::column-end:::",
        "<p>a\nb</p>",
    );
    gives(
        ":::column:::\nFirst\n\n    code here\n:::column-end:::",
        "<p>First</p>\n<pre><code>code here\n</code></pre>",
    );
    gives("> [!VIDEO https://a.example/b]", "<p><a href=\"https://a.example/b\">https://a.example/b</a></p>");
}

#[test]
fn markdown_goes_on_in_tags_that_say_so() {
    gives(
        "<figure markdown>\n  ![a](b)\n  <figcaption>c</figcaption>\n</figure>",
        "<figure>\n<p><img src=\"b\" alt=\"a\"></p>\n  <p class=\"kb-caption\">c</p>\n\n</figure>",
    );
}

#[test]
fn attribute_lists_go() {
    gives("![a](b){ width=\"300\" loading=lazy } c", "<p><img src=\"b\" alt=\"a\" width=\"300\"> c</p>");
    gives(
        "[a](b){ .x }, `c`{.d} **e**{:.f}",
        "<p><a href=\"b\">a</a>, <code>c</code> <strong>e</strong></p>",
    );
    gives("a\n{ .b }\n\n{: .c}", "<p>a</p>");
    gives("a {.b} `c`{d} [e](f){g}", "<p>a {.b} <code>c</code>{d} <a href=\"f\">e</a>{g}</p>");
}

#[test]
fn tabs_of_docusaurus_stand_one_below_the_other() {
    gives(
        "<Tabs>\n<TabItem value=\"a\" label=\"A <b>\">\n\n*b*\n\n</TabItem>\n<TabItem value=\"c\">d</TabItem>\n</Tabs>",
        "<div class=\"kb-tab\"><p>A &lt;b&gt;</p>\n\n<p><em>b</em></p>\n</div>\n\n<div class=\"kb-tab\"><p>c</p>\nd</div>",
    );
}

#[test]
fn syntax_of_other_tools_is_named() {
    assert_eq!(codes("a\n\n{{< figure src=\"x\" >}}"), [(Code::UnreadSyntax, 3, 1)]);
    assert_eq!(codes("import A from '@b'\n\n`{{< x >}}`\n\n    :::x\n"), [(Code::UnreadSyntax, 1, 1)]);
    assert_eq!(codes(":::cards\nx\n:::\n"), [(Code::UnreadSyntax, 1, 1)]);
    assert_eq!(codes("a\n\n<!--@include: ./b.md-->\n"), [(Code::UnreadSyntax, 3, 1)]);
    assert_eq!(codes("```{note} A\nb\n```\n\n```{r}\nb\n```\n"), [(Code::UnreadSyntax, 1, 1)]);
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
fn code_in_nested_callouts_leaves_their_count_alone() {
    let text = "!!! note\n    !!! tip\n        ```\n        a\n        ```\n\n[b](c)\n";
    assert!(render(text, &Options::default()).contains("<a href=\"c\">b</a>"));
}

#[test]
fn a_list_in_an_item_keeps_its_distance_from_what_follows() {
    let margin = |text| {
        let html = render(text, &Options::default());
        let inner = html.split("<ul style=\"").nth(2).unwrap();
        inner.split(';').next().unwrap().to_owned()
    };
    let (last, followed) = (margin("- a\n\n  - b\n- c"), margin("- a\n\n  - b\n\n  > [!NOTE]\n  > n\n"));
    assert_ne!(last, followed);
    assert_eq!(followed, margin("- a\n\n  - b\n\n  more\n"));
}

#[test]
fn blocks_of_slashes_are_sections() {
    gives(
        "/// warning | Mind the *gap*\n\ntext\n\n///\n\nafter",
        "<div class=\"kb-warning\"><p>⚠ Mind the <em>gap</em></p>\n<p>text</p>\n</div>\n<p>after</p>",
    );
    gives(
        "/// admonition | T\n    type: danger\n\n//// tab | A\n\na\n\n////\n///",
        "<div class=\"kb-caution\"><p>✖ T</p>\n<div class=\"kb-tab\"><p>A</p>\n<p>a</p>\n</div>\n</div>",
    );
    gives(
        "- x\n\n    /// details | More\n        open: true\n\n    y\n\n    ///\n",
        "<ul><li><p>x</p>\n<details open=\"\"><summary>More</summary>\n<p>y</p>\n</details>\n</li>\n</ul>",
    );
    gives("/// html | div.x\n\na\n\n///", "<p>a</p>");
    gives("/// see the note\n\n///", "<p>/// see the note</p>\n<p>///</p>");
    assert_eq!(codes("/// define | x\n\ny\n\n///"), [(Code::UnreadSyntax, 1, 1)]);
}

#[test]
fn code_in_a_line_loses_the_name_of_its_language() {
    gives("`#!python len(x)`", "<p><code>len(x)</code></p>");
    gives("`#!/bin/sh -e` `#!python`", "<p><code>#!/bin/sh -e</code> <code>#!python</code></p>");
}

#[test]
fn code_in_a_group_says_which_file_it_is() {
    gives(
        "::: code-group\n\n```txt [a.txt]\nx\n```\n\n:::",
        "<p class=\"kb-code-title\">a.txt</p>\n<pre class=\"language-txt\"><code>x\n</code></pre>",
    );
}

#[test]
fn markdown_in_tags_in_lists_is_no_code() {
    for text in [
        "- a\n\n    <div markdown>\n        *b*\n    </div>",
        "2. a\n\n    <div markdown>\n        *b*\n    </div>\n\n    c",
    ] {
        assert!(neutral(text).contains("<p><em>b</em></p>"), "{text}\n{}", neutral(text));
    }
}
