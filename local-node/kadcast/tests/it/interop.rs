//! Twelve nodes on loopback, half of them of the crate `kadcast` 0.8: they find each other, and messages of one and of
//! many chunks reach all, whoever sends them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kadcast::config::Config as TheirConfig;
use kadcast::{MessageInfo, NetworkListen, Peer};
use local_node_kadcast::udp::{Driver, Handle, Settings};
use local_node_kadcast::{Event, Verdict};
use tokio::time::{Instant, sleep};

use local_node_kadcast_sim::{NETWORK, config, seed};

use crate::support::free_addresses;

/// Of each kind.
const NODES: usize = 6;
/// When a condition that should hold soon has failed. Production asks its bootstrap nodes again after 30 s.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long a message may take to reach all before another one is sent.
const SPREAD: Duration = Duration::from_secs(10);
/// Of how many messages one has to reach all: delegates are chosen at random, and UDP loses datagrams.
const ATTEMPTS: usize = 15;

/// Messages with their heights, by receiver.
type Inbox = Arc<Mutex<BTreeMap<SocketAddr, Vec<(Vec<u8>, u8)>>>>;

struct Listener {
    own: SocketAddr,
    inbox: Inbox,
}

impl NetworkListen for Listener {
    fn on_message(&self, message: Vec<u8>, metadata: MessageInfo) {
        self.inbox.lock().unwrap().entry(self.own).or_default().push((message, metadata.height()));
    }
}

struct Mixed {
    ours: Vec<(SocketAddr, Handle)>,
    theirs: Vec<(SocketAddr, Peer)>,
    inbox: Inbox,
}

impl Mixed {
    async fn start() -> Self {
        let addresses = free_addresses(2 * NODES);
        let (our_addresses, their_addresses) = addresses.split_at(NODES);
        let bootstrap = [our_addresses[0], their_addresses[0]];
        let inbox = Inbox::default();
        let mut ours = Vec::new();
        for (number, address) in our_addresses.iter().enumerate() {
            let mut config = config(*address);
            config.bootstrap = bootstrap.to_vec();
            let (driver, handle, events) = Driver::bind(Settings::new(config, seed(number as u64))).await.unwrap();
            tokio::spawn(driver.run());
            tokio::spawn(relay_all(*address, handle.clone(), events, Arc::clone(&inbox)));
            ours.push((*address, handle));
        }
        let start = |address: &SocketAddr| {
            let config = TheirConfig {
                kadcast_id: Some(NETWORK),
                public_address: address.to_string(),
                bootstrapping_nodes: bootstrap.iter().map(ToString::to_string).collect(),
                version: "1.0.0".to_owned(),
                version_match: "1.0.0".to_owned(),
                ..TheirConfig::default()
            };
            let listener = Listener { own: *address, inbox: Arc::clone(&inbox) };
            (*address, Peer::new(config, listener).unwrap())
        };
        let theirs = their_addresses.iter().map(start).collect();
        Self { ours, theirs, inbox }
    }

    fn addresses(&self) -> BTreeSet<SocketAddr> {
        let ours = self.ours.iter().map(|(address, _)| *address);
        ours.chain(self.theirs.iter().map(|(address, _)| *address)).collect()
    }

    /// The pairs of which the first node does not know the second.
    async fn strangers(&self) -> Vec<(SocketAddr, SocketAddr)> {
        let mut tables = Vec::new();
        for (own, handle) in &self.ours {
            let peers = handle.status().await.unwrap().peers;
            tables.push((*own, peers.into_iter().map(|(_, address)| address).collect()));
        }
        for (own, peer) in &self.theirs {
            let peers = peer.to_route_table().await.into_values().flatten();
            tables.push((*own, peers.map(|(address, _)| address).collect::<BTreeSet<_>>()));
        }
        let all = self.addresses();
        let missing = |own, table: &BTreeSet<_>| {
            let missing = all.iter().filter(|address| **address != own && !table.contains(*address));
            missing.map(|address| (own, *address)).collect::<Vec<_>>()
        };
        tables.iter().flat_map(|(own, table)| missing(*own, table)).collect()
    }

