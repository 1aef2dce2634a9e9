//! The auditor: the public key to which every act is encrypted, and its hand-over.
//!
//! # Hand-over
//!
//! 1. An officer [offers](Auditor::offer) the office to a key. The event states the number that the key would have.
//! 2. The new auditor and the present one sign the [hand-over](handover) with the secrets of their keys, outside of the
//!    chain. The first signature shows that the new auditor can decrypt ciphertexts for the new key. The second one is
//!    the present auditor's consent.
//! 3. Anybody [submits](Auditor::take) both. From then on every act is encrypted to the new key.
//!
//! If the present key is lost, the issuer [declares this](Auditor::declare_lost) after an offer. After
//! [`AUDITOR_LOST_BLOCKS`] anybody can take the offer without consent. An officer alone cannot replace the auditor. The
//! issuer cannot either without an event that everybody sees a week before.
//!
//! A signature is for one key, one number, one asset and one chain, so it is of no use elsewhere or later. Every new
//! offer, also one to the same key, ends the earlier offer and its declaration of loss.
//!
//! # The past
//!
//! Each key has a number, which the events of acts state: only this key reads the ciphertexts of the act. So a new
//! auditor needs the former key for past acts, and for the view keys of holders that registered before. If the former
//! key is lost, nobody can read the ciphertexts for it.

use dusk_sdk_circuit::native::{Point, Signature};

use super::cipher::AuditorKey;
use super::keys::ReadingKey;
use super::{domain, hash};
use crate::crypto;
use crate::env::{block_height, emit};
use crate::field::Field;
use crate::finance::officer::Officer;
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;

/// The number of blocks after [`Auditor::declare_lost`] until an offer can be taken without the present auditor's
/// consent: a week of blocks of ten seconds.
pub const AUDITOR_LOST_BLOCKS: u64 = 7 * 24 * 360;

/// The auditor's key, and the one that is offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auditor {
    key: AuditorKey,
    number: u32,
    offer: Option<Offer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Offer {
    key: AuditorKey,
    /// The height from which the consent of the present auditor is not needed.
    lost_from: Option<u64>,
}

/// A signature of a [hand-over](handover) with the secret of an auditor's key: a Schnorr signature in the form in which
/// the host takes it, so that contracts compute nothing.
#[contract_type]
#[derive(Copy, Eq)]
pub struct KeyProof {
    /// The scalar, times 2^256: the limbs of its Montgomery form, least significant byte first.
    pub scalar: [u8; 32],
    /// The coordinates of the nonce's point.
    pub point: [Field; 2],
}

/// The office of the auditor is offered to a key.
#[event]
pub struct AuditorOffered {
    /// The number that the key will have.
    pub number: u32,
    /// The key.
    pub key: AuditorKey,
    /// The officer who offers it.
    pub by: Principal,
}

/// The issuer declared that the present auditor's key is lost.
#[event]
pub struct AuditorLost {
    /// The number of the lost key.
    pub number: u32,
    /// The key that is offered.
    pub key: AuditorKey,
    /// The height from which the offer can be taken without consent.
    pub from: u64,
    /// The issuer.
    pub by: Principal,
}

/// Acts are encrypted to another key from now on.
#[event]
pub struct AuditorChanged {
    /// The number of the key.
    pub number: u32,
    /// The key.
    pub key: AuditorKey,
    /// Whether the former auditor has consented. Otherwise the issuer has declared its key lost.
    pub consented: bool,
}

/// The errors of the auditor's office.
#[error(first = 9330)]
pub enum Refused {
    /// The key is not a point of the curve's subgroup of prime order.
    AuditorKeyInvalid,
    /// The key is the neutral point: everybody could read.
    AuditorKeyNeutral,
    /// It is the auditor's key already.
    SameAuditorKey,
    /// The office is not offered to any key.
    AuditorNotOffered,
    /// The signature does not prove knowledge of the secret of the offered key.
    AuditorKeyUnproven,
    /// The present auditor has not consented, and its key is not declared lost.
    AuditorConsentMissing,
    /// The consent is not the present auditor's, or is for another hand-over.
    AuditorConsentInvalid,
    /// The issuer declared the present auditor's key lost, but not long enough ago.
    AuditorNotYetLost {
        /// The height from which its consent is not needed.
        from: u64,
    },
}

/// The message that both auditors sign: a key becomes the auditor's key of this number of an [asset](super::asset), a
/// contract on a chain.
#[must_use]
pub fn handover(asset: Field, number: u32, key: AuditorKey) -> Field {
    hash(&[domain::HANDOVER.into(), asset, Field::from(u64::from(number)), key.u, key.v])
}

impl KeyProof {
    /// Signs a [`handover`] with the secret of an auditor's key.
    #[must_use]
    pub fn sign(key: &ReadingKey, message: Field) -> Self {
        let Signature { u, r } = Signature::sign(key.secret(), message);
        Self { scalar: crypto::to_montgomery(&u), point: [r.u(), r.v()] }
    }

