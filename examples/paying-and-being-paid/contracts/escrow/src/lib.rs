//! An escrow: it takes a buyer's DUSK, and pays the seller or the buyer.
#![no_std]

use dusk_sdk::prelude::*;

/// Holds the price of deals until the buyer is satisfied, or the seller gives it back.
#[contract]
pub mod escrow {
    use super::*;
    use dusk_sdk::money;

    /// The state.
    #[derive(Default)]
    pub struct Escrow {
        deals: BTreeMap<u64, Deal>,
        opened: u64,
    }

    /// A deal whose price is held.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub struct Deal {
        /// The account that has paid the price.
        pub buyer: Account,
        /// The account that sells.
        pub seller: Account,
        /// How much.
        pub price: Dusk,
    }

    /// The price of a deal came in.
    #[event]
    pub struct Opened {
        /// Its number.
        pub deal: u64,
        /// How much.
        pub price: Dusk,
    }

    /// The price of a deal was paid out.
    #[event]
    pub struct Closed {
        /// Its number.
        pub deal: u64,
        /// To the seller, or back to the buyer.
        pub to: Account,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// A deal needs a price.
        NoPrice,
        /// There is no such deal, or it is closed.
        NoDeal,
        /// Only the buyer may do this.
        NotBuyer,
        /// Only the seller may do this.
        NotSeller,
    }

    impl Escrow {
        // ANCHOR: in
        /// Opens a deal, and returns its number. The transaction must attach exactly the price. A contract cannot see
        /// the attached amount, so the caller states it, and `take_deposit` refuses any other amount.
        pub fn open(&mut self, seller: Account, price: Dusk) -> Result<u64, Refused> {
            ensure!(!price.is_zero(), Refused::NoPrice);
            let deal = self.opened;
            self.opened += 1;
            self.deals.insert(deal, Deal { buyer: sender(), seller, price });
            money::take_deposit(price);
            emit(Opened { deal, price });
            Ok(deal)
        }
        // ANCHOR_END: in

        /// A deal that is open.
        pub fn deal(&self, deal: u64) -> Option<Deal> {
            self.deals.get(&deal).copied()
        }

        /// The buyer is satisfied: the seller is paid.
        pub fn release(&mut self, deal: u64) -> Result<(), Refused> {
            let Deal { buyer, seller, .. } = self.deal(deal).ok_or(Refused::NoDeal)?;
            ensure!(sender() == buyer, Refused::NotBuyer);
            self.close(deal, seller)
        }

        /// The seller gives up: the buyer is paid back.
        pub fn give_back(&mut self, deal: u64) -> Result<(), Refused> {
            let Deal { buyer, seller, .. } = self.deal(deal).ok_or(Refused::NoDeal)?;
            ensure!(sender() == seller, Refused::NotSeller);
            self.close(deal, buyer)
        }

        // ANCHOR: out
        /// Changes the state first, and pays last.
        fn close(&mut self, deal: u64, to: Account) -> Result<(), Refused> {
            let Deal { price, .. } = self.deals.remove(&deal).ok_or(Refused::NoDeal)?;
            money::pay(to, price);
            emit(Closed { deal, to });
            Ok(())
        }
        // ANCHOR_END: out
    }
}
