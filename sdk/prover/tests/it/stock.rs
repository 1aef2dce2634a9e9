//! The stock crate on the same circuits.

use dusk_bls12_381::BlsScalar;
use dusk_bytes::Serializable;
use dusk_plonk::prelude::{Circuit, Compiler, Composer, Constraint, Error, Prover, PublicParameters, Verifier};
use dusk_sdk_circuit::{Assignment, GateKind, Layout, RESERVED_ROWS};
use dusk_sdk_prover::Parameters;
use msgpacker::{MsgPacker, Packable};

/// The stock crate's compressed form of a circuit. Its fields, in order, are the format.
#[derive(MsgPacker)]
struct Compressed {
    hades: bool,
    public: Vec<usize>,
    witnesses: usize,
    scalars: Vec<[u8; 32]>,
    polynomials: Vec<Selectors>,
    constraints: Vec<Row>,
}

/// Places in the table of scalars: multiply, left, right, output, fourth, constant, arithmetic, range, logic, fixed,
/// curve.
#[derive(Default, Clone, Copy, MsgPacker)]
struct Selectors {
    multiply: usize,
    left: usize,
    right: usize,
    output: usize,
    fourth: usize,
    constant: usize,
    arithmetic: usize,
    range: usize,
    logic: usize,
    fixed: usize,
    curve: usize,
}

#[derive(Clone, Copy, MsgPacker)]
struct Row {
    selectors: usize,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
}

/// The scalars 0, 1 and −1 have the first places of the table.
struct Table(Vec<BlsScalar>);

impl Table {
    fn place(&mut self, scalar: BlsScalar) -> usize {
        let constants = [BlsScalar::zero(), BlsScalar::one(), -BlsScalar::one()];
        if let Some(place) = constants.iter().position(|it| *it == scalar) {
            return place;
        }
        let place = self.0.iter().position(|it| *it == scalar).unwrap_or_else(|| {
            self.0.push(scalar);
            self.0.len() - 1
        });
        constants.len() + place
    }
}

/// Where the stock crate numbers a wire of a layout.
fn wire(index: usize) -> usize {
    if index < 2 { index } else { index + 4 }
}

fn compressed(layout: &Layout) -> Vec<u8> {
    let mut table = Table(Vec::new());
    let number = BlsScalar::from;
    let (zero, one) = (number(0), number(1));
    let mut make = |factors: [BlsScalar; 6], switch: [BlsScalar; 5]| {
        let [multiply, left, right, output, fourth, constant] = factors.map(|it| table.place(it));
        let [arithmetic, range, logic, fixed, curve] = switch.map(|it| table.place(it));
        Selectors { multiply, left, right, output, fourth, constant, arithmetic, range, logic, fixed, curve }
    };
    let arithmetic = [one, zero, zero, zero, zero];
    let mut polynomials = vec![
        make([zero, -one, zero, zero, zero, zero], arithmetic),
        make([zero, -one, zero, zero, zero, one], arithmetic),
        make([one, number(2), number(3), number(4), one, number(4)], arithmetic),
        make([one, one, one, one, zero, number(127)], arithmetic),
    ];
    let mut constraints = vec![
        Row { selectors: 0, a: 0, b: 0, c: 0, d: 0 },
        Row { selectors: 1, a: 1, b: 0, c: 0, d: 0 },
        Row { selectors: 2, a: 2, b: 4, c: 5, d: 3 },
        Row { selectors: 3, a: 5, b: 2, c: 4, d: 0 },
    ];
    for q in &layout.selectors {
        let (switch, constant) = match q.kind {
            GateKind::Idle => ([zero; 5], q.constant),
            GateKind::Arithmetic => (arithmetic, q.constant),
            GateKind::Range => ([zero, one, zero, zero, zero], q.constant),
            GateKind::And => ([zero, zero, one, zero, zero], one),
            GateKind::Xor => ([zero, zero, -one, zero, zero], -one),
            GateKind::FixedAdd => ([zero, zero, zero, one, zero], q.constant),
            GateKind::CurveAdd => ([zero, zero, zero, zero, one], q.constant),
        };
        polynomials.push(make([q.multiply, q.left, q.right, q.output, q.fourth, constant], switch));
    }
    constraints.extend(layout.rows.iter().map(|row| {
        let [a, b, c, d] = row.wires.map(|it| wire(it.index()));
        Row { selectors: row.selectors as usize + RESERVED_ROWS, a, b, c, d }
    }));
    let circuit = Compressed {
        hades: false,
        public: layout.public_rows.iter().map(|row| *row as usize + RESERVED_ROWS).collect(),
        witnesses: layout.wires as usize + 4,
        scalars: table.0.iter().map(BlsScalar::to_bytes).collect(),
        polynomials,
        constraints,
    };
    miniz_oxide::deflate::compress_to_vec(&circuit.pack_to_vec(), 6)
}

/// The stock keys of a circuit.
pub(crate) fn compile(layout: &Layout, parameters: &Parameters) -> (Prover, Verifier) {
    // SAFETY: the bytes are those of the crate's own raw form, which a test of the parameters compares.
    let parameters = unsafe { PublicParameters::from_slice_unchecked(&parameters.to_bytes()) };
    let label = format!("cargo-dusk circuit {}", layout.name);
    Compiler::compile_with_compressed(&parameters, label.as_bytes(), &compressed(layout))
        .expect("the stock crate takes it")
}

/// A witness on bare rows: the stock prover needs no selectors.
#[derive(Default)]
struct Bare<'a>(Option<(&'a Layout, &'a Assignment)>);

impl Circuit for Bare<'_> {
    fn circuit(&self, composer: &mut Composer) -> Result<(), Error> {
        let (layout, assignment) = self.0.expect("a circuit and its assignment");
        let mut witnesses = vec![Composer::ZERO, Composer::ONE];
        witnesses.extend(assignment.values()[2..].iter().map(|value| composer.append_witness(*value)));
        let mut public = layout.public_rows.iter().zip(assignment.public()).peekable();
        for (index, row) in layout.rows.iter().enumerate() {
            let [a, b, c, d] = row.wires.map(|it| witnesses[it.index()]);
            let mut constraint = Constraint::new().a(a).b(b).c(c).d(d);
            if let Some((_, value)) = public.next_if(|(row, _)| **row as usize == index) {
                constraint = constraint.public(*value);
            }
            composer.append_custom_gate(constraint);
        }
        Ok(())
    }
}

/// A proof by the stock prover.
pub(crate) fn prove(
    prover: &Prover,
    layout: &Layout,
    assignment: &Assignment,
    rng: &mut rand_chacha::ChaCha20Rng,
) -> Vec<u8> {
    prover.prove(rng, &Bare(Some((layout, assignment)))).expect("the stock crate proves it").0.to_bytes().to_vec()
}
