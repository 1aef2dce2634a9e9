//! One round: the iterations by which the block after a tip is decided.
//!
//! The round is in one phase of one iteration at a time:
//!
//! ```text
//!            slot open, candidate there         quorum                   quorum
//!  Proposal ───────────────────────────▶ Validation ──────▶ Ratification ──────▶ Decided   (success)
//!     ▲  └──────────── timeout ────────────▲   └── timeout ──▲     │  │
//!     └──────────────── next iteration ◀──── failure or timeout ───┘  └──▶ Open (timeout of the last iteration)
//! ```
//!
//! `Decided` waits for the node to accept the block; if that does not happen, the next iteration begins. The round ends
//! when the driver replaces it by the next one.

mod candidates;
mod casting;
mod meeting;
mod quorums;
mod votes;

pub use candidates::check_candidate;
pub(crate) use votes::{has_result, is_possible};

use std::collections::BTreeMap;

use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Attestation, ConsensusHeader, FailedIteration, Hash, IterationsInfo, StepName};
use local_node_types::message::{InventoryItem, Message, ValidationResult};
use tracing::debug;

use crate::header::Verifier;
use crate::interface::{BuildRequest, Offence, Output, Persist, RequestId, TipContext, Voter};
use crate::iteration::Iteration;
use crate::memory::Memory;
use crate::parameters::{Config, EMERGENCY_ITERATION, MAX_ITERATIONS, Millis, RELAX_ITERATION, Start, is_emergency};
use crate::progress::Progress;
use crate::queue::Queue;
use crate::signing::Signer;
use crate::timeouts::{RoundTimeouts, StepTimes};

/// The data that a round needs from the driver during one call.
#[derive(Debug)]
pub(crate) struct RoundContext<'a> {
    pub(crate) config: &'a Config,
    pub(crate) keys: &'a dyn Signer,
    pub(crate) now: Millis,
    pub(crate) queue: &'a mut Queue,
    pub(crate) times: &'a mut StepTimes,
    pub(crate) next_id: &'a mut u64,
    pub(crate) memory: &'a mut Memory,
    /// Why the message of this call is refused, if it is.
    pub(crate) offence: Option<Offence>,
    pub(crate) out: Vec<Output>,
}

impl RoundContext<'_> {
    pub(crate) fn request_id(&mut self) -> RequestId {
        *self.next_id += 1;
        RequestId(*self.next_id)
    }

    /// Notes that the message of this call is one that no honest node passes on. The first reason counts.
    pub(crate) fn offend(&mut self, offence: Offence) {
        self.offence.get_or_insert(offence);
    }

    /// Writes to disk, before anything that comes later is sent, and remembers it.
    fn persist(&mut self, record: Persist) {
        self.memory.note(&record);
        self.out.push(Output::Persist(record));
    }

    /// Tells other nodes, if there are any.
    fn broadcast(&mut self, message: impl FnOnce() -> Message) {
        if !self.config.alone {
            self.out.push(Output::Broadcast(message()));
        }
    }

    /// Passes a message on that came in this call, if there are other nodes.
    pub(crate) fn relay(&mut self, message: impl FnOnce() -> Message) {
        if !self.config.alone {
            self.out.push(Output::Relay(message()));
        }
    }

    /// Asks other nodes, if there are any.
    fn ask(&mut self, item: InventoryItem) {
        if !self.config.alone {
            self.out.push(Output::Request(item.into()));
        }
    }
}

/// The state of the round in its current iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Waiting to be told to begin.
    Held,
    /// Waiting for a candidate, and for the slot to open.
    Proposal,
    /// Counting votes on the candidate.
    Validation,
    /// Counting votes on the validation's result.
    Ratification,
    /// The last iteration has run out of time: any success ends the round, whenever it comes.
    Open,
    /// A block was decided; waiting for the node to accept it.
    Decided,
}

/// The relation of a message to the round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timing {
    /// Its step has not come.
    Early,
    /// It is for the current step, or for an iteration that emergency mode keeps open.
    Now,
    /// Its step is over.
    Late,
}

/// A block body that the node is making.
#[derive(Debug)]
struct Building {
    request: RequestId,
    iteration: u8,
    failed: IterationsInfo,
}

