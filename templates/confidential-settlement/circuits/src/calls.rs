//! The public inputs that follow from the arguments of a call. Wallets and the contract compute the same ones.
//!
//! The contract takes the asset, the auditor, the day and the level from its own state, so a proof about others is
//! refused.

use dusk_sdk::finance::confidential::pool::{Locking, Minting, Spending};
use dusk_sdk::finance::confidential::statements as state;
use dusk_sdk::finance::confidential::{AuditorKey, Holder, ViewCipher};
use dusk_sdk::prelude::*;
use dusk_sdk::zk::binding;

use crate::{EnrolAttestedPublic, EnrolPublic, IssuePublic, ReservePublic, SendPublic};

/// The class of holders for whom an attester vouches. Officers choose those of others.
pub const ATTESTED_CLASS: u8 = 0;

/// What every proof about an asset states now.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Terms {
    /// The asset: this contract on this chain.
    pub asset: Field,
    /// To whom every act is encrypted.
    pub auditor: AuditorKey,
    /// Today. Receivers must be valid on this day.
    pub today: u32,
    /// The least level of receivers.
    pub level: u8,
}

/// A registration: the arguments of a call.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Enrolment {
    /// The owner of notes.
    pub owner: Field,
    /// The bytes of the public reading key.
    pub reading: [u8; 32],
    /// What the auditor reads: the view keys.
    pub view: ViewCipher,
}

/// What an attester says of the person who registers: the arguments of a call.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Attestation {
    /// The key of the attester.
    pub attester: Field,
    /// The person's tag at this asset: one person has one.
    pub tag: Field,
    /// The country of residence: its number in ISO 3166.
    pub country: u16,
    /// The level of accreditation.
    pub level: u8,
    /// The last day of the credential.
    pub valid_until: u32,
}

impl Attestation {
    /// The entry of an owner in the registry.
    #[must_use]
    pub fn entry(&self, owner: Field) -> Holder {
        let Self { country, level, valid_until, .. } = *self;
        Holder { owner, class: ATTESTED_CLASS, country, level, valid_until, active: true }
    }

    /// The public inputs about the person, with the root of the attester's revocation list. A credential holds on its
    /// last day, too: the contract compares the days, so a proof does not end at midnight.
    #[must_use]
    pub fn admission(&self, asset: Field, owner: Field, revoked: Field) -> state::AdmitNative {
        let Self { attester, tag, valid_until: today, .. } = *self;
        state::AdmitNative { attester, revoked, today, scope: asset, tag, entry: self.entry(owner) }
    }
}

impl Enrolment {
    /// The public inputs of the circuit `enrol_attested`.
    #[must_use]
    pub fn attested(&self, terms: &Terms, attestation: &Attestation, revoked: Field) -> EnrolAttestedPublic {
        let EnrolPublic { act, bound } = self.public(terms);
        EnrolAttestedPublic { act, admission: attestation.admission(terms.asset, self.owner, revoked), bound }
    }

    /// The public inputs of the circuit `enrol`.
    #[must_use]
    pub fn public(&self, terms: &Terms) -> EnrolPublic {
        let act = state::RegisterNative { owner: self.owner, auditor: terms.auditor, cipher: self.view };
        EnrolPublic { act, bound: self.bound(terms.asset) }
    }

    /// The fields that the proof is bound to: the asset and the reading key.
    #[must_use]
    pub fn bound(&self, asset: Field) -> Field {
        binding(&(*b"enrol", asset, self.reading))
    }
}

impl Terms {
    /// The public inputs of the circuit `issue`.
    #[must_use]
    pub fn issue(&self, order: &Minting, registry_root: Field) -> IssuePublic {
        let act = state::MintNative {
            asset: self.asset,
            value: order.value,
            commitment: order.commitment,
            auditor: self.auditor,
            cipher: order.cipher,
        };
        IssuePublic { act, policy: self.policy(registry_root), bound: order.bound(Field::default()) }
    }

    /// The public inputs of the circuit `send`.
    #[must_use]
    pub fn send(&self, order: &Spending, registry_root: Field) -> SendPublic {
        let act = state::TransferNative {
            asset: self.asset,
            note_root: order.note_root,
            nullifiers: order.nullifiers.into(),
            commitments: order.commitments.into(),
            public_out: 0,
            auditor: self.auditor,
            cipher: order.cipher,
        };
        SendPublic { act, policy: self.policy(registry_root), bound: order.bound(Field::default()) }
    }

    /// The public inputs of the circuit `reserve`.
    #[must_use]
    pub fn reserve(&self, order: &Locking, registry_root: Field) -> ReservePublic {
        let act = state::LockNative {
            asset: self.asset,
            note_root: order.note_root,
            nullifiers: order.nullifiers.into(),
            released: order.released,
            cancelled: order.cancelled,
            change: order.change,
            leg: order.id.leg,
            auditor: self.auditor,
            cipher: order.cipher,
        };
        ReservePublic { act, policy: self.policy(registry_root), bound: order.bound(Field::default()) }
    }

    /// The policy, for a root of the registry.
    #[must_use]
    pub fn policy(&self, registry_root: Field) -> state::PolicyNative {
        state::PolicyNative { registry_root, today: self.today, level: self.level }
    }
}

/// The fields that the proof of a withdrawal of cash is bound to, besides its order. A payment to an owner of notes is
/// bound to nothing else.
#[must_use]
pub fn for_withdrawal(to: Account, amount: Dusk) -> Field {
    binding(&(*b"withdraw", to, amount))
}
