//! The memory that untrusted peers can make an endpoint allocate, measured at the allocator. It is one test, because
//! the allocator counts the allocations of the whole process.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::print_stdout, reason = "figures")]

use std::net::SocketAddr;
use std::time::Duration;

use local_node_kadcast::coding::{Encoded, MESSAGE_BYTES_LIMIT};
use local_node_kadcast::wire::{self, Body, Chunk, Header, OBJECT_BYTES, RayId};
use local_node_kadcast::{
    ACCEPTED_WORK_BITS, Config, Endpoint, Event, Identity, MAX_SOURCES, PROTOCOL_VERSION, RayBounds,
};
use peak_alloc::PeakAlloc;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The memory of an endpoint beside parts of messages: rates of sources, open pings, waiting pings, ids.
const OTHER_BYTES: usize = 8 << 20;

struct Stranger {
    address: SocketAddr,
    header: Header,
}

fn stranger(number: u32) -> Stranger {
    let [_, a, b, c] = number.to_be_bytes();
    let address = SocketAddr::from(([10, a, b, c], 9000));
    let identity = Identity::produce(address, ACCEPTED_WORK_BITS);
    Stranger { address, header: Header { id: identity.id(), nonce: identity.nonce(), port: 9000, network: 7 } }
}

/// The parameters of a message of 10 MiB less one byte.
fn largest_object() -> [u8; OBJECT_BYTES] {
    let mut object = [0; OBJECT_BYTES];
    object[..5].copy_from_slice(&(MESSAGE_BYTES_LIMIT as u64 - 1).to_be_bytes()[3..]);
    object[6..8].copy_from_slice(&1296u16.to_be_bytes());
    object[8..].copy_from_slice(&[1, 0, 2, 8]);
    object
}

fn endpoint() -> Endpoint {
    let identity = Identity::produce(SocketAddr::from(([10, 200, 0, 1], 9000)), ACCEPTED_WORK_BITS);
    Endpoint::new(Config::new(identity, 7), Duration::ZERO, [1; 32]).unwrap()
}

/// Lets strangers announce messages and send some chunks of each. Gives the most bytes that the heap grew by.
fn flood(endpoint: &mut Endpoint, strangers: &[Stranger], rays: u32, chunks: u32) -> usize {
    let object = largest_object();
    let symbol = vec![7; 1296];
    let before = HEAP.current_usage();
    let (mut most, mut now) = (0, Duration::ZERO);
    for ray in 0..rays {
        let sender = &strangers[ray as usize % strangers.len()];
        let mut id = [0; 32];
        id[..4].copy_from_slice(&ray.to_le_bytes());
        for number in 0..chunks {
            let chunk = Chunk { ray: RayId(id), object, block: 0, number, symbol: &symbol };
            let datagram = wire::encode(&sender.header, &Body::Broadcast { height: 0, chunk });
            now += Duration::from_micros(20);
            // Refused or not: only what is kept counts.
            let _ = endpoint.receive(now, sender.address, &datagram);
            while endpoint.poll_transmit().is_some() {}
        }
        assert!(endpoint.usage().ray_bytes <= RayBounds::default().bytes);
        assert!(endpoint.usage().rays <= RayBounds::default().rays);
        most = most.max(HEAP.current_usage().saturating_sub(before));
    }
    most
}

#[test]
fn floods_of_announcements_stay_within_the_stated_bytes() {
    let bounds = RayBounds::default();
    let many: Vec<Stranger> = (0..6000).map(stranger).collect();

    // One chunk of each message, from one source and from thousands.
    for strangers in [&many[..1], &many] {
        let mut endpoint = endpoint();
        let most = flood(&mut endpoint, strangers, 20_000, 1);
        println!("one chunk each from {}: {:?}, heap {most}", strangers.len(), endpoint.usage());
        assert!(most <= endpoint.usage().ray_bytes + OTHER_BYTES, "{most}");
        assert!(endpoint.usage().rays > 0, "the flood is kept within bounds, not refused as a whole");
    }

    // Many chunks of each: the bytes are the bound.
    for (strangers, bound) in [(&many[..1], bounds.source_bytes), (&many, bounds.bytes)] {
        let mut endpoint = endpoint();
        let honest = stranger(7000);
        for body in [Body::Ping(PROTOCOL_VERSION), Body::Pong(PROTOCOL_VERSION)] {
            endpoint.receive(Duration::ZERO, honest.address, &wire::encode(&honest.header, &body)).unwrap();
        }
        let most = flood(&mut endpoint, strangers, 3000, 25);
        println!("25 chunks each from {}: {:?}, heap {most}", strangers.len(), endpoint.usage());
        assert!(most <= bound + OTHER_BYTES, "{most}");
        assert!(endpoint.usage().ray_bytes > bound / 2, "the flood reaches the bound");
        assert!(endpoint.usage().sources <= MAX_SOURCES);

        // A message of a peer still arrives.
        let message: Vec<u8> = (0..50_000u32).map(|place| (place % 251) as u8).collect();
        let encoded = Encoded::new(&message);
        let now = Duration::from_secs(2);
        for place in 0..encoded.len() {
            let body = Body::Broadcast { height: 0, chunk: encoded.chunk(place).unwrap() };
            endpoint.receive(now, honest.address, &wire::encode(&honest.header, &body)).unwrap();
        }
        let arrived = std::iter::from_fn(|| endpoint.poll_event())
            .any(|event| matches!(event, Event::Message(it) if *it.bytes == *message));
        assert!(arrived, "a flood keeps no peer out");

        // And the flood is forgotten.
        endpoint.on_deadline(Duration::from_secs(70));
        assert_eq!((endpoint.usage().rays, endpoint.usage().ray_bytes), (0, 0));
    }
}
