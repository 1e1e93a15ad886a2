//! `docs/rendering.md` says what the program does: each example is followed by what becomes of it.

use kb_publish::render::{Dialects, Options};

use crate::render_html::render;

const PAGE: &str = include_str!("../../docs/rendering.md");

/// Pairs of a `markdown` block and the `html` block behind it.
fn pairs() -> Vec<(&'static str, &'static str)> {
    let blocks = PAGE.split("```markdown\n").skip(1);
    blocks
        .map(|block| {
            let (markdown, rest) = block.split_once("```\n").unwrap();
            let html = rest.trim_start().strip_prefix("```html\n").unwrap_or_else(|| panic!("{markdown}"));
            (markdown, html.split_once("```").unwrap().0)
        })
        .collect()
}

/// Without styles and colours, a line for each block.
fn shown(markdown: &str) -> String {
    let mut options = Options::default();
    for name in Dialects::NAMES {
        *options.dialects.switch(name).unwrap() = true;
    }
    let mut html = String::new();
    for (at, part) in render(markdown, &options).split(" style=\"").enumerate() {
        html.push_str(if at == 0 { part } else { part.split_once('"').unwrap().1 });
    }
    html
}

#[test]
fn every_example_becomes_what_stands_below_it() {
    let pairs = pairs();
    assert!(pairs.len() >= 11, "{}", pairs.len());
    let mut page = PAGE.to_owned();
    for (markdown, html) in pairs {
        let actual = shown(markdown);
        if actual != html {
            let from = page.find(markdown).unwrap() + markdown.len();
            let at = from + page[from..].find("```html\n").unwrap() + 8;
            page.replace_range(at..at + html.len(), &actual);
        }
    }
    snapbox::assert_data_eq!(page, snapbox::Data::read_from(path().as_path(), None).raw());
}

fn path() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rendering.md")
}

#[test]
fn every_dialect_has_a_section_that_tells_its_default() {
    let mut defaults = Dialects::default();
    let examples: Vec<_> =
        PAGE.split("\n### ").skip(1).filter(|section| section.contains("```markdown\n")).collect();
    for name in Dialects::NAMES {
        let on = if *defaults.switch(name).unwrap() { "on" } else { "off" };
        assert!(
            PAGE.contains(&format!("### `{name}` ({on})")),
            "docs/rendering.md has no section `{name}` ({on})"
        );
        let has_example = examples.iter().any(|section| section.starts_with(&format!("`{name}` ")));
        // An include needs a second file.
        assert_eq!(has_example, *name != "includes", "an example of `{name}` in docs/rendering.md");
    }
}
