//! The table beside a simple model of it, over random sequences of events.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::Union;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use super::{BUCKET_PEERS, MAX_MISSED_PINGS, MAX_SOURCE_PEERS, Missed, Placed, Table};
use crate::identity::{Height, Id};

const TTL: Duration = Duration::from_secs(30);
/// Buckets, and peers that each could have: more than fit.
const BUCKETS: std::ops::Range<Height> = 125..128;
const PEERS: u8 = 40;
/// Peers of one bucket share so many addresses, each of which may have four places.
const ADDRESSES: u8 = 6;

fn own() -> Id {
    Id::from_bytes([0; 16])
}

/// A peer by its bucket and number.
type Name = (Height, u8);

fn id(name: Name) -> Id {
    own().in_bucket(name.0, name.1.into())
}

fn address((height, number): Name) -> SocketAddr {
    SocketAddr::from(([10, 0, height, number % ADDRESSES], 9000 + u16::from(number)))
}

/// An event of a table.
#[derive(Debug, Clone)]
enum Event {
    Pass(u64),
    Place(Name),
    Touch(Name),
    Miss(Name),
    MissOldest(Height),
    Remove(Name),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// When it was heard of, and how many events came before it took this place.
    order: (Duration, u64),
    name: Name,
    missed: u8,
}

/// The model: peers in a plain list, and rules in plain words.
#[derive(Debug, Clone, Default)]
struct Model {
    now: Duration,
    events: u64,
    peers: Vec<Entry>,
    waiting: BTreeMap<Height, (Name, Duration)>,
    placed: Option<Placed>,
    missed: Option<Missed>,
}

impl Model {
    fn bucket(&self, height: Height) -> Vec<Entry> {
        let mut bucket: Vec<Entry> = self.peers.iter().filter(|entry| entry.name.0 == height).copied().collect();
        bucket.sort();
        bucket
    }

    fn touch(&mut self, name: Name) -> bool {
        let order = (self.now, self.events);
        let known = self.peers.iter_mut().find(|entry| entry.name == name);
        let is_known = known.is_some();
        known.into_iter().for_each(|entry| *entry = Entry { order, name, missed: 0 });
        is_known
    }

    fn place(&mut self, name: Name) -> Placed {
        if self.touch(name) {
            return Placed::Known;
        }
        let bucket = self.bucket(name.0);
        let of_source = bucket.iter().filter(|entry| address(entry.name).ip() == address(name).ip()).count();
        if of_source >= MAX_SOURCE_PEERS {
            return Placed::NoRoom;
        }
        if bucket.len() < BUCKET_PEERS {
            self.peers.push(Entry { order: (self.now, self.events), name, missed: 0 });
            return Placed::New;
        }
        let oldest = bucket[0];
        if self.now - oldest.order.0 < TTL {
            return Placed::NoRoom;
        }
        self.waiting.insert(name.0, (name, self.now));
        Placed::Waits { silent: address(oldest.name) }
    }

    fn miss(&mut self, name: Name) -> Missed {
        let bucket = self.bucket(name.0);
        let Some(entry) = self.peers.iter_mut().find(|entry| entry.name == name) else { return Missed::Unknown };
        entry.missed += 1;
        let is_awaited = bucket[0].name == name && self.waiting.contains_key(&name.0);
        if entry.missed < MAX_MISSED_PINGS && !is_awaited {
            return Missed::Stays;
        }
        self.peers.retain(|entry| entry.name != name);
        let heir = self.waiting.remove(&name.0);
        let heir =
            heir.filter(|(heir, since)| self.now - *since < TTL && !self.peers.iter().any(|it| it.name == *heir));
        if let Some((heir, since)) = heir {
            self.peers.push(Entry { order: (since, self.events), name: heir, missed: 0 });
        }
        Missed::Left { heir: heir.map(|(heir, _)| address(heir)) }
    }

    fn remove(&mut self, name: Name) {
        self.peers.retain(|entry| entry.name != name);
        let is_empty = self.bucket(name.0).is_empty();
        self.waiting.retain(|height, (waiting, _)| *waiting != name && (*height != name.0 || !is_empty));
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Event;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Event> {
        let name = || (BUCKETS, 0..PEERS);
        Union::new_weighted(vec![
            (2, (0..40u64).prop_map(Event::Pass).boxed()),
            (8, name().prop_map(Event::Place).boxed()),
            (2, name().prop_map(Event::Touch).boxed()),
            (1, name().prop_map(Event::Miss).boxed()),
            (2, BUCKETS.prop_map(Event::MissOldest).boxed()),
            (1, name().prop_map(Event::Remove).boxed()),
        ])
        .boxed()
    }

    fn apply(mut state: Self, event: &Event) -> Self {
        state.events += 1;
        (state.placed, state.missed) = (None, None);
        match *event {
            Event::Pass(seconds) => state.now += Duration::from_secs(seconds),
            Event::Place(name) => state.placed = Some(state.place(name)),
            Event::Touch(name) => drop(state.touch(name)),
            Event::Miss(name) => state.missed = Some(state.miss(name)),
            Event::MissOldest(height) => {
                let oldest = state.bucket(height).first().map(|entry| entry.name);
                state.missed = oldest.map(|oldest| state.miss(oldest));
            }
            Event::Remove(name) => state.remove(name),
        }
        state
    }
}

struct Real(Table);

impl StateMachineTest for Real {
    type SystemUnderTest = Self;
    type Reference = Model;

    fn init_test(_: &Model) -> Self {
        Self(Table::new(own(), TTL))
    }

    fn apply(mut real: Self, model: &Model, event: Event) -> Self {
        let table = &mut real.0;
        match event {
            Event::Pass(_) => {}
            Event::Place(name) => assert_eq!(Some(table.place(model.now, id(name), address(name))), model.placed),
            Event::Touch(name) => assert_eq!(table.touch(model.now, id(name)), table.contains(id(name))),
            Event::Miss(name) => assert_eq!(Some(table.miss(model.now, id(name))), model.missed),
            Event::MissOldest(height) => {
                let oldest = table.peers().find(|(of, _)| *of == height).map(|(_, peer)| peer.id);
                assert_eq!(oldest.map(|oldest| table.miss(model.now, oldest)), model.missed);
            }
            Event::Remove(name) => drop(table.remove(id(name))),
        }
        real
    }

    fn check_invariants(real: &Self, model: &Model) {
        let table = &real.0;
        for height in BUCKETS {
            let real: Vec<_> =
                table.peers().filter(|(of, _)| *of == height).map(|(_, it)| (it.id, it.missed)).collect();
            let wanted: Vec<_> = model.bucket(height).iter().map(|it| (id(it.name), it.missed)).collect();
            assert_eq!(real, wanted, "bucket {height}, the one that was silent longest first");
        }
        assert_eq!(table.len(), model.peers.len());
        let is_alive = |it: &&Entry| it.missed == 0 && model.now - it.order.0 < 2 * TTL;
        assert_eq!(table.alive(model.now).count(), model.peers.iter().filter(is_alive).count());
        let idle = model.peers.iter().filter(|it| model.now - it.order.0 >= TTL).count();
        assert_eq!(table.idle(model.now).count(), idle);
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_table_does_what_its_model_does(sequential 1..400 => Real);
}
