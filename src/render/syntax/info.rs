//! Info strings: what stands behind the fence of a block of code, as a language and a title.
//!
//! Must not know: colours.

use std::borrow::Cow;

use super::myst;

/// Languages of programs in braces, as R Markdown, Quarto and Jupyter run them, sorted.
const PROGRAMS: &[&str] = &[
    "R",
    "Rcpp",
    "Rscript",
    "asis",
    "awk",
    "bash",
    "c",
    "cat",
    "comment",
    "css",
    "dot",
    "embed",
    "fortran",
    "go",
    "groovy",
    "haskell",
    "html",
    "java",
    "javascript",
    "js",
    "json",
    "julia",
    "latex",
    "mermaid",
    "mysql",
    "node",
    "octave",
    "ojs",
    "perl",
    "php",
    "powershell",
    "psql",
    "pyodide",
    "pyodide-python",
    "python",
    "r",
    "ruby",
    "rust",
    "sas",
    "sass",
    "scala",
    "scss",
    "sed",
    "sh",
    "shell",
    "sql",
    "stan",
    "stata",
    "tikz",
    "verbatim",
    "webr",
    "webr-r",
    "yaml",
    "zsh",
];

/// Whether this is the name of a program that a notebook runs.
pub(super) fn is_program(name: &str) -> bool {
    PROGRAMS.binary_search(&name).is_ok()
}

/// The language of an info string, lower case: its first word, without `{…}` or a `,…` tail; of a list of attributes
/// the first class.
pub(in crate::render) fn language(info: &str) -> Cow<'_, str> {
    let info = info.trim_start();
    let first = match info.strip_prefix('{') {
        Some(list) => {
            let program = list.split([' ', ',', '}']).next().filter(|name| is_program(name));
            list.split([' ', '\t', '}']).find_map(|word| word.strip_prefix('.')).or(program)
        }
        None => Some(info),
    };
    let word =
        first.and_then(|first| first.split([' ', '\t', ',', '{', '}', ':']).next()).unwrap_or_default();
    // HackMD numbers lines: `js=`, `js=101`, `js=+`.
    let numbered =
        word.split_once('=').filter(|(_, from)| from.bytes().all(|b| b.is_ascii_digit() || b == b'+'));
    let word = numbered.map_or(word, |(word, _)| word);
    let lower = word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if lower { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) }
}

/// Keys that a title stands behind: of MkDocs and Docusaurus, MkDocs again, Nextra and Quarto, Pandoc.
const TITLES: [&str; 4] = ["title=", "tab=", "filename=", "caption="];

/// The title behind a language, or a directive that is not read: in quotes behind a key, in brackets (VitePress), or a
/// name of a file (`js app.js` of Mintlify, `js:app.js` of Zenn and Qiita).
pub(in crate::render) fn title(info: &str) -> Option<&str> {
    // Most name a language and nothing else.
    if info.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    if myst::is_unread(info) {
        return Some(info.trim());
    }
    let behind_key = TITLES.iter().find_map(|key| quoted(info, key));
    let in_brackets = || {
        let (name, _) = info.split_once(" [")?.1.split_once(']')?;
        Some(name.trim()).filter(|name| !name.is_empty())
    };
    behind_key.or_else(in_brackets).or_else(|| {
        let second = info.trim_start().split([' ', '\t', ':']).nth(1)?;
        let (stem, extension) = second.rsplit_once('.')?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'/' | b'-' | b'_');
        let is_name = !stem.is_empty() && stem.bytes().all(plain);
        let is_extension =
            (1..=5).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric());
        (is_name && is_extension && extension.bytes().any(|b| b.is_ascii_alphabetic())).then_some(second)
    })
}

/// Words behind a language that are no part of a title: what Mintlify makes of a block.
const FLAGS: [&str; 5] = ["expandable", "lines", "showLineNumbers", "twoslash", "wrap"];

/// The title in an info string of a group of code (Mintlify): what stands behind the language, as far as it is words.
/// `None` where one stands behind a key.
pub(in crate::render) fn title_in_group(info: &str) -> Option<&str> {
    let (_, words) = info.trim().split_once([' ', '\t'])?;
    let is_option = |word: &str| {
        word.contains(['=', '{']) || word.len() > 1 && word.starts_with('/') && word.ends_with('/')
    };
    let in_title = |word: &&str| !is_option(word.trim_end()) && !FLAGS.contains(&word.trim_end());
    let end: usize = words.split_inclusive([' ', '\t']).take_while(in_title).map(str::len).sum();
    let title = words[..end].trim();
    (!title.is_empty() && self::title(info).is_none_or(|own| own.len() < title.len())).then_some(title)
}

/// The value of a key of an info string, in quotes.
fn quoted<'t>(info: &'t str, key: &str) -> Option<&'t str> {
    let (before, rest) = info.split_once(key)?;
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let title = rest[1..].split(quote).next()?.trim();
    (before.ends_with([' ', '\t', '{', ',']) && !title.is_empty()).then_some(title)
}

/// `language-x` as editors and portals name it; nothing for odd names.
pub(in crate::render) fn class(language: &str) -> String {
    let plain = !language.is_empty()
        && language.len() <= 40
        && language
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'#' | b'.'));
    if plain { ["language-", language].concat() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_read_from_info_strings() {
        for (info, expected) in [
            ("yaml title=\"a b.yml\" linenums=\"1\"", Some("a b.yml")),
            ("{.js title='app.js'}", Some("app.js")),
            ("yaml subtitle=\"x\"", None),
            ("yaml title=x", None),
            ("python tab=\"a.py\"", Some("a.py")),
            ("js{1,3} [vite.config.js]", Some("vite.config.js")),
            ("js [", None),
            ("js []", None),
            ("yaml title=\"\"", None),
        ] {
            assert_eq!(title(info), expected, "{info}");
        }
    }

    #[test]
    fn languages_are_read_from_info_strings() {
        for (info, expected) in [
            ("rust,ignore", "rust"),
            ("{.python .numberLines}", "python"),
            ("YAML title=\"x\"", "yaml"),
            ("json{1,3}", "json"),
            ("js:app.js", "js"),
            ("", ""),
        ] {
            assert_eq!(language(info), expected, "{info}");
        }
    }

    #[test]
    fn programs_are_sorted() {
        assert!(PROGRAMS.is_sorted());
    }

    #[test]
    fn titles_in_groups_are_words() {
        assert_eq!(title_in_group("js A b {1} wrap"), Some("A b"));
    }
}
