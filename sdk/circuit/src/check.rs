//! Whether values satisfy a circuit; if not, which named constraint is violated.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use dusk_bls12_381::BlsScalar;
use dusk_jubjub::EDWARDS_D;

use crate::assignment::Assignment;
use crate::gadgets::range;
use crate::layout::{GateKind, Layout, Place, Selectors, Wire};
use crate::native;
use crate::one_line::OneLine;

/// The reason why values do not satisfy a circuit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The number of values or of public inputs differs from the circuit's.
    #[error("the circuit has {expected} {what}, and {given} were given")]
    Count {
        /// `values` or `public inputs`.
        what: &'static str,
        /// The required number.
        expected: usize,
        /// The given number.
        given: usize,
    },
    /// The wires 0 and 1 do not have the values 0 and 1.
    #[error("the first two values must be 0 and 1")]
    Constants,
    /// A constraint is violated.
    #[error("{0}")]
    Unsatisfied(alloc::boxed::Box<Unsatisfied>),
}

/// A violated constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsatisfied {
    /// The name of the constraint.
    pub constraint: String,
    /// The names of the enclosing regions, outermost first.
    pub path: Vec<String>,
    /// The place in the source that adds it.
    pub place: Place,
    /// The violated row.
    pub row: usize,
    /// The statement of the row.
    pub statement: String,
    /// The values in the statement: the name of the wire in the row, the named input on this wire, if any, and the
    /// value. Values that are not [public](WireValue::public) are secret.
    pub values: Vec<WireValue>,
}

/// A value in a violated constraint. `Debug` prints it only if it is public, like [`Unsatisfied`].
#[derive(Clone, PartialEq, Eq)]
pub struct WireValue {
    /// The wire's name in the row: `a`, `b`, `c`, `d`; `a'` is a wire of the next row; `p` is the public input;
    /// `number` is a number that several rows bind to a range.
    pub wire: &'static str,
    /// The input on this wire, by its name in the circuit's function.
    pub input: Option<String>,
    /// Whether it is public: a public input, or a constant. Every other value is a private input, or computed from one.
    pub public: bool,
    /// The value.
    pub value: native::Field,
}

impl WireValue {
    /// The value as text; `None` if it is private.
    #[must_use]
    pub fn shown(&self) -> Option<String> {
        self.public.then(|| short(&self.value))
    }
}

impl fmt::Debug for WireValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = if reveals() { Some(short(&self.value)) } else { self.shown() };
        let value = value.as_deref().unwrap_or(HIDDEN);
        f.debug_struct("WireValue")
            .field("wire", &self.wire)
            .field("input", &self.input)
            .field("value", &value)
            .finish()
    }
}

/// The replacement for a value that is not shown.
pub const HIDDEN: &str = "(private)";

/// The environment variable that makes failures show private values, if it is `1`. Logs with this output may have other
/// readers.
pub const REVEAL_VARIABLE: &str = "DUSK_SHOW_PRIVATE";

/// Whether the environment requests private values.
pub(crate) fn reveals() -> bool {
    #[cfg(not(target_family = "wasm"))]
    {
        extern crate std;

        std::env::var_os(REVEAL_VARIABLE).is_some_and(|it| it == "1")
    }
    #[cfg(target_family = "wasm")]
    {
        false
    }
}

/// A failure or a report with its private values, which are otherwise shown only if [`REVEAL_VARIABLE`] requests them.
#[derive(Clone, Copy)]
pub struct Revealed<'a, T>(pub &'a T);

/// Prints the name of the type, not its values.
impl<T> fmt::Debug for Revealed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revealed({})", core::any::type_name::<T>())
    }
}

/// Shows private values only if [`REVEAL_VARIABLE`] requests them, or as [`Revealed`].
impl fmt::Display for Unsatisfied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, reveals())
    }
}

impl fmt::Display for Revealed<'_, Unsatisfied> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(f, true)
    }
}

impl Unsatisfied {
    /// Whether one of its values is private.
    #[must_use]
    pub fn has_private(&self) -> bool {
        self.values.iter().any(|held| !held.public)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, reveal: bool) -> fmt::Result {
        for name in &self.path {
            write!(f, "{} / ", OneLine(name))?;
        }
        write!(f, "{} ({}): {} does not hold", OneLine(&self.constraint), self.place, self.statement)?;
        for (index, held) in self.values.iter().enumerate() {
            let value = if reveal { Some(short(&held.value)) } else { held.shown() };
            let value = value.as_deref().unwrap_or(HIDDEN);
            write!(f, "{}{} = {value}", if index == 0 { "; " } else { ", " }, held.wire)?;
            if let Some(input) = &held.input {
                write!(f, " ({input})")?;
            }
        }
        if self.has_private() && !reveal {
            write!(f, "; {REVEAL_VARIABLE}=1 shows private values")?;
        }
        Ok(())
    }
}

