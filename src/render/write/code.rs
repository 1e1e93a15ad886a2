//! Code blocks, coloured by inline styles. The syntaxes are loaded when the first block needs them.
//!
//! Must not know: what asked for the colours.

use std::str::FromStr as _;
use std::sync::OnceLock;

use pulldown_cmark::CowStr;
use syntect::highlighting::HighlightIterator;
use syntect::highlighting::{
    Color, FontStyle, HighlightState, Highlighter, ScopeSelectors, StyleModifier, Theme, ThemeItem,
    ThemeSettings,
};
use syntect::parsing::{ParseState, ScopeStack, SyntaxReference, SyntaxSet};

use super::{Surface, Writer, code_marks, formulas};
use crate::panics;
use crate::render::outline::{Destination, ReferenceKind};
use crate::render::syntax::info::{class, language, title};
use crate::render::theme::Role;
use crate::render::tree::{Id, Kind, Stand, Tree};
use crate::render::urls;

/// Longer lines stay plain, in bytes: with some patterns of syntaxes the engine takes eight times as long for twice as
/// much, a second for a thousand bytes.
const MAX_LINE: usize = 500;

/// Longer blocks stay plain, in bytes.
const MAX_BLOCK: usize = 200_000;

/// Names that writers use for a language, and the name the syntax set knows it by. Sorted.
const ALIASES: &[(&str, &str)] = &[
    ("apache", "apache conf"),
    ("apacheconf", "apache conf"),
    ("azurecli", "bash"),
    ("azurecli-interactive", "bash"),
    ("azurepowershell", "powershell"),
    ("azurepowershell-interactive", "powershell"),
    ("batchfile", "bat"),
    ("c++", "cpp"),
    ("cmd", "bat"),
    ("console", "bash"),
    ("csharp", "cs"),
    ("csharp-interactive", "cs"),
    ("cshtml", "html"),
    ("docker", "dockerfile"),
    ("dotnetcli", "bash"),
    ("elisp", "lisp"),
    ("env", "dotenv"),
    ("fsharp", "fs"),
    ("golang", "go"),
    ("hcl", "terraform"),
    ("ipython", "python"),
    ("ipython3", "python"),
    ("json5", "json"),
    ("jsonc", "json"),
    ("jsonl", "json"),
    ("jsx", "javascript"),
    ("objectivec", "objective-c"),
    ("posh", "powershell"),
    ("powershell-interactive", "powershell"),
    ("powershell-session", "powershell"),
    ("protobuf", "proto"),
    ("ps", "powershell"),
    ("pwsh", "powershell"),
    ("python3", "python"),
    ("razor", "html"),
    ("sh-session", "bash"),
    ("shell", "bash"),
    ("shell-session", "bash"),
    ("shellscript", "bash"),
    ("shellsession", "bash"),
    ("terminal", "bash"),
    ("tf", "terraform"),
    ("tsql", "sql"),
    ("udiff", "diff"),
    ("xaml", "xml"),
    ("yml", "yaml"),
];

/// Colours by scope: the names are theme's, the colours have a contrast of 4.5 or more on the code box.
const GITHUB_LIGHT: &[(&str, &str, FontStyle)] = &[
    ("comment, punctuation.definition.comment", "#57606a", FontStyle::empty()),
    ("string, punctuation.definition.string, string.quoted", "#0a3069", FontStyle::empty()),
    (
        "constant, constant.numeric, constant.language, support.constant, variable.language",
        "#0550ae",
        FontStyle::empty(),
    ),
    ("keyword, storage, storage.type, storage.modifier", "#b31d28", FontStyle::empty()),
    (
        "entity.name.function, support.function, variable.function, meta.function-call.generic",
        "#6639ba",
        FontStyle::empty(),
    ),
    ("entity.name.tag, entity.name.section, support.type.property-name", "#116329", FontStyle::empty()),
    (
        "entity.name.type, entity.name.class, support.class, support.type, entity.other.inherited-class",
        "#8a4600",
        FontStyle::empty(),
    ),
    ("variable.parameter, variable.other.readwrite, variable.other.member", "#8a4600", FontStyle::empty()),
    ("entity.other.attribute-name, meta.mapping.key string, meta.mapping.key", "#0550ae", FontStyle::empty()),
    ("markup.heading", "#0550ae", FontStyle::BOLD),
    ("markup.bold", "#1f2328", FontStyle::BOLD),
    ("markup.italic", "#1f2328", FontStyle::ITALIC),
    ("markup.inserted, meta.diff.header.to-file", "#116329", FontStyle::empty()),
    ("markup.deleted, meta.diff.header.from-file, invalid", "#a40e26", FontStyle::empty()),
    ("meta.diff.range, meta.diff.header", "#6639ba", FontStyle::empty()),
];