/// The round that decides the block after a tip.
#[derive(Debug)]
pub(crate) struct Round {
    verifier: Verifier,
    height: u64,
    iterations: BTreeMap<u8, Iteration>,
    current: u8,
    phase: Phase,
    /// When the current step began to count.
    since: Millis,
    timeouts: RoundTimeouts,
    slot: Millis,
    slot_open: bool,
    deadline: Option<Millis>,
    building: Option<Building>,
    verifying: BTreeMap<RequestId, (u8, Hash)>,
    /// A success whose candidate is missing, or breaks a rule as far as this node can tell.
    wanted: Option<(u8, Attestation)>,
    /// The iteration of the last decision.
    decided: Option<u8>,
    progress: Progress,
    /// How this node waits for those that are behind.
    patience: meeting::Patience,
    /// The iteration in which this node was before its restart, or before another tip took the place of this one. It
    /// has proposed there, if it was its turn.
    resumed: Option<u8>,
}

impl Round {
    /// The round after `tip`; it does nothing before [`start`](Self::start).
    pub(crate) fn new(config: Config, tip: TipContext, times: &StepTimes) -> Self {
        let current = tip.resume.map_or(0, |saved| match saved {
            _ if is_emergency(saved) => EMERGENCY_ITERATION + 1,
            _ if config.alone || config.planted_drift => saved + 1,
            _ => saved,
        });
        let resumed = tip.resume.filter(|saved| *saved == current);
        let verifier = Verifier::new(config, tip);
        Self {
            height: verifier.tip().header.height.saturating_add(1),
            slot: Millis::from_secs(verifier.earliest(0)),
            verifier,
            iterations: BTreeMap::new(),
            current,
            phase: Phase::Held,
            since: Millis::default(),
            timeouts: RoundTimeouts::new(times, config.timeouts),
            slot_open: false,
            deadline: None,
            building: None,
            verifying: BTreeMap::new(),
            wanted: None,
            decided: None,
            progress: Progress::default(),
            patience: meeting::Patience::default(),
            resumed,
        }
    }

    pub(crate) const fn height(&self) -> u64 {
        self.height
    }

    pub(crate) const fn position(&self) -> (u8, Phase) {
        (self.current, self.phase)
    }

    pub(crate) const fn verifier(&mut self) -> &mut Verifier {
        &mut self.verifier
    }

    /// When the slot's timer should fire.
    pub(crate) fn slot_timer(&self) -> Option<Millis> {
        (self.phase == Phase::Proposal && !self.slot_open).then_some(self.slot)
    }

    /// When the step's timer should fire.
    ///
    /// A node without peers waits for its own block as long as it takes: nobody else could propose in its stead.
    pub(crate) const fn step_timer(&self, alone: bool) -> Option<Millis> {
        if alone && self.building.is_some() && matches!(self.phase, Phase::Proposal) { None } else { self.deadline }
    }

    /// Begins, unless rounds begin on demand.
    pub(crate) fn start(&mut self, context: &mut RoundContext<'_>) {
        self.note_waiting(context);
        if context.config.start == Start::AtOnce {
            self.begin_iteration(context, self.current);
        }
    }

    /// Begins on demand.
    pub(crate) fn go(&mut self, context: &mut RoundContext<'_>) {
        if self.phase == Phase::Held {
            self.begin_iteration(context, self.current);
        }
    }

    pub(crate) const fn prev_hash(&self) -> Hash {
        self.verifier.tip().header.hash
    }

    /// The state of an iteration of this round.
    fn iteration(&mut self, iteration: u8) -> &mut Iteration {
        let committees = self.verifier.committees();
        self.iterations.entry(iteration).or_insert_with(|| Iteration::new(iteration, committees))
    }

    /// The step that the round is in; `None` when it is in none.
    const fn step(&self) -> Option<StepName> {
        match self.phase {
            Phase::Held | Phase::Decided => None,
            Phase::Proposal => Some(StepName::Proposal),
            Phase::Validation => Some(StepName::Validation),
            Phase::Ratification | Phase::Open => Some(StepName::Ratification),
        }
    }

