//! Datagrams of Kadcast, the chunks of messages, and an endpoint that takes both.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use local_node_kadcast::coding::{Assembly, Encoded, MESSAGE_BYTES_LIMIT, Object, ray_of};
use local_node_kadcast::wire::{
    self, Body, Chunk, HEADER_BYTES, Header, MAX_DATAGRAM_BYTES, MAX_TOLD_PEERS, OBJECT_BYTES, PeerEntry, RAY_BYTES,
    RayId,
};
use local_node_kadcast::{
    ACCEPTED_WORK_BITS, Config, Endpoint, Event, Id, Identity, MAX_SOURCES, PROTOCOL_VERSION, Verdict as Judged,
};

use crate::{Input, Target, Verdict};

/// One datagram.
pub(crate) const DATAGRAM: Target =
    Target { name: "datagram", run: datagram, seeds: datagrams, extras: datagram_extras, heap: [16, 64 * 1024] };
/// One message in parts: a ray id, the parameters of its code, and symbols of [`RECORD_BYTES`] each, a sender, a number
/// and the byte that fills the symbol. Such a symbol has up to 8,192 bytes, and solving takes three times as many.
pub(crate) const CHUNK: Target =
    Target { name: "chunk", run: chunk, seeds: chunks, extras: chunk_extras, heap: [9000, 1 << 20] };
/// An endpoint that four nodes send datagrams to. A record's first byte is its action; then come a sender, a length
/// (`u16`) and the body after a header.
pub(crate) const ENDPOINT: Target =
    Target { name: "endpoint", run: endpoint, seeds: dialogues, extras: dialogue_extras, heap: [64, 8 << 20] };

/// Bytes of a symbol's sender, number and content.
const RECORD_BYTES: usize = 5;
const NETWORK: u8 = 7;
/// The bytes that an endpoint may send to unproven addresses, for each byte that it received. A ping of 26
/// bytes beside its version comes back as a pong and a ping, and an entry of 22 bytes is asked and pinged.
const MAX_AMPLIFICATION: usize = 4;

fn datagram(bytes: &[u8]) -> Verdict {
    let (Ok(header), Ok(body)) = (wire::decode_header(bytes), wire::decode_body(bytes)) else {
        return Verdict::Refused;
    };
    assert!(bytes.len() <= MAX_DATAGRAM_BYTES);
    let mut expected = bytes.to_vec();
    // Two reserved bytes end the header, and are not looked at.
    expected[HEADER_BYTES - 2..HEADER_BYTES].fill(0);
    assert_eq!(wire::encode(&header, &body), expected, "what is read is written back as the same bytes");
    if let Body::Nodes { peers, .. } = body {
        assert!(peers.len() <= MAX_TOLD_PEERS);
    }
    Verdict::Taken
}

fn chunk(bytes: &[u8]) -> Verdict {
    let Some((ray, rest)) = bytes.split_first_chunk::<RAY_BYTES>() else { return Verdict::Refused };
    let Some((parameters, records)) = rest.split_first_chunk::<OBJECT_BYTES>() else { return Verdict::Refused };
    let Ok(object) = Object::parse(parameters, MESSAGE_BYTES_LIMIT) else { return Verdict::Refused };
    assert_eq!(object.to_bytes(), *parameters, "parameters that are taken have one form");
    assert!(object.length() > 0 && object.length() < MESSAGE_BYTES_LIMIT);
    let size = u16::from_be_bytes([parameters[6], parameters[7]]);
    let mut assembly = Assembly::new(RayId(*ray), object);
    for record in records.chunks_exact(RECORD_BYTES) {
        let symbol = vec![record[4]; size.into()];
        let number = u32::from_be_bytes([0, record[1], record[2], record[3]]);
        let chunk = Chunk { ray: RayId(*ray), object: *parameters, block: 0, number, symbol: &symbol };
        assert_eq!(object.check(&chunk), Ok(()));
        assembly.add(SocketAddr::from(([10, 0, 0, record[0]], 9000)), &chunk);
        if let Some(message) = assembly.solve() {
            assert_eq!(message.len(), object.length());
            assert_eq!(ray_of(&message).0, *ray, "only the message that the id names comes out");
            return Verdict::Taken;
        }
        if assembly.is_hopeless() {
            break;
        }
    }
    Verdict::Refused
}