/// The colour of code that no rule names.
const FOREGROUND: Color = Color { r: 0x1f, g: 0x23, b: 0x28, a: 0xff };

fn syntaxes() -> &'static SyntaxSet {
    static SET: OnceLock<SyntaxSet> = OnceLock::new();
    SET.get_or_init(two_face::syntax::extra_newlines)
}

fn github_light() -> &'static Theme {
    static THEME: OnceLock<Theme> = OnceLock::new();
    THEME.get_or_init(|| theme(GITHUB_LIGHT))
}

fn theme(rules: &[(&str, &str, FontStyle)]) -> Theme {
    let scopes = rules.iter().filter_map(|(scope, colour, style)| {
        Some(ThemeItem {
            scope: ScopeSelectors::from_str(scope).ok()?,
            style: StyleModifier {
                foreground: Some(parse_colour(colour)?),
                background: None,
                font_style: Some(*style),
            },
        })
    });
    Theme {
        settings: ThemeSettings { foreground: Some(FOREGROUND), ..ThemeSettings::default() },
        scopes: scopes.collect(),
        ..Theme::default()
    }
}

/// The colours as text, for the digest of looks.
pub(in crate::render) fn palette() -> String {
    GITHUB_LIGHT.iter().fold(String::new(), |mut text, (scope, colour, style)| {
        text.push_str(scope);
        text.push_str(colour);
        text.push(char::from(b'0' + style.bits()));
        text
    })
}

fn parse_colour(hex: &str) -> Option<Color> {
    let digits = hex.strip_prefix('#')?;
    let channel = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some(Color { r: channel(0)?, g: channel(2)?, b: channel(4)?, a: 0xff })
}

fn syntax(language: &str) -> Option<&'static SyntaxReference> {
    let set = syntaxes();
    let name =
        ALIASES.binary_search_by(|(alias, _)| (*alias).cmp(language)).ok().and_then(|at| ALIASES.get(at));
    let found = name.map_or(language, |(_, name)| name);
    set.find_syntax_by_token(found).filter(|syntax| syntax.name != "Plain Text")
}

/// Writes a code block: as text, or coloured where looks are wanted and the language is known.
pub(super) fn write<S: Surface>(writer: &mut Writer<'_, '_, S>, node: Id, info: &str) {
    let language = language(info);
    let parsed = writer.parsed;
    if language == "math" {
        let source = source(&parsed.tree, node);
        return formulas::write(writer, &source, Stand::Alone, parsed.tree.node(node).offset);
    }
    if parsed.drawings.iter().any(|drawn| *drawn == language) {
        let source = source(&parsed.tree, node);
        if drawn(writer, &language, &source, parsed.tree.node(node).offset) {
            return;
        }
    }
    if let Some(title) = title(info) {
        writer.open("p", Role::CodeTitle, &[("class", "kb-code-title")]);
        writer.text(title);
        writer.raw("</p>\n");
    }
    let class = class(&language);
    if class.is_empty() {
        writer.open::<&str>("pre", Role::CodeBlock, &[]);
    } else {
        writer.open("pre", Role::CodeBlock, &[("class", class.as_str())]);
    }
    writer.open::<&str>("code", Role::CodeText, &[]);
    let marked = !matches!(&*language, "md" | "mdx" | "markdown") && code_marks::any(&parsed.tree, node);
    let text = || {
        let text = source(&parsed.tree, node);
        if marked { code_marks::strip(&text) } else { text }
    };
    let coloured = S::LOOKS && writer.surface.highlight().is_some() && !language.is_empty();
    match coloured.then(|| syntax(&language)).flatten() {
        Some(syntax) => {
            let text = text();
            if text.len() > MAX_BLOCK {
                writer.text(&text);
            } else {
                highlight(writer, syntax, &text);
            }
        }
        None if marked => writer.text(&text()),
        None => writer.below(node),
    }
    writer.raw("</code></pre>\n");
}

/// The text of a code block.
fn source(tree: &Tree<'_>, node: Id) -> String {
    let mut text = String::new();
    tree.walk(node, |_, child| {
        if let Kind::Text(part) = &child.kind {
            text.push_str(part);
        }
        true
    });
    text
}

/// Writes the picture that stands for a source of this language, if it was drawn. Its alternative text is the source.
fn drawn<S: Surface>(writer: &mut Writer<'_, '_, S>, language: &str, source: &str, offset: u32) -> bool {
    let destination = CowStr::from(format!("{language}\n{source}"));
    let url = match writer.surface.reference(ReferenceKind::Drawing, &destination, offset) {
        Destination::Url(url) | Destination::Sized(url, _) => url,
        Destination::Plain => return false,
    };
    writer.open::<&str>("p", Role::Paragraph, &[]);
    writer.open("img", Role::Image, &[("src", &*urls::encode(&url)), ("alt", source.trim())]);
    writer.raw("</p>\n");
    true
}

