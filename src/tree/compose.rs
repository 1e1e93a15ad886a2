//! Reads documents and files a second time, when they are sent, and holds them against what was planned.

use std::io;
use std::sync::Arc;

use super::draft::{input, source_link};
use super::drawing;
use super::files::as_uploaded;
use super::folders::Folders;
use super::includes::Snippets;
use super::load::options;
use super::{LocalFile, RenderedDocument, Target};
use crate::config::Settings;
use crate::fs::{self, Stable};
use crate::ids::{Digest, display_path};
use crate::render;
use crate::source::{self, SourceFile};

/// Why something planned cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// It is not what was planned: nothing unplanned is sent (protocol §5.1).
    #[error("`{0}` changed since the plan was made")]
    Changed(camino::Utf8PathBuf),
    /// It cannot be read any more.
    #[error("`{path}` cannot be read")]
    Read {
        /// The file.
        path: camino::Utf8PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// The body of a document as it is sent. `resolve` is asked for each reference, in their order; `files` are the tree's.
///
/// # Errors
/// The document cannot be read, or changed since the tree was loaded.
pub fn compose(
    settings: &Settings,
    document: &RenderedDocument,
    files: &[LocalFile],
    resolve: &mut dyn FnMut(usize, Target<'_>) -> render::Destination,
) -> Result<String, ComposeError> {
    let changed = || ComposeError::Changed(display_path(&settings.source.root, &document.path));
    let file = SourceFile {
        path: document.path.clone(),
        absolute: Arc::clone(&document.absolute),
        id: document.id.clone(),
    };
    // Whatever makes it unreadable now did not do so when it was planned.
    let read = source::read(&file, &settings.source).map_err(|_| changed())?;
    if !read.problems.is_empty() {
        return Err(changed());
    }
    let root = settings.source.absolute_root.canonicalize_utf8().map_err(|_| changed())?;
    let folders = Folders::new(&root);
    let snippets = Snippets::new(&folders, &settings.source, &document.path);
    let link = source_link(settings, &document.path);
    let input = input(&read, document.title_from_heading, link.as_deref(), &snippets);
    let html = render::html(input, &options(settings), &mut |number| match document.references.get(number) {
        Some(reference) => sized(resolve(number, reference), reference, files),
        None => render::Destination::Plain,
    });
    if snippets.fingerprint(&read.text) == document.fingerprint { Ok(html) } else { Err(changed()) }
}

/// Gives the picture of a formula the size it was drawn for.
fn sized(
    destination: render::Destination,
    reference: Target<'_>,
    files: &[LocalFile],
) -> render::Destination {
    match (destination, reference) {
        (render::Destination::Url(url), Target::File(file, _)) => {
            match files.get(file).and_then(drawing::size) {
                Some(size) => render::Destination::Sized(url, size),
                None => render::Destination::Url(url),
            }
        }
        (destination, _) => destination,
    }
}

/// The bytes of a file as they are uploaded: text files with LF line ends.
///
/// # Errors
/// The file cannot be read, or changed since the tree was loaded.
pub fn read_file(file: &LocalFile) -> Result<Vec<u8>, ComposeError> {
    let path = || camino::Utf8PathBuf::from(file.path.as_str());
    // On disk a text may have CR LF where LF is uploaded.
    let read = fs::read_stable(&file.absolute, file.size.saturating_mul(2).saturating_add(1));
    match read.map_err(|source| ComposeError::Read { path: path(), source })? {
        Stable::Read(bytes) => {
            let bytes = as_uploaded(&file.path, bytes);
            if Digest::of(&bytes) == file.digest { Ok(bytes) } else { Err(ComposeError::Changed(path())) }
        }
        Stable::Changed | Stable::TooLarge(_) => Err(ComposeError::Changed(path())),
    }
}
