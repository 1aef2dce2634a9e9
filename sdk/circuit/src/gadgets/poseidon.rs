//! The Poseidon hash, with the values of `dusk-poseidon`.
//!
//! # Rows
//!
//! A permutation has 4 full rounds, 60 partial rounds, 4 full rounds, on a state of 5 elements; the S-box is the fifth
//! power.
//!
//! **S-box.** Three rows: `y = (x + k)²`, `t = y²`, and `(x + k)·t` times a constant. The last row has two unused
//! terms, so that it can also add another value.
//!
//! **Full round.** Each S-box row adds the previous sum: `u₀ = m₀v₀`, `uⱼ = uⱼ₋₁ + mⱼvⱼ`. So the last sum is one
//! element of the mixed state, and the other four are linear combinations of the five `u`: two rows each. 23 rows in
//! total.
//!
//! **Partial rounds.** Everything except the S-box is linear. Let `x` be its input and `p` the other four elements,
//! `P m n μ` the blocks of the matrix: `p' = P·p + m·v`, `x' = n·p + μ·v`. Eliminating `v` by the second equation,
//! `q = p − (m/μ)·x` follows `q' = B·q + g·x`, with `B = P − m·n/μ` and `g = B·m/μ`, and the next input is
//! `x' = μ·v + θ·x + d`, with `d = n·q` and `θ = n·m/μ`. That is the last row of the S-box, so `v` needs no wire. `d`
//! remains. By the characteristic polynomial `λ⁴ − γ₁λ³ − γ₂λ² − γ₃λ − γ₄` of `B`, in observer form:
//!
//! ```text
//! d' = γ₁d + δ₁x + z₂,  z₂' = γ₂d + δ₂x + z₃,  z₃' = γ₃d + δ₃x + z₄,  z₄' = γ₄d + δ₄x.
//! ```
//!
//! Each is a row, and the last has an unused term. Two rounds taken together need only seven such rows. Let wires carry
//! `s = z₃ + α·z₂` and `w = z₄ + γ₃·d`, with `α = −δ₃/δ₂` and `τ = γ₂ + γ₃/α`, over the rounds 0, 1, 2:
//!
//! ```text
//! d₁ = γ₁d₀ + δ₁x₀ + z₂
//! e  = s + (γ₂ + αγ₁)d₀ + (δ₂ + αδ₁)x₀       d₂  = (γ₁ − α)d₁ + δ₁x₁ + e
//! f  = w + δ₃x₀ + τd₁                        z₂' = (γ₂ − τ)d₁ + δ₂x₁ + f
//! s' = γ₄d₀ + δ₄x₀ + αf                      w'  = γ₄d₁ + δ₄x₁ + γ₃d₂
//! ```
//!
//! The constants of partial rounds are added to the input of the S-box only; their sum is tracked separately from the
//! state.
//!
//! # Soundness
//!
//! Every row defines one new wire from earlier wires, with a factor −1. So the inputs determine all wires.

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;

use super::linear::Linear;
use crate::constraint_system::ConstraintSystem;
use crate::gate::Gate;
use crate::layout::Wire;
use crate::poseidon::{Domain, FULL, Mix, RATE, Row, Tables, WIDTH};
use crate::value::Field;

/// The Poseidon hash of elements: [`native::hash`](crate::native::hash) of their values. 571 rows for four elements,
/// less for fewer; 1157 for eight.
///
/// 1. The result is the second element of the sponge's state after all elements were absorbed, four at a time, with the
///    tag for that number of elements.
///
/// # Panics
/// If there is no element: production has no such hash.
#[track_caller]
#[must_use]
pub fn hash(cs: &mut ConstraintSystem, elements: &[Field]) -> Field {
    assert!(!elements.is_empty(), "a hash takes one element at least");
    cs.gadget("hash", |cs| sponge(cs, Domain::Other, elements))
}

/// Up to four elements derived from the given ones: [`native::expand`](crate::native::expand) of their values. The rows
/// of the [`hash`], and two for each result; four results of four elements take 579 rows.
///
/// 1. The results are the second and the following elements of the sponge's state, with the tag for that number of
///    elements and of results.
///
/// # Panics
/// If there is no element.
#[track_caller]
#[must_use]
pub fn expand<const N: usize>(cs: &mut ConstraintSystem, elements: &[Field]) -> [Field; N] {
    const { assert!(N >= 1 && N < WIDTH, "one permutation has up to four results") };
    assert!(!elements.is_empty(), "a hash takes one element at least");
    cs.gadget("expand", |cs| {
        let before_last = absorb(cs, Domain::Other, elements, N);
        let tables = cs.poseidon();
        let last = SBoxes::new(cs, before_last, &tables.mix.rows[0]);
        core::array::from_fn(|i| Field::from_wire(last.lane(cs, &tables.mix, i + 1).wire))
    })
}

