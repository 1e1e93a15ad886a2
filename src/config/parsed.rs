//! `publish.toml` as a table, what does not fit the schema told and taken out.
//!
//! Must not know: other layers than the file.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::error::{ConfigErrors, ConfigProblem};
use super::layers::{Key, Layers, Origin, key, places};
use super::locate::ConfigFile;
use super::schema::{misfits, schema};
use super::secrets::may_hold_secret;
use crate::finding::Position;
use crate::text;

/// `publish.toml`, parsed and held against the schema.
pub(super) struct Parsed<'a> {
    pub(super) file: &'a ConfigFile,
    /// Without `profiles`, and without what does not fit the schema.
    pub(super) base: Table,
    pub(super) profiles: BTreeMap<String, Table>,
    places: BTreeMap<Key, Position>,
    /// What does not fit the schema: told already, and not missing.
    refused: Vec<Key>,
    excerpts: bool,
}

impl<'a> Parsed<'a> {
    /// What does not fit the schema goes to `problems`; the rest is looked at as if it were not there, so that all
    /// problems are told at once.
    pub(super) fn new(file: &'a ConfigFile, problems: &mut Vec<ConfigProblem>) -> Result<Self, ConfigErrors> {
        let mut parsed = Self {
            file,
            base: Table::new(),
            profiles: BTreeMap::new(),
            places: BTreeMap::new(),
            refused: Vec::new(),
            excerpts: !file.text.lines().any(may_hold_secret),
        };
        let (spanned, errors) = toml::de::DeTable::parse_recoverable(&file.text);
        if !errors.is_empty() {
            let at =
                |error: &toml::de::Error| error.span().map(|span| text::position(&file.text, span.start));
            let problem = |error| parsed.problem(at(error), format!("not TOML: {}", error.message()));
            let mut problems: Vec<ConfigProblem> = errors.iter().map(problem).collect();
            problems.dedup();
            return Err(ConfigErrors(problems));
        }
        let table = spanned.get_ref();
        parsed.base = toml::from_str(&file.text)
            .map_err(|error| parsed.problem(None, format!("not TOML: {}", error.message())))?;
        parsed.places = places(&file.text, table);
        parsed.required_version()?;
        let misfits = misfits(table, schema());
        parsed.excerpts = !misfits.iter().any(|misfit| misfit.secret);
        for misfit in misfits {
            let position = text::position(&file.text, misfit.span.start);
            let problem = parsed.problem(Some(position), misfit.message);
            problems.push(ConfigProblem { help: misfit.help, ..problem });
            take_out(&mut parsed.base, &misfit.key);
            parsed.refused.push(misfit.key);
        }
        if let Some(Value::Table(profiles)) = parsed.base.remove("profiles") {
            let tables = profiles.into_iter().filter_map(|(name, value)| match value {
                Value::Table(table) => Some((name, table)),
                _ => None,
            });
            parsed.profiles = tables.collect();
        }
        Ok(parsed)
    }

    /// A program that the file does not want must not judge its keys: this is asked before all else.
    fn required_version(&self) -> Result<(), ConfigErrors> {
        let Some(Value::String(wanted)) = self.base.get("required_version") else { return Ok(()) };
        let place = self.place(&key("required_version"));
        let own = env!("CARGO_PKG_VERSION");
        let wanted_versions = semver::VersionReq::parse(wanted).map_err(|error| {
            self.problem(place, format!("`required_version` is not a version requirement: {error}"))
                .help("write one such as `>=0.3` or `^1.2`")
        })?;
        let fits = semver::Version::parse(own).is_ok_and(|own| {
            let release = semver::Version::new(own.major, own.minor, own.patch);
            wanted_versions.matches(&own) || wanted_versions.matches(&release)
        });
        if fits {
            return Ok(());
        }
        let message = format!("this is kb-publish {own}, and the file requires `{wanted}`");
        Err(self.problem(place, message).help("install a version that fits").into())
    }

    /// The profile's name, if it is one.
    pub(super) fn profile(
        &self,
        named: Option<(&str, &str)>,
        problems: &mut Vec<ConfigProblem>,
    ) -> Option<String> {
        let Some((name, origin)) = named else {
            return self.profiles.contains_key("default").then(|| "default".into());
        };
        if self.profiles.contains_key(name) {
            return Some(name.into());
        }
        if name == "default" {
            return None;
        }
        let known: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
        let problem = ConfigProblem::new(format!("{origin}: there is no profile `{name}`"));
        problems.push(match text::nearest(name, known.iter().copied()) {
            Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
            None if known.is_empty() => problem.help(format!("`{}` has no `[profiles.…]`", self.file.path)),
            None => problem.help(format!("it has {}", text::list_quoted(&known, "and"))),
        });
        None
    }

    /// Lays the file, and over it one profile.
    pub(super) fn lay(&self, layers: &mut Layers, profile: Option<&str>) {
        let at = |path: &[String]| self.place(path).unwrap_or(Position { line: 1, column: 1 });
        layers.lay(&self.base, &|path| Origin::File(at(path)));
        if let Some((name, table)) = profile.and_then(|name| self.profiles.get_key_value(name)) {
            layers.lay(table, &|path| {
                let full: Key =
                    ["profiles".to_owned(), name.clone()].into_iter().chain(path.to_vec()).collect();
                Origin::Profile(name.clone(), at(&full))
            });
        }
    }

    /// Whether the file names the key, with a value that does not fit.
    pub(super) fn refuses(&self, key: &[String]) -> bool {
        self.refused.iter().any(|refused| refused == key)
    }

    /// Where a key stands in the file.
    pub(super) fn place(&self, path: &[String]) -> Option<Position> {
        self.places.get(path).copied()
    }

    /// A problem of the file, with its line where that can hold no secret.
    pub(super) fn problem(&self, position: Option<Position>, message: impl Into<String>) -> ConfigProblem {
        let excerpt = position
            .filter(|_| self.excerpts)
            .and_then(|at| text::excerpt(&self.file.text, at))
            .filter(|line| !may_hold_secret(line));
        ConfigProblem { path: Some(self.file.path.clone()), position, excerpt, ..ConfigProblem::new(message) }
    }
}

/// Takes a key out of a table; where it stands in a list, the whole list.
fn take_out(table: &mut Table, key: &[String]) {
    let [first, rest @ ..] = key else { return };
    match table.get_mut(first) {
        Some(Value::Table(inner)) if !rest.is_empty() => take_out(inner, rest),
        _ => {
            table.remove(first);
        }
    }
}
