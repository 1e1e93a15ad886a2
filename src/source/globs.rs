//! Globs of `publish.toml` (`include`, `exclude`, `[[paths]] match`): relative to the source root, `/`-separated,
//! the same on every system.
//!
//! Knows only [`crate::ids`].

use globset::{GlobBuilder, GlobMatcher};
use unicode_normalization::UnicodeNormalization as _;

/// Why a text is no glob.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GlobError(String);

/// One glob. `*` stays within a folder, `**` crosses folders; what names a folder also names all below it.
#[derive(Debug, Clone)]
pub struct PathGlob {
    text: String,
    itself: GlobMatcher,
    below: GlobMatcher,
}

impl PathGlob {
    /// Reads a glob; a leading `./` or `/` and a trailing `/` mean nothing.
    ///
    /// # Errors
    /// An empty one, one that leaves the root, or one that is no glob.
    pub fn new(text: &str) -> Result<Self, GlobError> {
        let shown = text;
        let plain: String = text.trim().nfc().collect();
        let plain = plain.strip_prefix("./").unwrap_or(&plain).trim_matches('/');
        if plain.is_empty() {
            return Err(GlobError(format!("`{shown}` matches nothing; use a glob such as `guides/**`")));
        }
        if plain.split('/').any(|part| part == "..") {
            return Err(GlobError(format!("`{shown}` leaves the source root")));
        }
        let build = |glob: &str| {
            GlobBuilder::new(glob)
                .literal_separator(true)
                .backslash_escape(true)
                .build()
                .map(|glob| glob.compile_matcher())
                .map_err(|error| GlobError(format!("`{shown}` is not a glob: {}", error.kind())))
        };
        Ok(Self { text: plain.to_owned(), itself: build(plain)?, below: build(&format!("{plain}/**"))? })
    }

    /// The glob as it is matched.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names this `/`-separated path below the root, or a folder above it.
    pub fn matches(&self, path: &str) -> bool {
        self.itself.is_match(path) || self.below.is_match(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_name_files_folders_and_what_is_below() {
        let glob = |text: &str| PathGlob::new(text).unwrap();
        assert!(glob("**/*.md").matches("a.md"));
        assert!(glob("**/*.md").matches("a/b/c.md"));
        assert!(!glob("*.md").matches("a/b.md"), "one star stays in its folder");
        assert!(glob("drafts/").matches("drafts/a/b.md"));
        assert!(glob("./drafts").matches("drafts"));
        assert!(!glob("drafts").matches("drafts.md"));
        assert!(glob("hr/**").matches("hr/x/y.md"));
        assert!(glob("**/{a,b}.md").matches("x/b.md"));
    }

    #[test]
    fn bad_globs_are_told() {
        for text in ["", "/", "../x", "a/[b", "{a"] {
            assert!(PathGlob::new(text).is_err(), "{text}");
        }
    }
}
