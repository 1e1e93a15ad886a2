//! Files that go to the instance: size, type, digest; each content hashed once.
//!
//! Must not know: documents, links.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Read as _};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};

use super::LocalFile;
use super::names::attachment_name;
use crate::finding::{Code, Finding};
use crate::fs;
use crate::ids::{Digest, DocPath};
use crate::parallel;
use crate::text;

/// How much of a file tells its type.
const HEAD: usize = 8 * 1024;

/// A file that some document wants, still unread.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) path: DocPath,
    pub(super) absolute: Utf8PathBuf,
    pub(super) origin: Origin,
}

impl Wanted {
    /// What it is called. A made one's name ends with the digest of what it is made of, which says nothing to readers.
    fn base_name(&self) -> Cow<'_, str> {
        let name = self.path.file_name();
        let parts =
            name.rsplit_once('.').and_then(|(stem, extension)| Some((stem.rsplit_once('-')?.0, extension)));
        match parts.filter(|_| self.origin != Origin::Tree) {
            Some((stem, extension)) => Cow::Owned(format!("{stem}.{extension}")),
            None => Cow::Borrowed(name),
        }
    }

    /// Its name tells what a made picture was made of.
    fn drawn_from(&self) -> Option<Digest> {
        (self.origin == Origin::Made).then(|| Digest::of(self.path.file_name().as_bytes()))
    }
}

/// Where a wanted file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    /// It lies in the tree.
    Tree,
    /// It was made of what a document holds.
    Made,
    /// It lies at this URL; its path is known once it was fetched.
    Remote(Box<str>),
}

/// Larger files are refused.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) bytes: u64,
    /// Of a picture: width times height.
    pub(super) pixels: u64,
}

/// A file read, with what is odd about it; or why it cannot be attached.
pub(super) type Inspected = Result<(LocalFile, Option<Finding>), Finding>;

/// Reads all files, hard links to one content once. Names are settled here, so that no two contents share one.
pub(super) fn inspect(wanted: &[Wanted], root: &Utf8Path, limits: Limits) -> Vec<Inspected> {
    let contents = contents(wanted);
    let read: Vec<Result<Content, Finding>> =
        parallel::map(contents.first.len(), |number| read(&wanted[contents.first[number]], root, limits));
    let mut names: HashMap<String, Digest> = HashMap::new();
    wanted
        .iter()
        .zip(&contents.of)
        .map(|(file, content)| {
            let content = read[*content].as_ref().map_err(Clone::clone)?;
            let mut number = 1;
            let name = loop {
                let name = attachment_name(&file.base_name(), &content.digest, number);
                if *names.entry(name.clone()).or_insert(content.digest) == content.digest {
                    break name;
                }
                number += 1;
            };
            let (media_type, odd) = media_type(&file.path, content);
            let local = LocalFile {
                path: file.path.clone(),
                absolute: file.absolute.clone(),
                size: content.size,
                digest: content.digest,
                counted: file.drawn_from().unwrap_or(content.digest),
                media_type,
                name,
            };
            Ok((local, odd))
        })
        .collect()
}

/// Which files have one content by being one file on disk.
struct Contents {
    /// The first file of each content.
    first: Vec<usize>,
    /// The content of each file.
    of: Vec<usize>,
}

fn contents(wanted: &[Wanted]) -> Contents {
    let mut known: HashMap<(u64, u64, bool), usize> = HashMap::new();
    let mut contents = Contents { first: Vec::new(), of: Vec::with_capacity(wanted.len()) };
    for (number, file) in wanted.iter().enumerate() {
        let fresh = contents.first.len();
        // How a file is read depends on its name, too.
        let key = identity(&file.absolute).map(|(device, inode)| (device, inode, is_text_name(&file.path)));
        let content = key.map_or(fresh, |key| *known.entry(key).or_insert(fresh));
        if content == fresh {
            contents.first.push(number);
        }
        contents.of.push(content);
    }
    contents
}

