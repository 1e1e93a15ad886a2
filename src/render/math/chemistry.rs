//! Chemical formulas as mhchem's `\ce{…}` writes them: the part of it that text shows.
//!
//! Must not know: the rest of TeX.

use super::node::{Node, Scripts};
use super::symbols::Class;

/// Arrows and bonds, the longer ones first.
const ARROWS: &[(&str, &str)] =
    &[("<=>>", "⇌"), ("<<=>", "⇌"), ("<-->", "⇄"), ("<=>", "⇌"), ("<->", "↔"), ("->", "→"), ("<-", "←")];

/// The nodes of a chemical formula.
pub(super) fn read(source: &str) -> Vec<Node<'_>> {
    let mut nodes = Vec::new();
    for word in source.split_whitespace() {
        if !nodes.is_empty() {
            nodes.push(Node::Space(" "));
        }
        match word {
            "v" | "(v)" => nodes.push(sign("↓")),
            "^" | "(^)" => nodes.push(sign("↑")),
            "+" | "*" | "." => nodes.push(sign(if word == "+" { "+" } else { "·" })),
            word => read_word(word, &mut nodes),
        }
    }
    nodes
}

fn sign(sign: &'static str) -> Node<'static> {
    Node::Sign(sign.into(), Class::Ordinary)
}

fn read_word<'a>(word: &'a str, nodes: &mut Vec<Node<'a>>) {
    let mut rest = word;
    // Digits count what stands before them; at the beginning they count molecules.
    let mut counted = false;
    while let Some(first) = rest.chars().next() {
        let arrow = ARROWS.iter().find(|(written, _)| rest.starts_with(written));
        let length = match first {
            _ if arrow.is_some() => arrow.map_or(1, |(written, sign_there)| {
                nodes.push(sign(sign_there));
                written.len()
            }),
            '^' | '_' => {
                let (script, length) = script(rest);
                attach(nodes, first == '^', script);
                length
            }
            '0'..='9' => {
                let length = rest.bytes().take_while(u8::is_ascii_digit).count();
                if counted {
                    attach(nodes, false, &rest[..length]);
                } else {
                    nodes.push(Node::Text(rest[..length].into()));
                }
                length
            }
            '+' | '-' if counted && rest.len() == 1 => {
                attach(nodes, true, if first == '+' { "+" } else { "−" });
                1
            }
            '-' | '=' | '#' => {
                nodes.push(sign(match first {
                    '-' => "–",
                    '=' => "=",
                    _ => "≡",
                }));
                1
            }
            '*' => {
                nodes.push(sign("·"));
                1
            }
            '{' | '}' | '$' => 1,
            first => {
                nodes.push(Node::Text(rest[..first.len_utf8()].into()));
                first.len_utf8()
            }
        };
        counted = match first {
            ')' | ']' => true,
            '^' | '_' | '0'..='9' => counted,
            first => first.is_alphabetic(),
        };
        rest = &rest[length..];
    }
}

/// The text of a script, and the bytes it takes: a group in braces, or signs and digits.
fn script(rest: &str) -> (&str, usize) {
    let inner = &rest[1..];
    if let Some(group) = inner.strip_prefix('{') {
        let end = group.find('}').unwrap_or(group.len());
        return (&group[..end], (end + 3).min(rest.len()));
    }
    let length =
        inner.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-')).count();
    (&inner[..length], length + 1)
}

/// Sets a script at what stands last.
fn attach<'a>(nodes: &mut Vec<Node<'a>>, above: bool, script: &'a str) {
    let script = Node::Text(script.replace('-', "−").into());
    if !matches!(nodes.last(), Some(Node::Scripts(_))) {
        let base: Vec<_> = nodes.pop_if(|last| matches!(last, Node::Text(_))).into_iter().collect();
        nodes.push(Node::Scripts(Box::new(Scripts { base, ..Scripts::default() })));
    }
    if let Some(Node::Scripts(scripts)) = nodes.last_mut() {
        if above { scripts.above.push(script) } else { scripts.below.push(script) }
    }
}
