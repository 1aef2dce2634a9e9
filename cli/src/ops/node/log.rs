//! The log of a node, line by line on stderr: `14:02:11.480 DEBUG local_node_kadcast: …`.

use std::fmt::{self, Write as _};

use clap::ValueEnum;
use jiff::Timestamp;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::ops::report;

/// The prefix of our crates' targets: the log is about the node, not about its libraries.
const OURS: &str = "local_node";
/// The longest line, in characters: peers name things, too.
const MAX_LINE_CHARS: usize = 1_000;

/// How much a node tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum LogLevel {
    /// No log.
    #[default]
    Off,
    /// Errors of the node.
    Error,
    /// Also warnings of possible problems.
    Warn,
    /// Also changes of the chain.
    Info,
    /// Also rejected input, with its sender.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// The name in options.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    const fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

/// Tells what nodes of this process do, from now on.
pub(crate) fn begin(level: LogLevel) {
    if level != LogLevel::Off {
        // Another log of this process goes on.
        let _ = tracing::subscriber::set_global_default(Log(level.filter()));
    }
}

struct Log(LevelFilter);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.0 && metadata.target().starts_with(OURS)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        // Spans are not told, so one number serves all.
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let module = metadata.target().split("::").next().unwrap_or_default();
        // The time of day in UTC, to the millisecond.
        let time = Timestamp::now().strftime("%H:%M:%S%.3f");
        let mut line = format!("{time} {:5} {module}:", metadata.level());
        event.record(&mut Fields(&mut line));
        if let Some((end, _)) = line.char_indices().nth(MAX_LINE_CHARS) {
            line.truncate(end);
        }
        if let Some(report) = report::of_process() {
            report.aside(&line.replace('\n', " "));
        }
    }
}

struct Fields<'a>(&'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
        written.expect("strings take all");
    }
}
