//! A circuit without any values: rows of gates over wires, with names and places in the source.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use dusk_bls12_381::BlsScalar;
use serde::{Deserialize, Serialize};

use crate::native::hex;
use crate::one_line::OneLine;
use crate::scalar_serde;

/// The maximum number of rows of a circuit: the production parameters serve 2^16 gates, including those that the proof
/// system adds.
pub const MAX_ROWS: usize = (1 << 16) - RESERVED_ROWS;

/// Rows that the proof system adds to every circuit: two that fix the wires [`Wire::ZERO`] and [`Wire::ONE`], and two
/// that keep a polynomial from being zero.
pub const RESERVED_ROWS: usize = 4;

/// One value of a circuit. All rows with the same wire have the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Wire(pub(crate) u32);

impl Wire {
    /// The wire whose value is always 1.
    pub const ONE: Self = Self(1);
    /// The wire whose value is always 0.
    pub const ZERO: Self = Self(0);

    /// Its number: the index of its value in [`Assignment::values`](crate::Assignment::values).
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The fixed part of a row: the factors of its wires.
///
/// With the wires `a`, `b`, `c`, `d` of a row, and `a'`, `b'`, `d'` of the next row, a row states each of:
///
/// - `arithmetic · (multiply·a·b + left·a + right·b + output·c + fourth·d + constant) + p = 0`, where `p` is the row's
///   public input, or zero.
/// - `range · δ(x) = 0` for each of `c − 4d`, `b − 4c`, `a − 4b`, `d' − 4a`, where `δ(x) = x(x−1)(x−2)(x−3)`.
/// - `logic`: for `x = a' − 4a`, `y = b' − 4b`, `z = d' − 4d`, each in 0..=3: `c = x·y`, and `z = x AND y` where
///   `constant` is 1, `x XOR y` where it is −1.
/// - `fixed_add`: `bit = d' − 2d` is −1, 0 or 1, `c = bit·constant`, and `(a', b')` is `(a, b)` plus `bit` times the
///   point `(left, right)`, whose product of coordinates is `constant`.
/// - `curve_add`: `d' = a·d`, and `(a', b') = (a, b) + (c, d)` on JubJub.
///
/// Source: the gates of `dusk-plonk` 0.22.
#[derive(Debug, Clone, Copy, Default, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Selectors {
    /// The factor of `a·b`.
    #[serde(with = "scalar_serde")]
    pub multiply: BlsScalar,
    /// The factor of `a`; the abscissa of the point in a `fixed_add`.
    #[serde(with = "scalar_serde")]
    pub left: BlsScalar,
    /// The factor of `b`; the ordinate of the point in a `fixed_add`.
    #[serde(with = "scalar_serde")]
    pub right: BlsScalar,
    /// The factor of `c`.
    #[serde(with = "scalar_serde")]
    pub output: BlsScalar,
    /// The factor of `d`.
    #[serde(with = "scalar_serde")]
    pub fourth: BlsScalar,
    /// The constant.
    #[serde(with = "scalar_serde")]
    pub constant: BlsScalar,
    /// The statement of the row.
    pub kind: GateKind,
}

/// Compares the Montgomery forms, which are unique: scalars compare in constant time, and each row of a witness is
/// compared.
impl PartialEq for Selectors {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.multiply.0 == other.multiply.0
            && self.left.0 == other.left.0
            && self.right.0 == other.right.0
            && self.output.0 == other.output.0
            && self.fourth.0 == other.fourth.0
            && self.constant.0 == other.constant.0
    }
}

/// The statement of a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GateKind {
    /// None. The previous row reads the wires of this one.
    Idle,
    /// The polynomial over its wires is zero.
    #[default]
    Arithmetic,
    /// Four base-4 digits of an accumulator.
    Range,
    /// One base-4 digit of a bitwise AND.
    And,
    /// One base-4 digit of a bitwise XOR.
    Xor,
    /// One signed bit of a multiplication of a fixed point.
    FixedAdd,
    /// An addition of points.
    CurveAdd,
}

impl GateKind {
    /// Whether the statement reads the wires of the next row.
    #[must_use]
    pub fn looks_ahead(self) -> bool {
        !matches!(self, Self::Idle | Self::Arithmetic)
    }
}

/// One row: a gate and its wires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The wires `a`, `b`, `c`, `d`.
    pub wires: [Wire; 4],
    /// The index in [`Layout::selectors`].
    pub selectors: u32,
    /// The index in [`Layout::constraints`].
    pub constraint: u32,
}

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file, as the compiler names it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", OneLine(&self.file), self.line, self.column)
    }
}