/// The endpoint's own identity, and those of four other nodes. Their proofs of work are made once.
fn identities() -> &'static [Identity; 5] {
    static IDENTITIES: OnceLock<[Identity; 5]> = OnceLock::new();
    IDENTITIES.get_or_init(|| {
        [1, 2, 3, 4, 5].map(|last| Identity::produce(SocketAddr::from(([10, 0, 0, last], 9000)), ACCEPTED_WORK_BITS))
    })
}

fn header_of(sender: u8) -> Header {
    let identity = &identities()[1 + usize::from(sender % 4)];
    Header { id: identity.id(), nonce: identity.nonce(), port: identity.address().port(), network: NETWORK }
}

/// One datagram of a dialogue.
struct Record<'a> {
    kind: u8,
    sender: u8,
    rest: &'a [u8],
}

fn records(mut bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    std::iter::from_fn(move || {
        let ([kind, sender, low, high], rest) = bytes.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
        bytes = &rest[length..];
        Some(Record { kind: *kind, sender: *sender, rest: &rest[..length] })
    })
}

/// Kinds above this one let time pass instead.
const LAST_DATAGRAM: u8 = 199;

fn endpoint(bytes: &[u8]) -> Verdict {
    let config = Config::new(identities()[0], NETWORK);
    let bounds = (config.rays, config.unjudged, config.outgoing);
    let mut now = Duration::ZERO;
    let mut endpoint = Endpoint::new(config, now, [1; 32]).expect("the settings are in order");
    let (mut received, mut unproven, mut are_all_taken) = (0, 0, true);
    for record in records(bytes) {
        now += Duration::from_millis(1);
        if record.kind > LAST_DATAGRAM {
            now += Duration::from_millis(50 * u64::from(record.sender));
            endpoint.on_deadline(now);
        } else {
            let mut datagram = wire::encode(&header_of(record.sender), &Body::Ping(PROTOCOL_VERSION));
            datagram.truncate(HEADER_BYTES);
            datagram[0] = record.kind;
            datagram.extend(record.rest);
            received += datagram.len();
            let from = identities()[1 + usize::from(record.sender % 4)].address();
            are_all_taken &= endpoint.receive(now, from, &datagram).is_ok();
        }
        while let Some(event) = endpoint.poll_event() {
            if let Event::Message(message) = event {
                assert_eq!(ray_of(&message.bytes), message.ray);
                let judged = [Judged::Relay, Judged::Ignore, Judged::Reject, Judged::Unread][message.bytes.len() % 4];
                assert_eq!(endpoint.judge(now, message.ingress, judged), Ok(()));
                assert!(endpoint.judge(now, message.ingress, judged).is_err(), "a message has one verdict");
            }
        }
        while let Some(transmit) = endpoint.poll_transmit() {
            assert!(transmit.datagram.len() <= MAX_DATAGRAM_BYTES);
            if !endpoint.has_answered(now, transmit.to) {
                unproven += transmit.datagram.len();
            }
        }
        let usage = endpoint.usage();
        assert!(usage.sources <= MAX_SOURCES && usage.rejected <= MAX_SOURCES, "{usage:?}");
        assert_eq!(usage.unjudged, 0, "{usage:?}");
        assert!(usage.rays <= bounds.0.rays && usage.ray_bytes <= bounds.0.bytes && usage.seen <= bounds.0.seen);
        assert!(usage.unjudged_bytes <= bounds.1.bytes && usage.outgoing_bytes <= bounds.2.bytes);
    }
    assert!(unproven <= MAX_AMPLIFICATION * received, "{unproven} bytes to addresses that were silent, for {received}");
    if are_all_taken && received > 0 { Verdict::Taken } else { Verdict::Refused }
}

