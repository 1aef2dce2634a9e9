//! The Poseidon hash of `dusk-poseidon`: its constants, and the sponge outside of circuits.
//!
//! `dusk-poseidon` multiplies the whole state by a matrix in each of the 68 rounds: about 2,000 multiplications for a
//! permutation. The sponge here computes the partial rounds by the recurrence of the gadget, which
//! [`gadgets::poseidon`](crate::gadgets::poseidon) derives: about 1,100. Wallets, and tests of confidential assets,
//! compute many hashes.

mod tables;

use alloc::vec::Vec;

use dusk_bls12_381::BlsScalar;
#[cfg(not(target_family = "wasm"))]
use zeroize::Zeroizing;

pub(crate) use self::tables::{FULL, Mix, Row, Tables, WIDTH};
#[cfg(not(target_family = "wasm"))]
use self::tables::{apply, dot};

/// The number of elements that a permutation absorbs.
pub(crate) const RATE: usize = WIDTH - 1;

/// The purpose of a hash. Source: `dusk_poseidon::Domain`.
#[derive(Clone, Copy)]
pub(crate) enum Domain {
    Other = 0,
    Merkle4 = 15,
}

/// The initial value of the sponge: a hash of the domain and of the numbers of absorbed elements and of results.
/// Source: SAFE, <https://eprint.iacr.org/2023/522>, section 2.3.
fn tag(domain: Domain, elements: usize, results: usize) -> BlsScalar {
    let count = |number: usize| u32::try_from(number).expect("a circuit is smaller than 2^31 rows");
    let mut input = Vec::with_capacity(16);
    input.extend_from_slice(&(0x8000_0000 | count(elements)).to_be_bytes());
    input.extend_from_slice(&count(results).to_be_bytes());
    input.extend_from_slice(&(domain as u64).to_be_bytes());
    BlsScalar::hash_to_scalar(&input)
}

/// The first results of a sponge that absorbs these elements: at most [`RATE`], so that one more permutation is enough.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn sponge(domain: Domain, elements: &[BlsScalar], results: usize) -> Zeroizing<Vec<BlsScalar>> {
    let tables = Tables::shared();
    let mut state = Zeroizing::new([BlsScalar::zero(); WIDTH]);
    let mut outputs = Zeroizing::new([BlsScalar::zero(); WIDTH]);
    state[0] = tables.tag(domain, elements.len(), results);
    for (number, chunk) in elements.chunks(RATE).enumerate() {
        if number > 0 {
            *state = apply(&tables.mix.rows, &outputs);
        }
        state[1..].iter_mut().zip(chunk).for_each(|(lane, element)| *lane += element);
        *outputs = all_but_last_matrix(&tables, &state);
    }
    let rows = tables.mix.rows[1..].iter().take(results);
    Zeroizing::new(rows.map(|row| dot(row, &outputs)).collect())
}

/// The permutation up to the outputs of the S-boxes of the last round. A whole state leads back to the elements, so
/// states are wiped.
#[cfg(not(target_family = "wasm"))]
fn all_but_last_matrix(tables: &Tables, state: &Row) -> Row {
    let [front @ .., before_partial] = &tables.front;
    let [back @ .., last] = &tables.back;
    let mut state = Zeroizing::new(*state);
    for constants in front {
        *state = apply(&tables.mix.rows, &sboxes(&state, constants));
    }
    let mut wires = Zeroizing::new(apply(&tables.enter.rows, &sboxes(&state, before_partial)));
    *wires = partial_rounds(tables, *wires);
    *state = apply(&tables.leave, &wires);
    for constants in back {
        *state = apply(&tables.mix.rows, &sboxes(&state, constants));
    }
    sboxes(&state, last)
}

/// The fifth powers of the sums of state and constants.
#[cfg(not(target_family = "wasm"))]
fn sboxes(state: &Row, constants: &Row) -> Row {
    core::array::from_fn(|i| {
        let sum = state[i] + constants[i];
        sum.square().square() * sum
    })
}

/// The partial rounds, two at a time, with the names of the gadget's function.
#[cfg(not(target_family = "wasm"))]
fn partial_rounds(tables: &Tables, [mut x, mut d, mut z, mut s, mut w]: Row) -> Row {
    let it = &tables.recurrence;
    let ([g1, g2, g3, g4], [e1, e2, e3, e4]) = (it.gamma, it.delta);
    let (for_e, for_d2, for_z) = ([g2 + it.alpha * g1, e2 + it.alpha * e1], g1 - it.alpha, g2 - it.tau);
    let next = |x: BlsScalar, constant: &BlsScalar, d: BlsScalar| {
        let sum = x + constant;
        it.sbox * (sum.square().square() * sum) + it.input * x + d
    };
    for constants in tables.partial.chunks_exact(2) {
        let x1 = next(x, &constants[0], d);
        let d1 = g1 * d + e1 * x + z;
        let x2 = next(x1, &constants[1], d1);
        let e = s + for_e[0] * d + for_e[1] * x;
        let d2 = for_d2 * d1 + e1 * x1 + e;
        let f = w + e3 * x + it.tau * d1;
        z = for_z * d1 + e2 * x1 + f;
        s = g4 * d + e4 * x + it.alpha * f;
        w = g4 * d1 + e4 * x1 + g3 * d2;
        (x, d) = (x2, d2);
    }
    [x, d, z, s, w]
}
