//! Circuits of holders, of the issuer and of the parties of an instruction. Each circuit is a statement of
//! `dusk_sdk::finance::confidential::statements` with its additions: the registry, and the bound fields.
#![no_std]

mod calls;
mod cash;
mod instruction;

use dusk_sdk::finance::confidential::statements::{
    Admit, AdmitSecret, Affirm, AffirmSecret, Lock, LockSecret, Mint, MintSecret, Party, Policy, Register,
    RegisterSecret, Transfer, TransferSecret,
};
use dusk_sdk::zk::*;

pub use calls::*;
pub use cash::*;
pub use instruction::*;

/// Somebody registers an owner of notes.
///
/// 1. The prover knows the spend secret of the owner, and the auditor reads its view keys: [`Register`].
/// 2. `bound` is bound: the proof is for one contract and chain, and for one reading key.
#[circuit]
pub fn enrol(
    cs: &mut ConstraintSystem,
    #[public] act: Register,
    #[public] _bound: Field, // 2: a public input is bound to the proof by being one.
    #[private] secret: RegisterSecret,
) {
    act.assert(cs, &secret); // 1
}

/// Somebody registers an owner of notes, and an attester vouches for the person.
///
/// 1. The prover knows the spend secret of the owner, and the auditor reads its view keys: [`Register`].
/// 2. The entry in the registry has the person's attributes as the attester signed them: [`Admit`].
/// 3. `bound` is bound: the proof is for one contract and chain, and for one reading key.
#[circuit]
pub fn enrol_attested(
    cs: &mut ConstraintSystem,
    #[public] act: Register,
    #[public] admission: Admit,
    #[public] _bound: Field, // 3
    #[private] secret: RegisterSecret,
    #[private] person: AdmitSecret,
) {
    act.assert(cs, &secret); // 1
    admission.assert(cs, &person); // 2
}

/// An officer issues an amount to a holder. The chain sees the amount, but not the holder.
///
/// 1. The commitment is to this amount, and the auditor reads for whom: [`Mint`].
/// 2. The holder is active in the registry, and the rules hold: [`Policy`].
/// 3. `bound` is bound: the ciphertext for the receiver.
#[circuit]
pub fn issue(
    cs: &mut ConstraintSystem,
    #[public] act: Mint,
    #[public] policy: Policy,
    #[public] _bound: Field, // 3
    #[private] secret: MintSecret,
    #[private] receiver: Party,
) {
    let owner = act.assert(cs, &secret); // 1
    policy.assert_receiver(cs, &receiver, owner); // 2
}

/// A holder sends an amount to a holder.
///
/// 1. Two notes of the prover become two notes of the same sum: [`Transfer`].
/// 2. Both holders are active in the registry, and the rules hold: [`Policy`].
/// 3. `bound` is bound: the ciphertexts for the receivers.
#[circuit]
pub fn send(
    cs: &mut ConstraintSystem,
    #[public] act: Transfer,
    #[public] policy: Policy,
    #[public] _bound: Field, // 3
    #[private] secret: TransferSecret,
    #[private] sender: Party,
    #[private] receiver: Party,
) {
    let moved = act.assert(cs, &secret); // 1
    policy.assert_parties(cs, &sender, &receiver, moved); // 2
}

/// A holder locks an amount until the agent releases it to a holder, or it is cancelled.
///
/// 1. Two notes of the prover become the locked amount and change; the leg names the locked amount and the receiver:
///    [`Lock`].
/// 2. Both holders are active in the registry, and the rules hold: [`Policy`].
/// 3. `bound` is bound: agent, instruction, deadline, and the receivers' ciphertexts.
#[circuit]
pub fn reserve(
    cs: &mut ConstraintSystem,
    #[public] act: Lock,
    #[public] policy: Policy,
    #[public] _bound: Field, // 3
    #[private] secret: LockSecret,
    #[private] sender: Party,
    #[private] receiver: Party,
) {
    let moved = act.assert(cs, &secret); // 1
    policy.assert_parties(cs, &sender, &receiver, moved); // 2
}

/// The receiver of a leg agrees to an instruction, or rejects it.
///
/// 1. The leg is a commitment to this asset, an amount and the prover: [`Affirm`].
/// 2. `bound` is bound: the instruction with both legs, and whether it is affirmed or rejected.
#[circuit]
pub fn agree(
    cs: &mut ConstraintSystem,
    #[public] act: Affirm,
    #[public] _bound: Field, // 2
    #[private] secret: AffirmSecret,
) {
    act.assert(cs, &secret); // 1
}
