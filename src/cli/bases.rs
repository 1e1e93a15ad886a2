//! `bases`: the knowledge bases that this account sees.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Context, Failure, Outcome, OverrideFlags, connect, interrupts, settings};
use crate::event::Silent;
use crate::report::Format;
use crate::servicenow::Base;

/// Flags of `bases`.
#[derive(Debug, clap::Args)]
pub struct BasesArgs {
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

#[derive(Serialize, JsonSchema)]
struct Document<'a> {
    schema: &'static str,
    instance: String,
    bases: Vec<Row<'a>>,
}

#[derive(Serialize, JsonSchema)]
struct Row<'a> {
    sys_id: String,
    title: &'a str,
    active: bool,
    /// Whether articles can be published into it, as far as the base itself says.
    usable: bool,
    default: bool,
}

/// The JSON Schema of what `--format json` prints.
pub(super) fn schema() -> serde_json::Value {
    crate::report::schema::of::<Document<'static>>("kb-publish/bases/1")
}

pub(super) fn run(args: &BasesArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let settings = settings::resolve(context, &args.settings, |overrides| overrides)?.settings;
    let connecting = connect::connect_reader(&settings, &context.edges, std::sync::Arc::new(Silent));
    let connection = context.block_on(interrupts::reading(connecting))??;
    let default = settings.publish.knowledge_base.as_deref();
    let used = default.and_then(|wanted| Base::named(wanted, &connection.bases).ok());
    // One that cannot be used is shown as what it is configured as, all the same.
    let is_default = |base: &Base| match used {
        Some(used) => used.sys_id == base.sys_id,
        None => default.is_some_and(|wanted| base.is_called(wanted)),
    };
    let rows: Vec<Row<'_>> = connection.bases.iter().map(|base| row(base, is_default(base))).collect();
    let text = if context.global.format == Format::Json {
        let instance = connection.client.instance().to_string();
        let document = Document { schema: "kb-publish/bases/1", instance, bases: rows };
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    } else {
        table(&rows)
    };
    context.printer.data(&text);
    Ok(Outcome::Done)
}

fn row(base: &Base, default: bool) -> Row<'_> {
    Row {
        default,
        sys_id: base.sys_id.to_string(),
        title: &base.title,
        active: base.active,
        usable: base.is_usable(),
    }
}

fn table(rows: &[Row<'_>]) -> String {
    if rows.is_empty() {
        return "this account sees no knowledge base\n".to_owned();
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(["Title", "sys_id", ""]);
    for row in rows {
        let note = match (row.default, row.active, row.usable) {
            (_, false, _) => "inactive",
            (_, _, false) => "legacy (version 2)",
            (true, ..) => "default",
            _ => "",
        };
        table.add_row([row.title, &row.sys_id, note]);
    }
    super::trimmed(&table.to_string())
}
