//! Syntax of tools in the combinations in which their writers use it.

use super::*;

/// What is told of a text.
fn told(text: &str) -> Vec<String> {
    let findings = outline(input(text), &Options::default()).findings;
    findings.into_iter().map(|finding| finding.message.into()).collect()
}

#[test]
fn constructs_in_code_are_code() {
    for text in [
        // Ends with its item: what looks like its end begins another one.
        "- a\n  ```\n```\n=== \"T\"\nb",
        "```\n    ```\n!!! note\n    b",
        "1. ```\n   !!! note\n       b",
        "4. e\n\n       ///tip\n",
        "    - a\n    !!! note",
        // Known to the parser alone.
        "<x-y>\n```\n\n```\n!!! note\n    b",
    ] {
        let html = neutral(text);
        let mark = ["===", "!!!", "///"].into_iter().find(|mark| text.contains(mark)).unwrap();
        assert!(html.contains(mark) && !html.contains("kb-"), "{text}: {html}");
        assert!(!told(text).iter().any(|message| message.contains("begins here")), "{text}");
    }
}

#[test]
fn constructs_that_end_in_code_are_told() {
    let text = "!!! note\n    <pre>a\n\n    b\n\nc </pre>\n\n<CodeGroup>```</CodeGroup>\n";
    assert!(told(text).iter().any(|message| message.contains("ends in code")), "{:?}", told(text));
    assert!(!neutral(text).contains("--kb--"), "{}", neutral(text));
}

#[test]
fn divisions_of_pandoc_end_where_they_began() {
    gives(
        "::::: {.columns}\n:::: {.column width=\"40%\"}\na\n::::\n:::: column\nb\n::::\n:::::\n\nc",
        "<p>a</p>\n<p>b</p>\n<p>c</p>",
    );
    gives(
        ":::: code-group\n::: code-group-item A\n```sh\nx\n```\n:::\n::::",
        "<div class=\"kb-tab\"><p>A</p>\n<pre class=\"language-sh\"><code>x\n</code></pre>\n</div>",
    );
    assert_eq!(told("::: query-table 1-2 :::"), ["a directive of a kind that is not known is shown as text"]);
}

#[test]
fn images_of_docfx_stand_in_lines() {
    gives(
        "Select :::image type=\"icon\" source=\"i.png\" alt-text=\"More\"::: now.",
        "<p>Select <img src=\"i.png\" alt=\"More\"> now.</p>",
    );
}

#[test]
fn notes_of_sphinx_name_their_version() {
    gives(
        "```{versionadded} 1.2\nx\n```",
        "<div class=\"kb-note\"><p>ℹ New in version 1.2</p>\n<p>x</p>\n</div>",
    );
    gives("```{mermaid}\nA\n```", "<pre class=\"language-mermaid\"><code>A\n</code></pre>");
    gives(
        "(a-b)=\n## C\n\n[x](#a-b)",
        "<p><a id=\"a-b\"></a></p>\n<h2 id=\"c\">C</h2>\n<p><a href=\"#a-b\">x</a></p>",
    );
}

#[test]
fn fences_of_admonish_hold_markdown() {
    gives(
        "```admonish tip title=\"T\"\n- *a*\n```\n\nb",
        "<div class=\"kb-tip\"><p>✔ T</p>\n<ul><li><em>a</em></li>\n</ul>\n</div>\n<p>b</p>",
    );
}

#[test]
fn quotes_in_titles_of_gitbook_are_escaped() {
    gives(
        "{% tab title=\"A \\\"b\\\"\" %}\nx\n{% endtab %}",
        "<div class=\"kb-tab\"><p>A &quot;b&quot;</p>\n<p>x</p>\n</div>",
    );
}

#[test]
fn the_first_class_of_a_fence_is_its_language() {
    for (info, class) in [
        ("{ .yaml .annotate title=\"x\" }", "yaml"),
        ("{#code .haskell .numberLines}", "haskell"),
        ("{.py3 hl_lines=\"1\"}", "py3"),
        ("js{1,3-5}", "js"),
        ("javascript=101", "javascript"),
        ("c=+", "c"),
        ("{r, echo=FALSE}", "r"),
        ("{python}", "python"),
    ] {
        let html = neutral(&format!("``` {info}\na\n```"));
        assert!(html.contains(&format!("<pre class=\"language-{class}\">")), "{info}: {html}");
    }
}

