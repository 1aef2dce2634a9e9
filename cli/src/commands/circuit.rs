//! `cargo dusk circuit`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use dusk_sdk_circuit::runner::Panicked;
use dusk_sdk_circuit::{
    CheckError, FindingKind, HIDDEN, Layout, MAX_ROWS, Place, REVEAL_VARIABLE, Revealed, Unsatisfied, WireValue, audit,
    audit_with, catalogue, check, profile, short,
};
use serde_json::{Value, json};

use crate::error::{Exit, Fault};
use crate::figures::{count, grouped, time};
use crate::ops::cargo::packages;
use crate::ops::circuits::witness::Witness;
use crate::ops::circuits::{self, Circuits, Described, Plan};
use crate::ops::project::{Project, folders};
use crate::output::{Tone, Ui};
use crate::table::{Side, Table, toned_field};

/// `circuit`
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Circuit {
    /// The subcommand.
    #[command(subcommand)]
    pub(crate) action: CircuitAction,
}

/// The subcommands for circuits.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum CircuitAction {
    /// Lists the circuits of the project with their inputs and number of gates.
    List,
    /// Evaluates all constraints for a witness, and shows the first violated one.
    Check {
        /// Circuit to use; optional if the project has only one.
        name: Option<String>,
        /// File with the values of all inputs by name: JSON, or TOML if the file name ends in .toml; `-` reads JSON
        /// from standard input.
        #[arg(long, value_name = "FILE|-")]
        witness: PathBuf,
        /// Also shows the private values of a violated constraint. Saved output, such as a CI log, then discloses them.
        #[arg(long)]
        show_private: bool,
    },
    /// Shows the gates of each region, the unused gates up to the next power of two, and the estimated time and size of
    /// keys and proofs.
    Profile {
        /// Circuit to use; optional if the project has only one.
        name: Option<String>,
        /// Writes a flame graph of the regions to this file, as SVG.
        #[arg(long, value_name = "FILE")]
        flamegraph: Option<PathBuf>,
    },
    /// Searches for under-constrained values, which a prover could choose freely. Exits with code 1 if it finds any or
    /// cannot rule them out.
    Audit {
        /// Circuit to use; optional if the project has only one.
        name: Option<String>,
        /// File with a satisfying witness, in the format of `circuit check`. With it, the audit searches for a second
        /// satisfying assignment and shows the under-constrained wires.
        #[arg(long, value_name = "FILE|-")]
        witness: Option<PathBuf>,
        /// Also shows private values: both values of an under-constrained wire. Saved output, such as a CI log, then
        /// discloses them.
        #[arg(long)]
        show_private: bool,
    },
    /// Lists the SDK's gadgets with the number of gates that each uses.
    Gates,
}

pub(super) fn run(project: impl FnOnce() -> Result<Project>, action: &CircuitAction, ui: &Ui) -> Result<ExitCode> {
    match action {
        CircuitAction::Profile { name, flamegraph } => {
            profile_gates(&one(&project()?, name.as_deref(), ui)?, flamegraph.as_deref(), ui)
        }
        CircuitAction::Audit { name, witness, show_private } => {
            let witness = witness.as_deref().map(Witness::read).transpose()?;
            let circuit = one(&project()?, name.as_deref(), ui)?;
            audit_wires(&circuit, witness.as_ref(), reveals(*show_private), ui)
        }
        // The costs of gadgets do not depend on a project.
        CircuitAction::Gates => Ok(gadgets(ui)),
        CircuitAction::List => list(&found(&project()?, ui)?, ui),
        CircuitAction::Check { name, witness, show_private } => {
            let witness = Witness::read(witness)?;
            check_witness(&one(&project()?, name.as_deref(), ui)?, &witness, reveals(*show_private), ui)
        }
    }
}

/// The circuits of the project as they ship, compiled.
pub(super) fn found(project: &Project, ui: &Ui) -> Result<Circuits> {
    project.ensure_sdk()?;
    let packages = packages::packages(&project.root, ui)?;
    Circuits::compile(&project.root, &Plan::of(&packages), ui)
}

/// A circuit to look at: one that ships, else one that only tests have.
fn one(project: &Project, name: Option<&str>, ui: &Ui) -> Result<circuits::Circuit> {
    project.ensure_sdk()?;
    let packages = packages::packages(&project.root, ui)?;
    let circuits = Circuits::compile(&project.root, &Plan::of(&packages), ui)?;
    if let Some(name) = name.filter(|name| !circuits.has(name)) {
        let of_tests = Circuits::of_tests(&project.root, &packages, ui)?;
        if of_tests.has(name) {
            ui.note(format_args!("`{name}` exists in test builds only; contracts cannot verify its proofs"));
            return of_tests.pick(Some(name)).cloned();
        }
    }
    circuits.pick(name).cloned()
}

