//! Globs of `publish.toml` (`include`, `exclude`, `[[paths]] match`): relative to the source root, `/`-separated,
//! the same on every system.
//!
//! Knows nothing else of the program.

use globset::{Glob, GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};
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
        let (plain, globs) = pair(text)?;
        let [itself, below] = globs.map(|glob| glob.compile_matcher());
        Ok(Self { text: plain, itself, below })
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

/// Several globs at once: a path matches when any of them does.
#[derive(Debug, Clone)]
pub struct PathGlobs(GlobSet);

impl PathGlobs {
    /// The globs of settings, which are known to be good; one that is not matches nothing.
    pub fn new(texts: &[String]) -> Self {
        let mut set = GlobSetBuilder::new();
        for glob in texts.iter().filter_map(|text| pair(text).ok()).flat_map(|(_, globs)| globs) {
            set.add(glob);
        }
        Self(set.build().unwrap_or_else(|_| GlobSet::empty()))
    }

    /// Whether any of them names the path, or a folder above it.
    pub fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

/// The glob without what means nothing, as itself and as all below it.
fn pair(text: &str) -> Result<(String, [Glob; 2]), GlobError> {
    let plain: String = text.trim().nfc().collect();
    let plain = plain.strip_prefix("./").unwrap_or(&plain).trim_matches('/');
    if plain.is_empty() {
        return Err(GlobError(format!("`{text}` matches nothing; use a glob such as `guides/**`")));
    }
    if plain.split('/').any(|part| part == "..") {
        return Err(GlobError(format!("`{text}` leaves the source root")));
    }
    let build = |glob: &str| {
        GlobBuilder::new(glob)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|error| GlobError(format!("`{text}` is not a glob: {}", error.kind())))
    };
    Ok((plain.to_owned(), [build(plain)?, build(&format!("{plain}/**"))?]))
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
