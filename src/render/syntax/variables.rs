//! Variables: `{{ name }}` in the text, replaced by what configuration says.

/// A variable in a line.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::render) struct Place<'l> {
    /// Its name.
    pub(in crate::render) name: &'l str,
    /// Where its braces begin.
    pub(in crate::render) start: usize,
    /// Where they end.
    pub(in crate::render) end: usize,
}

/// All variables of a line. What is in the braces must be a name: letters, digits, `_`, `-`, `.`.
pub(in crate::render) fn places(line: &str) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(open) = line[at..].find("{{").map(|found| at + found) {
        at = open + 2;
        let inner = line[at..].trim_start();
        let length = inner
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.')))
            .unwrap_or(inner.len());
        let name = &inner[..length];
        let after = inner[length..].trim_start();
        if !name.is_empty() && after.starts_with("}}") {
            let end = line.len() - after.len() + 2;
            places.push(Place { name, start: open, end });
            at = end;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_count() {
        let found = places("a {{ x }} {{y.z}} {{ if x }} {{#include a}} {{{{ b }}");
        let names: Vec<_> = found.iter().map(|place| (place.name, place.start, place.end)).collect();
        assert_eq!(names, [("x", 2, 9), ("y.z", 10, 17), ("b", 46, 53)]);
    }
}
