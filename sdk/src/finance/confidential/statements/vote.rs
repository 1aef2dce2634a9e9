//! Statements about ciphertexts that are added: a vote, the tally, the sum of a dividend.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::super::tallies::{self, MAX_CHOICES};
use super::acts::{Held, HeldSecret};
use super::values::Coordinates;
use crate::zk::native::Point as NativePoint;
use crate::zk::{Bool, ConstraintSystem, Linear, Point, Scalar, U8, U64, Value, Wire, circuit_type};

/// The encrypted numbers of all choices; see [`Ballot`](tallies::Ballot).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ballot {
    /// The ephemeral point.
    pub ephemeral: Coordinates,
    /// The masked numbers.
    pub masked: [Coordinates; MAX_CHOICES],
}

/// An encrypted number; see [`Counted`](tallies::Counted).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The ephemeral point.
    pub ephemeral: Coordinates,
    /// The masked number.
    pub masked: Coordinates,
}

/// Vote with a note that belonged to the holder and was unspent at a snapshot. The chain learns neither the weight nor
/// the choice.
///
/// 1. to 4. As in [`Held`]; the act is the poll.
/// 5. The prover has marked one choice, and
/// 6. it is one of the poll's.
/// 7. The ciphertext of the marked choice encrypts the value of the note, and those of the others encrypt zero.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Vote {
    /// The holding.
    pub held: Held,
    /// The number of choices.
    pub choices: U8,
    /// The teller's key for each choice.
    pub keys: [Coordinates; MAX_CHOICES],
    /// The ballot that is added to the others.
    pub ballot: Ballot,
}

/// The private inputs of a [`Vote`].
#[circuit_type]
#[derive(Debug, Clone)]
pub struct VoteSecret {
    /// The holding.
    pub holding: HeldSecret,
    /// The mark of each choice: true for one of them.
    pub marks: [Bool; MAX_CHOICES],
    /// The ephemeral scalar of the ballot.
    pub ephemeral: Scalar,
}

/// Tally: the teller opens the ballots of a poll.
///
/// 1. The secrets are those of the keys.
/// 2. The weight of each choice is the plaintext of the sum of its ciphertexts.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Tally {
    /// The teller's key for each choice.
    pub keys: [Coordinates; MAX_CHOICES],
    /// The sum of all ballots.
    pub ballots: Ballot,
    /// The weight of each choice.
    pub counts: [U64; MAX_CHOICES],
}

/// The private inputs of a [`Tally`].
#[circuit_type]
#[derive(Debug, Clone)]
pub struct TallySecret {
    /// The secret of each key.
    pub secrets: [Scalar; MAX_CHOICES],
}

/// Total: the teller opens a sum of numbers.
///
/// 1. The secret is that of the key.
/// 2. The sum is the plaintext of the sum of the ciphertexts.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Total {
    /// The teller's key.
    pub key: Coordinates,
    /// The sum of the ciphertexts.
    pub sum: Counted,
    /// The sum.
    pub total: U64,
}

/// The private inputs of a [`Total`].
#[circuit_type]
#[derive(Debug, Clone)]
pub struct TotalSecret {
    /// The secret of the key.
    pub secret: Scalar,
}

impl Vote {
    /// Asserts the statement.
    #[track_caller]
    pub fn assert(&self, cs: &mut ConstraintSystem, secret: &VoteSecret) {
        let holding = self.held.assert(cs, &secret.holding); // 1 to 4
        cs.region("choice", |cs| {
            let (mut marked, mut choice) = (Linear::new().constant(-crate::Field::from(1)), Linear::new());
            for (at, mark) in (0_u64..).zip(secret.marks) {
                marked = marked.plus(mark.field(), 1);
                choice = choice.plus(mark.field(), at);
            }
            marked.assert_zero(cs, "one choice is marked"); // 5
            let choice = choice.value(cs);
            let choice = U8::constrain(cs, choice);
            choice.assert_lt(cs, "the choice is one of the poll's", self.choices); // 6
        });
        cs.region("ballot", |cs| {
            let ephemeral = secret.ephemeral.public_key(cs);
            ephemeral.assert_eq(cs, "the ephemeral point is the ballot's", self.ballot.ephemeral.0); // 7
            let weight = Point::multiple_of(cs, &NativePoint::GENERATOR, holding.value);
            let nothing = Point::constant(cs, &NativePoint::IDENTITY);
            for ((mark, key), masked) in secret.marks.into_iter().zip(self.keys).zip(self.ballot.masked) {
                let mask = key.0.mul(cs, secret.ephemeral);
                let sealed = mark.select(cs, weight, nothing).add(cs, mask);
                sealed.assert_eq(cs, "the ciphertext is the marked weight or zero", masked.0); // 7
            }
        });
    }
}

