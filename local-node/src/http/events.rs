//! Events over a WebSocket (the book, "The HTTP interface", section "Events").
//!
//! A client connects at `GET /on` and is told a session id; with it, `GET /on/{target}/{topic}` subscribes and `DELETE`
//! unsubscribes. Events come as binary frames: u32 length of a JSON header, the header, the data.
//!
//! Any page may open a socket, but pages of foreign origins only so many. A client that takes nothing, does not answer
//! pings, or says more than answers to pings loses its socket.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use dusk_sdk_protocol::execution::HexId;
use local_node_core::mempool::{GivenUp, Removal};
use local_node_types::ledger::Label;
use rand::RngCore as _;
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use super::access::Caller;
use super::documents;
use super::error::{Error, error_response};
use super::options::Bounds;
use crate::events::{ListenError, Listener, NodeEvent, Place};
use crate::handle::NodeHandle;

/// The most subscriptions of one socket.
const MAX_SUBSCRIPTIONS: usize = 1024;
/// The longest path of a subscription.
const MAX_PATH_BYTES: usize = 512;
/// The longest message that a client may send.
const MAX_MESSAGE_BYTES: usize = 256 * 1024;
/// How many pings a client may leave without an answer.
const MAX_PINGS_MISSED: u32 = 2;
/// The longest frame that a client may send.
const MAX_FRAME_BYTES: usize = 64 * 1024;
/// The most messages that a client may send between two pings. The answers to its own pings wait in memory until it
/// takes them.
const MAX_CHATTER: u32 = 1024;
/// The most bytes that wait in memory until the client takes them: more than any event has.
const MAX_UNTAKEN_BYTES: usize = 4 * 1024 * 1024;
/// The message to a client that is too slow for its events.
const TOO_SLOW: &str = "Too slow: events were lost";

/// The server of a node's events over sockets.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    node: NodeHandle,
    sessions: Sessions,
    stopped: watch::Receiver<bool>,
}

impl Offer {
    pub(super) fn new(node: NodeHandle, bounds: &Bounds, stopped: watch::Receiver<bool>) -> Self {
        Self { node, sessions: Sessions::new(bounds), stopped }
    }
}

/// All open sockets.
#[derive(Debug, Clone)]
struct Sessions {
    open: Arc<Mutex<BTreeMap<SessionId, Session>>>,
    most: usize,
    most_of_pages: usize,
    most_of_origin: usize,
    ping: Duration,
}

type SessionId = [u8; 16];

#[derive(Debug)]
struct Session {
    /// The foreign page that has opened it.
    origin: Option<String>,
    subscriptions: BTreeSet<Subscription>,
}

/// An open socket; it is forgotten when this is dropped.
struct Opened {
    sessions: Sessions,
    id: SessionId,
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.sessions.lock().remove(&self.id);
    }
}

/// The subject of a subscription: `/on/component[:entity]/topic`; without an entity, all entities.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Subscription {
    target: String,
    topic: String,
}

/// The subscriptions that an event with this path is meant by: to its target, and to all targets of its component.
fn meant_by(location: &str) -> Option<[Subscription; 2]> {
    let (target, topic) = location.strip_prefix("/on/")?.split_once('/')?;
    let component = target.split_once(':').map_or(target, |(component, _)| component);
    Some([target, component].map(|target| Subscription { target: target.into(), topic: topic.into() }))
}

impl Sessions {
    fn new(bounds: &Bounds) -> Self {
        Self {
            open: Arc::default(),
            most: bounds.sessions,
            most_of_pages: bounds.sessions_of_pages,
            most_of_origin: bounds.sessions_of_origin,
            ping: bounds.ping,
        }
    }