/// The hash of the four children of a node of a Merkle tree.
#[track_caller]
pub(crate) fn hash_node(cs: &mut ConstraintSystem, children: &[Field; 4]) -> Field {
    cs.gadget("hash", |cs| sponge(cs, Domain::Merkle4, children))
}

/// The sponge with one result.
#[track_caller]
fn sponge(cs: &mut ConstraintSystem, domain: Domain, elements: &[Field]) -> Field {
    let before_last = absorb(cs, domain, elements, 1);
    let tables = cs.poseidon();
    let last = SBoxes::new(cs, before_last, &tables.mix.rows[1]);
    Field::from_wire(last.chained)
}

/// The state after all elements were absorbed, up to the S-boxes of the last round.
#[track_caller]
fn absorb(cs: &mut ConstraintSystem, domain: Domain, elements: &[Field], results: usize) -> [Lane; WIDTH] {
    let tables = cs.poseidon();
    let mut chunks = elements.chunks(RATE);
    let mut state = [Lane::constant(BlsScalar::zero()); WIDTH];
    state[0] = Lane::constant(tables.tag(domain, elements.len(), results));
    for (lane, element) in state[1..].iter_mut().zip(chunks.next().unwrap_or_default()) {
        lane.wire = element.wire();
    }
    for chunk in chunks {
        let mut next = permute(cs, &tables, state);
        for (lane, element) in next[1..].iter_mut().zip(chunk) {
            *lane = Field::from_wire(*lane).add(cs, *element).wire();
        }
        state = next.map(Lane::wire);
    }
    all_but_last_round(cs, &tables, state)
}

/// An input of an S-box: a wire plus a constant. Wire 0 means no wire: then the S-box is a constant and takes no row.
#[derive(Clone, Copy)]
struct Lane {
    wire: Wire,
    constant: BlsScalar,
}

impl Lane {
    fn constant(constant: BlsScalar) -> Self {
        Self { wire: Wire::ZERO, constant }
    }

    fn wire(wire: Wire) -> Self {
        Self { wire, constant: BlsScalar::zero() }
    }
}

/// The whole permutation.
#[track_caller]
fn permute(cs: &mut ConstraintSystem, tables: &Tables, state: [Lane; WIDTH]) -> [Wire; WIDTH] {
    let before_last = all_but_last_round(cs, tables, state);
    full_round(cs, before_last, &tables.mix).map(|lane| lane.wire)
}

/// The permutation up to the S-boxes of the last round.
#[track_caller]
fn all_but_last_round(cs: &mut ConstraintSystem, tables: &Tables, state: [Lane; WIDTH]) -> [Lane; WIDTH] {
    let mut state = add(state, &tables.front[0]);
    for round in 1..FULL {
        state = add(full_round(cs, state, &tables.mix), &tables.front[round]);
    }
    // The wires of the recurrence, computed directly from the S-boxes.
    let wires = full_round(cs, state, &tables.enter);
    let wires = partial_rounds(cs, tables, wires.map(|lane| lane.wire));
    let left: [Wire; WIDTH] = core::array::from_fn(|i| {
        // The last element is the first wire.
        let sum = (0..WIDTH).fold(Linear::new(), |sum, j| sum.term(wires[j], tables.leave[i][j]));
        if i == WIDTH - 1 { wires[0] } else { sum.value_named(cs, "mix").wire() }
    });
    state = add(left.map(Lane::wire), &tables.back[0]);
    for round in 1..FULL {
        state = add(full_round(cs, state, &tables.mix), &tables.back[round]);
    }
    state
}

fn add(state: [Lane; WIDTH], constants: &Row) -> [Lane; WIDTH] {
    core::array::from_fn(|i| Lane { wire: state[i].wire, constant: state[i].constant + constants[i] })
}

/// S-boxes, followed by the matrix.
#[track_caller]
fn full_round(cs: &mut ConstraintSystem, state: [Lane; WIDTH], mix: &Mix) -> [Lane; WIDTH] {
    SBoxes::new(cs, state, &mix.rows[0]).mix(cs, mix)
}

/// The S-boxes of a full round.
struct SBoxes {
    /// For each S-box the sum of all S-boxes up to it, each times its factor. Constant ones are left out.
    sums: [Wire; WIDTH],
    /// The outputs of the constant ones.
    constants: Row,
    /// The sum of all: the first row of the matrix, without the constant ones.
    chained: Wire,
}

