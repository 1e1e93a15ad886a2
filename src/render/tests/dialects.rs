//! What is read beyond CommonMark and GFM.

use std::sync::Arc;

use super::*;

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
    // As long as what stands for it.
    let long = Options {
        variables: [("v".to_owned(), "1234567".to_owned())].into_iter().collect(),
        ..Options::default()
    };
    let behind = outline(input("{{ v }} a <foo>"), &long).findings.remove(0);
    assert_eq!(behind.position.unwrap().column, 11);
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
fn alerts_of_other_dialects() {
    gives(
        "> [!tip] Own title\n> text",
        "<div class=\"kb-tip\"><p><strong>✔ Own title</strong><br>\ntext</p>\n</div>",
    );
    gives("> [!div class=\"nextstepaction\"]\n> [Next](x)", "<p><a href=\"x\">Next</a></p>");
    for folded in ["> [!danger]- Mind", "> [!danger]+ Mind", "> [!danger | inline] Mind"] {
        gives(folded, "<div class=\"kb-caution\"><p><strong>✖ Mind</strong></p>\n</div>");
    }
    gives(
        "> [!tip] Own `a` title\n> text\n> more",
        "<div class=\"kb-tip\"><p><strong>✔ Own </strong><code>a</code> title<br>\ntext\nmore</p>\n</div>",
    );
    gives("> [!tip] **Own**", "<div class=\"kb-tip\"><p><strong>✔ </strong><strong>Own</strong></p>\n</div>");
    gives("> [!what] a", "<blockquote><p>[!what] a</p>\n</blockquote>");
}