    /// Opens a session, for a foreign page if it is one.
    ///
    /// # Errors
    /// When too many are open.
    fn open(&self, origin: Option<&str>) -> Result<Opened, Error> {
        let mut open = self.lock();
        let busy = |most: usize, whose: &str| Err(Error::Busy(format!("{most} sockets{whose} are open")));
        if open.len() >= self.most {
            return busy(self.most, "");
        }
        if let Some(origin) = origin {
            let of_pages = open.values().filter_map(|session| session.origin.as_deref());
            if of_pages.clone().filter(|theirs| *theirs == origin).count() >= self.most_of_origin {
                return busy(self.most_of_origin, &format!(" of pages of {origin}"));
            }
            if of_pages.count() >= self.most_of_pages {
                return busy(self.most_of_pages, " of foreign pages");
            }
        }
        let mut id = SessionId::default();
        rand::rngs::OsRng.fill_bytes(&mut id);
        open.insert(id, Session { origin: origin.map(str::to_owned), subscriptions: BTreeSet::new() });
        Ok(Opened { sessions: self.clone(), id })
    }

    fn wants(&self, id: &SessionId, location: &str) -> bool {
        let Some(meant) = meant_by(location) else { return false };
        self.lock().get(id).is_some_and(|session| meant.iter().any(|it| session.subscriptions.contains(it)))
    }

    // A thread that panicked while it held the lock left whole entries behind.
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<SessionId, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `GET /on`.
pub(super) async fn connect(
    State(offer): State<Offer>,
    Extension(caller): Extension<Caller>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let opened = match offer.sessions.open(caller.foreign_origin()) {
        Ok(opened) => opened,
        Err(error) => return error.into_response(),
    };
    let upgrade = upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .max_write_buffer_size(MAX_UNTAKEN_BYTES);
    // A connection that breaks before it is upgraded drops this, and with it the session.
    upgrade.on_upgrade(move |socket| async move {
        let events = offer.node.subscribe();
        let reason = serve(socket, &opened, events, offer.stopped).await;
        drop(opened);
        if let Some((mut socket, reason)) = reason {
            // A client that is gone hears nothing.
            let _ = socket.send(Message::Close(Some(reason))).await;
        }
    })
}

/// Serves a socket until its end, and says why it is closed if the client is still there.
async fn serve(
    mut socket: WebSocket,
    opened: &Opened,
    mut events: Listener,
    mut stopped: watch::Receiver<bool>,
) -> Option<(WebSocket, CloseFrame)> {
    let Opened { sessions, id } = opened;
    socket.send(Message::Text(hex::encode(id).into())).await.ok()?;
    let mut pings = tokio::time::interval_at(Instant::now() + sessions.ping, sessions.ping);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut heard, mut chatter) = (Instant::now(), 0);
    loop {
        tokio::select! {
            received = socket.recv() => match received {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) if chatter >= MAX_CHATTER => {
                    return Some((socket, closing(close_code::POLICY, "Too many messages")));
                }
                Some(Ok(_)) => (heard, chatter) = (Instant::now(), chatter + 1),
            },
            _ = pings.tick() => {
                if heard.elapsed() > sessions.ping * MAX_PINGS_MISSED {
                    return Some((socket, closing(close_code::POLICY, "No answer to pings")));
                }
                chatter = 0;
                socket.send(Message::Ping(Bytes::new())).await.ok()?;
            }
            event = events.recv() => match event {
                Ok(event) => {
                    if let Told::TooSlow = tell(&mut socket, opened, event, &mut stopped).await? {
                        return Some((socket, closing(close_code::POLICY, TOO_SLOW)));
                    }
                    // A client that takes events is alive, also if pings had to wait.
                    heard = Instant::now();
                }
                Err(ListenError::Behind(_)) => return Some((socket, closing(close_code::POLICY, TOO_SLOW))),
                Err(ListenError::Ended) => return Some((socket, closing(close_code::AWAY, "Shutting down"))),
            },
            () = until(&mut stopped) => {
                return Some((socket, closing(close_code::AWAY, "Shutting down")));
            }
        }
    }
}

/// The result of sending an event.
enum Told {
    /// The client has it, as far as it wants it.
    All,
    /// The block that brought it had to give way to later ones before the client had it all.
    TooSlow,
}

