//! The constants of the permutation, and those of the recurrence that follow from them.

use alloc::sync::Arc;

use dusk_bls12_381::BlsScalar;
use sha2::{Digest, Sha512};

use super::{Domain, RATE, tag};

/// Number of elements of the state.
pub(crate) const WIDTH: usize = 5;
/// Number of full rounds before the partial rounds, and after them.
pub(crate) const FULL: usize = 4;
/// Number of partial rounds.
pub(crate) const PARTIAL: usize = 60;

pub(crate) type Row = [BlsScalar; WIDTH];
type Matrix<const N: usize> = [[BlsScalar; N]; N];

/// All constants of the hash.
#[derive(Debug)]
pub(crate) struct Tables {
    /// The linear layer.
    pub(crate) mix: Mix,
    /// The constants of the full rounds before and after the partial rounds. The first round after them includes the
    /// accumulated constants of the partial rounds.
    pub(crate) front: [Row; FULL],
    pub(crate) back: [Row; FULL],
    /// The constants that are added to the input of the S-box of each partial round.
    pub(crate) partial: [BlsScalar; PARTIAL],
    pub(crate) recurrence: Recurrence,
    /// The matrix from the S-boxes of the last full round before the partial rounds to the initial wires of the partial
    /// rounds.
    pub(crate) enter: Mix,
    /// The matrix from the final wires of the partial rounds to the state.
    pub(crate) leave: Matrix<WIDTH>,
    /// The tags of short lists, by the numbers of elements and of results, from one on.
    tags: [[BlsScalar; RATE]; MAX_TAGGED],
    /// The tag of the node of a tree.
    node: BlsScalar,
}

/// The most elements of a list whose tag is kept.
const MAX_TAGGED: usize = 8;

/// A matrix that mixes the outputs of S-boxes.
#[derive(Debug)]
pub(crate) struct Mix {
    pub(crate) rows: Matrix<WIDTH>,
    /// The same, each row divided elementwise by the first: computing inverses for each hash would be too slow.
    pub(crate) shares: Matrix<WIDTH>,
}

impl Mix {
    fn new(rows: Matrix<WIDTH>) -> Self {
        let over = rows[0].map(|factor| inverse(&factor));
        let shares = rows.map(|row| core::array::from_fn(|j| row[j] * over[j]));
        Self { rows, shares }
    }
}

/// The partial rounds as a recurrence; the module `gadgets::poseidon` defines it.
#[derive(Debug)]
pub(crate) struct Recurrence {
    /// The factor of the S-box in the next input.
    pub(crate) sbox: BlsScalar,
    /// The factor of its own input in the next one.
    pub(crate) input: BlsScalar,
    pub(crate) gamma: [BlsScalar; 4],
    pub(crate) delta: [BlsScalar; 4],
    pub(crate) alpha: BlsScalar,
    pub(crate) tau: BlsScalar,
}

impl Tables {
    /// The constants. A program computes them once; computing them takes as long as a thousand hashes.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn shared() -> Arc<Self> {
        extern crate std;

        static TABLES: std::sync::OnceLock<Arc<Tables>> = std::sync::OnceLock::new();
        Arc::clone(TABLES.get_or_init(|| Arc::new(Self::new())))
    }

    /// The constants. Contracts hold circuits, but build none.
    #[cfg(target_family = "wasm")]
    pub(crate) fn shared() -> Arc<Self> {
        Arc::new(Self::new())
    }

    fn new() -> Self {
        let mix = mix();
        let constants = round_constants();
        let (recurrence, enter) = Recurrence::new(&mix);

        // The constants of partial rounds are tracked separately from the state, because everything except the S-box is
        // linear.
        let mut carried = Row::default();
        let partial = core::array::from_fn(|round| {
            let mut sum: Row = core::array::from_fn(|i| carried[i] + constants[FULL + round][i]);
            let own = core::mem::take(&mut sum[WIDTH - 1]);
            carried = apply(&mix, &sum);
            own
        });
        let mut back: [Row; FULL] = core::array::from_fn(|round| constants[FULL + PARTIAL + round]);
        back[0].iter_mut().zip(&carried).for_each(|(constant, carried)| *constant += carried);
        let front = core::array::from_fn(|round| constants[round]);
        let leave = invert(enter);
        let enter = Mix::new(product(&enter, &mix));
        let tags = core::array::from_fn(|elements| {
            core::array::from_fn(|results| tag(Domain::Other, elements + 1, results + 1))
        });
        let node = tag(Domain::Merkle4, RATE, 1);
        Self { mix: Mix::new(mix), front, back, partial, recurrence, enter, leave, tags, node }
    }

    /// The initial value of a sponge. The usual ones are kept: projects compile the hash that they are made of without
    /// optimisation.
    pub(crate) fn tag(&self, domain: Domain, elements: usize, results: usize) -> BlsScalar {
        let kept = match domain {
            Domain::Other => {
                let tags = elements.checked_sub(1).and_then(|place| self.tags.get(place));
                tags.zip(results.checked_sub(1)).and_then(|(tags, place)| tags.get(place))
            }
            Domain::Merkle4 => Some(&self.node).filter(|_| (elements, results) == (RATE, 1)),
        };
        kept.copied().unwrap_or_else(|| tag(domain, elements, results))
    }
}

/// Source: `assets/HOWTO.md` of `dusk-poseidon` 0.42: a chain of SHA-512, each digest added to the constant before it.
/// The limbs of the Montgomery form are then read as a number.
fn round_constants() -> [Row; 2 * FULL + PARTIAL] {
    let mut bytes: [u8; 64] = Sha512::digest(b"poseidon-for-plonk").into();
    let mut sum = BlsScalar::one();
    [(); 2 * FULL + PARTIAL].map(|()| {
        [(); WIDTH].map(|()| {
            sum += BlsScalar::from_bytes_wide(&bytes);
            bytes = Sha512::digest(bytes).into();
            BlsScalar::from_raw(sum.0)
        })
    })
}

