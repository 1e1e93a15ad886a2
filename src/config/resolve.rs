//! Flags > environment > profile > file > default, as one pure function.
//!
//! Must not know: the process environment, the disk.

use std::collections::BTreeMap;
use std::ffi::OsString;

use toml::{Table, Value};

use super::error::{ConfigErrors, ConfigProblem};
use super::file::FileConfig;
use super::layers::{Key, Layers, Origin, key};
use super::locate::ConfigFile;
use super::parsed::Parsed;
use super::schema::{dotted, misfit_of, schema};
use super::settings::Settings;
use super::{profiles, typed};
use crate::text;

/// Environment variables as they were when the program began; see [`environment`].
pub type Env = BTreeMap<String, String>;

/// Keeps what is ours of an environment. Of secrets only the name is kept, not the value: who needs one reads
/// it himself.
pub fn environment(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Env {
    let ours = variables.into_iter().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| name.starts_with("KB_PUBLISH_"))?;
        let open = VARIABLES.iter().any(|(known, _)| *known == name) || OTHERS.contains(&name.as_str());
        let value = if open { value.to_string_lossy().into_owned() } else { String::new() };
        Some((name, value))
    });
    ours.collect()
}

/// The variables that stand for a key. An empty one counts as not set.
const VARIABLES: &[(&str, &str)] = &[
    ("KB_PUBLISH_PROJECT", "project"),
    ("KB_PUBLISH_INSTANCE", "instance.url"),
    ("KB_PUBLISH_AUTH_METHOD", "auth.method"),
    ("KB_PUBLISH_GRANT", "auth.grant"),
    ("KB_PUBLISH_USERNAME", "auth.username"),
    ("KB_PUBLISH_CLIENT_ID", "auth.client_id"),
    ("KB_PUBLISH_KNOWLEDGE_BASE", "publish.knowledge_base"),
    ("KB_PUBLISH_STATUS", "publish.status"),
];

/// Variables of ours that stand for no key.
const OTHERS: [&str; 4] =
    ["KB_PUBLISH_CONFIG", "KB_PUBLISH_PROFILE", "KB_PUBLISH_JOURNAL", "KB_PUBLISH_STORE"];

/// Variables that hold a secret, or with `_FILE` name a file that does.
const SECRETS: [&str; 6] = [
    "KB_PUBLISH_PASSWORD",
    "KB_PUBLISH_CLIENT_SECRET",
    "KB_PUBLISH_ACCESS_TOKEN",
    "KB_PUBLISH_REFRESH_TOKEN",
    "KB_PUBLISH_API_KEY",
    "KB_PUBLISH_JWT_KEY",
];

/// What was said on the command line; everything here wins.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    profile: Option<String>,
    journal: Option<String>,
    values: Vec<(Key, &'static str, Value)>,
}

impl Overrides {
    /// `--profile`.
    #[must_use]
    pub fn profile(mut self, name: Option<String>) -> Self {
        self.profile = name;
        self
    }

    /// `--journal`.
    #[must_use]
    pub fn journal(mut self, folder: Option<String>) -> Self {
        self.journal = folder;
        self
    }

    /// A flag that replaces the key `dotted`, such as `publish.status`, where it was given.
    #[must_use]
    pub fn set(mut self, dotted: &str, flag: &'static str, value: Option<impl Into<Value>>) -> Self {
        self.values.extend(value.map(|value| (key(dotted), flag, value.into())));
        self
    }
}

/// One key for `kb-publish config`: its value in TOML, `None` where it has none, and where that came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigValue {
    /// `publish.status`.
    pub key: String,
    /// As it would be written in `publish.toml`.
    pub value: Option<String>,
    /// Who said so.
    pub origin: Origin,
}

/// What the layers come to.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The file that was read.
    pub file: camino::Utf8PathBuf,
    /// The settings of the run.
    pub settings: Settings,
    /// Every key with its value and origin, in the order of the schema; never a secret.
    pub values: Vec<ConfigValue>,
    /// Remarks that stop nothing: variables that look like ours and are not.
    pub notes: Vec<String>,
}

