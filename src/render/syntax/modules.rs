//! JavaScript between the Markdown of MDX: what is imported and exported there is no text. Markdown that is imported
//! stands where its name does.

use crate::render::urls;

/// Longest block that is looked at for its end, in lines.
const MOST_LINES: usize = 400;

/// Whether a line begins with a word of modules; most lines of prose do not.
pub(in crate::render) fn may_begin(line: &[u8]) -> bool {
    line.starts_with(b"import ") || line.starts_with(b"export ")
}

/// Whether a text may import anything.
pub(in crate::render) fn may_import(text: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), b"import ").is_some()
}

/// The length of the JavaScript that a text begins with, in whole lines: up to an empty line outside of brackets, or to
/// one that can only be Markdown. `None` where it begins with prose.
pub(in crate::render) fn length(text: &str) -> Option<usize> {
    if !is_statement(text.lines().next()?) {
        return None;
    }
    let (mut at, mut depth, mut first_end) = (0, 0_isize, None);
    for (number, line) in text.split_inclusive('\n').take(MOST_LINES).enumerate() {
        let empty = line.trim().is_empty();
        let markdown = number > 0 && line.starts_with(['#', '<', '>', ':', '|', '!', '-']);
        if empty || depth <= 0 && markdown {
            if depth <= 0 {
                return Some(at);
            }
            first_end.get_or_insert(at);
        }
        depth += brackets(line);
        at += line.len();
    }
    // Brackets in texts may count as open for ever.
    Some(if depth <= 0 { at } else { first_end.unwrap_or(at) })
}

/// Brackets that a line leaves open, or closes.
fn brackets(line: &str) -> isize {
    line.bytes().fold(0, |depth, byte| match byte {
        b'{' | b'(' | b'[' => depth + 1,
        b'}' | b')' | b']' => depth - 1,
        _ => depth,
    })
}

/// Whether a line is the first of an `import` or an `export`, and no sentence.
pub(in crate::render) fn is_statement(line: &str) -> bool {
    let line = line.trim_end();
    match (line.strip_prefix("import "), line.strip_prefix("export ")) {
        (Some(rest), _) => is_import(rest),
        (_, Some(rest)) => is_export(rest),
        _ => false,
    }
}

fn is_import(rest: &str) -> bool {
    let quoted =
        |text: &str| text.starts_with(['\'', '"']) && text.trim_end_matches(';').ends_with(['\'', '"']);
    let from = rest.rsplit_once(" from ").is_some_and(|(_, path)| quoted(path));
    let open = rest.starts_with('{') && !rest.contains('}') || rest.ends_with(", {");
    quoted(rest) || from || open
}

fn is_export(rest: &str) -> bool {
    let begins = |words: &[&str]| words.iter().any(|word| rest.starts_with(word));
    if begins(&["{", "* from "]) {
        return rest == "{" || rest.ends_with([';', '\'', '"', '}']);
    }
    if begins(&["const ", "let ", "var "]) {
        return rest.contains('=');
    }
    let rest = rest.strip_prefix("default ").unwrap_or(rest);
    let function = rest.strip_prefix("async ").unwrap_or(rest).strip_prefix("function");
    let name =
        |text: &str| text.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::len);
    if let Some(function) = function {
        return name(function).is_some_and(|length| function.trim_start()[length..].starts_with('('));
    }
    if let Some(class) = rest.strip_prefix("class ") {
        return class.ends_with('{');
    }
    let value = rest.starts_with(['{', '(', '[']) && rest.ends_with([';', '{', '(', '[', '>', '}']);
    begins(&["default "]) && (value || !rest.contains(' '))
}

/// What a block of imports names: components of Markdown beside the document, and pictures, each with its path.
pub(in crate::render) fn imported(block: &str) -> impl Iterator<Item = (&str, &str)> {
    block.lines().filter_map(|line| {
        let (name, path) = line.strip_prefix("import ")?.split_once(" from ")?;
        let path = path.trim().trim_end_matches(';').trim_matches(['\'', '"']);
        let beside = path.starts_with("./") || path.starts_with("../");
        let markdown = path.rsplit_once('.').is_some_and(|(_, extension)| matches!(extension, "md" | "mdx"));
        let plain = || name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let picture = urls::is_picture(path) && (beside || path.starts_with("@site/")) && plain();
        (beside && markdown && is_name(name) || picture).then_some((name, path))
    })
}

/// The name of the component that is all of a line: `<Name />`, with or without attributes.
pub(in crate::render) fn whole(line: &str) -> Option<&str> {
    let inner = line.strip_prefix('<')?.strip_suffix("/>")?;
    let name = inner.split_whitespace().next()?;
    (is_name(name) && !inner.contains('<')).then_some(name)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_told_from_prose() {
        for (text, code) in [
            ("import A from '@x/a';\n\n# B", "import A from '@x/a';\n"),
            ("import A, { b } from \"x\"\nimport 'y'\n# B", "import A, { b } from \"x\"\nimport 'y'\n"),
            ("import {\n  a,\n\n  b,\n} from 'x';\n\nc", "import {\n  a,\n\n  b,\n} from 'x';\n"),
            ("import * as A from 'x'", "import * as A from 'x'"),
            ("export const a = 1;\n\nb", "export const a = 1;\n"),
            (
                "export const A = ({ b }) => (\n  <i>\n\n    {b}\n  </i>\n);\n\nc",
                "export const A = ({ b }) => (\n  <i>\n\n    {b}\n  </i>\n);\n",
            ),
            ("export default function A() {\n}\n\nb", "export default function A() {\n}\n"),
            ("export const a = '(';\n\nb\n\nc", "export const a = '(';\n"),
        ] {
            assert_eq!(length(text).map(|length| &text[..length]), Some(code), "{text}");
        }
        for prose in [
            "import the key from the server",
            "import settings from \"File\" in the menu",
            "export default settings to a file.",
            "export default settings (CSV)",
            "export default (see below)",
            "export {name} (optional)",
            "export const",
            "export function keys (F1)",
            "export class files",
            "import {name} into the list",
            "imports from 'x'",
        ] {
            assert_eq!(length(prose), None, "{prose}");
        }
    }

    #[test]
    fn imported_markdown_has_names() {
        let block = "import A from './_a.mdx';\nimport B from \"../b.md\"\nimport C from '@site/c.md'\nimport d from './d.md'\n";
        assert_eq!(imported(block).collect::<Vec<_>>(), [("A", "./_a.mdx"), ("B", "../b.md")]);
        let pictures = "import a_1 from './a.png';\nimport B from \"@site/b.svg\"\nimport c from 'c.png'\nimport {d} from './d.png'\n";
        assert_eq!(imported(pictures).collect::<Vec<_>>(), [("a_1", "./a.png"), ("B", "@site/b.svg")]);
        assert_eq!(whole("<A />"), Some("A"));
        assert_eq!(whole("<A b=\"c\"/>"), Some("A"));
        for other in ["<A>", "<a />", "<A /> b", "<A><B />", "A />"] {
            assert_eq!(whole(other), None, "{other}");
        }
    }
}
