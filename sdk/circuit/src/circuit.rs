//! The builder: a circuit's function runs against it, once without values for the layout, and once for each witness.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;
use core::panic::Location;

use dusk_bls12_381::BlsScalar;

use crate::gadgets::poseidon::Tables;
use crate::gate::Gate;
use crate::layout::{Constraint, Input, Kind, Layout, MAX_ROWS, Place, Region, Row, Selectors, Wire};
use crate::wires::Wires;

/// The most rows of a circuit while it is described. It cannot be proved with over [`MAX_ROWS`], but its profile still shows where
/// they come from.
pub const MAX_ROWS_BUILT: usize = 1 << 20;

/// A circuit while it is described.
///
/// The function of a circuit, and the gadgets that it calls, make values and constrain them. They run twice: once without
/// a witness, which gives the [`Layout`], and once for each witness, which gives the [`Wires`]. What is built must not
/// depend on the witness: nothing in it can be seen but from within [`Circuit::hint`], and whoever compares the
/// digests of both runs finds a layout that depends on it all the same.
#[derive(Debug)]
pub struct Circuit {
    layout: Layout,
    /// The value of each wire; empty while there is no witness.
    values: Wires,
    has_witness: bool,
    selectors: BTreeMap<Selectors, u32>,
    regions: BTreeMap<(u32, &'static str), u32>,
    constraints: BTreeMap<(u32, &'static str, Location<'static>), u32>,
    constants: BTreeMap<BlsScalar, Wire>,
    /// The constants of the hash, once there is one.
    poseidon: Option<Arc<Tables>>,
    /// The region that is open.
    region: u32,
    /// Where the outermost open gadget was called.
    gadget: Option<Location<'static>>,
}

impl Circuit {
    /// An empty circuit without a witness.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::begin(name, false)
    }

    /// An empty circuit whose values are computed along the way.
    #[must_use]
    pub fn with_witness(name: &str) -> Self {
        Self::begin(name, true)
    }

    fn begin(name: &str, has_witness: bool) -> Self {
        let mut circuit = Self {
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
            values: Wires::default(),
            has_witness,
            selectors: BTreeMap::new(),
            regions: BTreeMap::new(),
            constraints: BTreeMap::new(),
            constants: BTreeMap::from([(BlsScalar::zero(), Wire::ZERO), (BlsScalar::one(), Wire::ONE)]),
            poseidon: None,
            region: 0,
            gadget: None,
        };
        circuit.wire(BlsScalar::zero);
        circuit.wire(BlsScalar::one);
        circuit
    }

    /// Whether values are there. For gadgets that can spare work; what is built must not depend on it.
    #[must_use]
    pub fn has_witness(&self) -> bool {
        self.has_witness
    }

    /// How many rows there are so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.layout.rows.len()
    }

    /// Opens a named part of the circuit: failures name it, and the profile counts its gates.
    pub fn region<T>(&mut self, name: &'static str, body: impl FnOnce(&mut Self) -> T) -> T {
        let gadget = self.gadget.take();
        let result = self.inside(name, body);
        self.gadget = gadget;
        result
    }

    /// Opens a named part within a gadget. Constraints in it are placed where the gadget is called, not where it is
    /// written: give gadgets `#[track_caller]`.
    #[track_caller]
    pub fn gadget<T>(&mut self, name: &'static str, body: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.gadget;
        self.gadget = outer.or(Some(*Location::caller()));
        let result = self.inside(name, body);
        self.gadget = outer;
        result
    }

    fn inside<T>(&mut self, name: &'static str, body: impl FnOnce(&mut Self) -> T) -> T {
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

    /// A new wire, whose value is computed from others. **No constraint binds it yet.**
    ///
    /// The computation runs only where there is a witness. It must not fail, whatever the values are: where there is no right
    /// value it gives any, and the constraints will not hold.
    pub fn hint<const N: usize>(&mut self, from: [Wire; N], compute: impl FnOnce([BlsScalar; N]) -> BlsScalar) -> Wire {
        let values = from.map(|wire| self.values.try_get(wire).copied().unwrap_or_default());
        self.wire(|| compute(values))
    }

    /// New wires, whose values are computed from others, as by [`Circuit::hint`].
    pub fn hints<const N: usize, const M: usize>(
        &mut self,
        from: [Wire; N],
        compute: impl FnOnce([BlsScalar; N]) -> [BlsScalar; M],
    ) -> [Wire; M] {
        let values = from.map(|wire| self.values.try_get(wire).copied().unwrap_or_default());
        let results = if self.has_witness { compute(values) } else { [BlsScalar::zero(); M] };
        results.map(|value| self.wire(|| value))
    }

    /// A new wire that carries an input. **No constraint binds it yet**; types constrain it as they are made.
    pub fn input_wire(&mut self, value: Option<BlsScalar>) -> Wire {
        self.wire(|| value.unwrap_or_default())
    }

    fn wire(&mut self, value: impl FnOnce() -> BlsScalar) -> Wire {
        if self.has_witness {
            self.values.push(value());
        }
        let wire = Wire(self.layout.wires);
        self.layout.wires += 1;
        wire
    }

    /// The value of a wire, where there is a witness. For gadgets that compute several hints at once.
    #[must_use]
    pub fn value(&self, wire: Wire) -> Option<BlsScalar> {
        self.values.try_get(wire).copied()
    }

    /// A wire that holds a constant. One row for each new constant; [`Wire::ZERO`] and [`Wire::ONE`] are there already.
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
        Arc::clone(self.poseidon.get_or_insert_with(|| Arc::new(Tables::new())))
    }

    /// Adds a row. Its name says what it states, to people.
    ///
    /// # Panics
    /// When there are so many rows already ([`MAX_ROWS_BUILT`]) that the circuit cannot be meant: a loop has no end.
    #[track_caller]
    pub fn gate(&mut self, name: &'static str, gate: Gate) {
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

    /// Makes a wire a public input: the next one in order.
    #[track_caller]
    pub fn expose(&mut self, wire: Wire) {
        self.layout.public_rows.push(index(self.layout.rows.len()));
        self.gate("public input", Gate::new().a(wire, -BlsScalar::one()));
        if let Some(value) = self.value(wire) {
            self.values.publish(value);
        }
    }

    /// Opens the region of the inputs for one of them, and gives what was made with the rows that it took.
    #[track_caller]
    pub(crate) fn input<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> (T, Range<u32>) {
        let begin = index(self.layout.rows.len());
        let value = self.gadget("inputs", body);
        (value, begin..index(self.layout.rows.len()))
    }

    /// Takes note of a named input.
    pub(crate) fn note_input(&mut self, input: Input) {
        self.layout.inputs.push(input);
    }

    /// Ends the description. The wires are empty where there was no witness.
    #[must_use]
    pub fn finish(mut self) -> (Layout, Wires) {
        // The last row may look ahead: then the one after it must be there.
        let last = self.layout.rows.last().map(|row| self.layout.selectors[row.selectors as usize].kind);
        if last.is_some_and(Kind::looks_ahead) {
            self.gate("end", Gate::idle([Wire::ZERO; 4]));
        }
        (self.layout, self.values)
    }
}

/// Places in a layout are counted in 32 bits. A circuit that grows beyond them does not fit into memory first.
fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
