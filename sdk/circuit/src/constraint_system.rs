//! The constraint system: a circuit's function runs against it, once without values to get the layout, and once for
//! each witness.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use core::panic::Location;

use dusk_bls12_381::BlsScalar;

use crate::assignment::Assignment;
use crate::gate::Gate;
use crate::layout::{Constraint, GateKind, Input, Layout, MAX_ROWS, Place, Region, Row, Selectors, Wire};
use crate::poseidon::Tables;

/// The maximum number of rows while a circuit is built. A circuit with more than [`MAX_ROWS`] cannot be proved, but its
/// profile still shows where the rows are.
pub const MAX_ROWS_BUILT: usize = 1 << 20;

/// The constraint system of a circuit while it is built.
///
/// The function of a circuit, and the gadgets that it calls, create values and constrain them. The function runs once
/// without a witness, which gives the [`Layout`], and once for each witness, which gives the [`Assignment`]. The rows
/// must not depend on the witness. Only the closures of [`ConstraintSystem::hint`] see values; comparing the digests of
/// both runs detects a layout that depends on them nevertheless.
#[derive(Debug)]
pub struct ConstraintSystem {
    layout: Layout,
    /// The value of each wire; empty without a witness.
    assignment: Assignment,
    has_witness: bool,
    selectors: BTreeMap<Selectors, u32>,
    regions: BTreeMap<(u32, &'static str), u32>,
    constraints: BTreeMap<(u32, &'static str, Location<'static>), u32>,
    constants: BTreeMap<BlsScalar, Wire>,
    /// The constants of the hash, from its first use on.
    poseidon: Option<Arc<Tables>>,
    /// The layout that the rows are expected to have, if it is known.
    expected: Option<Expected>,
    /// The current region.
    region: u32,
    /// The place of the call of the outermost current gadget.
    gadget: Option<Location<'static>>,
}

/// The rows of a layout that was built before.
#[derive(Debug)]
struct Expected {
    rows: Vec<Row>,
    /// Whether a row differs from the expected one.
    deviates: bool,
}

impl ConstraintSystem {
    /// An empty constraint system without a witness.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::begin(name, false)
    }

    /// An empty constraint system that computes the assignment of a witness.
    #[must_use]
    pub fn with_witness(name: &str) -> Self {
        Self::begin(name, true)
    }

    /// As [`with_witness`](Self::with_witness), for a circuit whose layout is known: [`Self::finish_as`] gives the
    /// assignment if the rows are those of the layout. Each row is only compared, which takes a fraction of the time
    /// that naming and numbering it takes.
    pub(crate) fn expecting(layout: &Layout) -> Self {
        let mut cs = Self::beginning_with(&layout.name, true, Assignment::with_capacity(layout.wires as usize));
        cs.layout.selectors.clone_from(&layout.selectors);
        cs.layout.rows.reserve_exact(layout.rows.len());
        cs.expected = Some(Expected { rows: layout.rows.clone(), deviates: false });
        cs
    }

    fn begin(name: &str, has_witness: bool) -> Self {
        Self::beginning_with(name, has_witness, Assignment::default())
    }

    fn beginning_with(name: &str, has_witness: bool, assignment: Assignment) -> Self {
        let mut cs = Self {
            layout: Layout {
                name: name.to_owned(),
                wires: 0,
                selectors: Vec::new(),
                rows: Vec::new(),
                public_rows: Vec::new(),
                inputs: Vec::new(),
                regions: alloc::vec![Region { name: name.to_owned(), parent: 0 }],
                constraints: Vec::new(),
            },
            assignment,
            has_witness,
            selectors: BTreeMap::new(),
            regions: BTreeMap::new(),
            constraints: BTreeMap::new(),
            constants: BTreeMap::from([(BlsScalar::zero(), Wire::ZERO), (BlsScalar::one(), Wire::ONE)]),
            poseidon: None,
            expected: None,
            region: 0,
            gadget: None,
        };
        cs.wire(BlsScalar::zero);
        cs.wire(BlsScalar::one);
        cs
    }

    /// Whether there is a witness. Gadgets may use this to save work; the rows must not depend on it.
    #[must_use]
    pub fn has_witness(&self) -> bool {
        self.has_witness
    }

