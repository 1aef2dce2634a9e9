//! Datagrams that no honest node sends: refused, without a panic, within bounds.

use std::net::SocketAddr;
use std::time::Duration;

use local_node_kadcast::coding::{CodingError, Encoded, MESSAGE_BYTES_LIMIT, Object};
use local_node_kadcast::wire::{
    self, Body, Chunk, Header, MAX_DATAGRAM_BYTES, OBJECT_BYTES, PeerEntry, RayId, Version,
};
use local_node_kadcast::{
    ASSEMBLY_TTL, Config, Endpoint, Event, Id, Identity, JudgeError, MAX_SOURCES, PROTOCOL_VERSION, Rate, Refusal,
    SendError, Verdict,
};
use proptest::prelude::*;

use local_node_kadcast_sim::{NETWORK, address, config, identity, seed};

const NOW: Duration = Duration::ZERO;

fn endpoint() -> Endpoint {
    endpoint_with(|_| {})
}

fn endpoint_with(set: impl Fn(&mut Config)) -> Endpoint {
    let mut config = config(address(0));
    set(&mut config);
    Endpoint::new(config, NOW, seed(1)).unwrap()
}

fn header_of(identity: &Identity) -> Header {
    Header { id: identity.id(), nonce: identity.nonce(), port: identity.address().port(), network: NETWORK }
}

/// A peer that sends to the endpoint.
struct Stranger {
    identity: Identity,
    header: Header,
}

impl Stranger {
    fn new(number: usize) -> Self {
        Self::at(address(number))
    }

    fn at(address: SocketAddr) -> Self {
        let identity = identity(address);
        Self { identity, header: header_of(&identity) }
    }

    fn send(&self, to: &mut Endpoint, body: &Body<'_>) -> Result<(), Refusal> {
        to.receive(NOW, self.identity.address(), &wire::encode(&self.header, body))
    }

    fn chunk(&self, to: &mut Endpoint, height: u8, chunk: Chunk<'_>) -> Result<(), Refusal> {
        self.send(to, &Body::Broadcast { height, chunk })
    }

    /// Sends all chunks of a message until it is whole.
    fn message(&self, to: &mut Endpoint, height: u8, message: &[u8]) -> Option<local_node_kadcast::Message> {
        let encoded = Encoded::new(message);
        for place in 0..encoded.len() {
            self.chunk(to, height, encoded.chunk(place).unwrap()).unwrap();
            if let Some(Event::Message(message)) = to.poll_event() {
                return Some(message);
            }
        }
        None
    }
}

fn sent(endpoint: &mut Endpoint) -> Vec<(SocketAddr, Vec<u8>)> {
    std::iter::from_fn(|| endpoint.poll_transmit()).map(|it| (it.to, it.datagram)).collect()
}

#[test]
fn other_networks_versions_and_senders_are_refused() {
    let mut endpoint = endpoint();
    let stranger = Stranger::new(1);
    let ping = Body::Ping(PROTOCOL_VERSION);
    let from = stranger.identity.address();
    let with = |change: fn(&mut Header)| {
        let mut header = stranger.header;
        change(&mut header);
        wire::encode(&header, &ping)
    };
    let foreign = with(|header| header.network += 1);
    assert_eq!(endpoint.receive(NOW, from, &foreign), Err(Refusal::Network(NETWORK + 1)));
    let other_port = with(|header| header.port += 1);
    assert!(matches!(endpoint.receive(NOW, from, &other_port), Err(Refusal::Identity(_))));
    let no_port = with(|header| header.port = 0);
    assert!(matches!(endpoint.receive(NOW, from, &no_port), Err(Refusal::Address(_))));
    let other_ip = SocketAddr::from(([10, 9, 9, 9], 9000));
    assert!(matches!(endpoint.receive(NOW, other_ip, &with(|_| {})), Err(Refusal::Identity(_))));
    let lazy = (0..=255).map(|byte| local_node_kadcast::Nonce([byte, 1, 2, 3]));
    let lazy = lazy.into_iter().find(|nonce| !nonce.proves(stranger.header.id, 8)).unwrap();
    let datagram = wire::encode(&Header { nonce: lazy, ..stranger.header }, &ping);
    assert!(matches!(endpoint.receive(NOW, from, &datagram), Err(Refusal::Identity(_))));
    let own = wire::encode(&header_of(&identity(address(0))), &ping);
    assert_eq!(endpoint.receive(NOW, address(0), &own), Err(Refusal::OwnId));
    for (major, minor, fits) in [(0, 9, false), (2, 0, false), (1, 0, true), (1, 7, true)] {
        let version = Version { major, minor, patch: 3 };
        assert_eq!(stranger.send(&mut endpoint, &Body::Ping(version)).is_ok(), fits, "{version:?}");
    }
}

