//! The driver on UDP: rules of links, a port in use, nodes that come and go.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use local_node_kadcast::udp::{CommandError, Driver, Handle, Link, MAX_TOLD_REFUSALS, Path, Settings, UdpError};
use local_node_kadcast::{Event, SendError, Verdict};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tracing::field::{Field, Visit};
use tracing::{Level, Metadata, Subscriber, span};

use local_node_kadcast_sim::{NETWORK, config, seed};

use crate::support::free_addresses;

/// When something that should come soon has failed to.
const PATIENCE: Duration = Duration::from_secs(180);

struct Node {
    address: SocketAddr,
    handle: Handle,
    events: Receiver<Event>,
    task: JoinHandle<()>,
}

async fn start(address: SocketAddr, bootstrap: SocketAddr) -> Node {
    let mut config = config(address);
    config.bootstrap = vec![bootstrap];
    let (driver, handle, events) = Driver::bind(Settings::new(config, seed(address.port().into()))).await.unwrap();
    Node { address, handle, events, task: tokio::spawn(driver.run()) }
}

async fn pair() -> (Node, Node) {
    let addresses = free_addresses(2);
    let nodes = (start(addresses[0], addresses[0]).await, start(addresses[1], addresses[0]).await);
    until(async || {
        nodes.0.handle.status().await.unwrap().alive.len() == 1
            && nodes.1.handle.status().await.unwrap().alive.len() == 1
    })
    .await;
    nodes
}

async fn until(holds: impl AsyncFn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < end, "it does not come to hold");
        sleep(Duration::from_millis(20)).await;
    }
}

impl Node {
    /// Waits for a message that is one of these; others are judged and forgotten.
    async fn gets(&mut self, wanted: &[u8], patience: Duration) -> bool {
        let found = timeout(patience, async {
            while let Some(event) = self.events.recv().await {
                if let Event::Message(message) = event {
                    self.handle.judge(message.ingress, Verdict::Ignore).await.unwrap();
                    if *message.bytes == *wanted {
                        return true;
                    }
                }
            }
            false
        });
        found.await.unwrap_or(false)
    }
}

#[tokio::test]
async fn links_are_cut_in_each_direction_and_healed() {
    let (one, mut two) = pair().await;
    assert_eq!(one.handle.local_address(), one.address);
    one.handle.broadcast(*b"before").await.unwrap();
    assert!(two.gets(b"before", PATIENCE).await);

    for (number, link) in [
        Link { outgoing: Path::CUT, incoming: Path::default() },
        Link { outgoing: Path { loss_permille: 1000, ..Path::default() }, incoming: Path::default() },
    ]
    .into_iter()
    .enumerate()
    {
        let lost = format!("lost {number}");
        one.handle.set_link(Some(two.address), link).await.unwrap();
        one.handle.broadcast(lost.as_bytes()).await.unwrap();
        assert!(!two.gets(lost.as_bytes(), Duration::from_millis(300)).await);
    }
    one.handle.heal().await.unwrap();
    two.handle.set_link(None, Link { outgoing: Path::default(), incoming: Path::CUT }).await.unwrap();
    one.handle.broadcast(*b"not heard").await.unwrap();
    assert!(!two.gets(b"not heard", Duration::from_millis(300)).await);
    two.handle.heal().await.unwrap();
    one.handle.broadcast(*b"after").await.unwrap();
    assert!(two.gets(b"after", PATIENCE).await);
}

