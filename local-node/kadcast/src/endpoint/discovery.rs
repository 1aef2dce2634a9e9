//! Peers: pings, questions for peers, lookups, the table's upkeep.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use rand::Rng;
use rand::seq::SliceRandom;

use crate::endpoint::{Endpoint, Event, Refusal};
use crate::identity::{HEIGHTS, Id, canonical, is_reachable};
use crate::limits::Source;
use crate::lookup::Lookup;
use crate::table::{BUCKET_PEERS, Missed, Placed};
use crate::wire::{Body, PeerEntry};

/// The most addresses with an open ping or question.
const MAX_ASKED: usize = 2048;
/// Of these, the most that this node pings because others named them or because they sent something. The one that was
/// pinged first gives way, so that a node that answers at once comes in even during a flood of forged addresses.
const MAX_GREETED: usize = 1024;
/// The most addresses outside of the table that are remembered to have answered.
const MAX_ANSWERED: usize = 1024;
/// How long an address counts as one that has answered.
const ANSWERED_TTL: Duration = Duration::from_secs(600);
/// The most idle peers that are pinged at a tick.
const MAX_PINGS_PER_TICK: usize = 32;
/// The most bootstrap nodes that are asked at a time.
const MAX_BOOTSTRAP_QUESTIONS: usize = 8;
/// How soon the bootstrap nodes are asked again first, and at last, as in production.
const BOOTSTRAP_WAITS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(30)];
/// How soon the buckets are refreshed first. The time doubles up to the one in the settings.
const FIRST_REFRESH: Duration = Duration::from_secs(5);
/// The most lookups that wait: one for each bucket, and one for the node's own surroundings.
const MAX_LOOKUPS: usize = HEIGHTS as usize + 1;

/// The requests to an address that it has not answered yet.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    ping: Option<Duration>,
    question: Option<Duration>,
    /// The id that the address has asked for. It gets the answer when it has answered the ping.
    wants: Option<Id>,
    /// The place among those that this node pings because of others.
    greeting: Option<u64>,
}

/// Open pings and questions, lookups, and times.
#[derive(Debug)]
pub(super) struct Discovery {
    asked: BTreeMap<SocketAddr, Asked>,
    greetings: BTreeMap<u64, SocketAddr>,
    next_greeting: u64,
    answered: BTreeMap<SocketAddr, Duration>,
    answered_order: VecDeque<(Duration, SocketAddr)>,
    lookup: Option<Lookup>,
    waiting: VecDeque<Id>,
    next_bootstrap: Duration,
    bootstrap_wait: Duration,
    next_refresh: Duration,
    refresh_wait: Duration,
    has_joined: bool,
}

impl Discovery {
    pub(super) fn new(now: Duration, bucket_ttl: Duration) -> Self {
        let refresh_wait = FIRST_REFRESH.min(bucket_ttl);
        Self {
            asked: BTreeMap::new(),
            greetings: BTreeMap::new(),
            next_greeting: 0,
            answered: BTreeMap::new(),
            answered_order: VecDeque::new(),
            lookup: None,
            waiting: VecDeque::new(),
            next_bootstrap: now,
            bootstrap_wait: BOOTSTRAP_WAITS[0],
            next_refresh: now + refresh_wait,
            refresh_wait,
            has_joined: false,
        }
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.len()
    }

    /// The entry of an address to note a ping or a question in, if there is room.
    fn entry(&mut self, address: SocketAddr, is_greeting: bool) -> Option<&mut Asked> {
        match self.asked.get_mut(&address) {
            // A request of this node's own does not give way.
            Some(known) if !is_greeting => {
                known.greeting.take().map(|place| self.greetings.remove(&place));
            }
            Some(_) => {}
            None => {
                if is_greeting
                    && self.greetings.len() >= MAX_GREETED
                    && let Some((_, oldest)) = self.greetings.pop_first()
                {
                    self.asked.remove(&oldest);
                }
                if self.asked.len() >= MAX_ASKED {
                    return None;
                }
                let greeting = is_greeting.then_some(self.next_greeting);
                if let Some(place) = greeting {
                    self.greetings.insert(place, address);
                    self.next_greeting += 1;
                }
                self.asked.insert(address, Asked { greeting, ..Asked::default() });
            }
        }
        self.asked.get_mut(&address)
    }

