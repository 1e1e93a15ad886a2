//! What formulas look like as text, and that nothing of them is lost.

use proptest::prelude::*;

use super::parse::parse;
use super::text::{self, Piece, Tag};
use crate::render::{Destination, Dialects, Input, Options, html};

/// The HTML of a formula without looks: `$…$` where it stands in a line, else by itself.
fn shown(source: &str, alone: bool) -> String {
    let document = if alone { format!("```math\n{source}\n```") } else { format!("${source}$") };
    let dialects = Dialects { math: true, ..Dialects::default() };
    let options = Options { dialects, ..Options::default() };
    let input = Input { text: &document, ..Input::default() };
    let page = html(input, &options, &mut |_| Destination::Plain);
    let mut plain = String::new();
    for (number, part) in page.split(" style=\"").enumerate() {
        plain.push_str(if number == 0 { part } else { part.split_once('"').unwrap().1 });
    }
    let begin = plain.find("class=\"kb-math\">").expect("a formula") + "class=\"kb-math\">".len();
    plain[begin..]
        .trim_end()
        .trim_end_matches("</p>")
        .trim_end_matches(if alone { "</div>" } else { "</span>" })
        .into()
}

/// Formulas as text, without the tags of italics: these are the letters.
fn line(source: &str) -> String {
    shown(source, false).replace("<i>", "").replace("</i>", "")
}

