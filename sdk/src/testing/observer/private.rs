//! The private and random values of an observer test, and its declarations.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use crate::Field;
use crate::crypto::hash;

/// The most values that a test may draw.
const MAX_DRAWS: usize = 100_000;

/// The private and the random values of an observer test, and its declarations.
///
/// The test runs four times or more: with two sets of private values, each with two or more sets of random ones. Values
/// drawn here depend on the run; all else that the test does must be the same in each.
///
/// - **Private values** must not show on the chain: amounts, choices, attributes. Each differs between the two sets.
/// - **Random values** hide the private ones: secret keys, blinding factors, nonces. They differ between the sets of
///   random values.
pub struct Private {
    run: Run,
    drawn: RefCell<Vec<Draw>>,
    declared: RefCell<Vec<Declaration>>,
}

/// Which of the runs it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Whether it has the second set of private values.
    pub(super) other_private: bool,
    /// The number of its set of random values, from 0.
    pub(super) random: u8,
}

/// The runs of a test that are always made, in their order.
pub(super) const RUNS: [Run; 4] = {
    let ([a, b], [c, d]) = (pair(0), pair(1));
    [a, b, c, d]
};

/// The two runs with this set of random values.
pub(super) const fn pair(random: u8) -> [Run; 2] {
    [Run { other_private: false, random }, Run { other_private: true, random }]
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let private = if self.other_private { "second" } else { "first" };
        write!(f, "the {private} private values and the random values {}", self.random + 1)
    }
}

/// A value that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draw {
    /// How it was asked for, such as `between(1, 100)`.
    pub(super) what: String,
    /// Whether it is a random value.
    pub(super) is_random: bool,
    /// Its bytes, where they are long enough to be recognised.
    pub(super) bytes: Vec<u8>,
}

/// A declaration of a test about a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Declaration {
    /// The place holds a random-looking value: a commitment, a nullifier, a ciphertext, a proof or a key.
    Random(Vec<String>),
    /// All values of this type look random.
    RandomType(String),
    /// The gas of this function depends on random values, and differs by this at most.
    Gas(Vec<String>, u64),
    /// The place is public, although it depends on a value that the test drew.
    Public(Vec<String>, String),
}

impl fmt::Display for Declaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random(place) => write!(f, "random: {}", place.join(".")),
            Self::RandomType(name) => write!(f, "random: type {name}"),
            Self::Gas(place, most) => write!(f, "random gas: {}, up to {most}", place.join(".")),
            Self::Public(place, reason) => write!(f, "public: {} ({reason})", place.join(".")),
        }
    }
}

impl fmt::Debug for Private {
    /// Shows the run, not the values: somebody may keep the output of a test.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Private").field("run", &self.run).finish_non_exhaustive()
    }
}

impl Private {
    pub(super) fn new(run: Run) -> Self {
        Self { run, drawn: RefCell::default(), declared: RefCell::default() }
    }

    /// A private number from `low` to `high`.
    ///
    /// # Panics
    /// If the range has fewer than two numbers: one value hides nothing.
    #[track_caller]
    #[must_use]
    pub fn between(&self, low: u64, high: u64) -> u64 {
        assert!(low < high, "a private number from {low} to {high} cannot differ between runs");
        let number = low + self.place_among(u128::from(high - low) + 1);
        self.note(format!("between({low}, {high})"), false, number.to_le_bytes().to_vec());
        number
    }

    /// One of these values, as a private choice.
    ///
    /// # Panics
    /// If there are fewer than two.
    #[track_caller]
    #[must_use]
    pub fn one_of<T: Clone>(&self, values: &[T]) -> T {
        assert!(values.len() > 1, "a private choice among {} values cannot differ between runs", values.len());
        let place = self.place_among(values.len() as u128);
        self.note(format!("one_of({} values)", values.len()), false, Vec::new());
        usize::try_from(place).ok().and_then(|place| values.get(place)).unwrap_or(&values[0]).clone()
    }

    /// A private yes or no.
    #[track_caller]
    #[must_use]
    pub fn flag(&self) -> bool {
        self.one_of(&[false, true])
    }

    /// A private field element.
    #[track_caller]
    #[must_use]
    pub fn field(&self) -> Field {
        let field = self.hashed("private", u8::from(self.run.other_private), 0);
        self.note("field()".to_owned(), false, field.to_bytes().to_vec());
        field
    }

