//! Nullifiers: once for each secret and scope.

use super::poseidon::hash;
use crate::circuit::Circuit;
use crate::plain;
use crate::value::Field;

/// What a secret is spent by in a scope: [`plain::nullifier`] of both. A contract that keeps the nullifiers it has seen lets each secret act
/// once in each scope, like an epoch of one contract on one chain, and does not learn which secret it was. 565 rows.
///
/// 1. The nullifier is the hash of a constant, the secret and the scope.
///
/// So there is one for each pair. The secret must be one that cannot be guessed, and bound elsewhere to who may act.
#[track_caller]
#[must_use]
pub fn nullifier(cs: &mut Circuit, secret: Field, scope: Field) -> Field {
    cs.gadget("nullifier", |cs| {
        let domain = Field::constant(cs, plain::NULLIFIER_DOMAIN);
        hash(cs, &[domain, secret, scope])
    })
}
