//! Components of MDX, and what their tags say.

use super::*;

#[test]
fn tabs_have_the_titles_that_the_group_gives_them() {
    gives(
        "<Tabs values={[{label:'On Mac', value:'m'}, {value:'w', label:'Win'}]}>\n<TabItem value=\"w\">\na\n\n\
         <Tabs items={['x', 'y']}>\n<Tab>1</Tab>\n<Tab>2</Tab>\n</Tabs>\n</TabItem>\n\
         <TabItem value=\"m\">b</TabItem>\n<TabItem value=\"z\">c</TabItem>\n</Tabs>",
        "<div class=\"kb-tab\"><p>Win</p>\n<p>a</p>\n<div class=\"kb-tab\"><p>x</p>\n<p>1</p>\n</div>\n\
         <div class=\"kb-tab\"><p>y</p>\n<p>2</p>\n</div>\n</div>\n\
         <div class=\"kb-tab\"><p>On Mac</p>\n<p>b</p>\n</div>\n<div class=\"kb-tab\"><p>z</p>\n<p>c</p>\n</div>",
    );
}

#[test]
fn captions_of_frames_stand_below() {
    gives(
        "<Frame caption=\"A *b*\" hint=\"c\">\n  <img src=\"a.png\" alt=\"A\" />\n</Frame>\n\nd",
        "<img src=\"a.png\" alt=\"A\">\n<div class=\"kb-caption\"><p>c</p>\n<p>A *b*</p>\n</div>\n<p>d</p>",
    );
}

#[test]
fn code_has_the_title_behind_its_language() {
    let title = |info: &str| {
        let html = strip(&render(&format!("```{info}\nx\n```\n"), &Options::default()));
        html.split_once("kb-code-title\">")
            .map(|(_, rest)| rest.split("</p>").next().unwrap_or("").to_owned())
    };
    for (info, expected) in [
        ("js title=\"A b\"", "A b"),
        ("js filename=\"a.js\" {1}", "a.js"),
        ("{.py filename='a.py'}", "a.py"),
        ("js src/a.test.js {1,3}", "src/a.test.js"),
        ("js:src/a.js", "src/a.js"),
        ("js [a.js]", "a.js"),
    ] {
        assert_eq!(title(info).as_deref(), Some(expected), "{info}");
    }
    for info in [
        "js",
        "js {1,3} wrap",
        "rust,no_run",
        "js hl_lines=\"1 2\"",
        "py 1.5",
        "js:no",
        "c++ ./...",
        "{r, fig.cap=x}",
    ] {
        assert_eq!(title(info), None, "{info}");
    }
    let group = "<CodeGroup>\n```js Before *this* {1} lines\na\n```\n```js\nb\n```\n</CodeGroup>\n\n```js Not this\nc\n```";
    let html = strip(&render(group, &Options::default()));
    assert_eq!(html.matches("kb-code-title").count(), 1, "{html}");
    assert!(html.contains(">Before *this*</p>"), "{html}");
}

#[test]
fn what_components_say_is_shown() {
    gives(
        "- a\n\n  <LinkCard title=\"T\" href=\"b.md\" description=\"D *e*\" />\n\n  f",
        "<ul><li><p>a</p>\n<p><a href=\"b.md\">T</a></p>\n<p>D *e*</p>\n<p>f</p>\n</li>\n</ul>",
    );
    gives(
        "<Card title=\"T\" description=\"D\">\nx\n</Card>",
        "<div class=\"kb-tab\"><p>T</p>\n<p>D</p>\n<p>x</p>\n</div>",
    );
    gives(
        "<LinkButton href=\"a.md\" icon=\"x\">Go *on*</LinkButton> <Badge href=\"b.md\" text=\"B\" />",
        "<p><a href=\"a.md\">Go <em>on</em></a> <a href=\"b.md\">B</a></p>",
    );
    gives("<Tooltip tip=\"T\">w</Tooltip>", "<p><span class=\"kb-abbreviation\" title=\"T\">w</span></p>");
    gives(
        "<Image src=\"a.png\" alt=\"A\" caption=\"C\" />",
        "<img src=\"a.png\" alt=\"A\"><p class=\"kb-caption\">C</p>",
    );
    gives("<Figure src=\"a.png\" alt=\"A\" />\n\nb", "<img src=\"a.png\" alt=\"A\">\n<p>b</p>");
    gives("<Embed url=\"https://e.org\" title=\"T\" />", "<a href=\"https://e.org\">T</a>");
    gives(
        "<pre data-title=\"a.js\"><code>x</code></pre>",
        "<p class=\"kb-code-title\">a.js</p>\n<pre><code>x</code></pre>",
    );
}

#[test]
fn paths_that_docusaurus_computes_are_read() {
    gives(
        "<img src={require('./a.png').default} alt=\"A\" width={300} style={{width: '9'}} />",
        "<img src=\"./a.png\" alt=\"A\" width=\"300\">",
    );
    gives(
        "<img\n  alt=\"A\"\n  src={useBaseUrl(\"/a.png\")}\n/>\n\nb",
        "<img src=\"/a.png\" alt=\"A\">\n<p>b</p>",
    );
    gives(
        "import a from './a.png'\n\n<img src={a} alt=\"A\" />\n<img src={b} alt=\"B\" />",
        "<img src=\"./a.png\" alt=\"A\">\n<img src=\"%7Bb%7D\" alt=\"B\">",
    );
    for plain in ["<img src=\"a.png\"\n  alt=\"A\">", "<img\nsrc=\"a.png\" alt=\"A\">"] {
        gives(plain, "<p><img src=\"a.png\" alt=\"A\"></p>");
    }
    assert_eq!(codes("a <img src={require('b.png')} />"), [(Code::UnreadSyntax, 1, 12)]);
}

/// A component is no element of HTML that browsers would look for the end of.
#[test]
fn components_that_hold_nothing_reach_no_further() {
    gives("<Table rows={x} />\n\na", "<p>a</p>");
    assert_eq!(codes("<Table rows={x} />\n\na"), [(Code::UnsupportedHtml, 1, 1)]);
    gives("<Badge text=\"x\" />\n\na", "<p>a</p>");
    assert_eq!(codes("a\n\n<iframe></iframe>"), [(Code::UnsupportedHtml, 3, 1)]);
    assert_eq!(codes("<p>a <![CDATA[ b ]]></p>"), [(Code::UnsupportedHtml, 1, 6)]);
    assert_eq!(codes("a <![CDATA[]]> b"), []);
}
