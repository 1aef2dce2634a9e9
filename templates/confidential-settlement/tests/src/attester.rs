//! An attester, which knows people, and the credentials that it signs.

use circuits::Attestation;
use dusk_sdk::Field;
use dusk_sdk::finance::attesters;
use dusk_sdk::finance::confidential::REVOKED_LEVELS;
use dusk_sdk::finance::confidential::statements::AdmitSecretNative;
use dusk_sdk::zk::native::{self, Credential, IndexedError, IndexedTree, Point, Scalar, Signature};

/// An attester, which signs credentials and takes them back.
pub(crate) struct Attester {
    secret: Scalar,
    revoked: IndexedTree<REVOKED_LEVELS>,
}

/// The secrets of a person: its key, and the credential that was signed for it.
pub(crate) struct Person {
    /// The person's secret key. It is another one than those of its notes.
    secret: Scalar,
    credential: Credential,
    signature: Signature,
    attester: Point,
}

impl Attester {
    /// An attester that has revoked nothing.
    pub(crate) fn new(secret: u64) -> Self {
        Self { secret: Scalar::from(secret), revoked: IndexedTree::new() }
    }

    fn point(&self) -> Point {
        Point::GENERATOR * &self.secret
    }

    /// Its key, as contracts know it.
    pub(crate) fn key(&self) -> Field {
        self.point().u()
    }

    /// The root of the list of what it has revoked.
    pub(crate) fn revoked(&self) -> Field {
        self.revoked.root()
    }

    /// The attester's entry, as officers state it to the contract.
    pub(crate) fn entry(&self, topics: &[u32], until: u32) -> attesters::Attester {
        attesters::Attester { key: self.key(), revoked: self.revoked(), topics: topics.to_vec(), until }
    }

    /// Signs what it knows of a person. The serial number and the salt of a credential are random in earnest.
    pub(crate) fn attest(&self, person: u64, residence: u16, accreditation: u8, expires: u32) -> Person {
        let secret = Scalar::from(person);
        let holder = (Point::GENERATOR * &secret).u();
        let (serial, salt) = (native::hash(&[holder, 1.into()]), native::hash(&[holder, 2.into()]));
        let nationality = residence;
        let credential =
            Credential { holder, serial, born: 1, expires, residence, nationality, accreditation, salt };
        self.sign(secret, credential)
    }

    /// Signs a credential for the holder of this secret key.
    pub(crate) fn sign(&self, secret: Scalar, credential: Credential) -> Person {
        let signature = credential.sign(&self.secret);
        Person { secret, credential, signature, attester: self.point() }
    }

    /// Takes a credential back. Officers have to tell the contract the new root.
    pub(crate) fn revoke(&mut self, person: &Person) -> Result<(), IndexedError> {
        self.revoked.insert(person.credential.serial).map(|_| ())
    }
}

impl Person {
    /// The attestation that the person shows to an asset.
    pub(crate) fn attestation(&self, asset: Field) -> Attestation {
        let Credential { holder, residence, accreditation, expires, .. } = &self.credential;
        Attestation {
            attester: self.attester.u(),
            tag: native::nullifier(*holder, asset),
            country: *residence,
            level: *accreditation,
            valid_until: *expires,
        }
    }

    /// The private inputs that only the person knows. There are none if the credential is revoked.
    pub(crate) fn secret(&self, attester: &Attester) -> Result<AdmitSecretNative, IndexedError> {
        Ok(AdmitSecretNative {
            credential: self.credential.clone(),
            signature: self.signature.clone(),
            attester_key: self.attester,
            not_revoked: attester.revoked.non_membership(self.credential.serial)?,
            secret_key: self.secret.clone(),
        })
    }
}
