//! The loop's side of the network: peers by their numbers, and messages that wait until they may leave.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use local_node_consensus::{Millis, Offence, Persist};
use local_node_core::{IngressId, MAX_SERVED_ITEMS, PeerId, Position, Record, Serve, Target, Verdict, Want};
use local_node_kadcast as kadcast;
use local_node_types::codec::Encode as _;
use local_node_types::ledger::{Block, ConsensusHeader};
use local_node_types::message::{GetBlocks, GetResource, Inventory, InventoryItem, Message, ValidationQuorum};
use rand::seq::IteratorRandom as _;
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::record::last_round;

/// The most messages that wait for the network's tasks, in each direction.
pub(super) const MAX_MESSAGES: usize = 1024;
/// The most peers that are told apart. The one that was met first is forgotten.
const MAX_PEERS: usize = 4096;
/// The most records that peers may ask for, and the bytes of the candidates among them.
const MAX_RECORDS: usize = 1024;
const MAX_RECORD_BYTES: usize = 64 << 20;
/// How long a request for resources is of use, in seconds.
const REQUEST_SECONDS: u64 = 5;
/// From how many peers in turn a search is passed on, as in production. A peer that asks for more gets no more.
const MAX_HOPS: u16 = 16;
/// The most searches of others that are passed on in a second.
const MAX_SEARCHES_PER_SECOND: u32 = 100;
/// To how many peers in turn the mempool is asked for.
const MEMPOOL_QUESTIONS: usize = 3;
/// How often a peer may ask for the mempool, in seconds.
const MEMPOOL_SECONDS: u64 = 10;
/// From how many peers, the first ones that join, the candidate of the running iteration is requested.
const CANDIDATE_QUESTIONS: usize = 4;

/// The inputs from the network.
pub(super) enum Incoming {
    Message { ingress: IngressId, from: SocketAddr, message: Box<Message> },
    Joined(SocketAddr),
    Left(SocketAddr),
}

/// The outputs to the network.
pub(super) enum Outgoing {
    Broadcast(Box<Message>),
    Send(Vec<SocketAddr>, Box<Message>),
    Judge(kadcast::IngressId, kadcast::Verdict),
    /// The parts in memory, and those that are read from the store before they are sent.
    Serve(Service),
    DropPeer(SocketAddr),
}

/// The answer to a peer's request.
pub(super) struct Service {
    pub(super) to: SocketAddr,
    /// The parts in memory.
    pub(super) messages: Vec<Message>,
    /// The parts that the store may have.
    pub(super) blocks: Vec<InventoryItem>,
    pub(super) hashes_after: Option<[u8; 32]>,
    /// Where the search for what is not here goes on.
    pub(super) search: Option<Search>,
}

/// A search that another peer may help with.
pub(super) struct Search {
    pub(super) next: SocketAddr,
    /// The requests to the peer. Parts that the store does not have are added.
    pub(super) request: GetResource,
}

/// The peer that asked for resources, and the hops that the search may take.
struct Asker {
    requester: SocketAddr,
    expires_at: u64,
    hops: u16,
}

/// A message that waits for the log.
struct Waiting {
    after: Position,
    to: Target,
    message: Box<Message>,
}

/// The network as the loop sees it.
pub(super) struct Peers {
    public: SocketAddr,
    outgoing: mpsc::Sender<Outgoing>,
    numbers: BTreeMap<SocketAddr, PeerId>,
    addresses: BTreeMap<PeerId, SocketAddr>,
    next_peer: u64,
    /// Those in Kadcast's table.
    joined: BTreeSet<SocketAddr>,
    /// Where the messages without a verdict came from.
    open: BTreeMap<IngressId, SocketAddr>,
    /// The refused messages of each source. Kadcast counts them as well, but only before a message waits here.
    rejections: kadcast::Rejections,
    /// Those of them that ask for resources.
    askers: BTreeMap<IngressId, Asker>,
    /// The second of the last search that was passed on, and how many were in it.
    searches: (u64, u32),
    outbox: VecDeque<Waiting>,
    durable: Position,
    records: Records,
    mempool_questions: usize,
    candidate_questions: usize,
    /// Questions to any peers that came up while there were none: of each kind the last, and how many peers it is for.
    unasked: Vec<(Want, u8)>,
    /// When peers asked for the mempool, in seconds since 1970.
    mempool_asked: BTreeMap<SocketAddr, u64>,
}

