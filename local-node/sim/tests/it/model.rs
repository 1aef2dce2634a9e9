//! Model checking of the first iteration of a small committee: honest members, and one that votes for everything.
//!
//! A state is the state of each honest member and the messages sent so far. Each sent message can reach a member at any
//! time in its step, again and again, or never; a member can run out of time in each step. The members are the shipped
//! machine. Each is built again from what has happened to it, once for all states in which it is the same.
//!
//! With a third member that is silent, all states are looked at. With one that votes for everything, the search ends
//! after [`MAX_STATES`] of them, and does not check the others.
//!
//! The search is ours: `stateright` turns on a feature of `serde`, so that everything above `serde` would be compiled
//! once more for tests.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use local_node_consensus::committee::{Committee, Committees};
use local_node_sim::keys::{Scheme, key, version};
use local_node_sim::ledger::{Ledger, Rules};
use local_node_types::codec::Encode;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{ConsensusHeader, StepName, StepVotes, Vote};
use local_node_types::message::{
    Message, Ratification, SignedBy, Validation, ValidationResult, ratification_bytes, validation_bytes,
};
use sha3::{Digest, Sha3_256};

use crate::member::{Member, Thing};

/// With so many credits of both kinds one member can make two quorums of one step: 43 + 33 - 64.
const TWO_QUORUMS: u32 = 12;
/// Steps whose time can run out: proposal, validation and ratification.
const TIMEOUTS: usize = 3;
/// The most states that are looked at. A search that is complete has looked at fewer.
const MAX_STATES: usize = 20_000;

/// The hash of a message.
type Name = [u8; 32];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Comes(Name),
    Timeout,
}

/// The state of an honest member.
#[derive(Debug)]
struct Local {
    history: Vec<Happens>,
    /// A hash over all that decides what it does next.
    state: Name,
    said: Vec<Name>,
    decided: Vec<Name>,
    accuses: bool,
    /// Whether it is still in the first iteration.
    is_first: bool,
    /// The steps in which it has voted there.
    voted: Vec<StepName>,
}

#[derive(Debug, Clone)]
struct State {
    members: Vec<Rc<Local>>,
    said: BTreeSet<Name>,
}

impl State {
    /// Two states with the same key are the same.
    fn key(&self) -> (Vec<Name>, BTreeSet<Name>) {
        (self.members.iter().map(|member| member.state).collect(), self.said.clone())
    }
}

/// The first iteration of a committee.
struct Iteration {
    ledger: Ledger,
    header: ConsensusHeader,
    honest: Vec<u64>,
    liar: u64,
    /// Whether the liar says nothing.
    is_silent: bool,
    /// How many credits the members take for a quorum, where that is wrong.
    planted: Option<u32>,
    /// The messages that are sent before anybody has received anything.
    first: BTreeSet<Name>,
    committees: BTreeMap<StepName, Arc<Committee>>,
    messages: RefCell<BTreeMap<Name, Message>>,
    known: RefCell<BTreeMap<(usize, Name, Happens), Rc<Local>>>,
}

fn name(message: &Message) -> Name {
    Sha3_256::digest(local_node_types::message::Frame::from(message.clone()).encoded()).into()
}

/// The iteration and the step of a vote.
fn step_of(message: &Message) -> Option<(ConsensusHeader, StepName)> {
    match message {
        Message::Validation(vote) => Some((vote.header, StepName::Validation)),
        Message::Ratification(vote) => Some((vote.header, StepName::Ratification)),
        _ => None,
    }
}

fn sign(signer: u64, bytes: &[u8]) -> SignedBy {
    let signature = Scheme::Ideal.signer(&[signer]).sign(&key(signer), bytes, version(1)).expect("it is its key");
    SignedBy { signer: key(signer), signature }
}