    /// Whether it is a signature of a message with the secret of a key. Costs 1,000,000 gas.
    #[must_use]
    pub fn verifies(&self, key: AuditorKey, message: Field) -> bool {
        let Self { scalar, point } = *self;
        crypto::verify_schnorr_parts(message, [key.u, key.v], scalar, point)
    }
}

impl Auditor {
    /// The auditor with this key. There is no proof that the auditor knows the secret: the deployer vouches for the
    /// first key.
    ///
    /// # Errors
    /// [`Refused::AuditorKeyInvalid`] and [`Refused::AuditorKeyNeutral`].
    pub fn new(key: AuditorKey) -> Result<Self, Refused> {
        check(key)?;
        Ok(Self { key, number: 0, offer: None })
    }

    /// The key: a public input of every act.
    #[must_use]
    pub fn key(&self) -> AuditorKey {
        self.key
    }

    /// The number of the key. The first is 0.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Offers the office to a key. An earlier offer ends, and with it a declaration of loss.
    ///
    /// # Errors
    /// [`Refused::AuditorKeyInvalid`], [`Refused::AuditorKeyNeutral`], [`Refused::SameAuditorKey`].
    pub fn offer(&mut self, by: Officer, key: AuditorKey) -> Result<(), Refused> {
        self.propose(key)?;
        emit(AuditorOffered { number: self.number + 1, key, by: by.who() });
        Ok(())
    }

    /// Declares that the present key is lost: after [`AUDITOR_LOST_BLOCKS`] the offer can be taken without consent.
    /// `issuer` is the caller, as [`Offices::require_issuer`](crate::finance::Offices::require_issuer) returns it. A
    /// second declaration begins anew.
    ///
    /// # Errors
    /// [`Refused::AuditorNotOffered`].
    pub fn declare_lost(&mut self, issuer: Principal) -> Result<(), Refused> {
        let (key, from) = self.lose(block_height())?;
        emit(AuditorLost { number: self.number, key, from, by: issuer });
        Ok(())
    }

    /// Takes the office for the key to which it is offered, with the signatures of both auditors. Anybody may submit
    /// them. Proofs that were made for the former key do not verify any more.
    ///
    /// # Errors
    /// [`Refused::AuditorNotOffered`], [`Refused::AuditorKeyUnproven`], [`Refused::AuditorConsentMissing`],
    /// [`Refused::AuditorConsentInvalid`], [`Refused::AuditorNotYetLost`].
    pub fn take(&mut self, asset: Field, acceptance: &KeyProof, consent: Option<&KeyProof>) -> Result<(), Refused> {
        self.accept(asset, block_height(), acceptance, consent)?;
        emit(AuditorChanged { number: self.number, key: self.key, consented: consent.is_some() });
        Ok(())
    }

    fn propose(&mut self, key: AuditorKey) -> Result<(), Refused> {
        ensure!(key != self.key, Refused::SameAuditorKey);
        check(key)?;
        self.offer = Some(Offer { key, lost_from: None });
        Ok(())
    }

    fn lose(&mut self, height: u64) -> Result<(AuditorKey, u64), Refused> {
        let offer = self.offer.as_mut().ok_or(Refused::AuditorNotOffered)?;
        let from = height + AUDITOR_LOST_BLOCKS;
        offer.lost_from = Some(from);
        Ok((offer.key, from))
    }

    fn accept(
        &mut self,
        asset: Field,
        height: u64,
        acceptance: &KeyProof,
        consent: Option<&KeyProof>,
    ) -> Result<(), Refused> {
        let Offer { key, lost_from } = self.offer.ok_or(Refused::AuditorNotOffered)?;
        let number = self.number + 1;
        let message = handover(asset, number, key);
        match (consent, lost_from) {
            (Some(consent), _) => ensure!(consent.verifies(self.key, message), Refused::AuditorConsentInvalid),
            (None, Some(from)) => ensure!(height >= from, Refused::AuditorNotYetLost { from }),
            (None, None) => return Err(Refused::AuditorConsentMissing),
        }
        ensure!(acceptance.verifies(key, message), Refused::AuditorKeyUnproven);
        *self = Self { key, number, offer: None };
        Ok(())
    }
}

/// Costs a few million gas: it multiplies the point by the order of the subgroup.
fn check(key: AuditorKey) -> Result<(), Refused> {
    let point = key.point().map_err(|_| Refused::AuditorKeyInvalid)?;
    ensure!(point != Point::IDENTITY, Refused::AuditorKeyNeutral);
    Ok(())
}

#[cfg(test)]
mod tests {
    use dusk_sdk_circuit::native::Scalar;

    use super::*;
    use crate::crypto::{SchnorrPublicKey, SchnorrSignature};
    use crate::wire::Wire;

    const ASSET: u64 = 77;

    fn secret(number: u64) -> ReadingKey {
        ReadingKey::new(Scalar::from(number))
    }

    fn key(number: u64) -> AuditorKey {
        AuditorKey::from(&secret(number))
    }

    fn signed(by: u64, number: u32, to: u64) -> KeyProof {
        KeyProof::sign(&secret(by), handover(ASSET.into(), number, key(to)))
    }

    impl Auditor {
        fn taken(&mut self, height: u64, acceptance: KeyProof, consent: Option<KeyProof>) -> Result<(), Refused> {
            self.accept(ASSET.into(), height, &acceptance, consent.as_ref())
        }
    }

