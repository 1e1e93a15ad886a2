//! Comments in code that tell a site what to point out, as Docusaurus (`// highlight-next-line`) and VitePress
//! (`// [!code focus]`) read them: articles point out nothing, and nobody reads them there either.
//!
//! Must not know: languages.

use crate::render::tree::{Id, Kind, Tree};

/// What comments begin with, the longer ones first.
const BEGINS: &[&str] = &["{/*", "<!--", "/*", "//", "--", "#", ";", "%"];

/// What ends them, where a line end does not.
const ENDS: &[&str] = &["*/}", "-->", "*/"];

/// Marks of VitePress. Those of lines that come and go (`++`, `--`) say something that nothing else does, and stay.
const MARKS: &[&str] = &["focus", "highlight", "hl", "word", "warning", "error", "info"];

/// Whether a block of code may hold any.
pub(super) fn any(tree: &Tree<'_>, code: Id) -> bool {
    let mut found = false;
    tree.walk(code, |_, node| {
        if let Kind::Text(text) = &node.kind {
            let holds = |mark: &str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
            found |= holds("[!code ") || holds("highlight-");
        }
        !found
    });
    found
}

/// The code without them; lines of nothing else go.
pub(super) fn strip(code: &str) -> String {
    code.split_inclusive('\n').fold(String::with_capacity(code.len()), |mut out, line| {
        if is_line(line) {
            return out;
        }
        match cut(line) {
            Some(rest) if rest.trim().is_empty() => {}
            Some(rest) => {
                out.push_str(rest.trim_end());
                out.push_str(if line.ends_with('\n') { "\n" } else { "" });
            }
            None => out.push_str(line),
        }
        out
    })
}

/// Whether a line is a comment of Docusaurus and nothing else.
fn is_line(line: &str) -> bool {
    let line = line.trim();
    BEGINS.iter().find_map(|begin| line.strip_prefix(begin)).is_some_and(|inner| {
        let inner = ENDS.iter().find_map(|end| inner.strip_suffix(end)).unwrap_or(inner);
        matches!(inner.trim(), "highlight-next-line" | "highlight-start" | "highlight-end")
    })
}

/// What stands before a comment of VitePress that a line ends with.
fn cut(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("[!code ")?;
    let (mark, behind) = rest.split_once(']')?;
    let (behind, before) = (behind.trim(), before.trim_end());
    let known = MARKS.contains(&mark.split(':').next().unwrap_or_default());
    let code = BEGINS.iter().find_map(|begin| before.strip_suffix(begin))?;
    (known && (behind.is_empty() || ENDS.contains(&behind))).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_code_stays() {
        let code = "a # [!code hl]\nb <!-- [!code focus:2] -->\n  # [!code highlight]\n# highlight-end\nc // [!code --]\n[!code focus]\nhighlight-start\n";
        assert_eq!(strip(code), "a\nb\nc // [!code --]\n[!code focus]\nhighlight-start\n");
    }
}