/// Sends an event and what it brings to a client that wants it. Gives nothing when the client is gone or the server
/// ends.
///
/// While it waits for the client it does not hold the block: untaken items of listeners are bounded by their queue
/// alone.
async fn tell(
    socket: &mut WebSocket,
    opened: &Opened,
    event: NodeEvent,
    stopped: &mut watch::Receiver<bool>,
) -> Option<Told> {
    let block = match &event {
        NodeEvent::BlockAccepted(block) => Some(Arc::downgrade(block)),
        _ => None,
    };
    let (mut place, mut event) = (Place::default(), event);
    loop {
        // There may be many, and other clients have their turn as well.
        tokio::task::coop::consume_budget().await;
        let location = event_path(&event);
        let wanted = opened.sessions.wants(&opened.id, &location);
        let frame = wanted.then(|| Message::Binary(frame(&event, location).into()));
        drop(event);
        if let Some(frame) = frame {
            // A client that takes nothing does not hold up the end of the server.
            tokio::select! {
                sent = socket.send(frame) => sent.ok()?,
                () = until(stopped) => return None,
            }
        }
        let Some(block) = &block else { return Some(Told::All) };
        let Some(block) = block.upgrade() else { return Some(Told::TooSlow) };
        match place.next(&block) {
            Some(next) => event = next,
            None => return Some(Told::All),
        }
    }
}

