//! A problem in a document is data, not an error: a code, a place, a message, a help text.
//!
//! Knows only [`crate::ids`]; how a finding is printed is [`crate::report`]'s.

use std::borrow::Cow;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $severity:ident;)+) => {
        /// The stable name of a kind of finding (design §9). Scripts and `[lint.severity]` rely on the texts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code, in the order of its documentation.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The kebab-case text that people type and pipelines parse.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// One sentence: what was found.
            pub fn description(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_start(),)+ }
            }

            /// What it counts as where `[lint.severity]` says nothing.
            pub const fn default_severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)+ }
            }
        }
    };
}

codes! {
    /// A link names a document or file that is not there.
    BrokenLink = "broken-link", Error;
    /// A link's `#anchor` is no heading of its target.
    BrokenAnchor = "broken-anchor", Error;
    /// An image file is not there.
    MissingImage = "missing-image", Error;
    /// Two documents have one document id.
    DuplicateId = "duplicate-id", Error;
    /// A title is longer than the 100 characters of `short_description`.
    TitleTooLong = "title-too-long", Error;
    /// Front matter that cannot be read, or a key with a bad value.
    FrontMatter = "front-matter", Error;
    /// A document is not UTF-8.
    NotUtf8 = "not-utf8", Error;
    /// A link, an image or a symbolic link leads out of the source root.
    OutsideRoot = "outside-root", Error;
    /// HTML that ServiceNow would remove; the renderer put something in its place or left it out.
    UnsupportedHtml = "unsupported-html", Warning;
    /// An image or attached file is over the size limit.
    ImageTooLarge = "image-too-large", Error;
    /// A git-LFS pointer stands where a file should be.
    LfsPointer = "lfs-pointer", Error;
    /// A document vanished while one with the same content appeared.
    PossibleRename = "possible-rename", Warning;
    /// Two articles on the instance carry one document's stamp.
    DuplicateArticle = "duplicate-article", Warning;
    /// A file whose name no document id and no report can hold.
    InvalidPath = "invalid-path", Error;
    /// The source root is not there, or holds no documents.
    EmptyTree = "empty-tree", Error;
    /// A document with nothing in it.
    EmptyDocument = "empty-document", Warning;
    /// A document larger than the instance can be expected to take.
    DocumentTooLarge = "document-too-large", Error;
    /// A file's bytes are of another type than its extension says, or no whole picture.
    FileTypeMismatch = "file-type-mismatch", Warning;
    /// A file or folder could not be read.
    Unreadable = "unreadable", Error;
    /// A link leads to a document that is not published, or a translation translates one.
    UnpublishedTarget = "unpublished-target", Warning;
    /// An image has no alternative text.
    MissingAlt = "missing-alt", Warning;
    /// A URL scheme that ServiceNow removes.
    UnsupportedScheme = "unsupported-scheme", Warning;
    /// A category could not be made; the article goes to the nearest one above.
    CategoryRefused = "category-refused", Warning;
    /// An included file is not there, or includes itself.
    BrokenInclude = "broken-include", Error;
    /// A variable in the text that configuration does not name.
    UnknownVariable = "unknown-variable", Warning;
    /// Syntax of another tool that is not read: it is shown as text.
    UnreadSyntax = "unread-syntax", Warning;
    /// A heading skips a level, so that its place in the order cannot be told.
    SkippedHeadingLevel = "skipped-heading-level", Warning;
    /// More articles would be retired than `max_retire` allows.
    MaxRetire = "max-retire", Error;
    /// More articles would be written than `max_changes` allows.
    MaxChanges = "max-changes", Error;
    /// Something moved since the plan that is to be applied was saved.
    PlanMoved = "plan-moved", Error;
    /// So many articles lose their document that the root or the project name may be wrong.
    MassOrphans = "mass-orphans", Error;
    /// Another run of this project is writing to this instance on this machine.
    AnotherRun = "another-run", Error;
    /// Articles that were last written from a commit outside the history of the one checked out: two pipelines write in turn.
    CommitsInTurn = "commits-in-turn", Warning;
    /// The stamp column did not give the stamp back whole.
    StampLost = "stamp-lost", Error;
    /// An article that search hides soon, or hides already: its validity ends.
    Expiring = "expiring", Warning;
    /// A category that holds no article any more.
    EmptyCategory = "empty-category", Warning;
    /// An article of others links to one that is retired.
    InboundLink = "inbound-link", Warning;
    /// The instance did not take a column as it was sent.
    ColumnRefused = "column-refused", Warning;
    /// A run ended before its end.
    RunStopped = "run-stopped", Error;
    /// A person, group, category or base that the instance does not know.
    UnknownReference = "unknown-reference", Error;
    /// A `kb-publish-ignore` comment names no finding code that can be silenced.
    UnknownIgnore = "unknown-ignore", Warning;
    /// A diagram or formula could not be drawn by its command; its source is shown, or the formula as text.
    DrawingFailed = "drawing-failed", Warning;
    /// A document that others include, and nobody links to, is an article of its own, too.
    IncludedDocument = "included-document", Warning;
    /// A document of which other tools make navigation (`SUMMARY.md`, `_Sidebar.md`) is an article.
    NavigationDocument = "navigation-document", Warning;
    /// A link to another host leads nowhere, as `lint --external` found.
    UnreachableUrl = "unreachable-url", Warning;
}

