//! The tasks between the node's loop and Kadcast.
//!
//! ```text
//! Kadcast ─ events ─► take: decode, check transactions ─ Incoming ─► loop
//! Kadcast ◄─ commands ─ give: read blocks, encode      ◄─ Outgoing ─ loop
//! ```
//!
//! Both channels have a bound. What finds no place is lost, as a datagram can be.

use std::sync::{Arc, Weak};
use std::time::Duration;

use local_node_core::mempool::PoolError;
use local_node_core::{IngressId, MAX_SERVED_ITEMS};
use local_node_kadcast::udp::{CommandError, Handle};
use local_node_kadcast::{Event, Message as Ray, SendError, Verdict};
use local_node_types::codec::{Decode as _, Encode as _};
use local_node_types::ledger::LedgerTransaction;
use local_node_types::message::{Frame, Inventory, InventoryItem, Message};
use tokio::sync::{Semaphore, mpsc};
use tracing::{debug, warn};

use super::peers::{Incoming, Outgoing};
use crate::handle::{NodeHandle, Shared, SubmitError};
use crate::store::{Store, StoreError};

/// The most transactions of peers that are checked at a time. Further ones are not passed on.
const MAX_CHECKED_TRANSACTIONS: usize = 256;
/// The most requests of peers that are answered from the store at a time. Further ones are not answered.
const MAX_ANSWERS: usize = 4;
/// How often, and how long apart, a message is offered to a network that has no room for it.
const OFFERS: usize = 100;
const OFFER_INTERVAL: Duration = Duration::from_millis(20);

/// Takes what comes from the network, until the loop or the network has ended.
pub(super) async fn take(
    mut events: mpsc::Receiver<Event>,
    kadcast: Handle,
    incoming: mpsc::Sender<Incoming>,
    node: Weak<Shared>,
) {
    let checks = Arc::new(Semaphore::new(MAX_CHECKED_TRANSACTIONS));
    loop {
        let event = tokio::select! {
            event = events.recv() => event,
            () = incoming.closed() => None,
        };
        let taken = match event {
            None => return,
            Some(Event::PeerJoined(peer)) => incoming.send(Incoming::Joined(peer)).await,
            Some(Event::PeerLeft(peer)) => incoming.send(Incoming::Left(peer)).await,
            Some(Event::Message(ray)) => match Frame::decode_all(&ray.bytes) {
                Ok(Frame { message: Message::Transaction(transaction), .. }) => {
                    check(ray, transaction, &checks, kadcast.clone(), &node).await;
                    Ok(())
                }
                Ok(Frame { message, .. }) => {
                    let (ingress, from) = (IngressId(ray.ingress.0), ray.from);
                    incoming.send(Incoming::Message { ingress, from, message: Box::new(message) }).await
                }
                Err(problem) => {
                    debug!(from = %ray.from, %problem, "the bytes of a peer are not a message");
                    let _ = kadcast.judge(ray.ingress, Verdict::Reject).await;
                    Ok(())
                }
            },
            Some(_) => Ok(()),
        };
        if taken.is_err() {
            return;
        }
    }
}

/// Submits a transaction of a peer, beside everything else, and passes it on if it is good and new.
async fn check(
    ray: Ray,
    transaction: LedgerTransaction,
    checks: &Arc<Semaphore>,
    kadcast: Handle,
    node: &Weak<Shared>,
) {
    let place = Arc::clone(checks).try_acquire_owned();
    let (Ok(place), Some(node)) = (place, node.upgrade().map(NodeHandle)) else {
        let _ = kadcast.judge(ray.ingress, Verdict::Ignore).await;
        return;
    };
    tokio::spawn(async move {
        let verdict = match node.submit_of_peer(transaction.protocol().to_network_bytes()).await {
            Ok(_) => Verdict::Relay,
            Err(SubmitError::Invalid(problem)) => {
                debug!(from = %ray.from, %problem, "a transaction is refused");
                Verdict::Reject
            }
            Err(SubmitError::Refused(PoolError::Waiting(_) | PoolError::Included(_) | PoolError::Parked(_))) => {
                Verdict::Ignore
            }
            Err(problem) => {
                debug!(from = %ray.from, %problem, "a transaction is not taken");
                Verdict::Ignore
            }
        };
        drop(place);
        let _ = kadcast.judge(ray.ingress, verdict).await;
    });
}

