//! The deterministic core of a node that is one of many: mempool, chain, fork choice, sync, and the consensus.
//!
//! [`Core`] is a value. [`handle`](Core::handle) takes what happened at a moment and appends what to do;
//! [`deadline`](Core::deadline) says when to call it next if nothing happens. It reads no clock, draws no random number
//! and does no I/O, so the same inputs give the same outputs. The owner of sockets, disk, ledger and clock drives it:
//! `local-node` with sockets and threads, `local-node-sim` in virtual time.
//!
//! # Flow
//!
//! ```text
//!              Input::Message                                Output::Send, Ask, Serve
//!   peers ───────────────────────▶ ┌──────────────────────┐ ───────────────────────────▶ peers
//!         ◀─────────────────────── │ routing: by round    │
//!              Output::Judge       │   │ and tip          │   Output::Persist
//!                                  │   ▼                  │ ───────────────────────────▶ log
//!                                  │ Consensus ──▶ pool   │ ◀─────────────────────────── (Input::Durable)
//!                                  │               │      │
//!              Output::Ledger      │               ▼      │   Output::Event
//!  ledger ◀─────────────────────── │ fork choice ─▶ chain │ ───────────────────────────▶ those who listen
//!         ───────────────────────▶ └──────────────────────┘
//!              Input::Ledger
//! ```
//!
//! Decided blocks go one way, whether the consensus decided them or a peer sent them: into the pool, through the fork
//! choice, to the ledger, into the chain. Accepting and reverting go to the ledger one at a time; building and
//! verifying run beside them, so that no vote waits for an execution, and are cancelled when the tip changes.
//!
//! **Transactions.** Who drives the core checks a transaction as far as that needs no state, reads its sender's
//! account, and gives both to the core ([`Input::Transaction`]). The core keeps it in the [`mempool`], or parks it
//! while a nonce is missing, and passes the queue on with each [`LedgerRequest::Build`]. The ledger's answers bring the
//! accounts that a change of the chain has changed, so that what can no longer run leaves; transactions of reverted
//! blocks wait again, in the order of their nonces.
//!
//! **Sync.** Blocks are downloaded from several peers at once, 64 at a time. While the ledger executes one of them, the
//! core verifies the headers and attestations of up to 16 that follow it, with all signatures in one check. It assumes
//! that the provisioners stay the same. A block for which this turns out wrong, or whose signatures do not hold, is
//! verified by itself in its turn; only then its sender is blamed.
//!
//! **Time.** `now` is one clock in milliseconds since 1970. The driver derives it from a monotonic clock and the system
//! time at the start, so that a jump of the system's clock moves no timer.
//!
//! **Written before sent.** Each record has a [`Position`]. [`Output::Send`] names the position up to which the log has
//! to be durable before the message leaves. The driver may write many records at once. If the disk hangs, the
//! consensus waits.
//!
//! **One verdict.** Each message that comes in is judged by [`Verdict::Hold`], any number of times, then by exactly one
//! of relay, ignore and reject. Only what is judged [`Verdict::Relay`] leaves again.
//! The consensus and the pool say whether a message is good for others; whether it has left before is decided here
//! alone, by the identities of what was passed on. They are forgotten when a round ends or begins anew, and over a
//! restart.
//!
//! # Fork choice
//!
//! A block that is final here is never reverted. Two branches that part at a block are compared by their first blocks,
//! in this order:
//!
//! 1. A block that is final on its branch, with the labels folded along that branch alone, beats one that is not. Where
//!    the branch has several ends, one that makes the block final is enough.
//! 2. The lower iteration beats the higher one.
//! 3. The lower hash beats the higher one.
//!
//! The first rule heals a fork whose minority holds the lower iteration while the majority went on to finality with the
//! higher one; production, which has the second rule only, keeps such a fork. The order is total, and a branch that
//! grows never loses rank: nodes that have seen the same blocks choose the same branch.
//!
//! The third rule ends forks of equal iterations. Such a fork takes a generator that signs two candidates, and in each
//! of the two committees members with 22 credits that vote for both. Emergency mode alone does not make one, because
//! a member votes for one candidate of an iteration. The holder of the emergency key makes one by two emergency blocks.
//!
//! The first rule applies at once. The other two apply at once only to a tip on which this node has not yet ratified a
//! block. Deeper, or past a ratification, they apply when the chain has **stalled**: no block for 1.5 times the longest
//! timeout of a step (60 s in production). Until then a node stands by what it has ratified. If it did not, its votes
//! could make two children of two rival blocks, and with them both rivals, final, without signing anything twice: the
//! protocol has no lock. The lock holds over restarts, because votes are records.
//!
//! So two final blocks at one height take one of these: 22 equivocating credits of a committee (two blocks of an
//! iteration), 12 (a block, and the proof that its iteration failed), committees drawn so that honest members of one
//! quorum are not in the other, or messages that stay away for longer than the stall takes. `local-node-sim` checks
//! that nothing else does it.
//!
//! What becomes of two blocks of one iteration depends on what came after them before nodes hear of both:
//!
//! | what came after them | what happens |
//! |---|---|
//! | nothing that this node has ratified | the higher hash gives way at once |
//! | a block that this node has ratified | the higher hash gives way in a stall |
//! | blocks that make neither of them final | the higher hash gives way in a stall |
//! | blocks that make one of them final | the other one gives way at once |
//! | blocks that make each of them final | both stay; a node that hears of the other one tells ([`Event::Parted`]) |
//!
//! Where one half has a quorum by itself, it does not stall. Its block becomes final, also with the higher hash, and
//! then the other half follows. In the last case members vote in both halves for two blocks in a row, or honest nodes
//! gave way in a stall, or quorums of different iterations had no honest member in common. An emergency block needs 100
//! stable blocks after it to be final. Production's fork choice has no rule for equal iterations.
//!
//! Only the first block of another branch can be verified before the change, because the provisioners after it are
//! known when it has been executed. The others are verified and executed in turn; if one does not hold, the old branch
//! comes back ([`Cause::Rollback`]). A block that breaks a rule is not tried again; one whose attestation alone does
//! not hold may come again, because anybody can have altered that.
//!
//! A node that hears of a later iteration of a round that it has decided sends the quorum of its block to whoever sent
//! the message. So the round ends there, in most cases before a rival is decided.
//!
//! # Emergency blocks
//!
//! Where no iteration of a round comes to a block, the holder of one key that is fixed for the chain may sign an
//! *emergency block*. It states iteration 255, has no attestation, and is at least as late as all iterations take
//! together. The core accepts it from any peer after the same checks as any other block, passes it on, and gives it to
//! peers that are still in the round. A block of a real iteration beats it in the fork choice. The block after it
//! carries no certificate, so its voters' share of the rewards is lost; production refuses such a block and stands
//! still.
//!
//! # Stall
//!
//! When the chain has stalled, the core asks peers for the hashes after its last final block, lets rules 2 and 3 of the
//! fork choice apply to deep forks, and begins a round anew that has run out of iterations; each again after half that
//! time. It never reverts a final block.
//!
//! # Bounds
//!
//! | what | bound |
//! |---|---|
//! | decided blocks that are not in the chain | 1,000 and 64 MiB |
//! | blocks that are wanted, asked for, asked of one peer | 1,000, 64, 16 |
//! | messages that are held, of one peer, in bytes | 1,024, 128, 16 MiB |
//! | messages that the consensus keeps for later steps, of one signer | 64 MiB, 4 MiB |
//! | faults that wait for a block | 100 |
//! | transactions in the mempool, in bytes | 10,000, 256 MiB |
//! | transactions that wait for their predecessors, of one account, in bytes | 1,000, 64, 32 MiB |
//! | peers that are remembered | 1,024 |
//! | verified quorums of other branches | 64 |
//! | votes and candidates that were passed on, for each of 11 rounds; quorums and emergency blocks | 8,192; 1,024 |
//! | records that wait for the disk | 4,096; then the consensus waits |
//! | items that are served to a peer | 100 a second, 400 in one go |
//!
//! A candidate holds at most 100 faults; their signatures are checked before it goes to the ledger. The driver bounds
//! how long the ledger may take to accept a block: the consensus waits for it.
//!
//! Blocks after the last final one have no bound: each takes a quorum of two committees.
//!
//! # Absent
//!
//! - Messages with transactions, and questions for waiting ones, are for the driver: it checks signatures and the form
//!   of transactions, which takes the virtual machine, and passes them on.
//! - No emergency blocks are made. The holder of the key makes them outside of a node.
//! - A request for a resource is not passed on to other peers. Its driver may do that: the shipped node sends a request
//!   whose resource it lacks to one other peer, as long as the request has hops left.

mod ahead;
mod chain;
mod faults;
mod held;
mod interface;
mod log;
pub mod mempool;
mod node;
mod passed_on;
mod peers;
mod pool;
mod sync;

pub use interface::{
    Accounts, Answer, Cause, ChainBlock, CoreConfig, Event, IngressId, Input, LedgerId, LedgerRequest,
    MAX_SERVED_ITEMS, Origin, Output, PeerId, Planted, Position, Record, Restart, Serve, Target, Verdict, Want,
};
pub use node::{Core, Load, Remembered};