fn peers(number: u8) -> Vec<PeerEntry> {
    let addresses = (1..=number).map(|last| SocketAddr::from(([10, 0, 1, last], 9000)));
    let sixth = std::iter::once("[2001:db8::1]:9000".parse().expect("it is an address"));
    addresses.chain(sixth).map(|address| PeerEntry { address, id: Id::of(address) }).collect()
}

fn message(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|place| u8::try_from(place % 251).unwrap_or_default()).collect()
}

/// The datagrams of a message, in the order of their numbers.
fn broadcast(height: u8, message: &[u8]) -> Vec<Vec<u8>> {
    let encoded = Encoded::new(message);
    let chunks = (0..encoded.len()).filter_map(|place| encoded.chunk(place));
    chunks.map(|chunk| wire::encode(&header_of(0), &Body::Broadcast { height, chunk })).collect()
}

fn datagrams() -> Vec<Input> {
    let version = PROTOCOL_VERSION;
    let bodies = [
        ("ping", Body::Ping(version)),
        ("pong", Body::Pong(version)),
        ("find-nodes", Body::FindNodes { version, target: identities()[2].id() }),
        ("nodes", Body::Nodes { version, peers: peers(5) }),
        ("nodes-none", Body::Nodes { version, peers: Vec::new() }),
    ];
    let mut inputs: Vec<Input> =
        bodies.iter().map(|(name, body)| ((*name).to_owned(), wire::encode(&header_of(0), body))).collect();
    inputs.extend(broadcast(3, &message(200)).into_iter().take(1).map(|datagram| ("broadcast".to_owned(), datagram)));
    inputs
}

fn datagram_extras() -> Vec<Input> {
    let ping = wire::encode(&header_of(0), &Body::Ping(PROTOCOL_VERSION));
    let mut unknown = ping.clone();
    unknown[0] = 4;
    let nodes = Body::Nodes { version: PROTOCOL_VERSION, peers: Vec::new() };
    let mut too_many = wire::encode(&header_of(0), &nodes);
    let end = too_many.len();
    too_many[end - 2..].copy_from_slice(&41u16.to_le_bytes());
    let mut most = too_many.clone();
    most[end - 2..].fill(255);
    let mut stated = broadcast(3, &message(200)).remove(0);
    stated.truncate(200);
    vec![
        ("type-unknown".to_owned(), unknown),
        ("tells-41-peers".to_owned(), too_many),
        ("tells-65535-peers".to_owned(), most),
        ("states-more-than-there-is".to_owned(), stated),
        ("larger-than-any".to_owned(), [&ping[..], &vec![0; MAX_DATAGRAM_BYTES]].concat()),
    ]
}

/// A message of zeros as the target for chunks reads it: all its symbols are zeros.
fn zeros(length: usize, symbols: impl Iterator<Item = (u8, u32, u8)>) -> Vec<u8> {
    let message = vec![0; length];
    let object = Encoded::new(&message).chunk(0).map(|chunk| chunk.object).unwrap_or_default();
    let mut bytes = [&ray_of(&message).0[..], &object[..]].concat();
    for (sender, number, content) in symbols {
        let [_, number @ ..] = number.to_be_bytes();
        bytes.push(sender);
        bytes.extend(number);
        bytes.push(content);
    }
    bytes
}

fn chunks() -> Vec<Input> {
    vec![
        ("short".to_owned(), zeros(1, [(1, 0, 0)].into_iter())),
        ("repair-symbols-alone".to_owned(), zeros(5000, (4..10).map(|number| (1, number, 0)))),
        // One sender says one thing, the other another under the same numbers.
        ("liar".to_owned(), zeros(4000, (0..8).flat_map(|number| [(2, number, 0xee), (1, number, 0)]))),
    ]
}

