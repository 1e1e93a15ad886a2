//! Keys on a keyboard: `++ctrl+alt+del++` (MkDocs).
//!
//! Must not know: how keys look.

use pulldown_cmark::CowStr;

use super::builder::Builder;
use crate::render::theme::Role;
use crate::render::tree::{Element, Kind};

/// What begins and ends a combination.
const MARK: &str = "++";

/// Longest combination, in bytes.
const LONGEST: usize = 120;

/// Keys by what writers call them, and what stands on them. Sorted.
const KEYS: &[(&str, &str)] = &[
    ("alt", "Alt"),
    ("alt-graph", "AltGr"),
    ("altgr", "AltGr"),
    ("apostrophe", "'"),
    ("arrow-down", "↓"),
    ("arrow-left", "←"),
    ("arrow-right", "→"),
    ("arrow-up", "↑"),
    ("asterisk", "*"),
    ("at", "@"),
    ("back", "Back"),
    ("backslash", "\\"),
    ("backspace", "Backspace"),
    ("backtab", "⇤"),
    ("bar", "|"),
    ("bksp", "Backspace"),
    ("brace-left", "{"),
    ("brace-right", "}"),
    ("bracket-left", "["),
    ("bracket-right", "]"),
    ("break", "Break"),
    ("browser-back", "Back"),
    ("browser-forward", "Forward"),
    ("browser-home", "Home"),
    ("browser-refresh", "Refresh"),
    ("caps", "Caps Lock"),
    ("caps-lock", "Caps Lock"),
    ("capslock", "Caps Lock"),
    ("clear", "Clear"),
    ("cmd", "⌘ Cmd"),
    ("colon", ":"),
    ("comma", ","),
    ("command", "⌘ Cmd"),
    ("context-menu", "Menu"),
    ("control", "Ctrl"),
    ("ctrl", "Ctrl"),
    ("del", "Del"),
    ("delete", "Del"),
    ("divide", "/"),
    ("dollar", "$"),
    ("down", "↓"),
    ("eject", "Eject"),
    ("end", "End"),
    ("enter", "Enter"),
    ("equal", "="),
    ("esc", "Esc"),
    ("escape", "Esc"),
    ("exclam", "!"),
    ("fn", "Fn"),
    ("grave", "`"),
    ("greater", ">"),
    ("help", "Help"),
    ("home", "Home"),
    ("hyper", "Hyper"),
    ("hyphen", "-"),
    ("ins", "Ins"),
    ("insert", "Ins"),
    ("left", "←"),
    ("left-alt", "Left Alt"),
    ("left-control", "Left Ctrl"),
    ("left-ctrl", "Left Ctrl"),
    ("left-shift", "Left Shift"),
    ("left-win", "Left Win"),
    ("left-windows", "Left Win"),
    ("less", "<"),
    ("menu", "Menu"),
    ("meta", "Meta"),
    ("minus", "-"),
    ("num-enter", "Num Enter"),
    ("num-lock", "Num Lock"),
    ("num-plus", "Num +"),
    ("numlock", "Num Lock"),
    ("opt", "⌥ Option"),
    ("option", "⌥ Option"),
    ("page-down", "Page Down"),
    ("page-up", "Page Up"),
    ("pagedown", "Page Down"),
    ("pageup", "Page Up"),
    ("pause", "Pause"),
    ("percent", "%"),
    ("period", "."),
    ("pg-dn", "Page Down"),
    ("pg-up", "Page Up"),
    ("pgdn", "Page Down"),
    ("pgup", "Page Up"),
    ("pipe", "|"),
    ("plus", "+"),
    ("pound", "#"),
    ("power", "Power"),
    ("print-screen", "Print Screen"),
    ("printscreen", "Print Screen"),
    ("prtsc", "Print Screen"),
    ("question", "?"),
    ("quote", "\""),
    ("return", "Return"),
    ("right", "→"),
    ("right-alt", "Right Alt"),
    ("right-control", "Right Ctrl"),
    ("right-ctrl", "Right Ctrl"),
    ("right-shift", "Right Shift"),
    ("right-win", "Right Win"),
    ("right-windows", "Right Win"),
    ("scroll-lock", "Scroll Lock"),
    ("semicolon", ";"),
    ("shift", "Shift"),
    ("slash", "/"),
    ("space", "Space"),
    ("spacebar", "Space"),
    ("super", "Super"),
    ("tab", "Tab"),
    ("tilde", "~"),
    ("underscore", "_"),
    ("up", "↑"),
    ("win", "Win"),
    ("windows", "Win"),
];

