//! The proof of a member.
#![no_std]

use dusk_sdk::zk::*;
use dusk_sdk::{Account, ContractId};

/// The height of the issuer's tree, of arity 4: room for 16,777,216 credentials.
pub const CREDENTIALS: usize = 12;
/// The height of the revocation list, of arity 4: room for 1,048,575 revoked credentials.
pub const REVOKED: usize = 10;

/// The holder of a credential of the issuer takes part, and stays anonymous.
///
/// 1. `hash(secret)`, the credential, is a leaf under `root`.
/// 2. The credential is not in the revocation list under `revoked`.
/// 3. `nullifier` is that of `secret` in `scope`: the same member has the same one in one period, another in the next.
/// 4. `occasion` is bound: the proof is for one contract, chain, period, sender and recipient.
#[circuit]
pub fn member(
    cs: &mut ConstraintSystem,
    #[public] root: Field,
    #[public] revoked: Field,
    #[public] scope: Field,
    #[public] nullifier: Field,
    #[public] _occasion: Field, // 4: a public input is bound to the proof by being one.
    #[private] secret: Field,
    #[private] path: MerklePath<CREDENTIALS>,
    #[private] non_membership: NonMembership<REVOKED>,
) {
    let credential = cs.region("credential", |cs| {
        let credential = hash(cs, &[secret]);
        path.assert_root(cs, "the credential is in the issuer's tree", credential, root); // 1
        credential
    });
    cs.region("revocation", |cs| {
        non_membership.assert_absent(cs, "the credential is not revoked", credential, revoked); // 2
    });
    cs.region("nullifier", |cs| {
        let own = dusk_sdk::zk::nullifier(cs, secret, scope);
        own.assert_eq(cs, "the nullifier is that of the secret", nullifier); // 3
    });
}

/// How long an admission holds: an epoch, as long as nothing is revoked. The epoch, and how often the revocation list
/// has changed.
pub type Period = (u64, u64);

/// Where a member counts as one: a period of one contract on one chain.
#[must_use]
pub fn scope(contract: ContractId, chain: u8, period: Period) -> dusk_sdk::Field {
    binding(&(contract, chain, period))
}

/// The purpose of a proof. Another sender or recipient cannot use it, nor another contract, chain or period.
#[must_use]
pub fn occasion(
    contract: ContractId,
    chain: u8,
    period: Period,
    sender: Account,
    recipient: Account,
) -> dusk_sdk::Field {
    binding(&((contract, chain, period), sender, recipient))
}