/// A value as text: small numbers and small negative ones in decimal, others as in files: the hexadecimal text of the
/// bytes, least significant first.
#[must_use]
pub fn short(value: &native::Field) -> String {
    let small = |bytes: &[u8; 32]| {
        bytes[8..].iter().all(|byte| *byte == 0).then(|| {
            u64::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]])
        })
    };
    if let Some(number) = small(&value.to_bytes()) {
        return number.to_string();
    }
    if let Some(number) = small(&(-value.scalar()).to_bytes()) {
        return alloc::format!("-{number}");
    }
    value.to_string()
}

/// Evaluates all constraints of a circuit on the values.
///
/// # Errors
/// [`CheckError`]: the violated constraint with the lowest row.
pub fn check(layout: &Layout, assignment: &Assignment) -> Result<(), CheckError> {
    let count = |what, expected, given| {
        if expected == given { Ok(()) } else { Err(CheckError::Count { what, expected, given }) }
    };
    let values = assignment.values();
    count("values", layout.wires as usize, values.len())?;
    count("public inputs", layout.public_rows.len(), assignment.public().len())?;
    if values[0] != BlsScalar::zero() || values[1] != BlsScalar::one() {
        return Err(CheckError::Constants);
    }
    let mut public = layout.public_rows.iter().zip(assignment.public()).peekable();
    for (index, row) in layout.rows.iter().enumerate() {
        let input = public.next_if(|(row, _)| **row as usize == index).map(|(_, value)| *value);
        let next = layout.rows.get(index + 1).map_or([Wire::ZERO; 4], |next| next.wires);
        let selectors = &layout.selectors[row.selectors as usize];
        let here = row.wires.map(|wire| values[wire.index()]);
        let ahead = next.map(|wire| values[wire.index()]);
        if !holds(selectors, &here, &ahead, input.unwrap_or_default()) {
            let fault = explain(layout, values, index, input);
            return Err(CheckError::Unsatisfied(alloc::boxed::Box::new(fault)));
        }
    }
    Ok(())
}

/// Whether one row holds. There must be as many values as the circuit has.
#[cfg(feature = "audit")]
pub(crate) fn row_holds(layout: &Layout, assignment: &Assignment, row: usize) -> bool {
    let values = assignment.values();
    let held = |row: usize| layout.rows.get(row).map_or([Wire::ZERO; 4], |row| row.wires).map(|it| values[it.index()]);
    let public = u32::try_from(row).ok().and_then(|row| layout.public_rows.binary_search(&row).ok());
    let public = public.map_or(BlsScalar::zero(), |place| assignment.public()[place]);
    holds(&layout.selectors[layout.rows[row].selectors as usize], &held(row), &held(row + 1), public)
}

/// Whether a row's statement holds; see [`Selectors`]. Tests of contracts evaluate millions of rows, most of them with
/// factors that are 0, 1 or −1.
fn holds(q: &Selectors, [a, b, c, d]: &[BlsScalar; 4], [a1, b1, _, d1]: &[BlsScalar; 4], public: BlsScalar) -> bool {
    let four = |value: &BlsScalar| value.double().double();
    match q.kind {
        GateKind::Idle => is(&public, &DIGITS[0]),
        GateKind::Arithmetic => {
            let mut sum = q.constant + public;
            for (factor, value) in [(&q.left, a), (&q.right, b), (&q.output, c), (&q.fourth, d)] {
                add_multiple(&mut sum, factor, value);
            }
            if !is(&q.multiply, &DIGITS[0]) {
                add_multiple(&mut sum, &q.multiply, &(a * b));
            }
            is(&sum, &DIGITS[0])
        }
        GateKind::Range => [c - four(d), b - four(c), a - four(b), d1 - four(a)].iter().all(is_digit),
        GateKind::And | GateKind::Xor => {
            let (x, y, z) = (a1 - four(a), b1 - four(b), d1 - four(d));
            let (Some(x), Some(y), Some(z)) = (digit(&x), digit(&y), digit(&z)) else { return false };
            *c == BlsScalar::from(x * y) && z == if q.kind == GateKind::And { x & y } else { x ^ y }
        }
        GateKind::FixedAdd => {
            let bit = d1 - d.double();
            let square = bit * bit;
            let (x, y) = (bit * q.left, square * (q.right - BlsScalar::one()) + BlsScalar::one());
            let bend = c * a * b * EDWARDS_D;
            bit * square == bit
                && bit * q.constant == *c
                && a1 + a1 * bend == a * y + b * x
                && b1 - b1 * bend == b * y + a * x
        }
        GateKind::CurveAdd => {
            let (x1y2, y1x2) = (a * d, b * c);
            let bend = EDWARDS_D * x1y2 * y1x2;
            x1y2 == *d1 && a1 + a1 * bend == x1y2 + y1x2 && b1 - b1 * bend == b * d + a * c
        }
    }
}