/// What a text of keys is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Keys<'t> {
    /// What stands on each, and the length of all.
    Known(Vec<CowStr<'t>>, usize),
    /// It names keys, but this one nobody knows.
    Unknown(&'t str),
}

/// Reads the combination that a text begins with.
pub(super) fn read(text: &str) -> Option<Keys<'_>> {
    let mut rest = text.strip_prefix(MARK)?;
    let (mut keys, mut known, mut unknown) = (Vec::new(), false, None);
    loop {
        let first = *rest.as_bytes().first()?;
        let (key, after) = if matches!(first, b'"' | b'\'') {
            let (written, after) = rest[1..].split_once(char::from(first))?;
            known = true;
            (Some(CowStr::Borrowed(written)), after)
        } else {
            let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            let length = rest.bytes().take_while(|b| plain(b)).count();
            let (name, after) = rest.split_at(length);
            let key = label(name);
            known |= key.is_some() && length > 1;
            if key.is_none() {
                unknown = unknown.or(Some(name));
            }
            (key, after)
        };
        let length = text.len() - after.len();
        if length > LONGEST || (after.len() == rest.len()) {
            return None;
        }
        keys.extend(key);
        rest = after.strip_prefix('+')?;
        if let Some(after) = rest.strip_prefix('+') {
            let free = !after.starts_with(|c: char| c == '+' || c.is_alphanumeric());
            return match unknown {
                None if free => Some(Keys::Known(keys, text.len() - after.len())),
                // A single word between the marks may be anything.
                Some(name) if free && known => Some(Keys::Unknown(name)),
                _ => None,
            };
        }
    }
}

/// What stands on a key of this name: letters, digits and `f1` to `f24` need no table.
fn label(name: &str) -> Option<CowStr<'static>> {
    let name = name.to_ascii_lowercase().replace('_', "-");
    if let Ok(at) = KEYS.binary_search_by(|(known, _)| (*known).cmp(&name)) {
        return KEYS.get(at).map(|(_, label)| CowStr::Borrowed(label));
    }
    let digits = name.strip_prefix("num").unwrap_or(&name);
    let number = name.strip_prefix('f').and_then(|number| number.parse::<u8>().ok());
    let shown = name.len() == 1 && name.bytes().all(|b| b.is_ascii_alphanumeric())
        || number.is_some_and(|number| (1..=24).contains(&number))
        || digits.len() == 1 && digits.len() < name.len() && digits.bytes().all(|b| b.is_ascii_digit());
    match digits.len() < name.len() {
        true if shown => Some(CowStr::from(format!("Num {digits}"))),
        false if shown => Some(CowStr::from(name.to_ascii_uppercase())),
        _ => None,
    }
}

/// Puts keys into the tree, with `+` between them.
pub(super) fn add<'a>(builder: &mut Builder<'a>, keys: Vec<CowStr<'a>>, offset: usize) {
    for (number, key) in keys.into_iter().enumerate() {
        if number > 0 {
            builder.leaf(Kind::Text(CowStr::Borrowed("+")), offset);
        }
        builder.open(Kind::Element(Element::new("span", Role::Key).with("class", "kb-key")), offset);
        builder.leaf(Kind::Text(key), offset);
        builder.close_markdown();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_are_read() {
        assert!(KEYS.is_sorted_by(|a, b| a.0 < b.0));
        let known = |text| match read(text) {
            Some(Keys::Known(keys, length)) => Some((keys.join(" "), length)),
            _ => None,
        };
        assert_eq!(known("++ctrl+alt+del++ x"), Some(("Ctrl Alt Del".to_owned(), 16)));
        assert_eq!(known("++f12+num7+a++"), Some(("F12 Num 7 A".to_owned(), 14)));
        assert_eq!(known("++Page_Up+\"Save as\"++."), Some(("Page Up Save as".to_owned(), 21)));
        for prose in
            ["++", "++i", "++i and j++", "++a++b", "++f99++", "++word++", "+++a++", "++a+++", "++\"a++"]
        {
            assert_eq!(read(prose), None, "{prose}");
        }
        assert_eq!(read("++ctrl+whatever++"), Some(Keys::Unknown("whatever")));
    }
}
