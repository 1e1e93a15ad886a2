//! `categories`: the category tree of a base, as this account sees it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Context, Failure, Outcome, OverrideFlags, connect, interrupts, settings};
use crate::event::Silent;
use crate::ids::SysId;
use crate::report::Format;
use crate::servicenow::{Base, Category, Unusable};

/// Flags of `categories`.
#[derive(Debug, clap::Args)]
pub struct CategoriesArgs {
    /// Flags that win over `publish.toml`; `--knowledge-base` chooses the base.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

#[derive(Serialize, JsonSchema)]
struct Document {
    schema: &'static str,
    instance: String,
    base: String,
    categories: Vec<Row>,
}

#[derive(Serialize, JsonSchema)]
struct Row {
    sys_id: String,
    label: String,
    /// Labels from the base down, joined by ` / `.
    path: String,
    /// `null` at the top.
    parent: Option<String>,
    #[serde(skip)]
    depth: usize,
}

/// The JSON Schema of what `--format json` prints.
pub(super) fn schema() -> serde_json::Value {
    crate::report::schema::of::<Document>("kb-publish/categories/1")
}

pub(super) fn run(args: &CategoriesArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let settings = settings::resolve(context, &args.settings, |overrides| overrides)?.settings;
    let wanted = settings.publish.knowledge_base.clone().ok_or_else(|| {
        Failure::usage("no-base", "no knowledge base is named").help(
            "pass `--knowledge-base`, or set `knowledge_base` in `[publish]`; `kb-publish bases` lists them",
        )
    })?;
    let work = async {
        let silent = std::sync::Arc::new(Silent);
        let connection = connect::connect_reader(&settings, &context.edges, silent).await?;
        let base = find(&connection.bases, &wanted)?.clone();
        let categories = connection.client.categories(base.sys_id).await.map_err(connect::failure)?;
        Ok::<_, Failure>((connection.client.instance().to_string(), base, categories))
    };
    let (instance, base, categories) = context.block_on(interrupts::reading(work))??;
    let rows = rows(&base, &categories);
    let text = if context.global.format == Format::Json {
        let document =
            Document { schema: "kb-publish/categories/1", instance, base: base.title, categories: rows };
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    } else if rows.is_empty() {
        format!("`{}` has no categories\n", base.title)
    } else {
        let lines: Vec<String> =
            rows.iter().map(|row| format!("{}{}\n", "  ".repeat(row.depth), row.label)).collect();
        lines.concat()
    };
    context.printer.data(&text);
    Ok(Outcome::Done)
}

/// The base of this title or sys_id.
fn find<'a>(bases: &'a [Base], wanted: &str) -> Result<&'a Base, Failure> {
    let refuse = |why: &str| {
        Failure::usage("unknown-base", format!("`{wanted}` {why}"))
            .help("`kb-publish bases` lists what is visible")
    };
    match Base::named(wanted, bases) {
        Err(Unusable::Ambiguous(_)) => {
            Err(refuse("is the title of several knowledge bases: name one by its sys_id"))
        }
        // One that takes no articles any more has its categories all the same.
        other => other
            .ok()
            .or_else(|| bases.iter().find(|base| base.is_called(wanted)))
            .ok_or_else(|| refuse("is not there, or not visible to this account")),
    }
}

/// The tree, depth first, each level by label.
fn rows(base: &Base, categories: &[Category]) -> Vec<Row> {
    let mut children: BTreeMap<SysId, Vec<&Category>> = BTreeMap::new();
    for category in categories.iter().filter(|category| category.active) {
        children.entry(category.parent_id).or_default().push(category);
    }
    for level in children.values_mut() {
        level.sort_by(|a, b| a.label.cmp(&b.label).then(a.sys_id.cmp(&b.sys_id)));
    }
    let mut rows = Vec::new();
    below(&children, base.sys_id, "", 0, &mut rows);
    rows
}

/// Each category is below one parent only, so this ends.
fn below(
    children: &BTreeMap<SysId, Vec<&Category>>,
    parent: SysId,
    above: &str,
    depth: usize,
    rows: &mut Vec<Row>,
) {
    for category in children.get(&parent).into_iter().flatten() {
        let path =
            if above.is_empty() { category.label.clone() } else { format!("{above} / {}", category.label) };
        rows.push(Row {
            sys_id: category.sys_id.to_string(),
            label: category.label.clone(),
            path: path.clone(),
            parent: (!category.top).then(|| category.parent_id.to_string()),
            depth,
        });
        below(children, category.sys_id, &path, depth + 1, rows);
    }
}
