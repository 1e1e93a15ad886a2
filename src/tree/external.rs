//! Links of the tree to other hosts, each with its place. They are read anew: the tree does not keep where a link of an
//! included file stands.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::RenderedTree;
use super::draft::input;
use super::folders::Folders;
use super::includes::Snippets;
use super::load::options;
use crate::config::Settings;
use crate::finding::Position;
use crate::ids::{DocPath, display_path};
use crate::source::{self, SourceFile};
use crate::text::Lines;
use crate::{parallel, render};

/// A place that names a URL.
#[derive(Debug, Clone)]
pub struct UrlPlace {
    /// The file, as reports show it.
    pub path: Utf8PathBuf,
    /// Where in it.
    pub position: Position,
    /// The line.
    pub excerpt: Option<String>,
}

/// Every `http` and `https` URL that documents of the tree link to or show, without its fragment, and where.
pub fn external_urls(settings: &Settings, tree: &RenderedTree) -> BTreeMap<String, Vec<UrlPlace>> {
    let mut urls: BTreeMap<String, Vec<UrlPlace>> = BTreeMap::new();
    let Ok(root) = settings.source.absolute_root.canonicalize_utf8() else { return urls };
    let folders = Folders::new(&root);
    let options = options(settings);
    let found = parallel::map(tree.documents.len(), |number| {
        let document = &tree.documents[number];
        let file = SourceFile {
            path: document.path.clone(),
            absolute: document.absolute.clone(),
            id: document.id.clone(),
        };
        let Ok(read) = source::read(&file, &settings.source) else { return Vec::new() };
        let snippets = Snippets::new(&folders, &settings.source, &document.path);
        let outline = render::outline(input(&read, document.title_from_heading, None, &snippets), &options);
        let lines = Lines::new(&read.text);
        let place = |reference: render::Reference| {
            let url = external(&reference)?;
            let included = reference.included.as_deref().and_then(|path| DocPath::parse(path).ok());
            let place = UrlPlace {
                path: display_path(&settings.source.root, included.as_ref().unwrap_or(&document.path)),
                position: reference.position,
                excerpt: match &included {
                    Some(path) => snippets.excerpt(path.as_str(), reference.position),
                    None => lines.excerpt(reference.position),
                },
            };
            Some((url, place))
        };
        outline.references.into_iter().filter_map(place).collect()
    });
    for (url, place) in found.into_iter().flatten() {
        urls.entry(url).or_default().push(place);
    }
    urls
}

/// The URL of a reference to another host.
fn external(reference: &render::Reference) -> Option<String> {
    if matches!(reference.kind, render::ReferenceKind::Drawing | render::ReferenceKind::InlineDrawing) {
        return None;
    }
    let url = url::Url::parse(reference.destination.trim()).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    web.then(|| {
        let mut url = url;
        url.set_fragment(None);
        url.into()
    })
}
