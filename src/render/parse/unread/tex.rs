//! Formulas between `\(` and `\)`, `\[` and `\]`, as LaTeX and language models write them. In Markdown a backslash only
//! keeps brackets from having a meaning, and is left out.

use super::Unread;
use super::inline::within_reach;

pub(super) const FORMULA: &Unread = &Unread {
    what: "a formula in brackets",
    help: "write it between dollar signs and switch on `math` in `[render.dialects]`, or as a code block named `math`",
};

/// Whether a formula begins with the bracket that `source` begins with, behind its backslash. `begins_line`: nothing
/// stands before it in its line.
pub(super) fn is_formula(source: &str, begins_line: impl Fn() -> bool) -> bool {
    let reach = within_reach(source, 0);
    let (end, of_line) = match reach.as_bytes().first() {
        Some(b'(') => ("\\)", true),
        Some(b'[') => ("\\]", begins_line()),
        _ => return false,
    };
    let inner = &reach[1..];
    if reach.starts_with('[') && inner.starts_with(['\n', '\r']) {
        return of_line;
    }
    let Some((inner, _)) = inner.split_once(end) else { return false };
    let apart = inner.len() > 2 && inner.starts_with(' ') && inner.ends_with(' ');
    let command = || {
        let behind = |at: usize| inner[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic());
        inner.match_indices('\\').any(|(at, _)| behind(at))
    };
    let power = || reach.starts_with('(') && (inner.contains(['^', '=']) || inner.contains("_{"));
    of_line && !inner.contains("\n\n") && (apart || command() || power())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_told_from_brackets() {
        for formula in
            ["( E = mc^2 \\) is", "(x^2\\)", "(a=b\\)", "(\\alpha\\)", "[\nE\n\\]", "[ a \\]", "[\\int x\\]"]
        {
            assert!(is_formula(formula, || true), "{formula}");
        }
        for prose in ["(optional\\)", "(see below", "[in\\]", "[x\\]\\[y\\]", "( \\)", "{ a \\}"] {
            assert!(!is_formula(prose, || true), "{prose}");
        }
        assert!(!is_formula("[ a \\]", || false), "in a line");
    }
}
