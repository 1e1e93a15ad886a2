//! One document in, one body out: each construct by itself.

mod components;
mod dialects;
mod headings;
mod marks;
mod raw_html;
mod tools;

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
fn rows_are_light_and_shaded_in_turn_and_cells_aligned() {
    let html = render("|a|b|\n|:-|-:|\n|1|2|\n|3|4|\n|5|6|", &Options::default());
    let looks: Vec<&str> =
        html.split("<td style=\"").skip(1).map(|cell| cell.split('"').next().unwrap()).collect();
    let expected = [theme::Role::Cell, theme::Role::EvenCell, theme::Role::Cell]
        .map(|role| ["left", "right"].map(|side| format!("{};text-align:{side}", role.style())));
    assert_eq!(looks, expected.concat());
}

#[test]
fn data_and_mail_lead_where_they_may() {
    gives("[a](data:image/png;base64,AA) ![b](mailto:c@d.example)", "<p>a b</p>");
    assert!(neutral("![a](data:image/png;base64,AA)").contains("<img src=\"data:image/png"));
}

#[test]
fn looks_have_a_digest() {
    let digest = |highlight: &str| {
        look_digest(&Options { highlight: Some(highlight.to_owned()), ..Options::default() })
    };
    let mut looks: String = theme::Role::ALL.iter().map(|role| [role.style(), "\n"].concat()).collect();
    looks.push_str("github-light\n");
    looks.push_str(&write::palette());
    assert_eq!(digest("github-light"), Digest::of(looks.as_bytes()).prefix(8));
    assert_ne!(digest("github-light"), digest("off"));
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
fn images_of_films_are_links_and_those_by_night_go() {
    gives("![a](b.mp4) ![](c/d.PDF?x)", "<p><a href=\"b.mp4\">a</a> <a href=\"c/d.PDF?x\">d.PDF?x</a></p>");
    assert_eq!(codes("![a](b.mp4)"), [(Code::UnsupportedHtml, 1, 1)]);
    gives(
        "![a](b.png#gh-light-mode-only)![a](c.png#gh-dark-mode-only)",
        "<p><img src=\"b.png#gh-light-mode-only\" alt=\"a\"></p>",
    );
    gives("x <img src=\"c.png#gh-dark-mode-only\" alt=\"a\">", "<p>x </p>");
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
    assert_eq!(
        codes("a[^b]\n\n[^B]: c\n\n[^d]: e\n\n[^b]: f"),
        [(Code::UnreadSyntax, 5, 1), (Code::UnreadSyntax, 7, 1)]
    );
}

#[test]
fn alerts_have_titles() {
    gives("> [!TIP]\n> a", "<div class=\"kb-tip\"><p>✔ Tip</p>\n<p>a</p>\n</div>");
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
fn code_blocks_have_titles_and_formulas_are_no_code() {
    gives(
        "```sh title=\"run.sh\"\nls\n```",
        "<p class=\"kb-code-title\">run.sh</p>\n<pre class=\"language-sh\"><code>ls\n</code></pre>",
    );
    gives("```math\na < b\n```", "<div class=\"kb-math\"><i>a</i> &lt; <i>b</i></div>");
    let mut options = Options::default();
    options.dialects.math = true;
    let framed = strip(&render("$`a`$ $b$", &options));
    assert_eq!(
        framed,
        "<p><span class=\"kb-math\"><i>a</i></span> <span class=\"kb-math\"><i>b</i></span></p>\n"
    );
}

#[test]
fn entities_as_long_as_what_they_stand_for_are_read() {
    gives("&ngE;", "<p>≧̸</p>");
}

#[test]
fn links_read_on_boxes() {
    let coloured = |text: &str| render(text, &Options::default()).contains("<a href=\"x\" style=\"color:");
    assert!(coloured("> [!NOTE]\n> [a](x)") && coloured("| [a](x) |\n|---|\n"));
    assert!(!coloured("[a](x)") && !coloured("> [a](x)"), "the portal's own colour");
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