#[test]
fn formulas_read_as_text() {
    for (source, text) in [
        (r"x^2 \le \alpha", "x<sup>2</sup> ≤ α"),
        (r"e^{i\pi} + 1 = 0", "e<sup>iπ</sup> + 1 = 0"),
        (r"E=mc^2", "E = mc<sup>2</sup>"),
        (r"a_i, b_{ij}, c^{n+1}_k", "a<sub>i</sub>, b<sub>ij</sub>, c<sub>k</sub><sup>n+1</sup>"),
        (r"f''(x) = -x", "f′′(x) = −x"),
        (r"\frac ab + \frac{a+b}{2c}", "a/b + (a + b)/(2c)"),
        (r"\frac{1}{2}mv^2", "(1/2)mv<sup>2</sup>"),
        (r"\sum_{n=1}^\infty \frac1{n^2}", "∑<sub>n=1</sub><sup>∞</sup>\u{2009}1/n<sup>2</sup>"),
        (r"\sqrt{x} \ne \sqrt[3]{x+1} \cdot \sqrt[n]2", "√x ≠ ∛(x + 1) ⋅ <sup>n</sup>√2"),
        (r"\sin x + \log_2 n", "sin\u{2009}x + log<sub>2</sub>\u{2009}n"),
        (r"\text{rate} = \text{5 per cent}", "rate = 5 per cent"),
        (
            r"\mathbb{R}^n \subseteq \mathbb C, \mathcal{O}(n), \mathbf{v}",
            "ℝ<sup>n</sup> ⊆ ℂ, 𝒪(n), <b>v</b>",
        ),
        (r"\hat{x} + \bar y + \vec{AB}", "x\u{302} + y\u{304} + (AB)\u{20d7}"),
        (r"\left( \frac{a}{b} \right)^2", "(a/b)<sup>2</sup>"),
        (r"\left\lfloor x \right\rfloor, \left.y\right|_{x=0}", "⌊x⌋, y|<sub>x=0</sub>"),
        (r"A \cup B \setminus \{1, 2\} \to \emptyset", "A ∪ B ∖ {1, 2} → ∅"),
        (
            r"\ce{2H2O + SO4^{2-} <=> H3O+}",
            "2H<sub>2</sub>O + SO<sub>4</sub><sup>2−</sup> ⇌ H<sub>3</sub>O<sup>+</sup>",
        ),
        (r"95\% \approx \$1{,}000.50", "95% ≈ $1,000.50"),
        (r"x \not= y", "x =\u{338} y"),
        (r"n \bmod 2 \equiv 1 \pmod 4", "n mod 2 ≡ 1\u{2003}(mod 4)"),
        (r"\binom{n}{k} = {n! \over k!}", "(n choose k) = (n!)/(k!)"),
        (r"A \xrightarrow[T]{\Delta} B \overset{!}{=} C", "A →<sub>T</sub><sup>Δ</sup> B =<sup>!</sup> C"),
        (r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", "(a, b; c, d)"),
        (r"\begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}", "{1, x &gt; 0; 0, else"),
        (r"\Delta\Gamma \color{red}x \displaystyle y \label{a}", "ΔΓxy"),
        (r"größe \times Maß", "größe × Maß"),
        (r"\frac{a}{b} \tag{1}", "a/b\u{2003}(1)"),
        ("a % comment\nb", "ab"),
    ] {
        assert_eq!(line(source), text, "{source}");
    }
}

#[test]
fn titles_hold_formulas_without_tags() {
    for (source, text) in [
        (r"\alpha \le x^2", "α ≤ x²"),
        (r"x_{10}^{-1}, y^{n+1}, z_k", "x₁₀⁻¹, yⁿ⁺¹, z_k"),
        (r"e^{i\pi} = \frac{a}{b}", "e^(iπ) = a/b"),
        (r"a^{b^2}", "a^(b²)"),
        (r"\frac{a}{", r"\frac{a}{"),
    ] {
        assert_eq!(super::unstyled(source), text, "{source}");
    }
    let dialects = Dialects { math: true, ..Dialects::default() };
    let options = Options { dialects, ..Options::default() };
    let input = Input {
        text: "# The $\\alpha$ law\n\n[a](#the-alpha-law)\n",
        title_from_heading: true,
        ..Input::default()
    };
    let title = crate::render::outline(input, &options).title.unwrap();
    assert_eq!((&*title.text, &*title.id), ("The α law", "the-alpha-law"));
}

#[test]
fn letters_stand_in_italics_and_the_rest_upright() {
    assert_eq!(shown(r"2\pi r + \Gamma", false), "2<i>πr</i> + Γ");
    assert_eq!(shown(r"\mathrm{d}x, \mathit{ab}", false), "d<i>x</i>, <i>ab</i>");
    assert_eq!(shown(r"\boldsymbol{x1}, \mathtt{y}", false), "<b><i>x</i></b><b>1</b>, <tt>y</tt>");
}

#[test]
fn what_is_not_known_stays_as_it_is_written() {
    assert_eq!(line(r"\SI{5}{\kilo\metre} + x"), r"<tt>\SI{5}{\kilo\metre}</tt> + x");
    assert_eq!(line(r"\foo[a]{b} c"), r"<tt>\foo[a]{b}</tt>c");
    for whole in [
        r"\frac{a}{",
        r"a & b",
        r"\newcommand{\R}{x} \R",
        r"\begin{tikzcd} a \end{tikzcd}",
        r"\left( x",
        "a }",
    ] {
        assert_eq!(shown(whole, true), whole.replace('&', "&amp;"));
    }
    assert_eq!(shown(&r"\hat".repeat(200), true), r"\hat".repeat(200));
}

#[test]
fn rows_are_tables_where_the_formula_stands_by_itself() {
    assert_eq!(
        shown(r"A = \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", true),
        "<i>A</i> = <table class=\"kb-math-rows\"><tbody><tr><td>⎛</td><td>1</td><td>2</td><td>⎞</td></tr>\
         <tr><td>⎝</td><td>3</td><td>4</td><td>⎠</td></tr></tbody></table>"
    );
    assert_eq!(
        shown(r"\begin{aligned} a &= b \\ &= c \\ \end{aligned}", true),
        "<table class=\"kb-math-rows\"><tbody><tr><td><i>a</i></td><td>= <i>b</i></td></tr>\
         <tr><td></td><td>= <i>c</i></td></tr></tbody></table>"
    );
    assert_eq!(shown(r"a = 1 \\ b = 2", true), "<i>a</i> = 1<br><i>b</i> = 2");
}

#[test]
fn formulas_stand_where_a_block_may() {
    let page = |text: &str| {
        let dialects = Dialects { math: true, ..Dialects::default() };
        let options = Options { dialects, ..Options::default() };
        html(Input { text, ..Input::default() }, &options, &mut |_| Destination::Plain)
    };
    let alone = page("$$\nx\n$$\n");
    assert!(alone.starts_with("<div class=\"kb-math\"") && !alone.contains("<p"), "{alone}");
    let amid = page("so $$x$$ holds\n");
    assert!(
        amid.contains("so <span class=\"kb-math\" style=\"display:block"),
        "no block inside a paragraph: {amid}"
    );
}

/// What a formula is made of, and what stands for it.
const ATOMS: &[(&str, &str)] = &[
    ("a", "a"),
    ("b", "b"),
    ("7", "7"),
    ("=", "="),
    (r"\alpha ", "α"),
    (r"\infty ", "∞"),
    (r"\text{c d}", "c d"),
    (r"\ce{H2O}", "O"),
    (r"\operatorname{max}", "max"),
];

/// Formulas that can be read, of any depth.
fn formulas() -> impl Strategy<Value = String> {
    let atoms: Vec<&str> = ATOMS.iter().map(|(written, _)| *written).collect();
    prop::sample::select(atoms).prop_map(str::to_owned).prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..5).prop_map(|parts| parts.concat()),
            inner.clone().prop_map(|x| format!("{{{x}}}")),
            inner.clone().prop_map(|x| format!(r"\sqrt{{{x}}}")),
            inner.clone().prop_map(|x| format!(r"\hat{{{x}}}")),
            inner.clone().prop_map(|x| format!(r"\mathbf{{{x}}}")),
            inner.clone().prop_map(|x| format!(r"\left( {x} \right]")),
            inner.clone().prop_map(|x| format!(r"\sum_{{{x}}}")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!(r"\frac{{{x}}}{{{y}}}")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("{{{x}}}^{{{y}}}")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("{{{x}}}_{{{y}}}")),
            (inner.clone(), inner.clone()).prop_map(|(x, y)| format!("{{{x} \\over {y}}}")),
            (inner.clone(), inner)
                .prop_map(|(x, y)| format!(r"\begin{{pmatrix}} {x} & {y} \\ {y} & {x} \end{{pmatrix}}")),
        ]
    })
}

