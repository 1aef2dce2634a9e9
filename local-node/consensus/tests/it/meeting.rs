//! Nodes that are in different iterations, and come together.

use local_node_consensus::committee::Committees;
use local_node_consensus::{Consensus, EMERGENCY_ITERATION, Input, Output, TimerId, TipContext};
use local_node_types::ledger::{ConsensusHeader, StepName, Vote};
use local_node_types::message::InventoryItem;

use crate::attacks::vote;
use crate::rounds::{NOW, STAKERS, chain, config};
use crate::support::{key, provisioners, secret};

/// More than a third of the stake, and less.
pub(crate) const MANY: [u64; 3] = [4, 5, 6];
const FEW: [u64; 2] = [1, 2];

/// A node that hears of time and of votes.
pub(crate) struct Listener {
    pub(crate) node: Consensus,
    timer: Option<TimerId>,
    asked: Vec<InventoryItem>,
}

impl Listener {
    fn new() -> Self {
        Self::in_round([3], chain().context())
    }

    /// A node with these keys, in the round after a tip.
    pub(crate) fn in_round(keys: impl IntoIterator<Item = u64>, tip: TipContext) -> Self {
        let node = Consensus::new(config(), keys.into_iter().map(secret).collect());
        let mut listener = Self { node, timer: None, asked: Vec::new() };
        listener.take(Input::NewTip(Box::new(tip)));
        listener
    }

    pub(crate) fn take(&mut self, input: Input) -> Vec<Output> {
        let outputs = self.node.step(NOW, input);
        for output in &outputs {
            match output {
                Output::SetTimer { id, .. } => self.timer = Some(*id),
                Output::CancelTimer(id) => self.timer = self.timer.filter(|armed| armed != id),
                Output::Request(inventory) => self.asked.extend(&inventory.items),
                _ => {}
            }
        }
        outputs
    }

    fn hear(&mut self, number: u64, iteration: u8) {
        let header = ConsensusHeader { prev_block_hash: chain().tip().hash, round: 1, iteration };
        self.take(Input::Message(vote(number, header, Vote::NoCandidate)));
    }

    fn time_out(&mut self) -> u8 {
        self.run_out();
        self.iteration()
    }

    /// The time of its step runs out.
    pub(crate) fn run_out(&mut self) -> Vec<Output> {
        let timer = self.timer.take().expect("a timer is armed");
        self.take(Input::Timer(timer))
    }

    pub(crate) fn iteration(&self) -> u8 {
        self.node.position().expect("a round runs").1
    }
}

pub(crate) fn is_member(number: u64, iteration: u8) -> bool {
    let mut committees = Committees::new(provisioners(STAKERS), chain().tip().seed, 1);
    committees.voting(iteration, StepName::Validation).place(&key(number)).is_some()
}

/// The first iteration from `first` on in which all of these validate.
fn iteration_of(numbers: &[u64], first: u8) -> u8 {
    let all = |iteration: &u8| numbers.iter().all(|number| is_member(*number, *iteration));
    (first..EMERGENCY_ITERATION).find(all).expect("they are members together in some iteration")
}

#[test]
fn a_node_whose_step_times_out_goes_to_where_more_than_a_third_of_the_stake_is() {
    let mut listener = Listener::new();
    let iteration = iteration_of(&MANY, 3);
    MANY.into_iter().for_each(|number| listener.hear(number, iteration));
    assert_eq!(listener.iteration(), 0, "its step may still come to a result");
    assert_eq!(listener.time_out(), iteration);
    let header = ConsensusHeader { prev_block_hash: chain().tip().hash, round: 1, iteration };
    assert_eq!(listener.asked, [InventoryItem::CandidateFromIteration(header)]);
    // Votes for what it has left do not take it back.
    let earlier = iteration_of(&MANY, 1);
    MANY.into_iter().for_each(|number| listener.hear(number, earlier.min(iteration - 1)));
    assert!(listener.time_out() >= iteration);
}

#[test]
fn less_than_a_third_of_the_stake_pulls_nobody_ahead() {
    let mut listener = Listener::new();
    for number in FEW {
        // Their votes are for iterations that do not come up here.
        (10..50)
            .filter(|iteration| is_member(number, *iteration))
            .for_each(|iteration| listener.hear(number, iteration));
    }
    for iteration in 0..4 {
        assert_eq!(listener.iteration(), iteration);
        assert_eq!((listener.time_out(), listener.time_out()), (iteration, iteration));
        assert_eq!(listener.time_out(), iteration + 1, "each step takes its time");
    }
}

#[test]
fn a_node_stays_for_a_while_when_more_than_a_third_of_the_stake_is_behind() {
    let behind = iteration_of(&MANY, 0);
    let ahead = behind + 1;
    let waits = |numbers: &[u64]| {
        let mut listener = Listener::new();
        while listener.iteration() < ahead {
            listener.time_out();
        }
        numbers.iter().filter(|number| is_member(**number, behind)).for_each(|number| listener.hear(*number, behind));
        let timeouts = (1..).find(|_| listener.time_out() > ahead).expect("it goes on in the end");
        // The three steps of the iteration itself time out in any case.
        timeouts - 3
    };
    assert_eq!(waits(&MANY), 3, "as long as three more steps");
    assert_eq!(waits(&FEW), 0);
    assert_eq!(waits(&[]), 0);
}

/// Those that validate in an iteration and in the next one, except the listener.
fn members_of_both(iteration: u8) -> Vec<u64> {
    (1..=STAKERS).filter(|it| *it != 3 && is_member(*it, iteration) && is_member(*it, iteration + 1)).collect()
}

#[test]
fn who_has_been_waited_for_gets_the_time_of_an_iteration() {
    // The stakes are 1100, 1200, … DUSK.
    let is_enough = |iteration: &u8| {
        let stake: u64 = members_of_both(*iteration).iter().map(|number| 1000 + 100 * number).sum();
        3 * stake > (1..=STAKERS).map(|number| 1000 + 100 * number).sum()
    };
    let behind = (0..EMERGENCY_ITERATION - 2).find(is_enough).expect("enough are members in two iterations in a row");
    let members = members_of_both(behind);
    let mut listener = Listener::new();
    while listener.iteration() < behind + 1 {
        listener.time_out();
    }
    members.iter().for_each(|number| listener.hear(*number, behind));
    (0..3).for_each(|_| _ = listener.time_out());
    assert_eq!(listener.iteration(), behind + 1, "it waits");
    members.iter().for_each(|number| listener.hear(*number, behind + 1));
    assert_eq!((listener.time_out(), listener.time_out()), (behind + 1, behind + 2), "it waits once more, and goes on");
}
