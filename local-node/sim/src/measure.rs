//! Measurements of the consensus and of the simulator, as tables and plots.

mod attestation;
mod networks;
pub mod plot;

use std::fmt::Write;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

pub use self::attestation::verification;
pub use self::networks::{delay, silence, size, speed};

/// What can be measured.
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

/// What came of a measurement.
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

    /// What it is called.
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