    /// Private bytes.
    #[track_caller]
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let bytes = self.stretched("private", u8::from(self.run.other_private));
        self.note(format!("bytes::<{N}>()"), false, bytes.to_vec());
        bytes
    }

    /// A random field element: a secret key, or the blinding of a commitment. It must not appear on the chain.
    #[track_caller]
    #[must_use]
    pub fn random_field(&self) -> Field {
        let field = self.hashed("random", self.run.random, 0);
        self.note("random_field()".to_owned(), true, field.to_bytes().to_vec());
        field
    }

    /// Random bytes. They must not appear on the chain.
    #[track_caller]
    #[must_use]
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let bytes = self.stretched("random", self.run.random);
        self.note(format!("random_bytes::<{N}>()"), true, bytes.to_vec());
        bytes
    }

    /// A random scalar of JubJub: a secret key, or an ephemeral one. It must not appear on the chain.
    #[cfg(feature = "zk")]
    #[track_caller]
    #[must_use]
    pub fn random_scalar(&self) -> crate::zk::native::Scalar {
        let scalar = crate::zk::native::Scalar::from_bytes_wide(&self.stretched("random", self.run.random));
        self.note("random_scalar()".to_owned(), true, scalar.to_bytes().to_vec());
        scalar
    }

    /// Declares that the value at a place depends on random values: a commitment, a nullifier, a ciphertext, a key.
    ///
    /// A place consists of the contract, its function or event, the argument or field, and fields in it:
    /// `notes.transfer.outputs`, `notes.Transferred.nullifier`. The declaration includes everything below the place.
    /// The contract may be left out, elements of lists have no number, and `notes.transfer()` is the result. Proofs
    /// need no declaration.
    ///
    /// The value must have the same length in each run, and it must not be a function of private values alone.
    pub fn declare_random(&self, place: &str) {
        self.declare(Declaration::Random(segments(place)));
    }

    /// Declares that all values of a type depend on random values. The name is that of the type in the contract's
    /// interface.
    pub fn declare_random_type(&self, name: &str) {
        self.declare(Declaration::RandomType(name.to_owned()));
    }

    /// Declares that the gas of a function depends on random values, such as their order in a set, by at most `most`.
    ///
    /// The test then accepts a difference of up to `most`, even if a private value has caused it: keep it small.
    pub fn declare_random_gas(&self, function: &str, most: u64) {
        self.declare(Declaration::Gas(segments(function), most));
    }

    /// Declares that a place is public although it depends on a drawn value. The test compares nothing there.
    /// `CONTRACT.state` is the content of the contract's state.
    pub fn declare_public(&self, place: &str, reason: &str) {
        self.declare(Declaration::Public(segments(place), reason.to_owned()));
    }

    /// All draws and declarations.
    pub(super) fn taken(&self) -> (Vec<Draw>, Vec<Declaration>) {
        (self.drawn.take(), self.declared.take())
    }

    fn declare(&self, declaration: Declaration) {
        let mut declared = self.declared.borrow_mut();
        if !declared.contains(&declaration) {
            declared.push(declaration);
        }
    }

    #[track_caller]
    fn note(&self, what: String, is_random: bool, bytes: Vec<u8>) {
        let mut drawn = self.drawn.borrow_mut();
        assert!(drawn.len() < MAX_DRAWS, "a test draws at most {MAX_DRAWS} values");
        drawn.push(Draw { what, is_random, bytes });
    }

    /// A place among so many, at least two: another one in the second set of private values.
    fn place_among(&self, count: u128) -> u64 {
        let number = |purpose: &str| {
            let bytes = self.hashed(purpose, 0, 0).to_bytes();
            bytes[..8].iter().rev().fold(0_u128, |number, byte| number << 8 | u128::from(*byte))
        };
        let first = number("place") % count;
        let place = if self.run.other_private { (first + 1 + number("step") % (count - 1)) % count } else { first };
        u64::try_from(place).unwrap_or(u64::MAX)
    }

    /// Bytes that nothing else draws. Half of each hash is taken: the top bits of a field element are not uniform.
    fn stretched<const N: usize>(&self, purpose: &str, set: u8) -> [u8; N] {
        let mut bytes = [0; N];
        for (block, chunk) in (0_u32..).zip(bytes.chunks_mut(16)) {
            chunk.copy_from_slice(&self.hashed(purpose, set, block).to_bytes()[..chunk.len()]);
        }
        bytes
    }

    /// A field element for the next draw.
    fn hashed(&self, purpose: &str, set: u8, block: u32) -> Field {
        let draw = self.drawn.borrow().len();
        hash(format!("dusk-sdk observer {purpose} {set} {draw} {block}").as_bytes())
    }
}

/// `notes.transfer.outputs` as its parts.
fn segments(place: &str) -> Vec<String> {
    place.split('.').map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_runs<T>(draw: impl Fn(&Private) -> T) -> [T; 4] {
        RUNS.map(|run| draw(&Private::new(run)))
    }

    #[test]
    fn private_values_differ_between_the_sets_and_random_ones_do_not() {
        for high in [2, 3, 100, u64::MAX] {
            let [a, b, c, d] = of_runs(|private| private.between(1, high));
            assert!(a != b && a == c && b == d && (1..=high).contains(&a) && (1..=high).contains(&b), "{high}");
        }
        let [a, b, c, d] = of_runs(|private| (private.flag(), private.field(), private.bytes::<20>()));
        assert!(a.0 != b.0 && a.1 != b.1 && a.2 != b.2 && a == c && b == d);
        let [a, b, c, d] = of_runs(|private| (private.random_field(), private.random_bytes::<40>()));
        assert!(a == b && c == d && a.0 != c.0 && a.1 != c.1);
        let [a, b, c, d] = of_runs(Private::random_scalar);
        assert!(a == b && c == d && a != c);
    }

    #[test]
    fn each_draw_gives_another_value() {
        let private = Private::new(RUNS[0]);
        assert_ne!(private.field(), private.field());
        assert_ne!(private.random_bytes::<32>()[..16], private.random_bytes::<32>()[16..]);
        let (drawn, _) = private.taken();
        assert_eq!(drawn.iter().map(|draw| draw.is_random).collect::<Vec<_>>(), [false, false, true, true]);
    }

    #[test]
    fn a_range_of_one_value_hides_nothing() {
        let refused = std::panic::catch_unwind(|| Private::new(RUNS[0]).between(5, 5));
        assert!(refused.is_err());
        assert!(std::panic::catch_unwind(|| Private::new(RUNS[0]).one_of(&[1])).is_err());
    }
}
