//! Statements with one note or none: registration, issue, seizure, holding.

use super::super::NULLIFIER_LEVELS;
use super::notes::{Input, Keys, act_nullifier, commitment};
use super::values::{AuditCipher, AuditorKey, ViewCipher};
use crate::zk::{ConstraintSystem, Field, NonMembership, Scalar, U64, circuit_type};

/// Registration of a holder.
///
/// 1. The prover knows the spend secret of the owner.
/// 2. The auditor reads the owner's `ak` and `nk`.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Register {
    /// The owner.
    pub owner: Field,
    /// The auditor's key.
    pub auditor: AuditorKey,
    /// The ciphertext for the auditor.
    pub cipher: ViewCipher,
}

/// The private inputs of a [`Register`].
#[circuit_type]
#[derive(Debug, Clone)]
pub struct RegisterSecret {
    /// The spend secret.
    pub spend: Field,
    /// The ephemeral scalar of the ciphertext.
    pub ephemeral: Scalar,
}

/// Conversion of a public amount to a note: an issue, or a deposit.
///
/// 1. The commitment is to a note of this value, for the hidden owner.
/// 2. The auditor reads the value, the owner, and the random element.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Mint {
    /// The asset.
    pub asset: Field,
    /// The amount.
    pub value: U64,
    /// The commitment to the note.
    pub commitment: Field,
    /// The auditor's key.
    pub auditor: AuditorKey,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
}

/// The private inputs of a [`Mint`].
#[circuit_type]
#[derive(Debug, Clone)]
pub struct MintSecret {
    /// The owner of the note.
    pub owner: Field,
    /// The ephemeral scalar of the ciphertext.
    pub ephemeral: Scalar,
}

/// Seizure: the controller takes a note from its holder, with the auditor's keys of the holder, and gives it to a
/// public owner.
///
/// 1. The note is in the tree of notes, whatever its value.
/// 2. The nullifier is the note's, and the note belongs to these keys.
/// 3. The commitment is to a note of the same value for `to`.
/// 4. The auditor reads the value, the owner, and the random element.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Seize {
    /// The asset.
    pub asset: Field,
    /// A root of the tree of notes.
    pub note_root: Field,
    /// The nullifier of the note.
    pub nullifier: Field,
    /// The commitment to the new note.
    pub commitment: Field,
    /// The owner of the new note.
    pub to: Field,
    /// The auditor's key.
    pub auditor: AuditorKey,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
}

/// The private inputs of a [`Seize`].
#[circuit_type]
#[derive(Debug, Clone)]
pub struct SeizeSecret {
    /// The holder's `ak`.
    pub ak: Field,
    /// The holder's `nk`.
    pub nk: Field,
    /// The note.
    pub input: Input,
    /// The ephemeral scalar of the ciphertext.
    pub ephemeral: Scalar,
}

/// Proof of a holding: a note belonged to the holder and was unspent at a snapshot. It counts once for each act, such
/// as a vote, a dividend or a disclosure.
///
/// 1. The prover knows the spend secret of the note's owner.
/// 2. The note was in the tree of notes.
/// 3. Its nullifier was not among the spent ones.
/// 4. `act_nullifier` is that of the note for this act.
///
/// The act names the contract, the snapshot and the purpose, so that its nullifier counts nowhere else.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// The asset.
    pub asset: Field,
    /// The root of the tree of notes at the snapshot.
    pub note_root: Field,
    /// The root of the tree of nullifiers at the snapshot.
    pub nullifier_root: Field,
    /// The act for which the holding is proven.
    pub act: Field,
    /// The nullifier of the note for this act.
    pub act_nullifier: Field,
}

/// The private inputs of a [`Held`].
#[circuit_type]
#[derive(Debug, Clone)]
pub struct HeldSecret {
    /// The spend secret.
    pub spend: Field,
    /// The note.
    pub input: Input,
    /// The proof that the note was not spent.
    pub unspent: NonMembership<NULLIFIER_LEVELS>,
}

/// The holding of a [`Held`], for further statements: `value.assert_ge(…)`, a weight, a payment.
#[derive(Debug, Clone, Copy)]
pub struct Holding {
    /// The value.
    pub value: U64,
    /// The owner.
    pub owner: Field,
}

impl Register {
    /// Asserts the statement.
    #[track_caller]
    pub fn assert(&self, cs: &mut ConstraintSystem, secret: &RegisterSecret) {
        let keys = cs.region("keys", |cs| {
            let keys = Keys::derive(cs, secret.spend);
            keys.owner.assert_eq(cs, "the owner is the prover", self.owner); // 1
            keys
        });
        cs.region("auditor", |cs| self.cipher.assert_seals(cs, self.auditor, secret.ephemeral, keys)); // 2
    }
}

impl Mint {
    /// Asserts the statement, and returns the owner, for [`Policy::assert_receiver`](super::Policy::assert_receiver).
    #[track_caller]
    #[must_use]
    pub fn assert(&self, cs: &mut ConstraintSystem, secret: &MintSecret) -> Field {
        let values = [self.value, U64::ZERO];
        let [rho, _] = cs.region("auditor", |cs| {
            self.cipher.assert_seals(cs, self.auditor, secret.ephemeral, values, secret.owner) // 2
        });
        cs.region("output", |cs| {
            let made = commitment(cs, self.asset, self.value, secret.owner, rho);
            made.assert_eq(cs, "the note has the public amount", self.commitment); // 1
        });
        secret.owner
    }
}

impl Seize {
    /// Asserts the statement. It does not check [`Seize::to`]: use
    /// [`Policy::assert_receiver`](super::Policy::assert_receiver).
    #[track_caller]
    pub fn assert(&self, cs: &mut ConstraintSystem, secret: &SeizeSecret) {
        let keys = cs.region("keys", |cs| Keys::of(cs, secret.ak, secret.nk));
        cs.region("inputs", |cs| {
            let found = secret.input.find(cs, self.asset, keys.nk, keys.owner);
            found.root(cs).assert_eq(cs, "the note is in the tree", self.note_root); // 1
            found.nullifier.assert_eq(cs, "the nullifier is the note's", self.nullifier); // 2
        });
        let values = [secret.input.value, U64::ZERO];
        let [rho, _] = cs.region("auditor", |cs| {
            self.cipher.assert_seals(cs, self.auditor, secret.ephemeral, values, self.to) // 4
        });
        cs.region("output", |cs| {
            let made = commitment(cs, self.asset, secret.input.value, self.to, rho);
            made.assert_eq(cs, "the new note has the same value", self.commitment); // 3
        });
    }
}

impl Held {
    /// Asserts the statement, and returns the holding.
    #[track_caller]
    #[must_use]
    pub fn assert(&self, cs: &mut ConstraintSystem, secret: &HeldSecret) -> Holding {
        let keys = cs.region("keys", |cs| Keys::derive(cs, secret.spend)); // 1
        cs.region("holding", |cs| {
            let found = secret.input.find(cs, self.asset, keys.nk, keys.owner);
            found.root(cs).assert_eq(cs, "the note was in the tree", self.note_root); // 2
            let root = self.nullifier_root;
            secret.unspent.assert_absent_in_plain(cs, "the note was not spent", found.nullifier, root); // 3
            let own = act_nullifier(cs, keys.nk, self.asset, found.position, self.act);
            own.assert_eq(cs, "the nullifier of the act is the note's", self.act_nullifier); // 4
        });
        Holding { value: secret.input.value, owner: keys.owner }
    }
}
