//! Typed names: what is parsed once here needs no check anywhere else.
//!
//! Knows no other module.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use crate::text;

/// Why a text is not the name it was taken for. The message names the text and the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct IdError(String);

/// A ServiceNow record id: 32 lower-case hexadecimal digits (contract §1.7).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SysId([u8; 16]);

impl SysId {
    /// Reads 32 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// Anything else is refused: ids of other shapes exist on the platform, none of them names a record of ours.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let bytes = text.as_bytes();
        let mut id = [0; 16];
        let wrong = || IdError(format!("`{text}` is not a sys_id (32 lower-case hexadecimal digits)"));
        if bytes.len() != 32 {
            return Err(wrong());
        }
        for (pair, out) in bytes.chunks_exact(2).zip(&mut id) {
            *out = (nibble(pair[0]).ok_or_else(wrong)? << 4) | nibble(pair[1]).ok_or_else(wrong)?;
        }
        Ok(Self(id))
    }

    /// The first 8 of its 32 digits, as the stamp's `w` holds them (protocol §2).
    pub fn short(&self) -> String {
        self.to_string()[..8].to_owned()
    }

    /// The id with these 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for SysId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for SysId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SysId({self})")
    }
}

impl TryFrom<String> for SysId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<SysId> for String {
    fn from(id: SysId) -> Self {
        id.to_string()
    }
}

/// The namespace of a repository's document ids: 1–24 of `a-z`, `0-9`, `-` (design §6).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Project(String);

impl Project {
    /// Checks the length and the letters.
    ///
    /// # Errors
    /// A name that could not stand in a stamp or in an encoded query.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let fits = (1..=24).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError(format!("`{text}` is not a project name: use 1 to 24 of a-z, 0-9 and `-`")))
        }
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Project {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<Project> for String {
    fn from(project: Project) -> Self {
        project.0
    }
}

/// The text in NFC, as almost every text is already.
pub(crate) fn nfc<'t>(text: impl Into<Cow<'t, str>>) -> Cow<'t, str> {
    let text = text.into();
    if text.is_ascii() { text } else { text.nfc().collect() }
}

/// The path, NFC, to which a `/`-separated reference leads from a folder below the source root. `None` when it leaves
/// the root; the root itself is `Some("")`.
pub(crate) fn below(folder: &str, reference: &str) -> Option<String> {
    let mut path = String::with_capacity(folder.len() + 1 + reference.len());
    for part in folder.split('/').filter(|part| !part.is_empty()).chain(reference.split('/')) {
        match part {
            "" | "." => {}
            ".." if path.is_empty() => return None,
            ".." => path.truncate(path.rfind('/').unwrap_or(0)),
            name => {
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(name);
            }
        }
    }
    Some(nfc(path).into_owned())
}

/// A file's path below the source root: `/`-separated, NFC, never absolute, never with `.` or `..`.
///
/// The name on disk may be NFD; [`crate::source`] keeps that beside this one. A clone shares the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocPath(Arc<str>);

impl DocPath {
    /// Takes a `/`-separated relative path and brings it to NFC.
    ///
    /// # Errors
    /// An absolute or empty path, or one with a part that is empty, `.` or `..`.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let bad = text.is_empty() || text.split('/').any(|part| matches!(part, "" | "." | ".."));
        if bad {
            return Err(IdError(format!("`{text}` is not a path below the source root")));
        }
        Ok(Self(nfc(text).into()))
    }

    /// Resolves a `/`-separated reference that stands in this document, such as `../img/net.png`.
    /// `None` when it leaves the source root; the root itself is `Some("")`.
    pub fn resolve(&self, reference: &str) -> Option<String> {
        below(self.folder(), reference)
    }

    /// The path as written, NFC.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder's path, empty for the root.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The last part, with its extension.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&*self.0, |(_, name)| name)
    }

    /// The last part without its extension.
    pub fn stem(&self) -> &str {
        let name = self.file_name();
        name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
    }
}

impl fmt::Display for DocPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DocPath {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<DocPath> for String {
    fn from(path: DocPath) -> Self {
        (*path.0).to_owned()
    }
}

/// What names a document for as long as it lives (design §1, protocol §1). A clone shares the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DocumentId(Arc<str>);

/// Longest part of a document id that is a file's name as it is, in bytes: file systems hold 255, endings and digests
/// included.
const LONGEST_PART: usize = 200;

/// The path of a page for the document of this id below a folder, without an ending. Parts that are too long for a
/// file's name are cut, with a digest of them behind: two ids never have one path.
pub fn page_path(id: &str) -> Cow<'_, str> {
    let is_long = |part: &str| part.len() > LONGEST_PART;
    if !id.split('/').any(is_long) {
        return Cow::Borrowed(id);
    }
    let name = |part: &str| {
        if !is_long(part) {
            return part.to_owned();
        }
        let end = (0..=LONGEST_PART).rev().find(|at| part.is_char_boundary(*at)).unwrap_or(0);
        // Longer than any part that stays as it is.
        format!("{}-{}", &part[..end], Digest::of(part.as_bytes()).prefix(16))
    };
    Cow::Owned(id.split('/').map(name).collect::<Vec<_>>().join("/"))
}