impl Iteration {
    /// The provisioners have these stakes, in DUSK; the one with the fewest credits is the liar.
    fn new(stakes: &[u64]) -> Option<Self> {
        let ledger = Ledger::new(Scheme::Ideal.provisioners(stakes), Rules::CHAIN);
        let tip = ledger.tip();
        let mut drawn = Committees::new(tip.provisioners.clone(), tip.block.header.seed, 1);
        let voting = [StepName::Validation, StepName::Ratification].map(|step| (step, drawn.voting(0, step)));
        let numbers = |committee: &Committee| -> BTreeMap<u64, u32> {
            let credits = |number| committee.members().iter().find(|it| it.key == key(number)).map(|it| it.credits);
            (1..).take(stakes.len()).filter_map(|number| Some((number, credits(number)?))).collect()
        };
        let [validators, ratifiers] = voting.each_ref().map(|(_, committee)| numbers(committee));
        if !validators.keys().eq(ratifiers.keys()) {
            return None;
        }
        let most = |number: &u64| validators[number].max(ratifiers[number]);
        let liar = validators.keys().copied().min_by_key(most).filter(|liar| most(liar) < TWO_QUORUMS)?;
        let honest: Vec<_> = validators.keys().copied().filter(|number| *number != liar).collect();
        let header = ConsensusHeader { prev_block_hash: tip.block.header.hash, round: 1, iteration: 0 };
        let generator = (1..).take(stakes.len()).find(|number| Some(key(*number)) == drawn.generator(0))?;
        let candidate =
            Member::new(&ledger, generator).said.into_iter().find(|it| matches!(it, Message::Candidate(_)))?;
        let Message::Candidate(block) = &candidate else { return None };
        let lies = [Vote::Valid(block.header.hash), Vote::NoCandidate].map(|vote| {
            let signed = sign(liar, &validation_bytes(&header, &vote));
            Message::Validation(Box::new(Validation { header, vote, signed }))
        });
        let mut iteration = Self {
            ledger,
            header,
            honest,
            liar,
            is_silent: false,
            planted: None,
            first: BTreeSet::new(),
            committees: voting.into(),
            messages: RefCell::default(),
            known: RefCell::default(),
        };
        let no_quorum =
            iteration.lie_about(Vote::NoQuorum, ValidationResult::new(Vote::NoQuorum, StepVotes::default()));
        iteration.first = [candidate].into_iter().chain(lies).chain([no_quorum]).map(|it| iteration.note(it)).collect();
        Some(iteration)
    }

    /// The same without a word of the liar.
    fn silent(mut self) -> Self {
        self.is_silent = true;
        let candidate = self.first.iter().copied().filter(|name| matches!(self.message(name), Message::Candidate(_)));
        self.first = candidate.collect();
        self
    }

    fn lie_about(&self, vote: Vote, validation: ValidationResult) -> Message {
        let header = self.header;
        let signed = sign(self.liar, &ratification_bytes(&header, &vote));
        Message::Ratification(Box::new(Ratification { header, vote, timestamp: 0, validation, signed }))
    }

    fn note(&self, message: Message) -> Name {
        let name = name(&message);
        self.messages.borrow_mut().insert(name, message);
        name
    }

    fn message(&self, name: &Name) -> Message {
        self.messages.borrow()[name].clone()
    }

    /// A member after all that has happened to it.
    fn local(&self, place: usize, history: Vec<Happens>) -> Local {
        let mut member = Member::with_quorum(&self.ledger, self.honest[place], self.planted);
        for happens in &history {
            member.on(&match happens {
                Happens::Comes(name) => Thing::Message(self.message(name)),
                Happens::Timeout => Thing::Timeout,
            });
        }
        let voted = member.said.iter().filter_map(step_of).filter(|(header, _)| *header == self.header);
        let voted = voted.map(|(_, step)| step).collect();
        let is_first = member.iteration().is_none_or(|iteration| iteration == 0);
        let mut said: Vec<_> = member.said.iter().map(|message| self.note(message.clone())).collect();
        // The liar ratifies whatever somebody has proven.
        let proven = member.said.iter().filter_map(|message| match message {
            Message::Ratification(vote) if vote.header == self.header && !self.is_silent => {
                Some((vote.vote, vote.validation))
            }
            _ => None,
        });
        said.extend(proven.map(|(vote, validation)| self.note(self.lie_about(vote, validation))).collect::<Vec<_>>());
        let state = Sha3_256::digest(member.state()).into();
        let (decided, accuses) = (member.decided, member.accused.contains(&key(self.liar)));
        Local { history, state, said, decided, accuses, is_first, voted }
    }

