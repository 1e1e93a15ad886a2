//! What becomes of a write: versions, and the workflow that publishes (contract §2.4, §2.5).

use super::super::error::ApiError;
use super::{Checker, Step};

/// Properties that say what will bite (contract §9, step 9).
const PROPERTIES: [&str; 13] = [
    "glide.war",
    "glide.knowman.versioning.enabled",
    "glide.knowman.versioning.enable_minor_edits",
    "glide.knowman.versioning.minor_edit_fields",
    "glide.attachment.extensions",
    "glide.attachment.role",
    "com.glide.attachment.max_size",
    "glide.security.file.mime_type.validation",
    "glide.attachment.enable_secure_filename_validation",
    "glide.html.sanitize_all_fields",
    "glide.rest.table_api.admin_only_sys_fields",
    "glide.knowman.block_access_with_no_user_criteria",
    "glide.invalid_query.returns_no_rows",
];

impl Checker {
    pub(super) async fn properties(&mut self) -> Step {
        let name = "properties";
        let Some(reader) = &self.reader else { return Step::unknown(name, "not signed in") };
        match reader.properties(&PROPERTIES).await {
            Ok(properties) => self.properties = properties,
            Err(error) if error.is_refusal() => {}
            Err(error) => return Step::failed(name, &error),
        }
        if self.properties.is_empty() {
            return Step::unknown(name, "system properties are not readable; that is usual without admin")
                .help("what depends on them is unknown below; an administrator can run this test for you");
        }
        let release = self.property("glide.war").map(|war| format!("; release {}", release(war)));
        Step::ok(
            name,
            format!(
                "{} of {} readable{}",
                self.properties.len(),
                PROPERTIES.len(),
                release.unwrap_or_default()
            ),
        )
    }

    pub(super) async fn versions(&self) -> Step {
        let name = "versions";
        let Some(sample) = &self.sample else {
            return Step::unknown(
                name,
                "unknown until an article is visible: it shows whether it has versions",
            );
        };
        if !sample.has("article_id") {
            return Step::ok(name, "articles have no versions here: published ones are changed in place");
        }
        if self.property("glide.knowman.versioning.enabled") == Some("false") {
            return Step::ok(
                name,
                "article versioning is switched off: published articles are changed in place",
            );
        }
        let in_place = self.subject.admin_in_place;
        if self.is_admin() && in_place {
            return Step::ok(
                name,
                "articles have versions; as `admin` this account changes published ones in place, as configured",
            );
        }
        match self.companion().await {
            Ok(true) => {
                return Step::ok(
                    name,
                    "articles have versions; the companion makes new ones of published articles",
                );
            }
            Ok(false) => {}
            Err(error) => return Step::failed(name, &error),
        }
        let needed = ["short_description", "text", "attachments", self.subject.stamp_field.as_str()];
        let minor = self.property("glide.knowman.versioning.enable_minor_edits") == Some("true");
        let fields = self.property("glide.knowman.versioning.minor_edit_fields").unwrap_or_default();
        let allowed: Vec<&str> = fields.split(',').map(str::trim).collect();
        let missing: Vec<&str> = needed.into_iter().filter(|field| !allowed.contains(field)).collect();
        if minor && missing.is_empty() && (self.is_admin() || self.manages() != Some(false)) {
            return Step::ok(
                name,
                "articles have versions; minor edits let this account change published ones",
            );
        }
        let message = if self.is_admin() {
            "articles can be created, but published ones not changed: the base keeps versions, and `admin_in_place` in \
             `[publish]` is off"
        } else {
            "articles can be created, but published ones not changed: the base keeps versions, and a checkout cannot be \
             made over REST"
        };
        let roads = format!(
            "before the first publish choose one of these: the role `admin` for this account, with `admin_in_place = true` \
             in `[publish]`; the properties `glide.knowman.versioning.enable_minor_edits` = true and `glide.knowman.versioning.minor_edit_fields` \
             with {}, for an owner or manager of the base; or the companion (`kb-publish companion`)",
            crate::text::list_quoted(&needed, "and")
        );
        Step::warn(name, message, roads)
    }

    async fn companion(&self) -> Result<bool, ApiError> {
        match &self.reader {
            Some(reader) if !self.subject.companion.is_empty() => {
                reader.has_companion(&self.subject.companion).await
            }
            _ => Ok(false),
        }
    }

    pub(super) fn workflow(&self) -> Step {
        let name = "workflow";
        let Some((base, row)) = &self.base else {
            return Step::unknown(name, "no knowledge base to ask about");
        };
        let workflow = row.get("workflow.name");
        let lower = workflow.to_lowercase();
        if !self.subject.publishes {
            return Step::ok(name, "articles stay drafts: `status = \"draft\"`");
        }
        if lower.contains("instant") {
            return Step::ok(name, format!("`{}` publishes at once ({workflow})", base.title));
        }
        if lower.contains("approval") {
            return Step::warn(
                name,
                format!("`{}` publishes after an approval ({workflow})", base.title),
                "many instances take the state over REST all the same; where articles stay in review, add \"review\" \
                 to `accept`",
            );
        }
        let what = if workflow.is_empty() {
            "which workflow publishes is not visible".to_owned()
        } else {
            format!("the workflow `{workflow}` publishes")
        };
        Step::unknown(name, what).help("what \"published\" became is read back after each write and reported")
    }
}

/// `glide-zurich-07-01-2025__patch1` is zurich.
fn release(war: &str) -> String {
    war.split('-').nth(1).unwrap_or(war).chars().take(40).collect()
}
