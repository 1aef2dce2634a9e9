//! Seeded simulation of many nodes with faults, and checkers that try to catch them.
//!
//! A run is a function of its seed: [`simulate`] draws a [`plan::Plan`], starts full cores (`local-node-core`) in
//! virtual time, and lets things go wrong in a first phase. Then everything heals except nodes that stay dead, and
//! finality has to come within a bound. The cores are the library's own; log, network and clock are models. The ledger
//! is a model, or the shipped one with the virtual machine ([`ledger::real`], in builds with the feature `vm`, which is
//! on unless it is turned off).
//!
//! ```text
//!  seed ─▶ plan ─▶ world: one queue of events in the order of their times
//!                    │  deliver, timer, disk, ledger, fault
//!                    ▼
//!                  node: Core ─▶ outputs ─▶ (adversary) ─▶ log, ledger, network ─▶ events
//!                                   │
//!                                   └─▶ checkers, marks
//! ```
//!
//! # Checkers
//!
//! | safety violation | where |
//! |---|---|
//! | two final blocks at one height, unless the committees or a stall explain it | `world/finality.rs` |
//! | labels that differ from a fold over the blocks after the last final one | `checkers.rs` |
//! | a key that signs two different votes in a step, over all its lives | `checkers.rs` |
//! | a vote that leaves before it is on disk | `world/outputs.rs` |
//! | a block with a fault that proves nothing | `checkers.rs` |
//! | a block without two quorums; an emergency block of another key, too early, or with votes | `checkers/headers.rs` |
//! | a block whose header is wrong about hash, place, time, roots, gas, generator or votes | `checkers/headers.rs` |
//! | a block in whose header an adversary has lied | `world/lies.rs` |
//! | a block that leads to other stakes or accounts at one node than at another | `checkers.rs` |
//! | a core whose votes, ratifications and times of steps a restart from its log does not give | `checkers.rs` |
//! | a final block that is taken back | `world/ledger.rs` |
//! | money that comes or goes, a transfer that runs twice or before its predecessor | `checkers.rs` |
//! | a database or a real state that is not that of the chain; rewards that no block has paid | `ledger/real.rs` |
//! | a transaction of a reverted block that does not wait again; waiting ones that cannot run | `world/clients.rs` |
//! | a transaction that waits no more, without a block or an event that says so | `world/clients.rs` |
//! | a message that is judged twice, or a broadcast that is passed on twice | `world/outputs.rs` |
//! | a message that is neither judged nor held | `checkers.rs` |
//! | an honest node that drops an honest node | `world/outputs.rs` |
//! | a core that holds more than it may | `checkers.rs` |
//! | a healed network that does not come to finality in time | `world/liveness.rs` |
//!
//! # When two final blocks are explained
//!
//! Not by a third of the stake, but by the committees as they were drawn. Let the chains of two nodes part at a
//! height, with final blocks F and G there, and children C and D. If an honest key ratified both C and D, its node must
//! have let go of F or G in a stall. Otherwise the core lets go of a block that it has ratified on only when the other
//! one is final, and then the other one's child is decided already. A stall at another height explains nothing. A node
//! that stops before it tells why it took blocks back counts as one in a stall. Without such a key the quorums were
//! disjoint but for equivocating credits, which no rule of the chain prevents. Every other pair of final blocks is a
//! violation.
//!
//! # The bound of the second phase
//!
//! The committees of a tip say which iteration can succeed: its generator and 43 credits in both committees are alive.
//! With the first such iteration *i* of emergency mode (which keeps iterations open, so that nodes that run apart meet
//! there), a block has to come within *i* + 2 iterations of the longest steps, the 18 steps for which a node waits for
//! others at most, and four times the stall.
//!
//! Finality has no bound in blocks that holds for any dead stake. A block with *n* iterations that nobody accounts for
//! needs 2*n* stable blocks after it, and where a dead member holds too many credits of a ratification, the living
//! cannot prove that an iteration failed. So after 160 blocks without finality, or 260 where an emergency block was not
//! final at the healing, the iterations since the healing are looked at: if the living could not account for three
//! quarters of them, the run is unsettled ([`Outcome::Unsettled`]), and a violation otherwise. In practice finality
//! comes, because the ledger suspends provisioners that fail twice in a row, as the stake contract does.
//!
//! # Faults and adversaries
//!
//! [`plan::Fault`] and [`adversary::Attack`] list them. A plan is drawn from the seed and printed before the run. Each
//! attack has a [`marks::Mark`], which says how often an adversary acted in that way. Of the [`lies::Lie`]s in headers,
//! each has a mark of its own, which says that an honest node refused a candidate for it.
//!
//! # Failures
//!
//! A failing plan is made smaller ([`shrink`]) and its end is drawn ([`diagram`]).
//!
//! # Absent
//!
//! - Nodes lose what waits in their mempools when they stop; that the shipped node keeps it is for its own tests.
//! - Transactions that change stakes on real ledgers: there, only punishments change stakes. An epoch has the length of
//!   the chain's there, so that a suspended provisioner stays away for the rest of the run.
//! - Stakes that an adversary alone changes: transactions of all clients do, in a part of the runs.
//! - Torn records: the log of the model holds values, in which a torn record is a lost one. The format of the log is
//!   the driver's, and has to be tested with it.
//! - Clocks that go back while a node runs: the core asks for a clock that does not.
//! - No checker compares all of a restarted core with the one before: it compares its labels, its votes, what it has
//!   ratified, and the times of steps. Faults that wait for a block are not compared, because those of blocks that were
//!   taken back are not in the log.
//! - No checker counts how often a node passes a transfer on: the model of the network does it once.

pub mod adversary;
mod checkers;
pub mod clients;
pub mod diagram;
pub mod ideal;
pub mod keys;
pub mod ledger;
pub mod lies;
pub mod marks;
pub mod measure;
mod node;
pub mod plan;
pub mod remembered;
pub mod rng;
pub mod shrink;
pub mod trace;
mod world;

pub use world::{Bug, Observation, Options, Outcome, Report, Violation, draw, observe, run, simulate};
