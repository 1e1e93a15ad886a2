//! URLs of references: what a name says of its file, and how a URL is written.
//!
//! Must not know: the tree, documents and files.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Image types that may stand in a `data:` URL. SVG is not among them: it can hold scripts.
const DATA_IMAGES: &[&str] = &["image/gif", "image/jpeg", "image/png", "image/webp"];

/// Endings of files that no `img` shows; GitLab, Obsidian and others play what is written as an image of them.
const MEDIA: &[&str] = &["m4a", "m4v", "mov", "mp3", "mp4", "ogg", "ogv", "pdf", "wav", "webm"];

/// What GitHub and Material for `MkDocs` show by night alone. Articles are read on light and dark portals alike.
const BY_NIGHT: [&str; 2] = ["#gh-dark-mode-only", "#only-dark"];

/// Pages of films, which Obsidian and others play.
const FILMS: [&str; 3] = ["https://www.youtube.com/watch", "https://youtu.be/", "https://vimeo.com/"];

/// Whether another image stands in the place of this one by day.
pub(super) fn is_by_night(url: &str) -> bool {
    BY_NIGHT.iter().any(|mark| url.ends_with(mark))
}

/// Whether this is the name of a film, a sound or a PDF.
pub(super) fn is_media(url: &str) -> bool {
    FILMS.iter().any(|page| url.starts_with(page)) || ends_with(url, MEDIA)
}

/// Endings of pictures.
const PICTURES: &[&str] = &["avif", "gif", "jpeg", "jpg", "png", "svg", "webp"];

/// Whether this is the name of a picture.
pub(super) fn is_picture(url: &str) -> bool {
    ends_with(url, PICTURES)
}

/// Whether the path of a URL has one of these endings.
fn ends_with(url: &str, endings: &[&str]) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    endings.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Whether a `data:` URL is an image that may go out.
pub(super) fn is_data_image(url: &str) -> bool {
    let Some(rest) = url.trim_start_matches(|c| c <= ' ').get(5..) else { return false };
    let media = rest.split([';', ',']).next().unwrap_or_default().trim().to_ascii_lowercase();
    DATA_IMAGES.contains(&media.as_str())
}

/// A destination as it goes into `href` or `src`: what a URL cannot hold is percent-encoded.
pub(super) fn encode(url: &str) -> Cow<'_, str> {
    const SET: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'<')
        .add(b'>')
        .add(b'\\')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    // No more than browsers cut off: what is no scheme to them must not become one.
    utf8_percent_encode(url.trim_matches(|c| c <= ' '), SET).into()
}