    fn timing(&self, iteration: u8, step: StepName) -> Timing {
        let early = match self.phase {
            Phase::Held => true,
            Phase::Decided => iteration > self.current,
            _ => (iteration, Some(step)) > (self.current, self.step()),
        };
        if early {
            Timing::Early
        } else if is_emergency(iteration) || (iteration, Some(step)) == (self.current, self.step()) {
            Timing::Now
        } else {
            Timing::Late
        }
    }

    // ---- Steps -----------------------------------------------------------------------------------------------------

    fn begin_iteration(&mut self, context: &mut RoundContext<'_>, iteration: u8) {
        debug!(round = self.height, iteration, "iteration begins");
        self.current = iteration;
        self.phase = Phase::Proposal;
        self.progress.begin();
        self.patience.begin();
        let (prev_block_hash, round) = (self.prev_hash(), self.height);
        context.persist(Persist::Iteration { prev_block_hash, round, iteration });
        self.since = context.now.max(self.slot);
        self.deadline = Some(self.since.plus(self.timeouts.of(StepName::Proposal)));
        if self.iteration(iteration).failure.is_some() {
            // Others have already proven that it failed.
            return self.next_iteration(context);
        }
        self.slot_open = context.now >= self.slot;
        if self.slot_open {
            self.open_slot(context);
        }
        self.drain(context, iteration, StepName::Proposal);
        self.leave_proposal(context);
        if self.resumed == Some(iteration) && (self.current, self.phase) == (iteration, Phase::Proposal) {
            context.ask(InventoryItem::CandidateFromIteration(self.consensus_header(iteration)));
        }
        self.drain_left_out(context);
    }

    fn next_iteration(&mut self, context: &mut RoundContext<'_>) {
        if self.current + 1 < MAX_ITERATIONS {
            self.begin_iteration(context, self.current + 1);
        } else {
            debug!(round = self.height, "open consensus");
            self.phase = Phase::Open;
            self.deadline = None;
            self.drain_left_out(context);
        }
    }

    /// The moment has come from which this round's block may be dated.
    fn open_slot(&mut self, context: &mut RoundContext<'_>) {
        self.slot_open = true;
        let current = self.current;
        let generator = self.verifier.committees().generator(current);
        let has_candidate = self.iteration(current).candidate.is_some() || self.resumed == Some(current);
        if let Some(generator) = generator.filter(|key| context.keys.holds(key) && !has_candidate) {
            self.build(context, generator);
        }
    }

    fn build(&mut self, context: &mut RoundContext<'_>, generator: BlsKey) {
        let failed = self.failed_iterations();
        let id = context.request_id();
        let request = BuildRequest {
            id,
            round: self.height,
            iteration: self.current,
            generator,
            prev_state_root: self.verifier.tip().header.state_root,
            voters: self.tip_voters(),
            slashes: crate::faults::slashes(&failed, &[]),
            max_body_bytes: candidates::max_body_bytes(&failed),
            deadline: self.deadline.filter(|_| !context.config.alone),
        };
        self.building = Some(Building { request: id, iteration: self.current, failed });
        context.out.push(Output::Build(Box::new(request)));
    }

    fn tip_voters(&self) -> Vec<Voter> {
        self.verifier.tip_voters().to_vec()
    }

    /// The proofs of failed iterations that a block of the current iteration reports.
    fn failed_iterations(&mut self) -> IterationsInfo {
        let count = self.current.min(RELAX_ITERATION);
        let item = |iteration| {
            let attestation = self.iterations.get(&iteration).and_then(|known| known.failure)?;
            let generator = self.verifier.committees().generator(iteration)?;
            Some(FailedIteration { attestation, generator })
        };
        let items: Vec<_> = (0..count).map(item).collect();
        items.try_into().expect("no more iterations are reported than a block may report")
    }

    /// Goes on to validation, if there is a candidate and the slot is open.
    fn leave_proposal(&mut self, context: &mut RoundContext<'_>) {
        let current = self.current;
        if self.phase == Phase::Proposal && self.slot_open && self.iteration(current).candidate.is_some() {
            self.record(context, StepName::Proposal);
            self.enter_validation(context);
        }
    }