#[test]
fn answers_that_nobody_asked_for_are_refused() {
    let mut endpoint = endpoint();
    let stranger = Stranger::new(1);
    let peers = vec![PeerEntry { address: address(2), id: Id::of(address(2)) }];
    for body in [Body::Pong(PROTOCOL_VERSION), Body::Nodes { version: PROTOCOL_VERSION, peers }] {
        assert_eq!(stranger.send(&mut endpoint, &body), Err(Refusal::Unsolicited));
    }
    assert!(sent(&mut endpoint).is_empty());
    assert_eq!(endpoint.usage().peers, 0);
}

#[test]
fn peers_are_told_only_to_nodes_that_answered_a_ping() {
    let mut endpoint = endpoint();
    let stranger = Stranger::new(1);
    let question = Body::FindNodes { version: PROTOCOL_VERSION, target: stranger.identity.id() };
    stranger.send(&mut endpoint, &question).unwrap();
    stranger.send(&mut endpoint, &question).unwrap();
    let first = sent(&mut endpoint);
    assert_eq!(first.len(), 1, "one ping, whatever is asked");
    assert_eq!(wire::decode_body(&first[0].1), Ok(Body::Ping(PROTOCOL_VERSION)));
    assert!(first[0].1.len() < wire::encode(&stranger.header, &question).len(), "it does not amplify");
    assert!(!endpoint.has_answered(NOW, stranger.identity.address()));
    stranger.send(&mut endpoint, &Body::Pong(PROTOCOL_VERSION)).unwrap();
    assert!(endpoint.has_answered(NOW, stranger.identity.address()));
    let then = sent(&mut endpoint);
    assert_eq!(then.len(), 1);
    assert!(matches!(wire::decode_body(&then[0].1), Ok(Body::Nodes { .. })));
}

#[test]
fn questions_are_answered_at_a_rate() {
    let mut endpoint = endpoint();
    let stranger = Stranger::new(1);
    let question = Body::FindNodes { version: PROTOCOL_VERSION, target: stranger.identity.id() };
    stranger.send(&mut endpoint, &question).unwrap();
    stranger.send(&mut endpoint, &Body::Pong(PROTOCOL_VERSION)).unwrap();
    let refused = (0..1000).filter(|_| stranger.send(&mut endpoint, &question) == Err(Refusal::Rate)).count();
    let burst = endpoint.config().rates.source_answers.burst as usize;
    assert_eq!(refused, 1000 - (burst - 1));
    let other = Stranger::new(2);
    assert_eq!(other.send(&mut endpoint, &question), Ok(()));
}

#[test]
fn a_resource_goes_to_the_stated_address_only_after_its_pong_and_at_a_rate() {
    // A request for a resource states the address that the resource should go to.
    let mut endpoint = endpoint_with(|config| config.rates.source_answer_bytes = Rate { per_second: 0, burst: 20_000 });
    let (stated, other) = (Stranger::new(1), Stranger::new(2));
    let resource = [1; 300];
    for _ in 0..100 {
        assert_eq!(endpoint.answer(NOW, stated.identity.address(), &resource), Err(SendError::Unproven));
    }
    let first = sent(&mut endpoint);
    assert_eq!(first.len(), 1, "one ping, however often others ask");
    assert_eq!(wire::decode_body(&first[0].1), Ok(Body::Ping(PROTOCOL_VERSION)));
    stated.send(&mut endpoint, &Body::Pong(PROTOCOL_VERSION)).unwrap();
    assert!(endpoint.answer(NOW, stated.identity.address(), &resource).is_ok());
    let answer = sent(&mut endpoint);
    assert_eq!(answer.len(), 6);
    assert!(answer.iter().all(|(to, datagram)| *to == stated.identity.address() && datagram.len() == 1375));
    // Six datagrams of 1,375 bytes each: two answers fit into the allowance.
    assert!(endpoint.answer(NOW, stated.identity.address(), &[2; 300]).is_ok());
    assert_eq!(endpoint.answer(NOW, stated.identity.address(), &[3; 300]), Err(SendError::Rate));
    assert_eq!(sent(&mut endpoint).len(), 6);
    // Others have an allowance of their own, and nobody is answered at an address that no node has.
    assert_eq!(endpoint.answer(NOW, other.identity.address(), &resource), Err(SendError::Unproven));
    for address in ["10.0.0.1:0", "224.0.0.1:9000", "0.0.0.0:9000"] {
        assert_eq!(endpoint.answer(NOW, address.parse().unwrap(), &resource), Err(SendError::Targets));
    }
    assert_eq!(endpoint.answer(NOW, endpoint.config().identity.address(), &resource), Err(SendError::Targets));
}

