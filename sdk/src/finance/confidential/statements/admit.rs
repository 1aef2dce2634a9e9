//! Admission by a credential, without an officer.

use super::super::REVOKED_LEVELS;
use super::values::Holder;
use crate::zk::{
    ConstraintSystem, Credential, Field, NonMembership, Point, Scalar, Signature, U32, circuit_type, nullifier,
};

/// Admission of a registered holder by an attester: the entry in the registry agrees with the holder's credential.
///
/// 1. The credential is signed with the key whose abscissa is `attester`.
/// 2. It is valid on the day `today`.
/// 3. Its serial number is not in the attester's revocation list under `revoked`.
/// 4. The prover knows the secret key of the credential's holder.
/// 5. The entry has the residence, the accreditation and the end of the credential.
/// 6. `tag` is the holder's in `scope`, so that a person has one entry.
///
/// The entry is public, so the proof is valid for its owner only. The chain learns neither the person nor the
/// credential, and the tag differs between contracts. The contract chooses the class.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Admit {
    /// The abscissa of the attester's key.
    pub attester: Field,
    /// The root of the attester's revocation list.
    pub revoked: Field,
    /// The day.
    pub today: U32,
    /// The scope in which a person has one tag: a contract on a chain.
    pub scope: Field,
    /// The person's tag.
    pub tag: Field,
    /// The entry.
    pub entry: Holder,
}

/// The private inputs of an [`Admit`].
#[circuit_type]
#[derive(Debug, Clone)]
pub struct AdmitSecret {
    /// The credential.
    pub credential: Credential,
    /// The attester's signature.
    pub signature: Signature,
    /// The attester's key.
    pub attester_key: Point,
    /// The proof that the credential is not revoked.
    pub not_revoked: NonMembership<REVOKED_LEVELS>,
    /// The secret key of the credential's holder.
    pub secret_key: Scalar,
}

impl Admit {
    /// Asserts the statement. It does not check the owner of the entry: use [`Register`](super::Register).
    #[track_caller]
    pub fn assert(&self, cs: &mut ConstraintSystem, secret: &AdmitSecret) {
        let credential = &secret.credential;
        cs.region("attestation", |cs| {
            // Within the subgroup, which `Point` is of, no other point has this abscissa.
            secret.attester_key.u().assert_eq(cs, "the key is the attester's", self.attester);
            let name = "the attester has signed the credential";
            credential.assert_signed(cs, name, secret.attester_key, secret.signature); // 1
            credential.assert_valid_on(cs, "the credential has not expired", self.today); // 2
            let name = "the credential is not revoked";
            secret.not_revoked.assert_absent(cs, name, credential.serial, self.revoked); // 3
        });
        cs.region("person", |cs| {
            credential.assert_held_by(cs, "the secret key is the person's", secret.secret_key); // 4
            let own = nullifier(cs, credential.holder, self.scope);
            own.assert_eq(cs, "the tag is the person's", self.tag); // 6
        });
        cs.region("entry", |cs| {
            self.entry.country.assert_eq(cs, "the country is the residence", credential.residence); // 5
            self.entry.level.assert_eq(cs, "the level is the accreditation", credential.accreditation); // 5
            self.entry.valid_until.assert_eq(cs, "the entry ends with the credential", credential.expires); // 5
        });
    }
}