impl Peers {
    pub(super) fn new(
        public: SocketAddr,
        outgoing: mpsc::Sender<Outgoing>,
        records: &[Record],
        durable: Position,
    ) -> Self {
        let mut kept = Records::default();
        records.iter().for_each(|record| kept.keep(record));
        Self {
            public,
            outgoing,
            numbers: BTreeMap::new(),
            addresses: BTreeMap::new(),
            next_peer: 0,
            joined: BTreeSet::new(),
            open: BTreeMap::new(),
            rejections: kadcast::Rejections::new(kadcast::Rates::default().source_rejections),
            askers: BTreeMap::new(),
            searches: (0, 0),
            outbox: VecDeque::new(),
            durable,
            records: kept,
            mempool_questions: 0,
            candidate_questions: 0,
            unasked: Vec::new(),
            mempool_asked: BTreeMap::new(),
        }
    }

    /// The number of a peer.
    pub(super) fn number(&mut self, address: SocketAddr) -> PeerId {
        if let Some(known) = self.numbers.get(&address) {
            return *known;
        }
        if self.numbers.len() >= MAX_PEERS
            && let Some((_, oldest)) = self.addresses.pop_first()
        {
            self.numbers.remove(&oldest);
        }
        let id = PeerId(self.next_peer);
        self.next_peer += 1;
        self.numbers.insert(address, id);
        self.addresses.insert(id, address);
        id
    }

    /// Whether a message is worth the core's time: its source has not had too many messages refused. Otherwise it is
    /// judged here, so that messages which came before the first of them was refused cost nothing. It may be a good
    /// message of others, so it may come again.
    pub(super) fn hears(&mut self, ingress: IngressId, from: SocketAddr, now: Millis) -> bool {
        let is_heard = self.rejections.hears(Duration::from_millis(now.0), kadcast::Source::of(from));
        if !is_heard {
            debug!(%from, "a message is not looked at: too many of its source were refused");
            self.give(Outgoing::Judge(kadcast::IngressId(ingress.0), kadcast::Verdict::Unread));
        }
        is_heard
    }

    /// Takes note of a message, which will be judged.
    pub(super) fn note_ingress(&mut self, ingress: IngressId, from: SocketAddr, message: &Message) {
        self.open.insert(ingress, from);
        if let Message::GetResource(GetResource { requester, expires_at, hops, .. }) = message {
            let (hops, expires_at) = ((*hops).min(MAX_HOPS), *expires_at);
            self.askers.insert(ingress, Asker { requester: *requester, expires_at, hops });
        }
    }

    /// Takes note of a new peer, and asks it for what this node lacks after its start. `running` names the iteration
    /// that this node is in: its candidate may have passed before the node had peers.
    pub(super) fn join(&mut self, peer: SocketAddr, running: Option<ConsensusHeader>, now: Millis) {
        self.joined.insert(peer);
        let mut wants: Vec<Want> = self.unasked.iter().map(|(want, _)| want.clone()).collect();
        self.unasked.iter_mut().for_each(|(_, left)| *left = left.saturating_sub(1));
        self.unasked.retain(|(_, left)| *left > 0);
        if let Some(header) = running.filter(|_| self.candidate_questions < CANDIDATE_QUESTIONS) {
            self.candidate_questions += 1;
            wants.push(Want::Items(InventoryItem::CandidateFromIteration(header).into()));
        }
        let number = self.number(peer);
        for want in wants {
            self.ask(Target::Peer(number), want, now.as_secs(), now.0);
        }
        if self.mempool_questions < MEMPOOL_QUESTIONS {
            self.mempool_questions += 1;
            self.give(Outgoing::Send(vec![peer], Box::new(Message::GetMempool(now.0))));
        }
    }

    pub(super) fn leave(&mut self, peer: &SocketAddr) {
        self.joined.remove(peer);
    }

    /// Whether a peer may ask for the mempool now.
    pub(super) fn may_ask_for_mempool(&mut self, peer: SocketAddr, now: u64) -> bool {
        self.mempool_asked.retain(|_, at| now.saturating_sub(*at) < MEMPOOL_SECONDS);
        if self.mempool_asked.len() >= MAX_PEERS || self.mempool_asked.contains_key(&peer) {
            return false;
        }
        self.mempool_asked.insert(peer, now);
        true
    }

