//! The statement by which a holder takes its part of a dividend.

use super::acts::{Held, HeldSecret};
use super::notes::commitment;
use super::values::{AuditCipher, AuditorKey, Coordinates};
use super::vote::{Counted, assert_counts};
use crate::zk::{ConstraintSystem, Field, Scalar, U32, U64, Unsigned, circuit_type};

/// Bits of a value times a numerator.
const PRODUCT_BITS: usize = 64 + 32;

/// Claim of a part of a dividend, for a note that belonged to the holder and was unspent at a snapshot. The chain
/// learns neither the holding nor the part.
///
/// 1. to 4. As in [`Held`]; the act is the dividend.
/// 5. The part is the value of the note times the rate, rounded down; it has 64 bits.
/// 6. The commitment is to a note of this part for the receiver.
/// 7. The auditor reads the part, the receiver, and the random element.
/// 8. The ciphertext for the sum of the dividend encrypts the part.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// The holding.
    pub held: Held,
    /// The numerator of the rate.
    pub numerator: U32,
    /// The denominator of the rate.
    pub denominator: U32,
    /// The commitment to the new note.
    pub commitment: Field,
    /// The auditor's key.
    pub auditor: AuditorKey,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
    /// The teller's key.
    pub key: Coordinates,
    /// The ciphertext that is added to the sum of the dividend.
    pub part: Counted,
}

/// The private inputs of a [`Claim`].
#[circuit_type]
#[derive(Debug, Clone)]
pub struct ClaimSecret {
    /// The holding.
    pub holding: HeldSecret,
    /// The owner of the new note.
    pub receiver: Field,
    /// The ephemeral scalar of the auditor's ciphertext.
    pub ephemeral: Scalar,
    /// The ephemeral scalar of the added ciphertext. It must differ from the other one, because the part is a small
    /// number that an observer could guess.
    pub counted: Scalar,
}

impl Claim {
    /// Asserts the statement.
    #[track_caller]
    pub fn assert(&self, cs: &mut ConstraintSystem, secret: &ClaimSecret) {
        let holding = self.held.assert(cs, &secret.holding); // 1 to 4
        let part = cs.region("part", |cs| {
            let value = holding.value.widen::<PRODUCT_BITS>();
            let product: Unsigned<PRODUCT_BITS> = value.mul(cs, self.numerator.widen());
            let (part, _) = product.div_rem(cs, self.denominator.widen());
            part.narrow::<64>(cs) // 5
        });
        let [rho, _] = cs.region("auditor", |cs| {
            let values = [part, U64::ZERO];
            self.cipher.assert_seals(cs, self.auditor, secret.ephemeral, values, secret.receiver) // 7
        });
        cs.region("output", |cs| {
            let made = commitment(cs, self.held.asset, part, secret.receiver, rho);
            made.assert_eq(cs, "the note has the part", self.commitment); // 6
        });
        cs.region("sum", |cs| assert_counts(cs, self.key, secret.counted, part, self.part)); // 8
    }
}