/// Gives the network what the loop wants sent, until the loop or the network has ended.
pub(super) async fn give(mut outgoing: mpsc::Receiver<Outgoing>, kadcast: Handle, store: Store) {
    let answers = Arc::new(Semaphore::new(MAX_ANSWERS));
    while let Some(next) = outgoing.recv().await {
        let given = match next {
            Outgoing::Judge(ingress, verdict) => kadcast.judge(ingress, verdict).await,
            Outgoing::DropPeer(peer) => kadcast.drop_peer(peer).await,
            Outgoing::Broadcast(message) => {
                let bytes: Arc<[u8]> = Frame::from(*message).encoded().into();
                offer(|| kadcast.broadcast(Arc::clone(&bytes))).await
            }
            Outgoing::Send(to, message) => {
                let bytes: Arc<[u8]> = Frame::from(*message).encoded().into();
                offer(|| kadcast.send(to.clone(), Arc::clone(&bytes))).await
            }
            Outgoing::Serve { to, messages, blocks, hashes_after } => {
                let Ok(place) = Arc::clone(&answers).try_acquire_owned() else { continue };
                let (kadcast, store) = (kadcast.clone(), store.clone());
                tokio::spawn(async move {
                    let read = move || read(&store, messages, &blocks, hashes_after);
                    match tokio::task::spawn_blocking(read).await {
                        Ok(Ok(messages)) => {
                            for message in messages {
                                let bytes: Arc<[u8]> = Frame::from(message).encoded().into();
                                if offer(|| kadcast.send(vec![to], Arc::clone(&bytes))).await.is_err() {
                                    break;
                                }
                            }
                        }
                        Ok(Err(error)) => warn!(%error, "a request of a peer cannot be answered"),
                        Err(error) => warn!(%error, "a request of a peer cannot be answered"),
                    }
                    drop(place);
                });
                Ok(())
            }
        };
        match given {
            Err(CommandError::Ended) => return,
            Err(error) => debug!(%error, "a message does not leave"),
            Ok(()) => {}
        }
    }
}

/// Offers a message to the network, again if it has no room.
async fn offer<T, F>(message: impl Fn() -> F) -> Result<(), CommandError>
where
    F: Future<Output = Result<T, CommandError>>,
{
    for _ in 0..OFFERS {
        match message().await {
            Err(CommandError::Send(SendError::Full)) => tokio::time::sleep(OFFER_INTERVAL).await,
            other => return other.map(drop),
        }
    }
    Err(SendError::Full.into())
}

/// Adds to what is at hand what the store has of the blocks that a peer asks for.
fn read(
    store: &Store,
    mut messages: Vec<Message>,
    blocks: &[InventoryItem],
    hashes_after: Option<[u8; 32]>,
) -> Result<Vec<Message>, StoreError> {
    for item in blocks {
        let height = match item {
            InventoryItem::BlockFromHash(hash) => store.height_of(hash)?,
            InventoryItem::BlockFromHeight(height) => Some(*height),
            _ => None,
        };
        let Some(height) = height.filter(|height| *height > 0) else { continue };
        if let Some((stored, _)) = store.block(height)? {
            messages.push(Message::Block(Box::new(stored.block.clone())));
        }
    }
    if let Some(hash) = hashes_after
        && let Some(height) = store.height_of(&hash)?
    {
        let mut items = Vec::new();
        while items.len() < MAX_SERVED_ITEMS
            && let Some(head) = store.head_if(height + 1 + items.len() as u64, &mut |_| true)?
        {
            items.push(InventoryItem::BlockFromHash(head.header.hash));
        }
        if !items.is_empty() {
            messages.push(Message::Inventory(Inventory { items, max_entries: 0 }));
        }
    }
    Ok(messages)
}
