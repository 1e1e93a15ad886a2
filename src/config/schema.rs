//! The JSON Schema of `publish.toml`, and a walk that holds a parsed file against it.
//!
//! One schema serves editors (`kb-publish schema config`) and our own checks, so that they cannot differ.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::file::FileConfig;
use super::secrets::is_secret_key;
use crate::text;

/// The JSON Schema of `publish.toml` (draft 2020-12), made once.
pub fn schema() -> &'static Json {
    static SCHEMA: LazyLock<Json> = LazyLock::new(make);
    &SCHEMA
}

fn make() -> Json {
    let settings = schemars::generate::SchemaSettings::draft2020_12()
        .for_deserialize()
        .with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<FileConfig>().to_value();
    without_null(&mut schema);
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".into(), "publish.toml".into());
        root.insert("required".into(), serde_json::json!(["project"]));
        if let Some(properties) = root.get_mut("properties").and_then(Json::as_object_mut) {
            // A required key has no default, and TOML tables need none to be complete.
            for property in properties.values_mut().filter_map(Json::as_object_mut) {
                property.remove("default");
            }
        }
    }
    schema
}

/// TOML has no null: an optional key is one that may be left out.
fn without_null(schema: &mut Json) {
    match schema {
        Json::Object(object) => {
            if let Some(Json::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".into(), only);
                }
            }
            if let Some(Json::Array(options)) = object.get_mut("anyOf") {
                options.retain(|option| option.get("type") != Some(&Json::from("null")));
                if let [Json::Object(only)] = options.as_slice() {
                    let only = only.clone();
                    object.remove("anyOf");
                    for (key, value) in only {
                        object.entry(key).or_insert(value);
                    }
                }
            }
            if object.get("default") == Some(&Json::Null) {
                object.remove("default");
            }
            object.values_mut().for_each(without_null);
        }
        Json::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}

/// What does not fit the schema, and where.
pub(super) struct Misfit {
    /// Bytes of the key or value in the file.
    pub(super) span: std::ops::Range<usize>,
    /// One sentence.
    pub(super) message: String,
    /// Advice.
    pub(super) help: Option<String>,
    /// The excerpt must not be shown.
    pub(super) secret: bool,
    /// What does not fit; within a list, the list.
    pub(super) key: Vec<String>,
}

/// Every key that the schema does not know and every value of another type, in the order of the file.
pub(super) fn misfits(table: &DeTable<'_>, schema: &Json) -> Vec<Misfit> {
    let mut walk = Walk { root: schema, found: Vec::new() };
    walk.table(table, schema, &mut Vec::new());
    walk.found.sort_by_key(|misfit| misfit.span.start);
    walk.found
}

/// The same for one value that came by flag or environment.
pub(super) fn misfit_of(key: &[String], value: &str, schema: &Json) -> Option<Misfit> {
    let mut at = schema;
    for part in key {
        at = at.get("properties")?.get(part)?;
    }
    let value = Spanned::new(0..0, DeValue::String(value.into()));
    let mut walk = Walk { root: schema, found: Vec::new() };
    walk.value(&value, at, &mut key.to_vec());
    walk.found.pop()
}

struct Walk<'s> {
    root: &'s Json,
    found: Vec<Misfit>,
}

