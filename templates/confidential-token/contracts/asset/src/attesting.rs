//! Admission by the word of an attester: a person proves what it says, and shows neither its name nor its attributes.

use circuits::{Eligible, EligiblePublic, occasion, scope};
use dusk_sdk::finance::Officer;
use dusk_sdk::finance::confidential::Holder;
use dusk_sdk::prelude::*;
use dusk_sdk::zk::Proof;

use crate::refused::Refused;

/// How many people may be admitted by credentials until an officer allows more. So a thief who has the key of the
/// attester cannot fill the registry, whose places are never free again.
pub const FIRST_REGISTRATIONS: u32 = 1_024;

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

/// An officer changed by whose word people are admitted, or how many may be.
#[event]
pub struct AttestationChanged {
    /// What is asked from now on.
    pub attestation: Option<Attestation>,
    /// How many more people may be admitted so.
    pub registrations: u32,
    /// Which officer.
    pub by: Principal,
}

/// By whose word people are admitted now, and how many more.
pub(crate) struct Attesting {
    pub(crate) attestation: Option<Attestation>,
    pub(crate) registrations: u32,
}

impl Default for Attesting {
    fn default() -> Self {
        Self { attestation: None, registrations: FIRST_REGISTRATIONS }
    }
}

impl Attesting {
    pub(crate) fn tell(&self, by: Officer) {
        let Self { attestation, registrations } = *self;
        emit(AttestationChanged { attestation, registrations, by: by.who() });
    }

    /// The entry of a person whom the attester vouches for. Its class and country are not told.
    pub(crate) fn holder(
        &mut self,
        person: &Person,
        proof: &Proof<Eligible>,
        today: u32,
    ) -> Result<Holder, Refused> {
        let Attestation { attester, revoked, blocked, level } =
            self.attestation.ok_or(Refused::NoAttester)?;
        let Person { owner, tag, until } = *person;
        ensure!(today <= until, Refused::Expired);
        // A call that is refused later changes nothing, so it uses nothing up.
        self.registrations = self.registrations.checked_sub(1).ok_or(Refused::NoRegistrationsLeft)?;
        let (contract, chain) = (self_id(), chain_id());
        let (scope, occasion) = (scope(contract, chain), occasion(contract, chain, owner));
        let public = EligiblePublic { attester, revoked, blocked, until, level, scope, tag, occasion };
        ensure!(Eligible::verify(proof, &public), Refused::NotProven);
        Ok(Holder { owner, class: 0, country: 0, level, valid_until: until, active: true })
    }
}
