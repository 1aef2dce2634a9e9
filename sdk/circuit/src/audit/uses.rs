//! The rows that state something about each wire.

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use crate::layout::{GateKind, Layout, Wire};

/// For each wire the rows with statements about it, in order.
#[derive(Debug)]
pub(super) struct Uses {
    /// The index of the first row of each wire, and the end of the last.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

/// The wires in the statement of a row.
pub(super) fn stated(layout: &Layout, row: usize) -> Vec<Wire> {
    let [a, b, c, d] = layout.rows[row].wires;
    let q = &layout.selectors[layout.rows[row].selectors as usize];
    let [a1, b1, _, d1] = layout.rows.get(row + 1).map_or([Wire::ZERO; 4], |row| row.wires);
    let mut wires = match q.kind {
        GateKind::Idle => Vec::new(),
        GateKind::Arithmetic => {
            let zero = BlsScalar::zero();
            let product = q.multiply != zero;
            let used = [q.left != zero || product, q.right != zero || product, q.output != zero, q.fourth != zero];
            [a, b, c, d].into_iter().zip(used).filter_map(|(wire, used)| used.then_some(wire)).collect()
        }
        GateKind::Range => alloc::vec![a, b, c, d, d1],
        GateKind::And | GateKind::Xor | GateKind::FixedAdd | GateKind::CurveAdd => alloc::vec![a, b, c, d, a1, b1, d1],
    };
    wires.sort_unstable();
    wires.dedup();
    wires
}

impl Uses {
    pub(super) fn new(layout: &Layout) -> Self {
        let mut pairs: Vec<(Wire, u32)> = Vec::with_capacity(4 * layout.rows.len());
        for (row, number) in (0..layout.rows.len()).zip(0u32..) {
            pairs.extend(stated(layout, row).into_iter().map(|wire| (wire, number)));
        }
        pairs.sort_unstable();
        let mut starts = Vec::with_capacity(layout.wires as usize + 1);
        let mut at = 0;
        for wire in 0..=layout.wires {
            while pairs.get(at).is_some_and(|(it, _)| it.0 < wire) {
                at += 1;
            }
            starts.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        Self { starts, rows: pairs.into_iter().map(|(_, row)| row).collect() }
    }

    pub(super) fn of(&self, wire: Wire) -> &[u32] {
        &self.rows[self.starts[wire.index()] as usize..self.starts[wire.index() + 1] as usize]
    }

    /// Some of the rows of a wire, those closest to a row.
    pub(super) fn near(&self, wire: Wire, row: u32, most: usize) -> &[u32] {
        let rows = self.of(wire);
        let middle = rows.partition_point(|it| *it < row);
        let start = middle.saturating_sub(most / 2).min(rows.len().saturating_sub(most));
        &rows[start..rows.len().min(start + most)]
    }
}