#[cfg(unix)]
fn identity(path: &Utf8Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(_: &Utf8Path) -> Option<(u64, u64)> {
    None
}

#[derive(Debug, Clone)]
struct Content {
    head: Vec<u8>,
    size: u64,
    digest: Digest,
    /// A picture whose bytes do not tell how large it is, or that it is nothing.
    broken: bool,
}

fn read(file: &Wanted, root: &Utf8Path, limits: Limits) -> Result<Content, Finding> {
    let (name, most) = (&file.path, limits.bytes);
    let inside = file.origin != Origin::Tree
        || file.absolute.canonicalize_utf8().is_ok_and(|real| real.starts_with(root));
    if !inside {
        return Err(Finding::new(
            Code::OutsideRoot,
            format!("`{name}` is a symbolic link that leads out of the source root"),
        )
        .help("copy the file into the source root"));
    }
    let unreadable =
        |error: io::Error| Finding::new(Code::Unreadable, format!("`{name}` cannot be read: {error}"));
    let (mut opened, metadata) = fs::open(&file.absolute).map_err(unreadable)?;
    let size = metadata.len();
    if size > most {
        let message = format!("`{name}` has {}; the limit is {}", text::size(size), text::size(most));
        return Err(Finding::new(Code::ImageTooLarge, message)
            .help("make it smaller, or raise `max_file_bytes` in `[source]`"));
    }
    let mut head = Vec::with_capacity(HEAD);
    io::Read::by_ref(&mut opened).take(HEAD as u64).read_to_end(&mut head).map_err(unreadable)?;
    if head.starts_with(b"version https://git-lfs.github.com/spec/") {
        return Err(Finding::new(
            Code::LfsPointer,
            format!("`{name}` is a git-LFS pointer, not the file itself"),
        )
        .help("fetch the files with `git lfs pull`; in CI, check out with LFS"));
    }
    let pixels = pixels(file, &head);
    if let Some((width, height)) = pixels
        && width.saturating_mul(height) > limits.pixels
    {
        let message = format!("`{name}` has {width} × {height} pixels; the limit is {}", limits.pixels);
        return Err(Finding::new(Code::ImageTooLarge, message)
            .help("make it smaller, or raise `max_image_pixels` in `[source]`"));
    }
    let mut hashing = Hashing::new(is_text(&file.path, &head));
    hashing.update(&head);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match opened.read(&mut buffer).map_err(unreadable)? {
            0 => break,
            length => hashing.update(&buffer[..length]),
        }
    }
    let (digest, size) = hashing.finish();
    let broken = pixels.is_some_and(|(width, height)| width == 0 || height == 0);
    Ok(Content { head, size, digest, broken })
}

/// Width and height of a picture, none of a type that browsers show where its bytes do not tell; `None` for other files.
fn pixels(file: &Wanted, head: &[u8]) -> Option<(u64, u64)> {
    let kind = infer::get(head).filter(|kind| kind.matcher_type() == infer::MatcherType::Image)?;
    // Previews come before the size in photographs.
    let size = match imagesize::blob_size(head) {
        Err(_) if kind.mime_type() == "image/jpeg" => imagesize::size(&file.absolute).ok(),
        size => size.ok(),
    };
    let shown = matches!(kind.mime_type(), "image/png" | "image/jpeg" | "image/gif" | "image/webp");
    let size = size.map(|size| (size.width as u64, size.height as u64));
    size.or(shown.then_some((0, 0)))
}

/// Hashes what would be uploaded: of text files, with LF line ends.
struct Hashing {
    hasher: Sha256,
    size: u64,
    text: bool,
    /// A CR that came last and may belong to an LF.
    pending: bool,
}

impl Hashing {
    fn new(text: bool) -> Self {
        Self { hasher: Sha256::new(), size: 0, text, pending: false }
    }

    fn update(&mut self, bytes: &[u8]) {
        if !self.text {
            return self.put(bytes);
        }
        let mut rest = bytes;
        if !rest.is_empty() && std::mem::take(&mut self.pending) && rest.first() != Some(&b'\n') {
            self.put(b"\r");
        }
        while let Some(at) = memchr::memchr(b'\r', rest) {
            self.put(&rest[..at]);
            rest = &rest[at + 1..];
            match rest.first() {
                Some(b'\n') => {}
                Some(_) => self.put(b"\r"),
                None => self.pending = true,
            }
        }
        self.put(rest);
    }

    fn put(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
    }

    fn finish(mut self) -> (Digest, u64) {
        if self.pending {
            self.put(b"\r");
        }
        (Digest::finish(self.hasher), self.size)
    }
}