impl Walk<'_> {
    fn table(&mut self, table: &DeTable<'_>, schema: &Json, path: &mut Vec<String>) {
        let properties = schema.get("properties").and_then(Json::as_object);
        let others = schema.get("additionalProperties").filter(|rest| rest.is_object());
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let known = properties.and_then(|properties| properties.get(name)).or(others);
            path.push(name.to_owned());
            if let Some(schema) = known {
                self.value(value, schema, path);
            } else {
                self.unknown(key.span(), name, schema, path);
                self.secrets_below(value, path);
            }
            path.pop();
        }
        let required = schema.get("required").and_then(Json::as_array).into_iter().flatten();
        for name in required.filter_map(Json::as_str) {
            // `project` may come by flag or environment; who resolves the layers asks for it.
            if !path.is_empty() && !table.iter().any(|(key, _)| key.get_ref() == name) {
                let span = table.iter().next().map_or(0..0, |(key, _)| key.span());
                self.report(span, format!("`{}` needs a `{name}`", dotted(path)), None, path);
            }
        }
    }

    fn unknown(&mut self, span: std::ops::Range<usize>, name: &str, schema: &Json, path: &[String]) {
        if let Some(place) = is_secret_key(name) {
            self.found.push(Misfit {
                span,
                message: format!("`{}` is a secret and never stands in publish.toml", dotted(path)),
                help: Some(place),
                secret: true,
                key: path.to_vec(),
            });
            return;
        }
        let known: Vec<&str> = schema
            .get("properties")
            .and_then(Json::as_object)
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default();
        let folder = &path[..path.len().saturating_sub(1)];
        let help = if let Some(nearest) = text::nearest(name, known.iter().copied()) {
            Some(format!("did you mean `{nearest}`?"))
        } else if let Some(section) = self.section_of(name) {
            Some(format!("`{name}` belongs in {section}"))
        } else if known.is_empty() {
            None
        } else {
            Some(format!("known here: {}", text::list(&known)))
        };
        let what = if folder == ["lint", "severity"] { "finding code" } else { "key" };
        self.report(span, format!("unknown {what} `{}`", dotted(path)), help, path);
    }

    /// A section that nobody knows may still hold a secret.
    fn secrets_below(&mut self, value: &Spanned<DeValue<'_>>, path: &mut Vec<String>) {
        for (key, value) in value.get_ref().as_table().into_iter().flatten() {
            let name = key.get_ref().as_ref();
            path.push(name.to_owned());
            if is_secret_key(name).is_some() {
                self.unknown(key.span(), name, &Json::Null, path);
            }
            self.secrets_below(value, path);
            path.pop();
        }
    }

    /// The section that does know this key.
    fn section_of(&self, name: &str) -> Option<String> {
        let sections = self.root.get("properties")?.as_object()?;
        if sections.contains_key(name) {
            return Some("the top level, before the first `[section]`".into());
        }
        let (section, _) = sections.iter().find(|(_, schema)| {
            schema.get("properties").and_then(|properties| properties.get(name)).is_some()
        })?;
        Some(format!("`[{section}]`"))
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, schema: &Json, path: &mut Vec<String>) {
        if let Some(options) = schema.get("anyOf").and_then(Json::as_array) {
            let fits = |option: &&Json| option.get("type").and_then(Json::as_str) == Some(kind(value));
            match options.iter().find(fits) {
                Some(option) => self.value(value, option, path),
                None => self.wrong_type(value, "a text or a list of texts", path),
            }
            return;
        }
        let choices = choices(schema);
        if !choices.is_empty() {
            self.choice(value, &choices, path);
            return;
        }
        match (schema.get("type").and_then(Json::as_str), value.get_ref()) {
            (Some("object"), DeValue::Table(table)) => self.table(table, schema, path),
            (Some("array"), DeValue::Array(items)) => {
                if let Some(schema) = schema.get("items") {
                    for item in items {
                        self.value(item, schema, path);
                    }
                }
            }
            (Some("string"), DeValue::String(_)) | (Some("boolean"), DeValue::Boolean(_)) => {}
            (Some("integer"), DeValue::Integer(number)) => {
                let number = i128::from_str_radix(&number.as_str().replace('_', ""), number.radix());
                self.range(value, number.ok(), schema, path);
            }
            (Some("object"), _) => self.wrong_type(value, "a table", path),
            (Some("array"), _) => self.wrong_type(value, "a list", path),
            (Some("string"), _) => self.wrong_type(value, "a text in quotes", path),
            (Some("boolean"), _) => self.wrong_type(value, "`true` or `false`", path),
            (Some("integer"), _) => self.wrong_type(value, "a whole number", path),
            _ => {}
        }
    }

    fn choice(&mut self, value: &Spanned<DeValue<'_>>, choices: &[&str], path: &[String]) {
        let quoted = text::list_quoted(choices, "or");
        let Some(given) = value.get_ref().as_str() else {
            return self.wrong_type(value, &quoted, path);
        };
        if !choices.contains(&given) {
            let help =
                text::nearest(given, choices.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            self.report(value.span(), format!("`{}` must be {quoted}", dotted(path)), help, path);
        }
    }

    fn range(&mut self, value: &Spanned<DeValue<'_>>, number: Option<i128>, schema: &Json, path: &[String]) {
        let bound = |name| schema.get(name).and_then(Json::as_f64);
        let limits = (bound("minimum"), bound("maximum"));
        #[expect(
            clippy::cast_precision_loss,
            reason = "bounds are small; what is beyond 2^53 is beyond them all"
        )]
        let fits = number.is_some_and(|number| {
            let number = number as f64;
            limits.0.is_none_or(|least| number >= least) && limits.1.is_none_or(|most| number <= most)
        });
        if fits {
            return;
        }
        let range = match limits {
            (Some(least), Some(most)) if most < 1e9 => format!("from {least} to {most}"),
            (Some(least), _) => format!("of at least {least}"),
            _ => "in range".into(),
        };
        self.report(value.span(), format!("`{}` must be a whole number {range}", dotted(path)), None, path);
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, wanted: &str, path: &[String]) {
        let given = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date without quotes",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.report(value.span(), format!("`{}` must be {wanted}, not {given}", dotted(path)), None, path);
    }

    fn report(
        &mut self,
        span: std::ops::Range<usize>,
        message: String,
        help: Option<String>,
        path: &[String],
    ) {
        self.found.push(Misfit { span, message, help, secret: false, key: path.to_vec() });
    }
}

fn kind(value: &Spanned<DeValue<'_>>) -> &'static str {
    match value.get_ref() {
        DeValue::String(_) | DeValue::Datetime(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

/// The texts an enumeration allows, whichever way the schema spells it.
fn choices(schema: &Json) -> Vec<&str> {
    let named = |list: &'_ str| schema.get(list).and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let mut choices: Vec<&str> = named("enum").iter().filter_map(Json::as_str).collect();
    for option in named("oneOf") {
        choices.extend(option.get("const").and_then(Json::as_str));
        choices.extend(
            option.get("enum").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str),
        );
    }
    choices.extend(schema.get("const").and_then(Json::as_str));
    choices
}

/// The key as it would be written: `publish.status`, `redirects."guides/old-vpn"`.
pub(super) fn dotted(path: &[String]) -> String {
    let bare = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let mut text = String::new();
    for part in path {
        if !text.is_empty() {
            text.push('.');
        }
        if bare(part) {
            text.push_str(part);
        } else {
            let _ = write!(text, "{part:?}");
        }
    }
    text
}
