//! The state machine that the node drives.

use dusk_core::signatures::bls::SecretKey;
use local_node_types::codec::Encode;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{Block, ConsensusHeader, Header, StepName, Vote};
use local_node_types::message::{Message, SignedBy, ratification_bytes, validation_bytes};
use tracing::debug;

use crate::header::{HeaderError, HeaderFacts, Stage, Verifier};
use crate::interface::{Input, Offence, Output, Persist, Reception, TimerId, TipContext};
use crate::memory::Memory;
use crate::parameters::{Config, MAX_ITERATIONS, MAX_ROUND_DISTANCE, Millis};
use crate::queue::Queue;
use crate::round::{Origin, Phase, Round, RoundContext, check_candidate, has_result, is_possible};
use crate::signing::{Keyring, Signer};
use crate::timeouts::StepTimes;

/// The most votes of one signer for one later round that the node relays with a validation result. The node cannot
/// verify the results yet. Nodes of that round blame it for invalid ones, and a provisioner can sign such votes for all
/// iterations.
const MAX_UNVERIFIED_RESULTS: usize = 2;

/// The two timers that a round can need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Slot,
    Step,
}

/// The purpose of a requested timer.
#[derive(Debug, Clone, Copy)]
struct Armed {
    id: TimerId,
    purpose: Purpose,
    at: Millis,
}

/// Succinct Attestation as a state machine: [`step`](Self::step) takes what happened and says what to do.
///
/// It reads no clock, draws no random number and does no I/O, so the same inputs give the same outputs. The first input
/// is [`Input::NewTip`]; every later one begins the next round.
#[derive(Debug)]
pub struct Consensus {
    config: Config,
    keys: Box<dyn Signer>,
    times: StepTimes,
    queue: Queue,
    round: Option<Round>,
    next_id: u64,
    armed: Vec<Armed>,
    memory: Memory,
}

impl Consensus {
    /// A node that proposes and votes with `keys`, of which there may be any number, also none.
    #[must_use]
    pub fn new(config: Config, keys: Vec<SecretKey>) -> Self {
        Self::with_step_times(config, keys, StepTimes::default())
    }

    /// As [`new`](Self::new), with the times that steps took before the node was restarted.
    #[must_use]
    pub fn with_step_times(config: Config, keys: Vec<SecretKey>, times: StepTimes) -> Self {
        Self::with_signer(config, Box::new(Keyring::new(keys)), times)
    }

    /// As [`with_step_times`](Self::with_step_times), with keys that sign in a way of their own.
    #[must_use]
    pub fn with_signer(config: Config, keys: Box<dyn Signer>, times: StepTimes) -> Self {
        Self {
            config,
            keys,
            times,
            queue: Queue::default(),
            round: None,
            next_id: 0,
            armed: Vec::new(),
            memory: Memory::default(),
        }
    }

    /// How long steps took lately, for the node to keep over a restart.
    #[must_use]
    pub const fn step_times(&self) -> &StepTimes {
        &self.times
    }

    /// The keys with which this node proposes and votes.
    pub fn keys(&self) -> impl Iterator<Item = &BlsKey> {
        self.keys.keys()
    }

    /// The round and iteration that are running, if any.
    #[must_use]
    pub fn position(&self) -> Option<(u64, u8)> {
        let round = self.round.as_ref()?;
        match round.position() {
            (_, Phase::Held) => None,
            (iteration, _) => Some((round.height(), iteration)),
        }
    }

