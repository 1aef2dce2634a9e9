//! What a receiver proves who is not on the allow-list.
#![no_std]

use dusk_sdk::zk::*;
use dusk_sdk::{Account, ContractId};

/// The height of the revocation list, of arity 4: room for 1,048,575 revoked credentials.
pub const REVOKED: usize = 10;
/// Where no receiver may live, by the numbers of ISO 3166: Myanmar, Iran, North Korea, the United States.
pub const BLOCKED: [u16; 4] = [104, 364, 408, 840];

/// Somebody may hold the shares by what an attester says of them, and nobody learns who, or what it says.
///
/// 1. The credential is signed with the key whose abscissa is `attester`.
/// 2. It holds on the day `today`.
/// 3. Its serial number is not in the revocation list under `revoked`.
/// 4. The residence is not one of `BLOCKED`.
/// 5. The accreditation is at least `level`.
/// 6. The holder was born on the day `born_until` or before.
/// 7. `secret_key` is the holder's.
/// 8. `nullifier` is that of `secret_key` in `scope`: the same holder has the same one in one epoch, another in the next.
/// 9. `occasion` is bound: the proof is for one contract, chain, epoch, sender and receiver.
#[circuit]
pub fn eligible(
    cs: &mut Circuit,
    #[public] attester: Field,
    #[public] revoked: Field,
    #[public] today: U32,
    #[public] born_until: U32,
    #[public] level: U8,
    #[public] scope: Field,
    #[public] nullifier: Field,
    #[public] _occasion: Field, // 9: a public input is bound to the proof by being one.
    #[private] credential: Credential,
    #[private] signature: Signature,
    #[private] attester_key: Point,
    #[private] absence: Absence<REVOKED>,
    #[private] secret_key: Scalar,
) {
    cs.region("attestation", |cs| {
        // Within the subgroup, which `Point` is of, no other point has this abscissa.
        attester_key.u().assert_eq(cs, "the key is the attester's", attester);
        credential.assert_signed(cs, "the attester has signed the credential", attester_key, signature); // 1
        credential.assert_valid_on(cs, "the credential has not expired", today); // 2
    });
    cs.region("revocation", |cs| {
        absence.assert_absent(cs, "the credential is not revoked", credential.serial, revoked); // 3
    });
    cs.region("attributes", |cs| {
        let blocked = Set::constant(cs, BLOCKED.map(u64::from));
        credential.assert_residence_not_in(cs, "the residence is not blocked", &blocked); // 4
        credential.assert_accredited(cs, "the accreditation is high enough", level); // 5
        credential.assert_born_by(cs, "the holder is old enough", born_until); // 6
    });
    cs.region("holder", |cs| {
        credential.assert_held_by(cs, "the secret key is the holder's", secret_key); // 7
        let own = dusk_sdk::zk::nullifier(cs, secret_key.field(), scope);
        own.assert_eq(cs, "the nullifier is that of the secret key", nullifier); // 8
    });
}

/// Where a holder counts as one: an epoch of one contract on one chain.
#[must_use]
pub fn scope(contract: ContractId, chain: u8, epoch: u64) -> dusk_sdk::Field {
    binding(&(contract, chain, epoch))
}

/// What a proof is for. Another sender or receiver cannot use it, nor another contract, chain or epoch.
#[must_use]
pub fn occasion(
    contract: ContractId,
    chain: u8,
    epoch: u64,
    sender: Account,
    receiver: Account,
) -> dusk_sdk::Field {
    binding(&((contract, chain, epoch), sender, receiver))
}
