//! Counting the votes of one step.

use std::collections::BTreeMap;
use std::sync::Arc;

use local_node_types::keys::BlsSignature;
use local_node_types::ledger::{StepVotes, Vote};

use crate::committee::Committee;
use crate::signing::{SignatureError, Signatures};

/// How many different votes of one member are counted in emergency mode, where it may cast several.
const MAX_EMERGENCY_VOTES: usize = 4;

/// Why a vote does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VoteError {
    /// The same member has cast the same vote.
    Duplicate,
    /// The same member has cast another vote; this is its signature, unless it is our own.
    Conflict(Vote, BlsSignature),
    /// In emergency mode only votes for a valid candidate count.
    NotCounted,
    /// The member has cast too many different votes.
    TooMany,
}

/// The votes of one committee in one step, added up by what they say.
///
/// Invariant: the signature of each sum is the sum of the signatures of exactly the members in its bitset. Therefore
/// only verified signatures may be added, and those that were verified together must be added together.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    committee: Arc<Committee>,
    emergency: bool,
    sums: BTreeMap<Vote, StepVotes>,
    cast: BTreeMap<usize, Vec<Cast>>,
    /// Members whose contradiction has been proven, as a bitset.
    accused: u64,
    /// Members who were heard when the step was over, as a bitset.
    late: u64,
}

/// A vote that counts.
#[derive(Debug, Clone, Copy)]
struct Cast {
    vote: Vote,
    /// Its signature. If it was verified together with others it may be wrong by itself; their sum is right.
    signature: BlsSignature,
    /// Whether the signature is known to be right by itself.
    confirmed: bool,
}

impl Tally {
    pub(crate) const fn new(committee: Arc<Committee>, emergency: bool) -> Self {
        Self { committee, emergency, sums: BTreeMap::new(), cast: BTreeMap::new(), accused: 0, late: 0 }
    }

    pub(crate) fn committee(&self) -> &Committee {
        &self.committee
    }

    /// Whether a vote of the member at `place` would count.
    pub(crate) fn check(&self, place: usize, vote: &Vote) -> Result<(), VoteError> {
        if self.emergency && !vote.is_valid() {
            return Err(VoteError::NotCounted);
        }
        let cast = self.cast.get(&place).map_or([].as_slice(), Vec::as_slice);
        if cast.iter().any(|earlier| earlier.vote == *vote) {
            return Err(VoteError::Duplicate);
        }
        match cast.first() {
            Some(earlier) if !self.emergency => Err(VoteError::Conflict(earlier.vote, earlier.signature)),
            _ if cast.len() >= MAX_EMERGENCY_VOTES => Err(VoteError::TooMany),
            _ => Ok(()),
        }
    }

    /// Adds verified votes of members for whom [`check`](Self::check) holds; `sum` is the sum of their signatures.
    ///
    /// An empty signature of a single member means that only the sum is known.
    pub(crate) fn add(
        &mut self,
        vote: Vote,
        members: &[(usize, BlsSignature)],
        sum: BlsSignature,
        signatures: &dyn Signatures,
    ) -> Result<(), SignatureError> {
        let votes = self.sums.entry(vote).or_default();
        votes.signature = if votes.is_empty() { sum } else { signatures.add(&[votes.signature, sum])? };
        for (place, signature) in members {
            debug_assert_eq!(votes.bitset >> place & 1, 0, "the caller has checked that the member has not voted so");
            votes.bitset |= 1 << place;
            self.cast.entry(*place).or_default().push(Cast { vote, signature: *signature, confirmed: false });
        }
        Ok(())
    }

    /// The signature with which a vote was counted, unless it is known to be right by itself, or only a sum is known.
    pub(crate) fn unconfirmed(&self, place: usize, vote: &Vote) -> Option<BlsSignature> {
        let cast = self.cast.get(&place)?.iter().find(|cast| cast.vote == *vote)?;
        Some(cast.signature).filter(|signature| !cast.confirmed && !signature.is_empty())
    }

    /// Notes the signature of a vote that counts and is right by itself.
    pub(crate) fn confirm(&mut self, place: usize, vote: &Vote, signature: BlsSignature) {
        let cast = self.cast.get_mut(&place).into_iter().flatten();
        for cast in cast.filter(|cast| cast.vote == *vote) {
            (cast.signature, cast.confirmed) = (signature, true);
        }
    }

    /// Notes that a member has contradicted itself; false when that was noted before.
    pub(crate) const fn accuse(&mut self, place: usize) -> bool {
        let new = self.accused >> place & 1 == 0;
        self.accused |= 1 << place;
        new
    }

