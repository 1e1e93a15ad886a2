//! Finds and reads `publish.toml`.

use std::io::Read as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::{ConfigErrors, ConfigProblem};
use crate::text;

/// The name looked for.
pub const FILE_NAME: &str = "publish.toml";

/// Most bytes of a configuration: far more than anybody writes, and little enough to look at.
const MOST_BYTES: u64 = 1 << 20;

/// `publish.toml` as read.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// The file, absolute.
    pub path: Utf8PathBuf,
    /// Its text.
    pub text: String,
}

impl ConfigFile {
    /// The folder that relative paths start from.
    pub fn folder(&self) -> &Utf8Path {
        self.path.parent().unwrap_or(Utf8Path::new("/"))
    }
}

/// Reads the file that was named, else the first `publish.toml` from the working directory upward.
///
/// # Errors
/// No such file, or it cannot be read, is not UTF-8, or larger than 1 MiB.
pub fn find(working_directory: &Utf8Path, named: Option<&Utf8Path>) -> Result<ConfigFile, ConfigErrors> {
    if let Some(named) = named {
        return read(&working_directory.join(named));
    }
    for folder in working_directory.ancestors() {
        let path = folder.join(FILE_NAME);
        if path.is_file() {
            return read(&path);
        }
    }
    Err(ConfigProblem::new(format!(
        "there is no `{FILE_NAME}` in `{working_directory}` or any folder above it"
    ))
    .help("write one with `kb-publish init`, or name it with `--config`")
    .into())
}

fn read(path: &Utf8Path) -> Result<ConfigFile, ConfigErrors> {
    let problem =
        |message: String| ConfigProblem { path: Some(path.to_owned()), ..ConfigProblem::new(message) };
    let mut bytes = Vec::new();
    // It may be a pipe or a device, whose size nobody knows.
    let limited = std::fs::File::open(path).map(|file| file.take(MOST_BYTES + 1));
    let read = limited.and_then(|mut file| file.read_to_end(&mut bytes)).map_err(|error| {
        let found = problem(format!("the configuration cannot be read: {error}"));
        if path.is_dir() { found.help(format!("name the file: `{}`", path.join(FILE_NAME))) } else { found }
    })?;
    if read as u64 > MOST_BYTES {
        return Err(problem(format!("the configuration is larger than {}", text::size(MOST_BYTES))).into());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        let place = text::position(&valid, valid.len());
        problem(format!("column {} of line {} is not UTF-8", place.column, place.line))
            .help("save the file as UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
    Ok(ConfigFile { path: path.to_owned(), text })
}
