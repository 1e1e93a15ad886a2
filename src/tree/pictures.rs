//! Pictures that are made while the tree is read: taken out of `data:` URLs, fetched from other hosts, drawn (see
//! [`super::drawing`]). They lie under `.kb-publish/pictures`, named after what they are made of, so that each is made once.
//!
//! Must not know: documents, the renderer.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use camino::Utf8PathBuf;

use crate::config::Settings;
use crate::fs;
use crate::ids::{Digest, DocPath};

/// Folder of the pictures, below `.kb-publish`.
const FOLDER: &str = "pictures";

/// Pictures are told by their bytes to be one of these: media type and extension.
const KINDS: &[(&str, &str)] =
    &[("image/gif", "gif"), ("image/jpeg", "jpg"), ("image/png", "png"), ("image/webp", "webp")];

/// A picture that was made, as a file.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    /// Stands for a path below the source root; nothing of the tree can have it.
    pub(super) path: DocPath,
    /// The file.
    pub(super) absolute: Utf8PathBuf,
}

/// What a file of these bytes is called; `None` where they are no picture. SVG counts where `svg` is set.
pub(super) fn extension(bytes: &[u8], svg: bool) -> Option<&'static str> {
    if let Some(kind) = infer::get(bytes) {
        let kind = KINDS.iter().find(|(mime, _)| *mime == kind.mime_type());
        if let Some((_, extension)) = kind {
            return Some(extension);
        }
    }
    let head = &bytes[..bytes.len().min(4096)];
    (svg && head.windows(4).any(|window| window.eq_ignore_ascii_case(b"<svg"))).then_some("svg")
}

/// The place of a picture: `stem` and the digest of what it is made of.
///
/// # Errors
/// The name is no path.
pub(super) fn place(
    settings: &Settings,
    stem: &str,
    made_of: &Digest,
    extension: &str,
) -> Result<Picture, String> {
    let name = format!("{stem}-{}.{extension}", made_of.prefix(16));
    let path = DocPath::parse(&format!(".kb-publish/{FOLDER}/{name}")).map_err(|error| error.to_string())?;
    Ok(Picture { path, absolute: settings.folder.join(".kb-publish").join(FOLDER).join(name) })
}

/// Keeps a picture.
///
/// # Errors
/// The folder cannot be written.
pub(super) fn keep(settings: &Settings, picture: &Picture, bytes: &[u8]) -> Result<(), String> {
    fs::home(&settings.folder)
        .and_then(|_| fs::write_atomic(&picture.absolute, bytes))
        .map_err(|error| format!("it cannot be kept: {error}"))
}

/// The picture in a `data:` URL as a file, where it is larger than `[render] data_url_bytes`.
///
/// # Errors
/// It cannot be read, or not be kept.
pub(super) fn lifted(settings: &Settings, url: &str) -> Result<Option<Picture>, String> {
    if url.len() <= settings.render.data_url_bytes {
        return Ok(None);
    }
    let bytes = decoded(url).ok_or("its `data:` URL cannot be read")?;
    let extension = extension(&bytes, false).ok_or("its `data:` URL holds no picture")?;
    let picture = place(settings, "picture", &Digest::of(&bytes), extension)?;
    if !picture.absolute.exists() {
        keep(settings, &picture, &bytes)?;
    }
    Ok(Some(picture))
}

/// The bytes of a `data:` URL.
fn decoded(url: &str) -> Option<Vec<u8>> {
    /// Writers wrap lines and leave the end out.
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let (head, data) = url.trim().get(5..)?.split_once(',')?;
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(data).collect();
    if !head.to_ascii_lowercase().ends_with(";base64") {
        return Some(bytes);
    }
    let letters: Vec<u8> = bytes.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
    LENIENT.decode(letters).ok()
}

/// The place of a fetched image, if it was fetched before.
pub(super) fn fetched(settings: &Settings, url: &str) -> Option<Picture> {
    let extensions = KINDS.iter().map(|(_, extension)| *extension).chain(["svg"]);
    let mut places = extensions
        .filter_map(|extension| place(settings, &url_stem(url), &Digest::of(url.as_bytes()), extension).ok());
    places.find(|picture| picture.absolute.exists())
}

/// Keeps what a URL answered.
///
/// # Errors
/// It is no picture, or cannot be kept.
pub(super) fn keep_fetched(settings: &Settings, url: &str, bytes: &[u8]) -> Result<Picture, String> {
    let extension = extension(bytes, true).ok_or("what was answered is no picture")?;
    let picture = place(settings, &url_stem(url), &Digest::of(url.as_bytes()), extension)?;
    keep(settings, &picture, bytes)?;
    Ok(picture)
}

/// What a URL's picture is called: the last part of its path.
fn url_stem(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let stem: String =
        stem.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(40).collect();
    if stem.is_empty() { "image".to_owned() } else { stem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_urls_are_decoded() {
        assert_eq!(decoded("data:image/png;base64,aGk=").unwrap(), b"hi");
        assert_eq!(decoded("data:image/png;base64,aG\nk").unwrap(), b"hi");
        assert_eq!(decoded("data:image/png;charset=x;BASE64,aGk%3D").unwrap(), b"hi");
        assert_eq!(decoded("data:,a%20b").unwrap(), b"a b");
        assert!(decoded("data:image/png;base64").is_none() && decoded("data:;base64,%%%").is_none());
    }

    #[test]
    fn pictures_are_told_by_their_bytes() {
        assert_eq!(extension(b"\x89PNG\r\n\x1a\n", false), Some("png"));
        assert_eq!(extension(b"<?xml?><svg>", true), Some("svg"));
        assert_eq!(extension(b"<?xml?><svg>", false), None);
        assert_eq!(extension(b"%PDF-1.7", true), None);
    }

    #[test]
    fn names_come_from_urls() {
        assert_eq!(url_stem("https://a.example/x/net%20map.v2.png?x=1"), "net20map");
        assert_eq!(url_stem("https://a.example/"), "a");
        assert_eq!(url_stem("https:///"), "https");
        assert_eq!(url_stem("https://a.example/%C3%A4/"), "C3A4");
    }
}
