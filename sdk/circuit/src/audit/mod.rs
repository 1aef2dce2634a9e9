//! The search for under-constrained wires: values that a circuit leaves to the prover.
//!
//! A proof states that *some* values satisfy the circuit. So every value that a gadget computes must be the only
//! possible one. If constraints do not determine a wire, a dishonest prover can choose its value, and forge all values
//! that depend on it. The audit tries to prove for each wire that, given the inputs, public and private, all satisfying
//! assignments agree on it. It reports each wire for which it found no proof.
//!
//! It applies rules, each of which is sound: a row that is linear in one undetermined wire; digits of a sum that can
//! neither overlap nor wrap around; case splits on a determined value; the complete addition law for points that are on
//! the curve; the signed digits of a fixed-base multiplication. A wire that no rule reaches is *unknown*, and the
//! circuit is not clean. With a witness, [`audit_with`] can show that such a wire is *under-constrained*.
//!
//! The audit cannot show that the circuit states what its author means. Inputs are free by declaration, so a missing
//! statement leaves no wire undetermined. The audit still reports two such cases, because no author intends them: a
//! private input that no statement constrains, even if the circuit computes unused values from it; and a multiple of a
//! fixed point that several scalars produce.

mod alias;
mod choices;
mod counterexample;
mod curve;
mod facts;
mod form;
mod inputs;
mod integer;
mod integers;
mod report;
mod rules;
mod uses;
mod vacuous;

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use self::choices::{Aliased, Choices};
use self::counterexample::Search;
use self::facts::CLEARED;
pub use self::report::{Counterexample, Finding, FindingKind, Report};
use self::rules::Engine;
use crate::assignment::Assignment;
use crate::check::{CheckError, check};
use crate::layout::{GateKind, Layout, Wire};

/// Looks for wires that the constraints and the inputs do not determine.
///
/// The running time is about proportional to the number of rows.
#[must_use]
pub fn audit(layout: &Layout) -> Report {
    examine(layout, None)
}

/// Looks for undetermined wires, and uses a witness to show that they are under-constrained: it changes the value of a
/// wire, repairs the violated rows, and tries other digits of numbers. If it finds another assignment, the finding is
/// [`FindingKind::UnderConstrained`]; otherwise it stays [`FindingKind::Unknown`]. The effort is bounded.
///
/// The report contains values of the witness; it prints them only if [`REVEAL_VARIABLE`](crate::REVEAL_VARIABLE)
/// requests them. A wire may be under-constrained with one witness and not with another: `x·y = 0` leaves `y` to the
/// prover only if `x` is zero.
///
/// # Errors
/// [`CheckError`] if the witness does not satisfy the circuit.
pub fn audit_with(layout: &Layout, assignment: &Assignment) -> Result<Report, CheckError> {
    check(layout, assignment)?;
    Ok(examine(layout, Some(assignment)))
}

fn examine(layout: &Layout, assignment: Option<&Assignment>) -> Report {
    let mut engine = Engine::new(layout);
    engine.run();
    let Choices { harmless: choices, aliased } = engine.choices();
    let inputs: BTreeSet<Wire> = layout.inputs.iter().flat_map(|input| &input.wires).copied().collect();
    let counted: Vec<Wire> = (2..layout.wires)
        .map(Wire)
        .filter(|wire| !inputs.contains(wire) && !engine.uses.of(*wire).is_empty())
        .collect();
    // A wire that is only in public input rows is left to the prover, who chooses the public input as well.
    let is_public = |row: &u32| layout.public_rows.binary_search(row).is_ok();
    let unstated: Vec<Wire> =
        counted.iter().copied().filter(|wire| engine.uses.of(*wire).iter().all(is_public)).collect();
    let mut undetermined: BTreeSet<Wire> =
        counted.iter().copied().filter(|wire| !engine.facts.is_determined(*wire) && !choices.contains(wire)).collect();
    let mut findings = Findings { layout, found: BTreeMap::new() };
    let vacuous = vacuous::vacuous(&mut engine, &inputs);
    findings.unused(&engine, &vacuous);
    findings.points(&mut engine, &inputs);
    findings.aliased(&mut engine, &aliased);
    findings.undetermined(&mut engine, &undetermined);
    for wire in &unstated {
        findings.unstated(&engine, *wire);
    }
    undetermined.extend(unstated);
    let mut findings: Vec<Finding> = findings.found.into_values().collect();
    if let Some(assignment) = assignment {
        let may_change: BTreeSet<Wire> = undetermined.union(&choices).copied().collect();
        let mut search = Search::new(layout, &engine.facts, &engine.uses, &may_change, assignment);
        for finding in findings.iter_mut().filter(|it| it.kind == FindingKind::Unknown) {
            if let Some(counterexample) = search.counterexample(&finding.wires) {
                finding.kind = FindingKind::UnderConstrained(counterexample);
            }
        }
    }
    Report {
        circuit: layout.name.clone(),
        determined: counted.len() - choices.len() - undetermined.len(),
        choices: choices.len(),
        undetermined: undetermined.into_iter().collect(),
        findings,
    }
}

/// Collects findings, merging those of one constraint and kind, in the order of rows.
struct Findings<'a> {
    layout: &'a Layout,
    found: BTreeMap<(u32, u8, u32), Finding>,
}