    /// Whether the round has run out of iterations, and waits for a success of any of them.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.round.as_ref().is_some_and(|round| round.position().1 == Phase::Open)
    }

    /// Verifies the header of a block that claims to follow the current tip, such as one that a peer sent.
    ///
    /// # Errors
    /// The first rule that it breaks; [`HeaderError::PreviousHash`] also when there is no tip yet.
    pub fn verify_header(&mut self, header: &Header, now: Millis, stage: Stage) -> Result<HeaderFacts, HeaderError> {
        let round = self.round.as_mut().ok_or(HeaderError::PreviousHash)?;
        round.verifier().verify(header, now, stage)
    }

    /// The verifier of headers and attestations for the current tip, with what it remembers.
    pub fn verifier(&mut self) -> Option<&mut Verifier> {
        self.round.as_mut().map(Round::verifier)
    }

    /// Takes note of what was persisted in an earlier life; iterations and votes count. To be called before the first
    /// tip is given.
    pub fn restore(&mut self, record: &Persist) {
        self.memory.note(record);
    }

    /// The chain up to this height is final: records of rounds up to there are forgotten.
    pub fn settle(&mut self, height: u64) {
        self.memory.forget_to(height);
    }

    /// The votes of this node's keys on the latest tips, also those of an earlier life that were restored.
    pub fn votes(&self) -> impl Iterator<Item = (ConsensusHeader, StepName, Vote)> {
        self.memory.votes()
    }

    /// How many bytes the messages take that are kept for later steps.
    #[must_use]
    pub const fn queued_bytes(&self) -> usize {
        self.queue.bytes()
    }

    /// Takes in what happened at `now` and returns what to do, in order.
    #[must_use = "the outputs have to be carried out"]
    pub fn step(&mut self, now: Millis, input: Input) -> Vec<Output> {
        self.handle(now, input).outputs
    }

    /// As [`step`](Self::step) with one message from a peer; also says whether it proves an offence.
    pub fn receive(&mut self, now: Millis, message: Message) -> Reception {
        self.handle(now, Input::Message(message))
    }

    fn handle(&mut self, now: Millis, input: Input) -> Reception {
        let input = match input {
            Input::NewTip(tip) => return Reception { outputs: self.new_tip(now, *tip), offence: None },
            other => other,
        };
        let Some(mut round) = self.round.take() else { return Reception { outputs: Vec::new(), offence: None } };
        let fired = if let Input::Timer(id) = input { self.disarm(id) } else { None };
        let mut context = self.context(now);
        match input {
            Input::NewTip(_) => unreachable!("handled above"),
            Input::Go => round.go(&mut context),
            Input::Message(message) => on_messages(&mut round, &mut context, vec![message]),
            Input::Messages(messages) => on_messages(&mut round, &mut context, messages),
            Input::Built { request, body } => round.on_built(&mut context, request, *body),
            Input::BuildFailed { request } => round.on_build_failed(request),
            Input::Verified { request, verdict } => round.on_verified(&mut context, request, verdict),
            Input::Timer(_) => match fired {
                Some(Purpose::Slot) => round.on_slot_timer(&mut context),
                Some(Purpose::Step) => round.on_step_timer(&mut context),
                None => {}
            },
        }
        let (out, offence) = (context.out, context.offence);
        Reception { outputs: self.finish(round, out), offence }
    }

    /// Takes note that a timer has fired; `None` when it had been replaced or cancelled.
    fn disarm(&mut self, id: TimerId) -> Option<Purpose> {
        let place = self.armed.iter().position(|armed| armed.id == id)?;
        Some(self.armed.remove(place).purpose)
    }

    fn context(&mut self, now: Millis) -> RoundContext<'_> {
        RoundContext {
            config: &self.config,
            keys: self.keys.as_ref(),
            now,
            queue: &mut self.queue,
            times: &mut self.times,
            next_id: &mut self.next_id,
            memory: &mut self.memory,
            offence: None,
            out: Vec::new(),
        }
    }

    fn new_tip(&mut self, now: Millis, mut tip: TipContext) -> Vec<Output> {
        tip.resume = tip.resume.max(self.memory.iteration(&tip.header.hash));
        let mut round = Round::new(self.config, tip, &self.times);
        debug!(round = round.height(), "round begins");
        self.queue.keep_from(round.height());
        let mut context = self.context(now);
        round.start(&mut context);
        let out = context.out;
        self.finish(round, out)
    }

    /// Keeps the round and brings the armed timers to what it needs.
    fn finish(&mut self, round: Round, mut out: Vec<Output>) -> Vec<Output> {
        let wanted = [(Purpose::Slot, round.slot_timer()), (Purpose::Step, round.step_timer(self.config.alone))];
        let keep = |armed: &Armed| wanted.contains(&(armed.purpose, Some(armed.at)));
        out.extend(self.armed.extract_if(.., |armed| !keep(armed)).map(|armed| Output::CancelTimer(armed.id)));
        for (purpose, at) in wanted {
            let Some(at) = at else { continue };
            if self.armed.iter().all(|armed| armed.purpose != purpose) {
                self.next_id += 1;
                let id = TimerId(self.next_id);
                self.armed.push(Armed { id, purpose, at });
                out.push(Output::SetTimer { id, at });
            }
        }
        self.round = Some(round);
        out
    }
}

/// Sorts messages by round: those of this round are handled, those of the next ones kept, the others dropped.
fn on_messages(round: &mut Round, context: &mut RoundContext<'_>, messages: Vec<Message>) {
    let mut present = Vec::new();
    for message in messages {
        let Some((header, _)) = message.consensus_step() else { continue };
        if header.round == round.height() {
            present.push(message);
        } else if header.round > round.height() && header.round - round.height() <= MAX_ROUND_DISTANCE {
            keep(round, context, message, &header);
        }
    }
    round.on_messages(context, present, Origin::Network);
}

/// Keeps a message of a later round, if a provisioner has signed it. The committee is not known yet.
fn keep(round: &mut Round, context: &mut RoundContext<'_>, message: Message, header: &ConsensusHeader) {
    let (signed, bytes, size) = match &message {
        Message::Validation(vote) => (vote.signed, validation_bytes(header, &vote.vote), size_of_val(vote.as_ref())),
        Message::Ratification(vote) => {
            (vote.signed, ratification_bytes(header, &vote.vote), size_of_val(vote.as_ref()))
        }
        Message::Candidate(block) => (signed_by(block), block.header.hash.to_vec(), block.encoded().len()),
        _ => return,
    };
    let Some(step) = message.consensus_step().and_then(|(_, step)| step.number(header.iteration)) else { return };
    let version = context.config.profile.at(header.round).fork().bls_version();
    let provisioners = round.verifier().committees().provisioners();
    let signer = provisioners.get(&signed.signer).filter(|found| found.stake.is_eligible(header.round));
    let Some(signer) = signer.filter(|_| header.iteration < MAX_ITERATIONS) else { return };
    if !context.queue.would_keep(header.round, step, &signed.signer, size) {
        return;
    }
    // Nodes of that round refuse such a vote, and would blame this one for it.
    if !is_possible(&message) {
        return context.offend(Offence::Contents);
    }
    if provisioners.signatures().verify(&[signer.point], &signed.signature, &bytes, version).is_err() {
        return context.offend(Offence::Signature);
    }
    if matches!(&message, Message::Candidate(block) if check_candidate(block).is_err()) {
        return context.offend(Offence::Contents);
    }
    let waiting = context.queue.of_signer(header.round, &signed.signer).filter(|waiting| has_result(waiting)).count();
    if !has_result(&message) || waiting < MAX_UNVERIFIED_RESULTS {
        context.relay(|| message.clone());
    }
    context.queue.put(header.round, step, signed.signer, size, message);
}

const fn signed_by(block: &Block) -> SignedBy {
    SignedBy { signer: block.header.generator, signature: block.header.signature }
}
