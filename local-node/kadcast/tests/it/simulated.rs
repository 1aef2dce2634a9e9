//! The shipped driver, with its timers and channels, on the simulated sockets of `turmoil`: partitions, delays, losses
//! and crashes in virtual time.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use local_node_kadcast::udp::{Driver, Handle, Settings, Socket};
use local_node_kadcast::{Event, Verdict};
use local_node_kadcast_sim::{config, seed};
use tokio::time::Instant;
use turmoil::net::UdpSocket;
use turmoil::{Builder, Sim};

/// The port of every host.
const PORT: u16 = 9000;
/// The hosts of a network.
const NODES: usize = 6;
/// How long nodes take to find each other where links are good.
const MEETING: Duration = Duration::from_secs(20);
/// How long a message may be on its way.
const PATIENCE: Duration = Duration::from_secs(5);

/// The socket of a simulated host.
struct HostSocket(UdpSocket);

impl Socket for HostSocket {
    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }

    async fn readable(&self) -> std::io::Result<()> {
        self.0.readable().await
    }

    async fn writable(&self) -> std::io::Result<()> {
        self.0.writable().await
    }

    fn try_recv_from(&self, buffer: &mut [u8]) -> std::io::Result<(usize, SocketAddr)> {
        self.0.try_recv_from(buffer)
    }

    fn try_send_to(&self, datagram: &[u8], to: SocketAddr) -> std::io::Result<usize> {
        self.0.try_send_to(datagram, to)
    }
}

/// State that the test and the hosts share.
#[derive(Default)]
struct Shown {
    /// The driver of each host.
    handles: [Option<Handle>; NODES],
    /// Which host got which message, and when, in virtual time since the start of the simulation.
    got: Vec<(usize, Vec<u8>, Duration)>,
    /// Whether links shall fail now and then.
    links_fail: bool,
    /// The host that shall not run.
    crashed: Option<usize>,
}

type Shared = Rc<RefCell<Shown>>;

fn name(place: usize) -> String {
    format!("node-{place}")
}

/// Runs a driver that relays all it gets.
async fn run(place: usize, shared: Shared) -> turmoil::Result {
    let address = |place: usize| SocketAddr::new(turmoil::lookup(name(place)), PORT);
    let socket = HostSocket(UdpSocket::bind(SocketAddr::from(([0; 4], PORT))).await?);
    let mut config = config(address(place));
    config.bootstrap = vec![address(0)];
    let (driver, handle, mut events) = Driver::new(socket, Settings::new(config, seed(place as u64)))?;
    let driver = tokio::spawn(driver.run());
    shared.borrow_mut().handles[place] = Some(handle.clone());
    while let Some(event) = events.recv().await {
        if let Event::Message(message) = event {
            shared.borrow_mut().got.push((place, message.bytes.to_vec(), turmoil::sim_elapsed().unwrap_or_default()));
            handle.judge(message.ingress, Verdict::Relay).await?;
        }
    }
    driver.await?;
    Ok(())
}

/// A network of hosts.
fn network(builder: &mut Builder) -> (Sim<'static>, Shared) {
    let mut sim = builder.simulation_duration(Duration::from_secs(600)).udp_capacity(4096).repair_rate(0.5).build();
    let shared = Shared::default();
    for place in 0..NODES {
        let shared = Rc::clone(&shared);
        sim.host(name(place), move || run(place, Rc::clone(&shared)));
    }
    (sim, shared)
}

/// Broadcasts from a host.
async fn broadcast(shared: &Shared, place: usize, message: &[u8]) {
    let handle = shared.borrow().handles[place].clone().expect("it runs");
    handle.broadcast(message).await.expect("there are peers");
}

/// The hosts that have got a message.
fn holders(shared: &Shared, message: &[u8]) -> Vec<usize> {
    let shown = shared.borrow();
    let mut holders: Vec<usize> = shown.got.iter().filter(|it| it.1 == message).map(|it| it.0).collect();
    holders.sort_unstable();
    holders
}

/// Waits until hosts have got a message, and no others.
async fn reaches(shared: &Shared, message: &[u8], expected: &[usize]) {
    let end = Instant::now() + PATIENCE;
    while holders(shared, message) != expected && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(
        holders(shared, message),
        expected,
        "of {:?}",
        String::from_utf8_lossy(&message[..message.len().min(20)])
    );
}

/// Waits until every host hears from all others.
async fn all_meet(shared: &Shared) {
    let end = Instant::now() + MEETING;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let handles: Vec<Handle> = shared.borrow().handles.iter().flatten().cloned().collect();
        let mut alive = Vec::new();
        for handle in &handles {
            alive.push(handle.status().await.expect("it runs").alive.len());
        }
        if alive == [NODES - 1; NODES] {
            return;
        }
        assert!(Instant::now() < end, "{alive:?}");
    }
}

#[test]
fn a_partition_keeps_messages_apart_until_it_is_repaired() {
    let (mut sim, shared) = network(Builder::new().rng_seed(11));
    sim.client("test", async move {
        all_meet(&shared).await;
        broadcast(&shared, 0, b"to all").await;
        reaches(&shared, b"to all", &[1, 2, 3, 4, 5]).await;

        let pairs = || (0..3).flat_map(|one| (3..NODES).map(move |other| (name(one), name(other))));
        pairs().for_each(|(one, other)| turmoil::partition(one, other));
        broadcast(&shared, 0, b"on one side").await;
        broadcast(&shared, 5, b"on the other side").await;
        tokio::time::sleep(PATIENCE).await;
        reaches(&shared, b"on one side", &[1, 2]).await;
        reaches(&shared, b"on the other side", &[3, 4]).await;

        // Long enough that peers are silent to each other.
        tokio::time::sleep(Duration::from_secs(120)).await;
        pairs().for_each(|(one, other)| turmoil::repair(one, other));
        all_meet(&shared).await;
        broadcast(&shared, 3, b"to all again").await;
        reaches(&shared, b"to all again", &[0, 1, 2, 4, 5]).await;
        Ok(())
    });
    sim.run().unwrap();
}

