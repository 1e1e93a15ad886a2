//! Drawings: code blocks and formulas that a configured command turns into pictures, each source once.
//!
//! Must not know: documents, the renderer's HTML.

use std::io::Read as _;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use camino::Utf8Path;

use super::LocalFile;
use super::pictures::{self, Picture};
use crate::child;
use crate::config::Settings;
use crate::fs;
use crate::ids::Digest;
use crate::render::Size;

/// What a command may say of what went wrong, in characters.
const LONGEST_REASON: usize = 300;

/// Of what a command says, the end is looked at, in bytes.
const SAID: usize = 16 * 1024;

/// After a command ended, what it said is waited for this long: a program that it left behind may hold its pipe.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Commands that run at a time: each may start a browser. A source always has the same turn, so that two documents
/// that show it draw it once.
static TURNS: [Mutex<()>; 4] = [const { Mutex::new(()) }; 4];

/// The beginning of a picture that is read for its size.
const HEAD: u64 = 4096;

/// The widest formula that is believed, in em.
const WIDEST: f32 = 200.0;

/// What is to be drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Drawing<'a> {
    /// The language, which has a command.
    pub(super) language: &'a str,
    pub(super) source: &'a str,
    /// Whether it is a formula in a line of text.
    pub(super) in_line: bool,
}

impl Drawing<'_> {
    /// The command with what it is told of the drawing; the files are filled in when it is run.
    fn command(self, settings: &Settings) -> Option<Vec<String>> {
        let command = settings.render.diagrams.get(self.language)?;
        let style = if self.in_line { "inline" } else { "display" };
        Some(command.iter().map(|argument| argument.replace("{style}", style)).collect())
    }

    /// What the picture is made of: the source and the command, never the machine.
    fn made_of(self, command: &[String]) -> Digest {
        let mut made_of = format!("{}\0{}", self.language, self.source);
        for argument in command {
            made_of.push('\0');
            made_of.push_str(argument);
        }
        Digest::of(made_of.as_bytes())
    }
}

/// Where the picture of a drawing lies, once it is made.
///
/// # Errors
/// Nothing draws its language.
pub(super) fn place(settings: &Settings, drawing: Drawing<'_>) -> Result<Picture, String> {
    let command = drawing.command(settings).ok_or("no command draws it")?;
    pictures::place(settings, stem(drawing.language), &drawing.made_of(&command), extension(&command))
}

/// What the command writes.
fn extension(command: &[String]) -> &'static str {
    if command.iter().any(|argument| argument.contains("{output.svg}")) { "svg" } else { "png" }
}

/// Makes the picture of a drawing, by the command of its language; once for each source and command.
///
/// # Errors
/// The command fails, takes too long, or leaves no picture.
pub(super) fn draw(settings: &Settings, drawing: Drawing<'_>, picture: &Picture) -> Result<(), String> {
    let command = drawing.command(settings).ok_or("no command draws it")?;
    let extension = extension(&command);
    let turn = usize::from(drawing.made_of(&command).bytes()[0]) % TURNS.len();
    let _turn = TURNS[turn].lock().unwrap_or_else(PoisonError::into_inner);
    let most = settings.source.max_file_bytes;
    if matches!(fs::read_stable(&picture.absolute, most), Ok(fs::Stable::Read(bytes)) if whole(&bytes, extension))
    {
        return Ok(());
    }
    let folder = tempfile::tempdir().map_err(|error| format!("no folder for it: {error}"))?;
    let folder = Utf8Path::from_path(folder.path()).ok_or("no folder for it")?;
    let input = folder.join(format!("input.{}", stem(drawing.language)));
    let output = folder.join(format!("output.{extension}"));
    fs_err::write(&input, drawing.source).map_err(|error| error.to_string())?;
    run(&command, &input, &output, settings)?;
    let bytes = match fs::read_stable(&output, most) {
        Ok(fs::Stable::Read(bytes)) => bytes,
        Ok(_) => return Err("its picture is too large".to_owned()),
        Err(_) => return Err(format!("`{}` left no picture", command.first().map_or("", String::as_str))),
    };
    if pictures::extension(&bytes, extension == "svg") != Some(extension) {
        return Err(format!("what was drawn is no {}", extension.to_uppercase()));
    }
    if !whole(&bytes, extension) {
        return Err("its picture has no end".to_owned());
    }
    pictures::keep(settings, picture, &bytes)
}

