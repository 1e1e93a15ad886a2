//! `cargo bench --bench offline`: what the offline stages cost, against a floor and against other tools, side by
//! side on the same trees in turn; what the whole program costs in memory, size and against a slow instance. With
//! names behind `--` (`P1`, `N3`, …) only those. Prints each ratio beside its bound; exits 1 when one does not hold.
//!
//! Trees are searched in `$KB_PUBLISH_CORPORA`, else `../shared/corpora`: folders `argocd` and `psdocs`, and
//! `gen_corpus.py`, which makes `large20k`. What is not there is left out, and said so. Tools (`cmark-gfm`,
//! `hugo`, `md2conf`) are taken from `PATH`.

#![expect(clippy::print_stdout, reason = "results are for people")]

mod floor;
mod peers;
mod program;
mod trees;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use kb_publish::event::Silent;
use kb_publish::tree;

use crate::trees::Tree;

/// Runs of each side, in turn; the median counts.
const ROUNDS: usize = 7;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some(trees::CHILD) {
        return trees::child(args.next().as_deref().unwrap_or_default());
    }
    let only: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let mut board = Board { only, missed: 0 };
    let trees = trees::all();
    for tree in &trees {
        offline(tree, &mut board);
        peers::compare(tree, &mut board);
        program::memory(tree, &mut board);
    }
    if let Some(ten) = trees::ten() {
        peers::ten(&ten, &mut board);
    }
    program::network(&trees, &mut board);
    program::size(&mut board);
    if board.missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// P1, P6: our own stages against the floor and against each other.
fn offline(tree: &Tree, board: &mut Board) {
    let settings = tree.settings("off");
    let mut load = || drop(tree::load(&settings, &Silent));
    if board.wants("P1") && tree.name != "argocd" {
        let (ours, floor) = in_turn(&mut load, &mut || floor::render_and_hash(&tree.root));
        board.line("P1", tree.name, "plan / floor with hash", ours, floor, 2.0);
    }
    if board.wants("P6") && tree.name == "large20k" {
        let coloured = tree.settings("github-light");
        let out = trees::scratch("p6");
        let cold = time(&mut || trees::build(&coloured, &out));
        board.line("P6", tree.name, "plan, nothing changed / cold build", time(&mut load), cold, 0.10);
        let mut ten = || trees::plan_and_compose(&coloured, 10);
        board.line("P6", tree.name, "plan, ten changed / cold build", time(&mut ten), cold, 0.10);
    }
}

/// Where results are shown.
struct Board {
    only: Vec<String>,
    missed: usize,
}

impl Board {
    /// Whether this number was asked for; all are where none is named.
    fn wants(&self, number: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == number)
    }

    fn line(&mut self, number: &str, tree: &str, what: &str, ours: Duration, theirs: Duration, bound: f64) {
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64().max(1e-9);
        let verdict = self.verdict(ratio <= bound);
        println!(
            "{number} {tree:<9} {what:<42} {:>9.1} ms / {:>9.1} ms = {ratio:>6.3}  bound {bound:<5} {verdict}",
            ours.as_secs_f64() * 1e3,
            theirs.as_secs_f64() * 1e3,
        );
    }

    fn limit(&mut self, number: &str, tree: &str, what: &str, value: f64, bound: f64) {
        let verdict = self.verdict(value <= bound);
        println!("{number} {tree:<9} {what:<42} {value:>36.1}  bound {bound:<5} {verdict}");
    }

    fn verdict(&mut self, holds: bool) -> &'static str {
        self.missed += usize::from(!holds);
        if holds { "holds" } else { "MISSED" }
    }
}

/// One run's time.
fn time(work: &mut dyn FnMut()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Both sides in turn, after one round to warm caches; the medians.
fn in_turn(ours: &mut dyn FnMut(), theirs: &mut dyn FnMut()) -> (Duration, Duration) {
    ours();
    theirs();
    let rounds: Vec<(Duration, Duration)> = (0..ROUNDS).map(|_| (time(ours), time(theirs))).collect();
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[times.len() / 2]
    };
    (
        median(rounds.iter().map(|round| round.0).collect()),
        median(rounds.iter().map(|round| round.1).collect()),
    )
}