    /// Takes an entry out that asks nothing any more.
    fn clear(&mut self, address: SocketAddr) {
        if self.asked.get(&address).is_some_and(|asked| asked.ping.is_none() && asked.question.is_none())
            && let Some(place) = self.asked.remove(&address).and_then(|asked| asked.greeting)
        {
            self.greetings.remove(&place);
        }
    }

    fn remember(&mut self, now: Duration, address: SocketAddr) {
        if self.answered.insert(address, now).is_none() {
            self.answered_order.push_back((now, address));
        }
        while let Some((at, oldest)) = self.answered_order.front().copied()
            && (self.answered_order.len() > MAX_ANSWERED || now.saturating_sub(at) >= ANSWERED_TTL)
        {
            self.answered_order.pop_front();
            // An address that has answered again since counts from then.
            match self.answered.get(&oldest).copied() {
                Some(last) if last > at && self.answered_order.len() < MAX_ANSWERED => {
                    self.answered_order.push_back((last, oldest));
                }
                _ => {
                    self.answered.remove(&oldest);
                }
            }
        }
    }

    fn look_up(&mut self, target: Id) {
        if self.waiting.len() < MAX_LOOKUPS && !self.waiting.contains(&target) {
            self.waiting.push_back(target);
        }
    }
}

impl Endpoint {
    /// Whether an address has answered a ping or a question lately, so that a node is there and takes part.
    pub fn has_answered(&self, now: Duration, address: SocketAddr) -> bool {
        let address = canonical(address);
        let lately = |at: &Duration| now.saturating_sub(*at) < ANSWERED_TTL;
        self.table.contains(Id::of(address)) || self.discovery.answered.get(&address).is_some_and(lately)
    }

    /// Takes a node into the table as if it had answered a ping, where the table has room.
    ///
    /// For simulations, which build large networks in one step. A node on a real network must have answered itself.
    pub fn assume_answered(&mut self, now: Duration, address: SocketAddr) {
        let address = canonical(address);
        if is_reachable(address) && address != self.config.identity.address() {
            self.has_come(now, address, Id::of(address));
        }
    }

    /// Pings an address. When it answers, [`Endpoint::has_answered`] holds for it.
    pub fn ping(&mut self, now: Duration, address: SocketAddr) {
        let address = canonical(address);
        if is_reachable(address) && address != self.config.identity.address() {
            self.ping_for(now, address, false, None);
        }
    }

    /// Pings an address that a stranger has stated. Strangers may state many, so it gives way to others.
    pub(super) fn ping_stranger(&mut self, now: Duration, address: SocketAddr) {
        self.ping_for(now, address, true, None);
    }

    /// Takes a peer out of the table. It may come back when it answers again.
    pub fn drop_peer(&mut self, address: SocketAddr) {
        let address = canonical(address);
        if self.table.remove(Id::of(address)) {
            self.tell_of_peer(Event::PeerLeft(address));
        }
    }

    /// Pings a stranger that could be a peer.
    pub(super) fn greet(&mut self, now: Duration, address: SocketAddr, id: Id) {
        if self.table.has_room(now, id, address) {
            self.ping_for(now, address, true, None);
        }
    }

