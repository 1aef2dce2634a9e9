//! DUSK in and out of contracts.
//!
//! The chain's transfer contract keeps the balance of every contract. What a contract does with money it asks of it:
//!
//! | | by | what happens |
//! |---|---|---|
//! | in | [`take_deposit`] | the contract takes what the caller's transaction has attached for it |
//! | in | [`accept`] | the contract makes sure that another contract has paid it |
//! | out | [`pay`] | to a public account |
//! | out | [`pay_contract`] | to a contract, which is called to receive it |
//! | out | [`withdraw`] | to who signed for it: a public account, or shielded |
//! | | [`balance`], [`balance_of`] | what a contract has |
//!
//! # What is attached
//!
//! A transaction attaches one amount to its one call. The contract that the transaction calls may take it, whole and once;
//! what nobody takes goes back to the sender with the unspent gas, also when the call fails. So no method needs to
//! declare that it takes money, and money cannot be lost by attaching it to one that does not. A contract cannot ask how
//! much is attached: a method that takes money has the amount as an argument, and [`take_deposit`] refuses the call
//! unless exactly that is attached.
//!
//! A contract that is called by a contract takes no deposit; it is paid by [`pay_contract`].
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
//!         /// Takes what an account attaches.
//!         pub fn pay_in(&mut self, amount: Dusk) {
//!             *self.paid.entry(sender().into()).or_default() += amount;
//!             money::take_deposit(amount);
//!         }
//!
//!         /// Takes what a contract pays.
//!         pub fn receive(&mut self, payment: ReceiveFromContract) {
//!             let amount = money::accept(&payment);
//!             *self.paid.entry(payment.contract.into()).or_default() += amount;
//!         }
//!
//!         /// Gives all of it back. The books are changed first: what is paid may come back as a call.
//!         pub fn pay_back(&mut self) {
//!             let paid = self.paid.remove(&sender().into()).unwrap_or_default();
//!             money::pay(sender(), paid);
//!         }
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! Every function here refuses the whole call when the transfer contract does, because what goes on after a payment
//! that was not made loses money.

use alloc::string::String;
use alloc::vec::Vec;

use dusk_core::abi::ContractId;
pub use dusk_core::transfer::withdraw::{Withdraw, WithdrawReceiver, WithdrawReplayToken, WithdrawSignature};
pub use dusk_core::transfer::{ContractToAccount, ContractToContract, ReceiveFromContract, TRANSFER_CONTRACT};

use crate::account::Account;
use crate::amount::Dusk;
use crate::client::{self, Arguments};
use crate::env::{callstack, self_id};
use crate::runtime::fail::fail;
use crate::text::{Members, push_hex};
use crate::value::Value;
use crate::wire::Wire;
#[cfg(feature = "json")]
use crate::{
    __private::Json,
    json::{Field, Given, JsonError, Shape, Type, Types, hex_bytes},
};

/// Takes the amount that the transaction has attached to this call. The contract's balance is that much more afterwards.
/// Nothing needs to be attached for nothing.
///
/// # Panics
/// The call is refused when the transaction has attached another amount or nothing, has not called this contract itself, or the
/// contract has taken the deposit already.
pub fn take_deposit(amount: Dusk) {
    if amount.is_zero() {
        return;
    }
    ask("deposit", &(amount,));
}

/// Pays a public account.
///
/// # Panics
/// The call is refused when the contract has less.
pub fn pay(to: Account, amount: Dusk) {
    if amount.is_zero() {
        return;
    }
    ask("contract_to_account", &(ContractToAccount { account: to.public_key(), value: amount.lux() },));
}

/// Pays a contract. The transfer contract moves the money and then calls `function` of the receiver, with a
/// [`ReceiveFromContract`] that has this contract's id, the amount and `data`.
///
/// # Panics
/// The call is refused when the contract has less, or the receiver refuses.
pub fn pay_contract(to: ContractId, amount: Dusk, function: &str, data: Vec<u8>) {
    ask("contract_to_contract", &(payment(to, amount, function, data),));
}

