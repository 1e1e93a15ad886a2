//! "Did you mean …?": what a broken link probably meant.

use super::catalog::Catalog;
use super::folders::Folders;
use crate::ids::DocPath;
use crate::render::Anchors;
use crate::text;

/// More documents of one name than this are not a hint.
const MOST_NAMESAKES: usize = 3;

/// A document or file near the missing one: by the same path in another case, by a similar name in the same folder, or
/// by the same name elsewhere.
pub(super) fn document(
    catalog: &Catalog<'_>,
    folders: &Folders,
    from: &DocPath,
    missing: &str,
) -> Option<String> {
    if let Some(document) = catalog.in_any_case(missing) {
        return Some(format!("did you mean `{}`?", relative(from.folder(), catalog.path(document))));
    }
    if let Some(near) = file(folders, from, missing) {
        return Some(near);
    }
    let name = missing.rsplit_once('/').map_or(missing, |(_, name)| name);
    let markdown = format!("{name}.md");
    let same =
        [name, markdown.as_str()].into_iter().map(|name| catalog.named(name)).find(|all| !all.is_empty())?;
    match same {
        [] => None,
        same if same.len() > MOST_NAMESAKES || name.eq_ignore_ascii_case("index.md") => None,
        same => {
            let paths: Vec<String> =
                same.iter().map(|document| relative(from.folder(), catalog.path(*document))).collect();
            Some(format!("did you mean {}?", text::list_quoted(&paths, "or")))
        }
    }
}

/// A file with a similar name in the folder that the missing one would be in.
pub(super) fn file(folders: &Folders, from: &DocPath, missing: &str) -> Option<String> {
    let (folder, name) = missing.rsplit_once('/').unwrap_or(("", missing));
    let listing = folders.listing(folder)?;
    let near = text::nearest(name, listing.files().iter().map(AsRef::as_ref))?;
    let path = if folder.is_empty() { near.to_owned() } else { format!("{folder}/{near}") };
    Some(format!("did you mean `{}`?", relative(from.folder(), &path)))
}

/// An anchor with a similar name.
pub(super) fn anchor(missing: &str, anchors: &Anchors) -> Option<String> {
    text::nearest(missing, anchors.iter()).map(|near| format!("did you mean `#{near}`?"))
}

/// The path as it is written in a document of the folder.
pub(super) fn relative(folder: &str, path: &str) -> String {
    let from: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let to: Vec<&str> = path.split('/').collect();
    let common = from.iter().zip(&to[..to.len() - 1]).take_while(|(one, other)| one == other).count();
    let mut parts = vec![".."; from.len() - common];
    parts.extend(&to[common..]);
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_as_short_as_they_can_be() {
        assert_eq!(relative("", "a/b.md"), "a/b.md");
        assert_eq!(relative("a", "a/b.md"), "b.md");
        assert_eq!(relative("a/c", "a/b.md"), "../b.md");
        assert_eq!(relative("x/y", "a/b.md"), "../../a/b.md");
    }
}