#[test]
fn floods_of_stated_addresses_cost_one_ping_each_and_no_more_room_than_stated() {
    let mut endpoint = endpoint();
    for number in 1..5000 {
        assert_eq!(endpoint.answer(NOW, address(number), &[1; 50_000]), Err(SendError::Unproven));
    }
    let usage = endpoint.usage();
    assert!(usage.asked <= 1024 && usage.outgoing_bytes == 0, "{usage:?}");
    assert!(sent(&mut endpoint).iter().all(|(_, datagram)| datagram.len() == 31));
}

#[test]
fn a_ray_that_announces_ten_mebibytes_and_sends_one_chunk_takes_the_room_of_one_chunk() {
    let mut endpoint = endpoint();
    let stranger = Stranger::new(1);
    let encoded = Encoded::new(&vec![7; MESSAGE_BYTES_LIMIT - 1]);
    stranger.chunk(&mut endpoint, 0, encoded.chunk(0).unwrap()).unwrap();
    let usage = endpoint.usage();
    assert_eq!(usage.rays, 1);
    assert!(usage.ray_bytes < 3000, "{usage:?}");
    endpoint.on_deadline(ASSEMBLY_TTL);
    assert_eq!((endpoint.usage().rays, endpoint.usage().ray_bytes), (0, 0));
}

#[test]
fn a_pong_that_comes_late_or_for_another_is_refused() {
    let mut endpoint = endpoint();
    let (late, other) = (Stranger::new(1), Stranger::new(2));
    endpoint.ping(NOW, late.identity.address());
    assert_eq!(other.send(&mut endpoint, &Body::Pong(PROTOCOL_VERSION)), Err(Refusal::Unsolicited));
    endpoint.on_deadline(endpoint.config().ping_timeout);
    assert_eq!(late.send(&mut endpoint, &Body::Pong(PROTOCOL_VERSION)), Err(Refusal::Unsolicited));
    assert!(!endpoint.has_answered(NOW, late.identity.address()));
    assert_eq!(endpoint.usage().peers, 0);
}

#[test]
fn a_peer_that_never_answers_again_leaves_and_is_not_asked_without_end() {
    let mut endpoint = endpoint();
    let silent = Stranger::new(1);
    endpoint.ping(NOW, silent.identity.address());
    silent.send(&mut endpoint, &Body::Pong(PROTOCOL_VERSION)).unwrap();
    assert_eq!(endpoint.poll_event(), Some(Event::PeerJoined(silent.identity.address())));
    sent(&mut endpoint);
    let (mut now, mut pings) = (NOW, 0);
    while now < Duration::from_secs(600) {
        now = endpoint.deadline();
        endpoint.on_deadline(now);
        let bodies = sent(&mut endpoint);
        pings += bodies.iter().filter(|(_, datagram)| datagram[0] == 0).count();
    }
    assert_eq!(pings, 3);
    assert_eq!(endpoint.poll_event(), Some(Event::PeerLeft(silent.identity.address())));
    assert_eq!((endpoint.usage().peers, endpoint.usage().asked), (0, 0));
}

#[test]
fn datagrams_that_are_cut_anywhere_or_of_an_unknown_type_are_refused() {
    let mut endpoint = endpoint();
    let stranger = Stranger::new(1);
    let from = stranger.identity.address();
    let encoded = Encoded::new(&[5; 40]);
    for body in [Body::Ping(PROTOCOL_VERSION), Body::Broadcast { height: 0, chunk: encoded.chunk(0).unwrap() }] {
        let whole = wire::encode(&stranger.header, &body);
        for end in 0..whole.len() {
            assert!(matches!(endpoint.receive(NOW, from, &whole[..end]), Err(Refusal::Wire(_))), "{end} bytes");
        }
        for kind in (0..=255).filter(|kind| ![0, 1, 2, 3, 10].contains(kind)) {
            let unknown = [&[kind], &whole[1..]].concat();
            let refused = endpoint.receive(NOW, from, &unknown);
            assert_eq!(refused, Err(Refusal::Wire(wire::WireError::UnknownType(kind))));
        }
    }
    assert_eq!((endpoint.usage().rays, endpoint.usage().peers), (0, 0));
}