#[test]
fn text_in_brackets_may_have_attributes() {
    gives(
        "[a *b*]{.underline} [c]{.smallcaps} []{#d .anchor}e [x]{#y .mark} [z](#d)",
        "<p><u>a <em>b</em></u> c <a id=\"d\"></a>e <span class=\"kb-mark\" id=\"y\">x</span> <a href=\"#d\">z</a></p>",
    );
    gives(
        "**[[a]{.ul}]{.b}** [c] [[d](e)]{.ul}",
        "<p><strong><u>a</u></strong> [c] <u><a href=\"e\">d</a></u></p>",
    );
    gives(
        "[new]{.insertion author=\"A b\"}[old]{.deletion} \\[a]{.b}",
        "<p><span class=\"kb-inserted\">new</span><strike>old</strike> [a]{.b}</p>",
    );
    gives(
        "[a [b](c)]{#d} [e []{#f} [g]{#h}](i)",
        "<p><span id=\"d\">a <a href=\"c\">b</a></span> <a href=\"i\">e <span id=\"f\"></span> <span id=\"h\">g</span></a></p>",
    );
    assert_eq!(told("[a]{.underline} b"), [""; 0]);
    assert_eq!(told("# []{#a .anchor}Title\n\n[b](#a)"), [""; 0]);
}

#[test]
fn what_other_tools_write_is_told() {
    for (text, what) in [
        ("  Right     Left\n-------     ------\n     12     12", "a table of Pandoc"),
        ("```{=html}\n<b>\n```", "a raw part of Pandoc"),
        ("a `<b>`{=html} c", "a raw part of Pandoc"),
        ("| one\n| two *b*\n| three", "a block of lines of Pandoc"),
        ("a. x\nb. y", "a list with letters"),
        ("(a) x\n(b) y", "a list with letters"),
        ("Term\n: what it is", "a definition"),
        ("{==\n\na\n\n==}", "a change over several paragraphs"),
        ("@[code](a.js)", "an include of VuePress"),
        ("!> **Time** is money", "a callout of Docsify"),
        ("[a](b.py ':include :type=code')", "an include of Docsify"),
        ("<button @click=\"a\">x</button>", "a tag of Vue"),
    ] {
        assert_eq!(told(text).first(), Some(&format!("{what} is shown as text")), "{text}");
    }
    for prose in [
        "a\n\n---\n\nb",
        "- - -",
        "--- ---- text",
        "a. x\nand more",
        ": a colon",
        "A long line of text that goes on and on until it is broken here\n: and then on",
        "First.\n: second",
        "| one\nand two",
        "[x](@y)",
    ] {
        assert_eq!(told(prose), [""; 0], "{prose}");
    }
}

#[test]
fn markdown_goes_on_in_tags_that_say_so() {
    gives("<div markdown=\"1\">*x* y</div>\n\nz", "<div>\n<p><em>x</em> y</p>\n</div>\n\n<p>z</p>");
    gives("<p markdown=\"span\">*x* [l](a.md)</p>", "<p><em>x</em> <a href=\"a.md\">l</a></p>");
    gives(
        "<details open markdown=\"block\">\n  <summary>\n    A\n  </summary>\n  {: .b }\n- c\n</details>",
        "<details open=\"\">\n  <summary>\n    A\n  </summary>\n\n<ul><li>c</li>\n</ul>\n</details>",
    );
    gives(
        "<figure markdown>\n![a](b.png)\n<figcaption markdown>C *d*</figcaption>\n</figure>",
        "<figure>\n<p><img src=\"b.png\" alt=\"a\"></p>\n<div class=\"kb-caption\">\n<p>C <em>d</em></p>\n</div>\n\n</figure>",
    );
}

#[test]
fn images_by_night_go_and_films_are_links() {
    gives("![a](b.png#only-light) ![a](b.png#only-dark)", "<p><img src=\"b.png#only-light\" alt=\"a\"> </p>");
    gives(
        "![film](https://www.youtube.com/watch?v=x)",
        "<p><a href=\"https://www.youtube.com/watch?v=x\">film</a></p>",
    );
}