impl Tally {
    /// Asserts the statement.
    #[track_caller]
    pub fn assert(&self, cs: &mut ConstraintSystem, secret: &TallySecret) {
        let Ballot { ephemeral, masked } = self.ballots;
        for (at, own) in secret.secrets.into_iter().enumerate() {
            assert_opens(cs, self.keys[at], own, Counted { ephemeral, masked: masked[at] }, self.counts[at]);
        }
    }
}

impl Total {
    /// Asserts the statement.
    #[track_caller]
    pub fn assert(&self, cs: &mut ConstraintSystem, secret: &TotalSecret) {
        assert_opens(cs, self.key, secret.secret, self.sum, self.total);
    }
}

/// The holder of a key opens a ciphertext. 1,760 rows.
#[track_caller]
fn assert_opens(cs: &mut ConstraintSystem, key: Coordinates, secret: Scalar, sum: Counted, number: U64) {
    cs.gadget("opening", |cs| {
        secret.assert_owns(cs, "the secret is the key's", key.0); // 1
        let mask = sum.ephemeral.0.mul(cs, secret);
        let sealed = Point::multiple_of(cs, &NativePoint::GENERATOR, number).add(cs, mask);
        sealed.assert_eq(cs, "the number is what was encrypted", sum.masked.0); // 2
    });
}

/// Asserts that a ciphertext is one of a number, with this ephemeral scalar. 1,750 rows.
#[track_caller]
pub(super) fn assert_counts(
    cs: &mut ConstraintSystem,
    key: Coordinates,
    ephemeral: Scalar,
    number: U64,
    counted: Counted,
) {
    cs.gadget("counted number", |cs| {
        ephemeral.assert_owns(cs, "the ephemeral point is the number's", counted.ephemeral.0);
        let mask = key.0.mul(cs, ephemeral);
        let sealed = Point::multiple_of(cs, &NativePoint::GENERATOR, number).add(cs, mask);
        sealed.assert_eq(cs, "the number is counted", counted.masked.0);
    });
}

impl Value for Ballot {
    type Native = tallies::Ballot;

    fn kind() -> String {
        "Ballot".to_string()
    }

    #[track_caller]
    fn input(cs: &mut ConstraintSystem, native: Option<&Self::Native>) -> Self {
        Self {
            ephemeral: Coordinates::input(cs, native.map(|it| &it.ephemeral)),
            masked: core::array::from_fn(|at| Coordinates::input(cs, native.map(|it| &it.masked[at]))),
        }
    }

    fn wires(&self) -> Vec<Wire> {
        self.ephemeral.wires().into_iter().chain(self.masked.iter().flat_map(Value::wires)).collect()
    }

    fn encode(native: &Self::Native, out: &mut Vec<crate::Field>) {
        Coordinates::encode(&native.ephemeral, out);
        native.masked.iter().for_each(|it| Coordinates::encode(it, out));
    }
}

impl Value for Counted {
    type Native = tallies::Counted;

    fn kind() -> String {
        "Counted".to_string()
    }

    #[track_caller]
    fn input(cs: &mut ConstraintSystem, native: Option<&Self::Native>) -> Self {
        let [ephemeral, masked] =
            [native.map(|it| it.ephemeral), native.map(|it| it.masked)].map(|it| Coordinates::input(cs, it.as_ref()));
        Self { ephemeral, masked }
    }

    fn wires(&self) -> Vec<Wire> {
        [self.ephemeral.wires(), self.masked.wires()].concat()
    }

    fn encode(native: &Self::Native, out: &mut Vec<crate::Field>) {
        Coordinates::encode(&native.ephemeral, out);
        Coordinates::encode(&native.masked, out);
    }
}
