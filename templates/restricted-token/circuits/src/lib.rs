//! The proof of an account that is not on the allow-list.
#![no_std]

use dusk_sdk::zk::*;
use dusk_sdk::{Account, ContractId};

/// The height of the revocation list, of arity 4: room for 1,048,575 revoked credentials.
pub const REVOKED: usize = 10;
/// The height of the list of blocked countries, of arity 4: room for 255, as many as there are.
pub const BLOCKED: usize = 4;

/// An attester vouches for the holder of an account; the chain learns neither who the holder is nor what the attester
/// says.
///
/// 1. The credential is signed with the key whose abscissa is `attester`.
/// 2. It holds on the day `today`.
/// 3. Its serial number is not in the revocation list under `revoked`.
/// 4. The residence is not in the list of countries under `blocked`.
/// 5. The accreditation is at least `level`.
/// 6. The holder was born on the day `born_until` or before.
/// 7. `secret_key` is the holder's.
/// 8. `tag` is the holder's in `scope`: one holder has one tag at a contract, for all its accounts and credentials.
/// 9. `occasion` is bound: the proof is for one contract, chain, epoch and account.
#[circuit]
pub fn eligible(
    cs: &mut ConstraintSystem,
    #[public] attester: Field,
    #[public] revoked: Field,
    #[public] blocked: Field,
    #[public] today: U32,
    #[public] born_until: U32,
    #[public] level: U8,
    #[public] scope: Field,
    #[public] tag: Field,
    #[public] _occasion: Field, // 9: a public input is bound to the proof by being one.
    #[private] credential: Credential,
    #[private] signature: Signature,
    #[private] attester_key: Point,
    #[private] non_membership: NonMembership<REVOKED>,
    #[private] allowed_residence: NonMembership<BLOCKED>,
    #[private] secret_key: Scalar,
) {
    cs.region("attestation", |cs| {
        // Within the subgroup, which `Point` is of, no other point has this abscissa.
        attester_key.u().assert_eq(cs, "the key is the attester's", attester);
        credential.assert_signed(cs, "the attester has signed the credential", attester_key, signature); // 1
        credential.assert_valid_on(cs, "the credential has not expired", today); // 2
    });
    cs.region("revocation", |cs| {
        non_membership.assert_absent(cs, "the credential is not revoked", credential.serial, revoked); // 3
    });
    cs.region("attributes", |cs| {
        let residence = credential.residence.field();
        allowed_residence.assert_absent(cs, "the residence is not blocked", residence, blocked); // 4
        credential.assert_accredited(cs, "the accreditation is high enough", level); // 5
        credential.assert_born_by(cs, "the holder is old enough", born_until); // 6
    });
    cs.region("holder", |cs| {
        credential.assert_held_by(cs, "the secret key is the holder's", secret_key); // 7
        // Of the public key, not of the secret one: so that the attester, who knows the public key, can name a holder
        // to the officers before the holder has proved anything.
        let own = nullifier(cs, credential.holder, scope);
        own.assert_eq(cs, "the tag is the holder's", tag); // 8
    });
}

/// Where a holder has one tag: one contract on one chain.
#[must_use]
pub fn scope(contract: ContractId, chain: u8) -> dusk_sdk::Field {
    binding(&(contract, chain))
}

/// The purpose of a proof. Another account cannot use it, nor another contract, chain or epoch.
#[must_use]
pub fn occasion(contract: ContractId, chain: u8, epoch: u64, account: Account) -> dusk_sdk::Field {
    binding(&((contract, chain, epoch), account))
}