    /// The number of rows so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.layout.rows.len()
    }

    /// Builds a named region of the circuit: failures name it, and the profile counts its gates.
    pub fn region<T>(&mut self, name: &'static str, body: impl FnOnce(&mut Self) -> T) -> T {
        let gadget = self.gadget.take();
        let result = self.inside(name, body);
        self.gadget = gadget;
        result
    }

    /// Builds a named region for a gadget. The place of its constraints is the caller of the gadget, not the gadget's
    /// source: put `#[track_caller]` on gadgets.
    #[track_caller]
    pub fn gadget<T>(&mut self, name: &'static str, body: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.gadget;
        self.gadget = outer.or(Some(*Location::caller()));
        let result = self.inside(name, body);
        self.gadget = outer;
        result
    }

    fn inside<T>(&mut self, name: &'static str, body: impl FnOnce(&mut Self) -> T) -> T {
        if self.expected.is_some() {
            return body(self);
        }
        let outer = self.region;
        let regions = &mut self.layout.regions;
        self.region = *self.regions.entry((outer, name)).or_insert_with(|| {
            regions.push(Region { name: name.to_owned(), parent: outer });
            index(regions.len() - 1)
        });
        let result = body(self);
        self.region = outer;
        result
    }

    /// Creates a wire whose value is computed from others. **No constraint binds it yet.**
    ///
    /// The closure runs only if there is a witness. It must not fail, whatever the values are: if there is no right
    /// value it returns any, and the constraints will be violated.
    pub fn hint<const N: usize>(&mut self, from: [Wire; N], compute: impl FnOnce([BlsScalar; N]) -> BlsScalar) -> Wire {
        let values = from.map(|wire| self.assignment.try_get(wire).copied().unwrap_or_default());
        self.wire(|| compute(values))
    }

    /// Creates wires whose values are computed from others, like [`ConstraintSystem::hint`].
    pub fn hints<const N: usize, const M: usize>(
        &mut self,
        from: [Wire; N],
        compute: impl FnOnce([BlsScalar; N]) -> [BlsScalar; M],
    ) -> [Wire; M] {
        let values = from.map(|wire| self.assignment.try_get(wire).copied().unwrap_or_default());
        let results = if self.has_witness { compute(values) } else { [BlsScalar::zero(); M] };
        results.map(|value| self.wire(|| value))
    }

    /// Creates a wire for an input. **No constraint binds it yet**; the input's type adds its constraints.
    pub fn input_wire(&mut self, value: Option<BlsScalar>) -> Wire {
        self.wire(|| value.unwrap_or_default())
    }

    fn wire(&mut self, value: impl FnOnce() -> BlsScalar) -> Wire {
        if self.has_witness {
            self.assignment.push(value());
        }
        let wire = Wire(self.layout.wires);
        self.layout.wires += 1;
        wire
    }

    /// The value of a wire, if there is a witness. For gadgets that compute several hints at once.
    #[must_use]
    pub fn value(&self, wire: Wire) -> Option<BlsScalar> {
        self.assignment.try_get(wire).copied()
    }

    /// The wire of a constant. Each new constant costs one row; [`Wire::ZERO`] and [`Wire::ONE`] exist already.
    #[track_caller]
    pub fn constant(&mut self, value: BlsScalar) -> Wire {
        if let Some(wire) = self.constants.get(&value) {
            return *wire;
        }
        let wire = self.wire(|| value);
        self.gate("constant", Gate::new().a(wire, -BlsScalar::one()).constant(value));
        self.constants.insert(value, wire);
        wire
    }

    /// The constants of the hash.
    pub(crate) fn poseidon(&mut self) -> Arc<Tables> {
        Arc::clone(self.poseidon.get_or_insert_with(Tables::shared))
    }

    /// Adds a row. Its name states the constraint for readers.
    ///
    /// # Panics
    /// If there are [`MAX_ROWS_BUILT`] rows already, which indicates an endless loop.
    #[track_caller]
    pub fn gate(&mut self, name: &'static str, gate: Gate) {
        if let Some(expected) = &mut self.expected {
            let row = expected.rows.get(self.layout.rows.len()).filter(|row| {
                row.wires == gate.wires && self.layout.selectors[row.selectors as usize] == gate.selectors
            });
            if let Some(row) = row {
                self.layout.rows.push(*row);
                return;
            }
            expected.deviates = true;
        }
        let place = self.gadget.unwrap_or(*Location::caller());
        let rows = self.layout.rows.len();
        assert!(rows < MAX_ROWS_BUILT, "the circuit has {rows} rows at {place}, and a circuit may have {MAX_ROWS}");
        let constraints = &mut self.layout.constraints;
        let region = self.region;
        let constraint = *self.constraints.entry((region, name, place)).or_insert_with(|| {
            constraints.push(Constraint {
                name: name.to_owned(),
                region,
                place: Place { file: place.file().to_owned(), line: place.line(), column: place.column() },
            });
            index(constraints.len() - 1)
        });
        let table = &mut self.layout.selectors;
        let selectors = *self.selectors.entry(gate.selectors).or_insert_with(|| {
            table.push(gate.selectors);
            index(table.len() - 1)
        });
        self.layout.rows.push(Row { wires: gate.wires, selectors, constraint });
    }

    /// Makes a wire the next public input.
    #[track_caller]
    pub fn expose(&mut self, wire: Wire) {
        self.layout.public_rows.push(index(self.layout.rows.len()));
        self.gate("public input", Gate::new().a(wire, -BlsScalar::one()));
        if let Some(value) = self.value(wire) {
            self.assignment.publish(value);
        }
    }

    /// Builds one input in the region of inputs, and returns it with the rows that it took.
    #[track_caller]
    pub(crate) fn input<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> (T, Range<u32>) {
        let begin = index(self.layout.rows.len());
        let value = self.gadget("inputs", body);
        (value, begin..index(self.layout.rows.len()))
    }

    /// Records a named input.
    pub(crate) fn note_input(&mut self, input: Input) {
        self.layout.inputs.push(input);
    }

    /// Finishes the circuit. Without a witness the assignment is empty.
    #[must_use]
    pub fn finish(mut self) -> (Layout, Assignment) {
        self.end();
        (self.layout, self.assignment)
    }

    /// Finishes a circuit that was expected to have this layout. `None` if its digest would be another.
    pub(crate) fn finish_as(mut self, layout: &Layout) -> Option<Assignment> {
        self.end();
        let same = self.expected.is_some_and(|expected| !expected.deviates)
            && self.layout.rows.len() == layout.rows.len()
            && self.layout.wires == layout.wires
            && self.layout.public_rows == layout.public_rows;
        same.then_some(self.assignment)
    }

    /// If the last row reads the next one, that row must exist.
    fn end(&mut self) {
        let last = self.layout.rows.last().map(|row| self.layout.selectors[row.selectors as usize].kind);
        if last.is_some_and(GateKind::looks_ahead) {
            self.gate("end", Gate::idle([Wire::ZERO; 4]));
        }
    }
}

/// Indexes in a layout have 32 bits. A larger circuit would not fit into memory.
fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
