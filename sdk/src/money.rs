//! Receiving and paying DUSK.
//!
//! The chain's transfer contract keeps the balance of every contract. The functions here call it:
//!
//! | direction | function | effect |
//! |---|---|---|
//! | in | [`take_deposit`] | the contract takes the amount that the caller's transaction has attached for it |
//! | in | [`accept`] | the contract checks that another contract has paid it |
//! | out | [`pay`] | pays a public account |
//! | out | [`pay_contract`] | pays a contract, and calls it to receive the payment |
//! | out | [`withdraw`] | pays the receiver of a signed withdrawal: a public account, or shielded |
//! | | [`balance`], [`balance_of`] | the balance of a contract |
//!
//! # Deposits
//!
//! A transaction attaches one amount, its deposit, to its one call. The called contract may take it, whole and once. If
//! no contract takes the deposit, or if the call fails, the chain returns it to the sender, together with the unspent
//! gas. So no method needs to declare that it takes money: a deposit to a method that takes none is not lost. A
//! contract cannot read the attached amount: a method that takes money has the amount as an argument, and
//! [`take_deposit`] reverts the call unless exactly this amount is attached.
//!
//! A contract cannot take a deposit in a call from another contract; the caller pays it by [`pay_contract`].
//!
//! ```
//! # use dusk_sdk::prelude::*;
//! use dusk_sdk::money::{self, ReceiveFromContract};
//!
//! #[contract]
//! pub mod till {
//!     use super::*;
//!
//!     #[derive(Default)]
//!     pub struct Till {
//!         paid: BTreeMap<Principal, Dusk>,
//!     }
//!
//!     impl Till {
//!         /// Takes the deposit of an account.
//!         pub fn pay_in(&mut self, amount: Dusk) {
//!             *self.paid.entry(sender().into()).or_default() += amount;
//!             money::take_deposit(amount);
//!         }
//!
//!         /// Takes a payment of a contract.
//!         pub fn receive(&mut self, payment: ReceiveFromContract) {
//!             let amount = money::accept(&payment);
//!             *self.paid.entry(payment.contract.into()).or_default() += amount;
//!         }
//!
//!         /// Pays everything back. Updates the state first, as before every call of another contract.
//!         pub fn pay_back(&mut self) {
//!             let paid = self.paid.remove(&sender().into()).unwrap_or_default();
//!             money::pay(sender(), paid);
//!         }
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! Every function here reverts the whole call if the transfer contract fails, because a contract that continues after a
//! failed payment loses money.

use alloc::vec::Vec;

use crate::account::Account;
use crate::amount::Dusk;
use crate::client::{self, Arguments};
use crate::contract_id::ContractId;
use crate::env::{callstack, self_id};
use crate::runtime::fail::fail;
pub use crate::transfers::{
    AccountSignature, ContractToAccount, ContractToContract, NoteSignature, ReceiveFromContract, StealthAddress,
    TRANSFER_CONTRACT, Withdraw, WithdrawReceiver, WithdrawReplayToken, WithdrawSignature,
};

/// Takes the amount that the transaction has attached to this call, and adds it to the contract's balance. For an
/// amount of zero it does nothing.
///
/// # Panics
/// Reverts the call if the transaction has attached another amount or nothing, if it has not called this contract
/// itself, or if the contract has taken the deposit already.
pub fn take_deposit(amount: Dusk) {
    if amount.is_zero() {
        return;
    }
    ask("deposit", &(amount,));
}

/// Pays a public account.
///
/// # Panics
/// Reverts the call if the contract's balance is lower.
pub fn pay(to: Account, amount: Dusk) {
    if amount.is_zero() {
        return;
    }
    ask("contract_to_account", &(ContractToAccount { account: to, value: amount.lux() },));
}

/// Pays a contract. The transfer contract moves the amount and then calls `function` of the receiver, with a
/// [`ReceiveFromContract`] that has this contract's id, the amount and `data`.
///
/// # Panics
/// Reverts the call if the contract's balance is lower, or the receiver reverts.
pub fn pay_contract(to: ContractId, amount: Dusk, function: &str, data: Vec<u8>) {
    ask("contract_to_contract", &(payment(to, amount, function, data),));
}

/// Pays a contract like [`pay_contract`], but returns a failure as `Err`. Then nothing was paid.
///
/// # Errors
/// The reason why the payment failed.
pub fn try_pay_contract(to: ContractId, amount: Dusk, function: &str, data: Vec<u8>) -> Result<(), client::CallFailed> {
    client::call(TRANSFER_CONTRACT, "contract_to_contract", &(payment(to, amount, function, data),), 0)
}

/// Checks that the contract named in a payment has just paid this contract, and returns the amount, which is in this
/// contract's balance already.
///
/// A method that receives payments must call this before it trusts its argument: anybody can call the method with any
/// argument.
///
/// # Panics
/// Reverts the call if it is not the transfer contract's call for a payment of that contract.
#[must_use]
pub fn accept(payment: &ReceiveFromContract) -> Dusk {
    // For a transaction, the callstack has the transfer contract alone; for a payment, it is followed by the paying
    // contract.
    match *callstack() {
        [TRANSFER_CONTRACT, payer, ..] if payer == payment.contract => Dusk::from_lux(payment.value),
        _ => fail("accept: this is not a payment that the transfer contract has made"),
    }
}

/// Pays a withdrawal that the receiver has signed: to a public account, or shielded, to notes.
///
/// The receiver's signature covers this contract's id, the amount and a token that is valid in one transaction only:
/// the transaction's nonce or nullifiers. The transfer contract checks all of it. The contract must check that the
/// receiver is entitled to the amount.
///
/// # Panics
/// Reverts the call if the signature or the token is invalid, if the withdrawal names another contract, or if the
/// contract's balance is lower.
pub fn withdraw(withdrawal: Withdraw) {
    ask("withdraw", &(withdrawal,));
}

/// The balance of this contract.
#[must_use]
pub fn balance() -> Dusk {
    balance_of(self_id())
}

/// The balance of a contract.
#[must_use]
pub fn balance_of(contract: ContractId) -> Dusk {
    match client::call(TRANSFER_CONTRACT, "contract_balance", &(contract,), 0) {
        Ok(balance) => balance,
        Err(failure) => fail(&failure.to_text("contract_balance")),
    }
}

fn payment(contract: ContractId, amount: Dusk, function: &str, data: Vec<u8>) -> ContractToContract {
    ContractToContract { contract, value: amount.lux(), fn_name: function.into(), data }
}

fn ask(function: &str, arguments: &impl Arguments) {
    if let Err(failure) = client::call::<_, ()>(TRANSFER_CONTRACT, function, arguments, 0) {
        fail(&failure.to_text(function));
    }
}
