//! The rewards of a block.
//!
//! Source: the book, "Consensus", section "Rewards". Amounts are in LUX. Remainders of divisions are lost, as in
//! production.

use dusk_core::stake::RewardReason;
use local_node_types::keys::BlsKey;

use crate::interface::Voter;
use crate::parameters::{SUPERMAJORITY, TOTAL_CREDITS};

/// A reward of a provisioner, and its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reward {
    /// The provisioner that earns it.
    pub account: BlsKey,
    /// How much, in LUX.
    pub value: u64,
    /// For what.
    pub reason: RewardReason,
}

/// A block whose certificate names no voters, although one of the previous block has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("block {height} rewards nobody for the votes on the block before it, which committees decided")]
pub struct NoVoters {
    /// The height of the block.
    pub height: u64,
}

/// The last heights of the emission's periods, and LUX minted for each of their blocks.
const EMISSION: [(u64, u64); 10] = [
    (12_614_400, 19_857_400_000),
    (25_228_800, 9_928_700_000),
    (37_843_200, 4_964_350_000),
    (50_457_600, 2_482_180_000),
    (63_072_000, 1_241_090_000),
    (75_686_400, 620_540_000),
    (88_300_800, 310_270_000),
    (100_915_200, 155_140_000),
    (113_529_596, 77_570_000),
    (113_529_597, 54_280_000),
];

/// LUX minted for the block at `height`.
#[must_use]
pub fn emission(height: u64) -> u64 {
    if height == 0 {
        return 0;
    }
    EMISSION.iter().find(|(last, _)| height <= *last).map_or(0, |(_, value)| *value)
}

/// The rewards of the block at `height`, in the order in which the stake contract receives them.
///
/// `fees` is what its transactions paid, `voters` are those of the previous block's certificate, `treasury` receives
/// the tenth for development ([`DUSK_KEY`](local_node_types::keys::DUSK_KEY) on the production chain). `is_certified`
/// says whether the block carries a certificate ([`has_certificate`](crate::header::has_certificate) of the previous
/// block). Without one the voters' share is lost.
///
/// # Errors
/// When nobody voted and the block carries a certificate.
pub fn rewards(
    height: u64,
    fees: u64,
    generator: BlsKey,
    treasury: BlsKey,
    voters: &[Voter],
    is_certified: bool,
) -> Result<Vec<Reward>, NoVoters> {
    let credits: u32 = voters.iter().map(|voter| voter.credits).sum();
    if is_certified && credits == 0 {
        return Err(NoVoters { height });
    }
    let total = emission(height).saturating_add(fees);
    let tenth = total / 10;
    let mut rewards = vec![
        Reward { account: generator, value: total - 3 * tenth, reason: RewardReason::GeneratorFixed },
        Reward { account: treasury, value: tenth, reason: RewardReason::Other },
    ];
    let extra = generator_extra(tenth, credits);
    if extra > 0 {
        rewards.push(Reward { account: generator, value: extra, reason: RewardReason::GeneratorExtra });
    }
    let per_credit = tenth / u64::from(TOTAL_CREDITS);
    rewards.extend(voters.iter().map(|voter| Reward {
        account: voter.key,
        value: per_credit * u64::from(voter.credits),
        reason: RewardReason::Voter,
    }));
    Ok(rewards)
}

/// The generator's reward for the credits beyond the quorum.
fn generator_extra(full: u64, credits: u32) -> u64 {
    let quorum = 2 * SUPERMAJORITY;
    if credits == TOTAL_CREDITS {
        full
    } else {
        full / u64::from(TOTAL_CREDITS - quorum) * u64::from(credits.saturating_sub(quorum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERATOR: BlsKey = BlsKey([1; 96]);
    const TREASURY: BlsKey = BlsKey([2; 96]);

    fn split(credits: u32) -> Vec<(u64, RewardReason)> {
        let voters = [Voter { key: BlsKey([3; 96]), credits }];
        let rewards = rewards(2, 600_000_000, GENERATOR, TREASURY, &voters, true).unwrap();
        rewards.into_iter().map(|reward| (reward.value, reward.reason)).collect()
    }

    #[test]
    fn half_a_billion_is_minted_in_all() {
        let mut first = 1;
        let total: u64 = EMISSION
            .iter()
            .map(|&(last, value)| {
                let blocks = last + 1 - first;
                first = last + 1;
                blocks * value
            })
            .sum();
        assert_eq!(total, 500_000_000 * 1_000_000_000);
        assert_eq!((emission(0), emission(113_529_597), emission(113_529_598)), (0, 54_280_000, 0));
    }

    #[test]
    fn a_full_committee_shares_everything() {
        use RewardReason::{GeneratorExtra, GeneratorFixed, Other, Voter};
        let tenth = 20_457_400_000 / 10;
        let expected = [
            (20_457_400_000 - 3 * tenth, GeneratorFixed),
            (tenth, Other),
            (tenth, GeneratorExtra),
            (tenth / 128 * 128, Voter),
        ];
        assert_eq!(split(128), expected);
    }

    #[test]
    fn the_generator_earns_for_credits_beyond_the_quorum() {
        let tenth = 20_457_400_000_u64 / 10;
        assert_eq!(split(87)[2], (tenth / 42, RewardReason::GeneratorExtra));
        assert_eq!(split(127)[2], (tenth / 42 * 41, RewardReason::GeneratorExtra));
        assert_eq!(split(86).len(), 3);
        assert_eq!(split(86)[2], (tenth / 128 * 86, RewardReason::Voter));
    }

    #[test]
    fn only_a_block_without_a_certificate_has_no_voters() {
        for height in [1, 2] {
            let lone = rewards(height, 0, GENERATOR, TREASURY, &[], false).unwrap();
            let tenth = emission(height) / 10;
            assert_eq!(lone.iter().map(|it| it.value).collect::<Vec<_>>(), [emission(height) - 3 * tenth, tenth]);
        }
        assert_eq!(rewards(2, 0, GENERATOR, TREASURY, &[], true), Err(NoVoters { height: 2 }));
    }
}
