//! The proof of a person that is admitted without an officer.

use dusk_sdk::zk::*;
use dusk_sdk::{ContractId, Field as Element};

/// The height of the revocation list, of arity 4: room for 1,048,575 revoked credentials.
pub const REVOKED: usize = 10;
/// The height of the list of blocked countries, of arity 4: room for 255, as many as there are.
pub const BLOCKED: usize = 4;

/// An attester vouches for the person who registers an owner of notes; the chain learns neither who it is nor what the
/// attester says.
///
/// 1. The credential is signed with the key whose abscissa is `attester`.
/// 2. It holds on the day `until`.
/// 3. Its serial number is not in the revocation list under `revoked`.
/// 4. The residence is not in the list of countries under `blocked`.
/// 5. The accreditation is at least `level`.
/// 6. `secret_key` is the person's.
/// 7. `tag` is the person's in `scope`: one person has one tag at a contract, so it registers one owner.
/// 8. `occasion` is bound: the proof is for one contract, chain and owner of notes.
#[circuit]
#[allow(clippy::too_many_arguments, reason = "each input of a circuit is an argument")]
pub fn eligible(
    cs: &mut ConstraintSystem,
    #[public] attester: Field,
    #[public] revoked: Field,
    #[public] blocked: Field,
    #[public] until: U32,
    #[public] level: U8,
    #[public] scope: Field,
    #[public] tag: Field,
    #[public] _occasion: Field, // 8: a public input is bound to the proof by being one.
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
        credential.assert_valid_on(cs, "the credential holds until the day", until); // 2
    });
    cs.region("revocation", |cs| {
        non_membership.assert_absent(cs, "the credential is not revoked", credential.serial, revoked); // 3
    });
    cs.region("attributes", |cs| {
        let residence = credential.residence.field();
        allowed_residence.assert_absent(cs, "the residence is not blocked", residence, blocked); // 4
        credential.assert_accredited(cs, "the accreditation is high enough", level); // 5
    });
    cs.region("person", |cs| {
        credential.assert_held_by(cs, "the secret key is the person's", secret_key); // 6
        let own = nullifier(cs, credential.holder, scope);
        own.assert_eq(cs, "the tag is the person's", tag); // 7
    });
}

/// Where a person has one tag: one contract on one chain.
#[must_use]
pub fn scope(contract: ContractId, chain: u8) -> Element {
    binding(&(contract, chain))
}

/// The purpose of a proof: one owner of notes at one contract.
#[must_use]
pub fn occasion(contract: ContractId, chain: u8, owner: Element) -> Element {
    binding(&((contract, chain), owner))
}
