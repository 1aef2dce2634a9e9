//! Succinct Attestation, the production chain's consensus, as a deterministic state machine without I/O.
//!
//! A node tells the machine what happened and when, by [`Consensus::step`], and carries out what comes back: messages
//! to send, timers to set, blocks to build or verify, blocks to accept. The rules are those of the
//! book's chapter "Consensus".
//!
//! ```text
//!   NewTip ──▶ [slot timer] ──▶ Build ──▶ Built ──▶ Candidate, votes, Quorum ──▶ Decide ──▶ node accepts ──▶ NewTip
//! ```
//!
//! A node that holds all keys needs no timer between [`Input::NewTip`] and [`Output::Decide`] once the slot has come:
//! its answer to [`Output::Build`] is followed by the decision in the same call.
//!
//! | layer | module |
//! |---|---|
//! | driver: timers, rounds, later rounds' messages | [`Consensus`] |
//! | round: phases, timeouts, whom to ask | `round` |
//! | progress: how far others have come | `progress` |
//! | iteration: candidate, results, attestation | `iteration` |
//! | tally: the votes of one step | `tally` |
//!
//! Beside them stand pure functions, for the node as well: [`header`] (acceptance of headers), [`attestation`],
//! [`finality`], [`rewards`], [`faults`], [`committee`], [`sortition`], [`signing`].
//!
//! # Invariants
//!
//! * A vote counts when its signature is verified, and only once.
//! * An attestation is made of counted votes, and of nothing else.
//! * This node's keys vote at most once in each step of each iteration, also over a restart or when a tip comes back,
//!   provided that the node persists [`Persist::Iteration`] and [`Persist::Vote`] before it sends what comes after, and
//!   gives them back by [`Consensus::restore`] after a restart. A node that comes back goes on in the iteration in
//!   which it was, where it repeats its votes at most and proposes nothing. Past iteration 16 it resumes at iteration
//!   17, as in production.
//! * A node never goes back to an earlier iteration of a round, and less than a third of the stake cannot make it leave
//!   one.
//! * Everything that peers can make grow has a bound: the queue, the iterations, the candidates, the votes.
//!
//! # Where a local chain differs
//!
//! * The minimum block time may be 0; then two blocks may have the same timestamp. Timeouts scale with the block time
//!   ([`Config::local`]).
//! * Exclusions that would leave a committee empty are ignored; production stops with an error there.
//!
//! # Where this implementation differs, without effect on what others see as valid
//!
//! * The generator builds when the slot opens, not a block time earlier, so that a block holds the newest transactions.
//! * After a success the next iteration begins when the node has not accepted the block within the shortest timeout,
//!   not at once.
//! * A validation result that came with a vote in ratification counts as known, so that a node that missed the votes
//!   can make the attestation as well. A proof that a later iteration failed is kept for when the round comes there.
//! * A candidate whose stated hash is not its header's is dropped.
//! * Only proofs of iterations before a block's own account for iterations ([`header::unaccounted`]). Production counts
//!   those of its own and of later ones as well. So the label of such a block may be weaker here.
//! * Messages of later rounds are kept only with a verified signature. A vote that comes when its step is over is
//!   passed on once.
//! * In emergency mode at most four different votes of one member are counted in a step, and this node casts one.
//! * Nodes that are in different iterations look for each other (`round/meeting.rs`). A node whose step times out goes
//!   on with the highest later iteration that provisioners with more than a third of the stake have reached, as their
//!   verified votes, candidates and ratified quorums say. A node that hears so much stake in earlier iterations only
//!   stays in its own for up to three more steps, and when the others have come, for the time of an iteration; it does
//!   so in three iterations of a round, and not in emergency mode. In production each node goes on by its own timeouts.
//! * A restarted node goes on in the iteration in which it was; production begins the next one, and is ahead of the
//!   others then.
//! * A node without peers ([`Config::alone`]) waits for its own block as long as it takes.

pub mod attestation;
pub mod committee;
mod drawn;
mod driver;
pub mod faults;
pub mod finality;
pub mod header;
mod interface;
mod iteration;
mod memory;
mod parameters;
mod progress;
mod provisioners;
mod queue;
pub mod rewards;
mod round;
pub mod signing;
pub mod sortition;
mod tally;
#[cfg(test)]
mod testing;
mod timeouts;

pub use driver::Consensus;
pub use interface::{
    BeforeTip, BlockBody, BuildRequest, Decision, Input, Offence, Output, Persist, Reception, RequestId, TimerId,
    TipContext, Verdict, VerifyRequest, Voter,
};
pub use parameters::{
    CLOCK_MARGIN, CREDIT_WEIGHT, Config, EMERGENCY_BLOCK_ITERATION, EMERGENCY_ITERATION, EPOCH, MAJORITY,
    MAX_BLOCK_BYTES, MAX_ITERATIONS, MAX_ROUND_DISTANCE, MIN_STAKE, Millis, PROPOSAL_CREDITS, RELAX_ITERATION,
    SUPERMAJORITY, Start, TOTAL_CREDITS, Timeouts, VOTING_CREDITS, is_emergency,
};
pub use provisioners::{Provisioner, Provisioners, Stake};
pub use round::check_candidate;
pub use timeouts::StepTimes;
