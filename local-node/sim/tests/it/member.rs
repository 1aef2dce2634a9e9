//! One member of a round: the shipped machine with ideal signatures, over the model of a ledger.

use std::collections::{BTreeMap, VecDeque};

use local_node_consensus::{Config, Consensus, Input, Millis, Output, StepTimes, TimerId, TipContext};
use local_node_core::mempool::Queue;
use local_node_core::{Answer, LedgerRequest};
use local_node_sim::keys::Scheme;
use local_node_sim::ledger::{GENESIS_SECONDS, Ledger};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::Hash;
use local_node_types::message::Message;

const NOW: Millis = Millis::from_secs(GENESIS_SECONDS + 2);

/// Something that comes to the member.
#[derive(Debug, Clone)]
pub(crate) enum Thing {
    Message(Message),
    Timeout,
}

/// A member, and what it has said.
#[derive(Debug)]
pub(crate) struct Member {
    consensus: Consensus,
    ledger: Ledger,
    now: Millis,
    timers: BTreeMap<TimerId, Millis>,
    /// The messages that it has sent to others.
    pub(crate) said: Vec<Message>,
    /// The blocks that it has decided.
    pub(crate) decided: Vec<Hash>,
    /// The members that it has seen contradict themselves.
    pub(crate) accused: Vec<BlsKey>,
}

impl Member {
    pub(crate) fn new(ledger: &Ledger, number: u64) -> Self {
        Self::with_quorum(ledger, number, None)
    }

    /// A member that takes so many credits for a quorum: a planted bug.
    pub(crate) fn with_quorum(ledger: &Ledger, number: u64, planted_quorum: Option<u32>) -> Self {
        let signer = Scheme::Ideal.signer(&[number]);
        let config = Config { planted_quorum, ..Config::local(Millis(1000)) };
        let consensus = Consensus::with_signer(config, signer, StepTimes::default());
        let (ledger, timers) = (ledger.clone(), BTreeMap::new());
        let (said, decided, accused) = (Vec::new(), Vec::new(), Vec::new());
        let mut member = Self { consensus, ledger, now: NOW, timers, said, decided, accused };
        let tip = member.ledger.tip();
        let (header, provisioners) = (tip.block.header.clone(), tip.provisioners.clone());
        member.take(Input::NewTip(Box::new(TipContext { header, provisioners, before: None, resume: None })));
        member
    }

    /// Takes something in, and carries out what comes of it.
    pub(crate) fn take(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for output in self.consensus.step(self.now, input) {
                match output {
                    Output::Build(request) => {
                        let id = request.id;
                        let (faults, queue) = (Vec::new(), Queue::new(std::iter::empty()));
                        let built = self.ledger.carry_out(LedgerRequest::Build { request, faults, queue });
                        let Answer::Built { body, .. } = built else { panic!("{built:?}") };
                        inputs.push_back(Input::Built { request: id, body });
                    }
                    Output::Verify(request) => {
                        let id = request.id;
                        let verified = self.ledger.carry_out(LedgerRequest::Verify(request));
                        let Answer::Verified(verdict) = verified else { panic!("{verified:?}") };
                        inputs.push_back(Input::Verified { request: id, verdict });
                    }
                    Output::SetTimer { id, at } => _ = self.timers.insert(id, at),
                    Output::CancelTimer(id) => _ = self.timers.remove(&id),
                    Output::Broadcast(message) => self.said.push(message),
                    Output::Decide(decision) => self.decided.push(decision.block.header.hash),
                    Output::Misbehaviour(fault) => self.accused.push(fault.signatures()[0].0),
                    _ => {}
                }
            }
        }
    }

    pub(crate) fn on(&mut self, thing: &Thing) {
        match thing {
            Thing::Message(message) => self.take(Input::Message(message.clone())),
            Thing::Timeout => {
                let Some((at, id)) = self.timers.iter().map(|(id, at)| (*at, *id)).min() else { return };
                self.timers.remove(&id);
                self.now = self.now.max(at);
                self.take(Input::Timer(id));
            }
        }
    }

    /// The iteration in which it is.
    pub(crate) fn iteration(&self) -> Option<u8> {
        self.consensus.position().map(|(_, iteration)| iteration)
    }

    /// All that decides what it does next, as text.
    pub(crate) fn state(&self) -> String {
        format!("{:?} {:?} {:?}", self.consensus, self.now, self.timers)
    }
}

/// The signer of a candidate or a vote.
pub(crate) fn signer_of(message: &Message) -> Option<BlsKey> {
    match message {
        Message::Candidate(block) => Some(block.header.generator),
        Message::Validation(vote) => Some(vote.signed.signer),
        Message::Ratification(vote) => Some(vote.signed.signer),
        _ => None,
    }
}
