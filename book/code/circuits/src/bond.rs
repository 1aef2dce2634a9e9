//! The circuits of an asset with a registry of holders.

use dusk_sdk::finance::confidential::statements::{
    Lock, LockSecret, Mint, MintSecret, Party, Policy, Register, RegisterSecret, Transfer, TransferSecret,
};
use dusk_sdk::zk::*;

// ANCHOR: registry
/// Somebody registers as a holder.
///
/// 1. The prover knows the spend secret of the owner, and the auditor reads its view keys: [`Register`].
/// 2. The proof is bound to `bound`, so it is for one asset.
#[circuit]
pub fn enrol(
    cs: &mut ConstraintSystem,
    #[public] act: Register,
    #[public] _bound: Field, // 2
    #[private] secret: RegisterSecret,
) {
    act.assert(cs, &secret); // 1
}

/// The issuer issues an amount to a registered holder.
///
/// 1. The commitment is to a note of this amount, and the auditor reads it: [`Mint`].
/// 2. The receiver is in the registry, and active: [`Policy`].
/// 3. The proof is bound to `bound`, a hash of the ciphertext for the receiver.
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
/// 2. Both holders are in the registry, and active: [`Policy`].
/// 3. The proof is bound to `bound`, a hash of the ciphertexts for the receivers.
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
// ANCHOR_END: registry

// ANCHOR: lock
/// A holder locks an amount for a receiver.
///
/// 1. Two notes of the prover become the locked amount and change; the leg names amount and receiver: [`Lock`].
/// 2. Both holders are in the registry, and active: [`Policy`].
/// 3. The proof is bound to `bound`, a hash of agent, instruction, deadline and the ciphertexts for the receivers.
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
// ANCHOR_END: lock

// ANCHOR: bound
/// The value to which the proof of a registration is bound, so that it is for this asset only. `Field` is a value in
/// a circuit; outside of circuits, the same element is a `dusk_sdk::Field`.
pub fn for_asset(asset: dusk_sdk::Field) -> dusk_sdk::Field {
    binding(&(*b"enrol", asset))
}
// ANCHOR_END: bound
