//! Arguments of the contracts besides the orders of `dusk_sdk::finance::confidential::pool`, and the fields that proofs
//! are bound to: contracts and wallets compute them by the same functions.

use dusk_sdk::finance::confidential::statements::{HeldNative, PolicyNative};
use dusk_sdk::finance::confidential::{AuditorKey, BlockedCountries, ViewCipher};
use dusk_sdk::prelude::*;
use dusk_sdk::zk::binding;

use crate::DisclosePublic;

/// What every proof of an asset states now. The contract computes it itself, so a proof for others is refused.
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
    /// The countries whose holders neither send nor receive.
    pub blocked: BlockedCountries,
}

/// A registration.
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

/// A holding that is shown to somebody.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Disclosure {
    /// The height of the snapshot.
    pub height: u64,
    /// A random element that whoever asks has drawn: the answer is for nobody else.
    pub question: Field,
    /// The nullifier of the note for this act.
    pub act_nullifier: Field,
    /// The note has at least this value.
    pub least: u64,
}

/// What leaves the cash with a payment.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Payment {
    /// The account that is paid, and how much.
    pub to: Option<(Account, Dusk)>,
    /// The account that submits the payment, and its fee. `None`: anybody submits it for nothing.
    pub relayer: Option<(Account, Dusk)>,
}

impl Terms {
    /// The policy, for a root of the registry.
    #[must_use]
    pub fn policy(&self, registry_root: Field) -> PolicyNative {
        PolicyNative { registry_root, today: self.today, level: self.level }
    }
}

impl Enrolment {
    /// The fields that the proof is bound to: the asset and the reading key.
    #[must_use]
    pub fn bound(&self, asset: Field) -> Field {
        binding(&(*b"enrol", asset, self.reading))
    }
}

impl Disclosure {
    /// The purpose of the disclosure: this snapshot of this asset, and this question.
    #[must_use]
    pub fn act(&self, asset: Field) -> Field {
        binding(&(*b"disclose", asset, self.height, self.question))
    }

    /// The public inputs, with the roots of the snapshot.
    #[must_use]
    pub fn public(&self, asset: Field, note_root: Field, nullifier_root: Field) -> DisclosePublic {
        let (act, act_nullifier) = (self.act(asset), self.act_nullifier);
        let act = HeldNative { asset, note_root, nullifier_root, act, act_nullifier };
        DisclosePublic { act, least: self.least }
    }
}

impl Payment {
    /// Nothing leaves.
    pub const NONE: Self = Self { to: None, relayer: None };

    /// How much leaves. A sum that does not have 64 bits becomes the largest number, which no proof can show.
    #[must_use]
    pub fn total(&self) -> u64 {
        let part = |paid: &Option<(Account, Dusk)>| paid.map_or(0, |(_, amount)| amount.lux());
        part(&self.to).saturating_add(part(&self.relayer))
    }

    /// The fields that the proof of the payment is bound to.
    #[must_use]
    pub fn bound(&self) -> Field {
        binding(&(*b"pay", *self))
    }
}

/// The fields that the proof of an act between holders is bound to, besides its order: none.
#[must_use]
pub fn between_holders() -> Field {
    binding(b"holders")
}

/// The field that the proof of a redemption is bound to.
#[must_use]
pub fn for_reference(reference: &str) -> Field {
    binding(&(*b"redeem", String::from(reference)))
}

/// The field that the proof of a seizure is bound to.
#[must_use]
pub fn for_reason(reason: &str) -> Field {
    binding(&(*b"reason", String::from(reason)))
}
