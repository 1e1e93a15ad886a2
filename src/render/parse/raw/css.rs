//! The part of a writer's own `style` attributes that is harmless: colours, sizes, alignment, borders.

/// Properties that are kept, sorted. Nothing that loads, hides, or covers the page around the article.
const PROPERTIES: &[&str] = &[
    "background",
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-radius",
    "border-right",
    "border-spacing",
    "border-style",
    "border-top",
    "border-width",
    "caption-side",
    "clear",
    "color",
    "direction",
    "float",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
    "word-break",
];

/// Functions that only compute a colour.
const FUNCTIONS: &[&str] = &["hsl", "hsla", "rgb", "rgba"];

/// The declarations that are kept, as one text; empty when none is.
pub(super) fn clean(style: &str) -> String {
    let mut kept = String::new();
    for declaration in style.split(';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let property = property.trim().to_ascii_lowercase();
        let value = value.trim();
        if PROPERTIES.binary_search(&property.as_str()).is_ok() && harmless(&property, value) {
            if !kept.is_empty() {
                kept.push(';');
            }
            kept.push_str(&property);
            kept.push(':');
            kept.push_str(value);
        }
    }
    kept
}

/// Only plain words, numbers and colours; no escapes, quotes, URLs, comments or other functions.
fn harmless(property: &str, value: &str) -> bool {
    let simple = !value.is_empty()
        && value.len() <= 100
        && value.bytes().all(|b| {
            b.is_ascii_alphanumeric() || matches!(b, b' ' | b'#' | b'%' | b'.' | b',' | b'-' | b'(' | b')')
        });
    let negative =
        property.starts_with("margin") || property == "text-indent" || property == "letter-spacing";
    simple
        && !(negative && value.contains('-'))
        && value.split('(').rev().skip(1).all(|before| {
            let name = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
            FUNCTIONS.contains(&name.to_ascii_lowercase().as_str())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_stay_and_the_rest_goes() {
        assert!(PROPERTIES.is_sorted());
        assert_eq!(clean("color: red; WIDTH:50%"), "color:red;width:50%");
        assert_eq!(clean("color:rgb(1, 2, 3)"), "color:rgb(1, 2, 3)");
        for bad in [
            "background:url(https://a.example/x)",
            "background:URL(javascript:alert(1))",
            "width:expression(alert(1))",
            "width:\\65xpression(1)",
            "position:fixed",
            "display:none",
            "behavior:url(x.htc)",
            "-moz-binding:url(x)",
            "color:red/**/;",
            "margin:-9999px",
            "color:'x'",
            "font-family:\"a\"",
            "width:calc(1px)",
        ] {
            assert_eq!(clean(bad), "", "{bad}");
        }
    }
}
