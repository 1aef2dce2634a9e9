//! An attester, which knows people, and the credentials that it signs.

use circuits::{BLOCKED, EligiblePrivate, REVOKED};
use dusk_sdk::Field;
use dusk_sdk::zk::native::{self, Credential, IndexedError, IndexedTree, Point, Scalar, Signature};

/// An attester, which signs credentials and takes them back.
#[derive(Debug, Clone)]
pub struct Attester {
    secret: Scalar,
    revoked: IndexedTree<REVOKED>,
}

/// The secrets of a person: its key, and the credential that was signed for it.
#[derive(Debug, Clone)]
pub struct Attested {
    /// The person's secret key. It is another one than those of its notes.
    pub secret: Scalar,
    /// The attributes of the person.
    pub credential: Credential,
    /// That the attester says so.
    pub signature: Signature,
    attester: Point,
}

impl Attester {
    /// An attester that has revoked nothing.
    #[must_use]
    pub fn new(secret: Scalar) -> Self {
        Self { secret, revoked: IndexedTree::new() }
    }

    /// Its key, as contracts know it.
    #[must_use]
    pub fn key(&self) -> Field {
        self.point().u()
    }

    fn point(&self) -> Point {
        Point::GENERATOR * &self.secret
    }

    /// The list of what it has revoked.
    #[must_use]
    pub fn revoked(&self) -> &IndexedTree<REVOKED> {
        &self.revoked
    }

    /// Signs what it knows of a person: residence, accreditation, the last day. The serial number and the salt of the
    /// credential are random in earnest.
    #[must_use]
    pub fn attest(&self, secret: Scalar, residence: u16, accreditation: u8, expires: u32) -> Attested {
        let holder = (Point::GENERATOR * &secret).u();
        let (serial, salt) = (native::hash(&[holder, 1.into()]), native::hash(&[holder, 2.into()]));
        let nationality = residence;
        let credential =
            Credential { holder, serial, born: 1, expires, residence, nationality, accreditation, salt };
        let signature = credential.sign(&self.secret);
        Attested { secret, credential, signature, attester: self.point() }
    }

    /// Takes a credential back. The root of the list has to be set in the contract.
    ///
    /// # Errors
    /// [`IndexedError`] if it was taken back before.
    pub fn revoke(&mut self, attested: &Attested) -> Result<(), IndexedError> {
        self.revoked.insert(attested.credential.serial).map(|_| ())
    }
}

impl Attested {
    /// The person's tag at a contract.
    #[must_use]
    pub fn tag(&self, scope: Field) -> Field {
        native::nullifier(self.credential.holder, scope)
    }

    /// The private inputs that only the person knows.
    ///
    /// # Errors
    /// [`IndexedError::Present`] if the credential is revoked, or the residence blocked.
    pub fn private(
        &self,
        revoked: &IndexedTree<REVOKED>,
        blocked: &IndexedTree<BLOCKED>,
    ) -> Result<EligiblePrivate, IndexedError> {
        Ok(EligiblePrivate {
            credential: self.credential.clone(),
            signature: self.signature.clone(),
            attester_key: self.attester,
            non_membership: revoked.non_membership(self.credential.serial)?,
            allowed_residence: blocked.non_membership(Field::from(u64::from(self.credential.residence)))?,
            secret_key: self.secret.clone(),
        })
    }
}

/// The list of countries where nobody may live.
///
/// # Errors
/// [`IndexedError`] if a country is named twice, or there are too many.
pub fn blocked(countries: &[u16]) -> Result<IndexedTree<BLOCKED>, IndexedError> {
    let mut list = IndexedTree::new();
    for country in countries {
        list.insert(Field::from(u64::from(*country)))?;
    }
    Ok(list)
}
