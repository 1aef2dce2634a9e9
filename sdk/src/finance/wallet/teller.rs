//! The teller's side: opens the sums of polls and dividends.

use core::fmt;

use super::words::Words;
use crate::finance::confidential::dividends::Payout;
use crate::finance::confidential::polls::Standing;
use crate::finance::confidential::statements::{TallyNative, TallySecretNative, TotalNative, TotalSecretNative};
use crate::finance::confidential::{MAX_CHOICES, TellerKey};
use crate::zk::native::{Array, Logarithms};

/// The teller of polls and dividends: an account of its words. It needs no file, because the public keys are on the
/// chain.
pub struct Teller {
    key: TellerKey,
}

/// The witness of a tally.
#[derive(Debug, Clone)]
pub struct TallyWitness {
    /// The weight of each choice, an argument of the call.
    pub counts: [u64; MAX_CHOICES],
    /// The statement.
    pub act: TallyNative,
    /// The private inputs of the proof.
    pub secret: TallySecretNative,
}

/// The witness of the sum of a dividend.
#[derive(Debug, Clone)]
pub struct TotalWitness {
    /// The sum of all payments, an argument of the call.
    pub paid: u64,
    /// The statement.
    pub act: TotalNative,
    /// The private inputs of the proof.
    pub secret: TotalSecretNative,
}

/// The reason why sums cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TellerError {
    /// The poll or the dividend has the keys of another teller.
    OtherKeys,
    /// A sum is larger than the supply at the snapshot. A contract accepts no such ballots, so the node has invented
    /// them.
    TooMuch,
}

impl Teller {
    /// The teller of the account with this number, from these words.
    #[must_use]
    pub fn new(words: &Words, account: u32) -> Self {
        Self { key: TellerKey::from_seed(&words.seed(), account) }
    }

    /// The keys. The public ones are arguments of polls and dividends.
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
            Self::TooMuch => "a sum exceeds the total amount at the snapshot: the node has given invented ballots",
        })
    }
}

impl core::error::Error for TellerError {}