/// A named part of a circuit. The first region of a layout is the whole circuit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// The enclosing region, by its index in [`Layout::regions`]; the whole circuit refers to itself.
    pub parent: u32,
}

/// A named constraint: one or more rows that together make one statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// Its name.
    pub name: String,
    /// Its region, by its index in [`Layout::regions`].
    pub region: u32,
    /// The place in the source that adds it.
    pub place: Place,
}

/// A named input of a circuit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The name of the argument.
    pub name: String,
    /// The name of its type.
    pub kind: String,
    /// Whether the verifier knows it.
    pub public: bool,
    /// The wires of its value.
    pub wires: Vec<Wire>,
    /// The rows of its type. They state what holds for every value of the type.
    pub rows: Range<u32>,
}

/// A circuit as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// The circuit's name. Keys are bound to it.
    pub name: String,
    /// The number of wires.
    pub wires: u32,
    /// The distinct selectors of the rows.
    pub selectors: Vec<Selectors>,
    /// The rows, in order.
    pub rows: Vec<Row>,
    /// The rows that have a public input, in order. The public inputs of a proof are in this order.
    pub public_rows: Vec<u32>,
    /// The named inputs, in the order of the arguments.
    pub inputs: Vec<Input>,
    /// The named parts.
    pub regions: Vec<Region>,
    /// The named constraints.
    pub constraints: Vec<Constraint>,
}

/// The reason why bytes are not a layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// They cannot be decoded.
    #[error("the bytes are not a circuit: {0}")]
    Encoding(String),
    /// An index is out of range.
    #[error("the circuit is damaged: {0} is out of range")]
    OutOfRange(&'static str),
    /// There are too many rows.
    #[error("the circuit has {rows} rows; at most {MAX_ROWS} fit")]
    TooLarge {
        /// The number of rows.
        rows: usize,
    },
}

impl Layout {
    /// The number of gates of a proof: the rows, and those that the proof system adds.
    #[must_use]
    pub fn gates(&self) -> usize {
        self.rows.len() + RESERVED_ROWS
    }

