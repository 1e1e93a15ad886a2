//! Which documents there are, by every name a link can use.
//!
//! Must not know: what is in the documents.

use std::hash::{DefaultHasher, Hasher as _};
use std::sync::OnceLock;

use foldhash::{HashMap, HashMapExt as _};

use crate::ids::DocPath;
use crate::source::SourceFile;

/// Extensions that make a file a Markdown document in readers' eyes, walked or not.
const MARKDOWN: [&str; 4] = ["md", "markdown", "mdown", "mdx"];

/// The documents of the walk, as indices into its files.
#[derive(Debug)]
pub(super) struct Catalog<'a> {
    files: &'a [SourceFile],
    by_path: HashMap<&'a str, usize>,
    /// Without extension.
    by_stem: HashMap<&'a str, usize>,
    /// Folder → its index page.
    by_folder: HashMap<&'a str, usize>,
    /// File name → all documents called so.
    by_name: HashMap<&'a str, Vec<usize>>,
    /// Without extension and case, as hashes; most trees never ask.
    by_letters: OnceLock<HashMap<u64, usize>>,
    /// Name of a wiki's page → the document, if one alone is called so; most trees never ask.
    pages: OnceLock<HashMap<String, Option<usize>>>,
}

impl<'a> Catalog<'a> {
    /// Takes the walk's files, ordered by path.
    pub(super) fn new(files: &'a [SourceFile]) -> Self {
        let mut catalog = Self {
            files,
            by_path: HashMap::with_capacity(files.len()),
            by_stem: HashMap::with_capacity(files.len()),
            by_folder: HashMap::new(),
            by_name: HashMap::new(),
            by_letters: OnceLock::new(),
            pages: OnceLock::new(),
        };
        for (number, file) in files.iter().enumerate() {
            let path = file.path.as_str();
            catalog.by_path.insert(path, number);
            catalog.by_stem.entry(without_extension(path)).or_insert(number);
            catalog.by_name.entry(file.path.file_name()).or_default().push(number);
            // `index` sorts behind `README` and `_index` (Hugo, Zola), and stands for the folder before them.
            if is_index(&file.path) {
                let folder = file.path.folder();
                let taken = catalog.by_folder.get(folder).is_some_and(|_| file.path.stem() == "README");
                if !taken {
                    catalog.by_folder.insert(folder, number);
                }
            }
        }
        catalog
    }

    /// The document that a path below the root names: the file, the file without its extension, the folder of
    /// an index page, or the `.html` that other tools make of it.
    pub(super) fn document(&self, path: &str, folder: bool) -> Option<usize> {
        let index_page = || self.by_folder.get(path).copied();
        let stem = || self.by_stem.get(path).copied();
        let html = || {
            let path = path.strip_suffix(".html").or_else(|| path.strip_suffix(".htm"))?;
            self.by_stem.get(path).copied()
        };
        if folder {
            return index_page().or_else(stem).or_else(|| self.by_path.get(path).copied());
        }
        self.by_path.get(path).copied().or_else(stem).or_else(index_page).or_else(html)
    }

    /// The document whose path, with or without its extension, differs from this one in case alone.
    pub(super) fn in_any_case(&self, path: &str) -> Option<usize> {
        let stem = |number: usize| without_extension(self.path(number));
        let all = || (0..self.files.len()).rev().map(|number| (letters(stem(number)), number)).collect();
        let by_letters = self.by_letters.get_or_init(all);
        let mut found =
            [path, without_extension(path)].into_iter().filter_map(|path| by_letters.get(&letters(path)));
        let same = |number: usize| {
            [self.path(number), stem(number)].iter().any(|own| own.eq_ignore_ascii_case(path))
        };
        found.find(|number| same(**number)).copied()
    }