fn chunk_extras() -> Vec<Input> {
    let with = |place: usize, value: &[u8]| {
        let mut bytes = zeros(5000, [(1, 0, 0)].into_iter());
        bytes[RAY_BYTES + place..][..value.len()].copy_from_slice(value);
        bytes
    };
    let limit = &(MESSAGE_BYTES_LIMIT as u64).to_be_bytes()[3..];
    vec![
        ("announces-10-mib".to_owned(), with(0, limit)),
        ("announces-a-tebibyte".to_owned(), with(0, &[255; 5])),
        ("announces-nothing".to_owned(), with(0, &[0; 5])),
        ("symbols-of-nothing".to_owned(), with(6, &[0, 0])),
        ("no-source-block".to_owned(), with(8, &[0])),
        ("no-sub-block".to_owned(), with(9, &[0, 0])),
        ("alignment-of-nothing".to_owned(), with(11, &[0])),
        ("symbol-of-the-last-number".to_owned(), zeros(5000, [(1, 0xff_ffff, 0)].into_iter())),
    ]
}

fn dialogue<'a>(datagrams: impl IntoIterator<Item = (u8, &'a [u8])>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (sender, datagram) in datagrams {
        let rest = &datagram[HEADER_BYTES..];
        bytes.extend([datagram[0], sender]);
        bytes.extend(u16::try_from(rest.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.extend(rest);
    }
    bytes
}

/// The datagrams by which a node becomes a peer: a ping, and the pong to the endpoint's own ping.
fn meeting() -> [Vec<u8>; 2] {
    [Body::Ping(PROTOCOL_VERSION), Body::Pong(PROTOCOL_VERSION)].map(|body| wire::encode(&header_of(0), &body))
}

fn dialogues() -> Vec<Input> {
    let [ping, pong] = meeting();
    let question = Body::FindNodes { version: PROTOCOL_VERSION, target: identities()[3].id() };
    let question = wire::encode(&header_of(0), &question);
    let answer = wire::encode(&header_of(0), &Body::Nodes { version: PROTOCOL_VERSION, peers: peers(10) });
    let meet = |sender: u8| [(sender, &ping[..]), (sender, &pong[..])];
    let short = broadcast(0, &message(100));
    let long = broadcast(0, &message(3000));
    // After a second the endpoint asks its new peer for others.
    let pause = [LAST_DATAGRAM + 1, 20, 0, 0];
    let asked = [&dialogue(meet(0))[..], &pause, &dialogue([(0, &answer[..])])].concat();
    vec![
        ("meeting".to_owned(), dialogue(meet(0).into_iter().chain(meet(1)).chain([(1, &question[..])]))),
        ("answer".to_owned(), asked),
        ("message".to_owned(), dialogue(short.iter().take(2).map(|chunk| (0, &chunk[..])))),
        (
            "message-of-three-symbols".to_owned(),
            dialogue(meet(2).into_iter().chain(long.iter().take(3).map(|chunk| (2, &chunk[..])))),
        ),
    ]
}

fn dialogue_extras() -> Vec<Input> {
    let [ping, pong] = meeting();
    let high = broadcast(255, &message(100));
    let mut numbers = BTreeMap::new();
    // The first chunk of a hundred messages each, none of which becomes whole.
    for number in 0..12u8 {
        let message: Vec<u8> = (0..3000).map(|_| number).collect();
        numbers.insert(number, broadcast(0, &message).swap_remove(0));
    }
    vec![
        ("pong-to-nothing".to_owned(), dialogue([(0, &pong[..])])),
        ("height-255".to_owned(), dialogue([(0, &high[0][..])])),
        ("pings-without-end".to_owned(), dialogue((0..100).map(|number| (number % 4, &ping[..])))),
        ("first-chunks-alone".to_owned(), dialogue(numbers.iter().map(|(number, chunk)| (*number, &chunk[..])))),
    ]
}
