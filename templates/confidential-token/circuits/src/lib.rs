//! Circuits of holders and officers. Each circuit is a statement of `dusk_sdk::finance::confidential::statements` with
//! the conditions of this asset: the parties are in its registry, and the fields beside the act are bound.
#![no_std]

mod calls;
mod cash;
mod eligible;

use dusk_sdk::finance::confidential::statements::{
    BlockedCountries, Held, HeldSecret, Lock, LockSecret, Mint, MintSecret, Party, Policy, Register,
    RegisterSecret, Seize, SeizeSecret, Transfer, TransferSecret,
};
use dusk_sdk::zk::*;

pub use calls::*;
pub use cash::*;
pub use eligible::*;

/// Somebody registers an owner of notes.
///
/// 1. The prover knows the spend secret of the owner, and the auditor reads its view keys: [`Register`].
/// 2. `bound` is bound: the proof is for one contract and chain, and one reading key.
#[circuit]
pub fn enrol(
    cs: &mut ConstraintSystem,
    #[public] act: Register,
    #[public] _bound: Field, // 2: a public input is bound to the proof by being one.
    #[private] secret: RegisterSecret,
) {
    act.assert(cs, &secret); // 1
}

/// An officer issues an amount to a holder. The chain sees the amount, but not the holder.
///
/// 1. The commitment is to this amount, and the auditor reads for whom: [`Mint`].
/// 2. The holder is active in the registry, and the rules hold: [`Policy`].
/// 3. The holder's country is not blocked: [`BlockedCountries`].
/// 4. `bound` is bound: the ciphertext for the receiver.
#[circuit]
pub fn issue(
    cs: &mut ConstraintSystem,
    #[public] act: Mint,
    #[public] policy: Policy,
    #[public] blocked: BlockedCountries,
    #[public] _bound: Field, // 4
    #[private] secret: MintSecret,
    #[private] receiver: Party,
) {
    let owner = act.assert(cs, &secret); // 1
    policy.assert_receiver(cs, &receiver, owner); // 2
    blocked.assert_receiver(cs, &receiver); // 3
}

/// A holder sends an amount to a holder, or redeems one.
///
/// 1. Two notes of the prover become two notes of the same sum, less the redeemed amount: [`Transfer`].
/// 2. Both holders are active in the registry, and the rules hold: [`Policy`].
/// 3. The countries of both are not blocked: [`BlockedCountries`].
/// 4. `bound` is bound: the ciphertexts for the receivers, and the reference of a redemption.
#[circuit]
#[allow(clippy::too_many_arguments, reason = "each input of a circuit is an argument")]
pub fn send(
    cs: &mut ConstraintSystem,
    #[public] act: Transfer,
    #[public] policy: Policy,
    #[public] blocked: BlockedCountries,
    #[public] _bound: Field, // 4
    #[private] secret: TransferSecret,
    #[private] sender: Party,
    #[private] receiver: Party,
) {
    let moved = act.assert(cs, &secret); // 1
    policy.assert_parties(cs, &sender, &receiver, moved); // 2
    blocked.assert_parties(cs, &sender, &receiver); // 3
}

/// A holder locks an amount until an agent releases it to a holder, or it is cancelled.
///
/// 1. Two notes of the prover become the locked amount and change; the leg of the instruction names the amount and
///    the receiver: [`Lock`].
/// 2. Both holders are active in the registry, and the rules hold: [`Policy`].
/// 3. The countries of both are not blocked: [`BlockedCountries`].
/// 4. `bound` is bound: agent, instruction, deadline, and the receivers' ciphertexts.
#[circuit]
#[allow(clippy::too_many_arguments, reason = "each input of a circuit is an argument")]
pub fn reserve(
    cs: &mut ConstraintSystem,
    #[public] act: Lock,
    #[public] policy: Policy,
    #[public] blocked: BlockedCountries,
    #[public] _bound: Field, // 4
    #[private] secret: LockSecret,
    #[private] sender: Party,
    #[private] receiver: Party,
) {
    let moved = act.assert(cs, &secret); // 1
    policy.assert_parties(cs, &sender, &receiver, moved); // 2
    blocked.assert_parties(cs, &sender, &receiver); // 3
}

/// An officer takes a note from its holder, and gives the same amount to a holder that the chain sees.
///
/// 1. The note was not spent, and the new one has the same value: [`Seize`].
/// 2. The new holder is active in the registry, and the rules hold: [`Policy`].
/// 3. `bound` is bound: the ciphertext for the receiver, and the reason.
#[circuit]
pub fn confiscate(
    cs: &mut ConstraintSystem,
    #[public] act: Seize,
    #[public] policy: Policy,
    #[public] _bound: Field, // 3
    #[private] secret: SeizeSecret,
    #[private] receiver: Party,
) {
    act.assert(cs, &secret); // 1
    policy.assert_receiver(cs, &receiver, act.to); // 2
}

/// A holder discloses that a note of its own had at least an amount at a snapshot.
///
/// 1. The note was in the tree of notes at the snapshot, and was not spent: [`Held`].
/// 2. Its value is at least `least`.
///
/// The act names the snapshot and who asks, so what one verifier is shown proves nothing to another.
#[circuit]
pub fn disclose(
    cs: &mut ConstraintSystem,
    #[public] act: Held,
    #[public] least: U64,
    #[private] secret: HeldSecret,
) {
    let holding = act.assert(cs, &secret); // 1
    holding.value.assert_ge(cs, "the note has at least this value", least); // 2
}