    /// The identity of the circuit: BLAKE3 of the name, the rows and the order of the public inputs. Names of regions
    /// and constraints, and places, do not change it. Two circuits with the same digest have the same keys.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = blake3::Hasher::new_derive_key("cargo-dusk 2026 circuit layout");
        let mut number = |n: usize| {
            hasher.update(&(n as u64).to_le_bytes());
        };
        number(self.name.len());
        hasher.update(self.name.as_bytes());
        for count in [self.wires as usize, self.selectors.len(), self.rows.len(), self.public_rows.len()] {
            hasher.update(&(count as u64).to_le_bytes());
        }
        for it in &self.selectors {
            for scalar in [it.multiply, it.left, it.right, it.output, it.fourth, it.constant] {
                // The Montgomery form is unique for each value, and needs no conversion.
                scalar.0.iter().for_each(|limb| {
                    hasher.update(&limb.to_le_bytes());
                });
            }
            hasher.update(&[it.kind as u8]);
        }
        let mut rows = Vec::with_capacity(self.rows.len() * 20);
        for row in &self.rows {
            row.wires.iter().for_each(|wire| rows.extend_from_slice(&wire.0.to_le_bytes()));
            rows.extend_from_slice(&row.selectors.to_le_bytes());
        }
        hasher.update(&rows);
        self.public_rows.iter().for_each(|row| {
            hasher.update(&row.to_le_bytes());
        });
        Digest(hasher.finalize().into())
    }

    /// Encodes the layout for [`Layout::from_bytes`].
    ///
    /// # Panics
    /// Never: every layout can be encoded.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("layouts can be written")
    }

    /// Decodes a layout, and checks that it is consistent.
    ///
    /// # Errors
    /// [`LayoutError`] if it is not.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LayoutError> {
        let layout = Self::decode(bytes)?;
        layout.validate()?;
        Ok(layout)
    }

    /// Like [`Layout::from_bytes`], but accepts a circuit with too many rows for a proof: its `profile`
    /// shows where they are.
    ///
    /// # Errors
    /// [`LayoutError`] if the layout is not consistent.
    pub fn from_bytes_of_any_size(bytes: &[u8]) -> Result<Self, LayoutError> {
        let layout = Self::decode(bytes)?;
        layout.validate_parts()?;
        Ok(layout)
    }

    fn decode(bytes: &[u8]) -> Result<Self, LayoutError> {
        postcard::from_bytes(bytes).map_err(|error| LayoutError::Encoding(alloc::string::ToString::to_string(&error)))
    }

    /// Whether the only constraints are those of the inputs' types: a proof of the circuit states nothing.
    #[must_use]
    pub fn states_nothing(&self) -> bool {
        self.states_nothing_but(|_| false)
    }

    /// As [`states_nothing`](Self::states_nothing), without the rows of which `is_vacuous` says that they state
    /// nothing.
    pub(crate) fn states_nothing_but(&self, is_vacuous: impl Fn(u32) -> bool) -> bool {
        let is_public = |row: u32| self.public_rows.binary_search(&row).is_ok();
        let is_of_input = |row: u32| self.inputs.iter().any(|input| input.rows.contains(&row));
        let states = |row: &Row| self.selectors[row.selectors as usize].kind != GateKind::Idle;
        let mut rows = self.rows.iter().zip(0u32..).filter(|(row, _)| states(row));
        rows.all(|(_, number)| is_public(number) || is_of_input(number) || is_vacuous(number))
    }

    /// Checks that the layout is consistent. The results of
    /// [`ConstraintSystem::finish`](crate::ConstraintSystem::finish) and [`Layout::from_bytes`] are.
    ///
    /// # Errors
    /// [`LayoutError`] if it is not.
    pub fn validate(&self) -> Result<(), LayoutError> {
        if self.rows.len() > MAX_ROWS {
            return Err(LayoutError::TooLarge { rows: self.rows.len() });
        }
        if self.wires as usize > 2 + 8 * MAX_ROWS {
            return Err(LayoutError::OutOfRange("the number of wires"));
        }
        self.validate_parts()
    }

    /// Returns the number of elements of the public inputs if the circuit exposes other values, or exposes them in
    /// another order. A contract gives the verifier only the public inputs, so it would refuse every proof.
    #[must_use]
    pub fn unlike_public_inputs(&self) -> Option<usize> {
        let inputs = self.inputs.iter().filter(|input| input.public).flat_map(|input| &input.wires);
        let exposed = self.public_rows.iter().map(|row| &self.rows[*row as usize].wires[0]);
        (!inputs.clone().eq(exposed)).then(|| inputs.count())
    }

    /// Checks everything except the number of rows.
    fn validate_parts(&self) -> Result<(), LayoutError> {
        let below = |index: u32, length: usize, what| {
            if (index as usize) < length { Ok(()) } else { Err(LayoutError::OutOfRange(what)) }
        };
        let wires = self.wires as usize;
        if wires < 2 {
            return Err(LayoutError::OutOfRange("the number of wires"));
        }
        for row in &self.rows {
            row.wires.iter().try_for_each(|wire| below(wire.0, wires, "a wire"))?;
            below(row.selectors, self.selectors.len(), "a selector")?;
            below(row.constraint, self.constraints.len(), "a constraint")?;
        }
        for pair in self.public_rows.windows(2) {
            if pair[0] >= pair[1] {
                return Err(LayoutError::OutOfRange("the order of the public inputs"));
            }
        }
        self.public_rows.iter().try_for_each(|row| below(*row, self.rows.len(), "a public input"))?;
        for input in &self.inputs {
            input.wires.iter().try_for_each(|wire| below(wire.0, wires, "a wire of an input"))?;
            below(input.rows.end, self.rows.len() + 1, "a row of an input")?;
        }
        for (index, region) in self.regions.iter().enumerate() {
            // A region comes after the enclosing one, so there is no cycle.
            below(region.parent, index.max(1), "the parent of a region")?;
        }
        self.constraints.iter().try_for_each(|it| below(it.region, self.regions.len(), "a region"))?;
        let last = self.rows.last().map(|row| self.selectors[row.selectors as usize].kind);
        if last.is_some_and(GateKind::looks_ahead) {
            return Err(LayoutError::OutOfRange("the row after the last"));
        }
        Ok(())
    }

    /// The names of a region and the enclosing ones, outermost first, without the whole circuit.
    #[must_use]
    pub fn path(&self, region: u32) -> Vec<&str> {
        let mut path = Vec::new();
        let mut at = region as usize;
        while at != 0 {
            path.push(self.regions[at].name.as_str());
            at = self.regions[at].parent as usize;
        }
        path.reverse();
        path
    }
}

/// The digest of a [`Layout`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(f, &self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
