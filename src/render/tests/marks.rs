//! Marks in running text, and blocks of GitBook, MyST and Pandoc.

use super::*;

#[test]
fn marked_and_inserted_text_holds_markdown() {
    let mark = "<span class=\"kb-mark\">";
    gives("a ==b== c", &format!("<p>a {mark}b</span> c</p>"));
    gives(
        "==a **b ==c== d** `e`==.",
        &format!("<p>{mark}a <strong>b {mark}c</span> d</strong> <code>e</code></span>.</p>"),
    );
    gives(
        "^^a^^ ^^b\nc^^",
        "<p><span class=\"kb-inserted\">a</span> <span class=\"kb-inserted\">b\nc</span></p>",
    );
    gives("==a ^^b== c^^", &format!("<p>{mark}a ^^b</span> c^^</p>"));
    gives("2^10^ H~2~O", "<p>2^10^ H~2~O</p>");
    for text in ["a == b == c", "a==b==c", "==a", "**==a** b==", "\\==a==", "===a===", "a ==\nb =="] {
        let plain = neutral(text);
        assert!(!plain.contains("kb-mark"), "{text}: {plain}");
    }
    gives("`==a==`", "<p><code>==a==</code></p>");
    gives("## ==a== b", &format!("<h2 id=\"a-b\">{mark}a</span> b</h2>"));
    gives("[==a==](b)", &format!("<p><a href=\"b\">{mark}a</span></a></p>"));
    gives(
        "!!! note \"==a==\"\n    b",
        &format!("<div class=\"kb-note\"><p>ℹ {mark}a</span></p>\n<p>b</p>\n</div>"),
    );
}

#[test]
fn marks_stay_in_their_block_and_nest_a_few_times() {
    let unclosed = "==a\n\n".repeat(20);
    assert!(neutral(&format!("{unclosed}==b== c==")).contains("<span class=\"kb-mark\">b</span> c=="));
    gives("- ==a\n- b==", "<ul><li>==a</li>\n<li>b==</li>\n</ul>");
    let deep = neutral(&format!("{}{}", "==a ".repeat(500), "b== ".repeat(500)));
    let open = deep.split("</span>").next().unwrap().matches("<span").count();
    assert!((2..20).contains(&open), "{open}");
}

#[test]
fn marks_stand_beside_sub_and_superscript() {
    let mut options = Options::default();
    options.dialects.sub_superscript = true;
    assert_eq!(
        strip(&render("^^a^^ x^2^ ~b~", &options)),
        "<p><span class=\"kb-inserted\">a</span> x<sup>2</sup> <sub>b</sub></p>\n"
    );
}

#[test]
fn critic_markup_shows_changes_and_hides_comments() {
    gives("a {++b *c*++} d", "<p>a <span class=\"kb-inserted\">b <em>c</em></span> d</p>");
    gives("a {--b--} {==c==}{>>why?<<} d", "<p>a <strike>b</strike> <span class=\"kb-mark\">c</span> d</p>");
    let changed = "<p>a <strike>b</strike><span class=\"kb-inserted\">c</span> d</p>";
    gives("a {~~b~>c~~} d", changed);
    gives("a {~~b ~> c~~} d", &changed.replace("b<", "b <").replace(">c", "> c"));
    gives("a {~~ b ~> c ~~} d", &changed.replace("b<", " b <").replace("c<", " c <"));
    gives("a ~~b ~> c~~} {~~d~~}", "<p>a <strike>b ~&gt; c</strike>} {<strike>d</strike>}</p>");
    gives("{~~a~~} {++a", "<p>{<strike>a</strike>} {++a</p>");
    gives("\\{++a++} `{--b--}` {+c+}", "<p>{++a++} <code>{--b--}</code> {+c+}</p>");
    gives("## A{>>really?<<}", "<h2 id=\"a\">A</h2>");
}

#[test]
fn keys_are_keys() {
    let key = |label: &str| format!("<span class=\"kb-key\">{label}</span>");
    gives("Press ++ctrl+alt+del++.", &format!("<p>Press {}+{}+{}.</p>", key("Ctrl"), key("Alt"), key("Del")));
    gives(
        "++\"Save *as*\"++",
        &format!("<p>{}</p>", key("Save *as*"))
            .replace("*as*", "<em>as</em>")
            .replace("<span class=\"kb-key\">Save <em>as</em></span>", "++&quot;Save <em>as</em>&quot;++"),
    );
    gives("i++ and ++j++k", "<p>i++ and ++j++k</p>");
    gives("`++ctrl++` \\++ctrl++", "<p><code>++ctrl++</code> ++ctrl++</p>");
    assert_eq!(codes("a ++ctrl+hyperspace++ b ++c++"), [(Code::UnreadSyntax, 1, 3)]);
    assert_eq!(codes("i++ + j and C++, {++added++}"), []);
}

#[test]
fn abbreviations_have_their_meaning_in_the_title() {
    let html = "<span class=\"kb-abbreviation\" title=\"Hyper &quot;Text&quot;\">HTML</span>";
    gives(
        "The HTML of HTML5, [HTML](x) and `HTML`.\n\n*[HTML]: Hyper \"Text\"\n*[CI/CD]: x",
        &format!("<p>The {html} of HTML5, <a href=\"x\">{html}</a> and <code>HTML</code>.</p>"),
    );
    gives("```\n*[HTML]: x\n```\nHTML", "<pre><code>*[HTML]: x\n</code></pre>\n<p>HTML</p>");
    gives("*[a]: b* c", "<p><em>[a]: b</em> c</p>");
    let options = Options { dialects: Dialects::none(), ..Options::default() };
    assert_eq!(strip(&render("A\n\n*[A]: b", &options)), "<p>A</p>\n<p>*[A]: b</p>\n");
}