#[test]
fn blocks_and_sizes_of_obsidian_are_read() {
    let mut options = Options::default();
    *options.dialects.switch("wiki-links").unwrap() = true;
    let html = |text: &str| strip(&render(text, &options)).trim().to_owned();
    assert_eq!(
        html("a b ^c-1\n\n[[#^c-1]]"),
        "<p>a b<a id=\"c-1\"></a></p>\n<p><a href=\"#c-1\">#^c-1</a></p>"
    );
    assert_eq!(
        html("a %%b *c%% d%%e%%\n\n%%\nf\n\ng\n%%\n\nh `%%i%%`\n\n```\n%%j%%\n```"),
        "<p>a  d%%e%%</p>\n<p>h <code>%%i%%</code></p>\n<pre><code>%%j%%\n</code></pre>",
    );
    assert_eq!(html("%%a\n\nb"), "<p>%%a</p>\n<p>b</p>");
    assert_eq!(html("- x ^y\n- z^2"), "<ul><li>x<a id=\"y\"></a></li>\n<li>z^2</li>\n</ul>");
    assert_eq!(
        html("![a|300](b.png) ![[c.png|d|20x10]]"),
        "<p><img src=\"b.png\" alt=\"a\" width=\"300\"> <img src=\"c.png\" alt=\"d\" width=\"20\" height=\"10\"></p>",
    );
}

#[test]
fn what_nobody_sees_or_knows_is_told() {
    assert_eq!(told("[](a.md) [](){#b} [![c](d.png)](e.md)"), ["a link without a text is left out"]);
    assert_eq!(told("> [!recipe] Cake\n> x"), ["a callout of a kind that is not known is shown as text"]);
    gives("> [!div class=\"checklist\"]\n> * a", "<ul><li>a</li>\n</ul>");
}

#[test]
fn comments_for_highlighting_leave_code() {
    gives(
        "```js\na(); // [!code focus]\n// highlight-next-line\nb();\n<x/> {/* highlight-start */}\nc(); // [!code ++]\n```",
        "<pre class=\"language-js\"><code>a();\nb();\n&lt;x/&gt; {/* highlight-start */}\nc(); // [!code ++]\n</code></pre>",
    );
    gives(
        "```md\n// highlight-start\n```",
        "<pre class=\"language-md\"><code>// highlight-start\n</code></pre>",
    );
}

#[test]
fn quotations_of_gitlab_go_over_blocks() {
    gives(
        "a\n\n>>>\nb\n\n- c\n>>>\n\nd",
        "<p>a</p>\n<blockquote><p>b</p>\n<ul><li>c</li>\n</ul>\n</blockquote>\n<p>d</p>",
    );
    gives(
        "a\n\n>>>\nb",
        "<p>a</p>\n<blockquote><blockquote><blockquote></blockquote>\n</blockquote>\n</blockquote>\n<p>b</p>",
    );
}

#[test]
fn code_between_tags_of_jekyll_and_hugo_is_code() {
    let html = "<p>a</p>\n<pre class=\"language-ruby\"><code>if x\n\n  ```\n  <b> # {{ y }}\n</code></pre>\n<p>c</p>";
    let html = html.replace("<b>", "&lt;b&gt;").replace("{{", "{<span class=\"kb-brace\">{</span>");
    for (begin, end) in [
        ("{% highlight ruby linenos %}", "{% endhighlight %}"),
        ("{{< highlight ruby \"hl_lines=1\" >}}", "{{< / highlight >}}"),
    ] {
        gives(&format!("a\n\n{begin}\nif x\n\n  ```\n  <b> # {{{{ y }}}}\n{end}\n\nc"), &html);
    }
    assert_eq!(told("{% highlight ruby %}\na"), ["a tag of Jinja or Liquid is shown as text"]);
}

#[test]
fn figures_of_myst_are_images_with_what_stands_below() {
    gives(
        "```{figure} a b.png\n:alt: A *b*\n:width: 200px\n:name: fig\n\nCaption *here*\n```\n\nx",
        "<p><img src=\"a%20b.png\" alt=\"A b\" width=\"200\" id=\"fig\"></p>\n<p>Caption <em>here</em></p>\n<p>x</p>",
    );
    gives(":::{image} a.png\n:alt: A\n:::\n\nx", "<p><img src=\"a.png\" alt=\"A\"></p>\n<p>x</p>");
    assert_eq!(codes("x\n\n```{image} a.png\n```"), [(Code::MissingAlt, 3, 1)]);
    let unended = [(Code::MissingAlt, 1, 1), (Code::UnreadSyntax, 1, 1)];
    assert_eq!(codes("```{image} a.png\n:width: 2"), unended);
}