/// The digits of a range row; the first two are also the commonest factors.
const DIGITS: [BlsScalar; 4] =
    [BlsScalar::zero(), BlsScalar::one(), BlsScalar::from_raw([2, 0, 0, 0]), BlsScalar::from_raw([3, 0, 0, 0])];
const MINUS_ONE: BlsScalar = BlsScalar::zero().sub(&BlsScalar::one());

/// Equality that is not constant-time, so it is quick: the Montgomery form of a value is unique.
fn is(value: &BlsScalar, other: &BlsScalar) -> bool {
    value.0 == other.0
}

fn add_multiple(sum: &mut BlsScalar, factor: &BlsScalar, value: &BlsScalar) {
    if is(factor, &DIGITS[0]) {
        return;
    }
    if is(factor, &DIGITS[1]) {
        *sum += value;
    } else if is(factor, &MINUS_ONE) {
        *sum -= value;
    } else {
        *sum += factor * value;
    }
}

fn is_digit(value: &BlsScalar) -> bool {
    digit(value).is_some()
}

fn digit(value: &BlsScalar) -> Option<u64> {
    (0..4).zip(&DIGITS).find(|(_, digit)| is(digit, value)).map(|(number, _)| number)
}

/// Describes a violated row.
fn explain(layout: &Layout, values: &[BlsScalar], index: usize, public: Option<BlsScalar>) -> Unsatisfied {
    let row = &layout.rows[index];
    let selectors = &layout.selectors[row.selectors as usize];
    let next = layout.rows.get(index + 1).map_or([Wire::ZERO; 4], |next| next.wires);
    let (statement, used) = statement(selectors, public.is_some());
    let input_of = |wire: Wire| {
        let input = layout.inputs.iter().find(|input| input.wires.contains(&wire))?;
        let position = input.wires.iter().position(|it| *it == wire)?;
        Some(if input.wires.len() == 1 { input.name.clone() } else { alloc::format!("{}[{position}]", input.name) })
    };
    let known = known_to_all(layout);
    let holds = |name: &'static str, wire: Wire| WireValue {
        wire: name,
        input: input_of(wire),
        public: known.contains(&wire),
        value: values[wire.index()].into(),
    };
    let too_large = (selectors.kind == GateKind::Range).then(|| too_large(layout, values, index)).flatten();
    if let Some((wire, bits)) = too_large {
        return fault(layout, index, alloc::format!("number < 2^{bits}"), alloc::vec![holds("number", wire)]);
    }
    let named = ["a", "b", "c", "d", "a'", "b'", "d'"].into_iter();
    let wires = named.zip(row.wires.into_iter().chain([next[0], next[1], next[3]]));
    let mut held: Vec<WireValue> =
        wires.filter(|(name, _)| used.contains(name)).map(|(name, wire)| holds(name, wire)).collect();
    if let Some(value) = public {
        held.push(WireValue { wire: "p", input: None, public: true, value: value.into() });
    }
    fault(layout, index, statement, held)
}

/// The wires with values that follow from the circuit and the public inputs: the public inputs and the constants.
fn known_to_all(layout: &Layout) -> BTreeSet<Wire> {
    let one = BlsScalar::one();
    let of_inputs = layout.inputs.iter().filter(|input| input.public).flat_map(|input| &input.wires).copied();
    let exposed = layout.public_rows.iter().map(|row| layout.rows[*row as usize].wires[0]);
    // The row of `ConstraintSystem::constant`: −a + constant = 0.
    let constants = layout.rows.iter().zip(0u32..).filter_map(|(row, number)| {
        let q = &layout.selectors[row.selectors as usize];
        let constant = Selectors { left: -one, constant: q.constant, ..Selectors::default() };
        (*q == constant && layout.public_rows.binary_search(&number).is_err()).then_some(row.wires[0])
    });
    of_inputs.chain(exposed).chain(constants).chain([Wire::ZERO, Wire::ONE]).collect()
}

