//! Building small circuits, and cheating in them.

use dusk_sdk_circuit::{BlsScalar, CheckError, Circuit, Layout, Wire, Wires, check};
use proptest::prelude::*;

/// The layout and the wires of what `build` builds. It gives its inputs itself.
pub(crate) fn run(build: impl Fn(&mut Circuit)) -> (Layout, Wires) {
    let mut plain = Circuit::new("test");
    build(&mut plain);
    let mut witness = Circuit::with_witness("test");
    build(&mut witness);
    let (layout, wires) = witness.finish();
    assert_eq!(plain.finish().0, layout, "the layout depends on the witness");
    (layout, wires)
}

/// The name of the constraint that fails, or nothing.
pub(crate) fn fault(layout: &Layout, wires: &Wires) -> Option<String> {
    match check(layout, wires) {
        Ok(()) => None,
        Err(CheckError::Unsatisfied(fault)) => Some(fault.constraint.clone()),
        Err(error) => panic!("{error}"),
    }
}

/// Whether what `build` builds is satisfied by what its hints compute.
pub(crate) fn holds(build: impl Fn(&mut Circuit)) -> bool {
    let (layout, wires) = run(build);
    fault(&layout, &wires).is_none()
}

/// The name of the constraint that refuses what `build` builds.
pub(crate) fn refused(build: impl Fn(&mut Circuit)) -> String {
    let (layout, wires) = run(build);
    fault(&layout, &wires).expect("a constraint must not hold")
}

/// The wires of the rows with this constraint name, in order.
pub(crate) fn rows(layout: &Layout, name: &str) -> Vec<[Wire; 4]> {
    let named = |row: &&dusk_sdk_circuit::Row| layout.constraints[row.constraint as usize].name == name;
    let rows: Vec<_> = layout.rows.iter().filter(named).map(|row| row.wires).collect();
    assert!(!rows.is_empty(), "no constraint is named {name}");
    rows
}

/// Asserts that no wire but the inputs can have another value by itself.
pub(crate) fn assert_each_wire_is_bound(layout: &Layout, wires: &Wires) {
    let inputs: Vec<Wire> = layout.inputs.iter().flat_map(|input| input.wires.clone()).collect();
    let used = layout.rows.iter().flat_map(|row| row.wires);
    let mut used: Vec<Wire> = used.filter(|wire| *wire > Wire::ONE && !inputs.contains(wire)).collect();
    used.sort_unstable();
    used.dedup();
    for wire in used {
        for change in [BlsScalar::one(), -BlsScalar::one(), BlsScalar::from(1 << 40)] {
            let mut forged = wires.clone();
            forged.replace(wire, wires.values()[wire.index()] + change);
            assert!(check(layout, &forged).is_err(), "wire {} can be changed", wire.index());
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
