//! A vault that opens for whoever proves that they know two factors of its number.
#![no_std]

use dusk_sdk::prelude::*;

/// Opens for whoever knows two factors of its number.
#[contract]
pub mod vault {
    use circuits::{Factors, FactorsPublic};
    use dusk_sdk::zk::Proof;

    use super::*;

    /// What the vault remembers.
    pub struct Vault {
        product: Field,
        opened: u64,
    }

    /// Why it stays closed.
    #[error]
    pub enum Refused {
        /// The proof does not show factors of the vault's number.
        NoFactors,
    }

    impl Vault {
        /// Closes the vault.
        pub fn init(product: Field) -> Self {
            Self { product, opened: 0 }
        }

        /// How often it was opened.
        pub fn opened(&self) -> u64 {
            self.opened
        }

        /// Opens it.
        pub fn open(&mut self, proof: Proof<Factors>) -> Result<u64, Refused> {
            ensure!(proof.verify(&FactorsPublic { product: self.product }), Refused::NoFactors);
            self.opened += 1;
            Ok(self.opened)
        }
    }
}
