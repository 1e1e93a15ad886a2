//! What documents say: one of few forms each, so that shrunk examples stay readable.

use proptest::prelude::*;
use proptest::sample::select;

/// Documents of a tree, by number.
pub(crate) const DOCUMENTS: usize = 5;

/// The document that may be a translation of the first one.
const TRANSLATION: usize = 4;

/// What stands in a document.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    title: &'static str,
    text: &'static str,
    /// The document that it links to.
    pub(crate) link: Option<usize>,
    picture: bool,
    status: Option<&'static str>,
    keywords: Option<&'static str>,
    category: Option<&'static str>,
    base: Option<&'static str>,
    /// It has a `kb.id` of its own instead of its path's; the other id is its alias.
    named: bool,
    /// Where it is the one that may be, it is a translation of the first one.
    pub(crate) translates: bool,
}

pub(crate) fn path(document: usize) -> String {
    let folder = ["", "guides/", "guides/deep/", "", "plain/"][document];
    format!("{folder}d{document}.md")
}

/// All ids that a document can have.
pub(crate) fn ids(document: usize) -> [String; 2] {
    [path(document).trim_end_matches(".md").to_owned(), format!("kept-{document}")]
}

impl Form {
    /// The title of the document that has this form.
    pub(crate) fn title(&self, own: usize) -> String {
        format!("{} {own}", self.title)
    }

    /// The base that it names, if any.
    pub(crate) fn base(&self) -> &'static str {
        self.base.unwrap_or("IT")
    }

    /// Without what leads to documents that are not there.
    pub(crate) fn among(&self, there: impl Fn(usize) -> bool) -> Self {
        let link = self.link.filter(|to| there(*to));
        Self { link, translates: self.translates && there(0), ..self.clone() }
    }

    /// The file; `first` is the first document's form, where that is there.
    pub(crate) fn markdown(&self, own: usize, first: Option<&Self>) -> String {
        let up = "../".repeat(path(own).matches('/').count());
        let [by_path, kept] = ids(own);
        let mut front = format!("title: {}\n", self.title(own));
        front.extend(self.keywords.map(|words| format!("keywords: [{words}]\n")));
        front.push_str("kb:\n  publish: true\n");
        front.extend(self.named.then(|| format!("  id: {kept}\n")));
        front.extend([format!("  aliases: [{}]\n", if self.named { by_path } else { kept })]);
        front.extend(self.status.map(|status| format!("  status: {status}\n")));
        front.extend(self.category.map(|category| format!("  category: {category}\n")));
        front.extend(self.base.map(|base| format!("  knowledge_base: {base}\n")));
        let first = first.filter(|_| self.translates && own == TRANSLATION);
        front.extend(first.map(|first| {
            format!("  language: de\n  translation_of: {}\n", ids(0)[usize::from(first.named)])
        }));
        let mut text = format!("---\n{front}---\n{}\n", self.text);
        text.extend(
            self.link.filter(|to| *to != own).map(|to| format!("\nSee [other]({up}{}).\n", path(to))),
        );
        if self.picture {
            text.extend(["\n![net](", &up, "net.png)\n"]);
        }
        text
    }
}

pub(crate) fn form() -> impl Strategy<Value = Form> {
    let texts = [
        "One word.",
        "Another word.",
        "# Head\n\n| a | b |\n|---|---|\n| 1 | 2 |",
        "- x\n- y\n\n> q &amp; <b>z</b>",
        "```sh\nls -l | wc # x\n```",
    ];
    let said = (
        select(&["Page", "Sheet"][..]),
        select(texts.to_vec()),
        proptest::option::of(0..DOCUMENTS),
        any::<bool>(),
    );
    let managed = (
        proptest::option::of(select(&["draft", "published"][..])),
        proptest::option::of(select(&["vpn", "vpn, home"][..])),
        proptest::option::of(select(&["Own", "Own / Deep"][..])),
        proptest::option::weighted(0.2, Just("Knowledge")),
        proptest::bool::weighted(0.2),
        proptest::bool::weighted(0.3),
    );
    (said, managed).prop_map(
        |((title, text, link, picture), (status, keywords, category, base, named, translates))| Form {
            title,
            text,
            link,
            picture,
            status,
            keywords,
            category,
            base,
            named,
            translates,
        },
    )
}