#[test]
fn floods_of_pings_and_questions_from_everywhere_are_bounded() {
    let mut endpoint = endpoint();
    for number in 1..6000 {
        let stranger = Stranger::new(number);
        let question = Body::FindNodes { version: PROTOCOL_VERSION, target: stranger.identity.id() };
        for body in [Body::Ping(PROTOCOL_VERSION), question] {
            stranger.send(&mut endpoint, &body).unwrap();
        }
    }
    let usage = endpoint.usage();
    assert!(usage.asked <= 2048 && usage.sources <= MAX_SOURCES, "{usage:?}");
    let waiting = sent(&mut endpoint);
    assert!(waiting.len() <= 8192, "{}", waiting.len());
    assert!(waiting.iter().all(|(_, datagram)| datagram.len() == 31), "pings and pongs, as large as what came");
    // A node that answers comes in all the same.
    let honest = Stranger::new(7000);
    honest.send(&mut endpoint, &Body::Ping(PROTOCOL_VERSION)).unwrap();
    assert_eq!(sent(&mut endpoint).len(), 2);
    honest.send(&mut endpoint, &Body::Pong(PROTOCOL_VERSION)).unwrap();
    assert!(endpoint.has_answered(NOW, honest.identity.address()));
    // Requests without an answer are forgotten; the peer is asked for others.
    endpoint.on_deadline(endpoint.config().ping_timeout);
    assert_eq!(endpoint.usage().asked, 1);
    assert!(sent(&mut endpoint).iter().all(|(to, _)| *to == honest.identity.address()));
}

#[test]
fn wrong_entries_of_peers_are_not_asked() {
    let mut endpoint = endpoint_with(|config| config.bootstrap = vec![address(1)]);
    endpoint.on_deadline(NOW);
    let bootstrap = Stranger::new(1);
    let question = sent(&mut endpoint);
    assert!(matches!(wire::decode_body(&question[0].1), Ok(Body::FindNodes { .. })));
    let wrong = |address: SocketAddr| PeerEntry { address, id: Id::of(address) };
    let peers = vec![
        PeerEntry { address: address(2), id: Id::of(address(3)) },
        wrong(address(0)),
        wrong("127.0.0.1:9".parse().unwrap()),
        wrong("224.0.0.1:9".parse().unwrap()),
        wrong("10.0.0.7:0".parse().unwrap()),
        wrong(address(5)),
    ];
    bootstrap.send(&mut endpoint, &Body::Nodes { version: PROTOCOL_VERSION, peers }).unwrap();
    let asked: Vec<_> = sent(&mut endpoint).into_iter().map(|(to, _)| to).collect();
    assert!(asked.iter().all(|to| *to == address(5)), "{asked:?}");
    assert!(!asked.is_empty());
}

#[test]
fn heights_above_the_distance_to_the_sender_are_refused() {
    let mut endpoint = endpoint();
    let stranger = Stranger::new(1);
    let distance = endpoint.config().identity.id().height_of(stranger.identity.id()).unwrap();
    let encoded = Encoded::new(&[7; 2000]);
    for height in [distance + 1, 200, 255] {
        let refused = stranger.chunk(&mut endpoint, height, encoded.chunk(0).unwrap());
        assert_eq!(refused, Err(Refusal::Height { height, distance }));
    }
    assert_eq!(endpoint.usage().rays, 0);
    assert_eq!(stranger.chunk(&mut endpoint, distance, encoded.chunk(0).unwrap()), Ok(()));
}

#[test]
fn a_message_has_one_verdict_and_does_not_leave_again() {
    let mut endpoint = endpoint();
    let stranger = Stranger::new(1);
    let message = stranger.message(&mut endpoint, 0, b"once").unwrap();
    assert_eq!(&*message.bytes, b"once");
    assert!(stranger.message(&mut endpoint, 0, b"once").is_none(), "it is known");
    assert_eq!(endpoint.judge(NOW, message.ingress, Verdict::Relay), Ok(()));
    for verdict in [Verdict::Relay, Verdict::Ignore, Verdict::Unread, Verdict::Reject] {
        assert_eq!(endpoint.judge(NOW, message.ingress, verdict), Err(JudgeError::Unknown));
    }
    assert_eq!(endpoint.broadcast(NOW, b"once"), Err(SendError::Seen));
}

