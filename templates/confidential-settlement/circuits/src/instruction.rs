//! Instructions of settlement: their content and their names.

use dusk_sdk::finance::confidential::{asset, statements as state};
use dusk_sdk::prelude::*;
use dusk_sdk::zk::binding;

use crate::AgreePublic;

/// Delivery versus payment: two legs. Both settle, or neither does.
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

/// The answer of the receiver of a leg.
#[contract_type]
#[derive(Copy, Eq)]
pub enum Answer {
    /// The receiver agrees to the instruction.
    Affirm,
    /// The receiver ends the instruction: locked amounts go back at once.
    Reject,
}

impl Instruction {
    /// The name of the instruction at a settlement contract on a chain: a hash of all of these. So nobody can replace
    /// the instruction by another one.
    #[must_use]
    pub fn name(&self, settlement: ContractId, chain: u8) -> Field {
        binding(&(*b"instruct", settlement, chain, *self))
    }

    /// The public inputs of the proof of this answer. `None` if there is no such leg.
    #[must_use]
    pub fn answer(&self, settlement: ContractId, chain: u8, side: u8, answer: Answer) -> Option<AgreePublic> {
        let Leg { asset: contract, commitment } = *self.legs.get(usize::from(side))?;
        let act = state::AffirmNative { asset: asset(contract, chain), leg: commitment };
        Some(AgreePublic { act, bound: binding(&(self.name(settlement, chain), side, answer)) })
    }
}
