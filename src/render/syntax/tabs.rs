//! MkDocs tabs: `=== "Label"`. Articles run no scripts, so the alternatives stand one below the other, each
//! under its label.

use super::construct::Construct;

/// Reads the first line of a tab.
pub(in crate::render) fn begin(line: &str) -> Option<Construct> {
    let rest = line.strip_prefix("===")?;
    let rest = rest.strip_prefix(['!', '+']).unwrap_or(rest);
    let title = rest.strip_prefix(' ')?.trim().strip_prefix('"')?.strip_suffix('"')?;
    (!title.is_empty()).then(|| Construct::Tab { title: title.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read() {
        assert_eq!(begin("=== \"On Linux\""), Some(Construct::Tab { title: "On Linux".to_owned() }));
        for prose in ["===", "=== Linux", "====", "=== \"\"", "=== \"a"] {
            assert_eq!(begin(prose), None, "{prose}");
        }
    }
}
