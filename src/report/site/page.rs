//! One page of the review site: its frame, and a diff as a table.

use std::fmt::Write as _;

use super::super::diff::{self, Kind, Line, Mark};

const STYLE: &str = include_str!("site.css");

/// A page that is being written.
pub(super) struct Page(String);

impl Page {
    /// With its title as the heading.
    pub(super) fn new(title: &str) -> Self {
        let title = escaped(title);
        Self(format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             img-src file: 'self'; frame-src file: 'self'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
             <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        ))
    }

    /// Adds HTML as it is.
    pub(super) fn html(&mut self, html: &str) {
        self.0.push_str(html);
    }

    /// Adds plain text.
    pub(super) fn paragraph(&mut self, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let _ = writeln!(self.0, "<p{class}>{}</p>", escaped(text));
    }

    /// Adds a unified diff, with line numbers of both sides.
    pub(super) fn diff(&mut self, diff: &str) {
        self.0.push_str("<div class=\"scroll\">\n<table class=\"diff\">\n<tbody>\n");
        let (mut old, mut new) = (0, 0);
        for line in diff::split(diff) {
            let number = |number: usize| if number == 0 { String::new() } else { number.to_string() };
            let (class, sign, left, right) = match line.kind {
                Kind::Head => continue,
                Kind::Place => {
                    (old, new) = starts(&text(&line)).unwrap_or((old, new));
                    let _ = writeln!(self.0, "<tr class=\"place\"><td colspan=\"4\">…</td></tr>");
                    continue;
                }
                Kind::Same => {
                    (old, new) = (old + 1, new + 1);
                    ("same", "", old - 1, new - 1)
                }
                Kind::Removed => {
                    old += 1;
                    ("removed", "−", old - 1, 0)
                }
                // Both sides of a changed line were taken apart.
                Kind::Added | Kind::Changed => {
                    new += 1;
                    ("added", "+", 0, new - 1)
                }
            };
            let _ = writeln!(
                self.0,
                "<tr class=\"{class}\"><td class=\"no\">{}</td><td class=\"no\">{}</td><td class=\"sign\">{sign}</td>\
                 <td class=\"text\">{}</td></tr>",
                number(left),
                number(right),
                marked(&line)
            );
        }
        self.0.push_str("</tbody>\n</table>\n</div>\n");
    }

    /// The whole page.
    pub(super) fn finish(mut self) -> String {
        self.0.push_str("</main>\n</body>\n</html>\n");
        self.0
    }
}

/// The line numbers in `@@ -3,11 +3,11 @@`.
fn starts(place: &str) -> Option<(usize, usize)> {
    let mut words = place.split(' ').skip(1);
    let mut number = |sign| words.next()?.strip_prefix(sign)?.split(',').next()?.parse().ok();
    Some((number('-')?, number('+')?))
}

fn text(line: &Line) -> String {
    line.parts.iter().map(|(_, part)| part.as_str()).collect()
}

fn marked(line: &Line) -> String {
    let mut html = String::new();
    for (mark, part) in &line.parts {
        let element = match mark {
            Mark::Old => "del",
            Mark::New => "ins",
            Mark::Same => {
                html.push_str(&escaped(part));
                continue;
            }
        };
        let _ = write!(html, "<{element}>{}</{element}>", escaped(part));
    }
    html
}

/// Text that HTML shows as it is, in elements and in attributes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Page, starts};

    #[test]
    fn lines_are_numbered_as_on_both_sides() {
        assert_eq!(starts("@@ -3,11 +4,2 @@"), Some((3, 4)));
        assert_eq!(starts("@@ nonsense"), None);
        let mut page = Page::new("A & B");
        page.diff("--- ServiceNow\n+++ document\n@@ -3,2 +3,2 @@\n same\n-the red <b>\n+the green <b>\n");
        let html = page.finish();
        assert!(html.contains("<h1>A &amp; B</h1>"), "{html}");
        assert!(html.contains("<td class=\"no\">3</td><td class=\"no\">3</td>"), "{html}");
        assert!(html.contains("<td class=\"no\">4</td><td class=\"no\"></td>"), "{html}");
        assert!(html.contains("the <del>red</del> &lt;b&gt;") && html.contains("<ins>green</ins>"), "{html}");
        assert!(!html.contains("--- ServiceNow"), "{html}");
    }
}
