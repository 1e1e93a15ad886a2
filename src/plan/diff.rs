//! The unified difference of two bodies as readable text.

use similar::TextDiff;

use super::readable::readable;
use super::verdict::Body;

/// Lines around each change.
const CONTEXT: usize = 3;

/// `---` is the article as stored, `+++` what would be stored; `None` where a reader would see no difference.
pub(super) fn unified(remote: &Body, local: &Body) -> Option<String> {
    let text = |body: &Body| format!("{}\n\n{}", body.title, readable(&body.pieces));
    let (old, new) = (text(remote), text(local));
    if old == new {
        return None;
    }
    let diff = TextDiff::from_lines(&old, &new);
    Some(diff.unified_diff().context_radius(CONTEXT).header("ServiceNow", "document").to_string())
}
