//! Polls: holders vote with the notes that they held at a snapshot; only the tally is public.
//!
//! A poll has a question, up to [`MAX_CHOICES`] choices, a snapshot, a last height for votes, and the keys of its
//! teller. A [vote](super::statements::Vote) adds the encrypted weight of one note to the sums. After the last height
//! the teller opens the sums, with a [proof](super::statements::Tally) that the results are right. Anybody may submit
//! votes and tallies.
//!
//! The teller is also able to decrypt single ballots; voters must trust it not to. It cannot change the tally, but it
//! can withhold it.
//!
//! A function that also uses the snapshots returns the contract's own error type, which contains the errors of both as
//! `#[from]` variants.

use alloc::vec::Vec;

use super::snapshots::{self, Acts, Snapshots};
use super::statements::{HeldNative, TallyNative, VoteNative};
use super::tallies::{Ballot, Ballots, Coordinates, MAX_CHOICES};
use crate::env::{block_height, emit};
use crate::field::Field;
use crate::finance::officer::Officer;
use crate::prelude::{contract_type, ensure, error, event};
use crate::principal::Principal;
use crate::zk::binding;
use crate::zk::native::Array;

/// The polls, by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Polls {
    polls: Vec<Running>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Running {
    poll: Poll,
    votes: u64,
    ballots: Ballots,
    outcome: Option<Outcome>,
}

/// The terms of a poll.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Poll {
    /// The hash of the question and of the choices' texts.
    pub question: Field,
    /// The number of choices, from 2 to 8.
    pub choices: u8,
    /// The height of the snapshot. The notes at this height have votes.
    pub snapshot: u64,
    /// The last height for votes.
    pub ends: u64,
    /// The minimum weight of all votes together; 0 if there is no quorum.
    pub quorum: u64,
    /// The teller's key for each choice, also for unused ones.
    pub keys: [Coordinates; 8],
}

/// The result of a poll.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Outcome {
    /// The weight of each choice. It is zero for those that the poll does not have.
    pub counts: [u64; 8],
    /// Whether the quorum was reached.
    pub quorate: bool,
}

/// The public state of a poll.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Standing {
    /// The poll.
    pub poll: Poll,
    /// The number of notes that have voted.
    pub votes: u64,
    /// The sum of all ballots.
    pub ballots: Ballot,
    /// The result, once there is one.
    pub outcome: Option<Outcome>,
}

/// A vote: the arguments of a call.
#[contract_type]
#[derive(Copy, Eq)]
pub struct Voting {
    /// The number of the poll.
    pub poll: u32,
    /// The nullifier of the note for this poll.
    pub act_nullifier: Field,
    /// The encrypted weight.
    pub ballot: Ballot,
}

/// An officer opened a poll.
#[event]
pub struct PollOpened {
    /// Its number.
    pub number: u32,
    /// The poll.
    pub poll: Poll,
    /// The officer.
    pub by: Principal,
}

/// A note has voted.
#[event]
pub struct VoteCast {
    /// The number of the poll.
    pub poll: u32,
    /// The nullifier of the note for this poll.
    pub act_nullifier: Field,
}

/// A poll was tallied.
#[event]
pub struct PollTallied {
    /// The number of the poll.
    pub poll: u32,
    /// The result.
    pub outcome: Outcome,
}

/// The errors of polls.
#[error(first = 9370)]
pub enum Refused {
    /// There is no poll of this number.
    UnknownPoll,
    /// A poll has from two to `limit` choices.
    ChoiceCount {
        /// The most choices.
        limit: u8,
    },
    /// The last height for votes has passed already.
    PollEndsTooEarly,
    /// The quorum is larger than the supply at the snapshot.
    QuorumTooLarge {
        /// The supply at the snapshot.
        supply: u64,
    },
    /// A key of the teller is not a point of the curve, or has the abscissa zero.
    TellerKeyInvalid,
    /// Two choices have the same key: the difference of their ciphertexts would not be hidden.
    TellerKeyTwice,
    /// The last height for votes has passed.
    PollEnded {
        /// The last height at which they were.
        ends: u64,
    },
    /// The last height for votes has not passed yet.
    PollRuns {
        /// The last height at which they are.
        ends: u64,
    },
    /// The poll was tallied already.
    AlreadyTallied,
    /// The proof of a vote or of a tally does not prove the statement, or was made for other arguments.
    BallotNotProven,
}

