//! Hidden incomes: an office seals them, and people prove that their income is high enough.
#![no_std]

use dusk_sdk::prelude::*;

// ANCHOR: contract
/// The register of an office.
#[contract]
pub mod incomes {
    use circuits::{Earns, EarnsPublic};
    use dusk_sdk::zk::Proof;

    use super::*;

    /// The state: the seals of incomes, and the proved minimums.
    pub struct Incomes {
        office: Account,
        seals: BTreeMap<Account, Field>,
        shown: BTreeMap<Account, u64>,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// Only the office may seal incomes.
        NotOffice,
        /// This account has no sealed income.
        NotSealed,
        /// The proof does not show that the sealed income is so high.
        NotShown,
    }

    impl Incomes {
        /// Opens the register. The account that signs the deployment is the office.
        pub fn init() -> Self {
            Self { office: sender(), seals: BTreeMap::new(), shown: BTreeMap::new() }
        }

        /// The minimum of the monthly income that an account has proved; 0 if it has proved none.
        pub fn shown(&self, account: Account) -> u64 {
            self.shown.get(&account).copied().unwrap_or_default()
        }

        /// Stores the seal of an account: the hash of income and salt. The office tells the salt only to the person.
        pub fn seal(&mut self, account: Account, seal: Field) -> Result<(), Refused> {
            ensure!(sender() == self.office, Refused::NotOffice);
            self.shown.remove(&account);
            self.seals.insert(account, seal);
            Ok(())
        }

        /// Proves that the sender's income is at least `least` a month.
        pub fn show(&mut self, least: u64, proof: Proof<Earns>) -> Result<(), Refused> {
            let seal = *self.seals.get(&sender()).ok_or(Refused::NotSealed)?;
            ensure!(Earns::verify(&proof, &EarnsPublic { seal, least }), Refused::NotShown);
            self.shown.insert(sender(), least);
            Ok(())
        }
    }
}
// ANCHOR_END: contract