#[test]
fn blocks_of_gitbook_are_sections() {
    gives(
        "{% hint style=\"warning\" %}\nMind *it*.\n{% endhint %}\n\nb",
        "<div class=\"kb-warning\"><p>⚠ Warning</p>\n<p>Mind <em>it</em>.</p>\n</div>\n<p>b</p>",
    );
    gives(
        "{% tabs %}\n{% tab title=\"A\" %}\na\n{% endtab %}\n\n{% tab title=\"B\" %}\nb\n{% endtab %}\n{% endtabs %}",
        "<div class=\"kb-tab\"><p>A</p>\n<p>a</p>\n</div>\n<div class=\"kb-tab\"><p>B</p>\n<p>b</p>\n</div>",
    );
    gives(
        "{% code title=\"a.js\" lineNumbers=\"true\" %}\n```js\nb\n```\n{% endcode %}",
        "<p class=\"kb-code-title\">a.js</p>\n<pre class=\"language-js\"><code>b\n</code></pre>",
    );
    gives(
        "{% embed url=\"https://a.example\" %}",
        "<p><a href=\"https://a.example\">https://a.example</a></p>",
    );
    gives("{% file src=\"a.pdf\" %}\nB\n{% endfile %}\nc", "<p><a href=\"a.pdf\">a.pdf</a>\nB</p>\n<p>c</p>");
    assert_eq!(
        codes("{% if a %}\n\n{% endhint %}"),
        [(Code::UnreadSyntax, 1, 1), (Code::UnreadSyntax, 3, 1)]
    );
    assert_eq!(codes("{% hint %}\na\n{% endhint %}\n\n```\n{% if a %}\n```"), []);
}

#[test]
fn directives_and_roles_of_myst_are_read() {
    gives(
        "```{tip} Begin\n:class: x\nwith **this**\n```\nafter",
        "<div class=\"kb-tip\"><p>✔ Tip</p>\n<p>Begin\nwith <strong>this</strong></p>\n</div>\n<p>after</p>",
    );
    gives(
        "````{admonition} Own *title*\n:class: danger\n\n```{dropdown} More\na\n```\n````",
        "<div class=\"kb-caution\"><p>✖ Own <em>title</em></p>\n<details><summary>More</summary>\n<p>a</p>\n</details>\n</div>",
    );
    gives(
        "```{code-block} sh\n:linenos:\nls :a:\n```\nb",
        "<pre class=\"language-sh\"><code>ls :a:\n</code></pre>\n<p>b</p>",
    );
    gives(":::{note}\na\n:::", "<div class=\"kb-note\"><p>ℹ Note</p>\n<p>a</p>\n</div>");
    gives(
        "- a\n\n  ```{note}\n  b\n  ```\n- c",
        "<ul><li><p>a</p>\n<div class=\"kb-note\"><p>ℹ Note</p>\n<p>b</p>\n</div>\n</li>\n<li><p>c</p>\n</li>\n</ul>",
    );
    gives(
        "{kbd}`A` {sub}`b` {abbr}`VPN (Virtual Private Network)` {file}`c.txt`",
        "<p><span class=\"kb-key\">A</span> <sub>b</sub> <span class=\"kb-abbreviation\" title=\"Virtual Private Network\">VPN</span> <code>c.txt</code></p>",
    );
    gives(
        "```{dropdown} A\n:open:\n\n:::\n~~~\nb\n~~~\n```\n\nc",
        "<details open=\"\"><summary>A</summary>\n<p>:::</p>\n<pre><code>b\n</code></pre>\n</details>\n<p>c</p>",
    );
    gives(
        ":::note\n\n```{tip}\na\n:::\n```\n:::",
        "<div class=\"kb-note\"><p>ℹ Note</p>\n<div class=\"kb-tip\"><p>✔ Tip</p>\n<p>a\n:::</p>\n</div>\n</div>",
    );
    gives("```{note} a```", "<p><code>{note} a</code></p>");
    gives("{id}`a` \\{kbd}`b`", "<p>{id}<code>a</code> {kbd}<code>b</code></p>");
    gives("a {ref}`b`", "<p>a {ref}<code>b</code></p>");
    assert_eq!(
        codes("a {ref}`b` {kbd}`c`\n\n```{csv-table} a\n```"),
        [(Code::UnreadSyntax, 1, 3), (Code::UnreadSyntax, 3, 1)]
    );
    gives("```{r}\nb\n```", "<pre class=\"language-r\"><code>b\n</code></pre>");
}

#[test]
fn divisions_of_pandoc_are_sections() {
    gives(
        "::: {.columns}\n:::: {.column width=\"40%\"}\na\n::::\n:::\n\n::: {.callout-warning title=\"Hot\"}\nb\n:::",
        "<p>a</p>\n<div class=\"kb-warning\"><p>⚠ Hot</p>\n<p>b</p>\n</div>",
    );
    gives(
        "::: code-group\n```sh [npm]\na\n```\n:::",
        "<p class=\"kb-code-title\">npm</p>\n<pre class=\"language-sh\"><code>a\n</code></pre>",
    );
}

#[test]
fn icons_are_named() {
    gives("a :material-check: :tada:", "<p>a :material-check: 🎉</p>");
    assert_eq!(
        codes("a :material-check: b :fontawesome-solid-x: `:simple-x:` 10:material-x:"),
        [(Code::UnreadSyntax, 1, 3), (Code::UnreadSyntax, 1, 22)]
    );
}
