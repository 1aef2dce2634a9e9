//! Instructions of settlement: what two parties agree to, and how it is named.

use dusk_sdk::finance::confidential::{asset, statements as state};
use dusk_sdk::prelude::*;
use dusk_sdk::zk::binding;

use crate::AgreePublic;

/// Delivery versus payment: two legs, of which both settle or neither.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Instruction {
    /// Both legs.
    pub legs: [Leg; 2],
    /// The last height at which it settles.
    pub deadline: u64,
}

/// An amount of an asset for a receiver. The chain sees only the asset.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Leg {
    /// The contract of the asset.
    pub asset: ContractId,
    /// The commitment to asset, amount and receiver, with a random blinding:
    /// [`leg`](dusk_sdk::finance::confidential::leg).
    pub commitment: Field,
}

/// What the receiver of a leg says.
#[contract_type]
#[derive(Copy, Eq)]
pub enum Answer {
    /// It agrees, if the other one does.
    Affirm,
    /// It does not want the instruction any more: what is locked goes back at once.
    Reject,
}

impl Instruction {
    /// The name of the instruction at a settlement contract on a chain: a hash of all of it. So nobody can put another
    /// instruction in its place.
    #[must_use]
    pub fn name(&self, settlement: ContractId, chain: u8) -> Field {
        binding(&(*b"instruct", settlement, chain, *self))
    }

    /// What the receiver of a leg proves to say this. `None`: there is no such leg.
    #[must_use]
    pub fn answer(&self, settlement: ContractId, chain: u8, side: u8, answer: Answer) -> Option<AgreePublic> {
        let Leg { asset: contract, commitment } = *self.legs.get(usize::from(side))?;
        let act = state::AffirmNative { asset: asset(contract, chain), leg: commitment };
        Some(AgreePublic { act, bound: binding(&(self.name(settlement, chain), side, answer)) })
    }
}
