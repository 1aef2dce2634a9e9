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
//! circuit is not clean. With a witness, [`audit_with`] can show that such a wire is *free*, that is,
//! under-constrained.
//!
//! The audit cannot show that the circuit states what its author means. Inputs are free by declaration; a statement that is missing
//! altogether leaves nothing undetermined. It reports two such cases all the same, because no author means them: a private input of
//! which nothing is stated, also where values are computed of it and then used by nothing, and a multiple of a fixed point that several
//! scalars make.

mod alias;
mod choices;
mod curve;
mod facts;
mod form;
mod inputs;
mod integer;
mod integers;
mod report;
mod rules;
mod second;
mod uses;
mod vacuous;

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use self::choices::{Aliased, Choices};
use self::facts::CLEARED;
pub use self::report::{Doubt, Finding, Report, Second};
use self::rules::Engine;
use self::second::Search;
use crate::check::{CheckError, check};
use crate::layout::{Kind, Layout, Wire};
use crate::wires::Wires;

/// Looks for wires that the constraints and the inputs do not determine.
///
/// The running time is about proportional to the number of rows.
#[must_use]
pub fn audit(layout: &Layout) -> Report {
    examine(layout, None)
}

/// Looks for undetermined wires, and uses a witness to show that they are free: it changes the value of a wire, repairs
/// the violated rows, and tries other digits of numbers. If it finds another assignment, the finding is
/// [`Doubt::Free`]; otherwise it stays [`Doubt::Unknown`]. The effort is bounded.
///
/// The report contains values of the witness; it prints them only if [`REVEAL_VARIABLE`](crate::REVEAL_VARIABLE)
/// requests them. A wire may be free with one witness and not with another: `x·y = 0` leaves `y` free only if `x` is
/// zero.
///
/// # Errors
/// [`CheckError`] if the witness does not satisfy the circuit.
pub fn audit_with(layout: &Layout, wires: &Wires) -> Result<Report, CheckError> {
    check(layout, wires)?;
    Ok(examine(layout, Some(wires)))
}

fn examine(layout: &Layout, wires: Option<&Wires>) -> Report {
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
    let mut open: BTreeSet<Wire> =
        counted.iter().copied().filter(|wire| !engine.facts.is_determined(*wire) && !choices.contains(wire)).collect();
    let mut findings = Findings { layout, found: BTreeMap::new() };
    let vacuous = vacuous::vacuous(&mut engine, &inputs);
    findings.unused(&engine, &vacuous);
    findings.points(&mut engine, &inputs);
    findings.aliased(&mut engine, &aliased);
    findings.open(&mut engine, &open);
    for wire in &unstated {
        findings.unstated(&engine, *wire);
    }
    open.extend(unstated);
    let mut findings: Vec<Finding> = findings.found.into_values().collect();
    if let Some(wires) = wires {
        let may_change: BTreeSet<Wire> = open.union(&choices).copied().collect();
        let mut search = Search::new(layout, &engine.facts, &engine.uses, &may_change, wires);
        for finding in findings.iter_mut().filter(|it| it.doubt == Doubt::Unknown) {
            if let Some(second) = search.second(&finding.wires) {
                finding.doubt = Doubt::Free(second);
            }
        }
    }
    Report {
        circuit: layout.name.clone(),
        determined: counted.len() - choices.len() - open.len(),
        choices: choices.len(),
        open: open.into_iter().collect(),
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
                let doubt = if wires.len() == all { Doubt::Unused } else { Doubt::PartlyUnused(all) };
                self.add_whole(number, doubt, &input.name, wires);
            }
        }
        if self.found.is_empty() && self.layout.states_nothing_but(|row| vacuous.contains(&row)) {
            self.add_whole(0, Doubt::Nothing, &self.layout.name, Vec::new());
        }
    }

    /// Adds a finding that belongs to no constraint.
    fn add_whole(&mut self, number: u32, doubt: Doubt, name: &str, wires: Vec<Wire>) {
        let (name, path) = (name.to_owned(), Vec::new());
        let finding = Finding { doubt, name, path, place: None, row: None, wires, follow: 0 };
        self.found.insert((0, 0, number), finding);
    }

    /// Adds multiples of fixed points that several scalars have in common. Afterwards the engine assumes that their
    /// digits are determined.
    fn aliased(&mut self, engine: &mut Engine<'_>, aliased: &[Aliased]) {
        for Aliased { row, wires } in aliased {
            wires.iter().for_each(|wire| engine.facts.determine(*wire));
            let follow = follow(engine);
            self.add(*row, Doubt::Aliased, wires, follow);
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
                Kind::CurveAdd => &[(a, b), (c, d)],
                Kind::FixedAdd => &[(a, b)],
                _ => continue,
            };
            for pair in added {
                let level = engine.point(*pair, 0);
                let is_given = || [pair.0, pair.1].into_iter().all(|wire| engine.is_copy_of(wire, inputs));
                let doubt = match level {
                    None => Doubt::OffCurve,
                    Some(level) if level < CLEARED && is_given() => Doubt::OutsideSubgroup,
                    Some(_) => continue,
                };
                let before = engine.facts.level(*pair);
                engine.facts.on_curve(*pair, CLEARED);
                let follow = follow(engine);
                // A point that follows from an earlier invalid one is not reported again.
                if before.is_none() || doubt == Doubt::OutsideSubgroup {
                    self.add(number, doubt, &[pair.0, pair.1], follow);
                }
            }
        }
    }

    /// Adds the undetermined wires, the oldest first. Afterwards the engine assumes that the wire is determined, so
    /// that wires which depend only on it are not reported again.
    fn open(&mut self, engine: &mut Engine<'_>, open: &BTreeSet<Wire>) {
        for wire in open {
            if engine.facts.is_determined(*wire) {
                continue;
            }
            let Some(row) = engine.uses.of(*wire).first().copied() else { continue };
            engine.facts.determine(*wire);
            let follow = follow(engine);
            self.add(row, Doubt::Unknown, &[*wire], follow);
        }
    }

    /// Adds a wire that is exposed as a public input but is in no other statement.
    fn unstated(&mut self, engine: &Engine<'_>, wire: Wire) {
        if let Some(row) = engine.uses.of(wire).first() {
            self.add(*row, Doubt::Unknown, &[wire], 0);
        }
    }

    fn add(&mut self, row: u32, doubt: Doubt, wires: &[Wire], follow: usize) {
        let at = self.layout.rows[row as usize].constraint;
        let constraint = &self.layout.constraints[at as usize];
        let kind = match doubt {
            Doubt::OffCurve => 1,
            Doubt::OutsideSubgroup => 2,
            Doubt::Aliased => 3,
            _ => 4,
        };
        let first = self.found.iter().find(|((_, of, it), _)| (*of, *it) == (kind, at)).map(|(key, _)| *key);
        let finding = self.found.entry(first.unwrap_or((row + 1, kind, at))).or_insert_with(|| Finding {
            doubt,
            name: constraint.name.clone(),
            path: self.layout.path(constraint.region).into_iter().map(ToOwned::to_owned).collect(),
            place: Some(constraint.place.clone()),
            row: Some(row as usize),
            wires: Vec::new(),
            follow: 0,
        });
        finding.wires.extend(wires);
        finding.follow += follow;
    }
}

/// Runs the engine on an assumption, and returns the number of wires that it determines.
fn follow(engine: &mut Engine<'_>) -> usize {
    let before = engine.facts.count_determined();
    engine.run();
    engine.facts.count_determined() - before
}
