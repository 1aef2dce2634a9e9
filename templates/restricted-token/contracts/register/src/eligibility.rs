//! Receivers who are not on the allow-list: what they have to prove, and which proofs were used.

use circuits::{Eligible, EligiblePublic, occasion, scope};
use dusk_sdk::prelude::*;
use dusk_sdk::zk::Proof;

use crate::register::{EPOCH_BLOCKS, Policy, Refused, Terms};

/// The way around the allow-list.
#[derive(Default)]
pub(crate) struct Eligibility {
    pub(crate) policy: Option<Policy>,
    /// The epoch that the nullifiers are of.
    epoch: u64,
    /// The nullifiers of the proofs that were used.
    used: BTreeSet<Field>,
}

impl Eligibility {
    /// What a receiver has to prove now, to receive from a sender.
    pub(crate) fn terms(&self, sender: Account, receiver: Account) -> Result<Terms, Refused> {
        let policy = self.policy.ok_or(Refused::NoPolicy)?;
        let (contract, chain, epoch) = (self_id(), chain_id(), epoch());
        Ok(Terms {
            attester: policy.attester,
            revoked: policy.revoked,
            today: policy.today,
            born_until: policy.born_until,
            level: policy.level,
            scope: scope(contract, chain, epoch),
            occasion: occasion(contract, chain, epoch, sender, receiver),
        })
    }

    /// Takes a proof: once for each holder and epoch.
    pub(crate) fn take(
        &mut self,
        terms: Terms,
        nullifier: Field,
        proof: &Proof<Eligible>,
    ) -> Result<(), Refused> {
        if epoch() != self.epoch {
            // Nullifiers of an epoch are of no use in the next: there all are others.
            self.epoch = epoch();
            self.used.clear();
        }
        ensure!(self.used.insert(nullifier), Refused::ProofUsed);
        ensure!(Eligible::verify(proof, &terms.with(nullifier)), Refused::NotEligible);
        Ok(())
    }
}

impl Terms {
    /// The public inputs of the circuit, for one holder.
    #[must_use]
    pub fn with(self, nullifier: Field) -> EligiblePublic {
        EligiblePublic {
            attester: self.attester,
            revoked: self.revoked,
            today: self.today,
            born_until: self.born_until,
            level: self.level,
            scope: self.scope,
            nullifier,
            occasion: self.occasion,
        }
    }
}

/// The epoch now: blocks since genesis, divided by the blocks of an epoch.
pub(crate) fn epoch() -> u64 {
    block_height() / EPOCH_BLOCKS
}
