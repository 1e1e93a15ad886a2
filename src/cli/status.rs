//! `status`: every document and its article.

use std::sync::Arc;

use clap::ValueEnum;

use super::journey::{self, Prepared};
use super::selection::Selection;
use super::{Context, Failure, Outcome, OverrideFlags, connect, settings};
use crate::plan::Action;
use crate::report::status::{self, DocumentStatus, StatusReport};
use crate::report::{self, Format};
use crate::servicenow::Reader;
use crate::survey::Options;

/// Flags of `status`.
#[derive(Debug, clap::Args)]
pub struct StatusArgs {
    /// Only documents of this kind; several may be named
    #[arg(long, value_enum, value_name = "KIND")]
    pub only: Vec<Kind>,
    /// Days ahead that count as expiring
    #[arg(long, value_name = "DAYS", default_value_t = 30)]
    pub within: i64,
    /// Flags that win over `publish.toml`.
    #[command(flatten)]
    pub settings: OverrideFlags,
}

/// What `--only` keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Documents without an article
    Missing,
    /// Articles that `publish` would change
    Drift,
    /// Conflicts
    Conflict,
    /// Articles whose document is gone
    Orphan,
    /// Articles that search will soon hide, or hides already
    Expiring,
}

pub(super) fn run(args: &StatusArgs, context: &mut Context) -> Result<Outcome, Failure> {
    let settings = Arc::new(settings::resolve(context, &args.settings, |overrides| overrides)?.settings);
    let observer = journey::observer(context);
    let edges = &context.edges;
    let reading = async {
        let connecting = connect::reach_reader(&settings, edges, Arc::clone(&observer));
        let everything = Selection::default();
        let (prepared, connection) =
            journey::prepare(&settings, &observer, Options::default(), &everything, connecting, |reader| {
                reader
            })
            .await?;
        Ok::<_, Failure>((prepared, connection))
    };
    let (prepared, connection) = context.block_on(reading)??;
    let mut report = report(&prepared, &connection.client);
    report.documents.retain(|document| {
        args.only.is_empty() || args.only.iter().any(|kind| kind.fits(document, args.within))
    });
    let look = context.look(&settings.folder, false);
    let cases = report::cases("status", &status::cases(&report), context.global.format, &look);
    let text = cases.unwrap_or_else(|| match context.global.format {
        Format::Json => status::json(&report),
        _ => status::human(&report, context.table_width()),
    });
    context.printer.data(&text);
    Ok(Outcome::Done)
}

impl Kind {
    fn fits(self, document: &DocumentStatus, within: i64) -> bool {
        match self {
            Self::Missing => document.article.is_none(),
            Self::Drift => document.action == Action::Update,
            Self::Conflict => document.action == Action::Conflict,
            Self::Orphan => document.id.is_none(),
            Self::Expiring => document.days_left.is_some_and(|days| days <= within),
        }
    }
}

fn report(prepared: &Prepared, reader: &Reader) -> StatusReport {
    let shown = prepared.report(reader, None, Vec::new());
    let today = jiff::Timestamp::from_second(reader.server_time()).unwrap_or_default();
    let today = today.to_zoned(jiff::tz::TimeZone::UTC).date();
    let documents =
        shown.documents.into_iter().zip(prepared.surveyed.plan.shown()).map(|(document, planned)| {
            let row = planned.row.as_ref();
            let stamp = row.and_then(|row| row.stamp().ok());
            let valid_to = row.and_then(|row| row.index.valid_to.as_ref()).filter(|date| !date.is_empty());
            let until = valid_to.and_then(|date| date.parse::<jiff::civil::Date>().ok());
            DocumentStatus {
                id: document.id,
                path: document.path,
                title: document.title,
                article: document.article,
                action: document.action,
                reasons: document.reasons,
                published_at: stamp.as_ref().and_then(|stamp| {
                    let time = jiff::Timestamp::from_second(stamp.time).ok()?;
                    Some(time.strftime("%Y-%m-%d %H:%M:%S").to_string())
                }),
                updated_by: row.map(|row| row.index.sys_updated_by.clone()),
                commit: stamp.and_then(|stamp| stamp.commit),
                valid_to: valid_to.cloned(),
                days_left: until.and_then(|until| Some(i64::from(today.until(until).ok()?.get_days()))),
            }
        });
    StatusReport {
        schema: "kb-publish/status/1",
        project: shown.project,
        instance: shown.instance,
        profile: shown.profile,
        documents: documents.collect(),
    }
}