/// Pays a contract as [`pay_contract`], but that the receiver refuses is a result. Then nothing was paid.
///
/// # Errors
/// Why the payment failed.
pub fn try_pay_contract(to: ContractId, amount: Dusk, function: &str, data: Vec<u8>) -> Result<(), client::CallFailed> {
    client::call(TRANSFER_CONTRACT, "contract_to_contract", &(payment(to, amount, function, data),), 0)
}

/// Makes sure that the contract named in a payment has just paid this contract, and gives the amount. The money is
/// there already.
///
/// A method that is called to receive payments must call this before it believes anything that its argument says:
/// anybody can call the method with any argument.
///
/// # Panics
/// The call is refused when it is not the transfer contract's call for a payment of that contract.
#[must_use]
pub fn accept(payment: &ReceiveFromContract) -> Dusk {
    // From a transaction the transfer contract is the only one between; of a payment it stands before the one that pays.
    match *callstack() {
        [TRANSFER_CONTRACT, payer, ..] if payer == payment.contract => Dusk::from_lux(payment.value),
        _ => fail("accept: this is not a payment that the transfer contract has made"),
    }
}

/// Pays out what the receiver has signed for: to a public account, or shielded, to notes.
///
/// The receiver's signature is over this contract's id, the amount and a token that can be used in one transaction only,
/// the transaction's own nonce or nullifiers; the transfer contract checks all of it. That the receiver is entitled to the money is
/// for the contract to check.
///
/// # Panics
/// The call is refused when the signature or the token is not right, it is another contract's, or the contract has less.
pub fn withdraw(withdrawal: Withdraw) {
    ask("withdraw", &(withdrawal,));
}

/// What this contract has.
#[must_use]
pub fn balance() -> Dusk {
    balance_of(self_id())
}

/// What a contract has.
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

impl Value for ReceiveFromContract {
    fn write_json(&self, out: &mut String) {
        let mut object = Members::object(out);
        self.contract.write_json(object.field("contract"));
        Dusk::from_lux(self.value).write_json(object.field("value"));
        self.data.write_json(object.field("data"));
        object.end();
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        let given = Given::object(&["contract", "value", "data"], json)?;
        Ok(Self { contract: given.read(0)?, value: given.read::<Dusk>(1)?.lux(), data: given.read(2)? })
    }

    #[cfg(feature = "json")]
    fn describe(types: &mut Types) -> Type {
        types.define::<Self>(
            "ReceiveFromContract",
            "A payment from a contract, as the transfer contract hands it over.",
            |_| {
                Shape::Struct(alloc::vec![
                    Field::new("contract", "The contract that pays.", Type::Contract),
                    Field::new("value", "How much.", Type::Amount),
                    Field::new("data", "What the payer says with it.", Type::Bytes),
                ])
            },
        )
    }
}

macro_rules! opaque {
    ($($ty:ty, $what:literal;)*) => {$(
        /// In JSON it is the hexadecimal text of its bytes on the wire.
        impl Value for $ty {
            fn write_json(&self, out: &mut String) {
                out.push('"');
                push_hex(out, &Wire::encode(self).unwrap_or_default());
                out.push('"');
            }

            #[cfg(feature = "json")]
            fn read_json(json: &Json) -> Result<Self, JsonError> {
                Wire::decode(&hex_bytes(json)?).map_err(|_| JsonError::expected($what, json))
            }

            #[cfg(feature = "json")]
            fn describe(_: &mut Types) -> Type {
                Type::Bytes
            }
        }
    )*};
}

opaque! {
    Withdraw, "a signed withdrawal (its bytes on the wire in hexadecimal)";
    ContractToAccount, "a payment to an account (its bytes on the wire in hexadecimal)";
    ContractToContract, "a payment to a contract (its bytes on the wire in hexadecimal)";
}
