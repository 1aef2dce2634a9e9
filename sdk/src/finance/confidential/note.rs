//! Notes, and their commitments and nullifiers.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::{domain, hash};
use crate::contract_id::ContractId;
use crate::field::Field;
use crate::zk::binding;

/// An amount of an asset that belongs to an owner. Only its commitment is on the chain.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The value, in the asset's smallest unit.
    pub value: u64,
    /// The owner: [`ViewKeys::owner`](super::ViewKeys::owner).
    pub owner: Field,
    /// A random element. Without it an observer could guess value and owner from the commitment.
    pub rho: Field,
}

impl Note {
    /// The leaf in the tree of notes.
    #[must_use]
    pub fn commitment(&self, asset: Field) -> Field {
        hash(&[tagged(self.value, domain::NOTE), asset, self.owner, self.rho])
    }

    /// Its nullifier, once it has a position in the tree.
    #[must_use]
    pub fn nullifier(&self, asset: Field, nk: Field, position: u64) -> Field {
        nullifier(nk, self.commitment(asset), position)
    }
}

/// The asset of a contract on a chain.
#[must_use]
pub fn asset(contract: ContractId, chain: u8) -> Field {
    binding(&(*b"asset", contract, chain))
}

/// The nullifier of the note with a commitment at a position.
#[must_use]
pub fn nullifier(nk: Field, commitment: Field, position: u64) -> Field {
    hash(&[tagged(position, domain::NULLIFIER), nk, commitment])
}

/// The nullifier of a note at a position for one act, such as a vote: the holder acts once with each note, and the
/// chain cannot link it to the note's own nullifier.
#[must_use]
pub fn act_nullifier(nk: Field, asset: Field, position: u64, act: Field) -> Field {
    hash(&[tagged(position, domain::ACT), nk, asset, act])
}

/// The leg in an instruction of settlement: a commitment to the asset, the value and the receiver, hidden by
/// a random blinding.
#[must_use]
pub fn leg(asset: Field, value: u64, receiver: Field, blinding: Field) -> Field {
    hash(&[tagged(value, domain::LEG), asset, receiver, blinding])
}

fn tagged(number: u64, domain: dusk_bls12_381::BlsScalar) -> Field {
    Field::from(number) + domain.into()
}

impl Zeroize for Note {
    fn zeroize(&mut self) {
        self.value.zeroize();
        self.owner.zeroize();
        self.rho.zeroize();
    }
}

impl core::fmt::Debug for Note {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Note(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: fn() -> Note = || Note { value: 5, owner: 7.into(), rho: 9.into() };

    #[test]
    fn every_part_of_a_note_is_in_its_commitment() {
        let note = NOTE();
        let commitment = note.commitment(1.into());
        let others = [Note { value: 6, ..note }, Note { owner: 8.into(), ..note }, Note { rho: 8.into(), ..note }];
        others.iter().for_each(|other| assert_ne!(other.commitment(1.into()), commitment));
        assert_ne!(note.commitment(2.into()), commitment);
        assert_ne!(leg(1.into(), 5, 7.into(), 9.into()), commitment, "a leg is not a note");
    }

    #[test]
    fn a_nullifier_belongs_to_a_position_and_a_key() {
        let note = NOTE();
        let of = |nk: u64, position| note.nullifier(1.into(), nk.into(), position);
        assert_ne!(of(3, 0), of(3, 1));
        assert_ne!(of(3, 0), of(4, 0));
        let act = |position, act: u64| act_nullifier(3.into(), 1.into(), position, act.into());
        assert_ne!(act(0, 1), act(0, 2));
        assert_ne!(act(0, 1), act(1, 1));
        assert_ne!(act(0, 1), of(3, 0));
    }

    #[test]
    fn an_asset_is_one_contract_on_one_chain() {
        let id = |it| ContractId::from_bytes([it; 32]);
        assert_ne!(asset(id(1), 0), asset(id(2), 0));
        assert_ne!(asset(id(1), 0), asset(id(1), 1));
    }
}
