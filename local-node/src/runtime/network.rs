//! The tasks between the node's loop and Kadcast.
//!
//! ```text
//! Kadcast ─ events ─► take: decode, check transactions ─ Incoming ─► loop
//! Kadcast ◄─ commands ─ give: read blocks, encode      ◄─ Outgoing ─ loop
//! ```
//!
//! Both channels have a bound. A message without a place is lost, as a datagram can be.

use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use local_node_core::mempool::PoolError;
use local_node_core::{IngressId, MAX_SERVED_ITEMS};
use local_node_kadcast::udp::{CommandError, Handle};
use local_node_kadcast::{Event, Message as Ray, SendError, Verdict};
use local_node_types::codec::{DecodeError, Encode as _};
use local_node_types::message::{Frame, Inventory, InventoryItem, Message};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tracing::{debug, warn};

use super::peers::{Incoming, Outgoing, Search, Service};
use crate::handle::{NodeHandle, Shared, SubmitError};
use crate::store::{Store, StoreError};
use crate::transaction::TransactionError;

/// The most transactions of peers that are checked, or wait for it, at a time. Further ones are not passed on. Kadcast
/// keeps as many messages without a verdict.
const MAX_CHECKED_TRANSACTIONS: usize = 4096;
/// The most requests of peers that are answered from the store at a time.
const MAX_ANSWERS: usize = 4;
/// The most requests that wait for their turn. Only names wait: a request whose answer is at hand is not kept. Further
/// requests are not answered, and their senders ask again after seconds.
const MAX_WAITING_ANSWERS: usize = 64;
/// The most answers that wait until their receivers have proved that they are there, and how long. Whoever asks states
/// an address, which may be that of somebody who has asked for nothing.
const MAX_UNPROVEN: usize = 4;
const PROOF_TIME: Duration = Duration::from_millis(300);
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
            Some(Event::Message(ray)) if Frame::is_of_transaction(&ray.bytes) => {
                check(ray, &checks, kadcast.clone(), &node).await;
                Ok(())
            }
            Some(Event::Message(ray)) => match decode(&ray.bytes, &node) {
                Ok(Frame { version, .. }) if !version.is_compatible() => {
                    debug!(from = %ray.from, %version, "a message of an incompatible version is refused");
                    let _ = kadcast.judge(ray.ingress, Verdict::Reject).await;
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

/// Reads a message. Transactions that the node knows are not read again, and others are read with the keys that it
/// knows.
fn decode(bytes: &[u8], node: &Weak<Shared>) -> Result<Frame, DecodeError> {
    let node = node.upgrade();
    Frame::decode_known(bytes, &|bytes| node.as_ref()?.checks.transaction(bytes))
}

/// Submits a transaction of a peer, beside everything else, and passes it on if it is good and new.
async fn check(ray: Ray, checks: &Arc<Semaphore>, kadcast: Handle, node: &Weak<Shared>) {
    let place = Arc::clone(checks).try_acquire_owned();
    let (Ok(place), Some(node)) = (place, node.upgrade().map(NodeHandle)) else {
        let _ = kadcast.judge(ray.ingress, Verdict::Ignore).await;
        return;
    };
    tokio::spawn(async move {
        let verdict = match node.submit_of_peer(Arc::clone(&ray.bytes)).await {
            Ok(_) => Verdict::Relay,
            // Nodes that support it, or whose height has other rules, pass it on.
            Err(SubmitError::Invalid(
                problem @ (TransactionError::Unsupported(_) | TransactionError::Forbidden { .. }),
            )) => {
                debug!(from = %ray.from, %problem, "a transaction is not taken");
                Verdict::Ignore
            }
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
    let waiting = Arc::new(Semaphore::new(MAX_WAITING_ANSWERS));
    let unproven = Arc::new(Semaphore::new(MAX_UNPROVEN));
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
            Outgoing::Serve(service) => {
                let Some(turn) = Turn::of(&service, &answers, &waiting) else { continue };
                let (kadcast, store, unproven) = (kadcast.clone(), store.clone(), Arc::clone(&unproven));
                tokio::spawn(async move {
                    let Some(place) = turn.come().await else { return };
                    let to = service.to;
                    let messages = match tokio::task::spawn_blocking(move || read(&store, service)).await {
                        Ok(Ok((messages, search))) => {
                            if let Some(Search { next, request }) = search {
                                let bytes: Arc<[u8]> = Frame::from(Message::GetResource(request)).encoded().into();
                                let _ = offer(|| kadcast.send(vec![next], Arc::clone(&bytes))).await;
                            }
                            messages
                        }
                        Ok(Err(error)) => return warn!(%error, "a request of a peer cannot be answered"),
                        Err(error) => return warn!(%error, "a request of a peer cannot be answered"),
                    };
                    if answer(&kadcast, to, &messages).await != Err(SendError::Unproven.into()) {
                        return;
                    }
                    drop(place);
                    // It was pinged. Its pong is processed at once, so that a new peer need not ask again.
                    if let Ok(_place) = unproven.try_acquire_owned() {
                        tokio::time::sleep(PROOF_TIME).await;
                        if let Err(problem) = answer(&kadcast, to, &messages).await {
                            debug!(%to, %problem, "a request is not answered");
                        }
                    }
                });
                Ok(())
            }
        };
        match given {
            Err(CommandError::Ended) => break,
            Err(error) => debug!(%error, "a message does not leave"),
            Ok(()) => {}
        }
    }
    // Those that still wait would keep the store open.
    answers.close();
}

/// When a request is answered.
enum Turn {
    Now(OwnedSemaphorePermit),
    /// When one of the places is free. The permit is for waiting.
    Later(Arc<Semaphore>, OwnedSemaphorePermit),
}

impl Turn {
    /// Nothing: the request is not answered.
    fn of(service: &Service, answers: &Arc<Semaphore>, waiting: &Arc<Semaphore>) -> Option<Self> {
        if let Ok(place) = Arc::clone(answers).try_acquire_owned() {
            return Some(Self::Now(place));
        }
        if !service.messages.is_empty() {
            return None;
        }
        let place = Arc::clone(waiting).try_acquire_owned().ok()?;
        Some(Self::Later(Arc::clone(answers), place))
    }

    /// Waits for it. Gives nothing when the network has ended before.
    async fn come(self) -> Option<OwnedSemaphorePermit> {
        match self {
            Self::Now(place) => Some(place),
            Self::Later(answers, _waiting) => answers.acquire_owned().await.ok(),
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

/// Answers a peer, if it has proved that it is where it says.
async fn answer(kadcast: &Handle, to: SocketAddr, messages: &[Message]) -> Result<(), CommandError> {
    for message in messages {
        let bytes: Arc<[u8]> = Frame::from(message.clone()).encoded().into();
        offer(|| kadcast.answer(to, Arc::clone(&bytes))).await?;
    }
    Ok(())
}

/// Adds the stored blocks that a peer asks for to the messages at hand. Missing ones are added to the
/// search, and a search for nothing is none.
fn read(store: &Store, service: Service) -> Result<(Vec<Message>, Option<Search>), StoreError> {
    let Service { mut messages, blocks, hashes_after, mut search, .. } = service;
    for item in &blocks {
        let height = match item {
            InventoryItem::BlockFromHash(hash) => store.height_of(hash)?,
            InventoryItem::BlockFromHeight(height) => Some(*height),
            _ => None,
        };
        match height.filter(|height| *height > 0).map(|height| store.block(height)).transpose()?.flatten() {
            Some((stored, _)) => messages.push(Message::Block(Box::new(stored.block.clone()))),
            None => search.iter_mut().for_each(|search| search.request.inventory.items.push(*item)),
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
    let search = search.filter(|search| !search.request.inventory.items.is_empty()).map(|mut search| {
        let inventory = &mut search.request.inventory;
        inventory.max_entries = u16::try_from(inventory.items.len()).unwrap_or(u16::MAX);
        search
    });
    Ok((messages, search))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(messages: Vec<Message>) -> Service {
        let to = SocketAddr::from(([127, 0, 0, 1], 7));
        let blocks = vec![InventoryItem::BlockFromHeight(3)];
        Service { to, messages, blocks, hashes_after: None, search: None }
    }

    #[tokio::test]
    async fn requests_wait_for_their_turn_if_they_hold_names_only() {
        let (answers, waiting) = (Arc::new(Semaphore::new(1)), Arc::new(Semaphore::new(2)));
        let (names, at_hand) = (service(Vec::new()), service(vec![Message::GetMempool(1)]));
        let turn = |service: &Service| Turn::of(service, &answers, &waiting);
        let first = turn(&at_hand).expect("a place is free").come().await.expect("it comes at once");
        assert!(turn(&at_hand).is_none(), "an answer at hand is not kept");
        let later: Vec<Turn> = (0..2).map(|_| turn(&names).expect("it may wait")).collect();
        assert!(turn(&names).is_none(), "no more may wait");
        let coming: Vec<_> =
            later.into_iter().map(|turn| tokio::spawn(async move { turn.come().await.is_some() })).collect();
        drop(first);
        for turn in coming {
            assert!(turn.await.expect("it does not panic"));
        }
        assert_eq!((answers.available_permits(), waiting.available_permits()), (1, 2));
        // The end of the network ends all waiting.
        let _first = turn(&at_hand).expect("a place is free").come().await.expect("it comes at once");
        let later = turn(&names).expect("it may wait");
        let coming = tokio::spawn(async move { later.come().await.is_none() });
        answers.close();
        assert!(coming.await.expect("it does not panic"));
        assert!(turn(&names).expect("it may wait").come().await.is_none());
    }
}
