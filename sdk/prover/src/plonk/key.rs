//! Keys of layouts: the fixed polynomials of a circuit, and the commitments to them.

use std::iter;

use dusk_bls12_381::BlsScalar;
use dusk_sdk_circuit::{GateKind, Layout, RESERVED_ROWS, Row, Selectors};
use rayon::prelude::*;

use super::POLYNOMIALS;
use super::domain::Domain;

/// The indexes of a key's polynomials.
pub(super) mod at {
    pub(in crate::plonk) const MULTIPLY: usize = 0;
    pub(in crate::plonk) const LEFT: usize = 1;
    pub(in crate::plonk) const RIGHT: usize = 2;
    pub(in crate::plonk) const OUTPUT: usize = 3;
    pub(in crate::plonk) const FOURTH: usize = 4;
    pub(in crate::plonk) const CONSTANT: usize = 5;
    pub(in crate::plonk) const ARITHMETIC: usize = 6;
    pub(in crate::plonk) const LOGIC: usize = 7;
    pub(in crate::plonk) const RANGE: usize = 8;
    pub(in crate::plonk) const FIXED_ADD: usize = 9;
    pub(in crate::plonk) const CURVE_ADD: usize = 10;
    /// The first of the four permutations.
    pub(in crate::plonk) const SIGMA: usize = 11;
}

/// The wires that the proof system adds after the two constants, and their values: 6, 1, 7 and −20.
const RESERVED_WIRES: u32 = 4;

/// The factors that separate the columns in the permutation.
pub(super) fn columns() -> [BlsScalar; 4] {
    [1, 7, 13, 17].map(BlsScalar::from)
}

/// The fixed polynomials of a circuit, as coefficients. Zero polynomials have none.
#[derive(Clone, PartialEq, Eq)]
pub struct PlonkKey {
    /// The number of gates without padding.
    pub(super) gates: usize,
    pub(super) polynomials: [Vec<BlsScalar>; POLYNOMIALS],
}

impl std::fmt::Debug for PlonkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PlonkKey({} gates)", self.gates)
    }
}

impl PlonkKey {
    /// The polynomials of a layout.
    pub(super) fn new(layout: &Layout) -> Self {
        let gates = layout.gates();
        let domain = Domain::new(gates.next_power_of_two());
        let mut values = selectors(layout, domain.size());
        values.extend(permutations(layout, &domain));
        let polynomials: Vec<_> = values
            .into_par_iter()
            .map(|values| {
                let used = values.iter().any(|it| *it != BlsScalar::zero());
                if used { domain.interpolate(values) } else { Vec::new() }
            })
            .collect();
        let polynomials =
            polynomials.try_into().unwrap_or_else(|_| unreachable!("eleven selectors, four permutations"));
        Self { gates, polynomials }
    }

    /// The size of its domain.
    pub(super) fn size(&self) -> usize {
        self.gates.next_power_of_two()
    }

    /// Encodes the key: the number of gates, the list of nonzero polynomials, and the limbs of these.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let used = self.polynomials.iter().filter(|it| !it.is_empty());
        let mut bytes = Vec::with_capacity(16 + used.clone().count() * self.size() * 32);
        let mask = self.polynomials.iter().rev().fold(0u64, |mask, it| mask << 1 | u64::from(!it.is_empty()));
        bytes.extend_from_slice(&(self.gates as u64).to_le_bytes());
        bytes.extend_from_slice(&mask.to_le_bytes());
        for limb in used.flatten().flat_map(|it| it.0) {
            bytes.extend_from_slice(&limb.to_le_bytes());
        }
        bytes
    }

    /// Decodes the result of [`PlonkKey::to_bytes`].
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, limbs) = bytes.split_first_chunk::<16>()?;
        let number = |half: &[u8]| half.first_chunk().copied().map(u64::from_le_bytes);
        let gates =
            usize::try_from(number(&head[..8])?).ok().filter(|it| (RESERVED_ROWS..=crate::MAX_GATES).contains(it))?;
        let mask = number(&head[8..])?;
        let (size, used) = (gates.next_power_of_two(), mask.count_ones() as usize);
        // The permutations are never zero.
        if mask >> at::SIGMA != 0b1111 || limbs.len() != used * size * 32 {
            return None;
        }
        let mut rest = limbs;
        let polynomials = std::array::from_fn(|index| {
            if mask >> index & 1 == 0 {
                return Vec::new();
            }
            let (polynomial, after) = rest.split_at(size * 32);
            rest = after;
            let limb = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
            polynomial
                .as_chunks::<32>()
                .0
                .iter()
                .map(|it| {
                    let limbs = it.as_chunks::<8>().0;
                    BlsScalar([limb(&limbs[0]), limb(&limbs[1]), limb(&limbs[2]), limb(&limbs[3])])
                })
                .collect()
        });
        Some(Self { gates, polynomials })
    }
}