#[test]
fn settings_of_docsify_are_no_titles() {
    gives("[a](b ':ignore') [c](d ': e')", "<p><a href=\"b\">a</a> <a href=\"d\" title=\": e\">c</a></p>");
    gives("::: spoiler A\nb\n:::", "<details><summary>A</summary>\n<p>b</p>\n</details>");
}

#[test]
fn what_two_lines_frame_is_told_once() {
    for frame in ["$$", "%%", "--8<--"] {
        let found = codes(&format!("{frame}\na\n{frame}\n\nb\n\n{frame}\na\n{frame}"));
        assert_eq!(found, [(Code::UnreadSyntax, 1, 1), (Code::UnreadSyntax, 7, 1)], "{frame}");
    }
}

#[test]
fn options_of_myst_may_stand_between_dashes() {
    gives(
        "```{figure} a.png\n---\nname: f\nwidth: 50%\nalt: A\n---\nBelow.\n```\n\nb",
        "<p><img src=\"a.png\" alt=\"A\" width=\"50%\" id=\"f\"></p>\n<p>Below.</p>\n<p>b</p>",
    );
    gives(
        "```{code-cell} python3\n---\ntags: [x]\n---\n1\n```",
        "<pre class=\"language-python3\"><code>1\n</code></pre>",
    );
    // No key stands between them.
    gives(
        "```{note}\n---\na b\n\n---\n```",
        "<div class=\"kb-note\"><p>ℹ Note</p>\n<hr>\n<p>a b</p>\n<hr>\n</div>",
    );
    gives(
        "```{code-block} txt\n:linenos:\n:caption: A *b*\nc\n```",
        "<p class=\"kb-code-title\">A *b*</p>\n<pre class=\"language-txt\"><code>c\n</code></pre>",
    );
}

#[test]
fn directives_that_are_not_read_show_their_first_line() {
    gives(
        "```{list-table} A b\n* - c\n```",
        "<p class=\"kb-code-title\">{list-table} A b</p>\n<pre><code>* - c\n</code></pre>",
    );
    assert_eq!(codes("```{prf:theorem} A\nb\n```"), [(Code::UnreadSyntax, 1, 1)]);
    gives("```{r name, echo=FALSE}\nx\n```", "<pre class=\"language-r\"><code>x\n</code></pre>");
    gives("```{margin} A\nb\n```", "<div class=\"kb-tab\"><p>A</p>\n<p>b</p>\n</div>");
    gives(
        ":::{card} A\n:link: b.md\nc\n:::",
        "<div class=\"kb-tab\"><p><a href=\"b.md\">A</a></p>\n<p>c</p>\n</div>",
    );
}

#[test]
fn footnotes_that_only_footnotes_refer_to_are_told() {
    let text = "[^1]: a\n[^1]\n\n[^2]: b [^3]\n\n[^3]: c [^2]\n\nd[^4]\n\n[^4]: e[^5]\n\n[^5]: f";
    let lines: Vec<_> = codes(text).into_iter().map(|(code, line, _)| (code, line)).collect();
    let unread = Code::UnreadSyntax;
    assert_eq!(lines, [(unread, 1), (unread, 4), (unread, 6)]);
}

#[test]
fn lists_of_attributes_follow_each_other_and_sizes_may_be_on_paper() {
    gives("[a](b.md){: .c }{:target=\"_blank\"} d", "<p><a href=\"b.md\">a</a> d</p>");
    gives(
        "![a](b.png){width=\"6.5in\" height=\"2.54cm\"}",
        "<p><img src=\"b.png\" alt=\"a\" width=\"624\" height=\"96\"></p>",
    );
}

#[test]
fn what_does_not_stand_where_it_is_meant_is_told() {
    let unread = Code::UnreadSyntax;
    assert_eq!(codes("a\n\n:::note\nb\n\n- c\n\n  ::: tip\n  d\n  :::\n"), [(unread, 3, 1)]);
    assert_eq!(codes("```{note}\na\n"), [(unread, 1, 1)]);
    assert_eq!(codes("{% hint %}\na\n"), [(unread, 1, 1)]);
    assert_eq!(codes(":::note\na\n:::\n\n!!! tip \"A\"\n\nb\n\n!!! tip\n    c\nd\n"), []);
    assert_eq!(codes("!!! tip\nb\n"), [(unread, 2, 1)]);
    assert_eq!(codes("- a\n\n    === \"A\"\n    b\n"), [(unread, 4, 5)]);
    // One beside the other, and one at the end.
    assert_eq!(codes("!!! tip \"A\"\n!!! tip \"B\"\n"), []);
}
