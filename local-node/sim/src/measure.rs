//! Measurements of the consensus and of the simulator, as tables and plots.

mod attestation;
mod networks;
pub mod plot;

use std::fmt::Write;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

pub use self::attestation::verification;
pub use self::networks::{delay, silence, size, speed};

/// The measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measurement {
    /// Bytes and messages of a node for each block, against the number of provisioners.
    Size,
    /// The time to verify an attestation, against the number of provisioners.
    Attestation,
    /// The time from proposal to attestation, against the delay of links.
    Delay,
    /// Blocks until finality, against the share of the stake that is silent.
    Silence,
    /// Blocks that the simulator makes in a minute.
    Speed,
}

/// The result of a measurement.
#[derive(Debug, Clone)]
pub struct Result {
    /// A table in Markdown.
    pub table: String,
    /// A plot in SVG.
    pub plot: String,
}

impl Measurement {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Size, Self::Attestation, Self::Delay, Self::Silence, Self::Speed];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Attestation => "attestation",
            Self::Delay => "delay",
            Self::Silence => "silence",
            Self::Speed => "speed",
        }
    }

    /// The name of the file of its plot.
    #[must_use]
    pub fn file(self) -> String {
        format!("blocks-{}.svg", self.name())
    }
}

/// Measures.
#[must_use]
pub fn run(what: Measurement) -> Result {
    match what {
        Measurement::Size => size(),
        Measurement::Attestation => verification(),
        Measurement::Delay => delay(),
        Measurement::Silence => silence(),
        Measurement::Speed => speed(),
    }
}

/// A page with this table in place of the one before a plot; `None` when the page does not show the plot, or has no
/// table in the same section before it.
#[must_use]
pub fn with_table(page: &str, plot: &str, table: &str) -> Option<String> {
    let lines: Vec<&str> = page.lines().collect();
    let (link, row) = (format!("]({plot})"), |line: &&str| line.starts_with('|'));
    let shown = lines.iter().position(|line| line.starts_with("![") && line.ends_with(&link))?;
    let last = lines[..shown].iter().rposition(row)?;
    let between = &lines[last + 1..shown];
    if between.iter().any(|line| line.starts_with('#') || line.starts_with("![")) {
        return None;
    }
    let first = lines[..last].iter().rposition(|line| !row(line)).map_or(0, |before| before + 1);
    let parts = [&lines[..first], &table.lines().collect::<Vec<_>>(), &lines[last + 1..]];
    Some(format!("{}\n", parts.concat().join("\n")))
}

/// How much processor time this thread takes for some work: other programs on the machine do not count.
fn processor_time(work: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        let (seconds, rest) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
        Duration::new(seconds.unwrap_or_default(), rest.unwrap_or_default())
    };
    let begun = now();
    work();
    now().saturating_sub(begun)
}

/// A table in Markdown.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "| {} |", head.join(" | "));
    let _ = writeln!(out, "|{}", "---:|".repeat(head.len()));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out
}