/// Whether these are all bytes of such a picture: a program that was stopped leaves a part, a disk may do worse.
fn whole(bytes: &[u8], extension: &str) -> bool {
    let end = &bytes[bytes.len().saturating_sub(256)..];
    pictures::extension(bytes, true) == Some(extension)
        && if extension == "svg" { closed(end) } else { end.windows(4).any(|window| window == b"IEND") }
}

/// Whether an SVG's root is closed; its last tag, as nothing but white space and comments may follow.
fn closed(end: &[u8]) -> bool {
    let end = String::from_utf8_lossy(end);
    end.rsplit("</").next().is_some_and(|last| last.starts_with("svg") && end.contains("</svg"))
        && end.trim_end().ends_with('>')
}

/// A language as part of a file name.
fn stem(language: &str) -> &str {
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
    let path = if relative { settings.folder.join(program).into_string() } else { program.clone() };
    let mut command = child::command(&path);
    command
        .args(arguments.iter().map(fill))
        .current_dir(&settings.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("`{program}` cannot be run: {error}"))?;
    let said = listen(&mut child);
    let Some(status) = wait(&mut child, settings.render.diagram_timeout) else {
        let seconds = settings.render.diagram_timeout.as_secs();
        return Err(format!("`{program}` took longer than {seconds} s"));
    };
    if status.success() {
        return Ok(());
    }
    let how = match status.code() {
        Some(code) => format!("`{program}` ended with {code}"),
        None => format!("`{program}` was stopped"),
    };
    let reason = reason(&said.recv_timeout(LAST_WORDS).unwrap_or_default());
    Err(if reason.is_empty() { how } else { format!("{how}: {reason}") })
}

/// Reads what a program says beside it, to its end, as a full pipe would hold it up; keeps the end of it.
fn listen(child: &mut Child) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut errors) = child.stderr.take() {
        std::thread::spawn(move || {
            let mut said = Vec::new();
            let mut part = [0; SAID];
            while let Ok(length @ 1..) = errors.read(&mut part) {
                said.extend_from_slice(&part[..length]);
                said.drain(..said.len().saturating_sub(SAID));
            }
            // Nobody may be there to hear it any more.
            let _ = sender.send(said);
        });
    }
    receiver
}

/// The line that says why: the first that names an error, else the last one that is no part of a stack trace.
fn reason(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let frame = |line: &str| line.starts_with("at ") && line.contains(':');
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty() && !frame(line));
    let says_error = |line: &&str| {
        let first = line.split_whitespace().next().unwrap_or_default();
        first.trim_end_matches(':').to_ascii_lowercase().ends_with("error")
    };
    let named = lines().find(says_error);
    let line = named.or_else(|| lines().next_back()).unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect()
}

/// How a program ended; `None` where it had to be ended, with all that it started.
fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
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
                child::end_with_descendants(child);
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}

/// The size of a formula that was drawn, as its picture tells it.
pub(super) fn size(file: &LocalFile) -> Option<Size> {
    let formula =
        file.path.as_str().starts_with(".kb-publish/") && file.path.file_name().starts_with("math-");
    if !formula {
        return None;
    }
    let mut head = Vec::new();
    fs::open(&file.absolute).ok()?.0.take(HEAD).read_to_end(&mut head).ok()?;
    if file.media_type == "image/png" { png_size(&head) } else { svg_size(&String::from_utf8_lossy(&head)) }
}

/// PNG: its pixels at its resolution, in type of 10 pt as TeX's.
fn png_size(head: &[u8]) -> Option<Size> {
    let number = |at: usize| {
        Some(f32::from(u16::try_from(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?)).ok()?))
    };
    let resolution = head.windows(4).position(|window| window == b"pHYs")? + 4;
    // Per metre; at most 65,535, which is 1,664 dpi.
    let (width, per_metre) = (number(16)?, number(resolution)?);
    let metres = head.get(resolution + 8) == Some(&1) && per_metre > 0.0;
    let width = believed(width / per_metre / 0.0254 * 7.227)?;
    metres.then_some(Size { width, depth: None })
}

