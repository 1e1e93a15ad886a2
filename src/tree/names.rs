//! Names of attachments: any system, any URL, any mail can hold them (protocol §5.4).

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::ids::Digest;

/// Longest stem, so that the whole stays far below the 100 characters of `sys_attachment.file_name`.
const LONGEST_STEM: usize = 60;

/// `<stem>-<first 8 hex of the digest>.<ext>`, of `A-Z a-z 0-9 _ -` and one dot. `number` above 1 tells apart two
/// files whose names and digests begin alike.
pub(super) fn attachment_name(file_name: &str, digest: &Digest, number: usize) -> String {
    let (stem, extension) = match file_name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, extension),
        _ => (file_name, ""),
    };
    let mut stem = clean(stem);
    stem.truncate(LONGEST_STEM);
    let stem = stem.trim_matches('-');
    let stem = if stem.is_empty() { "file" } else { stem };
    let extension: String =
        clean(extension).to_ascii_lowercase().chars().filter(|c| *c != '-').take(12).collect();
    let number = if number > 1 { format!("-{number}") } else { String::new() };
    let dot = if extension.is_empty() { "" } else { "." };
    format!("{stem}{number}-{}{dot}{extension}", digest.prefix(8))
}

/// Letters without their marks, the rest as single hyphens.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => out.push(letter),
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'Æ' => out.push_str("AE"),
            'œ' => out.push_str("oe"),
            'Œ' => out.push_str("OE"),
            'ø' => out.push('o'),
            'Ø' => out.push('O'),
            'đ' | 'ð' => out.push('d'),
            'Đ' | 'Ð' => out.push('D'),
            'ł' => out.push('l'),
            'Ł' => out.push('L'),
            'þ' => out.push_str("th"),
            'Þ' => out.push_str("Th"),
            'ı' => out.push('i'),
            _ if out.ends_with('-') || out.is_empty() => {}
            _ => out.push('-'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(file: &str) -> String {
        attachment_name(file, &Digest::of(b"x"), 1).replace(&Digest::of(b"x").prefix(8), "#")
    }

    #[test]
    fn names_are_plain() {
        assert_eq!(name("net.png"), "net-#.png");
        assert_eq!(name("Größe & Maß (2).PNG"), "Grosse-Mass-2-#.png");
        assert_eq!(name("a.b.tar.gz"), "a-b-tar-#.gz");
        assert_eq!(name("图.svg"), "file-#.svg");
        assert_eq!(name("LICENSE"), "LICENSE-#");
        assert_eq!(name(".env"), "env-#");
        assert_eq!(name("a\u{308}.png"), name("ä.png"), "NFD and NFC names are one");
        assert!(attachment_name(&"x".repeat(300), &Digest::of(b"x"), 1).len() < 90);
        assert!(attachment_name("a.png", &Digest::of(b"x"), 2).starts_with("a-2-"));
    }
}