    pub(super) fn receive_control(
        &mut self,
        now: Duration,
        from: SocketAddr,
        id: Id,
        body: Body<'_>,
    ) -> Result<(), Refusal> {
        let is_known = self.table.touch(now, id);
        match body {
            Body::Ping(_) => {
                self.outgoing.send(from, &Body::Pong(self.config.version));
                if !is_known {
                    self.greet(now, from, id);
                }
                Ok(())
            }
            Body::FindNodes { target, .. } => {
                if self.has_answered(now, from) {
                    if !is_known {
                        self.greet(now, from, id);
                    }
                    return self.tell_peers(now, from, id, target);
                }
                // The answer is much larger than the question: first the sender has to show that it is there.
                self.ping_for(now, from, true, Some(target));
                Ok(())
            }
            Body::Pong(_) => {
                let asked = self.discovery.asked.get_mut(&from).filter(|asked| asked.ping.is_some());
                let asked = asked.ok_or(Refusal::Unsolicited)?;
                asked.ping = None;
                let wants = asked.wants.take();
                self.discovery.clear(from);
                self.has_come(now, from, id);
                wants.map_or(Ok(()), |target| self.tell_peers(now, from, id, target))
            }
            Body::Nodes { peers, .. } => {
                let asked = self.discovery.asked.get_mut(&from).filter(|asked| asked.question.is_some());
                asked.ok_or(Refusal::Unsolicited)?.question = None;
                self.discovery.clear(from);
                self.has_come(now, from, id);
                self.hear_of_peers(now, from, peers);
                Ok(())
            }
            Body::Broadcast { .. } => Ok(()),
        }
    }

    /// Places a node that has answered.
    fn has_come(&mut self, now: Duration, address: SocketAddr, id: Id) {
        match self.table.place(now, id, address) {
            Placed::Known => {}
            Placed::New => self.tell_of_peer(Event::PeerJoined(address)),
            Placed::Waits { silent } => {
                self.discovery.remember(now, address);
                self.ping_for(now, silent, false, None);
            }
            Placed::NoRoom => self.discovery.remember(now, address),
        }
    }

    fn tell_peers(&mut self, now: Duration, to: SocketAddr, id: Id, target: Id) -> Result<(), Refusal> {
        if !self.limiter.allows_answer(now, Source::of(to)) {
            return Err(Refusal::Rate);
        }
        let peers = self.table.closest(target, id, BUCKET_PEERS);
        self.outgoing.send(to, &Body::Nodes { version: self.config.version, peers });
        Ok(())
    }

    fn hear_of_peers(&mut self, now: Duration, from: SocketAddr, peers: Vec<PeerEntry>) {
        let own = self.config.identity;
        let is_local = own.address().ip().is_loopback();
        let is_right = |peer: &PeerEntry| {
            is_reachable(peer.address)
                && canonical(peer.address) == peer.address
                && peer.id == Id::of(peer.address)
                && peer.id != own.id()
                // Nobody outside of this machine can know what is on its loopback.
                && (is_local || !peer.address.ip().is_loopback())
        };
        let peers: Vec<PeerEntry> = peers.into_iter().filter(is_right).collect();
        if let Some(lookup) = &mut self.discovery.lookup {
            lookup.add(peers.iter().copied());
            lookup.settle(from, true);
        }
        self.go_on_with_lookup(now);
        for peer in peers {
            if !self.table.contains(peer.id) && !self.discovery.asked.contains_key(&peer.address) {
                self.greet(now, peer.address, peer.id);
            }
        }
    }

    /// Pings an address that has no open ping.
    fn ping_for(&mut self, now: Duration, address: SocketAddr, is_greeting: bool, wants: Option<Id>) {
        let Some(asked) = self.discovery.entry(address, is_greeting) else { return };
        asked.wants = wants.or(asked.wants);
        if asked.ping.is_none() {
            asked.ping = Some(now);
            self.outgoing.send(address, &Body::Ping(self.config.version));
        }
    }

    fn ask(&mut self, now: Duration, address: SocketAddr, target: Id) -> bool {
        let Some(asked) = self.discovery.entry(address, false) else { return false };
        asked.question = Some(now);
        self.outgoing.send(address, &Body::FindNodes { version: self.config.version, target });
        true
    }

    pub(super) fn look_after_peers(&mut self, now: Duration) {
        self.give_up_waiting(now);
        self.ping_idle_peers(now);
        self.refresh_buckets(now);
        self.bootstrap(now);
        self.go_on_with_lookup(now);
    }

