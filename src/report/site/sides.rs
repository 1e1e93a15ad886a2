//! An article before and after: its columns, its files, and both bodies in frames.

use std::fmt::Write as _;

use super::page::{Page, escaped};
use crate::text;

/// What a page shows of its article beside the report; paths are relative to the site.
#[derive(Debug, Default)]
pub struct Sides {
    /// Columns and what becomes of them.
    pub fields: Vec<Field>,
    /// The files it shows or offers, and files that go.
    pub files: Vec<FileChange>,
    /// The body as it is stored, see [`frame`]; `None` where there is no article.
    pub before: Option<String>,
    /// The body as it would be stored; `None` where no document asks for one.
    pub after: Option<String>,
    /// Where the source is edited, where the configuration says.
    pub source: Option<String>,
}

/// A column of the article.
#[derive(Debug)]
pub struct Field {
    /// What people call it.
    pub name: &'static str,
    /// As stored; `None` where there is no article.
    pub before: Option<String>,
    /// As it would be stored; `None` where the document does not name it.
    pub after: Option<String>,
}

/// A file of the article.
#[derive(Debug)]
pub struct FileChange {
    /// Its name on the instance.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// "new", "stays", "no longer used".
    pub what: &'static str,
    /// Where a picture of it is, where it is one.
    pub image: Option<String>,
}

/// An article's body as a page of its own, to be shown in a frame. Nothing in it can run or reach out, opened by itself
/// neither.
pub fn frame(body: &str) -> String {
    let body = without_meta(body);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Article</title>\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src file: data: 'self'; \
         style-src 'unsafe-inline'\"><style>body{{font:15px/1.5 system-ui,sans-serif;color:#1b1f24;background:#fff;\
         margin:16px;overflow-wrap:anywhere}}img{{max-width:100%;height:auto}}</style></head>\n<body>{body}</body></html>\n"
    )
}

/// A policy stops what a page loads, but not where a `meta` element sends its reader.
fn without_meta(body: &str) -> String {
    const TAG: &str = "<meta";
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let is_meta = tag.get(..TAG.len()).is_some_and(|name| name.eq_ignore_ascii_case(TAG));
        out.push_str(if is_meta { "<kb-meta" } else { "<" });
        rest = &tag[if is_meta { TAG.len() } else { 1 }..];
    }
    out.push_str(rest);
    out
}

/// Adds all of it to a page; `up` leads from the page to the site.
///
/// `ours` heads what the document asks for.
pub(super) fn add(page: &mut Page, sides: &Sides, up: &str, ours: &str) {
    if let Some(url) = &sides.source {
        page.html(&format!("<p><a href=\"{}\">Source of the document</a></p>\n", escaped(url)));
    }
    fields(page, &sides.fields, ours);
    files(page, &sides.files, up);
    bodies(page, sides, up, ours);
}

fn fields(page: &mut Page, fields: &[Field], ours: &str) {
    if fields.is_empty() {
        return;
    }
    let mut html = format!(
        "<h2>Fields</h2>\n<div class=\"scroll\">\n<table class=\"fields\">\n<thead><tr><th scope=\"col\">Field</th>\
         <th scope=\"col\">In ServiceNow</th><th scope=\"col\">{ours}</th></tr></thead>\n<tbody>\n",
    );
    for field in fields {
        let (before, after) = (field.before.as_deref(), field.after.as_deref());
        let changed = after.is_some() && before.is_some() && before != after;
        let shown = |value: Option<&str>, tag: &str, nothing: &str| match value {
            Some(value) if changed && !value.is_empty() => format!("<{tag}>{}</{tag}>", escaped(value)),
            Some(value) => escaped(value),
            None => format!("<span class=\"quiet\">{nothing}</span>"),
        };
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            field.name,
            shown(before, "del", "no article yet"),
            shown(after, "ins", if before.is_some() { "not managed: stays" } else { "left to ServiceNow" })
        );
    }
    html.push_str("</tbody>\n</table>\n</div>\n");
    page.html(&html);
}

fn files(page: &mut Page, files: &[FileChange], up: &str) {
    if files.is_empty() {
        return;
    }
    let mut html = String::from(
        "<h2>Files</h2>\n<div class=\"scroll\">\n<table>\n<thead><tr><th scope=\"col\">Name</th><th scope=\"col\">Size</th>\
         <th scope=\"col\">What happens</th><th scope=\"col\">Picture</th></tr></thead>\n<tbody>\n",
    );
    for file in files {
        let picture = file.image.as_ref().map_or_else(String::new, |image| {
            format!("<img src=\"{up}{}\" alt=\"{}\">", escaped(image), escaped(&file.name))
        });
        let _ = writeln!(
            html,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{picture}</td></tr>",
            escaped(&file.name),
            text::size(file.size),
            file.what
        );
    }
    html.push_str("</tbody>\n</table>\n</div>\n");
    page.html(&html);
}

/// A frame runs nothing; it has the site's origin only so that pictures beside it are shown.
fn bodies(page: &mut Page, sides: &Sides, up: &str, ours: &str) {
    let frame = |title: &str, file: &Option<String>| {
        file.as_ref().map_or_else(String::new, |file| {
            format!(
                "<section><h3>{title}</h3><iframe src=\"{up}{file}\" title=\"{title}\" sandbox=\"allow-same-origin\" \
                 loading=\"lazy\"></iframe></section>\n"
            )
        })
    };
    let (before, after) = (frame("In ServiceNow", &sides.before), frame(ours, &sides.after));
    if !before.is_empty() || !after.is_empty() {
        page.html(&format!("<h2>Article</h2>\n<div class=\"sides\">\n{before}{after}</div>\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_opened_by_itself_leads_nowhere() {
        let page = frame("a < b<META http-equiv=refresh content='0;url=http://x'><p>ü<\u{fc}</p><");
        assert!(page.contains("a < b<kb-meta http-equiv") && page.contains("<p>ü<ü</p><</body>"), "{page}");
    }
}
