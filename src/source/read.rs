//! Reads one document: bytes to text with LF line ends, its front matter apart.

use std::borrow::Cow;

use super::document::{Document, SourceFile};
use super::front_matter;
use crate::config::SourceSettings;
use crate::finding::{Code, Finding};
use crate::ids::display_path;
use crate::{fs, text};

/// Reads a document that the walk found.
///
/// # Errors
/// Why there is no text: unreadable, changed while it was read, too large, not UTF-8.
pub fn read(file: &SourceFile, settings: &SourceSettings) -> Result<Document, Box<Finding>> {
    let shown = || display_path(&settings.root, &file.path);
    let bytes =
        bytes(&file.absolute, settings.max_document_bytes).map_err(|finding| finding.at(shown(), None))?;
    let text = decode(bytes).map_err(|finding| Finding { path: Some(shown().into()), ..finding })?;
    let front_matter::Matter { front, body_start, problems } = front_matter::read(&text);
    let problems = problems.into_iter().map(|problem| Finding {
        excerpt: text::excerpt(&text, problem.position).map(Into::into),
        help: problem.help.map(Into::into),
        ..Finding::new(Code::FrontMatter, problem.message).at(shown(), Some(problem.position))
    });
    Ok(Document {
        path: file.path.clone(),
        id: front.id.as_ref().map_or_else(|| file.id.clone(), |id| id.value.clone()),
        problems: problems.collect(),
        front,
        text,
        body_start,
    })
}

/// The text of a file that documents include, and where its content begins behind front matter, in bytes.
///
/// # Errors
/// What is wrong with it, without a path.
pub fn read_snippet(path: &camino::Utf8Path, settings: &SourceSettings) -> Result<(String, usize), Finding> {
    let text = decode(bytes(path, settings.max_document_bytes)?)?;
    let body_start = front_matter::read(&text).body_start;
    Ok((text, body_start))
}

fn bytes(path: &camino::Utf8Path, most: u64) -> Result<Vec<u8>, Finding> {
    // Somebody may be saving it: once more, then it is told.
    for _ in 0..3 {
        match fs::read_stable(path, most) {
            Ok(fs::Stable::Read(bytes)) => return Ok(bytes),
            Ok(fs::Stable::Changed) => {}
            Ok(fs::Stable::TooLarge(size)) => {
                return Err(Finding::new(
                    Code::DocumentTooLarge,
                    format!("the document has {}; the limit is {}", text::size(size), text::size(most)),
                )
                .help("split it, or raise `max_document_bytes` in `[source]`"));
            }
            Err(error) => {
                return Err(Finding::new(Code::Unreadable, format!("the document cannot be read: {error}")));
            }
        }
    }
    Err(Finding::new(Code::Unreadable, "the document changed while it was read")
        .help("run again when it is saved"))
}

/// Bytes to text: UTF-8, no byte order mark, LF line ends.
fn decode(bytes: Vec<u8>) -> Result<String, Finding> {
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let before = String::from_utf8_lossy(&bytes[..valid]);
        let help = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            "it is UTF-16; save it as UTF-8"
        } else {
            "save it as UTF-8"
        };
        let position = text::position(&before, before.len());
        let byte = bytes.get(valid).copied().unwrap_or_default();
        Finding {
            position: Some(position),
            ..Finding::new(Code::NotUtf8, format!("byte {byte:#04x} is not UTF-8")).help(help)
        }
    })?;
    if let Some(at) = memchr::memchr(0, text.as_bytes()).filter(|_| looks_wide(text.as_bytes())) {
        return Err(Finding {
            position: Some(text::position(&text, at)),
            ..Finding::new(Code::NotUtf8, "every second byte is zero, as in UTF-16").help("save it as UTF-8")
        });
    }
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(match with_lf(&text) {
        Cow::Owned(changed) => changed,
        Cow::Borrowed(_) => text,
    })
}

/// Whether half of the bytes are zero: UTF-16 without a byte order mark passes for UTF-8.
fn looks_wide(bytes: &[u8]) -> bool {
    let zeros = memchr::memchr_iter(0, bytes).count();
    zeros > 0 && zeros >= bytes.len() / 3
}

/// CRLF and lone CR become LF, as CommonMark counts lines.
fn with_lf(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\r') {
        out.push_str(&rest[..at]);
        out.push('\n');
        rest = rest[at + 1..].strip_prefix('\n').unwrap_or(&rest[at + 1..]);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
