//! The same for an asset that anybody may hold: without the registry.

use dusk_sdk::finance::confidential::statements::{
    Lock, LockSecret, Mint, MintSecret, Transfer, TransferSecret,
};
use dusk_sdk::zk::*;

/// A deposit becomes a note.
///
/// 1. The commitment is to this amount, and the auditor reads for whom: [`Mint`].
/// 2. `bound` is bound: the ciphertext for the receiver.
#[circuit]
pub fn cash_deposit(
    cs: &mut ConstraintSystem,
    #[public] act: Mint,
    #[public] _bound: Field, // 2: a public input is bound to the proof by being one.
    #[private] secret: MintSecret,
) {
    let _ = act.assert(cs, &secret); // 1
}

/// An owner of notes pays another one, an account, or a relayer's fee.
///
/// 1. Two notes of the prover become two notes of the same sum, less the amount that leaves: [`Transfer`].
/// 2. `bound` is bound: the ciphertexts for the receivers, the paid account and its amount, the relayer and its fee.
#[circuit]
pub fn cash_pay(
    cs: &mut ConstraintSystem,
    #[public] act: Transfer,
    #[public] _bound: Field, // 2
    #[private] secret: TransferSecret,
) {
    let _ = act.assert(cs, &secret); // 1
}

/// An owner of notes locks an amount until an agent releases it, or it is cancelled.
///
/// 1. Two notes of the prover become the locked amount and change; the leg of the instruction names the amount and
///    the receiver: [`Lock`].
/// 2. `bound` is bound: agent, instruction, deadline, and the receivers' ciphertexts.
#[circuit]
pub fn cash_reserve(
    cs: &mut ConstraintSystem,
    #[public] act: Lock,
    #[public] _bound: Field, // 2
    #[private] secret: LockSecret,
) {
    let _ = act.assert(cs, &secret); // 1
}
