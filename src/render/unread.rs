//! Syntax of other tools that is not read here: it is shown as text, and lint says where.
//!
//! Must not know: Markdown.

/// What a text holds, and what to do about it; `None` for prose. The text begins at the begin of a line.
pub(super) fn find(text: &str) -> Option<(&'static str, &'static str)> {
    const SHORTCODE: &str = "write it in Markdown: only the tool it is made for reads it";
    const CONTENTS: &str = "set `toc: true` in the front matter for a table of contents";
    let first = *text.as_bytes().first()?;
    if memchr::memchr(b'{', text.as_bytes()).is_some() {
        let marks = [
            ("{{<", "a shortcode of Hugo"),
            ("{{%", "a shortcode of Hugo"),
            ("{%", "a tag of Jinja or Liquid"),
            ("{/*", "a comment of MDX"),
        ];
        if let Some((_, what)) = marks.into_iter().find(|(mark, _)| text.contains(mark)) {
            return Some((what, SHORTCODE));
        }
    }
    match first {
        b'i' if text.starts_with("import ") && (text.contains(" from '") || text.contains(" from \"")) => {
            Some(("an `import` of MDX", "articles run no scripts; leave it out"))
        }
        b'e' if text.starts_with("export const ") || text.starts_with("export default ") => {
            Some(("an `export` of MDX", "articles run no scripts; leave it out"))
        }
        b':' if text.starts_with(":::") => Some(("a directive of a kind that is not known", SHORTCODE)),
        b'<' if text.starts_with("<<< ") => {
            Some(("an include of VitePress", "use `--8<-- \"file\"` or `{{#include file}}`"))
        }
        b'-' if text.trim_end() == "--8<--" => {
            Some(("a block of includes", "use one `--8<-- \"file\"` for each file"))
        }
        b'[' if matches!(text.trim_end(), "[TOC]" | "[[toc]]" | "[[_TOC_]]") => {
            Some(("a table of contents", CONTENTS))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_no_syntax() {
        for text in ["{{< figure >}}", "a {% if %}", "import A from '@x'", ":::foo", "[TOC]", "{/* x */}"] {
            assert!(find(text).is_some(), "{text}");
        }
        for text in
            ["", "import the key from the server", "export constant", "a ::: b", "{{ x }}", "{x}", "[TOC] of"]
        {
            assert!(find(text).is_none(), "{text}");
        }
    }
}