    /// The state of a member after an event; nothing when it stays the same.
    fn next(&self, place: usize, local: &Rc<Local>, happens: Happens) -> Option<Rc<Local>> {
        let entry = (place, local.state, happens);
        let known = self.known.borrow().get(&entry).cloned();
        let next = known.unwrap_or_else(|| {
            let mut history = local.history.clone();
            history.push(happens);
            let next = Rc::new(self.local(place, history));
            self.known.borrow_mut().insert(entry, Rc::clone(&next));
            next
        });
        (next.state != local.state).then_some(next)
    }

    /// The events that can still happen to a member and make a difference.
    fn open(&self, state: &State, place: usize) -> Vec<Happens> {
        let member = &state.members[place];
        if !member.is_first || !member.decided.is_empty() {
            return Vec::new();
        }
        let timeouts = member.history.iter().filter(|it| **it == Happens::Timeout).count();
        let timeout = (timeouts < TIMEOUTS).then_some(Happens::Timeout);
        // A vote that comes before its step waits in the queue, as if it came later; one that comes after it changes
        // nothing (`orders.rs` has both). A member that hears of an iteration's end goes on by it, or by its own time.
        let is_due = |name: &Name| match self.message(name) {
            Message::Quorum(_) => false,
            message => {
                let step = step_of(&message).filter(|(header, _)| *header == self.header);
                step.is_none_or(|(_, step)| member.voted.last() == Some(&step))
            }
        };
        let comes = state.said.iter().filter(|name| is_due(name));
        let all = comes.map(|name| Happens::Comes(*name)).chain(timeout);
        all.filter(|happens| self.next(place, member, *happens).is_some()).collect()
    }

    fn messages_of(&self, state: &State) -> Vec<Message> {
        state.said.iter().map(|name| self.message(name)).collect()
    }

    /// The results of a step, by the messages that state them.
    fn results(&self, state: &State, step: StepName) -> BTreeMap<Vote, u64> {
        let mut results = BTreeMap::new();
        for message in self.messages_of(state) {
            let found = match (&message, step) {
                (Message::Ratification(vote), StepName::Validation) if vote.header == self.header => {
                    Some((vote.validation.vote, vote.validation.step_votes))
                }
                (Message::Quorum(quorum), _) if quorum.header == self.header => {
                    let attestation = &quorum.attestation;
                    let votes = match step {
                        StepName::Validation => attestation.validation,
                        _ => attestation.ratification,
                    };
                    Some((*attestation.result.vote(), votes))
                }
                _ => None,
            };
            if let Some((vote, votes)) = found
                && (vote != Vote::NoQuorum || step == StepName::Ratification)
            {
                results.insert(vote, votes.bitset);
            }
        }
        results
    }
}

impl Iteration {
    fn start(&self) -> State {
        let members = (0..self.honest.len()).map(|place| Rc::new(self.local(place, Vec::new()))).collect();
        State { members, said: self.first.clone() }
    }

    fn next_states(&self, state: &State) -> Vec<State> {
        let mut all = Vec::new();
        for place in 0..state.members.len() {
            for happens in self.open(state, place) {
                let Some(member) = self.next(place, &state.members[place], happens) else { continue };
                let mut next = state.clone();
                next.said.extend(&member.said);
                next.members[place] = member;
                all.push(next);
            }
        }
        all
    }

