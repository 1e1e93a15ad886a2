//! Laws of rendering that hold for any input.

use kb_publish::render::{self, Dialects, Input, Options};
use proptest::prelude::*;

use crate::render_html::{check, names_only, render, reparsed};

/// Pieces that mean something to Markdown, to HTML or to a dialect.
const PIECES: &[&str] = &[
    "\n",
    "\n\n",
    " ",
    "    ",
    "\t",
    "a",
    "b c",
    "ä",
    "🚀",
    "*",
    "**",
    "_",
    "~~",
    "`",
    "```\n",
    "~~~\n",
    "# ",
    "## ",
    "- ",
    "1. ",
    "> ",
    "> [!NOTE]\n",
    "|",
    "|a|b|\n|-|-|\n",
    "[",
    "]",
    "](x)",
    "![",
    "[x]: y\n",
    "[^1]",
    "[^1]: ",
    "<",
    ">",
    "&",
    "&amp;",
    "&#60;",
    "&colon;",
    "\\",
    "\"",
    "'",
    "$",
    "$$",
    "$\\frac{a}{<b>}^{{2}}$",
    "$$\\begin{pmatrix} a & \\{\\{b \\\\ c \\end{pmatrix}$$",
    "```math\n\\left( x_<i>'\\right)\n```\n",
    "```mermaid\na\n```\n",
    "| [a](b) |\n|---|\n",
    "> [!TIP]\n> [a](b)\n",
    "<div style=\"color:red\" align=center>",
    "<kbd style='font-family:\"x\"'>",
    "{",
    "}",
    "{{",
    "}}",
    "${",
    "{#id}",
    "]{#id}",
    "     {.c}\n",
    "  ---\n",
    ":smile:",
    "!!! note\n",
    "??? tip\n",
    "=== \"T\"\n",
    ":::note\n",
    "<Tabs>\n  ",
    "<Tab title=\"a\">",
    "</Tab>",
    "</Tabs>\n",
    "/// tip | *t*\n",
    "///\n",
    "{/* ",
    " */}\n",
    "import A from './a.md'\n",
    "export const a = {\n",
    "<A />\n",
    "<pre>\n",
    "<!--\n",
    ":::\n",
    "[[w]]",
    "==",
    "==a==",
    "^^",
    "^",
    "~",
    "++ctrl+a++",
    "++",
    "{++",
    "++}",
    "{--",
    "--}",
    "{==",
    "==}",
    "{>>",
    "<<}",
    "{~~",
    "~>",
    "~~}",
    "*[b]: <i>\"{{\n",
    "{% hint %}\n",
    "{% endhint %}\n",
    "{% tab title=\"<b>{{\" %}\n",
    "{% endtab %}\n",
    "{% code title=\"'\\\"<b>{{\" %}\n",
    "```{tip} a\n",
    "````{admonition} `<b>`\n:class: danger\n",
    "{kbd}`<b>`",
    "{abbr}`a (<b>{{)`",
    "{math}`x^{2}`",
    "::: {.note title=\"<b>\"}\n",
    ":::{dropdown} *b*\n",
    ":material-check:",
    "%%",
    "~1~",
    ": d\n",
    "- [ ] ",
    "---\n",
    "***\n",
    "https://a.example/x",
    "www.b.example",
    "a@b.example",
    "javascript:",
    "<b>",
    "</b>",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<table>",
    "<tr>",
    "<td>",
    "</td>",
    "</tr>",
    "</table>",
    "<ul>",
    "<li>",
    "</ul>",
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?x",
    "?>",
    "<svg>",
    "</svg>",
    "<math>",
    "<a href=\"x\">",
    "<a name=n>",
    "<a href=javascript:x>",
    "</a>",
    "<img src=x onerror=y>",
    "<details>",
    "<summary>",
    "</summary>",
    "</details>",
    "<h1>",
    "</h1>",
    "<iframe src=z>",
    "</iframe>",
    "<video>",
    "<source src=v>",
    "</video>",
    "<textarea>",
    "<pre>",
    "</pre>",
    "<code>",
    "</code>",
    "<br>",
    "<hr/>",
    "<x>",
    "</x>",
    "<dl>",
    "<dt>",
    "<dd>",
    "<kbd>",
    "</kbd>",
    "<b id=i>",
    "<b id=i ",
    "style=\"color:red;x:url(y)\"",
    "<caption>",
    "<col>",
    "<thead>",
    "<th>",
    "<input type=checkbox>",
    "<form>",
    "\0",
    "\u{7f}",
    "\u{202e}",
];

fn documents() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

fn all_dialects() -> Options {
    let mut options = Options { highlight: Some("github-light".to_owned()), ..Options::default() };
    for name in Dialects::NAMES {
        if let Some(switch) = options.dialects.switch(name) {
            *switch = true;
        }
    }
    options
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Balanced, allow-listed, inert; references alike in both passes.
    #[test]
    fn any_markdown_renders_to_what_is_kept(text in documents()) {
        for options in [Options::default(), all_dialects()] {
            let html = render(&text, &options);
            prop_assert_eq!(check(&html), Ok(()), "{}", html);
            // What stands for constructs while they are read is nobody's text.
            prop_assert!(!html.contains("--kb--"), "{}", html);
        }
    }

    /// A browser reads the same elements in the same places: nothing is moved, closed or dropped.
    #[test]
    fn browsers_read_what_was_written(text in documents(), title_from_heading: bool) {
        let input = Input { text: &text, title_from_heading, ..Input::default() };
        for options in [Options::default(), all_dialects()] {
            let html = render::html(input, &options, &mut |_| render::Destination::Url("x".to_owned()));
            prop_assert_eq!(names_only(&html), reparsed(&html), "{}", html);
        }
    }

    /// The first pass knows how long the second one's body is.
    #[test]
    fn bodies_are_as_long_as_told(text in documents(), toc in prop::option::of(1u8..6)) {
        let drawings = vec!["math".to_owned(), "mermaid".to_owned()];
        let input = Input { text: &text, toc, source_link: Some("https://a.example/?b&c"), ..Input::default() };
        for drawings in [Vec::new(), drawings] {
            let options = Options { highlight: None, drawings, ..all_dialects() };
            let outline = render::outline(input, &options);
            let html = render::html(input, &options, &mut |_| render::Destination::Url(String::new()));
            prop_assert_eq!(outline.size, html.len(), "{}", html);
        }
    }

    /// Arbitrary text as well.
    #[test]
    fn any_text_renders(text in "\\PC{0,200}") {
        prop_assert_eq!(check(&render(&text, &all_dialects())), Ok(()));
    }

    /// Front matter, contents and title change nothing about safety; positions are inside the file.
    #[test]
    fn positions_are_in_the_file(text in documents()) {
        let file = format!("---\na: b\n---\n{text}");
        let input = Input { text: &file, body_start: 13, title_from_heading: true, toc: Some(3), ..Input::default() };
        let outline = render::outline(input, &all_dialects());
        let lines = file.split('\n').count();
        for position in outline
            .references
            .iter()
            .map(|reference| reference.position)
            .chain(outline.findings.iter().filter_map(|finding| finding.position))
        {
            let line = file.split('\n').nth(position.line as usize - 1).unwrap_or_default();
            let columns = 1..=line.chars().count() + 1;
            prop_assert!(position.line >= 4 && position.line as usize <= lines, "{:?}", position);
            prop_assert!(columns.contains(&(position.column as usize)), "{:?} in {:?}", position, line);
        }
        let html = render::html(input, &all_dialects(), &mut |_| render::Destination::Plain);
        prop_assert_eq!(check(&html), Ok(()));
    }
}