#[tokio::test]
async fn delayed_datagrams_arrive_late() {
    let (one, mut two) = pair().await;
    let late = Path { delay: Duration::from_millis(200), ..Path::default() };
    one.handle.set_link(Some(two.address), Link { outgoing: late, incoming: Path::default() }).await.unwrap();
    two.handle.set_link(Some(one.address), Link { outgoing: Path::default(), incoming: late }).await.unwrap();
    let start = Instant::now();
    one.handle.broadcast(*b"late").await.unwrap();
    assert!(two.gets(b"late", PATIENCE).await);
    assert!(start.elapsed() >= Duration::from_millis(400), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_long_message_passes_a_lossy_link() {
    let (one, mut two) = pair().await;
    let lossy = Path { loss_permille: 50, ..Path::default() };
    one.handle.set_link(None, Link { outgoing: lossy, incoming: lossy }).await.unwrap();
    let message: Vec<u8> = (0..500_000).map(|place| (place % 253) as u8).collect();
    one.handle.broadcast(message.clone()).await.unwrap();
    assert!(two.gets(&message, PATIENCE).await);
}

#[tokio::test]
async fn answers_go_to_nodes_that_have_answered() {
    let (one, mut two) = pair().await;
    let [nobody] = free_addresses(1)[..] else { panic!("there is a free port") };
    assert_eq!(one.handle.answer(nobody, *b"for nobody").await, Err(CommandError::Send(SendError::Unproven)));
    one.handle.answer(two.address, *b"for two").await.unwrap();
    assert!(two.gets(b"for two", PATIENCE).await);
}

#[tokio::test]
async fn a_port_in_use_is_an_error_and_so_is_a_driver_that_has_ended() {
    let address = free_addresses(1)[0];
    let node = start(address, address).await;
    let again = Driver::bind(Settings::new(config(address), seed(1))).await;
    assert!(matches!(again, Err(UdpError::Listen { address: at, .. }) if at == address));
    assert_eq!(node.handle.broadcast(*b"alone").await, Err(CommandError::Send(SendError::NoPeers)));
    drop(node.events);
    // The driver notices at its next round.
    timeout(PATIENCE, node.task).await.expect("the driver ends when nobody takes its events").unwrap();
    assert_eq!(node.handle.status().await, Err(CommandError::Ended));
}

#[tokio::test]
async fn a_node_that_takes_no_events_loses_messages_and_nothing_else() {
    let (one, mut two) = pair().await;
    for number in 0..2000u32 {
        one.handle.broadcast([&number.to_le_bytes()[..], b"flood"].concat()).await.unwrap();
    }
    let usage = two.handle.status().await.unwrap().usage;
    assert!(usage.unjudged <= 4096);
    // It goes on as soon as it takes them again.
    while timeout(Duration::from_millis(200), two.events.recv()).await.is_ok() {}
    one.handle.broadcast(*b"at last").await.unwrap();
    assert!(two.gets(b"at last", PATIENCE).await);
}

/// Keeps the events that are told while it is the default.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Subscriber for Told {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("local_node_kadcast") && *metadata.level() == Level::DEBUG
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0 += &format!("{}={value:?} ", field.name());
    }
}

#[tokio::test]
async fn refusals_are_told_at_debug_level_with_their_source_and_in_bounded_number() {
    let told = Told::default();
    let _guard = tracing::subscriber::set_default(told.clone());
    let address = free_addresses(1)[0];
    let begun = Instant::now();
    let node = start(address, address).await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let from = stranger.local_addr().unwrap();
    let mut unknown = vec![77; 40];
    unknown[23] = NETWORK;
    for number in 0..300 {
        stranger.send_to(if number == 0 { b"no datagram" } else { &unknown }, address).await.unwrap();
        tokio::task::yield_now().await;
    }
    until(async || node.handle.status().await.unwrap().refused >= 200).await;
    let lines = told.0.lock().unwrap().clone();
    let of_source = |line: &&String| line.contains(&format!("from={from} ")) && line.contains("a datagram is refused");
    let refusals = lines.iter().filter(of_source).count();
    // The bound is for each second, and so many seconds may have begun.
    let seconds = begun.elapsed().as_secs() as usize + 1;
    assert!((1..=seconds * MAX_TOLD_REFUSALS as usize).contains(&refusals), "{refusals} in {seconds} s");
    assert!(lines[0].contains("refusal=the datagram ends early"), "{}", lines[0]);
    assert!(lines.iter().any(|line| line.contains("lacks the work")), "{lines:?}");
}