/// What a formula shows, or why its tags do not match.
fn typeset(source: &str, alone: bool) -> Option<String> {
    let nodes = parse(source)?;
    let mut open: Vec<Tag> = Vec::new();
    let mut seen = String::new();
    for piece in text::typeset(&nodes, alone) {
        match piece {
            Piece::Begin(tag) => open.push(tag),
            Piece::End(tag) => assert_eq!(open.pop(), Some(tag), "{source}"),
            Piece::Text(text, _) => seen.push_str(&text),
            Piece::Break => {}
        }
    }
    assert!(open.is_empty(), "{source}");
    Some(seen)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Formulas that can be read show each letter, digit and sign, as often as it is written.
    #[test]
    fn nothing_is_lost(source in formulas(), alone in any::<bool>()) {
        let seen = typeset(&source, alone);
        prop_assert!(seen.is_some(), "{} is read", source);
        // An accent stands behind each letter it is put on.
        let seen = seen.unwrap_or_default().replace('\u{302}', "");
        // Names of commands are no letters of the formula.
        let mut letters = source.clone();
        for (command, _) in ATOMS.iter().filter(|(written, _)| written.starts_with('\\')) {
            letters = letters.replace(command, "\0");
        }
        let letters: String = letters.split('\\').enumerate().map(|(number, part)| {
            if number == 0 { part } else { part.trim_start_matches(|c: char| c.is_ascii_alphabetic()) }
        }).collect::<String>().replace("{pmatrix}", "");
        for (written, shown) in ATOMS {
            let count = if written.starts_with('\\') { source.matches(written).count() } else { letters.matches(written).count() };
            let inside = if *shown == "a" { source.matches("{max}").count() } else { 0 };
            prop_assert_eq!(seen.matches(shown).count(), count + inside, "{} of {} in {}", shown, source, seen);
        }
    }

    /// Whatever is written, tags match.
    #[test]
    fn tags_match(parts in prop::collection::vec(
        prop::sample::select(&[
            "a", "7", "{b}", "^", "_", r"\frac ", r"\sqrt ", r"\left(", r"\right)", "'", r"\hat ", " ", "+", "=",
            r"\unknown ", r"\text{c d}", r"\begin{matrix}", r"\end{matrix}", "&", r"\\", "{", "}", r"\mathbf ", "(",
            ",", r"\alpha ", r"\ce{H2O}", r"\over ", "[", "]", r"\sum ",
        ][..]), 0..12), alone in any::<bool>())
    {
        let _ = typeset(&parts.concat(), alone);
    }
}