    /// Checks the invariants of every state.
    fn check(&self, state: &State) -> Result<(), &'static str> {
        for (step, committee) in &self.committees {
            let results = self.results(state, *step);
            if results.len() > 1 {
                return Err("a step has two results");
            }
            let needed = |vote: &Vote| if vote.is_valid() { 43 } else { 33 };
            if results.iter().any(|(vote, bitset)| committee.credits(*bitset) < needed(vote)) {
                return Err("a result rests on too few credits");
            }
        }
        let mut votes = BTreeMap::<(BlsKey, StepName, u8), Vote>::new();
        for message in self.messages_of(state) {
            let (signed, step, header, vote) = match message {
                Message::Validation(it) => (it.signed, StepName::Validation, it.header, it.vote),
                Message::Ratification(it) => (it.signed, StepName::Ratification, it.header, it.vote),
                _ => continue,
            };
            let first = *votes.entry((signed.signer, step, header.iteration)).or_insert(vote);
            if first != vote && signed.signer != key(self.liar) {
                return Err("an honest member votes twice in a step");
            }
        }
        let decided: BTreeSet<_> = state.members.iter().flat_map(|member| &member.decided).collect();
        if decided.len() > 1 {
            return Err("members decide two blocks");
        }
        // The bound of liveness: three steps, each of which ends by what was said or by its time.
        let waits = |place: usize| {
            let member = &state.members[place];
            member.is_first && member.decided.is_empty() && self.open(state, place).is_empty()
        };
        if (0..state.members.len()).any(waits) {
            return Err("a member waits for what cannot come");
        }
        Ok(())
    }

    /// The names of the cases that this state shows. Each case has to appear in some state.
    fn seen(&self, state: &State) -> Vec<&'static str> {
        let (decided, left): (Vec<_>, Vec<_>) =
            state.members.iter().map(|member| (!member.decided.is_empty(), !member.is_first)).unzip();
        let results = self.results(state, StepName::Ratification);
        let seen = [
            ("all decide", decided.iter().all(|it| *it)),
            ("some decide, and others go on", decided.contains(&true) && left.contains(&true)),
            ("no candidate", results.contains_key(&Vote::NoCandidate)),
            ("no quorum", results.contains_key(&Vote::NoQuorum)),
            ("the liar is found out", state.members.iter().any(|member| member.accuses)),
        ];
        seen.into_iter().filter(|(_, is_seen)| *is_seen).map(|(what, _)| what).collect()
    }
}

/// The result of a search in which every invariant holds.
#[derive(Debug)]
struct Explored {
    /// How many states were looked at.
    states: usize,
    /// Whether these are all that can come to be.
    is_complete: bool,
    seen: BTreeSet<&'static str>,
}

/// Looks at the states that can come to be, up to a number: by turns at the nearest one and at the farthest one that
/// was not looked at. An error says what does not hold in one of them.
fn explore(model: &Iteration) -> Result<Explored, String> {
    let start = model.start();
    let (mut known, mut seen, mut looked_at) = (BTreeSet::from([start.key()]), BTreeSet::new(), 0);
    let mut open = VecDeque::from([start]);
    while looked_at < MAX_STATES
        && let Some(state) = if looked_at % 2 == 0 { open.pop_front() } else { open.pop_back() }
    {
        if let Err(broken) = model.check(&state) {
            let histories: Vec<_> = state.members.iter().map(|member| &member.history).collect();
            return Err(format!("{broken}: {histories:02x?}"));
        }
        looked_at += 1;
        seen.extend(model.seen(&state));
        open.extend(model.next_states(&state).into_iter().filter(|next| known.insert(next.key())));
    }
    Ok(Explored { states: looked_at, is_complete: open.is_empty(), seen })
}

/// Two honest members, and a liar that cannot make two quorums of one step.
fn small_committee() -> Iteration {
    let drawn = (1000..4000).step_by(250).filter_map(|stake| Iteration::new(&[1000, stake, 4000, 4000, 2000]));
    drawn.into_iter().find(|model| model.honest.len() == 2).expect("some stakes give such a committee")
}

#[test]
fn whatever_comes_in_whatever_order_a_step_has_one_result() {
    let Explored { states, is_complete, seen } = explore(&small_committee()).expect("all of it holds");
    assert!(states > 1000, "{states} states, all of them: {is_complete}");
    let expected =
        ["all decide", "no candidate", "no quorum", "some decide, and others go on", "the liar is found out"];
    assert_eq!(seen, BTreeSet::from(expected));
}

#[test]
fn two_members_beside_a_silent_one_keep_all_rules_in_every_state() {
    let Explored { states, is_complete, seen } = explore(&small_committee().silent()).expect("all of it holds");
    assert!(is_complete, "{states} states, and there are more");
    for expected in ["all decide", "some decide, and others go on", "no candidate"] {
        assert!(seen.contains(expected), "never in {states} states: {expected}");
    }
    assert!(!seen.contains("the liar is found out"), "it says nothing");
}

#[test]
fn a_quorum_of_a_third_of_the_credits_is_seen() {
    let broken = explore(&Iteration { planted: Some(22), ..small_committee() });
    assert!(broken.is_err_and(|what| what.contains("a result rests on too few credits")));
}
