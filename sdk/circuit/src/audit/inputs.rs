//! Private inputs of which nothing is stated.
//!
//! The type of an input makes rows of its own: a range, the curve's equation. These rows hold for every value of the
//! type, so they do not count as a use. They also show which wires belong together: a statement may use only one
//! coordinate of a point, because the rows of the type bind the other to it. Rows that only compute what nothing uses
//! do not count either.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::rules::Engine;
use super::uses::stated;
use crate::layout::{Input, Wire};

/// The wires of an input that no row uses but those of its type and vacuous ones, even by another wire that those of
/// its type bind to them.
pub(super) fn unused(engine: &Engine<'_>, input: &Input, vacuous: &BTreeSet<u32>) -> Vec<Wire> {
    let parts = Parts::of(engine, input);
    let is_use = |row: &u32| !input.rows.contains(row) && !vacuous.contains(row);
    let is_used = |wire: Wire| engine.uses.of(wire).iter().any(is_use);
    let used: BTreeSet<Wire> =
        parts.wires().chain(&input.wires).filter(|wire| is_used(**wire)).map(|wire| parts.name(*wire)).collect();
    input.wires.iter().copied().filter(|wire| !used.contains(&parts.name(*wire))).collect()
}

/// Groups of wires that the rows of a type bind together.
struct Parts {
    /// For each wire another wire of its group (union-find). A wire that points to itself represents the group.
    above: BTreeMap<Wire, Wire>,
}

impl Parts {
    fn of(engine: &Engine<'_>, input: &Input) -> Self {
        let mut parts = Self { above: BTreeMap::new() };
        for row in input.rows.clone() {
            let wires = stated(engine.layout, row as usize);
            // Wires with the same value for every value of the type bind nothing.
            let mut wires = wires.into_iter().filter(|wire| engine.facts.value(*wire).is_none());
            let Some(first) = wires.next() else { continue };
            parts.above.entry(first).or_insert(first);
            for wire in wires {
                parts.above.entry(wire).or_insert(wire);
                let (one, other) = (parts.name(first), parts.name(wire));
                parts.above.insert(one.max(other), one.min(other));
            }
        }
        parts
    }

    fn name(&self, wire: Wire) -> Wire {
        let mut at = wire;
        while let Some(above) = self.above.get(&at).filter(|above| **above != at) {
            at = *above;
        }
        at
    }

    fn wires(&self) -> impl Iterator<Item = &Wire> {
        self.above.keys()
    }
}
