//! Accounts that are not on the allow-list: what they have to prove, and how long a proof lets them in.

use circuits::{EligiblePublic, occasion, scope};
use dusk_sdk::prelude::*;

use crate::register::{DAY_EPOCHS, EPOCH_BLOCKS, Policy, Refused, Terms};

/// The way around the allow-list.
#[derive(Default)]
pub(crate) struct Eligibility {
    pub(crate) policy: Option<Policy>,
    /// How many policies there were. Each has its own number, also when it says the same as one before.
    pub(crate) number: u64,
    /// The epoch in which the policy was set.
    since: u64,
}

/// The admission of an account by a proof.
#[derive(Clone, Copy)]
pub(crate) struct Admission {
    /// The number of the policy that the proof was made under: of its attester, its revocation list, its rules.
    policy: u64,
    /// The last epoch of the day that the proof is about.
    pub(crate) until: u64,
}

impl Eligibility {
    /// Takes another policy. Proofs under the earlier one are void.
    pub(crate) fn set(&mut self, policy: Option<Policy>) {
        *self = Self { policy, number: self.number + 1, since: epoch() };
    }

    /// What an account has to prove now.
    pub(crate) fn terms(&self, account: Account) -> Result<Terms, Refused> {
        let policy = self.policy.ok_or(Refused::NoPolicy)?;
        let (contract, chain) = (self_id(), chain_id());
        let days = u32::try_from(self.days()).unwrap_or(u32::MAX);
        Ok(Terms {
            attester: policy.attester,
            revoked: policy.revoked,
            today: policy.today.saturating_add(days),
            born_until: policy.born_until.saturating_add(days),
            level: policy.level,
            scope: scope(contract, chain),
            occasion: occasion(contract, chain, epoch(), account),
        })
    }

    /// The admission that a proof gives now.
    pub(crate) fn admission(&self) -> Admission {
        Admission { policy: self.number, until: self.since + (self.days() + 1) * DAY_EPOCHS - 1 }
    }

    /// Whether an admission still holds: the policy is the same, and the day has not ended.
    pub(crate) fn holds(&self, admission: Admission) -> bool {
        self.policy.is_some() && admission.policy == self.number && epoch() <= admission.until
    }

    /// Whole days since the policy was set.
    fn days(&self) -> u64 {
        (epoch() - self.since) / DAY_EPOCHS
    }
}

impl Terms {
    /// The public inputs of the circuit, for one holder.
    #[must_use]
    pub fn with(self, tag: Field) -> EligiblePublic {
        EligiblePublic {
            attester: self.attester,
            revoked: self.revoked,
            today: self.today,
            born_until: self.born_until,
            level: self.level,
            scope: self.scope,
            tag,
            occasion: self.occasion,
        }
    }
}

/// The epoch now: blocks since genesis, divided by the blocks of an epoch.
pub(crate) fn epoch() -> u64 {
    block_height() / EPOCH_BLOCKS
}