    fn enter_validation(&mut self, context: &mut RoundContext<'_>) {
        let current = self.current;
        self.enter(context, Phase::Validation, StepName::Validation);
        self.vote_on_candidate(context, current);
        self.drain(context, current, StepName::Validation);
    }

    fn enter_ratification(&mut self, context: &mut RoundContext<'_>, result: ValidationResult) {
        let current = self.current;
        self.enter(context, Phase::Ratification, StepName::Ratification);
        self.iteration(current).result = result;
        self.ratify(context, current, result);
        self.drain(context, current, StepName::Ratification);
    }

    fn enter(&mut self, context: &RoundContext<'_>, phase: Phase, step: StepName) {
        self.phase = phase;
        self.since = context.now;
        self.deadline = Some(context.now.plus(self.timeouts.of(step)));
    }

    /// Records how long a step took that came to a result.
    fn record(&self, context: &mut RoundContext<'_>, step: StepName) {
        context.times.record(step, context.now.since(self.since));
    }

    /// Handles what has waited for a step, if the round is still in it.
    fn drain(&mut self, context: &mut RoundContext<'_>, iteration: u8, step: StepName) {
        if (self.current, self.step()) != (iteration, Some(step)) {
            return;
        }
        let Some(number) = step.number(iteration) else { return };
        self.take_up(context, number);
    }

    /// Handles the messages that have waited for a step. Their faults are no fault of the message of this call.
    fn take_up(&mut self, context: &mut RoundContext<'_>, step: u8) {
        let (waiting, offence) = (context.queue.take(self.height, step), context.offence);
        self.on_messages(context, waiting, Origin::Queue);
        context.offence = offence;
    }

    /// Counts what has waited for iterations that emergency mode keeps open, and that the round left out.
    fn drain_left_out(&mut self, context: &mut RoundContext<'_>) {
        let end = if self.phase == Phase::Open { MAX_ITERATIONS } else { self.current };
        let [Some(first), Some(end)] = [EMERGENCY_ITERATION, end].map(|it| StepName::Proposal.number(it)) else {
            return;
        };
        for step in context.queue.steps(self.height, first..end) {
            self.take_up(context, step);
            // That a message has waited says nothing of where its signer is now.
            self.progress.begin();
        }
    }

    // ---- Timers ----------------------------------------------------------------------------------------------------

    pub(crate) fn on_slot_timer(&mut self, context: &mut RoundContext<'_>) {
        if self.phase == Phase::Proposal && !self.slot_open {
            self.open_slot(context);
            self.leave_proposal(context);
        }
    }

    pub(crate) fn on_step_timer(&mut self, context: &mut RoundContext<'_>) {
        let header = self.consensus_header(self.current);
        debug!(round = self.height, iteration = self.current, phase = ?self.phase, "timeout");
        if self.wanted.is_some() {
            // The clock may have come to the time of a block that was ahead of it.
            self.decide_wanted(context);
            if self.wanted.is_none() {
                self.phase = Phase::Decided;
                self.deadline = Some(context.now.plus(context.config.timeouts.min));
                return;
            }
        }
        if self.catch_up(context) {
            return;
        }
        let phase = self.phase;
        match phase {
            Phase::Held | Phase::Open => {}
            Phase::Proposal => {
                self.timeouts.expired(StepName::Proposal);
                if is_emergency(self.current) {
                    context.ask(InventoryItem::CandidateFromIteration(header));
                }
                self.enter_validation(context);
            }
            Phase::Validation => {
                self.timeouts.expired(StepName::Validation);
                if is_emergency(self.current) {
                    context.ask(InventoryItem::ValidationResult(header));
                }
                self.enter_ratification(context, ValidationResult::default());
            }
            Phase::Ratification if self.waits_for_others(context) => {}
            Phase::Ratification => {
                self.timeouts.expired(StepName::Ratification);
                self.next_iteration(context);
            }
            Phase::Decided => self.next_iteration(context),
        }
    }

    fn consensus_header(&self, iteration: u8) -> ConsensusHeader {
        ConsensusHeader { prev_block_hash: self.prev_hash(), round: self.height, iteration }
    }
}

/// Where a message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From another node, in this very call.
    Network,
    /// From the queue: its signature has been verified, and it was relayed when it came.
    Queue,
}