/// The rows that the proof system puts before those of a circuit: their selectors, and their wires by number in the
/// proof system. They fix the wires 0 and 1, and keep the polynomials from being zero.
fn reserved() -> [(Selectors, [u32; 4]); RESERVED_ROWS] {
    let number = BlsScalar::from;
    let fix = Selectors { left: -number(1), ..Selectors::default() };
    let first = Selectors {
        multiply: number(1),
        left: number(2),
        right: number(3),
        output: number(4),
        fourth: number(1),
        constant: number(4),
        kind: GateKind::Arithmetic,
    };
    let second = Selectors {
        multiply: number(1),
        left: number(1),
        right: number(1),
        output: number(1),
        constant: number(127),
        ..Selectors::default()
    };
    [
        (fix, [0, 0, 0, 0]),
        (Selectors { constant: number(1), ..fix }, [1, 0, 0, 0]),
        (first, [2, 4, 5, 3]),
        (second, [5, 2, 4, 0]),
    ]
}

/// The values of the reserved wires after the two constants.
fn reserved_values() -> [BlsScalar; RESERVED_WIRES as usize] {
    [BlsScalar::from(6), BlsScalar::one(), BlsScalar::from(7), -BlsScalar::from(20)]
}

/// The wires of all rows, by number in the proof system.
fn wires(layout: &Layout) -> impl Iterator<Item = [u32; 4]> {
    let of = |row: &Row| row.wires.map(|wire| u32::try_from(wire.index()).expect("wires are numbered in 32 bits"));
    let moved = move |row: &Row| of(row).map(|wire| if wire < 2 { wire } else { wire + RESERVED_WIRES });
    reserved().into_iter().map(|(_, wires)| wires).chain(layout.rows.iter().map(moved))
}

/// The values of the four columns on the domain.
pub(super) fn column_values(layout: &Layout, values: &[BlsScalar], size: usize) -> [Vec<BlsScalar>; 4] {
    let reserved = reserved_values();
    let mut columns: [Vec<BlsScalar>; 4] = std::array::from_fn(|_| Vec::with_capacity(size));
    for row in wires(layout) {
        for (column, wire) in columns.iter_mut().zip(row) {
            column.push(match wire as usize {
                wire @ 0..2 => values[wire],
                wire @ 2..6 => reserved[wire - 2],
                wire => values[wire - RESERVED_WIRES as usize],
            });
        }
    }
    columns.each_mut().iter_mut().for_each(|column| column.resize(size, BlsScalar::zero()));
    columns
}

/// The values of the eleven selectors on the domain.
fn selectors(layout: &Layout, size: usize) -> Vec<Vec<BlsScalar>> {
    let mut columns = vec![vec![BlsScalar::zero(); size]; at::SIGMA];
    let rows = layout.rows.iter().map(|row| layout.selectors[row.selectors as usize]);
    for (index, q) in reserved().into_iter().map(|(selectors, _)| selectors).chain(rows).enumerate() {
        let one = BlsScalar::one();
        let (switch, sign) = match q.kind {
            GateKind::Idle => (None, one),
            GateKind::Arithmetic => (Some(at::ARITHMETIC), one),
            GateKind::Range => (Some(at::RANGE), one),
            GateKind::And => (Some(at::LOGIC), one),
            GateKind::Xor => (Some(at::LOGIC), -one),
            GateKind::FixedAdd => (Some(at::FIXED_ADD), one),
            GateKind::CurveAdd => (Some(at::CURVE_ADD), one),
        };
        // The constant of a logic row selects AND or XOR, whatever the layout has there.
        let constant = if switch == Some(at::LOGIC) { sign } else { q.constant };
        let factors = [
            (at::MULTIPLY, q.multiply),
            (at::LEFT, q.left),
            (at::RIGHT, q.right),
            (at::OUTPUT, q.output),
            (at::FOURTH, q.fourth),
            (at::CONSTANT, constant),
        ];
        for (place, value) in factors.into_iter().chain(switch.map(|it| (it, sign))) {
            columns[place][index] = value;
        }
    }
    columns
}

/// The values of the four permutations on the domain: each occurrence of a wire refers to the next one, and the last to
/// the first.
fn permutations(layout: &Layout, domain: &Domain) -> Vec<Vec<BlsScalar>> {
    let size = domain.size();
    let columns = columns();
    let mut sigma: Vec<Vec<BlsScalar>> =
        columns.iter().map(|factor| domain.elements.iter().map(|it| factor * it).collect()).collect();
    // For each wire, its first and its latest occurrence.
    let mut places: Vec<Option<[(usize, usize); 2]>> = vec![None; (layout.wires + RESERVED_WIRES) as usize];
    let name = |(column, row): (usize, usize)| columns[column] * domain.elements[row];
    for (row, wires) in wires(layout).enumerate() {
        for (column, wire) in wires.into_iter().enumerate() {
            let here = (column, row);
            let place = &mut places[wire as usize];
            match place {
                None => *place = Some([here, here]),
                Some([_, latest]) => {
                    sigma[latest.0][latest.1] = name(here);
                    *latest = here;
                }
            }
        }
    }
    for [first, latest] in places.into_iter().flatten() {
        sigma[latest.0][latest.1] = name(first);
    }
    debug_assert!(iter::repeat(size).zip(&sigma).all(|(size, it)| it.len() == size), "as long as the domain");
    sigma
}