    /// The only document that wikis call so: case does not count, and hyphens stand for spaces.
    pub(super) fn page(&self, name: &str) -> Option<usize> {
        let pages = self.pages.get_or_init(|| {
            let mut pages = HashMap::new();
            for (number, file) in self.files.iter().enumerate() {
                let name = page_name(without_extension(file.path.file_name()));
                pages.entry(name).and_modify(|found| *found = None).or_insert(Some(number));
            }
            pages
        });
        pages.get(&page_name(name)).copied().flatten()
    }

    /// A document's path.
    pub(super) fn path(&self, document: usize) -> &'a str {
        self.files.get(document).map_or("", |file| file.path.as_str())
    }

    /// The index page of a folder.
    pub(super) fn index_page(&self, folder: &str) -> Option<usize> {
        self.by_folder.get(folder).copied()
    }

    /// All index pages.
    pub(super) fn index_pages(&self) -> impl Iterator<Item = usize> {
        self.by_folder.values().copied()
    }

    /// All documents with this file name.
    pub(super) fn named(&self, file_name: &str) -> &[usize] {
        self.by_name.get(file_name).map_or(&[], Vec::as_slice)
    }
}

/// A page's name as wikis compare it.
fn page_name(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// A hash of a path in which case does not count.
fn letters(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.bytes().for_each(|byte| hasher.write_u8(byte.to_ascii_lowercase()));
    hasher.finish()
}

/// Whether the document is the page of its folder: its title names the category, links to the folder lead to it.
pub(crate) fn is_index(path: &DocPath) -> bool {
    matches!(path.stem(), "index" | "_index" | "README")
}

/// The path without the extension of its last part.
pub(super) fn without_extension(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') && !stem.is_empty() && !stem.ends_with('/') => {
            stem
        }
        _ => path,
    }
}

/// The same for the extensions that documents have, and the pages that other tools make of them: what is called
/// `guide.pdf` is another file than `guide`.
pub(super) fn without_page_extension(path: &str) -> &str {
    let html = |extension: &str| ["htm", "html"].iter().any(|known| extension.eq_ignore_ascii_case(known));
    if path.rsplit_once('.').is_some_and(|(_, extension)| html(extension)) || is_markdown(path) {
        without_extension(path)
    } else {
        path
    }
}

/// Whether the name is that of a Markdown file.
pub(super) fn is_markdown(path: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, extension)| MARKDOWN.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DocumentId;

    #[test]
    fn every_way_to_name_a_document() {
        let paths = [
            "README.md",
            "a/README.md",
            "a/index.md",
            "a/v1.2.md",
            "b.md",
            "b/c.md",
            "d/README.md",
            "d/_index.md",
        ];
        let files: Vec<SourceFile> = paths
            .iter()
            .map(|path| SourceFile {
                path: DocPath::parse(path).unwrap(),
                absolute: camino::Utf8Path::new(path).into(),
                id: DocumentId::parse("x").unwrap(),
            })
            .collect();
        let catalog = Catalog::new(&files);
        let name = |path, folder| catalog.document(path, folder).map(|n| paths[n]);
        assert_eq!(name("a/v1.2.md", false), Some("a/v1.2.md"));
        assert_eq!(name("a/v1.2", false), Some("a/v1.2.md"));
        assert_eq!(name("a/v1.2.html", false), Some("a/v1.2.md"));
        assert_eq!(name("a", false), Some("a/index.md"));
        assert_eq!(name("a", true), Some("a/index.md"));
        assert_eq!(name("", true), Some("README.md"));
        assert_eq!(name("b", false), Some("b.md"));
        assert_eq!(name("b", true), Some("b.md"));
        assert_eq!(name("B.md", false), None);
        assert_eq!(name("d", true), Some("d/_index.md"));
        assert_eq!(catalog.in_any_case("A/V1.2.MD").map(|n| paths[n]), Some("a/v1.2.md"));
        assert_eq!(catalog.in_any_case("B/C").map(|n| paths[n]), Some("b/c.md"));
        assert_eq!(catalog.named("README.md").len(), 3);
    }
}
