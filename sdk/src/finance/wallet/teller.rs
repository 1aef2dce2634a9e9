//! The teller's side: opens the sums of polls and dividends.

use core::fmt;

use super::words::Words;
use crate::finance::confidential::dividends::Payout;
use crate::finance::confidential::polls::Standing;
use crate::finance::confidential::statements::{TallyNative, TallySecretNative, TotalNative, TotalSecretNative};
use crate::finance::confidential::{MAX_CHOICES, TellerKey};
use crate::zk::native::{Array, Logarithms};

/// The teller of polls and dividends: an account of its words. The keys are on the chain, so nothing is kept in a file.
pub struct Teller {
    key: TellerKey,
}

/// The witness of a tally.
#[derive(Debug, Clone)]
pub struct TallyWitness {
    /// The weight of each choice, which the contract is sent.
    pub counts: [u64; MAX_CHOICES],
    /// The statement.
    pub act: TallyNative,
    /// What only the teller knows.
    pub secret: TallySecretNative,
}

/// The witness of the sum of a dividend.
#[derive(Debug, Clone)]
pub struct TotalWitness {
    /// What was paid in all, which the contract is sent.
    pub paid: u64,
    /// The statement.
    pub act: TotalNative,
    /// What only the teller knows.
    pub secret: TotalSecretNative,
}

/// The reason why sums are not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TellerError {
    /// The poll or the dividend has the keys of another teller.
    OtherKeys,
    /// A sum is larger than what there was at the snapshot. A contract accepts no such ballots: the node invents them.
    TooMuch,
}

impl Teller {
    /// The teller with these words, and a number for each account.
    #[must_use]
    pub fn new(words: &Words, account: u32) -> Self {
        Self { key: TellerKey::from_seed(&words.seed(), account) }
    }

    /// The keys: the public ones are for polls and dividends.
    #[must_use]
    pub fn key(&self) -> &TellerKey {
        &self.key
    }

    /// Opens the ballots of a poll, and makes the witness of the tally. `supply` is that of the snapshot. Time and
    /// memory grow with its square root; above 2^40, time grows with the supply.
    ///
    /// # Errors
    /// [`TellerError`].
    pub fn tally(&self, standing: &Standing, supply: u64) -> Result<TallyWitness, TellerError> {
        if standing.poll.keys != self.key.choices() {
            return Err(TellerError::OtherKeys);
        }
        let counts = self.key.count(&standing.ballots, &Logarithms::up_to(supply)).ok_or(TellerError::TooMuch)?;
        let secret = TallySecretNative { secrets: Array(self.key.choice_secrets().clone()) };
        Ok(TallyWitness { counts, act: standing.statement(counts), secret })
    }

    /// Opens the sum of a dividend, and makes the witness of it.
    ///
    /// # Errors
    /// [`TellerError`].
    pub fn total(&self, payout: &Payout) -> Result<TotalWitness, TellerError> {
        if payout.dividend.key != self.key.sum() {
            return Err(TellerError::OtherKeys);
        }
        let paid = self.key.total(&payout.sum, &Logarithms::up_to(payout.pot)).ok_or(TellerError::TooMuch)?;
        let secret = TotalSecretNative { secret: self.key.sum_secret().clone() };
        Ok(TotalWitness { paid, act: payout.statement(paid), secret })
    }
}

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Teller(..)")
    }
}

impl fmt::Display for TellerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherKeys => "the keys are those of another teller",
            Self::TooMuch => "a sum is larger than what there was at the snapshot: the node invents ballots",
        })
    }
}

impl core::error::Error for TellerError {}
