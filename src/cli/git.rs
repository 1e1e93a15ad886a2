//! What git knows of the tree, by calling `git`.

use std::collections::BTreeSet;
use std::process::Stdio;

use camino::{Utf8Path, Utf8PathBuf};

use super::Failure;
use crate::child;

/// The first 10 digits of the commit that is checked out; `None` outside git, or without git.
pub(super) fn commit(folder: &Utf8Path) -> Option<String> {
    let text = git(folder, &["rev-parse", "--verify", "--quiet", "HEAD"]).ok()?;
    let digits = text.trim().get(..10)?;
    digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).then(|| digits.to_owned())
}

/// How one commit stands to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kin {
    /// It comes before the other, or is it.
    Before,
    /// It comes after.
    After,
    /// Each has commits that the other has not.
    Apart,
    /// This clone does not know it, though it has the whole history of what it knows.
    Unknown,
    /// This clone is shallow: what it does not know says nothing.
    Untold,
}

/// How `commit` stands to `head`, as far as this clone can tell.
pub(super) fn kin(folder: &Utf8Path, commit: &str, head: &str) -> Kin {
    let shallow =
        || git(folder, &["rev-parse", "--is-shallow-repository"]).is_ok_and(|answer| answer.trim() == "true");
    let range = format!("{commit}...{head}");
    let counted = git(folder, &["rev-list", "--left-right", "--count", &range, "--"]);
    let counted = counted.ok().and_then(|text| {
        let (own, others) = text.trim().split_once('\t')?;
        Some((own != "0", others != "0"))
    });
    match counted {
        Some((false, _)) => Kin::Before,
        Some((true, false)) => Kin::After,
        _ if shallow() => Kin::Untold,
        Some((true, true)) => Kin::Apart,
        None => Kin::Unknown,
    }
}

/// Absolute paths of all files that differ from a revision, untracked ones included.
///
/// # Errors
/// Exit 2: no git, no repository, or a revision that is not there (in a shallow clone it may not have been
/// fetched). Never an empty answer instead.
pub(super) fn changed_since(folder: &Utf8Path, revision: &str) -> Result<BTreeSet<Utf8PathBuf>, Failure> {
    let failed = |why: String| {
        Failure::usage("since", format!("git cannot tell what changed since `{revision}`: {why}"))
            .help("in CI, fetch the history: `git fetch --unshallow`, or `fetch-depth: 0`")
    };
    if revision.starts_with('-') {
        return Err(failed("it is no revision".to_owned()));
    }
    let root = git(folder, &["rev-parse", "--show-toplevel"]).map_err(failed)?;
    let root = Utf8PathBuf::from(root.trim_end_matches(['\n', '\r']));
    let root = root.canonicalize_utf8().map_err(|error| failed(error.to_string()))?;
    let commit = git(&root, &["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])
        .map_err(|why| failed(if why.is_empty() { "there is no such revision".to_owned() } else { why }))?;
    let base = git(&root, &["merge-base", commit.trim(), "HEAD"])
        .map_err(|_| failed("it has no commit in common with what is checked out".to_owned()))?;
    let tracked =
        git(&root, &["diff", "--name-only", "-z", "--no-renames", base.trim(), "--"]).map_err(failed)?;
    let untracked = git(&root, &["ls-files", "--others", "--exclude-standard", "-z"]).map_err(failed)?;
    let names = tracked.split('\0').chain(untracked.split('\0')).filter(|name| !name.is_empty());
    Ok(names.map(|name| root.join(name)).collect())
}

/// Runs git and gives its output, or what it complained about.
fn git(folder: &Utf8Path, arguments: &[&str]) -> Result<String, String> {
    let output = child::command("git")
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("git does not run: {error}"))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(complaint.lines().next().unwrap_or_default().to_owned());
    }
    String::from_utf8(output.stdout).map_err(|_| "its answer is not UTF-8".to_owned())
}