/// Whether private values are shown: by the option, or the variable that tests heed too.
pub(super) fn reveals(option: bool) -> bool {
    option || std::env::var_os(REVEAL_VARIABLE).is_some_and(|value| value == "1")
}

/// A time as people read it, down to microseconds, because a check takes less than a blink.
fn brief(elapsed: Duration) -> String {
    if elapsed < Duration::from_millis(1) { format!("{} µs", elapsed.as_micros()) } else { time(elapsed) }
}

/// `18,204 gates → 2^15 (44 % free)`
pub(super) fn gates(layout: &Layout) -> String {
    let gates = layout.gates();
    let size = gates.next_power_of_two();
    let free = (size - gates) * 100 / size;
    format!("{} gates → 2^{} ({free} % free)", grouped(gates as u64), size.ilog2())
}

/// Lists each circuit for itself: one that cannot be described hides no other.
fn list(circuits: &Circuits, ui: &Ui) -> Result<ExitCode> {
    let (mut documents, mut broken) = (Vec::new(), Vec::new());
    for circuit in circuits.iter() {
        let document = match circuit.inspect() {
            Ok(Ok(described)) => say_circuit(circuit, &described, ui),
            Ok(Err(Panicked { message, place })) => {
                let reason = format!("its function panics: {message}");
                say_broken(circuit, &reason, place.as_ref(), ui)
            }
            Err(error) => say_broken(circuit, &format!("{error:#}"), None, ui),
        };
        if document["error"].is_string() {
            broken.push(format!("`{}`", circuit.name));
        }
        documents.push(document);
    }
    if documents.is_empty() {
        ui.note("the project has no circuits: functions with `#[circuit]` in a package that depends on dusk-sdk with the feature `zk`");
    }
    let document = json!({ "circuits": documents });
    if broken.is_empty() {
        ui.document(&document);
        return Ok(ExitCode::SUCCESS);
    }
    let message = format!("{} cannot be built", broken.join(", "));
    let hint = "fix the function at that place: it must build the circuit for any values";
    Ok(fail(document, message, hint, ui))
}

/// Ends a command whose work failed, after its whole document.
fn fail(mut document: Value, message: String, hint: &str, ui: &Ui) -> ExitCode {
    ui.complain(&message, hint);
    document["error"] = message.into();
    document["hint"] = hint.into();
    document["exit"] = (Exit::Failed as u8).into();
    ui.document(&document);
    ExitCode::from(Exit::Failed as u8)
}

/// `eligible in circuits`
fn title(circuit: &circuits::Circuit, ui: &Ui) -> String {
    format!("{} {}", ui.toned(Tone::Name, &circuit.name), ui.toned(Tone::Faint, &format!("in {}", circuit.package)))
}

fn say_circuit(circuit: &circuits::Circuit, described: &Described, ui: &Ui) -> Value {
    let Described { doc, layout } = described;
    let fits = if layout.rows.len() > MAX_ROWS { " · too large to prove" } else { "" };
    ui.line(format_args!("{} · {}{fits}", title(circuit, ui), gates(layout)));
    if let Some(first) = doc.lines().map(str::trim).find(|line| !line.is_empty()) {
        ui.line(format_args!("    {first}"));
    }
    for (public, label) in [(true, "public"), (false, "private")] {
        let inputs = layout.inputs.iter().filter(|input| input.public == public);
        let inputs: Vec<String> = inputs.map(|input| format!("{}: {}", input.name, input.kind)).collect();
        if !inputs.is_empty() {
            ui.line(format_args!("    {label:7}  {}", inputs.join(", ")));
        }
    }
    document(circuit, doc, layout)
}

fn say_broken(circuit: &circuits::Circuit, reason: &str, place: Option<&Place>, ui: &Ui) -> Value {
    ui.line(format_args!("{} · {}", title(circuit, ui), ui.toned(Tone::Bad, reason)));
    if let Some(place) = place {
        ui.line(format_args!("    {:7}  {place}", "at"));
    }
    json!({
        "name": circuit.name, "package": circuit.package, "error": reason,
        "place": place.map(|it| json!({ "file": it.file, "line": it.line, "column": it.column })),
    })
}

