//! Who is paid for a block, and how much.
//!
//! Source: sheet `protocol/consensus.md`, section 14. All amounts are LUX. Divisions round down, and what they leave is
//! issued to nobody.

use dusk_core::signatures::bls::PublicKey;
use dusk_core::stake::{Reward, RewardReason};

/// Credits of a validation and a ratification committee together.
pub const COMMITTEE_CREDITS: u64 = 128;
/// Credits that a Valid quorum of both committees needs.
pub const QUORUM_CREDITS: u64 = 86;
/// Credits above the quorum, for which the generator that includes them is paid extra.
pub const EXTRA_CREDITS: u64 = COMMITTEE_CREDITS - QUORUM_CREDITS;

/// Blocks between two halvings of the emission.
const PERIOD_BLOCKS: u64 = 12_614_400;
/// The emission of one block in LUX, by period.
const EMISSIONS: [u64; 9] = [
    19_857_400_000,
    9_928_700_000,
    4_964_350_000,
    2_482_180_000,
    1_241_090_000,
    620_540_000,
    310_270_000,
    155_140_000,
    77_570_000,
];
/// The last block with an emission comes before its period ends; it issues what the schedule still owes.
const LAST_EMISSION: (u64, u64) = (113_529_597, 54_280_000);

/// What the block at `height` issues anew.
#[must_use]
pub fn emission(height: u64) -> u64 {
    let (last_height, last) = LAST_EMISSION;
    match height {
        0 => 0,
        _ if height > last_height => 0,
        _ if height == last_height => last,
        _ => usize::try_from((height - 1) / PERIOD_BLOCKS).ok().and_then(|i| EMISSIONS.get(i)).copied().unwrap_or(0),
    }
}

/// Why no rewards can be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RewardError {
    /// Every block but the first carries the votes for its predecessor.
    #[error("block {height} names no voters for its predecessor")]
    NoVoters {
        /// The block's height.
        height: u64,
    },
    /// More credits than two committees have.
    #[error("block {height} names voters with {credits} credits, but two committees have {COMMITTEE_CREDITS}")]
    TooManyCredits {
        /// The block's height.
        height: u64,
        /// What the voters' credits sum up to.
        credits: u64,
    },
    /// Emission and fees do not fit 64 bits.
    #[error("the fees of block {height} overflow")]
    Overflow {
        /// The block's height.
        height: u64,
    },
}

