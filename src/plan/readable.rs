//! A canonical body as text a reviewer can read: words and Markdown-like marks instead of tags.

use super::Piece;
use super::canonical::{BLOCKS, VOID};

/// The body's lines. Blank lines stand between blocks; long paragraphs are one line each.
pub fn readable(pieces: &[Piece]) -> String {
    let mut writer = Writer::default();
    for piece in pieces {
        match piece {
            Piece::Text(text) => writer.text(text),
            Piece::Open(name, attributes) => writer.open(name, attributes),
            Piece::Close(name) => writer.close(name),
        }
    }
    writer.finish()
}

#[derive(Default)]
struct Writer {
    out: String,
    line: String,
    /// One entry for each open list: its next number, `None` for bullets.
    lists: Vec<Option<u32>>,
    quotes: usize,
    pre: bool,
    in_row: bool,
    /// Targets of the open links.
    links: Vec<Option<String>>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.pre {
            for (number, part) in text.split('\n').enumerate() {
                if number > 0 {
                    self.end_line_keeping_empty();
                }
                self.line.push_str(part);
            }
        } else if self.in_row {
            // What is left of `|` in a row are the borders of its cells.
            self.line.push_str(&text.replace('|', "\\|"));
        } else {
            self.line.push_str(text);
        }
    }

    fn open(&mut self, name: &str, attributes: &[(String, String)]) {
        let attribute = |wanted: &str| {
            attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
        };
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.blank_line();
                let level = name[1..].parse().unwrap_or(2);
                self.line.push_str(&"#".repeat(level));
                self.line.push(' ');
            }
            "ul" => self.begin_list(None),
            "ol" => {
                self.begin_list(Some(attribute("start").and_then(|start| start.parse().ok()).unwrap_or(1)));
            }
            "li" => self.begin_item(),
            "blockquote" => {
                self.blank_line();
                self.quotes += 1;
            }
            "pre" => {
                self.blank_line();
                self.line.push_str("```");
                self.end_line();
                self.pre = true;
            }
            "tr" => {
                self.end_line();
                self.in_row = true;
                self.line.push('|');
            }
            "td" | "th" => self.line.push(' '),
            // Parts of a table whose rows follow each other.
            "thead" | "tbody" | "tfoot" | "colgroup" => {}
            "br" if self.in_row => self.line.push(' '),
            "br" => self.end_line(),
            "hr" => {
                self.blank_line();
                self.line.push_str("---");
                self.blank_line();
            }
            "img" => {
                let source = attribute("src").unwrap_or_default();
                let image = format!("![{}]({})", attribute("alt").unwrap_or_default(), short(source));
                self.line.push_str(&image);
            }
            "a" => {
                let target = attribute("href").map(short);
                if target.is_some() {
                    self.line.push('[');
                }
                self.links.push(target);
            }
            "code" if !self.pre => self.line.push('`'),
            "strong" | "b" => self.line.push_str("**"),
            "em" | "i" => self.line.push('*'),
            "strike" => self.line.push_str("~~"),
            name if !self.in_row && BLOCKS.contains(&name) && !VOID.contains(&name) => self.blank_line(),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "ul" | "ol" => {
                self.lists.pop();
                self.end_line();
                if self.lists.is_empty() {
                    self.blank_line();
                }
            }
            "li" => self.end_line(),
            "blockquote" => {
                self.blank_line();
                self.quotes = self.quotes.saturating_sub(1);
            }
            "pre" => {
                self.pre = false;
                self.end_line();
                self.line.push_str("```");
                self.blank_line();
            }
            "td" | "th" => self.line.push_str(" |"),
            "thead" | "tbody" | "tfoot" | "colgroup" => {}
            "tr" => {
                self.in_row = false;
                self.end_line();
            }
            "a" => {
                if let Some(Some(target)) = self.links.pop() {
                    self.line.push_str("](");
                    self.line.push_str(&target);
                    self.line.push(')');
                }
            }
            "code" if !self.pre => self.line.push('`'),
            "strong" | "b" => self.line.push_str("**"),
            "em" | "i" => self.line.push('*'),
            "strike" => self.line.push_str("~~"),
            name if !self.in_row && self.lists.is_empty() && BLOCKS.contains(&name) => self.blank_line(),
            _ => {}
        }
    }

    fn begin_list(&mut self, first: Option<u32>) {
        if self.lists.is_empty() {
            self.blank_line();
        } else {
            self.end_line();
        }
        self.lists.push(first);
    }

    fn begin_item(&mut self) {
        self.end_line();
        self.line.push_str(&"  ".repeat(self.lists.len().saturating_sub(1)));
        match self.lists.last_mut() {
            Some(Some(number)) => {
                self.line.push_str(&number.to_string());
                self.line.push_str(". ");
                *number = number.saturating_add(1);
            }
            _ => self.line.push_str("- "),
        }
    }

    fn end_line(&mut self) {
        if !self.line.trim().is_empty() {
            self.end_line_keeping_empty();
        }
        self.line.clear();
    }

    fn end_line_keeping_empty(&mut self) {
        for _ in 0..self.quotes {
            self.out.push_str("> ");
        }
        self.out.push_str(self.line.trim_end());
        self.out.push('\n');
        self.line.clear();
    }

    fn blank_line(&mut self) {
        // Inside a list item a paragraph continues its line.
        if !self.lists.is_empty() && self.line.ends_with("- ") {
            return;
        }
        self.end_line();
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn finish(mut self) -> String {
        self.end_line();
        while self.out.ends_with('\n') {
            self.out.pop();
        }
        self.out.push('\n');
        self.out
    }
}

/// A file shows as the digits of its content, everything else as it is.
fn short(url: &str) -> String {
    match url.strip_prefix("sha256:") {
        Some(digits) => format!("file {digits}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FilesById, canonical};
    use super::*;

    #[test]
    fn shows_words_and_not_tags() {
        let body = "<h2 id=\"a\">A &amp; b</h2><p>See <a href=\"/x\">the <b>x</b></a>.</p><ul><li>one<ol><li>deep</li></ol></li>\
                    <li>two</li></ul><table><thead><tr><th>K</th><th>V</th></tr></thead><tbody><tr><td>1</td><td>2 | 3</td></tr></tbody>\
                    </table><pre><code>a\n\n b</code></pre><blockquote><p>q</p></blockquote>";
        let text = readable(&canonical(body, &FilesById::new()));
        assert_eq!(
            text,
            "## A & b\n\nSee [the **x**](/x).\n\n- one\n  1. deep\n- two\n\n| K | V |\n| 1 | 2 \\| 3 |\n\n```\na\n\n b\n```\n\n> q\n"
        );
    }
}
