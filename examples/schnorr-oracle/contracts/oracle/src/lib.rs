//! A price that a reporter signs outside of the chain: recent, in order, and used once.
#![no_std]

use dusk_sdk::prelude::*;

/// The latest price that a reporter has signed.
///
/// The reporter needs no account. Whoever wants the price on the chain hands the signed report in and pays for it.
#[contract]
pub mod oracle {
    use super::*;
    use dusk_sdk::crypto::{SchnorrPublicKey, SchnorrSignature, verify_schnorr};

    /// The state.
    pub struct Oracle {
        reporter: SchnorrPublicKey,
        max_age: u64,
        latest: Option<Report>,
    }

    /// What the reporter says.
    #[contract_type]
    #[derive(Copy, Eq)]
    pub struct Report {
        /// Its number. Later reports have higher ones.
        pub round: u64,
        /// The price.
        pub price: u64,
        /// The height of the chain when the reporter looked.
        pub height: u64,
    }

    /// There is a new price.
    #[event]
    pub struct Reported {
        /// The round.
        pub round: u64,
        /// The price.
        pub price: u64,
    }

    /// The errors of the contract.
    #[error]
    pub enum Refused {
        /// The reporter did not sign this for this contract.
        BadSignature,
        /// The latest report is of round `latest`; this one is not later.
        OldRound { latest: u64 },
        /// The report says that it comes from a block after `height`, the one that this call is in.
        FromTheFuture { height: u64 },
        /// The report is more than `max_age` blocks old.
        TooOld { max_age: u64 },
        /// Nothing was reported yet.
        NoReport,
    }

    impl Oracle {
        /// Takes reports of this reporter that are at most `max_age` blocks old.
        pub fn init(reporter: SchnorrPublicKey, max_age: u64) -> Self {
            Self { reporter, max_age, latest: None }
        }

        /// The price, unless it has become too old since it was reported.
        pub fn price(&self) -> Result<u64, Refused> {
            let latest = self.latest.ok_or(Refused::NoReport)?;
            self.ensure_recent(latest)?;
            Ok(latest.price)
        }

        /// Takes a report. Anybody may hand it in.
        pub fn report(&mut self, report: Report, signature: SchnorrSignature) -> Result<(), Refused> {
            if let Some(Report { round: latest, .. }) = self.latest {
                ensure!(report.round > latest, Refused::OldRound { latest });
            }
            self.ensure_recent(report)?;
            let digest = digest(chain_id(), self_id(), &report);
            ensure!(verify_schnorr(digest, self.reporter, signature), Refused::BadSignature);
            self.latest = Some(report);
            emit(Reported { round: report.round, price: report.price });
            Ok(())
        }

        fn ensure_recent(&self, report: Report) -> Result<(), Refused> {
            let (height, max_age) = (block_height(), self.max_age);
            let age = height.checked_sub(report.height).ok_or(Refused::FromTheFuture { height })?;
            ensure!(age <= max_age, Refused::TooOld { max_age });
            Ok(())
        }
    }
}

/// What the reporter signs: the hash of a report for one contract on one chain.
pub fn digest(chain: u8, oracle: ContractId, report: &Report) -> Field {
    let Report { round, price, height } = report;
    let numbers = [round, price, height].map(|number| number.to_le_bytes());
    dusk_sdk::crypto::hash(&[b"price report", &[chain][..], &oracle.to_bytes(), &numbers.concat()].concat())
}
