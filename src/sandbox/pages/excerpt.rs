//! Short pieces of text: cut at a word, taken from around a word, with words marked.

use super::markup::{Html, html};

/// Letters before the found word in an excerpt.
const BEFORE: usize = 60;

/// The first letters of a text, at most `most` and whole words, with `…` where something is missing.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => {
            let whole = text[..at].rfind(' ').unwrap_or(at);
            format!("{}…", text[..whole].trim_end())
        }
    }
}

/// The part of a text that begins shortly before a lower-case word.
pub(super) fn around(text: &str, word: &str) -> String {
    let at = find(text, word).map_or(0, |(at, _)| at);
    let start = text[..at].char_indices().rev().nth(BEFORE).map_or(0, |(start, _)| start);
    let start =
        if start == 0 { 0 } else { text[start..at].find(' ').map_or(start, |space| start + space + 1) };
    let rest = cut(&text[start..], 200);
    if start == 0 { rest } else { format!("…{rest}") }
}

/// The text with all of the lower-case words marked.
pub(super) fn marked(text: &str, words: &[String]) -> Html {
    let mut out = Html::default();
    let mut rest = text;
    loop {
        let next = words
            .iter()
            .filter(|word| !word.is_empty())
            .filter_map(|word| find(rest, word))
            .min_by_key(|(at, length)| (*at, std::cmp::Reverse(*length)));
        let Some((at, length)) = next else { break };
        out.push(&html!("{}<mark>{}</mark>", &rest[..at], &rest[at..at + length]));
        rest = &rest[at + length..];
    }
    out.push(&html!("{}", rest));
    out
}

/// Where a lower-case word stands in a text of any case, and how many bytes it takes there.
///
/// Letter by letter, as lower case may be longer than upper: an offset in one is none in the other.
fn find(text: &str, word: &str) -> Option<(usize, usize)> {
    text.char_indices().find_map(|(at, _)| {
        let mut wanted = word.chars();
        let mut next = wanted.next();
        let mut length = 0;
        for letter in text[at..].chars() {
            if next.is_none() {
                break;
            }
            for lower in letter.to_lowercase() {
                if next != Some(lower) {
                    return None;
                }
                next = wanted.next();
            }
            length += letter.len_utf8();
        }
        (next.is_none() && length > 0).then_some((at, length))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_found_in_any_case_and_alphabet() {
        let words = ["vpn".to_owned(), "größe".to_owned()];
        assert_eq!(
            marked("The VPN <Größe>", &words).into_string(),
            "The <mark>VPN</mark> &lt;<mark>Größe</mark>&gt;"
        );
        assert_eq!(find("İstanbul x", "x"), Some((10, 1)));
    }

    #[test]
    fn an_excerpt_begins_at_a_word_before_the_found_one() {
        let text = format!("{}needle in the rest", "straw ".repeat(50));
        let found = around(&text, "needle");
        assert!(found.starts_with("…straw") && found.contains("needle in the rest"), "{found}");
        assert_eq!(around("needle", "needle"), "needle");
    }

    #[test]
    fn a_cut_ends_with_a_whole_word() {
        assert_eq!(cut("one two three", 9), "one two…");
        assert_eq!(cut("onetwothree", 4), "onet…");
        assert_eq!(cut("short", 10), "short");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_by_marking(text in "\\PC{0,40}", word in "\\PC{0,4}") {
            let word = word.to_lowercase();
            let html = marked(&text, &[word]).into_string();
            let plain = html.replace("<mark>", "").replace("</mark>", "");
            prop_assert_eq!(plain, html!("{}", text).into_string());
        }
    }
}