impl DocumentId {
    /// An id as a writer wrote it (`kb.id`, `kb.aliases`, `[redirects]`), brought to NFC.
    ///
    /// # Errors
    /// Empty, longer than 500 bytes, with control characters, or a path that `build` could not write
    /// (absolute, or with a part that is empty, `.` or `..`).
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let bad = text.len() > 500
            || text.chars().any(|c| c.is_control() || c == '\\')
            || text.split('/').any(|part| matches!(part.trim(), "" | "." | ".."));
        if bad {
            return Err(IdError(format!(
                "`{}` is not a document id: use a relative path such as `guides/vpn`",
                text::visible(text)
            )));
        }
        Ok(Self(nfc(text).into()))
    }

    /// The id as written, NFC.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The sys_id this document's article is created with: the first 32 hexadecimal digits of
    /// SHA-256(`kb-publish-1` ␀ project ␀ document id), and for `attempt` 2, 3, … ␀ attempt (protocol §1).
    pub fn identity(&self, project: &Project, attempt: u32) -> SysId {
        let mut hasher = Sha256::new();
        hasher.update(b"kb-publish-1\0");
        hasher.update(project.as_str());
        hasher.update(b"\0");
        hasher.update(&*self.0);
        if attempt > 1 {
            hasher.update(b"\0");
            hasher.update(attempt.to_string());
        }
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize()[..16]);
        SysId(id)
    }
}

/// Ids are equal, ordered and hashed as their texts.
impl std::borrow::Borrow<str> for DocumentId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DocumentId {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Self::parse(&text)
    }
}

impl From<DocumentId> for String {
    fn from(id: DocumentId) -> Self {
        (*id.0).to_owned()
    }
}

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// What a finished hasher holds.
    pub fn finish(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }

    /// All 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        self.prefix(64)
    }

    /// The first `digits` hexadecimal digits.
    pub fn prefix(&self, digits: usize) -> String {
        use fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            let _ = write!(text, "{byte:02x}");
        }
        text.truncate(digits);
        text
    }

    /// Its 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({}…)", self.prefix(12))
    }
}

/// The root of an instance: `https://host[:port]`, or `http://` for a loopback host; no path, no user, no query.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceUrl(url::Url);

impl InstanceUrl {
    /// Takes what people paste: a subdomain, a host, a URL with or without `/api/now/v2` (design §6).
    ///
    /// # Errors
    /// Not a URL, a user or password in it, or `http://` to a host that is not loopback.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let text = text.trim();
        let wrong = |why: &str| IdError(format!("`{}` is not an instance: {why}", without_user(text)));
        let full = if text.contains("://") {
            text.to_owned()
        } else if text.contains('.') || text.starts_with("localhost") || text.contains(':') {
            format!("https://{text}")
        } else {
            format!("https://{text}.service-now.com")
        };
        let mut url = url::Url::parse(&full).map_err(|error| wrong(&error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("leave user and password out of it"));
        }
        let host = url.host().ok_or_else(|| wrong("it names no host"))?;
        let loopback = match host {
            url::Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            url::Host::Ipv4(ip) => ip.is_loopback(),
            url::Host::Ipv6(ip) => ip.is_loopback(),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(wrong("use https (http is for loopback only)")),
            _ => return Err(wrong("use https")),
        }
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// Without a slash at the end: `https://dev12345.service-now.com`.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The URL itself, for joining paths.
    pub const fn url(&self) -> &url::Url {
        &self.0
    }

    /// Whether the host is this machine: such a connection never goes through a proxy (design §5).
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
    }
}

impl fmt::Display for InstanceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A URL that could not be parsed may still hold a password: what stands before an `@` is never repeated.
fn without_user(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => text.to_owned(),
    }
}

/// Joins the source root, as written in `publish.toml`, and a document's path: what reports show.
pub fn display_path(root: &camino::Utf8Path, path: &DocPath) -> Utf8PathBuf {
    let mut joined = String::with_capacity(root.as_str().len() + 1 + path.as_str().len());
    let root_parts = root.as_str().split(['/', '\\']).filter(|part| !matches!(*part, "" | "."));
    // A backslash in the document's own path is part of a name.
    for part in root_parts.chain(path.as_str().split('/')) {
        if !joined.is_empty() || root.as_str().starts_with('/') {
            joined.push('/');
        }
        joined.push_str(part);
    }
    Utf8PathBuf::from(joined)
}

#[cfg(test)]
#[path = "ids_tests.rs"]
mod tests;
