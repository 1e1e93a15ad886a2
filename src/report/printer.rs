//! The one printer: data to stdout, everything else to stderr.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};

use super::{Progress, style};
use crate::text;

/// Where output goes. A reader that closed its pipe has all it wanted: that is success.
#[derive(Debug)]
pub struct Printer {
    stdout: AutoStream<io::Stdout>,
    stdout_state: Result<(), Closed>,
    stderr: Stderr,
    quiet: bool,
    person: bool,
}

#[derive(Debug)]
enum Closed {
    ByReader,
    Failed(io::Error),
}

impl Printer {
    /// A printer in these colours; `quiet` leaves only errors on stderr, `person` says that stdout is read by one and not
    /// by a program.
    pub fn new(color: ColorChoice, quiet: bool, person: bool, progress: Progress) -> Self {
        let choose = |choice: ColorChoice, auto: ColorChoice| match choice {
            ColorChoice::Auto => auto,
            chosen => chosen,
        };
        let out = choose(color, AutoStream::choice(&io::stdout()));
        let err = choose(color, AutoStream::choice(&io::stderr()));
        Self {
            stdout: AutoStream::new(io::stdout(), out),
            stdout_state: Ok(()),
            stderr: Stderr { stream: Arc::new(Mutex::new(AutoStream::new(io::stderr(), err))), progress },
            quiet,
            person,
        }
    }

    /// Without colour and progress: for what goes wrong before flags are read.
    pub fn plain() -> Self {
        Self::new(ColorChoice::Never, false, false, Progress::new(false))
    }

    /// Whether data is coloured.
    pub fn is_colored(&self) -> bool {
        self.stdout.current_choice() != ColorChoice::Never
    }

    /// Writes data to stdout: as it is for a program, without anything that a terminal would obey for a person.
    pub fn data(&mut self, text: &str) {
        self.stream(|stdout| stdout.write_all(text.as_bytes()));
    }

    /// Lets data be written to stdout piece by piece.
    pub fn stream(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.stdout_state.is_err() {
            return;
        }
        let mut buffered = io::BufWriter::new(&mut self.stdout);
        let written = if self.person { write(&mut Inert(&mut buffered)) } else { write(&mut buffered) };
        let written = written.and_then(|()| buffered.flush());
        // What a failed write left in the buffer must not be tried again when it is dropped.
        drop(buffered.into_parts());
        if let Err(error) = written {
            self.stdout_state = Err(match error.kind() {
                io::ErrorKind::BrokenPipe => Closed::ByReader,
                _ => Closed::Failed(error),
            });
        }
    }

    /// One remark for a person, a line or more; not shown with `--quiet`.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.stderr.line(text);
        }
    }

    /// Advice, after all else; not shown with `--quiet`.
    pub fn hint(&self, text: &str) {
        self.note(&format!("{} {text}", style::HINT.paint("hint:")));
    }

    /// What went wrong, always shown.
    pub fn error(&self, text: &str) {
        self.stderr.line(&format!("{} {text}", style::ERROR.paint("error:")));
    }

    /// The stream of everything that is not data.
    pub fn stderr(&self) -> Stderr {
        self.stderr.clone()
    }

    /// The progress that this printer's lines do not tear.
    pub fn progress(&self) -> &Progress {
        &self.stderr.progress
    }

    /// Sends what is still held back.
    ///
    /// # Errors
    /// Data could not be written, for another reason than a reader that had enough.
    pub fn finish(&mut self) -> io::Result<()> {
        let flushed = self.stdout.flush();
        match std::mem::replace(&mut self.stdout_state, Ok(())) {
            Ok(()) => flushed.or_else(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Ok(()),
                _ => Err(error),
            }),
            Err(Closed::ByReader) => Ok(()),
            Err(Closed::Failed(error)) => Err(error),
        }
    }
}

/// stderr, shared by printer and log; lines go above the progress.
#[derive(Debug, Clone)]
pub struct Stderr {
    stream: Arc<Mutex<AutoStream<io::Stderr>>>,
    progress: Progress,
}

impl Stderr {
    fn line(&self, text: &str) {
        // Nobody is left to tell when stderr itself is gone.
        let _ = self.clone().write_all(format!("{text}\n").as_bytes());
    }
}

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.progress.suspend(|| {
            let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
            Inert(&mut *stream).write_all(bytes)?;
            stream.flush()
        })?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

/// Passes on what [`text::inert`] leaves. Texts come whole: a sequence is never cut between two writes.
struct Inert<W>(W);

impl<W: Write> Write for Inert<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(text::inert(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