/// The gates of each gadget of the SDK, counted from the gadgets themselves.
fn gadgets(ui: &Ui) -> ExitCode {
    let mut table = Table::new(&[("gadget", Side::Left), ("gates", Side::Right), ("aim", Side::Right)]);
    let mut documents = Vec::new();
    for gadget in catalogue() {
        table.row([gadget.name.to_owned(), grouped(gadget.gates as u64), grouped(gadget.aim as u64)]);
        documents.push(json!({ "name": gadget.name, "gates": gadget.gates, "aim": gadget.aim }));
    }
    table.print(ui);
    ui.document(&json!({ "gadgets": documents }));
    ExitCode::SUCCESS
}

fn document(circuit: &circuits::Circuit, doc: &str, layout: &Layout) -> Value {
    let inputs = layout.inputs.iter().map(|input| {
        json!({ "name": input.name, "type": input.kind, "public": input.public, "elements": input.wires.len() })
    });
    json!({
        "name": circuit.name, "package": circuit.package, "doc": doc.trim(), "digest": layout.digest().to_string(),
        "gates": layout.gates(), "size": layout.gates().next_power_of_two(), "inputs": inputs.collect::<Vec<_>>(),
    })
}

fn profile_gates(circuit: &circuits::Circuit, flamegraph: Option<&Path>, ui: &Ui) -> Result<ExitCode> {
    let layout = circuit.describe_of_any_size()?.layout;
    let profile = profile(&layout);
    ui.block(profile.to_string().trim_end());
    if layout.rows.len() > MAX_ROWS {
        ui.warn(format_args!(
            "the circuit is too large to prove: it has {} rows, but at most {MAX_ROWS} fit",
            layout.rows.len()
        ));
    }
    if let Some(path) = flamegraph {
        let absolute = std::path::absolute(path).with_context(|| format!("cannot write {}", path.display()))?;
        folders::write_atomically(&absolute, profile.flamegraph().as_bytes())?;
        ui.step("Drawn", path.display());
    }
    let regions = profile
        .tree()
        .into_iter()
        .map(|region| json!({ "name": region.name, "depth": region.depth, "gates": region.total, "own": region.own }));
    let estimate = &profile.estimate;
    ui.document(&json!({
        "circuit": profile.circuit, "gates": profile.gates, "power": profile.power, "free": profile.free(),
        "parameters_power": profile.parameters_power, "public_inputs": profile.public_inputs,
        "regions": regions.collect::<Vec<_>>(),
        "estimate": {
            "keys_ms": estimate.keys_ms, "proof_ms": estimate.proof_ms, "prover_key_kb": estimate.prover_key_kb,
            "verifier_key_bytes": estimate.verifier_key_bytes, "proof_bytes": estimate.proof_bytes,
        },
        "flamegraph": flamegraph,
    }));
    Ok(ExitCode::SUCCESS)
}

fn audit_wires(circuit: &circuits::Circuit, witness: Option<&Witness>, reveal: bool, ui: &Ui) -> Result<ExitCode> {
    let layout = circuit.describe()?.layout;
    let report = match witness {
        None => audit(&layout),
        Some(witness) => match audit_with(&layout, &circuit.assign(&layout, witness)?) {
            Ok(report) => report,
            Err(CheckError::Unsatisfied(fault)) => return Ok(say_unsatisfied(&circuit.name, &fault, reveal, ui)),
            Err(other) => return Err(do_not_fit(circuit, &other)),
        },
    };
    ui.block(if reveal { Revealed(&report).to_string() } else { report.to_string() });
    let findings = report.findings.iter().map(|finding| {
        json!({
            "kind": kind(&finding.kind), "constraint": finding.name, "path": finding.path, "row": finding.row,
            "place": finding.place.as_ref().map(|place| json!({
                "file": place.file, "line": place.line, "column": place.column,
            })),
            "wires": finding.wires.len(), "dependents": finding.dependents,
            "text": if reveal { Revealed(finding).to_string() } else { finding.to_string() },
        })
    });
    let document = json!({
        "circuit": report.circuit, "clean": report.clean(), "determined": report.determined,
        "choices": report.choices, "undetermined": report.undetermined, "findings": findings.collect::<Vec<_>>(),
    });
    if report.clean() {
        ui.document(&document);
        return Ok(ExitCode::SUCCESS);
    }
    let message = format!("the audit of `{}` is not clean: {}", circuit.name, count(report.findings.len(), "finding"));
    let hint = match witness {
        None => "follow the hints above; with `--witness FILE` the audit searches for a second satisfying assignment",
        Some(_) if report.findings.iter().any(|it| matches!(it.kind, FindingKind::UnderConstrained(_))) && !reveal => {
            "follow the hints above; `--show-private` shows both values of under-constrained wires"
        }
        Some(_) => "follow the hints above",
    };
    Ok(fail(document, message, hint, ui))
}

