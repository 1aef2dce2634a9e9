//! Things that have to happen sometimes: a set of runs in which one of them never does tests too little.

use std::collections::BTreeMap;
use std::fmt;

use crate::lies::Lie;

/// Something that should happen in a set of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// A block of an iteration above 0.
    LaterIteration,
    /// A block of an iteration of emergency mode.
    Emergency,
    /// A round ran out of iterations.
    Open,
    /// A block proves that an iteration failed without a candidate.
    NoCandidate,
    /// A block proves that an iteration failed without a quorum.
    NoQuorum,
    /// A block holds a fault.
    FaultInBlock,
    /// A block leaves an iteration unaccounted for.
    Accepted,
    /// A node changed to a branch that was final.
    ChangedToFinal,
    /// A node changed to a better tip.
    ChangedToBetterTip,
    /// A node changed to a better branch because its chain had stalled.
    ChangedInStall,
    /// A change was taken back.
    Rollback,
    /// A chain stalled.
    Stalled,
    /// A node restarted in a round in which it had voted.
    RestartInRound,
    /// A crash lost records that had been written.
    LostTail,
    /// Blocks came from three peers while a node caught up.
    SyncFromThree,
    /// A message was held.
    Held,
    /// A message was refused.
    Refused,
    /// A message waited for the disk.
    WaitedForDisk,
    /// A request to the ledger was cancelled.
    Cancelled,
    /// An adversary said two things.
    Equivocated,
    /// A node took back two blocks or more to change to another branch.
    DeepFallback,
    /// A vote was sent in emergency mode.
    EmergencyVote,
    /// A chain that had stalled went on.
    StallRecovery,
    /// With an epoch, a provisioner began to take part.
    EpochChanged,
    /// A block suspended a provisioner.
    Suspended,
    /// A transaction changed a stake.
    Restaked,
    /// A block could not be written.
    FullDisk,
    /// A node stopped after a change of the ledger, before it heard of it.
    CrashInLedger,
    /// A node stopped in the middle of what its core wanted.
    CrashInOutputs,
    /// A message came again long after it had come.
    Replayed,
    /// A message waited in a clogged link.
    Clogged,
    /// A clock jumped, or ran at a wrong speed.
    ClockWrong,
    /// An adversary sent something just after the timeout.
    SentLate,
    /// A transfer of a client came into a block.
    Transferred,
    /// A transfer of a block that was taken back waited again.
    WaitedAgain,
    /// A transfer waited for its predecessor.
    Parked,
    /// A node accepted an emergency block.
    EmergencyBlock,
    /// Committees agreed on a block after an emergency block.
    EmergencyBlockFollowed,
    /// An adversary kept a candidate to itself.
    WithheldCandidate,
    /// An adversary kept a vote to itself.
    WithheldVote,
    /// An adversary told that an iteration ended otherwise than its votes say.
    Retagged,
    /// An adversary sent something to one node only that was for all.
    SentToOne,
    /// An adversary put a made-up fault into its candidate.
    ForgedFault,
    /// An adversary gave a peer a made-up block.
    FalseBranch,
    /// An adversary gave a peer a block with an attestation that does not hold.
    SpoiledBlock,
    /// An adversary sent a vote with the key of another node.
    TwinVoted,
    /// An adversary lost a log that held votes.
    ForgotVotes,
    /// Honest nodes accepted two blocks of one iteration after the same block.
    EqualIterations,
    /// An adversary lied in the header of its candidate.
    LiedInHeader,
    /// An honest node refused a candidate for this lie.
    RefusedLie(Lie),
}

impl Mark {
    /// All of them but those of single lies.
    const PLAIN: [Self; 49] = [
        Self::LaterIteration,
        Self::Emergency,
        Self::Open,
        Self::NoCandidate,
        Self::NoQuorum,
        Self::FaultInBlock,
        Self::Accepted,
        Self::ChangedToFinal,
        Self::ChangedToBetterTip,
        Self::ChangedInStall,
        Self::Rollback,
        Self::Stalled,
        Self::RestartInRound,
        Self::LostTail,
        Self::SyncFromThree,
        Self::Held,
        Self::Refused,
        Self::WaitedForDisk,
        Self::Cancelled,
        Self::Equivocated,
        Self::DeepFallback,
        Self::EmergencyVote,
        Self::StallRecovery,
        Self::EpochChanged,
        Self::Suspended,
        Self::Restaked,
        Self::FullDisk,
        Self::CrashInLedger,
        Self::CrashInOutputs,
        Self::Replayed,
        Self::Clogged,
        Self::ClockWrong,
        Self::SentLate,
        Self::Transferred,
        Self::WaitedAgain,
        Self::Parked,
        Self::EmergencyBlock,
        Self::EmergencyBlockFollowed,
        Self::WithheldCandidate,
        Self::WithheldVote,
        Self::Retagged,
        Self::SentToOne,
        Self::ForgedFault,
        Self::FalseBranch,
        Self::SpoiledBlock,
        Self::TwinVoted,
        Self::ForgotVotes,
        Self::EqualIterations,
        Self::LiedInHeader,
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::PLAIN.into_iter().chain(Lie::ALL.into_iter().map(Self::RefusedLie))
    }
}

/// How often each mark was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks(BTreeMap<Mark, u64>);

impl Marks {
    /// Takes note of one.
    pub fn note(&mut self, mark: Mark) {
        *self.0.entry(mark).or_default() += 1;
    }

    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        for (mark, count) in &other.0 {
            *self.0.entry(*mark).or_default() += count;
        }
    }

    /// How often one was seen.
    #[must_use]
    pub fn count(&self, mark: Mark) -> u64 {
        self.0.get(&mark).copied().unwrap_or_default()
    }

    /// Those that were never seen.
    #[must_use]
    pub fn missing(&self) -> Vec<Mark> {
        Mark::all().filter(|mark| self.count(*mark) == 0).collect()
    }
}

impl fmt::Display for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen: Vec<_> = Mark::all().map(|mark| format!("{mark:?} {}", self.count(mark))).collect();
        f.write_str(&seen.join(", "))
    }
}
