//! Progress as bars on stderr. The only file that names indicatif.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::event::{Event, Observer};
use crate::text;

/// One line that tells what goes on; nothing at all where it is not shown.
#[derive(Debug, Clone)]
pub struct Progress {
    bars: MultiProgress,
    stage: Arc<Mutex<Option<ProgressBar>>>,
    shown: bool,
}

impl Progress {
    /// Progress that is drawn, or not.
    pub fn new(shown: bool) -> Self {
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), stage: Arc::default(), shown }
    }

    /// Clears the bars, lets `write` write to the terminal, draws them again.
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        if self.shown { self.bars.suspend(write) } else { write() }
    }

    fn with_stage(&self, change: impl FnOnce(&mut Option<ProgressBar>)) {
        change(&mut self.stage.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn start(&self, name: &'static str, total: usize) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::new(total as u64));
        let template = if total == 0 {
            "{spinner} {prefix}  {wide_msg:.dim}"
        } else {
            "{spinner} {prefix}  {bar:24.green} {pos}/{len}  {wide_msg:.dim}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸ "));
        }
        bar.set_prefix(name);
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }
}

impl Observer for Progress {
    fn on(&self, event: &Event<'_>) {
        if !self.shown {
            match event {
                Event::Waiting { time, why } => tracing::info!("waiting {} s: {why}", time.as_secs()),
                Event::Note(note) => tracing::warn!("{note}"),
                _ => {}
            }
            return;
        }
        match event {
            Event::Stage { name, total } => {
                let bar = self.start(name, *total);
                self.with_stage(|stage| {
                    if let Some(old) = stage.replace(bar) {
                        old.finish_and_clear();
                    }
                });
            }
            Event::Step { what } => self.with_stage(|stage| {
                if let Some(bar) = stage {
                    bar.set_message(text::visible(what).into_owned());
                    bar.inc(1);
                }
            }),
            Event::Waiting { time, why } => self.with_stage(|stage| {
                if let Some(bar) = stage {
                    bar.set_message(format!("waiting {} s: {why}", time.as_secs()));
                }
            }),
            Event::Note(note) => {
                // A bar that cannot be drawn above is no reason to stop.
                let _ = self.bars.println(text::inert(note));
            }
            Event::StageEnd => self.with_stage(|stage| {
                if let Some(bar) = stage.take() {
                    bar.finish_and_clear();
                }
            }),
        }
    }
}