    /// Sends a message of this node's own as soon as the log is durable up to a position.
    pub(super) fn send_after(&mut self, after: Position, to: Target, message: Box<Message>) {
        if after <= self.durable {
            self.send(to, message);
        } else {
            self.outbox.push_back(Waiting { after, to, message });
        }
    }

    /// The log is durable up to a position.
    pub(super) fn on_durable(&mut self, position: Position) {
        self.durable = self.durable.max(position);
        // Positions of messages grow, except those of answers that wait for nothing.
        while let Some(next) = self.outbox.front()
            && next.after <= self.durable
            && let Some(next) = self.outbox.pop_front()
        {
            self.send(next.to, next.message);
        }
    }

    /// Sends a message now.
    pub(super) fn send(&mut self, to: Target, message: Box<Message>) {
        let outgoing = match to {
            Target::All => Outgoing::Broadcast(message),
            Target::Peer(peer) => match self.addresses.get(&peer) {
                Some(address) => Outgoing::Send(vec![*address], message),
                None => return,
            },
            Target::Some(count) => {
                let chosen = self.joined.iter().copied().choose_multiple(&mut rand::thread_rng(), count.into());
                if chosen.is_empty() {
                    return;
                }
                Outgoing::Send(chosen, message)
            }
        };
        self.give(outgoing);
    }

    /// Tells Kadcast what the core thinks of a message.
    pub(super) fn judge(&mut self, ingress: IngressId, verdict: Verdict, now: Millis) {
        if verdict == Verdict::Hold {
            return;
        }
        let from = self.open.remove(&ingress);
        self.askers.remove(&ingress);
        let verdict = match verdict {
            Verdict::Relay(None) => kadcast::Verdict::Relay,
            Verdict::Relay(Some(instead)) => {
                self.give(Outgoing::Broadcast(instead));
                kadcast::Verdict::Ignore
            }
            // An honest node that is behind passes these on, because it does not know the committee. They are refused
            // before a signature is verified, so they need not silence anybody.
            Verdict::Reject(Offence::Stranger) => {
                debug!(?from, "a message is refused: its signer was not drawn");
                kadcast::Verdict::Ignore
            }
            Verdict::Reject(offence) => {
                debug!(?from, ?offence, "a message is refused");
                if let Some(from) = from {
                    self.rejections.note(Duration::from_millis(now.0), kadcast::Source::of(from));
                }
                kadcast::Verdict::Reject
            }
            _ => kadcast::Verdict::Ignore,
        };
        self.give(Outgoing::Judge(kadcast::IngressId(ingress.0), verdict));
    }

    /// Asks peers for something. A question to any peers waits for the first ones where there are none: a node that
    /// starts asks what it has missed before it has met anybody.
    pub(super) fn ask(&mut self, to: Target, want: Want, now: u64, nonce: u64) {
        if let Target::Some(count) = to
            && self.joined.is_empty()
        {
            let is_other_kind = |other: &Want| std::mem::discriminant(other) != std::mem::discriminant(&want);
            self.unasked.retain(|(other, _)| is_other_kind(other));
            return self.unasked.push((want, count));
        }
        // A peer that is asked alone is known to have it.
        let hops = if matches!(to, Target::Peer(_)) { 0 } else { MAX_HOPS };
        let message = match want {
            Want::HashesAfter(locator) => Message::GetBlocks(GetBlocks { locator, nonce }),
            Want::Items(inventory) => Message::GetResource(GetResource {
                inventory,
                requester: self.public,
                expires_at: now.saturating_add(REQUEST_SECONDS),
                hops,
            }),
        };
        self.send(to, Box::new(message));
    }