/// Writes code with its colours; without them where the engine fails at it, as it does by a panic.
fn highlight<S: Surface>(writer: &mut Writer<'_, '_, S>, syntax: &SyntaxReference, text: &str) {
    match panics::caught(|| runs(syntax, text)) {
        Some(runs) => runs.iter().for_each(|run| run.write(writer)),
        None => writer.text(text),
    }
}

/// The colours of code, neighbours of one look as one.
fn runs(syntax: &SyntaxReference, text: &str) -> Vec<Run> {
    let set = syntaxes();
    let highlighter = Highlighter::new(github_light());
    let mut parser = ParseState::new(syntax);
    let mut state = HighlightState::new(&highlighter, ScopeStack::new());
    let mut runs: Vec<Run> = Vec::new();
    let mut add = |look: Option<Look>, part: &str| {
        // White space has no colour: it joins whatever run is open.
        let look = look.unwrap_or_else(|| runs.last().and_then(|run| run.look));
        match runs.last_mut().filter(|run| run.look == look) {
            Some(run) => run.text.push_str(part),
            None => runs.push(Run { look, text: part.to_owned() }),
        }
    };
    for line in text.split_inclusive('\n') {
        let operations = if line.len() > MAX_LINE { None } else { parser.parse_line(line, set).ok() };
        let Some(operations) = operations else {
            add(Some(None), line);
            continue;
        };
        for (style, part) in HighlightIterator::new(&mut state, &operations, line, &highlighter) {
            let plain = style.foreground == FOREGROUND && style.font_style.is_empty();
            let look = (!plain).then_some((style.foreground, style.font_style));
            add((!part.trim().is_empty()).then_some(look), part);
        }
    }
    runs
}

/// Colour and font, where they are not the theme's own.
type Look = Option<(Color, FontStyle)>;

/// Text of one look.
struct Run {
    look: Look,
    text: String,
}

impl Run {
    fn write<S: Surface>(&self, writer: &mut Writer<'_, '_, S>) {
        let Some((colour, font)) = self.look else { return writer.text(&self.text) };
        // Line ends stay outside of spans, so that lines can be copied and numbered.
        let body = self.text.trim_end_matches('\n');
        writer.raw(&format!("<span style=\"color:#{:02x}{:02x}{:02x}", colour.r, colour.g, colour.b));
        if font.contains(FontStyle::BOLD) {
            writer.raw(";font-weight:bold");
        }
        if font.contains(FontStyle::ITALIC) {
            writer.raw(";font-style:italic");
        }
        writer.raw("\">");
        writer.text(body);
        writer.raw("</span>");
        writer.text(&self.text[body.len()..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_name_syntaxes() {
        assert!(ALIASES.is_sorted_by(|a, b| a.0 < b.0));
        for (alias, _) in ALIASES {
            assert!(syntax(alias).is_some(), "{alias}");
        }
    }

    #[test]
    fn long_lines_stay_plain_and_their_neighbours_do_not() {
        let long = "ass-win3".repeat(MAX_LINE);
        let code = format!("/* a */\n{long}\n/* b */\n");
        let runs = runs(syntax("scss").unwrap(), &code);
        assert_eq!(runs.iter().map(|run| run.text.as_str()).collect::<String>(), code);
        assert!(runs.iter().any(|run| run.look.is_none() && run.text.contains(&long)));
        for name in ["a", "b"] {
            let coloured = |run: &Run| run.look.is_some() && run.text.contains(name);
            assert!(runs.iter().any(coloured), "{name}");
        }
    }

    #[test]
    fn docs_languages_are_known() {
        for name in [
            "powershell",
            "yaml",
            "json",
            "bash",
            "sh",
            "rust",
            "typescript",
            "toml",
            "xml",
            "ini",
            "kotlin",
            "swift",
            "graphql",
            "nginx",
        ] {
            assert!(syntax(name).is_some(), "{name}");
        }
        for name in ["", "text", "output", "no-such-language"] {
            assert!(syntax(name).is_none(), "{name}");
        }
    }

    #[test]
    fn colours_have_contrast() {
        for (scope, colour, _) in GITHUB_LIGHT {
            let colour = parse_colour(colour).unwrap();
            let linear = |value: u8| {
                let value = f64::from(value) / 255.0;
                if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            let luminance = 0.2126f64
                .mul_add(linear(colour.r), 0.7152f64.mul_add(linear(colour.g), 0.0722 * linear(colour.b)));
            // The box is #f6f8fa.
            assert!((0.934 + 0.05) / (luminance + 0.05) >= 4.5, "{scope}");
        }
    }
}
