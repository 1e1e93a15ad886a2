//! Which road published articles of versioned bases take: asked only where one of them is to be changed.

use super::Surveyor;
use crate::config::PublishSettings;
use crate::plan::{Action, Planned, Road, Work, closed_columns};
use crate::servicenow::{ApiError, CurrentUser, Reader};

/// Properties that decide about versions (contract §2.5).
const ENABLED: &str = "glide.knowman.versioning.enabled";
const MINOR_EDITS: &str = "glide.knowman.versioning.enable_minor_edits";
const MINOR_EDIT_FIELDS: &str = "glide.knowman.versioning.minor_edit_fields";
/// What minor edits open where the property is not set.
const USUAL_FIELD: &str = "valid_to";

/// The road of a change in title, body, columns and files.
///
/// # Errors
/// As [`ApiError`].
async fn road(settings: &PublishSettings, user: &CurrentUser, reader: &Reader) -> Result<Road, ApiError> {
    let admin = is_admin(user, reader).await?;
    if admin && settings.admin_in_place {
        return Ok(Road::InPlace);
    }
    if !settings.companion.is_empty() && reader.has_companion(&settings.companion).await? {
        return Ok(Road::Companion);
    }
    if admin { for_admin(reader).await } else { Ok(Road::Untold) }
}

/// The road of a change that only makes sense in place: adopting, undoing.
///
/// # Errors
/// As [`ApiError`].
pub async fn in_place(
    settings: &PublishSettings,
    user: &CurrentUser,
    reader: &Reader,
) -> Result<Road, ApiError> {
    match is_admin(user, reader).await? {
        true if settings.admin_in_place => Ok(Road::InPlace),
        true => for_admin(reader).await,
        false => Ok(Road::Untold),
    }
}

/// Roles that cannot be seen are not `admin`: an administrator sees all.
async fn is_admin(user: &CurrentUser, reader: &Reader) -> Result<bool, ApiError> {
    let Some(id) = user.sys_id else { return Ok(false) };
    match reader.roles(id).await {
        Ok(roles) => Ok(roles.contains("admin")),
        Err(error) if error.ends_the_run() => Err(error),
        Err(_) => Ok(false),
    }
}

/// What is open to an `admin` who is not to use that: what the properties open to others.
async fn for_admin(reader: &Reader) -> Result<Road, ApiError> {
    let properties = match reader.properties(&[ENABLED, MINOR_EDITS, MINOR_EDIT_FIELDS]).await {
        Ok(properties) => properties,
        Err(error) if error.ends_the_run() => return Err(error),
        Err(_) => std::collections::BTreeMap::new(),
    };
    let value = |name: &str| properties.get(name).map(String::as_str);
    if value(ENABLED) == Some("false") {
        return Ok(Road::InPlace);
    }
    let fields = match value(MINOR_EDITS) {
        Some("true") => value(MINOR_EDIT_FIELDS).unwrap_or(USUAL_FIELD),
        _ => "",
    };
    let fields = fields.split(',').map(str::trim).filter(|field| !field.is_empty());
    Ok(Road::MinorEdits(fields.map(str::to_owned).collect()))
}

impl Surveyor<'_> {
    /// Finds the road, where one is needed, and says of each change by which it goes, that none is open, or that
    /// only the write tells.
    pub(super) async fn take_roads(
        &self,
        user: &CurrentUser,
        planned: &mut [Planned],
    ) -> Result<Road, ApiError> {
        let mut changes: Vec<&mut Planned> = Vec::new();
        for planned in planned.iter_mut().filter(|planned| !planned.filtered) {
            let Some(row) = planned.row.as_ref().map(|row| &row.index) else { continue };
            let retires = matches!(planned.work, Work::Retire { .. });
            match row.workflow_state.as_str() {
                _ if row.article_id.is_none() => {}
                state @ ("published" | "review") if retires => planned.reasons.push(untold(state, "retire")),
                "published" if matches!(planned.work, Work::Write { .. }) => changes.push(planned),
                "review" | "retired" if matches!(planned.work, Work::Write { .. }) => {
                    planned.reasons.push(untold(&row.workflow_state, "change"));
                }
                _ => {}
            }
        }
        if changes.is_empty() {
            return Ok(Road::default());
        }
        let road = road(&self.settings.publish, user, self.reader).await?;
        let closed = road.closed([self.settings.publish.stamp_field.as_str()]);
        for change in changes {
            if closed.is_empty() {
                change.reasons.push(road.words().to_owned());
            } else {
                change.action = Action::Conflict;
                change.reasons = vec![closed_columns(&closed)];
                change.work = Work::Leave;
            }
        }
        Ok(road)
    }
}

fn untold(state: &str, what: &str) -> String {
    format!("{state} version: only the write tells whether this account may {what} it")
}