#[test]
fn a_message_that_was_not_looked_at_comes_from_others() {
    let mut endpoint = endpoint();
    let [first, second, third] = [1, 2, 3].map(Stranger::new);
    let bytes = [7_u8; 4000];
    let message = first.message(&mut endpoint, 0, &bytes).unwrap();
    assert!(second.message(&mut endpoint, 0, &bytes).is_none(), "it waits for its verdict");
    assert_eq!(endpoint.judge(NOW, message.ingress, Verdict::Unread), Ok(()));
    // The second has sent it meanwhile.
    let Some(Event::Message(again)) = endpoint.poll_event() else { panic!("the message is lost") };
    assert_eq!((again.from, &*again.bytes), (second.identity.address(), &bytes[..]));
    assert_ne!(again.ingress, message.ingress);
    assert_eq!(endpoint.judge(NOW, again.ingress, Verdict::Unread), Ok(()));
    // Nobody else has sent it, so it is taken when it comes again.
    assert_eq!(endpoint.poll_event(), None);
    let usage = endpoint.usage();
    assert_eq!((usage.seen, usage.unjudged, usage.unjudged_bytes), (0, 0, 0));
    let last = third.message(&mut endpoint, 0, &bytes).unwrap();
    assert_eq!(endpoint.judge(NOW, last.ingress, Verdict::Ignore), Ok(()));
    assert!(first.message(&mut endpoint, 0, &bytes).is_none(), "it is known");
}

#[test]
fn the_ports_of_one_address_do_not_hide_who_else_has_sent_a_message() {
    let mut endpoint = endpoint();
    let bytes = [7_u8; 4000];
    let at_port = |port| Stranger::at(SocketAddr::from(([10, 9, 9, 9], port)));
    let message = at_port(9000).message(&mut endpoint, 0, &bytes).unwrap();
    for port in 9001..9100 {
        assert!(at_port(port).message(&mut endpoint, 0, &bytes).is_none(), "it waits for its verdict");
    }
    let other = Stranger::new(1);
    assert!(other.message(&mut endpoint, 0, &bytes).is_none());
    assert_eq!(endpoint.judge(NOW, message.ingress, Verdict::Unread), Ok(()));
    let Some(Event::Message(again)) = endpoint.poll_event() else { panic!("the message is lost") };
    assert_eq!((again.from, &*again.bytes), (other.identity.address(), &bytes[..]));
}

#[test]
fn a_source_of_rejected_messages_is_not_heard_for_a_while() {
    let mut endpoint = endpoint();
    let rate = endpoint.config().rates.source_rejections;
    let (bad, good) = (Stranger::new(1), Stranger::new(2));
    // Messages that are not rejected cost nothing.
    for number in 0..2 * rate.burst {
        let verdict = if number % 2 == 0 { Verdict::Relay } else { Verdict::Ignore };
        let message = bad.message(&mut endpoint, 0, &number.to_le_bytes()).unwrap();
        endpoint.judge(NOW, message.ingress, verdict).unwrap();
    }
    assert_eq!(endpoint.usage().rejected, 0);
    // One forged message a millisecond. The node rejects each that it gets.
    let mut rejected = 0;
    for milli in 0..1000_u32 {
        let now = Duration::from_millis(milli.into());
        let forged = Encoded::new(&(1_000_000 + milli).to_le_bytes());
        let body = Body::Broadcast { height: 0, chunk: forged.chunk(0).unwrap() };
        let taken = endpoint.receive(now, bad.identity.address(), &wire::encode(&bad.header, &body));
        assert!(matches!(taken, Ok(()) | Err(Refusal::Rejected)), "{taken:?}");
        while let Some(event) = endpoint.poll_event() {
            let Event::Message(message) = event else { continue };
            rejected += 1;
            endpoint.judge(now, message.ingress, Verdict::Reject).unwrap();
        }
    }
    // The burst, and what the rate gives back in less than a second.
    assert_eq!(rejected, rate.burst + rate.per_second - 1);
    assert_eq!(endpoint.usage().rejected, 1);
    // The source's pings are answered, and others are heard.
    assert_eq!(bad.send(&mut endpoint, &Body::Ping(PROTOCOL_VERSION)), Ok(()));
    assert!(good.message(&mut endpoint, 0, b"a good one").is_some());
}

#[test]
fn messages_that_wait_for_their_verdicts_count_when_these_come() {
    let mut endpoint = endpoint();
    let rate = endpoint.config().rates.source_rejections;
    let bad = Stranger::new(1);
    let waiting: Vec<_> =
        (0..3 * rate.burst).map(|number| bad.message(&mut endpoint, 0, &number.to_le_bytes()).unwrap()).collect();
    for message in waiting {
        endpoint.judge(NOW, message.ingress, Verdict::Reject).unwrap();
    }
    let later = Encoded::new(b"later");
    let datagram = wire::encode(&bad.header, &Body::Broadcast { height: 0, chunk: later.chunk(0).unwrap() });
    let mut send = |millis| endpoint.receive(Duration::from_millis(millis), bad.identity.address(), &datagram);
    // The time in which the rate gives back all but the burst, and one more.
    let silent = 1000 * u64::from(2 * rate.burst + 1) / u64::from(rate.per_second);
    assert_eq!(send(silent - 1), Err(Refusal::Rejected));
    assert_eq!(send(silent + 1), Ok(()));
}