    /// Whether a vote of this member came when the step was over.
    pub(crate) const fn was_late(&self, place: usize) -> bool {
        self.late >> place & 1 == 1
    }

    /// Notes a vote that came when the step was over: it is verified for others and not counted. A repeated vote of
    /// this member needs no verification.
    pub(crate) const fn note_late(&mut self, place: usize) {
        self.late |= 1 << place;
    }

    /// Takes the accusation back: somebody else made the vote up.
    pub(crate) const fn acquit(&mut self, place: usize) {
        self.accused &= !(1 << place);
    }

    /// The votes for `vote`, if they suffice.
    pub(crate) fn quorum(&self, vote: &Vote) -> Option<StepVotes> {
        let votes = self.sums.get(vote)?;
        (self.committee.credits(votes.bitset) >= self.committee.quorum(vote)).then_some(*votes)
    }
}

#[cfg(test)]
mod tests {
    use dusk_core::signatures::bls::{BlsVersion, PublicKey};
    use local_node_types::keys::BlsKey;

    use super::*;
    use crate::provisioners::{Provisioners, Stake};
    use crate::signing::{Keyring, SignatureVerifier};
    use crate::sortition::Draw;
    use crate::testing::secret;

    struct Case {
        tally: Tally,
        keyring: Keyring,
    }

    fn case(emergency: bool) -> Case {
        let secrets: Vec<_> = (1..5).map(secret).collect();
        let stake = Stake { value: 1_000_000_000_000, eligible_since: 0 };
        let provisioners: Provisioners = secrets.iter().map(|secret| (PublicKey::from(secret), stake)).collect();
        let seed = BlsSignature([4; 48]);
        let draw = Draw { seed: &seed, round: 1, step: 1, credits: 64, excluded: &[] };
        let committee = Arc::new(Committee::draw(&provisioners, &draw));
        assert_eq!(committee.members().len(), 4);
        Case { tally: Tally::new(committee, emergency), keyring: Keyring::new(secrets) }
    }

    impl Case {
        fn cast(&mut self, place: usize, vote: Vote) -> Result<Option<StepVotes>, VoteError> {
            self.tally.check(place, &vote)?;
            let key: BlsKey = self.tally.committee().members()[place].key;
            let signature = self.keyring.sign(&key, b"vote", BlsVersion::V2).unwrap();
            self.tally.add(vote, &[(place, signature)], signature, &SignatureVerifier::default()).unwrap();
            Ok(self.tally.quorum(&vote))
        }
    }

    #[test]
    fn valid_needs_a_supermajority_and_the_rest_a_majority() {
        for vote in [Vote::Valid([1; 32]), Vote::Invalid([1; 32]), Vote::NoCandidate, Vote::NoQuorum] {
            let mut case = case(false);
            let mut credits = 0;
            for place in 0..4 {
                credits += case.tally.committee().members()[place].credits;
                let reached = case.cast(place, vote).unwrap();
                assert_eq!(reached.is_some(), credits >= if vote.is_valid() { 43 } else { 33 }, "{vote:?} {credits}");
                if let Some(votes) = reached {
                    assert_eq!(votes.bitset, (2 << place) - 1);
                    let signers: Vec<_> =
                        case.tally.committee().named(votes.bitset).map(|member| member.point).collect();
                    let verdict =
                        SignatureVerifier::default().verify(&signers, &votes.signature, b"vote", BlsVersion::V2);
                    assert_eq!(verdict, Ok(()));
                }
            }
            assert_eq!(credits, 64);
        }
    }

    #[test]
    fn a_member_votes_once() {
        let mut case = case(false);
        case.cast(1, Vote::NoCandidate).unwrap();
        assert_eq!(case.cast(1, Vote::NoCandidate), Err(VoteError::Duplicate));
        let Err(VoteError::Conflict(Vote::NoCandidate, signature)) = case.cast(1, Vote::Valid([1; 32])) else {
            panic!("a second vote must conflict");
        };
        assert!(!signature.is_empty());
    }

    #[test]
    fn in_emergency_mode_only_valid_votes_count_but_several_of_them() {
        let mut case = case(true);
        assert_eq!(case.cast(0, Vote::NoCandidate), Err(VoteError::NotCounted));
        assert_eq!(case.cast(0, Vote::Invalid([1; 32])), Err(VoteError::NotCounted));
        for hash in 1..=4 {
            assert_eq!(case.cast(0, Vote::Valid([hash; 32])), Ok(None));
        }
        assert_eq!(case.cast(0, Vote::Valid([1; 32])), Err(VoteError::Duplicate));
        assert_eq!(case.cast(0, Vote::Valid([5; 32])), Err(VoteError::TooMany));
    }
}