/// The act of voting in a poll, for the nullifiers of acts. The asset stands for the contract and the chain.
#[must_use]
pub fn act(asset: Field, poll: u32) -> Field {
    binding(&(*b"vote", asset, poll))
}

impl Poll {
    /// The statement of the proof of a vote. `snapshot` is the poll's, and `asset` that of the pool.
    #[must_use]
    pub fn statement(&self, asset: Field, snapshot: &snapshots::Pinned, vote: &Voting) -> VoteNative {
        VoteNative {
            held: HeldNative {
                asset,
                note_root: snapshot.note_root,
                nullifier_root: snapshot.nullifier_root,
                act: act(asset, vote.poll),
                act_nullifier: vote.act_nullifier,
            },
            choices: self.choices,
            keys: Array(self.keys),
            ballot: vote.ballot,
        }
    }
}

impl Standing {
    /// The statement of the proof of a tally.
    #[must_use]
    pub fn statement(&self, counts: [u64; MAX_CHOICES]) -> TallyNative {
        TallyNative { keys: Array(self.poll.keys), ballots: self.ballots, counts: Array(counts) }
    }
}

impl Polls {
    /// The number of polls, which is the number of the next one.
    #[must_use]
    pub fn count(&self) -> u32 {
        // Every poll takes more than a byte of a memory of 4 GiB.
        u32::try_from(self.polls.len()).unwrap_or(u32::MAX)
    }

    /// The public state of a poll.
    ///
    /// # Errors
    /// [`Refused::UnknownPoll`].
    pub fn standing(&self, number: u32) -> Result<Standing, Refused> {
        let Running { poll, votes, ballots, outcome } = self.running(number)?;
        Ok(Standing { poll: *poll, votes: *votes, ballots: ballots.sum(), outcome: *outcome })
    }

    /// Opens a poll, and returns its number.
    ///
    /// Does not check that the keys are in the subgroup of prime order, which would cost 18,000,000 gas for each key.
    /// If one is not, no proof of a vote can be made, so nobody can vote.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn open<E>(&mut self, by: Officer, snapshots: &Snapshots, poll: Poll) -> Result<u32, E>
    where
        E: From<Refused> + From<snapshots::Refused>,
    {
        let number = self.add::<E>(snapshots, poll, block_height())?;
        emit(PollOpened { number, poll, by: by.who() });
        Ok(number)
    }

    /// Adds a vote. Anybody may submit the proof.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn vote<E>(
        &mut self,
        asset: Field,
        snapshots: &Snapshots,
        acts: &mut Acts,
        vote: &Voting,
        verify: impl FnOnce(VoteNative) -> bool,
    ) -> Result<(), E>
    where
        E: From<Refused> + From<snapshots::Refused>,
    {
        self.cast::<E>(asset, snapshots, acts, vote, block_height(), verify)?;
        emit(VoteCast { poll: vote.poll, act_nullifier: vote.act_nullifier });
        Ok(())
    }

    /// Records the result. Anybody may submit the teller's proof.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn tally(
        &mut self,
        number: u32,
        counts: [u64; MAX_CHOICES],
        verify: impl FnOnce(TallyNative) -> bool,
    ) -> Result<Outcome, Refused> {
        let outcome = self.close(number, counts, block_height(), verify)?;
        emit(PollTallied { poll: number, outcome });
        Ok(outcome)
    }

    fn add<E>(&mut self, snapshots: &Snapshots, poll: Poll, now: u64) -> Result<u32, E>
    where
        E: From<Refused> + From<snapshots::Refused>,
    {
        let limit = u8::try_from(MAX_CHOICES).unwrap_or(u8::MAX);
        ensure!((2..=limit).contains(&poll.choices), Refused::ChoiceCount { limit }.into());
        ensure!(now <= poll.ends, Refused::PollEndsTooEarly.into());
        let supply = snapshots.at(poll.snapshot)?.supply;
        ensure!(poll.quorum <= supply, Refused::QuorumTooLarge { supply }.into());
        for (at, key) in poll.keys.iter().enumerate() {
            ensure!(!poll.keys[..at].contains(key), Refused::TellerKeyTwice.into());
            ensure!(key.u != Field::default() && key.is_on_curve(), Refused::TellerKeyInvalid.into());
        }
        let number = self.count();
        self.polls.push(Running { poll, votes: 0, ballots: Ballots::default(), outcome: None });
        Ok(number)
    }

    fn cast<E>(
        &mut self,
        asset: Field,
        snapshots: &Snapshots,
        acts: &mut Acts,
        vote: &Voting,
        now: u64,
        verify: impl FnOnce(VoteNative) -> bool,
    ) -> Result<(), E>
    where
        E: From<Refused> + From<snapshots::Refused>,
    {
        let running = self.running_mut(vote.poll)?;
        let Poll { snapshot, ends, .. } = running.poll;
        ensure!(now <= ends, Refused::PollEnded { ends }.into());
        acts.require_new(vote.act_nullifier)?;
        let statement = running.poll.statement(asset, &snapshots.at(snapshot)?, vote);
        ensure!(verify(statement), Refused::BallotNotProven.into());
        acts.act(vote.act_nullifier)?;
        running.ballots.add(&vote.ballot);
        running.votes += 1;
        Ok(())
    }

    fn close(
        &mut self,
        number: u32,
        counts: [u64; MAX_CHOICES],
        now: u64,
        verify: impl FnOnce(TallyNative) -> bool,
    ) -> Result<Outcome, Refused> {
        let standing = self.standing(number)?;
        let Poll { ends, quorum, .. } = standing.poll;
        ensure!(now > ends, Refused::PollRuns { ends });
        ensure!(standing.outcome.is_none(), Refused::AlreadyTallied);
        ensure!(verify(standing.statement(counts)), Refused::BallotNotProven);
        let turnout = counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count));
        let outcome = Outcome { counts, quorate: turnout >= quorum };
        self.running_mut(number)?.outcome = Some(outcome);
        Ok(outcome)
    }

    fn running(&self, number: u32) -> Result<&Running, Refused> {
        usize::try_from(number).ok().and_then(|at| self.polls.get(at)).ok_or(Refused::UnknownPoll)
    }

    fn running_mut(&mut self, number: u32) -> Result<&mut Running, Refused> {
        usize::try_from(number).ok().and_then(|at| self.polls.get_mut(at)).ok_or(Refused::UnknownPoll)
    }
}