#[test]
fn docfx_leaves_words_and_headings() {
    gives("Press :::no-loc text=\"New *issue*\"::: now", "<p>Press New <em>issue</em> now</p>");
    gives("`:::no-loc text=\"x\":::`", "<p><code>:::no-loc text=&quot;x&quot;:::</code></p>");
    gives("## [C#](#tab/csharp)", "<h2 id=\"c\">C#</h2>");
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
fn titles_are_markdown() {
    gives(
        "!!! note \"A `b` *c* [d](e) :tada:\"\n    x",
        "<div class=\"kb-note\"><p>ℹ A <code>b</code> <em>c</em> <a href=\"e\">d</a> 🎉</p>\n<p>x</p>\n</div>",
    );
    gives("=== \"1. **x**\"\n\n    y", "<div class=\"kb-tab\"><p>1. **x**</p>\n<p>y</p>\n</div>");
    gives("===+ \"x\"\n\n    y", "<div class=\"kb-tab\"><p>x</p>\n<p>y</p>\n</div>");
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
fn lists_that_are_left_out_are_not_told_as_text() {
    gives("## A\n{: .no_toc }\n\nb\n{: .c }\n\n{: .lead }\nd", "<h2 id=\"a\">A</h2>\n<p>b</p>\n<p>d</p>");
    assert_eq!(
        codes("## A\n{: .no_toc }\n\nb\n{: .c }\n\n{: .lead }\nd {{ e }}"),
        [(Code::UnreadSyntax, 8, 3)]
    );
    assert_eq!(codes("> a\n{: .prompt-tip }"), [(Code::UnreadSyntax, 2, 1)]);
    let text = "{: .note-title }\n> a\n\n{: .warning }\nb\n";
    gives(text, "<blockquote><p>a</p>\n</blockquote>\n<p>b</p>");
    assert_eq!(codes(text), [(Code::UnreadSyntax, 1, 1), (Code::UnreadSyntax, 4, 1)]);
    assert_eq!(
        codes("a {: .b }\n\n![](c.png){width=\"6in\"\nheight=\"3in\"}"),
        [(Code::UnreadSyntax, 1, 3), (Code::MissingAlt, 3, 1)]
    );
}

#[test]
fn lists_hold_what_the_parser_takes_for_marks() {
    gives(
        "[a](b){target=_blank} [c](d){: target=\"_blank\" rel=\"x\" }e",
        "<p><a href=\"b\">a</a> <a href=\"d\">c</a>e</p>",
    );
    gives(
        "![a](b){ width=\"3\"\nalt=\"x *y* <b> `z`\" } c\n{ .d_e }",
        "<p><img src=\"b\" alt=\"a\" width=\"3\"> c</p>",
    );
    gives("[a](b){target=_c d", "<p><a href=\"b\">a</a>{target=_c d</p>");
    gives("[a](b){c=\"d\n\ne\"}", "<p><a href=\"b\">a</a>{c=&quot;d</p>\n<p>e&quot;}</p>");
}

#[test]
fn lists_of_kramdown_stand_below_tables_and_lists() {
    let table = |rows: &str| {
        format!(
            "<div class=\"kb-table\"><table><thead><tr><th scope=\"col\">a</th>\n<th scope=\"col\">b</th>\n</tr>\n</thead>\n{rows}</table></div>"
        )
    };
    gives("| a | b |\n|---|---|\n{: .c }\n\nd", &(table("") + "\n<p>d</p>"));
    let row = "<tbody><tr><td>c</td>\n<td></td>\n</tr>\n</tbody>\n";
    gives("| a | b |\n|---|---|\n| c |\n{: .d .e }", &table(row));
    gives("- a\n- b\n{: .c }\n\nd", "<ul><li>a</li>\n<li>b</li>\n</ul>\n<p>d</p>");
    assert_eq!(codes("| a |\n|---|\n| c |\n{: .d .e }\n\n- a\n{: .b}\n"), []);
}

#[test]
fn ids_in_lists_are_anchors() {
    gives(
        "a [](){#b_c} ![d](e){#f} [g](h){#i}\n\nj\n{: #k }\n\n{#l}",
        "<p>a <a id=\"b_c\"></a> <img src=\"e\" alt=\"d\" id=\"f\"> <a href=\"h\" id=\"i\">g</a></p>\n<p>j<a id=\"k\"></a></p>\n<a id=\"l\"></a>",
    );
    assert_eq!(codes("## A\n\n{: #b }\n\n[](){#c}"), []);
}

#[test]
fn images_have_sizes_behind_their_files() {
    gives(
        "![a](b.png =500x) ![c](d.png =5x6)",
        "<p><img src=\"b.png\" alt=\"a\" width=\"500\"> <img src=\"d.png\" alt=\"c\" width=\"5\" height=\"6\"></p>",
    );
    gives(
        "```\n![a](b =5x)\n```\n\n    ![a](b =5x)",
        "<pre><code>![a](b =5x)\n</code></pre>\n<pre><code>![a](b =5x)</code></pre>",
    );
    assert_eq!(codes("![a](b.png =500x)\n\n[c](d e)"), [(Code::UnreadSyntax, 3, 1)]);
}

#[test]
fn diagrams_stand_between_colons() {
    gives(
        "::: mermaid\ngraph TD\n    A-->B\n\n    C\n:::\n\n*b*",
        "<pre class=\"language-mermaid\"><code>graph TD\n    A--&gt;B\n\n    C\n</code></pre>\n<p><em>b</em></p>",
    );
    gives(
        "- a\n\n  :::mermaid\n  graph\n  :::\n\n  b",
        "<ul><li><p>a</p>\n<pre class=\"language-mermaid\"><code>graph\n</code></pre>\n<p>b</p>\n</li>\n</ul>",
    );
}

#[test]
fn code_ends_with_what_it_stands_in() {
    let note = "<div class=\"kb-note\"><p>ℹ Note</p>\n<pre><code>a\n</code></pre>\n</div>";
    gives("!!! note\n    ```\n    a\n*b*", &format!("{note}\n<p><em>b</em></p>"));
    gives(
        "- c\n\n    !!! note\n        ```\n        a\n\n*b*",
        &format!("<ul><li><p>c</p>\n{}\n</li>\n</ul>\n<p><em>b</em></p>", note.replace("a\n<", "a\n\n<")),
    );
    gives(":::note\n~~~\na", note);
    gives(
        "!!! note\n    - c\n\n      ```\n      a\n\n*b*",
        "<div class=\"kb-note\"><p>ℹ Note</p>\n<ul><li><p>c</p>\n<pre><code>a\n\n</code></pre>\n</li>\n</ul>\n</div>\n<p><em>b</em></p>",
    );
}

#[test]
fn wiki_links_name_headings_and_sizes() {
    let mut dialects = Dialects::default();
    *dialects.switch("wiki-links").unwrap() = true;
    let options = Options { dialects, ..Options::default() };
    let given = |text: &str| strip(&render(text, &options));
    assert_eq!(
        given("[[A b#C d|e]] [[#C d]]"),
        "<p><a href=\"A%20b#c-d\">e</a> <a href=\"#c-d\">#C d</a></p>\n"
    );
    assert_eq!(
        given("![[a/b.png|30x20]] ![[c.png|d]] ![300](e.png)"),
        "<p><img src=\"a/b.png\" alt=\"b.png\" width=\"30\" height=\"20\"> <img src=\"c.png\" alt=\"d\"> <img src=\"e.png\" alt=\"300\"></p>\n"
    );
    assert!(
        given("| a |\n|-|\n| ![[b.png\\|30]] |").contains("<img src=\"b.png\" alt=\"b.png\" width=\"30\">")
    );
}

#[test]
fn tabs_of_docusaurus_stand_one_below_the_other() {
    gives(
        "<Tabs>\n<TabItem value=\"a\" label=\"A <b>\">\n\n*b*\n\n</TabItem>\n<TabItem value=\"c\">d</TabItem>\n</Tabs>",
        "<div class=\"kb-tab\"><p>A &lt;b&gt;</p>\n<p><em>b</em></p>\n</div>\n<div class=\"kb-tab\"><p>c</p>\n<p>d</p>\n</div>",
    );
}

#[test]
fn syntax_of_other_tools_is_named() {
    assert_eq!(codes("a\n\n{{< figure src=\"x\" >}}"), [(Code::UnreadSyntax, 3, 1)]);
    assert_eq!(codes("> import A from '@b'\n\n`{{< x >}}`\n\n    :::x\n"), [(Code::UnreadSyntax, 1, 3)]);
    assert_eq!(codes(":::cards\nx\n:::\n"), [(Code::UnreadSyntax, 1, 1)]);
    assert_eq!(codes("`a`:   b\n> - :   c\n"), [(Code::UnreadSyntax, 2, 5)]);
    assert_eq!(codes("a\n\n<!--@include: ./b.md-->\n"), [(Code::UnreadSyntax, 3, 1)]);
    assert_eq!(codes("```{csv-table} A\nb\n```\n\n```{r}\nb\n```\n"), [(Code::UnreadSyntax, 1, 1)]);
    assert_eq!(codes("a\n\n[[_TOC_]]\n"), [(Code::UnreadSyntax, 3, 1)]);
    assert_eq!(codes("%%\na\n%%"), [(Code::UnreadSyntax, 1, 1)]);
}

#[test]
fn a_table_that_is_none_is_told_once() {
    assert_eq!(
        codes("| a | *b* |\n|---|\n| c | d |\n\n> | e | f |"),
        [(Code::UnreadSyntax, 1, 1), (Code::UnreadSyntax, 5, 3)]
    );
    assert_eq!(codes("+---+---+\n| a | b |\n+===+===+\n"), [(Code::UnreadSyntax, 1, 1)]);
    assert_eq!(codes("| a |\n|---|\n| `b|c` |\n| d | |\n| \\| |"), [(Code::UnreadSyntax, 3, 6)]);
}

#[test]
fn formulas_in_brackets_are_named() {
    assert_eq!(codes("so \\( a = b \\) is *c* \\(d\\)"), [(Code::UnreadSyntax, 1, 4)]);
    assert_eq!(codes("a\n\n\\[\nb\n\\]\n"), [(Code::UnreadSyntax, 3, 1)]);
    assert_eq!(codes("f\\(a, b\\) \\[optional\\] \\[ -f x \\]"), []);
}

#[test]
fn front_matter_begins_the_file() {
    for before in ["\n", "<!-- a\n-->\n"] {
        let lines = u32::try_from(before.lines().count()).unwrap();
        assert_eq!(codes(&format!("{before}---\ntitle: b\n---\n\nc"))[0], (Code::UnreadSyntax, lines + 1, 1));
    }
    assert_eq!(codes("{\n  \"title\": \"a\"\n}\n\nb")[..], [(Code::UnreadSyntax, 1, 1)]);
    for text in ["a\n\n---\ntitle: b\n---\n", "\n---\n\na\n\n---\n", "\n---\nA b: c\n\n---\n"] {
        assert_eq!(codes(text), [], "{text}");
    }
}

#[test]
fn code_in_nested_callouts_leaves_their_count_alone() {
    let text = "!!! note\n    !!! tip\n        ```\n        a\n        ```\n\n[b](c)\n";
    assert!(render(text, &Options::default()).contains("<a href=\"c\">b</a>"));
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

#[test]
fn components_of_mdx_hold_markdown() {
    let tab =
        |label: &str, text: &str| format!("<div class=\"kb-tab\"><p>{label}</p>\n<p>{text}</p>\n</div>\n");
    let tabs = [tab("x", "<em>a</em>"), tab("y", "b"), "<p>c</p>".to_owned()].concat();
    gives(
        "<Tabs items={['x', 'y']}>\n  <Tabs.Tab>*a*</Tabs.Tab>\n  <Tabs.Tab>\n    b\n  </Tabs.Tab>\n</Tabs>\n\nc",
        &tabs,
    );
    gives(
        "<Note>\n  This is **bold**.\n\n  - a\n</Note>\nafter",
        "<div class=\"kb-note\"><p>ℹ Note</p>\n<p>This is <strong>bold</strong>.</p>\n<ul><li>a</li>\n</ul>\n</div>\n<p>after</p>",
    );
    gives(
        "<Tabs>\n  <TabItem value=\"npm\" label=\"npm\" default>\n\n    ```txt\n    npm i\n      x\n    ```\n\n  </TabItem>\n  <TabItem value=\"b\">B *b*</TabItem>\n</Tabs>",
        "<div class=\"kb-tab\"><p>npm</p>\n<pre class=\"language-txt\"><code>npm i\n  x\n</code></pre>\n</div>\n\
         <div class=\"kb-tab\"><p>b</p>\n<p>B <em>b</em></p>\n</div>",
    );
    gives(
        "<Tabs\n  defaultValue=\"a\"\n  values={[\n    {label: 'A >', value: 'a'},\n  ]}>\n<TabItem\n  value=\"a\">\n\nx\n\n</TabItem>\n</Tabs>",
        "<div class=\"kb-tab\"><p>A &gt;</p>\n<p>x</p>\n</div>",
    );
    gives("<Frame>\n  ![a](b.png)\n</Frame>", "<p><img src=\"b.png\" alt=\"a\"></p>");
    gives(
        "<Card title=\"Go\" href=\"/x\">y</Card>",
        "<div class=\"kb-tab\"><p><a href=\"/x\">Go</a></p>\n<p>y</p>\n</div>",
    );
    gives(
        "1. a\n\n   <Tip>b</Tip>\n\n2. c",
        "<ol><li><p>a</p>\n<div class=\"kb-tip\"><p>✔ Tip</p>\n<p>b</p>\n</div>\n</li>\n<li><p>c</p>\n</li>\n</ol>",
    );
    gives("{/* a */}\nb\n\n{/*\n:::note\n\nc\n*/}\n\nd", "<p>b</p>\n<p>d</p>");
    gives("{/* a", "<p>{/* a</p>");
    // What nothing ends is a placeholder.
    gives("<Note>\n\nb", "&lt;Note&gt;\n<p>b</p>");
    gives("```\n<Note>\n</Note>\n```", "<pre><code>&lt;Note&gt;\n&lt;/Note&gt;\n</code></pre>");
    let text = "<Tabs>\n  <Tab title=\"a\">\n    <foo>\n  </Tab>\n</Tabs>";
    assert_eq!(codes(text), [(Code::UnsupportedHtml, 3, 5)]);
}

#[test]
fn modules_of_mdx_are_left_out() {
    gives("import A from '@x';\nimport 'y';\n\n# T\n\nb", "<h2 id=\"t\">T</h2>\n<p>b</p>");
    gives("a\n\nexport const x = {\n  a: 1,\n\n  b: 2,\n};\n\n- b\n", "<p>a</p>\n<ul><li>b</li>\n</ul>");
    gives("a\nimport A from 'x'", "<p>a\nimport A from 'x'</p>");
    gives("```\nimport A from 'x'\n```", "<pre><code>import A from 'x'\n</code></pre>");
    assert_eq!(codes("import A from 'x'\n\nIn {count} days"), [(Code::UnreadSyntax, 3, 4)]);
}

#[test]
fn syntax_in_raw_html_is_named() {
    assert_eq!(codes("<div>\n{{< x >}}\n</div>"), [(Code::UnreadSyntax, 2, 1)]);
    let found = outline(input("<div>\n[<b>a</b>](b)\n</div>"), &Options::default()).findings;
    assert_eq!(&*found[0].message, "Markdown inside raw HTML is shown as text");
    assert_eq!(codes("<aside>\na **b**\n</aside>\n\n<code>`c` **d**</code>"), [(Code::UnreadSyntax, 2, 3)]);
    assert_eq!(codes("<td>see [a](b) <pre>\n{{< x >}} [c](d)</pre>"), [(Code::UnreadSyntax, 1, 9)]);
    assert_eq!(codes("<div>\n\n[a](b)\n\n</div>\n\n<!-- {{< x >}} -->\n<script>[a](b)</script>")[1..], []);
}

/// A folder of files that each include the next, up to the last, or that include two others.
#[derive(Debug)]
struct Chain {
    last: usize,
    twice: bool,
}

impl Includes for Chain {
    fn read(&self, _from: Option<&str>, target: &str) -> Result<Arc<Included>, String> {
        let number: usize = target.trim_start_matches("~/").parse().map_err(|_| "not there".to_owned())?;
        let next = format!("{{{{#include {}}}}}\n", number + 1);
        let text = match (number == self.last, self.twice) {
            (true, _) => "end\n".to_owned(),
            (false, true) => next.repeat(2),
            (false, false) => next,
        };
        Ok(Arc::new(Included::new(number.to_string(), text, 0)))
    }
}

#[test]
fn includes_end() {
    let told = |last: usize, twice: bool| {
        let chain = Chain { last, twice };
        let input = Input { includes: Some(&chain), ..input("{{#include 1}}\n") };
        let messages =
            outline(input, &Options::default()).findings.into_iter().map(|finding| finding.message);
        messages.map(|message| message.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(told(16, false), [""; 0]);
    assert_eq!(told(17, false), ["`17` is included more than 16 levels deep"]);
    // 32,767 files, which hold little.
    assert_eq!(told(15, true), ["too much is included: the rest of the document is left out"]);
    let root = Chain { last: 1, twice: false };
    let input = Input { includes: Some(&root), ..input("[!INCLUDE [a](~/1)]\n") };
    assert_eq!(strip(&html(input, &Options::default(), &mut |_| Destination::Plain)), "<p>end</p>\n");
}

#[test]
fn what_stands_behind_a_line_of_ours_keeps_its_place() {
    let text = ":::image source=\"a.png\" alt-text=\"A\":::\n[b](<c d>) <foo>\n";
    assert_eq!(codes(text), [(Code::UnsupportedHtml, 2, 12)]);
}