fn fault(layout: &Layout, index: usize, statement: String, values: Vec<WireValue>) -> Unsatisfied {
    let constraint = &layout.constraints[layout.rows[index].constraint as usize];
    Unsatisfied {
        constraint: constraint.name.clone(),
        path: layout.path(constraint.region).into_iter().map(ToString::to_string).collect(),
        place: constraint.place.clone(),
        row: index,
        statement,
        values,
    }
}

/// The number that the range rows around this one bound to so many bits, if it is larger. An invalid digit would not
/// help readers.
fn too_large(layout: &Layout, values: &[BlsScalar], index: usize) -> Option<(Wire, usize)> {
    let in_chain = |row: usize| {
        let row = &layout.rows[row];
        row.constraint == layout.rows[index].constraint
            && layout.selectors[row.selectors as usize].kind == GateKind::Range
    };
    let first = (0..=index).rev().take_while(|row| in_chain(*row)).last()?;
    let after = (index..layout.rows.len()).find(|row| !in_chain(*row))?;
    let [a, b, c, d] = layout.rows[first].wires;
    let zeros = [d, c, b, a].iter().take_while(|wire| **wire == Wire::ZERO).count();
    // The digits follow the last accumulator that is zero.
    let bits = 2 * (4 * (after - first) + 1).checked_sub(zeros.max(1))?;
    let number = layout.rows[after].wires[3];
    let fits = zeros == 0 || bits >= 256 || range::shifted(&values[number.index()], bits) == BlsScalar::zero();
    (!fits).then_some((number, bits))
}

/// The statement of a row, in symbols, and the wires in it.
fn statement(q: &Selectors, public: bool) -> (String, Vec<&'static str>) {
    let all = alloc::vec!["a", "b", "c", "d", "a'", "b'", "d'"];
    match q.kind {
        GateKind::Idle => ("0 = 0".to_string(), Vec::new()),
        GateKind::Arithmetic => polynomial(q, public),
        GateKind::Range => {
            ("c − 4d, b − 4c, a − 4b, d' − 4a ∈ {0,1,2,3}".to_string(), alloc::vec!["a", "b", "c", "d", "d'"])
        }
        GateKind::And => ("d' − 4d = (a' − 4a) AND (b' − 4b), c = (a' − 4a)·(b' − 4b)".to_string(), all),
        GateKind::Xor => ("d' − 4d = (a' − 4a) XOR (b' − 4b), c = (a' − 4a)·(b' − 4b)".to_string(), all),
        GateKind::FixedAdd => ("(a', b') = (a, b) + (d' − 2d)·P, d' − 2d ∈ {−1,0,1}".to_string(), all),
        GateKind::CurveAdd => ("(a', b') = (a, b) + (c, d), d' = a·d".to_string(), all),
    }
}

fn polynomial(q: &Selectors, public: bool) -> (String, Vec<&'static str>) {
    let mut text = String::new();
    let mut used: Vec<&'static str> = Vec::new();
    let terms: [(&BlsScalar, &str, &[&'static str]); 6] = [
        (&q.multiply, "a·b", &["a", "b"]),
        (&q.left, "a", &["a"]),
        (&q.right, "b", &["b"]),
        (&q.output, "c", &["c"]),
        (&q.fourth, "d", &["d"]),
        (&q.constant, "", &[]),
    ];
    let mut add = |negative: bool, term: &str| {
        match (text.is_empty(), negative) {
            (true, true) => text.push('−'),
            (true, false) => {}
            (false, true) => text.push_str(" − "),
            (false, false) => text.push_str(" + "),
        }
        text.push_str(term);
    };
    for (factor, name, wires) in terms {
        if *factor == BlsScalar::zero() {
            continue;
        }
        for wire in wires {
            if !used.contains(wire) {
                used.push(*wire);
            }
        }
        let number = short(&(*factor).into());
        let (negative, number) = number.strip_prefix('-').map_or((false, number.as_str()), |it| (true, it));
        let term = match (number, name) {
            (_, "") => number.to_string(),
            ("1", _) => name.to_string(),
            _ => alloc::format!("{number}·{name}"),
        };
        add(negative, &term);
    }
    if public {
        add(false, "p");
    }
    if text.is_empty() {
        text.push('0');
    }
    text.push_str(" = 0");
    (text, used)
}
