//! Incomes that nobody sees: an office seals them, and people show that theirs is enough.
#![no_std]

use dusk_sdk::prelude::*;

// ANCHOR: contract
/// The register of an office.
#[contract]
pub mod incomes {
    use circuits::{Earns, EarnsPublic};
    use dusk_sdk::zk::Proof;

    use super::*;

    /// What is known of incomes.
    pub struct Incomes {
        office: Account,
        seals: BTreeMap<Account, Field>,
        shown: BTreeMap<Account, u64>,
    }

    /// Why a call was refused.
    #[error]
    pub enum Refused {
        /// Only the office seals incomes.
        NotOffice,
        /// There is no sealed income of this account.
        NotSealed,
        /// The proof does not show that the sealed income is so high.
        NotShown,
    }

    impl Incomes {
        /// Who deploys it is the office.
        pub fn init() -> Self {
            Self { office: sender(), seals: BTreeMap::new(), shown: BTreeMap::new() }
        }

        /// The monthly income that an account has shown to have at least; 0 where it has shown none.
        pub fn shown(&self, account: Account) -> u64 {
            self.shown.get(&account).copied().unwrap_or_default()
        }

        /// Seals the income of an account: the hash of income and salt, which the office tells the person alone.
        pub fn seal(&mut self, account: Account, seal: Field) -> Result<(), Refused> {
            ensure!(sender() == self.office, Refused::NotOffice);
            self.shown.remove(&account);
            self.seals.insert(account, seal);
            Ok(())
        }

        /// Shows that the sender earns at least so much a month.
        pub fn show(&mut self, least: u64, proof: Proof<Earns>) -> Result<(), Refused> {
            let seal = *self.seals.get(&sender()).ok_or(Refused::NotSealed)?;
            ensure!(Earns::verify(&proof, &EarnsPublic { seal, least }), Refused::NotShown);
            self.shown.insert(sender(), least);
            Ok(())
        }
    }
}
// ANCHOR_END: contract
