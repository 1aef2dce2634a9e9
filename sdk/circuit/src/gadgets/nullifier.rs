//! Nullifiers: one for each secret and scope.

use super::poseidon::hash;
use crate::constraint_system::ConstraintSystem;
use crate::native;
use crate::value::Field;

/// The nullifier of a secret in a scope: [`native::nullifier`] of both. 565 rows.
///
/// 1. The nullifier is the hash of a constant, the secret and the scope, so it is unique for the pair.
///
/// A contract that stores all used nullifiers allows each secret one use in each scope, such as an epoch of one
/// contract on one chain, and does not learn the secret. The secret must be unpredictable, and another constraint must
/// bind it to the account or person that may act.
#[track_caller]
#[must_use]
pub fn nullifier(cs: &mut ConstraintSystem, secret: Field, scope: Field) -> Field {
    cs.gadget("nullifier", |cs| {
        let domain = Field::constant(cs, native::NULLIFIER_DOMAIN);
        hash(cs, &[domain, secret, scope])
    })
}