#[test]
fn a_liar_answers_for_its_symbols_and_others_do_not() {
    let mut endpoint = endpoint_with(|config| config.rates.source_rejections.burst = 1);
    let (liar, honest) = (Stranger::new(1), Stranger::new(2));
    let (message, other) = (Encoded::new(&[7; 4000]), Encoded::new(&[8; 4000]));
    // All that the liar sends is of another message than its id says.
    for place in 0..4 {
        let chunk = Chunk { ray: message.ray(), ..other.chunk(place).unwrap() };
        liar.chunk(&mut endpoint, 0, chunk).unwrap();
    }
    assert!(honest.message(&mut endpoint, 0, &[7; 4000]).is_some());
    let next = Encoded::new(b"next");
    assert_eq!(liar.chunk(&mut endpoint, 0, next.chunk(0).unwrap()), Err(Refusal::Rejected));
    assert_eq!(honest.chunk(&mut endpoint, 0, next.chunk(0).unwrap()), Ok(()));
}

#[test]
fn a_peer_that_is_dropped_leaves_the_table_and_is_not_banned() {
    let mut endpoint = endpoint();
    let peer = Stranger::new(1);
    let address = peer.identity.address();
    let answer_a_ping = |endpoint: &mut Endpoint| {
        endpoint.ping(NOW, address);
        peer.send(endpoint, &Body::Pong(PROTOCOL_VERSION)).unwrap();
    };
    answer_a_ping(&mut endpoint);
    assert_eq!(endpoint.poll_event(), Some(Event::PeerJoined(address)));
    endpoint.drop_peer(address);
    assert_eq!(endpoint.poll_event(), Some(Event::PeerLeft(address)));
    assert_eq!(endpoint.usage().peers, 0);
    assert_eq!(endpoint.broadcast(NOW, b"for peers"), Err(SendError::NoPeers));
    // Its leaving is told once.
    endpoint.drop_peer(address);
    assert_eq!(endpoint.poll_event(), None);
    assert!(peer.message(&mut endpoint, 0, b"still heard").is_some());
    answer_a_ping(&mut endpoint);
    assert_eq!(endpoint.poll_event(), Some(Event::PeerJoined(address)));
}

#[test]
fn messages_without_verdict_are_bounded_and_forgotten() {
    let mut endpoint = endpoint_with(|config| config.unjudged.messages = 10);
    let stranger = Stranger::new(1);
    let first = stranger.message(&mut endpoint, 0, &[0; 100]).unwrap();
    for number in 1..10 {
        assert!(stranger.message(&mut endpoint, 0, &[number; 100]).is_some());
    }
    let next = Encoded::new(&[10; 100]);
    assert_eq!(stranger.chunk(&mut endpoint, 0, next.chunk(0).unwrap()), Err(Refusal::Unjudged));
    endpoint.judge(NOW, first.ingress, Verdict::Ignore).unwrap();
    assert_eq!(stranger.chunk(&mut endpoint, 0, next.chunk(0).unwrap()), Ok(()));
    let later = endpoint.config().unjudged.ttl;
    endpoint.on_deadline(later);
    assert_eq!(endpoint.usage().unjudged, 0);
}

#[test]
fn messages_that_the_node_does_not_take_are_bounded_whatever_expires() {
    let mut endpoint = endpoint_with(|config| config.unjudged.messages = 10);
    let stranger = Stranger::new(1);
    let mut kept = 0;
    for number in 0..200 {
        endpoint.on_deadline(Duration::from_secs(30) * number.into());
        let chunk = Encoded::new(&[number; 100]);
        kept += usize::from(stranger.chunk(&mut endpoint, 0, chunk.chunk(0).unwrap()).is_ok());
    }
    assert_eq!(kept, 10);
    let taken = std::iter::from_fn(|| endpoint.poll_event()).filter(|event| matches!(event, Event::Message(_)));
    assert_eq!(taken.count(), 10);
    let chunk = Encoded::new(&[250; 100]);
    assert_eq!(stranger.chunk(&mut endpoint, 0, chunk.chunk(0).unwrap()), Ok(()));
}

