//! Building small circuits, and cheating in them.

use std::collections::{BTreeMap, BTreeSet};

use dusk_sdk_circuit::{
    Assignment, BlsScalar, CheckError, ConstraintSystem, FindingKind, GateKind, Layout, Report, Row, Selectors, Wire,
    check,
};
use proptest::prelude::*;

/// The layout and the wires of what `build` builds. It gives its inputs itself.
pub(crate) fn run(build: impl Fn(&mut ConstraintSystem)) -> (Layout, Assignment) {
    let mut plain = ConstraintSystem::new("test");
    build(&mut plain);
    let mut witness = ConstraintSystem::with_witness("test");
    build(&mut witness);
    let (layout, assignment) = witness.finish();
    assert_eq!(plain.finish().0, layout, "the layout depends on the witness");
    (layout, assignment)
}

/// The name of the constraint that fails, or nothing.
pub(crate) fn fault(layout: &Layout, assignment: &Assignment) -> Option<String> {
    match check(layout, assignment) {
        Ok(()) => None,
        Err(CheckError::Unsatisfied(fault)) => Some(fault.constraint.clone()),
        Err(error) => panic!("{error}"),
    }
}

/// Whether what `build` builds is satisfied by what its hints compute.
pub(crate) fn holds(build: impl Fn(&mut ConstraintSystem)) -> bool {
    let (layout, assignment) = run(build);
    fault(&layout, &assignment).is_none()
}

/// The name of the constraint that refuses what `build` builds.
pub(crate) fn refused(build: impl Fn(&mut ConstraintSystem)) -> String {
    let (layout, assignment) = run(build);
    fault(&layout, &assignment).expect("a constraint must not hold")
}

/// Whether a prover has nothing to choose. Inputs of circuits that only compute something are unused, which is no
/// matter here.
pub(crate) fn leaves_nothing_open(report: &Report) -> bool {
    report.findings.iter().all(|finding| matches!(finding.kind, FindingKind::Unused | FindingKind::PartlyUnused(_)))
}

/// The wires of the rows with this constraint name, in order.
pub(crate) fn rows(layout: &Layout, name: &str) -> Vec<[Wire; 4]> {
    let named = |row: &&dusk_sdk_circuit::Row| layout.constraints[row.constraint as usize].name == name;
    let rows: Vec<_> = layout.rows.iter().filter(named).map(|row| row.wires).collect();
    assert!(!rows.is_empty(), "no constraint is named {name}");
    rows
}

/// Asserts that no wire but the inputs can have another value by itself.
pub(crate) fn assert_each_wire_is_bound(layout: &Layout, assignment: &Assignment) {
    refusals(layout, assignment);
}

/// The constraints that refuse another value on one wire, by their places. Asserts that one does for each wire but the
/// inputs.
pub(crate) fn refusals(layout: &Layout, assignment: &Assignment) -> BTreeSet<u32> {
    let inputs: BTreeSet<Wire> = layout.inputs.iter().flat_map(|input| input.wires.clone()).collect();
    let mut readers: BTreeMap<Wire, BTreeSet<usize>> = BTreeMap::new();
    for (at, row) in layout.rows.iter().enumerate() {
        for wire in row.wires.into_iter().filter(|wire| *wire > Wire::ONE) {
            readers.entry(wire).or_default().extend(at.checked_sub(1).into_iter().chain([at]));
        }
    }
    // An exposed wire is bound to its public input.
    let public: BTreeSet<usize> = layout.public_rows.iter().map(|row| *row as usize).collect();
    readers.retain(|_, rows| rows.is_disjoint(&public));

    let mut refused = BTreeSet::new();
    let (mut part, idle) = with_idle(layout);
    part.public_rows.clear();
    let mut changed = Assignment::from_parts(assignment.values().to_vec(), Vec::new());
    for (wire, rows) in readers {
        // Whether another value passes is seen on the rows that read it, each with the wires of the one after it.
        part.rows.clear();
        for at in rows {
            part.rows.push(layout.rows[at]);
            part.rows.extend(layout.rows.get(at + 1).map(|next| Row { selectors: idle, ..*next }));
        }
        let value = assignment.values()[wire.index()];
        for change in [BlsScalar::one(), -BlsScalar::one(), BlsScalar::from(1 << 40)] {
            changed.replace(wire, value + change);
            match check(&part, &changed) {
                Ok(()) => assert!(inputs.contains(&wire), "wire {} can be changed", wire.index()),
                Err(CheckError::Unsatisfied(fault)) => {
                    refused.insert(part.rows[fault.row].constraint);
                }
                Err(error) => panic!("{error}"),
            }
        }
        changed.replace(wire, value);
    }
    refused
}

/// The layout, and the place of selectors with which a row states nothing.
fn with_idle(layout: &Layout) -> (Layout, u32) {
    let mut layout = layout.clone();
    let place = u32::try_from(layout.selectors.len()).expect("selectors are counted in 32 bits");
    layout.selectors.push(Selectors { kind: GateKind::Idle, ..Selectors::default() });
    (layout, place)
}

/// The layout without what a row states. Its wires stay, which the row before may look ahead to.
pub(crate) fn without(layout: &Layout, row: usize) -> Layout {
    let (mut layout, idle) = with_idle(layout);
    layout.rows[row].selectors = idle;
    layout
}

/// Computes again what follows from a wire that was changed: the youngest wire of each arithmetic row that others have
/// changed.
pub(crate) fn recompute(layout: &Layout, assignment: &mut Assignment, changed: Wire) {
    let mut changed = BTreeSet::from([changed]);
    for row in &layout.rows {
        let q = &layout.selectors[row.selectors as usize];
        let Some(youngest) = row.wires.into_iter().max().filter(|_| q.kind == GateKind::Arithmetic) else { continue };
        if changed.contains(&youngest) || !row.wires.iter().any(|wire| changed.contains(wire)) {
            continue;
        }
        let [a, b, c, d] = row.wires.map(|wire| assignment.values()[wire.index()]);
        let sum = q.multiply * a * b + q.left * a + q.right * b + q.output * c + q.fourth * d + q.constant;
        let place = row.wires.iter().position(|wire| *wire == youngest).expect("it is in the row");
        if let Some(factor) = [q.left, q.right, q.output, q.fourth][place].invert() {
            assignment.replace(youngest, assignment.values()[youngest.index()] - sum * factor);
            changed.insert(youngest);
        }
    }
}

/// Field elements, among them those at the borders.
pub(crate) fn field() -> impl Strategy<Value = BlsScalar> {
    prop_oneof![
        any::<[u8; 64]>().prop_map(|bytes| BlsScalar::from_bytes_wide(&bytes)),
        (0_u64..4).prop_map(BlsScalar::from),
        (1_u64..4).prop_map(|small| -BlsScalar::from(small)),
        (0_usize..255).prop_map(|bit| BlsScalar::pow_of_2(bit as u64)),
    ]
}
