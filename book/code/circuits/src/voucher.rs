//! The circuits of an asset that anybody may hold.

use dusk_sdk::finance::confidential::statements::{Mint, MintSecret, Transfer, TransferSecret};
use dusk_sdk::zk::*;

/// The issuer grants an amount to a holder. The chain sees the amount, but not the holder.
///
/// 1. The commitment is to a note of this amount, and the auditor reads it: [`Mint`].
/// 2. The proof is bound to `bound`, a hash of the ciphertext for the receiver.
#[circuit]
pub fn grant(
    cs: &mut ConstraintSystem,
    #[public] act: Mint,
    #[public] _bound: Field, // 2: a proof is bound to each of its public inputs.
    #[private] secret: MintSecret,
) {
    let _ = act.assert(cs, &secret); // 1
}

/// A holder pays a holder. The chain sees neither the amount nor the holders.
///
/// 1. Two notes of the prover become two notes of the same sum, and the auditor reads them: [`Transfer`].
/// 2. The proof is bound to `bound`, a hash of the ciphertexts for the receivers.
#[circuit]
pub fn pay(
    cs: &mut ConstraintSystem,
    #[public] act: Transfer,
    #[public] _bound: Field, // 2
    #[private] secret: TransferSecret,
) {
    let _ = act.assert(cs, &secret); // 1
}
