//! Blocks of GitBook: `{% hint style="info" %}` … `{% endhint %}`, tabs, and what only arranges.
//!
//! Must not know: what stands in them.

use super::construct::{self, Construct, Kind};

/// What a line of GitBook says.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::render) enum Block<'l> {
    /// A block begins that this word ends.
    Open(&'static str, Construct),
    /// The same, around code that has this title.
    Code(&'static str, &'l str),
    /// A block ends that this word ends.
    Close(&'static str),
    /// It stands for this Markdown.
    Markdown(String),
}

/// Blocks that only arrange what stands in them, and their ends.
const PLAIN: &[(&str, &str)] = &[
    ("columns", "endcolumns"),
    ("column", "endcolumn"),
    ("content-ref", "endcontent-ref"),
    ("stepper", "endstepper"),
    ("step", "endstep"),
    ("tabs", "endtabs"),
];

/// Ends of the other blocks.
const ENDS: &[&str] = &["endhint", "endtab", "endcode"];

/// Reads a line that is nothing but a tag; `None` for tags of others.
pub(in crate::render) fn read(line: &str) -> Option<Block<'_>> {
    let tag = line.strip_prefix("{%")?.strip_suffix("%}").filter(|tag| !tag.contains("%}"))?.trim();
    let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let value = |name| super::directives::attribute(attributes, name);
    if let Some(end) = PLAIN.iter().map(|(_, end)| end).chain(ENDS).find(|end| **end == name) {
        return Some(Block::Close(end));
    }
    if let Some((_, end)) = PLAIN.iter().find(|(begin, _)| *begin == name) {
        return Some(Block::Open(end, Construct::Group));
    }
    Some(match name {
        "hint" => {
            let (kind, title) =
                value("style").and_then(construct::kind).unwrap_or((Kind::Note, Some("Info")));
            Block::Open("endhint", Construct::Callout { kind, title: title.map(str::to_owned) })
        }
        "tab" => Block::Open("endtab", Construct::Tab { title: value("title")?.to_owned() }),
        "code" => Block::Code("endcode", value("title").unwrap_or_default()),
        "embed" => {
            let url = value("url")?.replace(['<', '>'], "");
            Block::Markdown(format!("[{url}](<{url}>)"))
        }
        "file" => {
            let source = value("src")?.replace(['<', '>'], "");
            let text = source.rsplit('/').next().unwrap_or(&source).replace(['[', ']'], "");
            Block::Markdown(format!("[{text}](<{source}>)"))
        }
        // What stands between is about the link; Jekyll reads no tags in `raw`.
        "endembed" | "endfile" | "raw" | "endraw" => Block::Markdown(String::new()),
        _ => return None,
    })
}

/// The language of code that begins below a line, and what its last line holds: `{% highlight ruby linenos %}`
/// (Jekyll), `{{< highlight go "…" >}}` (Hugo).
pub(in crate::render) fn highlight(line: &str) -> Option<(&str, &'static str)> {
    let mut words = tag(line)?.split_whitespace();
    let language = words.next().filter(|word| *word == "highlight").and_then(|_| words.next())?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'#' | b'.');
    let end = match line.as_bytes() {
        [b'{', b'{', b'<', ..] => "highlight >}}",
        [b'{', b'{', ..] => "highlight %}}",
        _ => "endhighlight",
    };
    language.bytes().all(plain).then_some((language, end))
}

/// Whether such code ends above a line.
pub(in crate::render) fn ends_highlight(line: &str) -> bool {
    tag(line)
        .is_some_and(|tag| tag == "endhighlight" || tag.strip_prefix('/').map(str::trim) == Some("highlight"))
}

/// What stands in a tag of Jekyll or Hugo that is all of a line.
fn tag(line: &str) -> Option<&str> {
    let pairs = [("{%", "%}"), ("{{<", ">}}"), ("{{%", "%}}")];
    let inner = pairs.iter().find_map(|(begin, end)| line.strip_prefix(begin)?.strip_suffix(end))?;
    (!inner.contains("%}") && !inner.contains("}}")).then(|| inner.trim_matches('-').trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn highlighted_code_has_a_language() {
        assert_eq!(highlight("{% highlight ruby linenos %}"), Some(("ruby", "endhighlight")));
        assert_eq!(highlight("{%- highlight c++ -%}"), Some(("c++", "endhighlight")));
        assert_eq!(highlight("{{< highlight go \"linenos=table\" >}}"), Some(("go", "highlight >}}")));
        for other in
            ["{% highlight %}", "{% hint %}", "{{ highlight go }}", "{% highlight a %} x {% endhighlight %}"]
        {
            assert_eq!(highlight(other), None, "{other}");
        }
        assert!(ends_highlight("{% endhighlight %}") && ends_highlight("{{< / highlight >}}"));
        assert!(!ends_highlight("{% highlight a %}"));
    }

    #[test]
    fn tags_are_read() {
        let callout =
            |kind, title: Option<&str>| Construct::Callout { kind, title: title.map(str::to_owned) };
        assert_eq!(
            read("{% hint style=\"danger\" %}"),
            Some(Block::Open("endhint", callout(Kind::Caution, Some("Danger"))))
        );
        assert_eq!(read("{% hint %}"), Some(Block::Open("endhint", callout(Kind::Note, Some("Info")))));
        assert_eq!(read("{% endhint %}"), Some(Block::Close("endhint")));
        assert_eq!(
            read("{% code title=\"a b\" lineNumbers=\"true\" %}"),
            Some(Block::Code("endcode", "a b"))
        );
        assert_eq!(
            read("{% embed url=\"https://a.example/b\" %}"),
            Some(Block::Markdown("[https://a.example/b](<https://a.example/b>)".to_owned()))
        );
        for other in
            ["{% include \"x\" %}", "{% if a %}", "{% tab %}", "{{ x }}", "{% hint %} text {% endhint %}"]
        {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
