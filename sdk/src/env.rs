//! The call that a contract serves, the chain, and events.
//!
//! All functions need a chain: outside a contract they panic with an explanation.

use alloc::vec::Vec;

use crate::account::{Account, Owner};
use crate::contract::Event;
use crate::contract_id::ContractId;
use crate::principal::Principal;
use crate::runtime::fail::fail;
use crate::runtime::{buffer, host};
use crate::transfers::TRANSFER_CONTRACT;
use crate::value::Value;
use crate::wire::{Overflow, Wire};

// The names of the host's metadata.
const BLOCK_HEIGHT: &str = "block_height";
const CHAIN_ID: &str = "chain_id";
const PUBLIC_SENDER: &str = "public_sender";

/// Emits an event, which is recorded with the transaction. A query that a transaction calls may emit as well. Costs 4
/// gas for each byte of the topic and the data.
///
/// # Panics
/// If the event is larger than the argument buffer of 65536 bytes.
#[allow(clippy::needless_pass_by_value, reason = "an event is made to be given away")]
pub fn emit<E: Event>(event: E) {
    let length = encode(&event);
    host::emit(E::TOPIC, length);
}

/// Sends an item to the client of a feeder, which receives items one by one, so their total size has no limit.
///
/// # Panics
/// If the function was not called as a feeder, or the item is larger than the argument buffer.
pub fn feed(item: &impl Value) {
    let length = encode(item);
    host::feed(length);
}

/// The account that sent the transaction **and called this contract directly**.
///
/// Authorise accounts by this function. A transaction reaches a contract through the transfer contract. If any other
/// contract is between, that contract chose to make the call and not the account, so this function reverts. No contract
/// can therefore use the rights of an account that merely called it. To serve contracts, use [`caller`]. In `init` the
/// result is the account that signed the deployment, whatever the deployment states as the [`owner`].
///
/// # Panics
/// Reverts the call if another contract is between, or if the transaction has no public sender (it is shielded, or this
/// is a query without a transaction).
#[must_use]
pub fn sender() -> Account {
    let direct = match host::callstack() {
        0 => true,
        1 => buffer::with(|buffer| buffer[..ContractId::BYTES] == *TRANSFER_CONTRACT.as_bytes()),
        _ => false,
    };
    if !direct {
        fail("sender: called by another contract, not directly by an account");
    }
    match origin() {
        Some(account) => account,
        None => fail("sender: the call has no public sender"),
    }
}

/// The account that signed the transaction, even if other contracts are between. `None` for shielded transactions and
/// for queries without a transaction.
///
/// Do not authorise by this function: every contract that the account calls could act in its name. Use [`sender`].
#[must_use]
pub fn origin() -> Option<Account> {
    metadata::<Option<Account>>(PUBLIC_SENDER).flatten()
}

/// The direct caller of this contract: a contract, or the account that sent the transaction.
///
/// Authorise by this function if contracts may have the same rights as accounts. For a payment from contract to
/// contract, which the transfer contract delivers, the caller is the paying contract. In `init` it is the account that
/// signed the deployment.
///
/// # Panics
/// Reverts the call if the transaction has no public sender and no contract is between (it is shielded, or this is a
/// query without a transaction).
#[must_use]
pub fn caller() -> Principal {
    let callers = usize::try_from(host::callstack()).unwrap_or(0);
    let mut contracts = (0..callers).map(read_id).filter(|id| *id != TRANSFER_CONTRACT);
    match contracts.next() {
        Some(contract) => Principal::Contract(contract),
        None => match origin() {
            Some(account) => Principal::Account(account),
            None => fail("caller: the call has no public sender"),
        },
    }
}

/// All contracts between the transaction and this call; the direct caller is first.
#[must_use]
pub fn callstack() -> Vec<ContractId> {
    let depth = usize::try_from(host::callstack()).unwrap_or(0);
    (0..depth).map(read_id).collect()
}

/// The id of this contract.
#[must_use]
pub fn self_id() -> ContractId {
    host::self_id();
    read_id(0)
}

/// The owner that the deployment of this contract states. It is a claim of the deployer and **proves nothing**.
///
/// Anybody may deploy this code and state any account, or any bytes, as the owner, without that account's signature or
/// knowledge. A relaying node can even change the owner of a deployment that the account has signed. The signature
/// covers the concatenated bytes of the owner and the constructor's argument. It covers neither the boundary between
/// them nor the number from which the id is computed.
///
/// Do not authorise by it. To know the deployer, call [`sender`] (or [`caller`]) in `init` and store the result: that
/// is the account that signed the transaction. The owner has one use: a node accepts a contract's data driver if the
/// owner's key has signed it.
#[must_use]
pub fn owner() -> Owner {
    read_owner(host::own_owner())
}

/// The owner that the deployment of another contract states. It proves nothing: see [`owner`]. `None` if there is no
/// such contract.
///
/// The result shows whether a contract exists. To find its controller, call a query of the contract, but only if you,
/// or a person whom you trust, have read its code: an id does not prove the deployer.
#[must_use]
pub fn owner_of(contract: &ContractId) -> Option<Owner> {
    match host::owner(&contract.to_bytes()) {
        0 => None,
        length => Some(read_owner(length)),
    }
}

/// The height of the block that contains this call: the number of blocks since genesis.
#[must_use]
pub fn block_height() -> u64 {
    metadata(BLOCK_HEIGHT).unwrap_or_else(|| fail("the host has no block height"))
}

/// The id of the chain: 1 mainnet, 2 testnet, 3 devnet, 0 and others local. Include it in signed messages and in public
/// inputs, so that signatures and proofs are not valid on another chain.
#[must_use]
pub fn chain_id() -> u8 {
    metadata(CHAIN_ID).unwrap_or_else(|| fail("the host has no chain id"))
}

/// The gas that this call may spend.
#[must_use]
pub fn gas_limit() -> u64 {
    host::limit()
}

/// The gas that this call has spent so far, including its calls to other contracts.
#[must_use]
pub fn gas_spent() -> u64 {
    host::spent()
}

/// Writes a value to the buffer and returns its length.
pub(crate) fn encode(value: &impl Wire) -> u32 {
    written(buffer::put(|buffer| value.encode_into(buffer)))
}

/// The length of what was written to the buffer.
pub(crate) fn written(length: Result<u32, Overflow>) -> u32 {
    match length {
        Ok(length) => length,
        Err(_) => fail("a value is larger than the argument buffer of 65536 bytes"),
    }
}

fn metadata<T: Wire>(name: &str) -> Option<T> {
    let length = host::metadata(name) as usize;
    if length == 0 {
        return None;
    }
    buffer::with(|buffer| T::decode_aligned(&buffer[..length])).ok()
}

fn read_id(index: usize) -> ContractId {
    buffer::with(|buffer| {
        let mut id = [0; ContractId::BYTES];
        id.copy_from_slice(&buffer[index * ContractId::BYTES..][..ContractId::BYTES]);
        ContractId::from_bytes(id)
    })
}

fn read_owner(length: i32) -> Owner {
    let length = usize::try_from(length).unwrap_or(0);
    Owner(buffer::with(|buffer| buffer[..length].to_vec()))
}

#[cfg(test)]
mod tests {
    use dusk_core::abi::Metadata;

    #[test]
    fn the_names_are_those_of_the_chain() {
        let ours = [super::BLOCK_HEIGHT, super::CHAIN_ID, super::PUBLIC_SENDER];
        assert_eq!(ours, [Metadata::BLOCK_HEIGHT, Metadata::CHAIN_ID, Metadata::PUBLIC_SENDER]);
    }
}
