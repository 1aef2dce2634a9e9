//! A contract that tries to be paid twice.
#![no_std]

use dusk_sdk::client::{self, CallFailed};
use dusk_sdk::money::{self, ReceiveFromContract};
use dusk_sdk::prelude::*;

/// Calls the bank back while the bank pays it.
#[contract]
pub mod thief {
    use super::*;

    /// The state. All functions but the first leave it alone, so that this contract can be entered again at any time.
    pub struct Thief {
        bank: ContractId,
    }

    /// The thief has called the bank again.
    #[event]
    pub struct Tried {
        /// The bank's answer to another payment.
        pub paying: String,
        /// The bank's answer to a query.
        pub asking: String,
    }

    impl Thief {
        /// That is the bank.
        pub fn init(bank: ContractId) -> Self {
            Self { bank }
        }

        /// Pays what is attached into the bank.
        pub fn pay_in(&mut self, amount: Dusk) {
            money::take_deposit(amount);
            money::pay_contract(self.bank, amount, "receive", Vec::new());
        }

        /// Claims to have paid into the bank.
        pub fn lie(&self, payment: ReceiveFromContract) {
            bank::at(self.bank).receive(payment);
        }

        /// Lets the bank pay.
        pub fn rob(&self, amount: Dusk) {
            bank::at(self.bank).careless_pay_out(amount);
        }

        /// Lets another thief rob, in a transaction.
        pub fn start(&mut self, thief: ContractId, amount: Dusk) {
            at(thief).rob(amount);
        }

        /// Is paid, and wants more.
        pub fn receive(&self, payment: ReceiveFromContract) {
            let amount = money::accept(&payment);
            let bank = bank::at(self.bank).attempt().with_gas(100_000_000);
            let paying = said(bank.careless_pay_out(amount));
            let asking = said(bank.held(self_id().into()));
            emit(Tried { paying, asking });
        }

        /// Calls without the types of the bank: the answer as bytes, and what becomes of one that is not of the wanted
        /// type.
        pub fn by_hand(&self, function: String, argument: Vec<u8>) -> (Vec<u8>, bool) {
            let answer = client::call_raw(self.bank, &function, &argument, 0).unwrap_or_default();
            let as_text: Result<Vec<u64>, _> = client::call(self.bank, "balance", &(), 0);
            (answer, as_text == Err(CallFailed::Malformed))
        }
    }

    fn said<T>(answer: Result<T, CallFailed>) -> String {
        answer.map_or_else(|failure| failure.to_string(), |_| "yes".into())
    }
}