#[cfg(test)]
mod tests {
    use super::super::notes::Notes;
    use super::super::nullifiers::Nullifiers;
    use super::super::tallies::TellerKey;
    use super::*;
    use crate::zk::native::{Logarithms, Point, Scalar};

    /// The error of a contract.
    #[derive(Debug, PartialEq)]
    enum Any {
        Polls(Refused),
        Snapshots(snapshots::Refused),
    }

    impl From<Refused> for Any {
        fn from(refused: Refused) -> Self {
            Self::Polls(refused)
        }
    }

    impl From<snapshots::Refused> for Any {
        fn from(refused: snapshots::Refused) -> Self {
            Self::Snapshots(refused)
        }
    }

    const ASSET: fn() -> Field = || Field::from(9);
    const SUPPLY: u64 = 100;

    fn teller() -> TellerKey {
        TellerKey::from_seed(&[4; 64], 0)
    }

    fn poll() -> Poll {
        let keys = teller().choices();
        Poll { question: 5.into(), choices: 3, snapshot: 7, ends: 20, quorum: 60, keys }
    }

    fn snapshots() -> Snapshots {
        Snapshots::with(7, &Notes::with([1.into(), 2.into()]), &Nullifiers::default(), SUPPLY)
    }

    fn opened() -> Polls {
        let mut polls = Polls::default();
        assert_eq!(polls.add::<Any>(&snapshots(), poll(), 10), Ok(0));
        polls
    }

    fn voting(poll: u32, nullifier: u64, choice: u8, weight: u64) -> Voting {
        let keys = teller().choices().map(|key| key.point().unwrap());
        let ballot = Ballot::seal(&keys, &Scalar::from(nullifier + 40), choice, weight);
        Voting { poll, act_nullifier: nullifier.into(), ballot }
    }