/// Lays flags over environment over profile over file over defaults.
///
/// # Errors
/// Every problem of all layers at once: unknown keys, values that do not fit, secrets in the file, keys that
/// contradict each other.
pub fn resolve(overrides: &Overrides, env: &Env, file: &ConfigFile) -> Result<Resolved, ConfigErrors> {
    let mut problems = Vec::new();
    let parsed = Parsed::new(file, &mut problems)?;
    let named = chosen_profile(overrides, env);
    let profile =
        parsed.profile(named.as_ref().map(|(name, origin)| (name.as_str(), *origin)), &mut problems);
    let mut layers = Layers::default();
    parsed.lay(&mut layers, profile.as_deref());
    let schema = schema();
    // What was no text came with U+FFFD in its place.
    let is_text = |value: &str| !value.contains(char::REPLACEMENT_CHARACTER);
    let mangled = env.iter().filter(|(_, value)| !is_text(value));
    problems.extend(mangled.map(|(name, _)| ConfigProblem::new(format!("{name} is no UTF-8 text"))));
    for (variable, name) in VARIABLES {
        let value = env.get(*variable).filter(|value| !value.is_empty() && is_text(value));
        let Some(value) = value else { continue };
        let key = key(name);
        if let Some(misfit) = misfit_of(&key, value, schema) {
            let help = misfit.help;
            let problem = ConfigProblem::new(format!("{variable}: {}", misfit.message));
            problems.push(ConfigProblem { help, ..problem });
        } else {
            layers.set(&key, Value::String(value.clone()), Origin::Env(variable));
        }
    }
    for (key, flag, value) in &overrides.values {
        let misfit = value.as_str().and_then(|text| misfit_of(key, text, schema));
        if let Some(misfit) = misfit {
            let problem = ConfigProblem::new(format!("{flag}: {}", misfit.message));
            problems.push(ConfigProblem { help: misfit.help, ..problem });
        } else {
            layers.set(key, value.clone(), Origin::Flag(flag));
        }
    }
    let config: FileConfig = match layers.table().clone().try_into() {
        Ok(config) => config,
        Err(error) => {
            problems.push(parsed.problem(None, error.message().to_owned()));
            return Err(ConfigErrors(problems));
        }
    };
    let context = typed::Context { layers: &layers, parsed: &parsed };
    let journal =
        overrides.journal.as_ref().or_else(|| env.get("KB_PUBLISH_JOURNAL").filter(|v| !v.is_empty()));
    let profile_name = profile.clone().unwrap_or_else(|| "default".into());
    let settings =
        typed::settings(&config, profile_name, journal.map(String::as_str), &context, &mut problems);
    profiles::check(&parsed, &mut problems);
    match settings {
        Some(settings) if problems.is_empty() => {
            let values = listing(&config, &layers, schema);
            Ok(Resolved { file: file.path.clone(), settings, values, notes: unknown_variables(env) })
        }
        _ => {
            problems.sort_by_key(|problem| problem.position.map_or((0, 0), |at| (at.line, at.column)));
            problems.dedup();
            Err(ConfigErrors(problems))
        }
    }
}

fn chosen_profile(overrides: &Overrides, env: &Env) -> Option<(String, &'static str)> {
    if let Some(name) = &overrides.profile {
        return Some((name.clone(), "--profile"));
    }
    let name = env.get("KB_PUBLISH_PROFILE").filter(|name| !name.is_empty())?;
    Some((name.clone(), "KB_PUBLISH_PROFILE"))
}

/// Every key of the schema with what it came to; the members of open tables as they are.
fn listing(config: &FileConfig, layers: &Layers, schema: &serde_json::Value) -> Vec<ConfigValue> {
    let effective = Table::try_from(config).unwrap_or_default();
    let mut values = Vec::new();
    list(&effective, schema, layers, &mut Vec::new(), &mut values);
    values
}

fn list(
    table: &Table,
    schema: &serde_json::Value,
    layers: &Layers,
    path: &mut Key,
    out: &mut Vec<ConfigValue>,
) {
    let open = serde_json::Map::new();
    let properties = schema.get("properties").and_then(serde_json::Value::as_object).unwrap_or(&open);
    let closed = properties
        .keys()
        .filter(|name| path.last().is_none_or(|last| last != "severity") || table.contains_key(*name));
    let named: std::collections::BTreeSet<&String> = closed.chain(table.keys()).collect();
    for name in named {
        if path.is_empty() && name == "profiles" {
            continue;
        }
        path.push(name.clone());
        let inner = properties.get(name).unwrap_or(&serde_json::Value::Null);
        match table.get(name) {
            Some(Value::Table(table)) => list(table, inner, layers, path, out),
            value if value.is_some() || inner.get("type") != Some(&"object".into()) => {
                out.push(ConfigValue {
                    key: dotted(path),
                    value: value.map(ToString::to_string),
                    origin: layers.origin(path),
                });
            }
            _ => {}
        }
        path.pop();
    }
}

/// Variables that begin like ours and are none: a misspelt name must not be silent.
fn unknown_variables(env: &Env) -> Vec<String> {
    let known: Vec<&str> = VARIABLES.iter().map(|(name, _)| *name).chain(OTHERS).chain(SECRETS).collect();
    let ours = |name: &&String| {
        let plain = name.strip_suffix("_FILE").unwrap_or(name);
        name.starts_with("KB_PUBLISH_") && !known.contains(&name.as_str()) && !SECRETS.contains(&plain)
    };
    env.keys()
        .filter(ours)
        .map(|name| match text::nearest(name, known.iter().copied()) {
            Some(nearest) => format!("`{name}` means nothing here; did you mean `{nearest}`?"),
            None => format!("`{name}` means nothing here"),
        })
        .collect()
}
