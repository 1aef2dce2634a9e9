//! How work tells of itself while it runs. The terminal implements it: see [`output`](crate::output).

use std::fmt::Display;
use std::sync::OnceLock;

/// A listener to the work, and the person who can be asked.
pub(crate) trait Report: Send + Sync {
    /// A step begins: `    Building counter`.
    fn step(&self, verb: &str, what: &dyn Display);

    /// Something to know.
    fn note(&self, what: &dyn Display);

    /// Something to beware of.
    fn warn(&self, what: &dyn Display);

    /// Lines of ours beside the result.
    fn aside(&self, text: &dyn Display);

    /// A message of the compiler, with its colours. Each is shown once, however many builds of a command give it.
    fn diagnostic(&self, rendered: &str);

    /// A sign of life while something takes its time; gone when dropped.
    fn waiting(&self, what: &str) -> Box<dyn Bar>;

    /// A bar for work whose length is known; gone when dropped.
    fn bar(&self, what: &str) -> Box<dyn Bar>;

    /// Whether there is somebody to ask.
    fn can_ask(&self) -> bool;

    /// Asks a question that yes answers. Without somebody to ask the answer is no.
    fn confirm(&self, question: &str) -> bool;
}

/// A sign of work that goes on.
pub(crate) trait Bar: Send {
    /// The share that is done, from 0 to 1.
    fn set(&self, share: f32);

    /// The state of the work: in place of the last one on a terminal; elsewhere a line of its own now and then. Call it
    /// about once a second.
    fn tell(&self, state: &str);
}

/// The report of this process: see [`install`].
static OF_PROCESS: OnceLock<Box<dyn Report>> = OnceLock::new();

/// Sets the report for work far below any command, such as a cache that cannot be used. Only the first call counts.
pub(crate) fn install(report: impl Report + 'static) {
    let _ = OF_PROCESS.set(Box::new(report));
}

/// The installed report; `None` in tests.
pub(crate) fn of_process() -> Option<&'static dyn Report> {
    OF_PROCESS.get().map(AsRef::as_ref)
}

/// A report that nobody reads, and that answers no.
#[cfg(test)]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Silent;

#[cfg(test)]
impl Report for Silent {
    fn step(&self, _: &str, _: &dyn Display) {}

    fn note(&self, _: &dyn Display) {}

    fn warn(&self, _: &dyn Display) {}

    fn aside(&self, _: &dyn Display) {}

    fn diagnostic(&self, _: &str) {}

    fn waiting(&self, _: &str) -> Box<dyn Bar> {
        Box::new(Self)
    }

    fn bar(&self, _: &str) -> Box<dyn Bar> {
        Box::new(Self)
    }

    fn can_ask(&self) -> bool {
        false
    }

    fn confirm(&self, _: &str) -> bool {
        false
    }
}

#[cfg(test)]
impl Bar for Silent {
    fn set(&self, _: f32) {}

    fn tell(&self, _: &str) {}
}