/// The rewards of the block at `height`, in the order in which the stake contract receives them.
///
/// `voters` are those of the predecessor's attestation with their credits in both committees, in key order. `fees` is
/// the sum of gas spent times gas price. `foundation` receives its tenth with the reason `Other`.
///
/// # Errors
/// When the voters are missing at a height above 1 or have more credits than there are, or when the sum overflows.
pub fn rewards(
    height: u64,
    generator: &PublicKey,
    foundation: &PublicKey,
    voters: &[(PublicKey, u64)],
    fees: u64,
) -> Result<Vec<Reward>, RewardError> {
    let credits = voters.iter().fold(0_u64, |sum, (_, credits)| sum.saturating_add(*credits));
    if height > 1 && credits == 0 {
        return Err(RewardError::NoVoters { height });
    }
    if credits > COMMITTEE_CREDITS {
        return Err(RewardError::TooManyCredits { height, credits });
    }
    let value = emission(height).checked_add(fees).ok_or(RewardError::Overflow { height })?;
    let tenth = value / 10;
    let extra = if credits == COMMITTEE_CREDITS {
        tenth
    } else {
        tenth / EXTRA_CREDITS * credits.saturating_sub(QUORUM_CREDITS)
    };

    let reward = |account: &PublicKey, value, reason| Reward { account: *account, value, reason };
    let mut rewards = Vec::with_capacity(3 + voters.len());
    rewards.push(reward(generator, value - 3 * tenth, RewardReason::GeneratorFixed));
    rewards.push(reward(foundation, tenth, RewardReason::Other));
    if extra != 0 {
        rewards.push(reward(generator, extra, RewardReason::GeneratorExtra));
    }
    let quota = tenth / COMMITTEE_CREDITS;
    rewards.extend(voters.iter().map(|(voter, credits)| reward(voter, credits * quota, RewardReason::Voter)));
    Ok(rewards)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use dusk_core::dusk;
    use proptest::prelude::*;

    use super::*;
    use crate::accounts::dev_accounts;

    static KEYS: LazyLock<Vec<PublicKey>> =
        LazyLock::new(|| dev_accounts().iter().map(|account| *account.public_key()).collect());

    #[test]
    fn emission_halves_by_the_schedule() {
        let cases = [
            (0, 0.0),
            (1, 19.8574),
            (12_614_400, 19.8574),
            (12_614_401, 9.9287),
            (25_228_801, 4.96435),
            (50_457_600, 2.48218),
            (63_072_000, 1.24109),
            (75_686_400, 0.62054),
            (88_300_800, 0.31027),
            (100_915_200, 0.15514),
            (113_529_596, 0.07757),
            (113_529_597, 0.05428),
            (113_529_598, 0.0),
            (u64::MAX, 0.0),
        ];
        for (height, expected) in cases {
            assert_eq!(emission(height), dusk(expected), "height {height}");
        }
    }

    #[test]
    fn the_whole_emission_is_half_a_billion() {
        let full_periods = EMISSIONS[..8].iter().map(|per_block| u128::from(*per_block) * u128::from(PERIOD_BLOCKS));
        let ninth = u128::from(EMISSIONS[8]) * u128::from(PERIOD_BLOCKS - 4);
        let total = full_periods.sum::<u128>() + ninth + u128::from(LAST_EMISSION.1);
        assert_eq!(total, u128::from(dusk(500_000_000.0)));
    }

    #[test]
    fn shares_are_those_of_the_sheet() {
        let (generator, foundation, voter) = (KEYS[0], KEYS[1], KEYS[2]);
        let fees = 1_000_003;
        let value = emission(2) + fees;
        let list = |credits| rewards(2, &generator, &foundation, &[(voter, credits)], fees).expect("valid");

        let all = list(128);
        let shape: Vec<_> = all.iter().map(|reward| (reward.account, reward.value, reward.reason.clone())).collect();
        assert_eq!(
            shape,
            [
                (generator, value - 3 * (value / 10), RewardReason::GeneratorFixed),
                (foundation, value / 10, RewardReason::Other),
                (generator, value / 10, RewardReason::GeneratorExtra),
                (voter, value / 10 / 128 * 128, RewardReason::Voter),
            ]
        );
        assert_eq!(list(87)[2].value, value / 10 / 42);
        // With no credit above the quorum there is no entry for the extra share.
        assert_eq!(list(86)[2].reason, RewardReason::Voter);
    }

    #[test]
    fn voters_are_needed_from_the_second_block_on() {
        let key = &KEYS[0];
        assert_eq!(rewards(1, key, key, &[], 0).expect("first block").len(), 2);
        assert_eq!(rewards(2, key, key, &[], 0), Err(RewardError::NoVoters { height: 2 }));
        assert_eq!(rewards(2, key, key, &[(*key, 0)], 0), Err(RewardError::NoVoters { height: 2 }));
        assert_eq!(
            rewards(2, key, key, &[(*key, 129)], 0),
            Err(RewardError::TooManyCredits { height: 2, credits: 129 })
        );
        assert_eq!(rewards(2, key, key, &[(*key, 128)], u64::MAX), Err(RewardError::Overflow { height: 2 }));
    }

    proptest! {
        #[test]
        fn never_more_is_paid_than_issued_and_little_is_lost(
            height in 2_u64..120_000_000,
            fees in 0_u64..u64::MAX / 4,
            split in proptest::collection::vec(0_u64..32, 1..4),
        ) {
            let voters: Vec<_> = split.iter().enumerate().map(|(i, credits)| (KEYS[i], *credits)).collect();
            let credits: u64 = split.iter().sum();
            prop_assume!(credits > 0);
            let key = &KEYS[9];
            let paid: u64 = rewards(height, key, key, &voters, fees).expect("valid").iter().map(|r| r.value).sum();
            let value = emission(height) + fees;
            prop_assert!(paid <= value);
            if credits == 128 {
                prop_assert!(value - paid < 128);
            }
        }
    }
}
