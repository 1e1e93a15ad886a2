//! Comments of Obsidian: `%%text%%`, in a line or over several.

/// What begins and ends a comment of Obsidian.
pub(in crate::render) const COMMENT: &str = "%%";

/// The first comment of Obsidian that begins and ends in a line, `%%text%%`, in bytes. `100%%` and code begin none.
pub(in crate::render) fn first(line: &str) -> Option<std::ops::Range<usize>> {
    memchr::memmem::find_iter(line.as_bytes(), COMMENT).find_map(|at| {
        let before = &line[..at];
        let free = before.chars().next_back().is_none_or(|c| c.is_whitespace() || c.is_ascii_punctuation());
        if !free || before.ends_with(['\\', '%']) || before.matches('`').count() % 2 == 1 {
            return None;
        }
        let inner = line[at + 2..].find(COMMENT).filter(|length| *length > 0)?;
        Some(at..at + inner + 4)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_found() {
        assert_eq!(first("a %%b c%% d"), Some(2..9));
        for prose in ["100%% of 20%%", "`%%a%%`", "%%", "%%%%", "a %% b", "\\%%a%%"] {
            assert_eq!(first(prose), None, "{prose}");
        }
    }
}