    #[test]
    fn strange_polls_are_not_opened() {
        let (polls, snapshots) = (Polls::default(), snapshots());
        let add = |poll: Poll, now| polls.clone().add::<Any>(&snapshots, poll, now);
        for choices in [0, 1, 9, 255] {
            assert_eq!(add(Poll { choices, ..poll() }, 10), Err(Refused::ChoiceCount { limit: 8 }.into()));
        }
        assert_eq!(add(poll(), 20), Ok(0));
        assert_eq!(add(poll(), 21), Err(Refused::PollEndsTooEarly.into()));
        let unknown = snapshots::Refused::NothingPinned;
        assert_eq!(add(Poll { snapshot: 8, ..poll() }, 10), Err(unknown.into()));
        assert_eq!(add(Poll { quorum: SUPPLY, ..poll() }, 10), Ok(0));
        let refused = add(Poll { quorum: SUPPLY + 1, ..poll() }, 10);
        assert_eq!(refused, Err(Refused::QuorumTooLarge { supply: SUPPLY }.into()));
        let with = |place: usize, key: Coordinates| {
            let mut poll = poll();
            poll.keys[place] = key;
            add(poll, 10)
        };
        assert_eq!(with(7, poll().keys[2]), Err(Refused::TellerKeyTwice.into()));
        assert_eq!(with(3, Coordinates::new(&Point::IDENTITY)), Err(Refused::TellerKeyInvalid.into()));
        let small = Coordinates { u: 0.into(), v: -Field::from(1) };
        assert_eq!(with(0, small), Err(Refused::TellerKeyInvalid.into()));
        assert_eq!(with(0, Coordinates { u: 1.into(), v: 1.into() }), Err(Refused::TellerKeyInvalid.into()));
    }

    #[test]
    fn votes_are_taken_once_and_in_time() {
        let (mut polls, snapshots, mut acts) = (opened(), snapshots(), Acts::default());
        let mut cast = |vote: &Voting, now, valid: bool| {
            polls.cast::<Any>(ASSET(), &snapshots, &mut acts, vote, now, |statement| {
                assert_eq!((statement.held.asset, statement.choices), (ASSET(), 3));
                assert_eq!((statement.held.act, statement.ballot), (act(ASSET(), 0), vote.ballot));
                valid
            })
        };
        assert_eq!(cast(&voting(1, 1, 0, 5), 10, true), Err(Refused::UnknownPoll.into()));
        assert_eq!(cast(&voting(0, 1, 0, 5), 10, false), Err(Refused::BallotNotProven.into()));
        assert_eq!(cast(&voting(0, 1, 0, 5), 10, true), Ok(()), "a refusal changes nothing");
        let twice = snapshots::Refused::AlreadyActed { nullifier: 1.into() };
        assert_eq!(cast(&voting(0, 1, 1, 5), 11, true), Err(twice.into()));
        assert_eq!(cast(&voting(0, 2, 0, 5), 20, true), Ok(()));
        assert_eq!(cast(&voting(0, 3, 0, 5), 21, true), Err(Refused::PollEnded { ends: 20 }.into()));
        assert_eq!(polls.standing(0).unwrap().votes, 2);
    }

    #[test]
    fn the_tally_comes_once_after_the_end() {
        let (mut polls, snapshots, mut acts) = (opened(), snapshots(), Acts::default());
        for (nullifier, (choice, weight)) in (0..).zip([(0, 30), (2, 12), (0, 18)]) {
            let vote = voting(0, nullifier, choice, weight);
            polls.cast::<Any>(ASSET(), &snapshots, &mut acts, &vote, 12, |_| true).unwrap();
        }
        let standing = polls.standing(0).unwrap();
        let counts = teller().count(&standing.ballots, &Logarithms::up_to(SUPPLY)).unwrap();
        assert_eq!(counts, [48, 0, 12, 0, 0, 0, 0, 0]);
        assert_eq!(polls.close(0, counts, 20, |_| true), Err(Refused::PollRuns { ends: 20 }));
        assert_eq!(polls.close(1, counts, 21, |_| true), Err(Refused::UnknownPoll));
        assert_eq!(polls.close(0, counts, 21, |_| false), Err(Refused::BallotNotProven));
        let about = |statement: TallyNative| {
            (statement.keys.0, statement.ballots, statement.counts.0) == (poll().keys, standing.ballots, counts)
        };
        assert_eq!(polls.close(0, counts, 21, about), Ok(Outcome { counts, quorate: true }));
        assert_eq!(polls.close(0, counts, 22, |_| true), Err(Refused::AlreadyTallied));
        let mut few = opened();
        let counts = [59, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(few.close(0, counts, 21, |_| true), Ok(Outcome { counts, quorate: false }));
    }

    #[test]
    fn a_vote_is_one_in_one_poll_of_one_asset() {
        assert_ne!(act(ASSET(), 0), act(ASSET(), 1));
        assert_ne!(act(ASSET(), 0), act(8.into(), 0));
    }
}
