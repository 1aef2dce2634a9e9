//! Statements that spend two notes: transfer, redemption, lock.

use super::notes::{Input, Keys, commitment, leg};
use super::values::{AuditCipher, AuditorKey};
use crate::zk::{ConstraintSystem, Field, Linear, Scalar, U64, circuit_type};

/// Transfer: a holder spends two notes and makes two, one for the receiver, and change.
///
/// 1. The first input is in the tree of notes. So is the second, unless its value is zero.
/// 2. The nullifiers are those of the inputs, and the inputs belong to the keys of the spend secret.
/// 3. The sum of the inputs is that of the outputs and `public_out`; each has 64 bits, so the sum cannot wrap around.
/// 4. The first output belongs to the receiver, the second to the sender: the commitments are to these.
/// 5. The auditor reads the values, the receiver, and the random elements of both outputs.
///
/// The asset is a part of all commitments, so a note of another contract or chain is not in the tree. `public_out`
/// leaves the confidential asset: for a redemption, or as a relayer's fee. It is zero for a plain transfer.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Transfer {
    /// The asset.
    pub asset: Field,
    /// A root of the tree of notes.
    pub note_root: Field,
    /// The nullifiers of the inputs.
    pub nullifiers: [Field; 2],
    /// The commitments to the outputs: the receiver's note, and change.
    pub commitments: [Field; 2],
    /// The amount that leaves the asset.
    pub public_out: U64,
    /// The auditor's key.
    pub auditor: AuditorKey,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
}

/// The private inputs of a [`Transfer`].
#[circuit_type]
#[derive(Debug, Clone)]
pub struct TransferSecret {
    /// The spend secret.
    pub spend: Field,
    /// The notes that are spent.
    pub inputs: [Input; 2],
    /// The owner of the first output.
    pub receiver: Field,
    /// The values of the outputs.
    pub values: [U64; 2],
    /// The ephemeral scalar of the auditor's ciphertext.
    pub ephemeral: Scalar,
}

/// Lock of an amount for a settlement. It becomes the receiver's note if the agent releases it, or the sender's note if
/// it is cancelled. Both notes have the same value; only one of them ever enters the tree.
///
/// 1. to 3. As in a [`Transfer`] with `public_out` zero.
/// 4. The commitments are to the receiver's note, to the sender's note of the same value, and to change.
/// 5. The leg is a commitment to the asset, the locked value and the receiver, as in the instruction.
/// 6. The auditor reads the values, the receiver, and the random elements.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Lock {
    /// The asset.
    pub asset: Field,
    /// A root of the tree of notes.
    pub note_root: Field,
    /// The nullifiers of the inputs.
    pub nullifiers: [Field; 2],
    /// The commitment to the receiver's note.
    pub released: Field,
    /// The commitment to the sender's note, if it is cancelled.
    pub cancelled: Field,
    /// The commitment to change.
    pub change: Field,
    /// The leg of the instruction: [`leg`](super::super::leg).
    pub leg: Field,
    /// The auditor's key.
    pub auditor: AuditorKey,
    /// The ciphertext for the auditor.
    pub cipher: AuditCipher,
}

/// The private inputs of a [`Lock`].
#[circuit_type]
#[derive(Debug, Clone)]
pub struct LockSecret {
    /// The spend secret.
    pub spend: Field,
    /// The notes that are spent.
    pub inputs: [Input; 2],
    /// The owner of the released note.
    pub receiver: Field,
    /// The locked value, and change.
    pub values: [U64; 2],
    /// The blinding of the leg.
    pub blinding: Field,
    /// The ephemeral scalar of the auditor's ciphertext.
    pub ephemeral: Scalar,
}

/// The parties of an act, for [`Policy`](super::Policy).
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    /// The owner of the inputs.
    pub sender: Field,
    /// The owner of the first output.
    pub receiver: Field,
}