/// The Cauchy matrix of 0 to 4 and 5 to 9, its limbs read as those of the constants.
fn mix() -> Matrix<WIDTH> {
    core::array::from_fn(|i| {
        core::array::from_fn(|j| BlsScalar::from_raw(inverse(&BlsScalar::from((i + j + WIDTH) as u64)).0))
    })
}

impl Recurrence {
    /// The recurrence, and the matrix from the state to its initial wires.
    fn new(mix: &Matrix<WIDTH>) -> (Self, Matrix<WIDTH>) {
        const LAST: usize = WIDTH - 1;
        let sbox = mix[LAST][LAST];
        let down = inverse(&sbox);
        // The state without its last element, p, and the last element, x: p' = P·p + m·v, x' = n·p + sbox·v. With v
        // from the second equation in the first, q = p − x·m/sbox is B·p of the previous round.
        let column: [BlsScalar; 4] = core::array::from_fn(|i| mix[i][LAST] * down);
        let row: [BlsScalar; 4] = core::array::from_fn(|j| mix[LAST][j]);
        let b: Matrix<4> = core::array::from_fn(|i| core::array::from_fn(|j| mix[i][j] - column[i] * row[j]));
        let input = dot(&row, &column);
        let gamma = characteristic(&b);

        let drive = apply(&b, &column);
        let mut observers = [row; 4];
        for k in 1..4 {
            let last = observers[k - 1];
            observers[k] =
                core::array::from_fn(|j| (0..4).fold(-gamma[k - 1] * row[j], |sum, i| sum + last[i] * b[i][j]));
        }
        let delta = observers.map(|observer| dot(&observer, &drive));
        let alpha = -delta[2] * inverse(&delta[1]);
        let tau = gamma[1] + gamma[2] * inverse(&alpha);

        let zero = BlsScalar::zero();
        let over_state = |observer: [BlsScalar; 4]| {
            let [a, b, c, d] = observer;
            [a, b, c, d, -dot(&observer, &column)]
        };
        let plus =
            |a: [BlsScalar; 4], factor: BlsScalar, b: [BlsScalar; 4]| core::array::from_fn(|i| a[i] + factor * b[i]);
        let [first, second, third, fourth] = observers;
        let enter = [
            [zero, zero, zero, zero, BlsScalar::one()],
            over_state(first),
            over_state(second),
            over_state(plus(third, alpha, second)),
            over_state(plus(fourth, gamma[2], first)),
        ];
        (Self { sbox, input, gamma, delta, alpha, tau }, enter)
    }
}

/// The coefficients `c` of the characteristic polynomial `λ⁴ − c₀λ³ − c₁λ² − c₂λ − c₃`, by the method of Faddeev and
/// LeVerrier.
fn characteristic(matrix: &Matrix<4>) -> [BlsScalar; 4] {
    let mut power = *matrix;
    let mut coefficients = [BlsScalar::zero(); 4];
    for (k, coefficient) in coefficients.iter_mut().enumerate() {
        let trace = (0..4).fold(BlsScalar::zero(), |sum, i| sum + power[i][i]);
        *coefficient = trace * inverse(&BlsScalar::from(k as u64 + 1));
        (0..4).for_each(|i| power[i][i] -= *coefficient);
        let columns: Matrix<4> = core::array::from_fn(|j| apply(matrix, &core::array::from_fn(|i| power[i][j])));
        power = core::array::from_fn(|i| core::array::from_fn(|j| columns[j][i]));
    }
    coefficients
}

pub(super) fn apply<const N: usize>(matrix: &Matrix<N>, vector: &[BlsScalar; N]) -> [BlsScalar; N] {
    core::array::from_fn(|i| dot(&matrix[i], vector))
}

pub(super) fn dot<const N: usize>(a: &[BlsScalar; N], b: &[BlsScalar; N]) -> BlsScalar {
    a.iter().zip(b).fold(BlsScalar::zero(), |sum, (a, b)| sum + a * b)
}

fn product<const N: usize>(a: &Matrix<N>, b: &Matrix<N>) -> Matrix<N> {
    core::array::from_fn(|i| core::array::from_fn(|j| (0..N).fold(BlsScalar::zero(), |sum, k| sum + a[i][k] * b[k][j])))
}

/// The inverse of an invertible matrix, by elimination.
fn invert<const N: usize>(mut matrix: Matrix<N>) -> Matrix<N> {
    let mut result: Matrix<N> = core::array::from_fn(|i| core::array::from_fn(|j| BlsScalar::from(u64::from(i == j))));
    for column in 0..N {
        let pivot = (column..N).find(|row| matrix[*row][column] != BlsScalar::zero());
        let pivot = pivot.expect("the matrix has an inverse");
        matrix.swap(column, pivot);
        result.swap(column, pivot);
        let scale = inverse(&matrix[column][column]);
        matrix[column].iter_mut().chain(&mut result[column]).for_each(|it| *it *= scale);
        for row in (0..N).filter(|row| *row != column) {
            let factor = matrix[row][column];
            for j in 0..N {
                let (a, b) = (matrix[column][j], result[column][j]);
                matrix[row][j] -= factor * a;
                result[row][j] -= factor * b;
            }
        }
    }
    result
}

/// The inverse of a constant, which is not zero.
fn inverse(constant: &BlsScalar) -> BlsScalar {
    constant.invert().expect("the constants of the permutation are not zero")
}