impl SBoxes {
    /// Adds up the S-boxes with these factors.
    #[track_caller]
    fn new(cs: &mut ConstraintSystem, lanes: [Lane; WIDTH], factors: &Row) -> Self {
        let mut sboxes = Self { sums: [Wire::ZERO; WIDTH], constants: Row::default(), chained: Wire::ZERO };
        for (index, Lane { wire, constant }) in lanes.into_iter().enumerate() {
            if wire == Wire::ZERO {
                sboxes.constants[index] = constant.square().square() * constant;
                continue;
            }
            sboxes.chained = sbox(cs, wire, constant, factors[index], BlsScalar::zero(), sboxes.chained);
            sboxes.sums[index] = sboxes.chained;
        }
        sboxes
    }

    /// The matrix times the outputs. The factors are its first row.
    #[track_caller]
    fn mix(&self, cs: &mut ConstraintSystem, mix: &Mix) -> [Lane; WIDTH] {
        core::array::from_fn(|i| self.lane(cs, mix, i))
    }

    /// One element of that product.
    #[track_caller]
    fn lane(&self, cs: &mut ConstraintSystem, mix: &Mix, i: usize) -> Lane {
        let wired: Vec<usize> = (0..WIDTH).filter(|j| self.sums[*j] != Wire::ZERO).collect();
        let (row, shares) = (&mix.rows[i], &mix.shares[i]);
        let constant = (0..WIDTH).fold(BlsScalar::zero(), |sum, j| sum + row[j] * self.constants[j]);
        if i == 0 {
            return Lane { wire: self.chained, constant };
        }
        // An output is the difference of two consecutive sums, divided by its factor.
        let mut sum = Linear::new();
        for (place, j) in wired.iter().enumerate() {
            let next = wired.get(place + 1).map_or(BlsScalar::zero(), |next| shares[*next]);
            sum = sum.term(self.sums[*j], shares[*j] - next);
        }
        Lane { wire: sum.value_named(cs, "mix").wire(), constant }
    }
}

/// `factor·(x + constant)⁵ + linear·x + addend`. Three rows.
#[track_caller]
fn sbox(
    cs: &mut ConstraintSystem,
    x: Wire,
    constant: BlsScalar,
    factor: BlsScalar,
    linear: BlsScalar,
    addend: Wire,
) -> Wire {
    let one = BlsScalar::one();
    let square = cs.hint([x], |[x]| (x + constant).square());
    let gate = Gate::new().ab(x, x, one).a(x, constant.double()).c(square, -one).constant(constant.square());
    cs.gate("S-box", gate);
    let fourth = cs.hint([square], |[square]| square.square());
    cs.gate("S-box", Gate::new().ab(square, square, one).c(fourth, -one));
    let out =
        cs.hint([x, fourth, addend], |[x, fourth, addend]| factor * (x + constant) * fourth + linear * x + addend);
    let gate = Gate::new().ab(x, fourth, factor).a(x, linear).b(fourth, factor * constant).c(out, -one);
    cs.gate("S-box", gate.d(addend, if addend == Wire::ZERO { BlsScalar::zero() } else { one }));
    out
}

/// The partial rounds, two at a time. Takes and returns the wires `x d z₂ s w`.
#[track_caller]
fn partial_rounds(cs: &mut ConstraintSystem, tables: &Tables, wires: [Wire; WIDTH]) -> [Wire; WIDTH] {
    let it = &tables.recurrence;
    let ([g1, g2, g3, g4], [e1, e2, e3, e4]) = (it.gamma, it.delta);
    let (for_e, for_d2, for_z) = ([g2 + it.alpha * g1, e2 + it.alpha * e1], g1 - it.alpha, g2 - it.tau);
    let one = BlsScalar::one();
    // The row of a `Linear`. Its list is not needed: the wires are different ones, and none of them is a constant.
    let row = |cs: &mut ConstraintSystem, [(f, x), (g, y), (h, z)]: [(BlsScalar, Wire); 3]| {
        let out = cs.hint([x, y, z], |[x, y, z]| f * x + g * y + h * z);
        cs.gate("mix", Gate::new().a(x, f).b(y, g).c(z, h).d(out, -one));
        out
    };
    let [mut x, mut d, mut z, mut s, mut w] = wires;
    for constants in tables.partial.chunks_exact(2) {
        let x1 = sbox(cs, x, constants[0], it.sbox, it.input, d);
        let d1 = row(cs, [(g1, d), (e1, x), (one, z)]);
        let x2 = sbox(cs, x1, constants[1], it.sbox, it.input, d1);
        let e = row(cs, [(one, s), (for_e[0], d), (for_e[1], x)]);
        let d2 = row(cs, [(for_d2, d1), (e1, x1), (one, e)]);
        let f = row(cs, [(one, w), (e3, x), (it.tau, d1)]);
        z = row(cs, [(for_z, d1), (e2, x1), (one, f)]);
        s = row(cs, [(g4, d), (e4, x), (it.alpha, f)]);
        w = row(cs, [(g4, d1), (e4, x1), (g3, d2)]);
        (x, d) = (x2, d2);
    }
    [x, d, z, s, w]
}
