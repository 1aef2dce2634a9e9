//! The attester, which attests its knowledge of people, and their wallets. Both stay outside of the chain.

use circuits::{BLOCKED, EligiblePrivate, EligiblePublic, REVOKED};
use dusk_sdk::Field;
use dusk_sdk::zk::native::{self, Credential, IndexedError, IndexedTree, Point, Scalar, Signature};
use serde::{Deserialize, Serialize};

/// Where no holder may live at first, by the numbers of ISO 3166: Myanmar, Iran, North Korea, the United States.
pub const SANCTIONED: [u16; 4] = [104, 364, 408, 840];
/// The topics that the attester vouches for, and the register asks: the residence, the day of birth, the accreditation.
pub const TOPICS: [u32; 3] = [1, 2, 3];

/// An attester, which signs credentials and takes them back. It never sees a holder's secret key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attester {
    secret_key: Scalar,
    /// The serial numbers of revoked credentials. The attester publishes them, because holders need them for proofs.
    revoked: Vec<Field>,
}

/// The attributes of a person. Countries have the numbers of ISO 3166, days those of [`native::Date`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attributes {
    /// The day of birth.
    pub born: u32,
    /// The last day on which this is attested.
    pub expires: u32,
    /// The country of residence.
    pub residence: u16,
    /// The country of nationality.
    pub nationality: u16,
    /// The level of accreditation as an investor; more is more.
    pub accreditation: u8,
}

/// The secrets of a holder: its key, and the credential that was signed for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wallet {
    /// The holder's secret key.
    pub secret_key: Scalar,
    /// The attributes of the holder.
    pub credential: Credential,
    /// The attester's public key.
    pub attester_key: Point,
    /// That it says so.
    pub signature: Signature,
}

impl Attester {
    /// An attester with this secret key, which has taken nothing back.
    #[must_use]
    pub fn new(secret_key: Scalar) -> Self {
        Self { secret_key, revoked: Vec::new() }
    }

    /// Its public key.
    #[must_use]
    pub fn key(&self) -> Point {
        Point::GENERATOR * &self.secret_key
    }

    /// Signs the attributes of a holder. Attest each person for one key only: with another key it would be another
    /// holder at every register, with limits of its own. So a renewed credential is for the same key.
    ///
    /// Serial number and salt are random: the number reveals nothing, and nobody can guess the attributes from the
    /// signed message.
    #[must_use]
    pub fn attest(
        &self,
        holder: &Point,
        attributes: Attributes,
        serial: Field,
        salt: Field,
    ) -> (Credential, Signature) {
        let Attributes { born, expires, residence, nationality, accreditation } = attributes;
        let holder = holder.u();
        let credential =
            Credential { holder, serial, born, expires, residence, nationality, accreditation, salt };
        let signature = credential.sign(&self.secret_key);
        (credential, signature)
    }

    /// Takes a credential back. The root of the list must be published in the contract before that has an effect.
    ///
    /// # Errors
    /// When it was taken back before, or the list is full.
    pub fn revoke(&mut self, credential: &Credential) -> Result<(), IndexedError> {
        self.revocations().insert(credential.serial)?;
        self.revoked.push(credential.serial);
        Ok(())
    }

    /// The list of what it has taken back.
    #[must_use]
    pub fn revocations(&self) -> IndexedTree<REVOKED> {
        let mut list = IndexedTree::new();
        for serial in &self.revoked {
            // Each was inserted before it was kept.
            let _ = list.insert(*serial);
        }
        list
    }
}

impl Wallet {
    /// The wallet of a holder with this secret key.
    #[must_use]
    pub fn new(
        secret_key: Scalar,
        attester: &Attester,
        attributes: Attributes,
        serial: Field,
        salt: Field,
    ) -> Self {
        let key = Point::GENERATOR * &secret_key;
        let (credential, signature) = attester.attest(&key, attributes, serial, salt);
        Self { secret_key, credential, attester_key: attester.key(), signature }
    }

    /// The tag by which a register with this scope knows the holder.
    #[must_use]
    pub fn tag(&self, scope: Field) -> Field {
        tag(&self.credential, scope)
    }

    /// The private inputs that only the holder knows.
    ///
    /// # Errors
    /// [`IndexedError::Present`] when the credential is revoked, or the residence blocked.
    pub fn private(
        &self,
        revoked: &IndexedTree<REVOKED>,
        blocked: &IndexedTree<BLOCKED>,
    ) -> Result<EligiblePrivate, IndexedError> {
        self.private_for(self.credential.residence, revoked, blocked)
    }

    /// The private inputs of a holder in a blocked country. The proof cannot hold: they show that a country below, the
    /// nearest one, is not blocked. So the prover names the residence as the reason.
    ///
    /// # Errors
    /// [`IndexedError::Present`] when the credential is revoked, or every country below is blocked as well.
    pub fn private_beside(
        &self,
        revoked: &IndexedTree<REVOKED>,
        blocked: &IndexedTree<BLOCKED>,
    ) -> Result<EligiblePrivate, IndexedError> {
        let below = (0..self.credential.residence).rev();
        let mut tried = below.map(|country| self.private_for(country, revoked, blocked));
        tried.find(Result::is_ok).unwrap_or(Err(IndexedError::Present))
    }

    fn private_for(
        &self,
        country: u16,
        revoked: &IndexedTree<REVOKED>,
        blocked: &IndexedTree<BLOCKED>,
    ) -> Result<EligiblePrivate, IndexedError> {
        Ok(EligiblePrivate {
            credential: self.credential.clone(),
            signature: self.signature.clone(),
            attester_key: self.attester_key,
            non_membership: revoked.non_membership(self.credential.serial)?,
            allowed_residence: blocked.non_membership(Field::from(u64::from(country)))?,
            secret_key: self.secret_key.clone(),
        })
    }
}

/// The list of countries where no holder may live. The officers publish its root in the register, and the countries.
///
/// # Errors
/// When a country is named twice, or there are too many.
pub fn blocked(countries: &[u16]) -> Result<IndexedTree<BLOCKED>, IndexedError> {
    let mut list = IndexedTree::new();
    for country in countries {
        list.insert(Field::from(u64::from(*country)))?;
    }
    Ok(list)
}

/// The tag of a credential's holder at the register with this scope. The attester can compute the tag of every holder
/// whom it has attested, so that officers can freeze a holder before its first proof.
#[must_use]
pub fn tag(credential: &Credential, scope: Field) -> Field {
    native::nullifier(credential.holder, scope)
}

/// All inputs of a proof, as `cargo dusk prove` takes them. It is as secret as the wallet.
#[derive(Debug, Serialize)]
pub struct Witness {
    /// The public inputs, which the chain sees.
    #[serde(flatten)]
    pub public: EligiblePublic,
    /// The private inputs, which it does not see.
    #[serde(flatten)]
    pub private: EligiblePrivate,
}