    /// Gives a peer what it has asked for: candidates and results from the records, transactions from the mempool, and
    /// blocks from the store. A missing item is searched at another peer, as far as the request allows.
    pub(super) fn serve(
        &mut self,
        (ingress, to): (IngressId, PeerId),
        serve: Serve,
        now: u64,
        transaction: impl Fn(&[u8; 32]) -> Option<Message>,
    ) {
        let Some(from) = self.addresses.get(&to).copied() else { return };
        let asker = self.askers.get(&ingress);
        let to = asker.map_or(from, |asker| asker.requester);
        let mut service = Service { to, messages: Vec::new(), blocks: Vec::new(), hashes_after: None, search: None };
        match serve {
            Serve::HashesAfter(hash) => service.hashes_after = Some(hash),
            Serve::Items(items) => {
                let mut missing = Vec::new();
                for item in items.into_iter().take(MAX_SERVED_ITEMS) {
                    let found = match item {
                        InventoryItem::BlockFromHash(_) | InventoryItem::BlockFromHeight(_) => {
                            service.blocks.push(item);
                            continue;
                        }
                        InventoryItem::MempoolTransaction(id) => transaction(&id),
                        other => self.records.look_up(&other),
                    };
                    match found {
                        Some(message) => service.messages.push(message),
                        None => missing.push(item),
                    }
                }
                if !(missing.is_empty() && service.blocks.is_empty()) {
                    service.search = self.search(ingress, from, missing, now);
                }
            }
        }
        self.give(Outgoing::Serve(service));
    }

    /// Where a search that came from a peer goes on, if it may.
    fn search(&mut self, ingress: IngressId, from: SocketAddr, items: Vec<InventoryItem>, now: u64) -> Option<Search> {
        let Asker { requester, expires_at, hops } = *self.askers.get(&ingress)?;
        let hops = hops.checked_sub(1)?;
        if self.searches.0 != now {
            self.searches = (now, 0);
        }
        if expires_at < now || self.searches.1 >= MAX_SEARCHES_PER_SECOND {
            return None;
        }
        let others = self.joined.iter().copied().filter(|peer| *peer != from && *peer != requester);
        let next = others.choose(&mut rand::thread_rng())?;
        self.searches.1 += 1;
        let inventory = Inventory { items, max_entries: 0 };
        // However late the peer says, nobody searches for longer than this node would.
        let expires_at = expires_at.min(now.saturating_add(REQUEST_SECONDS));
        Some(Search { next, request: GetResource { inventory, requester, expires_at, hops } })
    }

    /// Asks a peer for those of the transactions that it names which this node does not know.
    pub(super) fn fetch_transactions(&mut self, from: SocketAddr, unknown: Vec<InventoryItem>, now: u64) {
        if unknown.is_empty() {
            return;
        }
        let max_entries = u16::try_from(unknown.len()).unwrap_or(u16::MAX);
        let want = Want::Items(Inventory { items: unknown, max_entries });
        let peer = self.number(from);
        self.ask(Target::Peer(peer), want, now, 0);
    }

    /// Tells a peer which transactions wait here.
    pub(super) fn name_transactions(&mut self, to: SocketAddr, ids: Vec<[u8; 32]>) {
        if ids.is_empty() {
            return;
        }
        let max_entries = u16::try_from(ids.len()).unwrap_or(u16::MAX);
        let items = ids.into_iter().map(InventoryItem::MempoolTransaction).collect();
        let messages = vec![Message::Inventory(Inventory { items, max_entries })];
        self.give(Outgoing::Serve(Service { to, messages, blocks: Vec::new(), hashes_after: None, search: None }));
    }

    pub(super) fn drop_peer(&mut self, peer: PeerId) {
        if let Some(address) = self.addresses.get(&peer).copied() {
            debug!(from = %address, "a peer that offends is dropped");
            self.joined.remove(&address);
            self.give(Outgoing::DropPeer(address));
        }
    }

    /// Keeps a record that peers may ask for.
    pub(super) fn keep(&mut self, record: &Record) {
        self.records.keep(record);
    }

    /// All blocks up to a height are final.
    pub(super) fn settle(&mut self, height: u64) {
        self.records.settle(height);
    }

    fn give(&self, outgoing: Outgoing) {
        if let Err(error) = self.outgoing.try_send(outgoing) {
            // As a lost datagram: the protocol asks again.
            warn!(%error, "a message of this node is dropped");
        }
    }
}

/// Candidates and validation results that peers may ask for, the last ones.
#[derive(Default)]
struct Records {
    records: VecDeque<(Record, usize)>,
    bytes: usize,
}

impl Records {
    fn keep(&mut self, record: &Record) {
        let bytes = match record {
            Record::Consensus(Persist::Candidate(block)) => block.encoded().len(),
            Record::Consensus(Persist::ValidationResult(..)) => 0,
            _ => return,
        };
        self.records.push_back((record.clone(), bytes));
        self.bytes += bytes;
        while self.records.len() > MAX_RECORDS || self.bytes > MAX_RECORD_BYTES && self.records.len() > 1 {
            self.bytes -= self.records.pop_front().map_or(0, |(_, bytes)| bytes);
        }
    }

