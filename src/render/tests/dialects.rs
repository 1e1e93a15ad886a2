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
    assert_eq!(codes("```{figure} A\nb\n```\n\n```{r}\nb\n```\n"), [(Code::UnreadSyntax, 1, 1)]);
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
        "<div class=\"kb-tab\"><p>a</p>\n<p>x</p>\n</div>",
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
    gives("<Note>\n\nb", "&lt;note&gt;\n<p>b</p>");
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