impl Findings<'_> {
    /// Private inputs in no statement; and whether there is one.
    fn unused(&mut self, engine: &Engine<'_>, vacuous: &BTreeSet<u32>) {
        for (input, number) in self.layout.inputs.iter().zip(1u32..) {
            let wires = if input.public { Vec::new() } else { inputs::unused(engine, input, vacuous) };
            if !wires.is_empty() {
                let all = input.wires.len();
                let kind = if wires.len() == all { FindingKind::Unused } else { FindingKind::PartlyUnused(all) };
                self.add_whole(number, kind, &input.name, wires);
            }
        }
        if self.found.is_empty() && self.layout.states_nothing_but(|row| vacuous.contains(&row)) {
            self.add_whole(0, FindingKind::Nothing, &self.layout.name, Vec::new());
        }
    }

    /// Adds a finding that belongs to no constraint.
    fn add_whole(&mut self, number: u32, kind: FindingKind, name: &str, wires: Vec<Wire>) {
        let (name, path) = (name.to_owned(), Vec::new());
        let finding = Finding { kind, name, path, place: None, row: None, wires, dependents: 0 };
        self.found.insert((0, 0, number), finding);
    }

    /// Adds multiples of fixed points that several scalars have in common. Afterwards the engine assumes that their
    /// digits are determined.
    fn aliased(&mut self, engine: &mut Engine<'_>, aliased: &[Aliased]) {
        for Aliased { row, wires } in aliased {
            wires.iter().for_each(|wire| engine.facts.determine(*wire));
            let dependents = dependents(engine);
            self.add(*row, FindingKind::Aliased, wires, dependents);
        }
    }

    /// Adds pairs that are used as points but may be off the curve, and input points that may be outside the subgroup.
    /// Afterwards the engine assumes that they are valid points, to find independent faults.
    ///
    /// A pair is an input if both coordinates are, declared as one value or separately.
    fn points(&mut self, engine: &mut Engine<'_>, inputs: &BTreeSet<Wire>) {
        for (row, number) in self.layout.rows.iter().zip(0u32..) {
            let [a, b, c, d] = row.wires;
            let added: &[(Wire, Wire)] = match engine.kind(number) {
                GateKind::CurveAdd => &[(a, b), (c, d)],
                GateKind::FixedAdd => &[(a, b)],
                _ => continue,
            };
            for pair in added {
                let level = engine.point(*pair, 0);
                let is_given = || [pair.0, pair.1].into_iter().all(|wire| engine.is_copy_of(wire, inputs));
                let kind = match level {
                    None => FindingKind::OffCurve,
                    Some(level) if level < CLEARED && is_given() => FindingKind::OutsideSubgroup,
                    Some(_) => continue,
                };
                let before = engine.facts.level(*pair);
                engine.facts.on_curve(*pair, CLEARED);
                let dependents = dependents(engine);
                // A point that follows from an earlier invalid one is not reported again.
                if before.is_none() || kind == FindingKind::OutsideSubgroup {
                    self.add(number, kind, &[pair.0, pair.1], dependents);
                }
            }
        }
    }

    /// Adds the undetermined wires, the oldest first. Afterwards the engine assumes that the wire is determined, so
    /// that wires which depend only on it are not reported again.
    fn undetermined(&mut self, engine: &mut Engine<'_>, undetermined: &BTreeSet<Wire>) {
        for wire in undetermined {
            if engine.facts.is_determined(*wire) {
                continue;
            }
            let Some(row) = engine.uses.of(*wire).first().copied() else { continue };
            engine.facts.determine(*wire);
            let dependents = dependents(engine);
            self.add(row, FindingKind::Unknown, &[*wire], dependents);
        }
    }

    /// Adds a wire that is exposed as a public input but is in no other statement.
    fn unstated(&mut self, engine: &Engine<'_>, wire: Wire) {
        if let Some(row) = engine.uses.of(wire).first() {
            self.add(*row, FindingKind::Unknown, &[wire], 0);
        }
    }

    fn add(&mut self, row: u32, kind: FindingKind, wires: &[Wire], dependents: usize) {
        let at = self.layout.rows[row as usize].constraint;
        let constraint = &self.layout.constraints[at as usize];
        let rank = match kind {
            FindingKind::OffCurve => 1,
            FindingKind::OutsideSubgroup => 2,
            FindingKind::Aliased => 3,
            _ => 4,
        };
        let first = self.found.iter().find(|((_, of, it), _)| (*of, *it) == (rank, at)).map(|(key, _)| *key);
        let finding = self.found.entry(first.unwrap_or((row + 1, rank, at))).or_insert_with(|| Finding {
            kind,
            name: constraint.name.clone(),
            path: self.layout.path(constraint.region).into_iter().map(ToOwned::to_owned).collect(),
            place: Some(constraint.place.clone()),
            row: Some(row as usize),
            wires: Vec::new(),
            dependents: 0,
        });
        finding.wires.extend(wires);
        finding.dependents += dependents;
    }
}

/// Runs the engine on an assumption, and returns the number of wires that it determines.
fn dependents(engine: &mut Engine<'_>) -> usize {
    let before = engine.facts.count_determined();
    engine.run();
    engine.facts.count_determined() - before
}