    fn settle(&mut self, height: u64) {
        self.records.retain(|(record, _)| last_round(record) > height);
        self.bytes = self.records.iter().map(|(_, bytes)| bytes).sum();
    }

    fn look_up(&self, item: &InventoryItem) -> Option<Message> {
        let candidate = |wanted: &dyn Fn(&Block) -> bool| {
            self.records.iter().rev().find_map(|(record, _)| match record {
                Record::Consensus(Persist::Candidate(block)) if wanted(block) => {
                    Some(Message::Candidate(block.clone()))
                }
                _ => None,
            })
        };
        match item {
            InventoryItem::CandidateFromHash(hash) => candidate(&|block| block.header.hash == *hash),
            InventoryItem::CandidateFromIteration(header) => {
                candidate(&|block| block.header.consensus_header() == *header)
            }
            InventoryItem::ValidationResult(header) => self.records.iter().rev().find_map(|(record, _)| match record {
                Record::Consensus(Persist::ValidationResult(of, result)) if of == header => {
                    let quorum = ValidationQuorum { header: *of, result: *result };
                    Some(Message::ValidationQuorum(Box::new(quorum)))
                }
                _ => None,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    /// A node whose log is durable up to a position, and the network's end of its channel.
    fn peers(durable: Position) -> (Peers, mpsc::Receiver<Outgoing>) {
        let (outgoing, network) = mpsc::channel(MAX_MESSAGES);
        (Peers::new(address(1), outgoing, &[], durable), network)
    }

    fn send_after(peers: &mut Peers, after: u64, to: Target, number: u64) {
        peers.send_after(Position(after), to, Box::new(Message::GetMempool(number)));
    }

    /// The numbers of the messages that have left, in their order.
    fn left(network: &mut mpsc::Receiver<Outgoing>) -> Vec<u64> {
        let mut numbers = Vec::new();
        while let Ok(outgoing) = network.try_recv() {
            let (Outgoing::Broadcast(message) | Outgoing::Send(_, message)) = outgoing else {
                panic!("it is no message");
            };
            let Message::GetMempool(number) = *message else { panic!("{message:?}") };
            numbers.push(number);
        }
        numbers
    }

    #[test]
    fn messages_leave_when_their_records_are_durable_and_not_before() {
        let (mut peers, mut network) = peers(Position(2));
        let peer = peers.number(address(7));
        for (after, number) in [(3, 30), (4, 40), (4, 41), (6, 60)] {
            send_after(&mut peers, after, if number == 41 { Target::Peer(peer) } else { Target::All }, number);
        }
        assert!(left(&mut network).is_empty());
        peers.on_durable(Position(2));
        assert!(left(&mut network).is_empty(), "what they wait for is not written");
        peers.on_durable(Position(3));
        assert_eq!(left(&mut network), [30]);
        // Several records are written at a time.
        peers.on_durable(Position(5));
        assert_eq!(left(&mut network), [40, 41]);
        peers.on_durable(Position(6));
        assert_eq!(left(&mut network), [60]);
    }

    /// What the next messages ask of a peer, in their order. The mempool is left out.
    fn asked_of(network: &mut mpsc::Receiver<Outgoing>, peer: SocketAddr) -> Vec<Want> {
        let mut asked = Vec::new();
        while let Ok(outgoing) = network.try_recv() {
            let Outgoing::Send(to, message) = outgoing else { panic!("it is no question") };
            assert_eq!(to, [peer]);
            match *message {
                Message::GetBlocks(GetBlocks { locator, .. }) => asked.push(Want::HashesAfter(locator)),
                Message::GetResource(request) => {
                    assert_eq!((request.requester, request.hops), (address(1), 0));
                    asked.push(Want::Items(request.inventory));
                }
                Message::GetMempool(_) => {}
                other => panic!("{other:?}"),
            }
        }
        asked
    }

    #[test]
    fn a_question_that_finds_nobody_is_for_the_first_peers() {
        let (mut peers, mut network) = peers(Position(0));
        let items = || Want::Items(InventoryItem::BlockFromHeight(3).into());
        let any = Target::Some;
        peers.ask(any(4), Want::HashesAfter([1; 32]), 5, 5_000);
        peers.ask(any(2), items(), 5, 5_000);
        // A later question of the same kind takes the place of the earlier one.
        peers.ask(any(2), Want::HashesAfter([2; 32]), 6, 6_000);
        assert!(network.try_recv().is_err(), "there is nobody to ask");
        for port in [7, 8] {
            peers.join(address(port), None, Millis(7_000));
            assert_eq!(asked_of(&mut network, address(port)), [items(), Want::HashesAfter([2; 32])]);
        }
        peers.join(address(9), None, Millis(7_000));
        assert_eq!(asked_of(&mut network, address(9)), [], "two were to be asked");
        // With peers, a question leaves at once.
        peers.leave(&address(7));
        peers.leave(&address(8));
        peers.ask(any(2), Want::HashesAfter([3; 32]), 8, 8_000);
        assert_eq!(asked_of(&mut network, address(9)), [Want::HashesAfter([3; 32])]);
    }

    #[test]
    fn the_first_peers_are_asked_for_the_candidate_of_the_running_iteration() {
        let (mut peers, mut network) = peers(Position(0));
        let header = ConsensusHeader { prev_block_hash: [4; 32], round: 1, iteration: 0 };
        let candidate = Want::Items(InventoryItem::CandidateFromIteration(header).into());
        peers.join(address(6), None, Millis(7_000));
        assert_eq!(asked_of(&mut network, address(6)), [], "no iteration runs");
        for number in 0..CANDIDATE_QUESTIONS + 2 {
            let peer = address(7 + u16::try_from(number).unwrap());
            peers.join(peer, Some(header), Millis(7_000));
            let expected = if number < CANDIDATE_QUESTIONS { vec![candidate.clone()] } else { Vec::new() };
            assert_eq!(asked_of(&mut network, peer), expected, "peer {number}");
        }
    }

    #[test]
    fn a_source_whose_messages_are_refused_takes_little_of_the_cores_time() {
        let (mut peers, mut network) = peers(Position(0));
        let rate = kadcast::Rates::default().source_rejections;
        let from = |last: u8, port: u16| SocketAddr::from(([10, 0, 0, last], port));
        // A thousand messages wait when the first of them is refused. Another port is the same source.
        let mut looked_at = 0;
        for number in 0..1000 {
            let (ingress, from) = (IngressId(number), from(1, 9000 + u16::try_from(number % 7).unwrap()));
            if peers.hears(ingress, from, Millis(5_000)) {
                looked_at += 1;
                peers.note_ingress(ingress, from, &Message::GetMempool(number));
                peers.judge(ingress, Verdict::Reject(Offence::Proof), Millis(5_000));
            }
            let expected = if looked_at > number { kadcast::Verdict::Reject } else { kadcast::Verdict::Unread };
            assert!(
                matches!(network.try_recv(), Ok(Outgoing::Judge(of, told)) if of.0 == number && told == expected),
                "each message has its verdict"
            );
        }
        assert_eq!(looked_at, u64::from(rate.burst));
        assert!(peers.hears(IngressId(1000), from(2, 9000), Millis(5_000)), "others are heard");
        assert!(peers.hears(IngressId(1001), from(1, 9000), Millis(6_000)), "and after a while, so is it");
        // Messages that are good or of no use cost nothing, nor do those of signers that were not drawn.
        for number in 2000..2300 {
            let verdict = match number % 3 {
                0 => Verdict::Relay(None),
                1 => Verdict::Ignore,
                _ => Verdict::Reject(Offence::Stranger),
            };
            peers.note_ingress(IngressId(number), from(3, 9000), &Message::GetMempool(number));
            peers.judge(IngressId(number), verdict, Millis(6_000));
        }
        assert!(peers.hears(IngressId(2300), from(3, 9000), Millis(6_000)));
    }

    #[test]
    fn what_waits_for_nothing_leaves_at_once_and_an_older_position_takes_nothing_back() {
        let (mut peers, mut network) = peers(Position(5));
        send_after(&mut peers, 5, Target::All, 50);
        send_after(&mut peers, 6, Target::All, 60);
        send_after(&mut peers, 0, Target::All, 1);
        assert_eq!(left(&mut network), [50, 1]);
        peers.on_durable(Position(1));
        assert!(left(&mut network).is_empty());
        send_after(&mut peers, 5, Target::All, 51);
        assert_eq!(left(&mut network), [51], "it is durable still");
        peers.on_durable(Position(6));
        assert_eq!(left(&mut network), [60]);
    }
}