impl Transfer {
    /// Asserts the statement, and returns the parties.
    #[track_caller]
    #[must_use]
    pub fn assert(&self, cs: &mut ConstraintSystem, secret: &TransferSecret) -> Moved {
        let sender = spend(cs, self.asset, self.note_root, self.nullifiers, secret.spend, &secret.inputs); // 1, 2
        cs.region("sum", |cs| assert_conserved(cs, &secret.inputs, secret.values, self.public_out)); // 3
        let rhos = cs.region("auditor", |cs| {
            self.cipher.assert_seals(cs, self.auditor, secret.ephemeral, secret.values, secret.receiver) // 5
        });
        cs.region("outputs", |cs| {
            let names = ["the first output is the receiver's", "the second output is the sender's"];
            let owners = [secret.receiver, sender];
            for (i, name) in names.into_iter().enumerate() {
                let made = commitment(cs, self.asset, secret.values[i], owners[i], rhos[i]);
                made.assert_eq(cs, name, self.commitments[i]); // 4
            }
        });
        Moved { sender, receiver: secret.receiver }
    }
}

impl Lock {
    /// Asserts the statement, and returns the parties.
    #[track_caller]
    #[must_use]
    pub fn assert(&self, cs: &mut ConstraintSystem, secret: &LockSecret) -> Moved {
        let sender = spend(cs, self.asset, self.note_root, self.nullifiers, secret.spend, &secret.inputs); // 1, 2
        cs.region("sum", |cs| assert_conserved(cs, &secret.inputs, secret.values, U64::ZERO)); // 3
        let [locked, change] = secret.values;
        let [rho, change_rho] = cs.region("auditor", |cs| {
            self.cipher.assert_seals(cs, self.auditor, secret.ephemeral, secret.values, secret.receiver) // 6
        });
        cs.region("outputs", |cs| {
            let released = commitment(cs, self.asset, locked, secret.receiver, rho);
            released.assert_eq(cs, "the released note is the receiver's", self.released); // 4
            let cancelled = commitment(cs, self.asset, locked, sender, rho);
            cancelled.assert_eq(cs, "the cancelled note is the sender's", self.cancelled); // 4
            let change = commitment(cs, self.asset, change, sender, change_rho);
            change.assert_eq(cs, "the change is the sender's", self.change); // 4
            let leg = leg(cs, self.asset, locked, secret.receiver, secret.blinding);
            leg.assert_eq(cs, "the leg is what is locked", self.leg); // 5
        });
        Moved { sender, receiver: secret.receiver }
    }
}

/// Spends two notes of one holder, and returns the holder.
#[track_caller]
fn spend(
    cs: &mut ConstraintSystem,
    asset: Field,
    note_root: Field,
    nullifiers: [Field; 2],
    spend: Field,
    inputs: &[Input; 2],
) -> Field {
    let keys = cs.region("keys", |cs| Keys::derive(cs, spend));
    cs.region("inputs", |cs| {
        let [first, second] = inputs;
        let one = first.find(cs, asset, keys.nk, keys.owner);
        one.root(cs).assert_eq(cs, "the first input is in the tree", note_root);
        one.nullifier.assert_eq(cs, "the first nullifier is the input's", nullifiers[0]);
        let other = second.find(cs, asset, keys.nk, keys.owner);
        second.assert_beside(cs, "the second input is in the tree, or has no value", &other, &one);
        other.nullifier.assert_eq(cs, "the second nullifier is the input's", nullifiers[1]);
    });
    keys.owner
}

/// Asserts that nothing is made or lost. Values have 64 bits, so sums in the field are sums of integers.
#[track_caller]
fn assert_conserved(cs: &mut ConstraintSystem, inputs: &[Input; 2], outputs: [U64; 2], public_out: U64) {
    let sum = Linear::new().plus(inputs[0].value, 1).plus(inputs[1].value, 1);
    let sum = sum.minus(outputs[0], 1).minus(outputs[1], 1).minus(public_out, 1);
    sum.assert_zero(cs, "the sum is conserved");
}
