//! The `Link` header (contract §1.2).

use super::call::Call;

/// All links of a page, in the order and with the negative offsets that real instances send: `first`, `prev`,
/// `next` (not on the last page), `last`.
pub(crate) fn links(call: &Call<'_>, offset: usize, limit: usize, total: usize) -> String {
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    let step = i64::try_from(limit).unwrap_or(i64::MAX);
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    let kept: String = call
        .raw_query
        .split('&')
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            !pair.is_empty() && !matches!(name, "sysparm_limit" | "sysparm_offset")
        })
        .flat_map(|pair| [pair, "&"])
        .collect();
    let link = |at: i64, rel: &str| {
        format!(
            "<{}{}?{kept}sysparm_limit={limit}&sysparm_offset={at}>;rel=\"{rel}\"",
            call.app.url(),
            call.path
        )
    };
    let last = if step > 0 { (total - 1).max(0) / step * step } else { 0 };
    let mut links = vec![link(0, "first"), link(offset.saturating_sub(step), "prev")];
    if offset.saturating_add(step) < total {
        links.push(link(offset.saturating_add(step), "next"));
    }
    links.push(link(last, "last"));
    links.join(",")
}
