//! The queue beside a plain list, over random sequences of messages.

use std::collections::BTreeMap;

use local_node_types::keys::BlsKey;
use local_node_types::message::{GetBlocks, Message};
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use super::{MAX_QUEUE_BYTES, MAX_SIGNER_BYTES, Queue};
use crate::parameters::MAX_ROUND_DISTANCE;

/// More signers than the queue has room for, if each takes as much as it may.
const SIGNERS: u8 = 24;
const ROUNDS: u64 = 4;
const STEPS: u8 = 3;
const MIB: usize = 1 << 20;

/// An operation on a queue.
#[derive(Debug, Clone)]
enum Deed {
    /// A message comes: round from the present one on, step, signer, bytes.
    Put(u64, u8, u8, usize),
    /// A step begins.
    Take(u64, u8),
    /// The round ends.
    NextRound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Waiting {
    round: u64,
    step: u8,
    signer: u8,
    bytes: usize,
    number: u64,
}

/// The rules in a plain list, in the order of arrival.
#[derive(Debug, Clone)]
struct Model {
    round: u64,
    came: u64,
    waiting: Vec<Waiting>,
    /// The messages that the last step took.
    taken: Vec<u64>,
}

impl Model {
    fn bytes_of(&self, signer: u8) -> usize {
        self.waiting.iter().filter(|it| it.signer == signer).map(|it| it.bytes).sum()
    }

    fn bytes(&self) -> usize {
        self.waiting.iter().map(|it| it.bytes).sum()
    }

    fn drop_oldest_of(&mut self, signer: u8) {
        if let Some(place) = self.waiting.iter().position(|it| it.signer == signer) {
            self.waiting.remove(place);
        }
    }

    fn would_keep(&self, round: u64, step: u8, signer: u8, bytes: usize) -> bool {
        let same = |it: &Waiting| (it.round, it.step, it.signer) == (round, step, signer);
        bytes <= MAX_SIGNER_BYTES && !self.waiting.iter().any(same)
    }

    fn put(&mut self, round: u64, step: u8, signer: u8, bytes: usize) {
        self.came += 1;
        if !self.would_keep(round, step, signer, bytes) {
            return;
        }
        while self.bytes_of(signer) + bytes > MAX_SIGNER_BYTES {
            self.drop_oldest_of(signer);
        }
        while self.bytes() + bytes > MAX_QUEUE_BYTES {
            let greatest = (0..SIGNERS).max_by_key(|signer| self.bytes_of(*signer));
            greatest.into_iter().for_each(|signer| self.drop_oldest_of(signer));
        }
        self.waiting.push(Waiting { round, step, signer, bytes, number: self.came });
    }
}

struct Machine;

impl ReferenceStateMachine for Machine {
    type State = Model;
    type Transition = Deed;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model { round: 1, came: 0, waiting: Vec::new(), taken: Vec::new() }).boxed()
    }

    fn transitions(_: &Model) -> BoxedStrategy<Deed> {
        let bytes = prop_oneof![
            2 => 100..1000_usize,
            6 => (1..=4_usize).prop_map(|count| count * MIB),
            1 => Just(MAX_SIGNER_BYTES + 1),
        ];
        prop_oneof![
            16 => (0..ROUNDS, 0..STEPS, 0..SIGNERS, bytes)
                .prop_map(|(ahead, step, signer, bytes)| Deed::Put(ahead, step, signer, bytes)),
            2 => (0..ROUNDS, 0..STEPS).prop_map(|(ahead, step)| Deed::Take(ahead, step)),
            1 => Just(Deed::NextRound),
        ]
        .boxed()
    }

    fn apply(mut model: Model, deed: &Deed) -> Model {
        model.taken.clear();
        match *deed {
            Deed::Put(ahead, step, signer, bytes) => model.put(model.round + ahead, step, signer, bytes),
            Deed::Take(ahead, step) => {
                let round = model.round + ahead;
                let is_due = |it: &mut Waiting| (it.round, it.step) == (round, step);
                model.taken = model.waiting.extract_if(.., is_due).map(|it| it.number).collect();
            }
            Deed::NextRound => {
                model.round += 1;
                let wanted = model.round..=model.round + MAX_ROUND_DISTANCE;
                model.waiting.retain(|it| wanted.contains(&it.round));
            }
        }
        model
    }
}

fn key(signer: u8) -> BlsKey {
    BlsKey([signer; 96])
}

fn message(number: u64) -> Message {
    Message::GetBlocks(GetBlocks { locator: [0; 32], nonce: number })
}

fn number(message: &Message) -> u64 {
    let Message::GetBlocks(GetBlocks { nonce, .. }) = message else { panic!("{message:?} was not put in") };
    *nonce
}

struct Real(Queue);

impl StateMachineTest for Real {
    type SystemUnderTest = Self;
    type Reference = Machine;

    fn init_test(_: &Model) -> Self {
        Self(Queue::default())
    }

    fn apply(mut real: Self, model: &Model, deed: Deed) -> Self {
        let queue = &mut real.0;
        match deed {
            Deed::Put(ahead, step, signer, bytes) => {
                let (round, signer) = (model.round + ahead, key(signer));
                if queue.would_keep(round, step, &signer, bytes) {
                    queue.put(round, step, signer, bytes, message(model.came));
                }
            }
            Deed::Take(ahead, step) => {
                let taken: Vec<_> = queue.take(model.round + ahead, step).iter().map(number).collect();
                assert_eq!(taken, model.taken);
            }
            Deed::NextRound => queue.keep_from(model.round),
        }
        real
    }

    fn check_invariants(real: &Self, model: &Model) {
        let queue = &real.0;
        let found: Vec<_> = queue.messages.values().map(|it| number(&it.message)).collect();
        assert_eq!(found, model.waiting.iter().map(|it| it.number).collect::<Vec<_>>());
        assert_eq!(queue.bytes, model.bytes());
        let held: BTreeMap<_, _> = queue.signers.iter().map(|(signer, held)| (*signer, held.bytes)).collect();
        let signers = (0..SIGNERS).map(|signer| (key(signer), model.bytes_of(signer)));
        assert_eq!(held, signers.filter(|(_, bytes)| *bytes > 0).collect::<BTreeMap<_, _>>());
        for round in model.round..model.round + ROUNDS {
            let mut waiting: Vec<_> = queue.waiting(round).map(number).collect();
            waiting.sort_unstable();
            let of_round = model.waiting.iter().filter(|it| it.round == round);
            assert_eq!(waiting, of_round.map(|it| it.number).collect::<Vec<_>>());
            for signer in 0..SIGNERS {
                let mut waiting: Vec<_> = queue.of_signer(round, &key(signer)).map(number).collect();
                waiting.sort_unstable();
                let of_signer = model.waiting.iter().filter(|it| (it.round, it.signer) == (round, signer));
                assert_eq!(waiting, of_signer.map(|it| it.number).collect::<Vec<_>>());
            }
        }
        assert_eq!(queue.steps.values().map(BTreeMap::len).sum::<usize>(), model.waiting.len());
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_keeps_what_a_plain_list_keeps(sequential 1..150 => Real);
}
