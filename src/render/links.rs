//! Links and images: which destinations may go out, and how they are written.
//!
//! Must not know: documents and files.

use super::allowlist;
use super::builder::Builder;
use super::tree::{Image, Kind, Link};
use crate::finding::Code;

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

/// A link, or its text alone where ServiceNow would drop the URL.
pub(super) fn link<'a>(builder: &mut Builder<'a>, link: Link<'a>, offset: usize) -> Kind<'a> {
    let scheme = allowlist::scheme(&link.destination);
    let refused = scheme.filter(|scheme| scheme == "data" || !allowlist::keeps_scheme(scheme));
    match refused {
        Some(scheme) => {
            refuse(builder, &scheme, "the link goes out as its text", offset);
            Kind::Group
        }
        None => Kind::Link(Box::new(link)),
    }
}

/// An image, or its alternative text where ServiceNow would drop the URL.
pub(super) fn image<'a>(builder: &mut Builder<'a>, image: Image<'a>, offset: usize) -> Kind<'a> {
    let refused = match allowlist::scheme(&image.destination) {
        Some(scheme) if scheme == "data" => (!is_data_image(&image.destination)).then_some(scheme),
        Some(scheme) => (scheme == "mailto" || !allowlist::keeps_scheme(&scheme)).then_some(scheme),
        None => None,
    };
    match refused {
        Some(scheme) => {
            refuse(builder, &scheme, "the image goes out as its alternative text", offset);
            Kind::Group
        }
        None => Kind::Image(Box::new(image)),
    }
}

fn is_data_image(url: &str) -> bool {
    let Some(rest) = url.trim_start_matches(|c| c <= ' ').get(5..) else { return false };
    let media = rest.split([';', ',']).next().unwrap_or_default().trim().to_ascii_lowercase();
    DATA_IMAGES.contains(&media.as_str())
}

fn refuse(builder: &mut Builder<'_>, scheme: &str, what: &str, offset: usize) {
    builder.problem(
        Code::UnsupportedScheme,
        format!("`{scheme}:` is not kept by ServiceNow here: {what}"),
        "http, https and mailto are kept",
        offset,
    );
}

/// A destination as it goes into `href` or `src`: what a URL cannot hold is percent-encoded.
pub(super) fn encode(url: &str) -> std::borrow::Cow<'_, str> {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
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
