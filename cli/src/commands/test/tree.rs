//! The tree of calls as people read it.

use local_node::test_host::Action;
use serde_json::Value;

use crate::commands::shown;
use crate::figures::grouped;
use crate::ops::testing::calltree::{Call, Deed, Step};
use crate::output::{Tone, Ui};

/// How deep everything stands in.
const INDENT: &str = "       ";

/// Prints one transaction or query.
pub(super) fn say(deed: &Deed, ui: &Ui) {
    let from = if deed.from.is_empty() { String::new() } else { format!("{} ", deed.from) };
    let what = match deed.action {
        Action::Deploy => "deploys",
        Action::Call => "calls",
        Action::Transfer => "transfers",
        Action::Query => "query",
    };
    let place = if deed.action == Action::Query {
        format!("at block {} · gas {}", deed.block, grouped(deed.gas))
    } else {
        format!("in block {} · gas {}", deed.block, grouped(deed.gas))
    };
    ui.line(format_args!(
        "{INDENT}{}{}",
        ui.toned(Tone::Hint, &format!("{from}{what}")),
        faint(ui, &format!(" · {place}"))
    ));
    if let Some(call) = &deed.call {
        ui.line(format_args!("{INDENT}{}", heading(call, ui)));
        steps(call, INDENT, ui);
    }
}

/// Prints only what contracts logged, each line with the function that it came from.
pub(super) fn say_logs(call: &Call, ui: &Ui) {
    for step in &call.steps {
        match step {
            Step::Call(inner) => say_logs(inner, ui),
            Step::Log(line) => {
                let place = format!("{}::{}", call.contract, call.function);
                ui.line(format_args!(
                    "{INDENT}{} {} {line}",
                    ui.toned(Tone::Name, &place),
                    ui.toned(Tone::Hint, "log")
                ));
            }
            Step::Event { .. } => {}
        }
    }
}

/// `counter::increment(by: 3) [31,233 gas]`
fn heading(call: &Call, ui: &Ui) -> String {
    let own = if call.own_gas == call.gas { String::new() } else { format!(", own {}", grouped(call.own_gas)) };
    let gas = faint(ui, &format!("[{} gas{own}]", grouped(call.gas)));
    format!("{}::{}({}) {gas}", ui.toned(Tone::Name, &call.contract), call.function, arguments(&call.arguments))
}

/// The actions and the result of a call.
fn steps(call: &Call, indent: &str, ui: &Ui) {
    for step in &call.steps {
        match step {
            Step::Call(inner) => {
                ui.line(format_args!("{indent}{}{}", faint(ui, "├─ "), heading(inner, ui)));
                steps(inner, &format!("{indent}{}", faint(ui, "│  ")), ui);
            }
            Step::Log(line) => {
                ui.line(format_args!("{indent}{}{} {line}", faint(ui, "├─ "), ui.toned(Tone::Hint, "log")));
            }
            Step::Event { topic, data } => {
                let data = if data.is_null() { String::new() } else { format!(" {}", plain(data)) };
                ui.line(format_args!("{indent}{}{} {topic}{data}", faint(ui, "├─ "), ui.toned(Tone::Warn, "emit")));
            }
        }
    }
    let end = match (&call.error, &call.result) {
        (Some(error), _) => {
            let place = call.place.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
            ui.toned(Tone::Bad, &format!("✗ {error}{place}"))
        }
        (None, None | Some(Value::Null)) => format!("{} ()", ui.toned(Tone::Good, "←")),
        (None, Some(result)) => format!("{} {}", ui.toned(Tone::Good, "←"), plain(result)),
    };
    ui.line(format_args!("{indent}{}{end}", faint(ui, "└─ ")));
}

fn faint(ui: &Ui, text: &str) -> String {
    ui.toned(Tone::Faint, text)
}

fn arguments(value: &Value) -> String {
    match value {
        Value::Object(arguments) => {
            arguments.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect::<Vec<_>>().join(", ")
        }
        other => plain(other),
    }
}

/// A value in one short line; names without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with('@') => shown::text(text).into_owned(),
        other => shown::line(other),
    }
}
