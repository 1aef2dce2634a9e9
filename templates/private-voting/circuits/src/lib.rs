//! Circuits of holders, of the issuer and of the teller. Each circuit is a statement of
//! `dusk_sdk::finance::confidential::statements`, with the bound fields.
#![no_std]

use dusk_sdk::finance::confidential::statements::{
    Claim, ClaimSecret, Mint, MintSecret, Tally, TallySecret, Total, TotalSecret, Transfer, TransferSecret,
    Vote, VoteSecret,
};
use dusk_sdk::zk::*;

/// An officer issues an amount. The chain sees the amount, but not the holder.
///
/// 1. The commitment is to this amount, and the auditor reads for whom: [`Mint`].
/// 2. `bound` is bound: the ciphertext for the receiver.
#[circuit]
pub fn issue(
    cs: &mut ConstraintSystem,
    #[public] act: Mint,
    #[public] _bound: Field, // 2: a public input is bound to the proof by being one.
    #[private] secret: MintSecret,
) {
    let _ = act.assert(cs, &secret); // 1
}

/// A holder sends an amount to a holder.
///
/// 1. Two notes of the prover become two notes of the same sum: [`Transfer`].
/// 2. `bound` is bound: the ciphertexts for the receivers.
#[circuit]
pub fn send(
    cs: &mut ConstraintSystem,
    #[public] act: Transfer,
    #[public] _bound: Field, // 2
    #[private] secret: TransferSecret,
) {
    let _ = act.assert(cs, &secret); // 1
}

/// A holder votes with a note that was its own at the snapshot of a poll.
///
/// 1. The note has not voted, and its weight is encrypted for one of the choices: [`Vote`]. Poll, contract and chain
///    are in the name of the act.
#[circuit]
pub fn cast(cs: &mut ConstraintSystem, #[public] act: Vote, #[private] secret: VoteSecret) {
    act.assert(cs, &secret); // 1
}

/// The teller opens the sums of a poll.
///
/// 1. Each choice has the stated weight: [`Tally`].
#[circuit]
pub fn count(cs: &mut ConstraintSystem, #[public] act: Tally, #[private] secret: TallySecret) {
    act.assert(cs, &secret); // 1
}

/// A holder takes its part of a dividend for a note that was its own at the snapshot.
///
/// 1. The new note is worth the part, and the auditor and the sum get to know it: [`Claim`].
/// 2. `bound` is bound: the ciphertext for the receiver.
#[circuit]
pub fn draw(
    cs: &mut ConstraintSystem,
    #[public] act: Claim,
    #[public] _bound: Field, // 2
    #[private] secret: ClaimSecret,
) {
    act.assert(cs, &secret); // 1
}

/// The teller opens the sum of a dividend.
///
/// 1. So much was paid in all: [`Total`].
#[circuit]
pub fn sum_up(cs: &mut ConstraintSystem, #[public] act: Total, #[private] secret: TotalSecret) {
    act.assert(cs, &secret); // 1
}