/// Waits until the server stops. A sender that is gone means the same as one that says so.
pub(super) async fn until(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

fn closing(code: u16, reason: &'static str) -> CloseFrame {
    CloseFrame { code, reason: reason.into() }
}

/// `GET /on/{target}/{topic}`.
pub(super) async fn subscribe(
    State(offer): State<Offer>,
    Path((target, topic)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if target.len() + topic.len() > MAX_PATH_BYTES {
        return Error::InvalidInput(format!("the path is longer than {MAX_PATH_BYTES} bytes")).into_response();
    }
    change(&offer.sessions, &headers, |subscriptions| {
        if subscriptions.len() >= MAX_SUBSCRIPTIONS {
            return Error::Busy(format!("{MAX_SUBSCRIPTIONS} subscriptions are open")).into_response();
        }
        subscriptions.insert(Subscription { target, topic });
        StatusCode::OK.into_response()
    })
}

/// `DELETE /on/{target}/{topic}`.
pub(super) async fn unsubscribe(
    State(offer): State<Offer>,
    Path((target, topic)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    change(&offer.sessions, &headers, |subscriptions| {
        if subscriptions.remove(&Subscription { target, topic }) {
            StatusCode::OK.into_response()
        } else {
            error_response(StatusCode::NOT_FOUND, "Subscription not found")
        }
    })
}

fn change(
    sessions: &Sessions,
    headers: &HeaderMap,
    what: impl FnOnce(&mut BTreeSet<Subscription>) -> Response,
) -> Response {
    let mut id = SessionId::default();
    let given = headers.get("rusk-session-id").is_some_and(|text| hex::decode_to_slice(text, &mut id).is_ok());
    match sessions.lock().get_mut(&id) {
        Some(session) if given => what(&mut session.subscriptions),
        _ => error_response(StatusCode::FAILED_DEPENDENCY, "Session ID not provided or invalid"),
    }
}

/// The path under which an event is published, `/on/component:entity/topic`.
#[must_use]
pub fn event_path(event: &NodeEvent) -> String {
    match event {
        NodeEvent::BlockAccepted(block) => format!("/on/blocks:{}/accepted", hex::encode(block.header().hash)),
        NodeEvent::BlockLabelled { hash, .. } => format!("/on/blocks:{}/statechange", hex::encode(hash)),
        NodeEvent::BlockReverted { hash, .. } => format!("/on/blocks:{}/reverted", hex::encode(hash)),
        NodeEvent::TransactionAdmitted(transaction) => format!("/on/transactions:{}/included", transaction.id()),
        NodeEvent::TransactionExecuted(transaction) => format!("/on/transactions:{}/executed", transaction.id()),
        NodeEvent::TransactionDeferred { id } => format!("/on/transactions:{id}/deferred"),
        NodeEvent::TransactionRemoved { id, reason: Removal::GivenUp(_) } => format!("/on/transactions:{id}/dropped"),
        NodeEvent::TransactionRemoved { id, .. } => format!("/on/transactions:{id}/removed"),
        NodeEvent::Contract { event, .. } => format!("/on/contracts:{}/{}", HexId(&event.source), event.topic),
    }
}

/// Production's word for the reason for which a parked transaction is dropped.
const fn given_up(reason: &GivenUp) -> &'static str {
    match reason {
        GivenUp::Replaced => "replaced_in_prequeue",
        GivenUp::Exhausted => "retry_exhausted",
        GivenUp::Refused(_) => "retry_failed",
    }
}

/// An event as it goes over the socket.
fn frame(event: &NodeEvent, location: String) -> Vec<u8> {
    let mut header = Map::new();
    header.insert("Content-Location".into(), Value::String(location));
    let data = match event {
        NodeEvent::BlockAccepted(block) => documents::block(block).to_string().into_bytes(),
        NodeEvent::BlockLabelled { label, at_height, .. } => {
            let state = if matches!(label, Label::Final(_)) { "finalized" } else { "confirmed" };
            json!({ "state": state, "atHeight": at_height }).to_string().into_bytes()
        }
        NodeEvent::BlockReverted { height, .. } => json!({ "atHeight": height }).to_string().into_bytes(),
        NodeEvent::TransactionAdmitted(transaction) => {
            documents::transaction(transaction.transaction()).to_string().into_bytes()
        }
        NodeEvent::TransactionExecuted(spent) => documents::spent(spent).to_string().into_bytes(),
        NodeEvent::TransactionDeferred { .. } => {
            json!({ "reason": "missing_intermediate_nonce" }).to_string().into_bytes()
        }
        NodeEvent::TransactionRemoved { reason: Removal::GivenUp(reason), .. } => {
            json!({ "reason": given_up(reason) }).to_string().into_bytes()
        }
        NodeEvent::TransactionRemoved { .. } => Vec::new(),
        NodeEvent::Contract { event, origin } => {
            header.insert("Rusk-Origin".into(), Value::String(hex::encode(origin)));
            event.data.clone()
        }
    };
    let header = Value::Object(header).to_string();
    let length = u32::try_from(header.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes()[..], header.as_bytes(), &data].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(target: &str, topic: &str, location: &str) -> bool {
        meant_by(location).unwrap().contains(&Subscription { target: target.into(), topic: topic.into() })
    }

    #[test]
    fn subscriptions_without_entity_match_all() {
        let location = "/on/contracts:ab/moved";
        assert!(matches("contracts", "moved", location));
        assert!(matches("contracts:ab", "moved", location));
        assert!(!matches("contracts:cd", "moved", location));
        assert!(!matches("contracts", "minted", location));
        assert!(!matches("blocks", "moved", location));
    }

    #[test]
    fn topics_may_contain_slashes() {
        assert!(matches("contracts", "a/b", "/on/contracts:ab/a/b"));
    }

    #[test]
    fn foreign_pages_have_a_share_of_the_sessions() {
        let bounds = Bounds { sessions: 6, sessions_of_pages: 4, sessions_of_origin: 3, ..Bounds::default() };
        let sessions = Sessions::new(&bounds);
        let open = |origin| sessions.open(origin);
        let mut held: Vec<_> = (0..3).map(|_| open(Some("http://a.example")).unwrap()).collect();
        assert!(open(Some("http://a.example")).is_err());
        held.push(open(Some("http://b.example")).unwrap());
        assert!(open(Some("http://c.example")).is_err());
        held.extend((0..2).map(|_| open(None).unwrap()));
        assert!(open(None).is_err());
        drop(held);
        assert!(sessions.lock().is_empty());
    }
}
