//! The comparisons of an observer test.

use dusk_sdk_protocol::observation::Compared;

use crate::figures::count;
use crate::output::{Tone, Ui};

/// Prints what was compared, what the test declares, and where private data shows.
pub(super) fn say(compared: &Compared, ui: &Ui) {
    let number = |number: u32, what: &str| count(number as usize, what);
    ui.line(format_args!(
        "       {}",
        ui.toned(
            Tone::Faint,
            &format!(
                "{} · {} · {} · {} · {}",
                number(compared.runs, "run"),
                number(compared.private_values, "private value"),
                number(compared.calls, "transaction"),
                number(compared.events, "event"),
                number(compared.pages, "changed page"),
            )
        )
    ));
    for declared in &compared.declared {
        ui.line(format_args!("       declared {declared}"));
    }
    for finding in &compared.findings {
        ui.line(format_args!("       {} {}: {}", ui.toned(Tone::Bad, "shows"), finding.place, finding.text));
    }
    if compared.more_findings > 0 {
        ui.line(format_args!("       and {} more places", compared.more_findings));
    }
}