    #[test]
    fn a_key_has_to_hide_something() {
        assert_eq!(Auditor::new(AuditorKey::new(&Point::IDENTITY)), Err(Refused::AuditorKeyNeutral));
        let small = AuditorKey { u: Field::default(), v: -Field::from(1) };
        assert_eq!(Auditor::new(small), Err(Refused::AuditorKeyInvalid));
        let off = AuditorKey { u: 1.into(), v: 1.into() };
        assert_eq!(Auditor::new(off), Err(Refused::AuditorKeyInvalid));
    }

    #[test]
    fn both_auditors_sign_the_hand_over() {
        let mut it = Auditor::new(key(3)).unwrap();
        assert_eq!(it.taken(0, signed(4, 1, 4), Some(signed(3, 1, 4))), Err(Refused::AuditorNotOffered));
        assert_eq!(it.propose(key(3)), Err(Refused::SameAuditorKey));
        it.propose(key(4)).unwrap();
        // The present auditor does not sign, signs another number or key, or somebody else does.
        assert_eq!(it.taken(0, signed(4, 1, 4), None), Err(Refused::AuditorConsentMissing));
        for consent in [signed(3, 2, 4), signed(3, 1, 5), signed(4, 1, 4), signed(5, 1, 4)] {
            assert_eq!(it.taken(0, signed(4, 1, 4), Some(consent)), Err(Refused::AuditorConsentInvalid));
        }
        // Nobody shows the secret of the new key.
        for acceptance in [signed(3, 1, 4), signed(4, 2, 4), signed(4, 1, 5), signed(5, 1, 4)] {
            assert_eq!(it.taken(0, acceptance, Some(signed(3, 1, 4))), Err(Refused::AuditorKeyUnproven));
        }
        // Both sign, for another asset.
        let elsewhere = handover((ASSET + 1).into(), 1, key(4));
        let [old, new] = [3, 4].map(|by| KeyProof::sign(&secret(by), elsewhere));
        assert_eq!(it.taken(0, new, Some(signed(3, 1, 4))), Err(Refused::AuditorKeyUnproven));
        assert_eq!(it.taken(0, signed(4, 1, 4), Some(old)), Err(Refused::AuditorConsentInvalid));
        assert_eq!((it.key(), it.number()), (key(3), 0));
        it.taken(0, signed(4, 1, 4), Some(signed(3, 1, 4))).unwrap();
        assert_eq!((it.key(), it.number()), (key(4), 1));
        assert_eq!(it.taken(0, signed(4, 1, 4), Some(signed(3, 1, 4))), Err(Refused::AuditorNotOffered));
        // The signatures are of no use when the key comes back later.
        it.propose(key(3)).unwrap();
        it.taken(0, signed(3, 2, 3), Some(signed(4, 2, 3))).unwrap();
        it.propose(key(4)).unwrap();
        assert_eq!(it.taken(0, signed(4, 1, 4), Some(signed(3, 1, 4))), Err(Refused::AuditorConsentInvalid));
    }

    #[test]
    fn a_lost_auditor_is_replaced_after_a_while() {
        let mut it = Auditor::new(key(3)).unwrap();
        assert_eq!(it.lose(10), Err(Refused::AuditorNotOffered));
        it.propose(key(4)).unwrap();
        let from = 10 + AUDITOR_LOST_BLOCKS;
        assert_eq!(it.lose(10), Ok((key(4), from)));
        assert_eq!(it.taken(from - 1, signed(4, 1, 4), None), Err(Refused::AuditorNotYetLost { from }));
        // The declaration is for this offer.
        it.propose(key(5)).unwrap();
        assert_eq!(it.taken(from, signed(5, 1, 5), None), Err(Refused::AuditorConsentMissing));
        it.lose(10).unwrap();
        assert_eq!(it.taken(from, signed(4, 1, 4), None), Err(Refused::AuditorKeyUnproven), "the key is shown");
        it.taken(from, signed(5, 1, 5), None).unwrap();
        assert_eq!((it.key(), it.number()), (key(5), 1));
        // An auditor that was not lost can consent in the meantime.
        it.propose(key(6)).unwrap();
        it.lose(20).unwrap();
        it.taken(21, signed(6, 2, 6), Some(signed(5, 2, 6))).unwrap();
    }

    /// The host takes a message, a key and a signature of `jubjub-schnorr`.
    #[test]
    fn a_signature_has_the_form_of_the_chain() {
        let (message, [u, v]) = (Field::from(5), [key(3).u, key(3).v]);
        let KeyProof { scalar, point } = KeyProof::sign(&secret(3), message);
        let ours = crypto::schnorr_argument(message, [u, v], scalar, point).encode().unwrap();
        let (theirs, signature) =
            <(Field, SchnorrPublicKey, SchnorrSignature) as Wire>::decode(&ours).map(|it| (it.1, it.2)).unwrap();
        assert!(theirs.verify(&signature, message.scalar()).is_ok());
        assert_eq!((message, theirs, signature).encode().unwrap(), ours);
    }
}