    /// Drops questions and pings whose answers have not come in time.
    fn give_up_waiting(&mut self, now: Duration) {
        let is_over = |at: Option<Duration>, timeout| at.is_some_and(|at| now.saturating_sub(at) >= timeout);
        let (ping_timeout, answer_timeout) = (self.config.ping_timeout, self.config.answer_timeout);
        let mut missed = Vec::new();
        let mut settled = Vec::new();
        for (address, asked) in &mut self.discovery.asked {
            if is_over(asked.ping, ping_timeout) {
                (asked.ping, asked.wants) = (None, None);
                missed.push(*address);
            }
            if is_over(asked.question, answer_timeout) {
                asked.question = None;
                settled.push(*address);
            }
        }
        for address in settled {
            self.discovery.clear(address);
            if let Some(lookup) = &mut self.discovery.lookup {
                lookup.settle(address, false);
            }
        }
        for address in missed {
            self.discovery.clear(address);
            if let Missed::Left { heir } = self.table.miss(now, Id::of(address)) {
                self.tell_of_peer(Event::PeerLeft(address));
                heir.into_iter().for_each(|heir| self.tell_of_peer(Event::PeerJoined(heir)));
            }
        }
    }

    fn ping_idle_peers(&mut self, now: Duration) {
        let has_no_ping = |address: &SocketAddr| self.discovery.asked.get(address).is_none_or(|it| it.ping.is_none());
        let idle = self.table.idle(now).map(|peer| peer.address).filter(has_no_ping);
        let idle: Vec<SocketAddr> = idle.take(MAX_PINGS_PER_TICK).collect();
        idle.into_iter().for_each(|address| self.ping_for(now, address, false, None));
    }

    fn refresh_buckets(&mut self, now: Duration) {
        if now < self.discovery.next_refresh {
            return;
        }
        self.discovery.refresh_wait = (2 * self.discovery.refresh_wait).min(self.config.bucket_ttl);
        self.discovery.next_refresh = now + self.discovery.refresh_wait;
        self.look_up_thin_buckets();
    }

    fn look_up_thin_buckets(&mut self) {
        let own = self.config.identity.id();
        if self.table.len() > 0 {
            self.discovery.look_up(own);
        }
        for height in self.table.thin_heights() {
            let target = own.in_bucket(height, self.rng.r#gen());
            self.discovery.look_up(target);
        }
    }

    /// Asks the bootstrap nodes for peers near this node while there are too few.
    fn bootstrap(&mut self, now: Duration) {
        if now < self.discovery.next_bootstrap || self.table.alive(now).count() >= self.config.min_peers {
            return;
        }
        self.discovery.next_bootstrap = now + self.discovery.bootstrap_wait;
        self.discovery.bootstrap_wait = (2 * self.discovery.bootstrap_wait).min(BOOTSTRAP_WAITS[1]);
        let own = self.config.identity;
        let mut nodes: Vec<SocketAddr> = self.config.bootstrap.iter().map(|address| canonical(*address)).collect();
        nodes.retain(|address| *address != own.address() && is_reachable(*address));
        nodes.shuffle(&mut self.rng);
        nodes.truncate(MAX_BOOTSTRAP_QUESTIONS);
        let mut lookup = Lookup::new(own.id());
        lookup.add(self.table.closest(own.id(), own.id(), BUCKET_PEERS));
        lookup.add(nodes.into_iter().map(|address| PeerEntry { address, id: Id::of(address) }));
        self.discovery.lookup = Some(lookup);
    }

    /// Asks whom the lookup wants to ask; begins the next one when it is over.
    fn go_on_with_lookup(&mut self, now: Duration) {
        // Each lookup that is over takes one from the queue, so that the loop ends.
        for _ in 0..=MAX_LOOKUPS {
            let Some(mut lookup) = self.discovery.lookup.take() else {
                let Some(target) = self.discovery.waiting.pop_front() else { return };
                let mut lookup = Lookup::new(target);
                lookup.add(self.table.closest(target, self.config.identity.id(), BUCKET_PEERS));
                self.discovery.lookup = Some(lookup);
                continue;
            };
            while let Some(address) = lookup.next_question() {
                if !self.ask(now, address, lookup.target()) {
                    lookup.settle(address, false);
                }
            }
            if !lookup.is_over() {
                self.discovery.lookup = Some(lookup);
                return;
            }
            if !self.discovery.has_joined && self.table.len() > 0 {
                self.discovery.has_joined = true;
                self.look_up_thin_buckets();
            }
        }
    }
}