#[test]
fn a_liar_cannot_keep_a_message_out() {
    // The liar sends other symbols under the message's id, before and between the honest ones.
    for bytes in [100, 30_000] {
        let mut endpoint = endpoint();
        let (liar, honest) = (Stranger::new(1), Stranger::new(2));
        let message: Vec<u8> = (0..bytes).map(|place| (place % 250) as u8).collect();
        let encoded = Encoded::new(&message);
        let wrong = vec![0xee; encoded.chunk(0).unwrap().symbol.len()];
        let mut whole = None;
        for place in 0..encoded.len() {
            let chunk = encoded.chunk(place).unwrap();
            // Not all of them are taken: a known liar is refused.
            let _ = liar.chunk(&mut endpoint, 0, Chunk { symbol: &wrong, ..chunk });
            honest.chunk(&mut endpoint, 0, chunk).unwrap();
            if let Some(Event::Message(message)) = endpoint.poll_event() {
                whole = Some(message.bytes);
                break;
            }
        }
        assert_eq!(whole.as_deref(), Some(&message[..]));
    }
}

#[test]
fn parameters_that_no_encoder_chooses_are_refused() {
    let good = Encoded::new(&[1; 5000]).chunk(0).unwrap().object;
    assert!(Object::parse(&good, usize::MAX).is_ok());
    let with = |place: usize, byte: u8| {
        let mut bytes = good;
        bytes[place] = byte;
        Object::parse(&bytes, usize::MAX)
    };
    // Length 0 and 10 MiB, reserved byte, symbol size, blocks, sub-blocks, alignment.
    assert!(matches!(Object::parse(&[0; OBJECT_BYTES], usize::MAX), Err(CodingError::SymbolSize(0))));
    for (place, byte) in [(5, 1), (8, 0), (8, 2), (8, 255), (10, 0), (10, 2), (9, 1), (11, 0), (11, 4)] {
        assert_eq!(with(place, byte), Err(CodingError::Parameters), "byte {place} is {byte}");
    }
    assert!(matches!(with(7, 0x11), Err(CodingError::SymbolSize(_))));
    assert!(matches!(with(6, 0xff), Err(CodingError::SymbolSize(_))));
    assert!(matches!(with(0, 1), Err(CodingError::MessageLength(_))));
    let mut limit = good;
    limit[..5].copy_from_slice(&(MESSAGE_BYTES_LIMIT as u64).to_be_bytes()[3..]);
    assert!(matches!(Object::parse(&limit, usize::MAX), Err(CodingError::MessageLength(_))));
    assert!(matches!(Object::parse(&good, 4999), Err(CodingError::MessageLength(5000))));
}

#[test]
fn the_longest_message_is_taken_with_losses() {
    let message: Vec<u8> = (0..MESSAGE_BYTES_LIMIT - 1).map(|place| (place * 31 % 253) as u8).collect();
    let encoded = Encoded::new(&message);
    let mut endpoint = endpoint();
    let stranger = Stranger::new(1);
    let mut whole = None;
    for place in (0..encoded.len()).filter(|place| place % 20 != 3) {
        stranger.chunk(&mut endpoint, 0, encoded.chunk(place).unwrap()).unwrap();
        if let Some(Event::Message(message)) = endpoint.poll_event() {
            whole = Some(message.bytes);
            break;
        }
    }
    assert!(whole.as_deref() == Some(&message[..]), "the message is whole");
}

/// The datagrams of the corpus by their names, with what becomes of them.
const CORPUS: &str = include_str!("corpus/datagrams.txt");

