//! Hashes and trees.

use super::{Gadget, gadget};
use crate::constraint_system::ConstraintSystem;
use crate::gadgets::{MerklePath, NonMembership, expand, hash, nullifier};
use crate::value::{Field, Value};

pub(super) const GADGETS: &[Gadget] = &[
    gadget!("hash of 1 element", 620, Field, |cs, [a]| hash(cs, &[a])),
    gadget!("hash of 2 elements", 620, Field, |cs, [a, b]| hash(cs, &[a, b])),
    gadget!("hash of 4 elements", 620, Field, |cs, [a, b, c, d]| hash(cs, &[a, b, c, d])),
    gadget!("hash of 5 elements", 1240, Field, |cs, [a, b, c, d, e]| hash(cs, &[a, b, c, d, e])),
    gadget!("hash of 8 elements", 1240, Field, |cs, [a, b, c, d, e, f, g, h]| hash(cs, &[a, b, c, d, e, f, g, h])),
    gadget!("four elements from four", 620, Field, |cs, [a, b, c, d]| expand::<4>(cs, &[a, b, c, d])),
    gadget!("nullifier", 620, Field, |cs, [secret, scope]| nullifier(cs, secret, scope)),
    Gadget {
        name: "Merkle path, one level",
        aim: 640,
        build: |cs| {
            let (path, [leaf, root]) = tree::<MerklePath<1>>(cs);
            let rows = cs.rows();
            path.assert_root(cs, "root", leaf, root);
            rows
        },
    },
    Gadget {
        name: "Merkle path, height 17",
        aim: 10_800,
        build: |cs| {
            let (path, [leaf, root]) = tree::<MerklePath<17>>(cs);
            let rows = cs.rows();
            path.assert_root(cs, "root", leaf, root);
            rows
        },
    },
    Gadget {
        name: "not in a list of 2^32",
        aim: 11_000,
        build: |cs| {
            let (non_membership, [value, root]) = tree::<NonMembership<16>>(cs);
            let rows = cs.rows();
            non_membership.assert_absent(cs, "absent", value, root);
            rows
        },
    },
];

/// A path, the leaf at its end, and the root.
fn tree<T: Value>(cs: &mut ConstraintSystem) -> (T, [Field; 2]) {
    (cs.private("path", None), cs.private("ends", None))
}