/// The kind of a finding in one word, for programs.
fn kind(kind: &FindingKind) -> &'static str {
    match kind {
        FindingKind::OffCurve => "off-curve",
        FindingKind::OutsideSubgroup => "outside-subgroup",
        FindingKind::Unused => "unused",
        FindingKind::PartlyUnused(_) => "partly-unused",
        FindingKind::Aliased => "several-scalars",
        FindingKind::Nothing => "empty",
        FindingKind::UnderConstrained(_) => "under-constrained",
        // An unknown result counts as a fault.
        _ => "unknown",
    }
}

fn check_witness(circuit: &circuits::Circuit, witness: &Witness, reveal: bool, ui: &Ui) -> Result<ExitCode> {
    let layout = circuit.describe()?.layout;
    if layout.states_nothing() {
        return Err(Fault::failed(
            format!("`{}` constrains only the types of its inputs: every witness satisfies it", circuit.name),
            "constrain the inputs with gadgets; `cargo dusk circuit gates` lists them",
        ));
    }
    let assignment = circuit.assign(&layout, witness)?;
    let begun = Instant::now();
    match check(&layout, &assignment) {
        Ok(()) => {
            ui.line(format_args!(
                "{} {} · {} · {} · {}",
                ui.toned(Tone::Name, &circuit.name),
                ui.toned(Tone::Good, "satisfied"),
                gates(&layout),
                count(layout.public_rows.len(), "public input"),
                brief(begun.elapsed())
            ));
            ui.document(&json!({
                "circuit": circuit.name, "digest": layout.digest().to_string(), "satisfied": true,
                "gates": layout.gates(), "microseconds": u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            }));
            Ok(ExitCode::SUCCESS)
        }
        Err(CheckError::Unsatisfied(fault)) => Ok(say_unsatisfied(&circuit.name, &fault, reveal, ui)),
        Err(other) => Err(do_not_fit(circuit, &other)),
    }
}

fn do_not_fit(circuit: &circuits::Circuit, error: &CheckError) -> anyhow::Error {
    Fault::failed(
        format!("the assignment of `{}` does not match its layout: {error}", circuit.name),
        "use the SDK version of this cargo-dusk in the project, and build again",
    )
}

/// Says which constraint fails, where, and with which values: private ones only where they are to be revealed.
pub(super) fn say_unsatisfied(circuit: &str, fault: &Unsatisfied, reveal: bool, ui: &Ui) -> ExitCode {
    let shown = |held: &WireValue| if reveal { Some(short(&held.value)) } else { held.shown() };
    ui.line(format_args!("{} {}", ui.toned(Tone::Name, circuit), ui.toned(Tone::Bad, "not satisfied")));
    toned_field(ui, "constraint", &ui.toned(Tone::Bad, &fault.constraint));
    if !fault.path.is_empty() {
        toned_field(ui, "in", &fault.path.join(" / "));
    }
    toned_field(ui, "at", &fault.place.to_string());
    toned_field(ui, "states", &fault.statement);
    for (place, held) in fault.values.iter().enumerate() {
        let input = held.input.as_ref().map(|input| format!("  ({input})")).unwrap_or_default();
        let label = if place == 0 { "with" } else { "" };
        let value = shown(held).unwrap_or_else(|| HIDDEN.to_owned());
        toned_field(ui, label, &format!("{} = {value}{input}", held.wire));
    }
    let message = format!("the witness does not satisfy `{circuit}`: `{}` does not hold", named(fault));
    let more = if fault.has_private() && !reveal { "; `--show-private` shows private values" } else { "" };
    let hint = format!("see {}: an input is wrong, or the constraint is too strict{more}", fault.place);
    ui.complain(&message, &hint);
    let values = fault
        .values
        .iter()
        .map(|held| json!({ "wire": held.wire, "input": held.input, "public": held.public, "value": shown(held) }));
    ui.document(&json!({
        "circuit": circuit, "satisfied": false, "constraint": fault.constraint, "path": fault.path,
        "place": { "file": fault.place.file, "line": fault.place.line, "column": fault.place.column },
        "row": fault.row, "statement": fault.statement, "values": values.collect::<Vec<_>>(),
        "error": message, "hint": hint, "exit": Exit::Failed as u8,
    }));
    ExitCode::from(Exit::Failed as u8)
}

/// The constraint with the regions around it: `membership / root`.
fn named(fault: &Unsatisfied) -> String {
    fault.path.iter().chain([&fault.constraint]).map(String::as_str).collect::<Vec<_>>().join(" / ")
}