/// A width, unless it is nonsense.
fn believed(width: f32) -> Option<f32> {
    (0.0..=WIDEST).contains(&width).then_some(width)
}

/// SVG: the width of its root, and how far that says to lie below the line (MathJax does).
fn svg_size(head: &str) -> Option<Size> {
    let root = &head[head.find("<svg")? + 4..];
    let root = &root[..root.find('>')?];
    let attribute = |name: &str| {
        let value = &root[root.find(&format!(" {name}="))? + name.len() + 2..];
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        value[1..].split(quote).next()
    };
    let depth = attribute("style").and_then(|style| {
        style.split(';').find_map(|rule| rule.trim().strip_prefix("vertical-align:").and_then(ems))
    });
    let width = believed(ems(attribute("width")?)?)?;
    Some(Size { width, depth: depth.map(|raised| -raised).filter(|depth| depth.abs() < 100.0) })
}

/// A CSS length in em: TeX's `ex`, type of 10 pt and of 16 px.
fn ems(length: &str) -> Option<f32> {
    let length = length.trim();
    let unit = length.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    let number: f32 = length[..length.len() - unit.len()].parse().ok()?;
    Some(match unit {
        "em" => number,
        "ex" => number * 0.430_554,
        "pt" => number / 10.0,
        "" | "px" => number / 16.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_line_that_names_the_error() {
        let mermaid = b"\nError: Parse error on line 3:\n...> B\n-----^\nParser.parseError (x.mjs:1:2)\n    at async f (y.js:1)\n";
        assert_eq!(reason(mermaid), "Error: Parse error on line 3:");
        assert_eq!(reason(b"x.mjs:7\n  throw error;\n    at f (x:1)\nTypeError: no\n"), "TypeError: no");
        assert_eq!(reason(b"first\nlast\n\n"), "last");
        assert_eq!(reason(&[b'x'; 1000]).len(), LONGEST_REASON);
        assert_eq!(reason(b""), "");
    }

    #[test]
    fn formulas_tell_their_size() {
        let mathjax = "<svg style=\"vertical-align: -0.566ex;\" xmlns=\"x\" width=\"10ex\" height=\"2.5ex\">";
        let size = svg_size(mathjax).unwrap();
        assert!((size.width - 4.305).abs() < 0.01 && (size.depth.unwrap() - 0.2437).abs() < 0.01, "{size:?}");
        let points = svg_size("<?xml version='1.0'?><svg width='25.5pt' height='9pt'/>").unwrap();
        assert!((points.width - 2.55).abs() < 0.01 && points.depth.is_none());
        assert_eq!(svg_size("<svg width=\"100%\">"), None);
        assert_eq!(svg_size("<svg viewBox=\"0 0 1 1\">"), None);
        assert_eq!(svg_size("<svg width=\"9999em\">"), None);
        let mut png = vec![0; 16];
        png.extend(300_u32.to_be_bytes());
        png.extend(b"----pHYs");
        png.extend(11811_u32.to_be_bytes());
        png.extend(11811_u32.to_be_bytes());
        png.push(1);
        let size = png_size(&png).unwrap();
        assert!((size.width - 7.227).abs() < 0.01, "an inch: {size:?}");
        assert_eq!(png_size(&png[..30]), None);
        let per_metre = png.len() - 9;
        png[per_metre..per_metre + 4].copy_from_slice(&1_u32.to_be_bytes());
        assert_eq!(png_size(&png), None, "one pixel a metre");
    }

    #[test]
    fn parts_of_pictures_are_told() {
        assert!(whole(b"<svg><g/></svg>\n", "svg") && whole(b"<svg></svg ><!-- made by x -->\n", "svg"));
        for part in ["", "<svg><g", "<svg><path/><path d=\"", "<svg><g/></g>", "<svg><g/></svg", "<svg/><g/>"]
        {
            assert!(!whole(part.as_bytes(), "svg"), "{part}");
        }
        assert!(whole(b"\x89PNG\r\n\x1a\n....IEND\xaeB`\x82", "png"));
        assert!(!whole(b"\x89PNG\r\n\x1a\n....", "png") && !whole(b"<svg></svg>", "png"));
    }
}
