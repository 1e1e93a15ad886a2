//! Abbreviations: `*[HTML]: Hyper Text Markup Language` in a line of its own, which goes.

/// Longest abbreviation, in bytes.
const LONGEST: usize = 100;

/// How many a document may have; further lines are text.
pub(in crate::render) const MOST: usize = 2000;

/// An abbreviation and its meaning.
pub(in crate::render) type Definition = (String, String);

/// Reads a line that defines an abbreviation. Emphasis that begins with a bracket (`*[a]: b*`) is none.
pub(in crate::render) fn read(line: &str) -> Option<Definition> {
    let (word, meaning) = line.strip_prefix("*[")?.split_once("]:")?;
    let meaning = meaning.trim();
    let plain =
        !word.is_empty() && word.len() <= LONGEST && word.trim() == word && !word.contains(['[', ']', '*']);
    (plain && !meaning.is_empty() && !meaning.contains('*')).then(|| (word.to_owned(), meaning.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let read = |line: &str| read(line);
        let expected = ("CI/CD".to_owned(), "Continuous *".replace(" *", " Integration"));
        assert_eq!(read("*[CI/CD]:  Continuous Integration "), Some(expected));
        for prose in ["*[a]: b*", "*[]: b", "*[a]:", "*[a] b", "* [a]: b", "*[ a]: b"] {
            assert_eq!(read(prose), None, "{prose}");
        }
    }
}
