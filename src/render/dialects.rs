//! Which dialects of Markdown are read, in one place. CommonMark and GFM (tables, strikethrough, task lists,
//! bare URLs, footnotes, alerts) always are; what is not switched on is left readable as it was written.

/// Extensions beyond GFM. By default those are on whose marks no prose has by accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Dialects {
    /// `!!! note "Title"` and collapsible `??? note`, content indented by four (MkDocs). Default on.
    pub admonitions: bool,
    /// `:::note[Title]` … `:::` (Docusaurus), `::: {.note}` (Pandoc) and `:::image`, `:::row` (DocFX). Default on.
    pub directives: bool,
    /// `=== "Label"`, content indented by four (MkDocs): labelled sections one below the other. Default on.
    pub tabs: bool,
    /// `{#id}` behind a heading. Default on.
    pub heading_attributes: bool,
    /// `{ .class width=300 }` behind a link, an image or a word (MkDocs, Jekyll). Default on.
    pub attribute_lists: bool,
    /// `[!INCLUDE [x](file)]` (DocFX), `--8<-- "file"` (MkDocs), `{{#include file}}` (mdBook). Default on.
    pub includes: bool,
    /// `:smile:` as GitHub names emoji. Default on.
    pub emoji: bool,
    /// `*[HTML]: Hyper Text Markup Language` (MkDocs, Kramdown). Default on.
    pub abbreviations: bool,
    /// `++ctrl+alt+del++` (MkDocs). Default on.
    pub keys: bool,
    /// `==marked==` and `^^inserted^^` (MkDocs, Obsidian). Default on.
    pub marks: bool,
    /// `{++inserted++}`, `{--deleted--}`, `{~~old~>new~~}`, `{==marked==}`, `{>>comment<<}`. Default on.
    pub critic_markup: bool,
    /// `{% hint style="info" %}` … `{% endhint %}`, and tabs (GitBook). Default on.
    pub gitbook: bool,
    /// Fences named `{note}`, and `` {kbd}`Ctrl` `` (MyST, Jupyter Book). Default on.
    pub myst: bool,
    /// A term, and `: definition` on the next line. Default off.
    pub definition_lists: bool,
    /// TeX between `$` and `$$`. Default off: shell variables look alike. Fences named `math` always count.
    pub math: bool,
    /// `H~2~O` and `x^2^`. Default off: `~x~` is struck through on GitHub.
    pub sub_superscript: bool,
    /// `[[page]]` and `[[page|text]]`. Default off.
    pub wiki_links: bool,
}

impl Default for Dialects {
    fn default() -> Self {
        Self {
            admonitions: true,
            directives: true,
            tabs: true,
            heading_attributes: true,
            attribute_lists: true,
            includes: true,
            emoji: true,
            abbreviations: true,
            keys: true,
            marks: true,
            critic_markup: true,
            gitbook: true,
            myst: true,
            definition_lists: false,
            math: false,
            sub_superscript: false,
            wiki_links: false,
        }
    }
}

impl Dialects {
    /// The names that configuration uses, in alphabetical order.
    pub const NAMES: &[&str] = &[
        "abbreviations",
        "admonitions",
        "attribute-lists",
        "critic-markup",
        "definition-lists",
        "directives",
        "emoji",
        "gitbook",
        "heading-attributes",
        "includes",
        "keys",
        "marks",
        "math",
        "myst",
        "sub-superscript",
        "tabs",
        "wiki-links",
    ];

    /// Only CommonMark and GFM.
    pub const fn none() -> Self {
        Self {
            admonitions: false,
            directives: false,
            tabs: false,
            heading_attributes: false,
            attribute_lists: false,
            includes: false,
            emoji: false,
            abbreviations: false,
            keys: false,
            marks: false,
            critic_markup: false,
            gitbook: false,
            myst: false,
            definition_lists: false,
            math: false,
            sub_superscript: false,
            wiki_links: false,
        }
    }

    /// The switch of this name, to turn it; `None` for a name that is not in [`Self::NAMES`].
    pub fn switch(&mut self, name: &str) -> Option<&mut bool> {
        Some(match name {
            "abbreviations" => &mut self.abbreviations,
            "admonitions" => &mut self.admonitions,
            "attribute-lists" => &mut self.attribute_lists,
            "critic-markup" => &mut self.critic_markup,
            "definition-lists" => &mut self.definition_lists,
            "directives" => &mut self.directives,
            "emoji" => &mut self.emoji,
            "gitbook" => &mut self.gitbook,
            "heading-attributes" => &mut self.heading_attributes,
            "includes" => &mut self.includes,
            "keys" => &mut self.keys,
            "marks" => &mut self.marks,
            "math" => &mut self.math,
            "myst" => &mut self.myst,
            "sub-superscript" => &mut self.sub_superscript,
            "tabs" => &mut self.tabs,
            "wiki-links" => &mut self.wiki_links,
            _ => return None,
        })
    }

    /// The parser's extensions. They are named one by one: its `all()` has old-style footnotes too.
    pub(super) fn parser(self) -> pulldown_cmark::Options {
        use pulldown_cmark::Options as P;
        let mut options = P::ENABLE_TABLES
            | P::ENABLE_FOOTNOTES
            | P::ENABLE_STRIKETHROUGH
            | P::ENABLE_TASKLISTS
            | P::ENABLE_GFM;
        options.set(P::ENABLE_HEADING_ATTRIBUTES, self.heading_attributes);
        options.set(P::ENABLE_DEFINITION_LIST, self.definition_lists);
        options.set(P::ENABLE_MATH, self.math);
        options.set(P::ENABLE_SUBSCRIPT | P::ENABLE_SUPERSCRIPT, self.sub_superscript);
        options.set(P::ENABLE_WIKILINKS, self.wiki_links);
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_turns_one_switch() {
        let mut dialects = Dialects::none();
        for name in Dialects::NAMES {
            *dialects.switch(name).unwrap() = true;
        }
        assert_eq!(format!("{dialects:?}").matches("true").count(), Dialects::NAMES.len());
        assert!(dialects.switch("comic-sans").is_none());
    }
}
