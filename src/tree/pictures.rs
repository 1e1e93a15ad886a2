//! Pictures that are made while the tree is read: taken out of `data:` URLs, drawn by commands, fetched from other
//! hosts. They lie under `.kb-publish/pictures`, named after what they are made of, so that each is made once.
//!
//! Must not know: documents, the renderer.

use std::io::Read as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use camino::{Utf8Path, Utf8PathBuf};

use crate::child;
use crate::config::Settings;
use crate::fs;
use crate::ids::{Digest, DocPath};

/// Folder of the pictures, below `.kb-publish`.
const FOLDER: &str = "pictures";

/// What a drawing may say of what went wrong, in characters.
const LONGEST_REASON: usize = 300;

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
fn extension(bytes: &[u8], svg: bool) -> Option<&'static str> {
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
fn place(settings: &Settings, stem: &str, made_of: &Digest, extension: &str) -> Result<Picture, String> {
    let name = format!("{stem}-{}.{extension}", made_of.prefix(16));
    let path = DocPath::parse(&format!(".kb-publish/{FOLDER}/{name}")).map_err(|error| error.to_string())?;
    Ok(Picture { path, absolute: settings.folder.join(".kb-publish").join(FOLDER).join(name) })
}

/// Keeps a picture.
fn keep(settings: &Settings, picture: &Picture, bytes: &[u8]) -> Result<(), String> {
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

/// The drawing of a source by the command of its language; drawn once for each source and command.
///
/// # Errors
/// The command fails, takes too long, or leaves no picture.
pub(super) fn drawn(settings: &Settings, language: &str, source: &str) -> Result<Picture, String> {
    let command = settings.render.diagrams.get(language).ok_or("no command draws it")?;
    let svg = command.iter().any(|argument| argument.contains("{output.svg}"));
    let extension_wanted = if svg { "svg" } else { "png" };
    let mut made_of = format!("{language}\0{source}");
    for argument in command {
        made_of.push('\0');
        made_of.push_str(argument);
    }
    let picture =
        place(settings, language_stem(language), &Digest::of(made_of.as_bytes()), extension_wanted)?;
    if picture.absolute.exists() {
        return Ok(picture);
    }
    let folder = tempfile::tempdir().map_err(|error| format!("no folder for it: {error}"))?;
    let folder = Utf8Path::from_path(folder.path()).ok_or("no folder for it")?;
    let input = folder.join(format!("input.{}", language_stem(language)));
    let output = folder.join(format!("output.{extension_wanted}"));
    fs_err::write(&input, source).map_err(|error| error.to_string())?;
    run(command, &input, &output, settings)?;
    let most = settings.source.max_file_bytes;
    let bytes = match fs::read_stable(&output, most) {
        Ok(fs::Stable::Read(bytes)) => bytes,
        Ok(_) => return Err("its picture is too large".to_owned()),
        Err(_) => return Err(format!("`{}` left no picture", command.first().map_or("", String::as_str))),
    };
    if extension(&bytes, svg) != Some(extension_wanted) {
        return Err(format!("what was drawn is no {}", extension_wanted.to_uppercase()));
    }
    keep(settings, &picture, &bytes)?;
    Ok(picture)
}

/// A language as part of a file name.
fn language_stem(language: &str) -> &str {
    let plain = !language.is_empty() && language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain { language } else { "drawing" }
}

/// Runs a command without a shell, within its time.
fn run(command: &[String], input: &Utf8Path, output: &Utf8Path, settings: &Settings) -> Result<(), String> {
    let Some((program, arguments)) = command.split_first() else {
        return Err("no command draws it".to_owned());
    };
    let fill = |argument: &String| {
        let output = output.as_str();
        argument
            .replace("{input}", input.as_str())
            .replace("{output.svg}", output)
            .replace("{output}", output)
    };
    // A path is meant from `publish.toml`, a bare name from the search path.
    let relative = program.contains('/') && !program.starts_with('/');
    let program_path = if relative { settings.folder.join(program).into_string() } else { program.clone() };
    let mut child = child::command(&program_path)
        .args(arguments.iter().map(fill))
        .current_dir(&settings.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("`{program}` cannot be run: {error}"))?;
    // Read beside it: a full pipe would hold it up.
    let errors = child.stderr.take();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(errors) = errors {
            let _ = errors.take(64 * 1024).read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    });
    let ended = wait(&mut child, settings.render.diagram_timeout);
    match ended {
        Some(status) if status.success() => Ok(()),
        Some(status) => {
            let said = reader.join().unwrap_or_default();
            let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            let last: String = last.chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect();
            let how = match status.code() {
                Some(code) => format!("`{program}` ended with {code}"),
                None => format!("`{program}` was stopped"),
            };
            Err(if last.is_empty() { how } else { format!("{how}: {last}") })
        }
        None => {
            let seconds = settings.render.diagram_timeout.as_secs();
            Err(format!("`{program}` took longer than {seconds} s"))
        }
    }
}

/// How a program ended; `None` where it had to be ended.
fn wait(child: &mut Child, limit: Duration) -> Option<std::process::ExitStatus> {
    let begin = Instant::now();
    let mut pause = Duration::from_millis(2);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if begin.elapsed() < limit => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(50));
            }
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
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