#[test]
fn the_corpus_is_refused_or_taken_as_noted() {
    let mut number = 0;
    for line in CORPUS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (name, verdict, bytes) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or_default());
        let datagram = hex::decode(bytes).unwrap();
        let read = wire::decode_header(&datagram).and_then(|_| wire::decode_body(&datagram));
        let found = read.map_or_else(|error| format!("{error:?}"), |_| "taken".to_owned());
        let found = found.split(['(', ' ']).next().unwrap().to_owned();
        assert_eq!(found, verdict, "{name}");
        // An endpoint survives each datagram of the corpus.
        let _ = endpoint().receive(NOW, address(1), &datagram);
        number += 1;
    }
    assert!(number >= 15, "the corpus is read");
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let version = (any::<u8>(), any::<u16>(), any::<u16>());
    let version = version.prop_map(|(major, minor, patch)| Version { major, minor, patch });
    let ip = prop_oneof![
        (1..=255u8, any::<[u8; 3]>()).prop_map(|(a, [b, c, d])| std::net::IpAddr::from([a, b, c, d])),
        any::<[u8; 16]>().prop_map(std::net::IpAddr::from),
    ];
    let entry = (ip, any::<u16>(), any::<[u8; 16]>())
        .prop_map(|(ip, port, id)| PeerEntry { address: SocketAddr::new(ip, port), id: Id::from_bytes(id) });
    let header = Stranger::new(1).header;
    prop_oneof![
        version.clone().prop_map(move |version| wire::encode(&header, &Body::Ping(version))),
        version.clone().prop_map(move |version| wire::encode(&header, &Body::Pong(version))),
        (version.clone(), any::<[u8; 16]>()).prop_map(move |(version, target)| {
            wire::encode(&header, &Body::FindNodes { version, target: Id::from_bytes(target) })
        }),
        (version, prop::collection::vec(entry, 0..=40))
            .prop_map(move |(version, peers)| wire::encode(&header, &Body::Nodes { version, peers })),
        (any::<u8>(), any::<[u8; 32]>(), any::<[u8; 12]>(), any::<u8>(), 0..1u32 << 24, 1..2000usize).prop_map(
            move |(height, ray, object, block, number, length)| {
                let symbol = vec![block; length];
                let chunk = Chunk { ray: RayId(ray), object, block, number, symbol: &symbol };
                wire::encode(&header, &Body::Broadcast { height, chunk })
            }
        ),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_and_nothing_shorter_or_longer(datagram in bodies(), cut in 1..60usize) {
        let header = wire::decode_header(&datagram).unwrap();
        let body = wire::decode_body(&datagram).unwrap();
        prop_assert_eq!(wire::encode(&header, &body), datagram.clone());
        let short = &datagram[..datagram.len().saturating_sub(cut)];
        prop_assert!(wire::decode_body(short).is_err());
        let long = [&datagram[..], &vec![0; cut]].concat();
        prop_assert!(wire::decode_body(&long).is_err());
    }

    #[test]
    fn flipped_bits_and_random_bytes_harm_no_endpoint(
        datagram in bodies(),
        flips in prop::collection::vec((0..1u64 << 32, 0..8u32), 0..8),
        noise in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut endpoint = endpoint();
        let mut flipped = datagram.clone();
        for (place, bit) in flips {
            let place = place as usize % flipped.len();
            flipped[place] ^= 1 << bit;
        }
        for bytes in [&datagram, &flipped, &noise] {
            let _ = endpoint.receive(NOW, address(1), bytes);
        }
        endpoint.on_deadline(Duration::from_secs(1));
        while endpoint.poll_transmit().is_some() {}
    }

    #[test]
    fn chunks_of_any_parameters_harm_no_endpoint(
        length in prop_oneof![0..3000u64, 0..1u64 << 40],
        size in prop_oneof![Just(1296u16), Just(1304), Just(8192), any::<u16>()],
        rest in any::<[u8; 4]>(),
        numbers in prop::collection::vec(prop_oneof![0..8u32, 0..1u32 << 24], 1..12),
        is_usual in any::<bool>(),
        fits in any::<bool>(),
    ) {
        let mut object = [0; OBJECT_BYTES];
        object[..5].copy_from_slice(&length.to_be_bytes()[3..]);
        object[6..8].copy_from_slice(&size.to_be_bytes());
        let usual = [1, 0, 1, 8];
        object[8..].copy_from_slice(if is_usual { &usual } else { &rest });
        let (mut endpoint, stranger) = (endpoint(), Stranger::new(1));
        let size = if fits { usize::from(size).clamp(1, 8192) } else { 1296 };
        for number in numbers {
            let symbol = vec![number as u8; size];
            let chunk = Chunk { ray: RayId([3; 32]), object, block: 0, number, symbol: &symbol };
            let _ = stranger.chunk(&mut endpoint, 0, chunk);
        }
        prop_assert!(endpoint.poll_event().is_none(), "no message has this id");
    }

    #[test]
    fn any_symbols_that_suffice_give_the_message(
        length in 1..40_000usize,
        order in any::<u64>(),
        lost in 0..4usize,
    ) {
        use rand::SeedableRng;
        use rand::seq::SliceRandom;
        let message: Vec<u8> = (0..length).map(|place| (place * 17 % 256) as u8).collect();
        let encoded = Encoded::new(&message);
        let mut places: Vec<usize> = (0..encoded.len()).collect();
        places.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(order));
        let (mut endpoint, stranger) = (endpoint(), Stranger::new(1));
        let mut whole = None;
        for place in &places[lost..] {
            stranger.chunk(&mut endpoint, 0, encoded.chunk(*place).unwrap()).unwrap();
            if let Some(Event::Message(message)) = endpoint.poll_event() {
                whole = Some(message.bytes);
            }
        }
        prop_assert_eq!(whole.as_deref(), Some(&message[..]));
    }
}

#[test]
fn datagrams_larger_than_any_are_refused_unread() {
    let mut endpoint = endpoint();
    let datagram = vec![10; MAX_DATAGRAM_BYTES + 1];
    assert_eq!(endpoint.receive(NOW, address(1), &datagram), Err(Refusal::Wire(wire::WireError::TooLong)));
}
