//! What the registry says about the parties.

use super::super::{HOLDER_LEVELS, domain};
use super::values::Holder;
use crate::zk::{BlsScalar, ConstraintSystem, Field, Linear, MerklePath, U8, U32, circuit_type, hash};

/// The registry's root, and what it asks of receivers.
///
/// 1. A sender's entry is in the registry's tree, and
/// 2. it is the sender's own, and
/// 3. it is active: the sender is not frozen.
/// 4. A receiver's entry is in the tree, it is the receiver's own, and it is active.
/// 5. The receiver is valid `today`.
/// 6. The receiver's accreditation is at least `level`.
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
    /// Asserts that a sender is registered and active: 1, 2, 3. 5,193 rows.
    #[track_caller]
    pub fn assert_sender(&self, cs: &mut ConstraintSystem, party: &Party, sender: Field) {
        cs.region("sender", |cs| {
            party.holder.owner.assert_eq(cs, "the entry is the sender's", sender); // 2
            party.holder.active.assert_true(cs, "the sender is active"); // 3
            let root = party.root(cs);
            root.assert_eq(cs, "the sender is in the registry", self.registry_root); // 1
        });
    }

    /// Asserts that a receiver is registered, active, valid and of the level: 4, 5, 6. 5,200 rows.
    #[track_caller]
    pub fn assert_receiver(&self, cs: &mut ConstraintSystem, party: &Party, receiver: Field) {
        cs.region("receiver", |cs| {
            let holder = &party.holder;
            holder.owner.assert_eq(cs, "the entry is the receiver's", receiver); // 4
            holder.active.assert_true(cs, "the receiver is active"); // 4
            self.today.assert_le(cs, "the receiver is valid today", holder.valid_until); // 5
            self.level.assert_le(cs, "the receiver's level is high enough", holder.level); // 6
            let root = party.root(cs);
            root.assert_eq(cs, "the receiver is in the registry", self.registry_root); // 4
        });
    }
}

impl Party {
    /// The root that the entry's path leads to.
    #[track_caller]
    fn root(&self, cs: &mut ConstraintSystem) -> Field {
        let leaf = self.holder.leaf(cs);
        self.path.plain_root(cs, leaf)
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
