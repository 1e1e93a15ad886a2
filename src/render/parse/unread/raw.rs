//! Marks of Markdown in the text of raw HTML.

/// Where bold text, code or a heading begins, as Markdown marks it.
pub(super) fn find(text: &str) -> Option<usize> {
    if let Some(fence) = memchr::memmem::find(text.as_bytes(), b"```") {
        return Some(fence);
    }
    if let Some(heading) =
        memchr::memmem::find(text.as_bytes(), b"\n##").filter(|at| is_heading(&text[at + 1..]))
    {
        return Some(heading + 1);
    }
    let code = memchr::memchr(b'`', text.as_bytes()).filter(|at| is_code(&text[at + 1..]));
    match (memchr::memmem::find(text.as_bytes(), b"**").filter(|at| is_bold(&text[at + 2..])), code) {
        (Some(bold), Some(code)) => Some(bold.min(code)),
        (bold, code) => bold.or(code),
    }
}

/// Whether a line is a heading below the first level.
fn is_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    line.len() - rest.len() <= 6 && rest.starts_with(' ')
}

/// Whether what follows `**` touches it, and touches another one in this line.
fn is_bold(rest: &str) -> bool {
    let line = rest.lines().next().unwrap_or_default();
    let inner = line.split("**").next().unwrap_or_default();
    inner.len() < line.len()
        && inner.starts_with(|c: char| c.is_alphanumeric() || !c.is_ascii() || c == '`')
        && !inner.ends_with(|c: char| c.is_whitespace() || c == '/')
}

/// Whether what follows a backtick ends with one in this line.
fn is_code(rest: &str) -> bool {
    let line = rest.lines().next().unwrap_or_default();
    line.split_once('`').is_some_and(|(inner, _)| !inner.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_in_pairs() {
        for (text, at) in [
            ("a **b** c", Some(2)),
            ("\n`a` **b**", Some(1)),
            ("**a** `b`", Some(0)),
            ("a\n```js\nb\n", Some(2)),
            ("\n## A `b`", Some(1)),
        ] {
            assert_eq!(find(text), at, "{text}");
        }
        for prose in ["a ** b ** c", "**a", "`a", "``", "/** a **/", "src/**/a/**", "`a\nb`"] {
            assert_eq!(find(prose), None, "{prose}");
        }
    }
}
