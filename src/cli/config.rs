//! `config`: every setting, its value, and where the value came from. Never a secret: none is a setting.

use anstyle::Style;
use schemars::JsonSchema;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use super::{Context, Failure, Outcome, OverrideFlags, settings};
use crate::config::{ConfigValue, Origin, Resolved};
use crate::report::Format;

/// Widest value that the origins are aligned after; longer ones push theirs to the right.
const ALIGNED: usize = 40;

/// Flags of `config`.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

#[derive(Serialize, JsonSchema)]
struct Document<'a> {
    schema: &'static str,
    /// The file that was read.
    file: &'a str,
    /// Its folder, from which relative paths start.
    folder: &'a str,
    profile: &'a str,
    values: Vec<Row<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Row<'a> {
    key: &'a str,
    /// Null where the key has none.
    value: serde_json::Value,
    origin: String,
}

/// The JSON Schema of what `--format json` prints.
pub(super) fn schema() -> serde_json::Value {
    crate::report::schema::of::<Document<'static>>("kb-publish/config/1")
}

pub(super) fn run(args: &ConfigArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let resolved = settings::resolve(context, &args.settings, |overrides| overrides)?;
    let text = match context.global.format {
        Format::Json => json(&resolved),
        _ => table(&resolved),
    };
    context.printer.data(&text);
    Ok(Outcome::Done)
}

fn json(resolved: &Resolved) -> String {
    let values = resolved.values.iter().map(|value| Row {
        key: &value.key,
        value: value.value.as_deref().map_or(serde_json::Value::Null, plain),
        origin: value.origin.words(name(resolved)),
    });
    let document = Document {
        schema: "kb-publish/config/1",
        file: resolved.file.as_str(),
        folder: resolved.settings.folder.as_str(),
        profile: &resolved.settings.profile,
        values: values.collect(),
    };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// What the file is called where its values come from.
fn name(resolved: &Resolved) -> &str {
    resolved.file.file_name().unwrap_or(resolved.file.as_str())
}

/// A TOML value as JSON.
fn plain(value: &str) -> serde_json::Value {
    let table = toml::from_str::<toml::Table>(&format!("value = {value}")).ok();
    let value = table.and_then(|mut table| table.remove("value"));
    value.and_then(|value| serde_json::to_value(value).ok()).unwrap_or_default()
}

/// What somebody said stands out from the defaults.
fn table(resolved: &Resolved) -> String {
    let (strong, faint) = (Style::new().bold(), Style::new().dimmed());
    let paint = |ink: Style, text: &str| format!("{}{text}{}", ink.render(), ink.render_reset());
    let shown = |value: &ConfigValue| value.value.clone().unwrap_or_else(|| "-".to_owned());
    let keys = resolved.values.iter().map(|value| value.key.width()).max().unwrap_or(0);
    let widths = resolved.values.iter().map(|value| shown(value).width());
    let column = widths.filter(|width| *width <= ALIGNED).max().unwrap_or(0);
    let mut text = format!("{}, profile {}\n\n", resolved.file, resolved.settings.profile);
    for value in &resolved.values {
        let said = shown(value);
        let gap = " ".repeat(column.saturating_sub(said.width()));
        let key = format!("{}{}", value.key, " ".repeat(keys - value.key.width()));
        let line = if value.origin == Origin::Default {
            let origin = if value.value.is_some() { "default" } else { "not set" };
            paint(faint, &format!("{key}  {said}{gap}  {origin}"))
        } else {
            format!("{key}  {}{gap}  {}", paint(strong, &said), value.origin.words(name(resolved)))
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}