impl Code {
    /// Whether `[lint.severity]` may make less of it. What keeps a document from being read, or told from
    /// another, is always an error: nothing right could be published.
    pub const fn may_be_lowered(self) -> bool {
        !matches!(
            self,
            Self::DuplicateId
                | Self::FrontMatter
                | Self::NotUtf8
                | Self::DocumentTooLarge
                | Self::Unreadable
                | Self::InvalidPath
                | Self::EmptyTree
        )
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Code {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(())
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// How much a finding weighs: an error stops the run before the first write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Reported, nothing more.
    Warning,
    /// Exit 1, nothing is written.
    Error,
}

/// A place in a text file: both count from 1; columns count characters (Unicode scalar values).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1, in characters.
    pub column: u32,
}

/// One problem, with all that is needed to show it. A large tree can have tens of thousands, so it is kept small.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind.
    pub code: Code,
    /// How much it weighs, after `[lint.severity]`.
    pub severity: Severity,
    /// One sentence without a full stop, names in backticks.
    pub message: Box<str>,
    /// The file, relative to `publish.toml`; `None` where no file is at fault.
    pub path: Option<Arc<Utf8Path>>,
    /// Where in the file.
    pub position: Option<Position>,
    /// The line it stands on, as the writer wrote it; of a long one, 200 characters round the place.
    pub excerpt: Option<Box<str>>,
    /// What to do about it.
    pub help: Option<Cow<'static, str>>,
}

impl Finding {
    /// A finding of its code's default severity, still without a place.
    pub fn new(code: Code, message: impl Into<Box<str>>) -> Self {
        Self {
            code,
            severity: code.default_severity(),
            message: message.into(),
            path: None,
            position: None,
            excerpt: None,
            help: None,
        }
    }

    /// The same, at a place of a file.
    #[must_use]
    pub fn at(self, path: impl Into<Utf8PathBuf>, position: Option<Position>) -> Self {
        self.at_shared(path.into().into(), position)
    }

    /// The same, at a place of a file that other findings are in, too.
    #[must_use]
    pub fn at_shared(mut self, path: Arc<Utf8Path>, position: Option<Position>) -> Self {
        self.path = Some(path);
        self.position = position;
        self
    }

    /// The same, with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_kebab_case_and_read_back() {
        for code in Code::ALL {
            let text = code.as_str();
            assert!(
                text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{text}"
            );
            assert_eq!(text.parse::<Code>(), Ok(*code));
        }
    }
}