#[test]
fn late_datagrams_of_a_long_message_are_put_together() {
    let latency = Duration::from_millis(80)..Duration::from_millis(200);
    let mut builder = Builder::new();
    builder.rng_seed(11).min_message_latency(latency.start).max_message_latency(latency.end);
    let (mut sim, shared) = network(&mut builder);
    sim.client("test", async move {
        all_meet(&shared).await;
        let message: Vec<u8> = (0..300_000_u32).map(|place| (place % 251) as u8).collect();
        let sent = turmoil::sim_elapsed().expect("in a simulation");
        broadcast(&shared, 2, &message).await;
        reaches(&shared, &message, &[0, 1, 3, 4, 5]).await;
        let shown = shared.borrow();
        let times = shown.got.iter().filter(|it| it.1 == message).map(|it| it.2 - sent);
        for took in times {
            assert!(took >= latency.start, "{took:?} is less than any datagram takes");
        }
        Ok(())
    });
    sim.run().unwrap();
}

#[test]
fn links_that_fail_and_come_back_lose_few_messages_and_repeat_none() {
    // With so many messages at least one link fails almost certainly, in any order of the hosts.
    const MESSAGES: usize = 100;
    let (mut sim, shared) = network(Builder::new().rng_seed(11));
    let driven = Rc::clone(&shared);
    sim.client("test", async move {
        all_meet(&shared).await;
        shared.borrow_mut().links_fail = true;
        for number in 0..MESSAGES {
            broadcast(&shared, number % NODES, &message(number)).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        shared.borrow_mut().links_fail = false;
        tokio::time::sleep(Duration::from_secs(1)).await;
        // A failed link recovers only when a later datagram is sent over it, and not with each one.
        let pairs = (0..NODES).flat_map(|one| (one + 1..NODES).map(move |other| (name(one), name(other))));
        pairs.for_each(|(one, other)| turmoil::repair(one, other));
        all_meet(&shared).await;
        let arrived: usize = (0..MESSAGES).map(|number| holders(&shared, &message(number)).len()).sum();
        let all = MESSAGES * (NODES - 1);
        assert!(arrived < all, "no link has failed");
        assert!(arrived * 10 >= all * 8, "{arrived} of {all} arrived");
        broadcast(&shared, 1, b"to all").await;
        reaches(&shared, b"to all", &[0, 2, 3, 4, 5]).await;
        let mut got: Vec<(usize, Vec<u8>)> = shared.borrow().got.iter().map(|it| (it.0, it.1.clone())).collect();
        let before = got.len();
        got.sort_unstable();
        got.dedup();
        assert_eq!(got.len(), before, "no host gets a message twice");
        Ok(())
    });
    let mut links_fail = false;
    while !sim.step().unwrap() {
        if driven.borrow().links_fail != links_fail {
            links_fail = !links_fail;
            sim.set_fail_rate(if links_fail { 0.04 } else { 0.0 });
        }
    }
}

fn message(number: usize) -> Vec<u8> {
    format!("message {number}").into_bytes()
}

#[test]
fn a_host_that_crashes_is_missed_and_comes_back() {
    let (mut sim, shared) = network(Builder::new().rng_seed(11));
    let driven = Rc::clone(&shared);
    sim.client("test", async move {
        all_meet(&shared).await;
        shared.borrow_mut().crashed = Some(4);
        tokio::time::sleep(Duration::from_secs(1)).await;
        broadcast(&shared, 0, b"without it").await;
        reaches(&shared, b"without it", &[1, 2, 3, 5]).await;
        shared.borrow_mut().crashed = None;
        tokio::time::sleep(Duration::from_secs(1)).await;
        all_meet(&shared).await;
        broadcast(&shared, 0, b"with it").await;
        reaches(&shared, b"with it", &[1, 2, 3, 4, 5]).await;
        broadcast(&shared, 4, b"from it").await;
        reaches(&shared, b"from it", &[0, 1, 2, 3, 5]).await;
        Ok(())
    });
    let mut crashed = None;
    while !sim.step().unwrap() {
        let wanted = driven.borrow().crashed;
        if wanted != crashed {
            match (crashed, wanted) {
                (_, Some(place)) => sim.crash(name(place)),
                (Some(place), None) => sim.bounce(name(place)),
                (None, None) => {}
            }
            crashed = wanted;
        }
    }
}

/// The driver hands long work to other threads, so a seed does not repeat a run to the millisecond.
#[test]
fn every_message_reaches_every_other_host_once() {
    for number in [1, 2] {
        let mut builder = Builder::new();
        let (mut sim, shared) = network(builder.rng_seed(number).max_message_latency(Duration::from_millis(50)));
        let shown = Rc::clone(&shared);
        sim.client("test", async move {
            all_meet(&shared).await;
            for place in 0..NODES {
                broadcast(&shared, place, &message(place)).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Ok(())
        });
        sim.run().unwrap();
        let mut got: Vec<_> = shown.borrow().got.iter().map(|(place, text, _)| (*place, text.clone())).collect();
        got.sort();
        let receivers = |from: usize| (0..NODES).filter(move |place| *place != from);
        let mut expected: Vec<_> =
            (0..NODES).flat_map(|from| receivers(from).map(move |place| (place, message(from)))).collect();
        expected.sort();
        assert_eq!(got, expected, "seed {number}");
    }
}