    /// Waits until all know all. Production's nodes ask for empty buckets once an hour only, so that some of them may
    /// not find each other at first: the one that is not known sends the other a message, and gets pinged.
    async fn all_meet(&self) {
        let end = Instant::now() + PATIENCE;
        for round in 0u64.. {
            let strangers = self.strangers().await;
            if strangers.is_empty() {
                return;
            }
            assert!(Instant::now() < end, "pings and lookups fill all tables: {strangers:?}");
            for (own, other) in strangers {
                let is_theirs = self.theirs.iter().any(|(address, _)| *address == own);
                let theirs = self.theirs.iter().find(|(address, _)| *address == other);
                if let Some((_, peer)) = theirs.filter(|_| is_theirs && round >= 20) {
                    peer.send(&[&round.to_le_bytes()[..], &own.port().to_le_bytes()].concat(), own).await;
                }
            }
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// The nodes that have got a message.
    fn reached(&self, message: &[u8]) -> BTreeSet<SocketAddr> {
        let inbox = self.inbox.lock().unwrap();
        let has_it = |messages: &Vec<(Vec<u8>, u8)>| messages.iter().any(|(bytes, _)| bytes == message);
        inbox.iter().filter(|(_, messages)| has_it(messages)).map(|(address, _)| *address).collect()
    }

    /// Sends messages of a length until one has reached all others.
    async fn broadcast_reaches_all(&self, number: usize, is_ours: bool, bytes: usize) {
        for attempt in 0..ATTEMPTS {
            let mut message = vec![u8::try_from(number).unwrap(), u8::try_from(attempt).unwrap(), is_ours.into()];
            message.extend((message.len()..bytes).map(|place| (place * 7 % 251) as u8));
            let sender = if is_ours {
                let (address, handle) = &self.ours[number];
                handle.broadcast(message.clone()).await.unwrap();
                *address
            } else {
                let (address, peer) = &self.theirs[number];
                peer.broadcast(&message, None).await;
                *address
            };
            // Production's sender may get its own message back.
            let others: BTreeSet<_> = self.addresses().into_iter().filter(|address| *address != sender).collect();
            let end = Instant::now() + SPREAD;
            while Instant::now() < end {
                if self.reached(&message).is_superset(&others) {
                    return;
                }
                sleep(Duration::from_millis(20)).await;
            }
            let missing: Vec<_> = others.difference(&self.reached(&message)).copied().collect();
            println!("attempt {attempt} from {sender} with {bytes} bytes did not reach {missing:?}");
        }
        panic!("none of {ATTEMPTS} messages of {bytes} bytes from {number} (ours: {is_ours}) reached all");
    }
}

/// Relays what comes in, as production does by itself.
async fn relay_all(own: SocketAddr, handle: Handle, mut events: tokio::sync::mpsc::Receiver<Event>, inbox: Inbox) {
    while let Some(event) = events.recv().await {
        if let Event::Message(message) = event {
            inbox.lock().unwrap().entry(own).or_default().push((message.bytes.to_vec(), message.height));
            if handle.judge(message.ingress, Verdict::Relay).await.is_err() {
                return;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_of_both_kinds_find_each_other_and_reach_all() {
    let net = Mixed::start().await;
    net.all_meet().await;

    for bytes in [200, 100_000] {
        for number in [0, NODES - 1] {
            net.broadcast_reaches_all(number, true, bytes).await;
            net.broadcast_reaches_all(number, false, bytes).await;
        }
    }

    // A direct message reaches its receiver alone, with height 0.
    let (our_address, ours) = &net.ours[1];
    let (their_address, theirs) = &net.theirs[1];
    for (receiver, bytes) in
        [(*their_address, 40), (*our_address, 40), (*their_address, 20_000), (*our_address, 20_000)]
    {
        let mut has_come = false;
        for attempt in 0..ATTEMPTS as u8 {
            let message = [vec![255, attempt], receiver.port().to_le_bytes().to_vec(), vec![3; bytes]].concat();
            if receiver == *their_address {
                ours.send(vec![receiver], message.clone()).await.unwrap();
            } else {
                theirs.send(&message, receiver).await;
            }
            let end = Instant::now() + SPREAD;
            while !has_come && Instant::now() < end {
                sleep(Duration::from_millis(20)).await;
                has_come = !net.reached(&message).is_empty();
            }
            if has_come {
                assert_eq!(net.reached(&message), BTreeSet::from([receiver]));
                let inbox = net.inbox.lock().unwrap();
                assert!(inbox[&receiver].iter().any(|(bytes, height)| *bytes == message && *height == 0));
                break;
            }
        }
        assert!(has_come, "none of {ATTEMPTS} direct messages reached {receiver}");
    }
    for (_, handle) in &net.ours {
        let status = handle.status().await.unwrap();
        // An answer may come too late on a busy machine.
        assert!(status.refused * 20 <= status.received, "what production sends is in order: {status:?}");
    }
}
