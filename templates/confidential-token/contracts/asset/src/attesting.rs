//! Admission by the word of an attester: a person proves what it says, and shows neither its name nor its attributes.

use circuits::{Eligible, EligiblePublic, occasion, scope};
use dusk_sdk::finance::Officer;
use dusk_sdk::finance::confidential::Holder;
use dusk_sdk::prelude::*;
use dusk_sdk::zk::Proof;

use crate::refused::Refused;

/// By whose word people are admitted, and what is asked of them.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Attestation {
    /// The key of the attester.
    pub attester: Field,
    /// The root of its revocation list.
    pub revoked: Field,
    /// The root of the list of countries where nobody may live.
    pub blocked: Field,
    /// The least level of accreditation.
    pub level: u8,
}

/// A person whose owner of notes is to be admitted.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Person {
    /// The owner of its notes.
    pub owner: Field,
    /// Its tag at this contract: one person has one.
    pub tag: Field,
    /// The last day, on which its credential holds.
    pub until: u32,
}

/// An officer changed by whose word people are admitted.
#[event]
pub struct AttestationChanged {
    /// What is asked from now on.
    pub attestation: Option<Attestation>,
    /// Which officer.
    pub by: Principal,
}

/// By whose word people are admitted now.
#[derive(Default)]
pub(crate) struct Attesting {
    attestation: Option<Attestation>,
}

impl Attesting {
    pub(crate) fn attestation(&self) -> Option<Attestation> {
        self.attestation
    }

    pub(crate) fn set(&mut self, by: Officer, attestation: Option<Attestation>) {
        self.attestation = attestation;
        emit(AttestationChanged { attestation, by: by.who() });
    }

    /// The entry of a person whom the attester vouches for. Its class and country are not told.
    pub(crate) fn holder(
        &self,
        person: &Person,
        proof: &Proof<Eligible>,
        today: u32,
    ) -> Result<Holder, Refused> {
        let Attestation { attester, revoked, blocked, level } =
            self.attestation.ok_or(Refused::NoAttester)?;
        let Person { owner, tag, until } = *person;
        ensure!(today <= until, Refused::Expired);
        let (scope, occasion) = (scope(self_id(), chain_id()), occasion(self_id(), chain_id(), owner));
        let public = EligiblePublic { attester, revoked, blocked, until, level, scope, tag, occasion };
        ensure!(Eligible::verify(proof, &public), Refused::NotProven);
        Ok(Holder { owner, class: 0, country: 0, level, valid_until: until, active: true })
    }
}
