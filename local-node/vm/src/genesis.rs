//! The genesis contracts, and how a chain begins.

use dusk_bytes::Serializable;
use dusk_core::signatures::bls::PublicKey;
use dusk_core::stake::{STAKE_CONTRACT, StakeData, StakeKeys};
use dusk_core::transfer::TRANSFER_CONTRACT;

use crate::error::VmError;
use crate::queries::encoded;
use crate::session::Session;

/// The production transfer contract.
pub const TRANSFER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/transfer_contract.wasm"));
/// The production stake contract.
pub const STAKE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/stake_contract.wasm"));

/// The chain id that contracts see while a production genesis is built (the book, "Transactions and fees", section
/// "Genesis").
pub const CHAIN_ID: u8 = 0xFA;

/// Installs the genesis contracts in a session on the empty state, as every production network begins.
///
/// It deploys the transfer contract and then the stake contract, both owned by `owner`, gives `dusk` an empty stake,
/// and makes the first root of the note tree. Balances, notes and stakes come in a second session, after a commit.
///
/// # Errors
/// When the session is not on the empty state.
pub fn install(session: &mut Session, owner: &PublicKey, dusk: &PublicKey) -> Result<(), VmError> {
    install_with(session, TRANSFER, owner, dusk)
}

/// As [`install`], with other bytes for the transfer contract: a chain with proofs of its own changes the verifier
/// keys in them.
///
/// # Errors
/// When the session is not on the empty state, or the bytes cannot be a contract.
pub fn install_with(
    session: &mut Session,
    transfer: &[u8],
    owner: &PublicKey,
    dusk: &PublicKey,
) -> Result<(), VmError> {
    let owner = owner.to_bytes();
    session.deploy(TRANSFER_CONTRACT, transfer, None, &owner, u64::MAX)?;
    session.deploy(STAKE_CONTRACT, STAKE, None, &owner, u64::MAX)?;
    let stake = encoded(&(StakeKeys::single_key(*dusk), StakeData::default()));
    session.call(STAKE_CONTRACT, "insert_stake", &stake, u64::MAX)?;
    session.call(TRANSFER_CONTRACT, "add_contract_balance", &encoded(&(STAKE_CONTRACT, 0_u64)), u64::MAX)?;
    session.call(TRANSFER_CONTRACT, "update_root", &[], u64::MAX)?;
    Ok(())
}