/// The bytes that are uploaded for a file with these bytes on disk.
pub(super) fn as_uploaded(path: &DocPath, bytes: Vec<u8>) -> Vec<u8> {
    let head = &bytes[..bytes.len().min(HEAD)];
    if !is_text(path, head) || !bytes.contains(&b'\r') {
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while let Some(at) = memchr::memchr(b'\r', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if rest.first() != Some(&b'\n') {
            out.push(b'\r');
        }
    }
    out.extend_from_slice(rest);
    out
}

/// Extensions of text files whose MIME type does not say so. Files that git may check out with either line end.
const TEXT_EXTENSIONS: &[&str] = &[
    "svg",
    "json",
    "xml",
    "yaml",
    "yml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "sh",
    "bash",
    "ps1",
    "psm1",
    "psd1",
    "py",
    "js",
    "ts",
    "sql",
    "log",
    "reg",
    "bat",
    "cmd",
    "tf",
    "env",
    "properties",
    "drawio",
    "puml",
    "mmd",
    "tex",
];

fn is_text_name(path: &DocPath) -> bool {
    let name = path.file_name();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| TEXT_EXTENSIONS.contains(&extension.as_str()))
        || mime_guess::from_path(name).first().is_some_and(|mime| mime.type_() == mime_guess::mime::TEXT)
}

/// As git does it: a text file has no NUL in its first bytes. Its name must not promise anything else.
fn is_text(path: &DocPath, head: &[u8]) -> bool {
    is_text_name(path) && !head.contains(&0)
}

/// The MIME type to send, and what is to be said where bytes and extension disagree.
fn media_type(path: &DocPath, content: &Content) -> (String, Option<Finding>) {
    let (head, size) = (&*content.head, content.size);
    let by_name = mime_guess::from_path(path.file_name()).first();
    let by_bytes = infer::get(head).map(|kind| kind.mime_type());
    let named = by_name.as_ref().map(|mime| mime.essence_str().to_owned());
    let odd = |what: String| {
        Some(Finding::new(Code::FileTypeMismatch, format!("`{path}` {what}"))
            .help("give it the extension of what it is: instances that check file types refuse it, browsers may not show it"))
    };
    let image = named.as_ref().is_some_and(|name| name.starts_with("image/"));
    match (named, by_bytes) {
        (Some(named), _) if image && size == 0 => (named, odd("is empty".into())),
        (Some(named), _) if named == "image/svg+xml" => {
            let drawing = head.windows(4).any(|window| window.eq_ignore_ascii_case(b"<svg"));
            let finding = if drawing { None } else { odd("holds no SVG drawing".into()) };
            (named, finding)
        }
        (Some(named), Some(found)) if content.broken => {
            let finding = Finding::new(Code::FileTypeMismatch, format!("`{path}` holds no whole picture"));
            let help = "save it again: browsers show nothing of it";
            (if found.starts_with("image/") { found.to_owned() } else { named }, Some(finding.help(help)))
        }
        (Some(named), Some(found)) if named == found || one_type(&named, found) => (named, None),
        (Some(named), Some(found)) if image || found.starts_with("image/") => {
            let finding = odd(format!("holds {found}, but its name says {named}"));
            (if found.starts_with("image/") { found.to_owned() } else { named }, finding)
        }
        (Some(named), None) if named.starts_with("image/") && known_image(&named) => {
            let finding = odd(format!("holds no picture, but its name says {named}"));
            (named, finding)
        }
        (Some(named), _) => (named, None),
        (None, Some(found)) => (found.to_owned(), None),
        (None, None) => {
            (if head.contains(&0) { "application/octet-stream" } else { "text/plain" }.to_owned(), None)
        }
    }
}

/// Whether both are names of one type.
fn one_type(named: &str, found: &str) -> bool {
    matches!(
        (named, found),
        ("image/x-icon", "image/vnd.microsoft.icon")
            | ("image/heic", "image/heif")
            | ("image/jxr" | "image/vnd.ms-photo", "image/jxr" | "image/vnd.ms-photo")
    )
}

/// Picture types that the bytes always tell.
fn known_image(mime: &str) -> bool {
    matches!(
        mime,
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/bmp" | "image/tiff" | "image/avif"
    )
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
