//! Statements of the registry about the parties.

use super::super::{HOLDER_LEVELS, domain};
use super::spend::Moved;
use super::values::Holder;
use crate::zk::{BlsScalar, ConstraintSystem, Field, Linear, MerklePath, U8, U32, circuit_type, hash};

/// The registry's root, and the requirements for receivers.
///
/// 1. A sender's entry is in the registry's tree, and
/// 2. it is the sender's own, and
/// 3. it is active: the sender is not frozen.
/// 4. A receiver's entry is in the tree, it is the receiver's own, and it is active.
/// 5. The receiver is valid `today`.
/// 6. The receiver's accreditation is at least `level`.
///
/// [`BlockedCountries`](super::BlockedCountries) is a further requirement, for circuits that have it.
#[circuit_type]
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// The root of the tree of holders.
    pub registry_root: Field,
    /// The day.
    pub today: U32,
    /// The least level of accreditation.
    pub level: U8,
}

/// A holder with its place in the registry.
#[circuit_type]
#[derive(Debug, Clone)]
pub struct Party {
    /// The entry.
    pub holder: Holder,
    /// The path of the entry.
    pub path: MerklePath<HOLDER_LEVELS>,
}

impl Policy {
    /// Asserts that both parties of an act are registered and active, and that the receiver is valid and of the level:
    /// 1 to 6. 9,871 rows, 568 fewer than for each by itself: both paths have the same four nodes below the root.
    #[track_caller]
    pub fn assert_parties(&self, cs: &mut ConstraintSystem, sender: &Party, receiver: &Party, moved: Moved) {
        let below = cs.region("sender", |cs| self.assert_sends(cs, sender, moved.sender));
        cs.region("receiver", |cs| {
            self.assert_receives(cs, receiver, moved.receiver);
            let of_receiver = receiver.below_root(cs);
            for (node, other) in of_receiver.into_iter().zip(below) {
                node.assert_eq(cs, "the receiver is in the registry", other); // 4
            }
        });
    }

    /// Asserts that a sender is registered and active: 1, 2, 3. 5,193 rows.
    #[track_caller]
    pub fn assert_sender(&self, cs: &mut ConstraintSystem, party: &Party, sender: Field) {
        cs.region("sender", |cs| {
            self.assert_sends(cs, party, sender);
        });
    }

    /// Asserts that a receiver is registered, active, valid and of the level: 4, 5, 6. 5,200 rows.
    #[track_caller]
    pub fn assert_receiver(&self, cs: &mut ConstraintSystem, party: &Party, receiver: Field) {
        cs.region("receiver", |cs| {
            self.assert_receives(cs, party, receiver);
            let below = party.below_root(cs);
            self.assert_registered(cs, "the receiver is in the registry", &below); // 4
        });
    }

    /// 1, 2 and 3. Returns the nodes below the root.
    #[track_caller]
    fn assert_sends(&self, cs: &mut ConstraintSystem, party: &Party, sender: Field) -> [Field; 4] {
        party.holder.owner.assert_eq(cs, "the entry is the sender's", sender); // 2
        party.holder.active.assert_true(cs, "the sender is active"); // 3
        let below = party.below_root(cs);
        self.assert_registered(cs, "the sender is in the registry", &below); // 1
        below
    }

    /// 4, 5 and 6, except the place in the tree.
    #[track_caller]
    fn assert_receives(&self, cs: &mut ConstraintSystem, party: &Party, receiver: Field) {
        let holder = &party.holder;
        holder.owner.assert_eq(cs, "the entry is the receiver's", receiver); // 4
        holder.active.assert_true(cs, "the receiver is active"); // 4
        self.today.assert_le(cs, "the receiver is valid today", holder.valid_until); // 5
        self.level.assert_le(cs, "the receiver's level is high enough", holder.level); // 6
    }

    #[track_caller]
    fn assert_registered(&self, cs: &mut ConstraintSystem, name: &'static str, below: &[Field; 4]) {
        let root = cs.gadget("Merkle path", |cs| hash(cs, below));
        root.assert_eq(cs, name, self.registry_root);
    }
}

impl Party {
    /// The children of the root that the entry's path leads to.
    #[track_caller]
    fn below_root(&self, cs: &mut ConstraintSystem) -> [Field; 4] {
        let leaf = self.holder.leaf(cs);
        self.path.plain_below_root(cs, leaf)
    }
}

impl Holder {
    /// The leaf in the registry's tree: [`Holder::leaf`](super::super::Holder::leaf).
    #[track_caller]
    #[must_use]
    pub fn leaf(&self, cs: &mut ConstraintSystem) -> Field {
        cs.gadget("holder", |cs| {
            let attributes = Linear::new()
                .plus(self.class, 1)
                .plus(self.country, BlsScalar::pow_of_2(8))
                .plus(self.level, BlsScalar::pow_of_2(24))
                .plus(self.valid_until, BlsScalar::pow_of_2(32))
                .plus(self.active, BlsScalar::pow_of_2(64))
                .constant(domain::HOLDER);
            let attributes = attributes.value(cs);
            hash(cs, &[attributes, self.owner])
        })
    }
}
