//! Where the documents are, guessed from the tree.

use camino::Utf8Path;

/// Folders that usually hold documents, likeliest first.
const USUAL: [&str; 6] = ["docs", "doc", "documentation", "content", "handbook", "wiki"];
/// Folders below which nothing is looked for.
const NEVER: [&str; 4] = ["node_modules", "target", "vendor", "dist"];
/// Entries looked at before a folder is believed to hold none.
const MOST: usize = 20_000;

/// A usual folder with Markdown in it, else the one folder with the most, else here.
pub(super) fn root(folder: &Utf8Path) -> String {
    if let Some(usual) = USUAL.into_iter().find(|name| count(&folder.join(name)) > 0) {
        return usual.to_owned();
    }
    let mut best = (0, ".".to_owned());
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.') && !NEVER.contains(&name.as_str()))
        .collect();
    names.sort_unstable();
    for name in names {
        let count = count(&folder.join(&name));
        if count > best.0 {
            best = (count, name);
        }
    }
    // A README or two beside the folder do not count; documents that lie here do.
    let here = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let here = here.filter(|entry| is_markdown(&entry.path())).count();
    if here > best.0 { ".".to_owned() } else { best.1 }
}

/// Markdown files below a folder.
fn count(folder: &Utf8Path) -> usize {
    let walk = walkdir::WalkDir::new(folder).follow_links(false).into_iter();
    let walk = walk.filter_entry(|entry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(name.starts_with('.') || NEVER.contains(&name.as_ref()))
    });
    walk.take(MOST).flatten().filter(|entry| entry.file_type().is_file() && is_markdown(entry.path())).count()
}

fn is_markdown(path: &std::path::Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("md"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_folder_wins_then_the_fullest() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temporary.path()).unwrap();
        assert_eq!(root(folder), ".");
        std::fs::write(folder.join("README.md"), "").unwrap();
        for path in
            ["manual/a.md", "manual/deep/b.md", "node_modules/x/c.md", "node_modules/x/d.md", "other/e.md"]
        {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        assert_eq!(root(folder), "manual");
        std::fs::create_dir_all(folder.join("doc")).unwrap();
        assert_eq!(root(folder), "manual", "an empty folder is no documentation");
        std::fs::write(folder.join("doc/a.md"), "").unwrap();
        assert_eq!(root(folder), "doc");
    }
}
