//! Events over a WebSocket (sheet `protocol/http-api.md`, section 3).
//!
//! A client connects at `GET /on` and is told a session id; with it, `GET /on/{target}/{topic}` subscribes and `DELETE`
//! unsubscribes. Events come as binary frames: u32 length of a JSON header, the header, the data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use local_node_types::ledger::Label;
use rand::RngCore as _;
use serde_json::{Map, Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use super::rues::{Error, error_response};
use super::{App, documents};
use crate::events::NodeEvent;
use crate::mempool::Removal;

/// The most open sockets.
const MAX_SESSIONS: usize = 256;
/// The most subscriptions of one socket.
const MAX_SUBSCRIPTIONS: usize = 1024;
/// The longest path of a subscription.
const MAX_PATH_BYTES: usize = 512;
/// The longest message that a client may send.
const MAX_MESSAGE_BYTES: usize = 256 * 1024;
/// The longest frame that a client may send.
const MAX_FRAME_BYTES: usize = 64 * 1024;

/// The subscriptions of all open sockets.
#[derive(Debug, Clone, Default)]
pub(super) struct Sessions(Arc<Mutex<BTreeMap<SessionId, BTreeSet<Subscription>>>>);

type SessionId = [u8; 16];

/// What a client wants to hear of: `/on/component[:entity]/topic`; without entity, of all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Subscription {
    target: String,
    topic: String,
}

impl Subscription {
    /// Whether an event with this path is meant.
    fn matches(&self, location: &str) -> bool {
        let Some((target, topic)) = location.strip_prefix("/on/").and_then(|path| path.split_once('/')) else {
            return false;
        };
        let component = target.split_once(':').map_or(target, |(component, _)| component);
        self.topic == topic && (self.target == target || self.target == component)
    }
}

impl Sessions {
    fn open(&self) -> Option<SessionId> {
        let mut sessions = self.lock();
        if sessions.len() >= MAX_SESSIONS {
            return None;
        }
        let mut id = SessionId::default();
        rand::rngs::OsRng.fill_bytes(&mut id);
        sessions.insert(id, BTreeSet::new());
        Some(id)
    }

    fn close(&self, id: &SessionId) {
        self.lock().remove(id);
    }

    fn wants(&self, id: &SessionId, location: &str) -> bool {
        self.lock().get(id).is_some_and(|subscriptions| subscriptions.iter().any(|it| it.matches(location)))
    }

    // A thread that panicked while it held the lock left whole entries behind.
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<SessionId, BTreeSet<Subscription>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `GET /on`.
pub(super) async fn connect(State(app): State<App>, upgrade: WebSocketUpgrade) -> Response {
    let Some(id) = app.sessions.open() else {
        return Error::Busy(format!("{MAX_SESSIONS} sockets are open")).into_response();
    };
    let sessions = app.sessions.clone();
    upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .on_failed_upgrade({
            let sessions = sessions.clone();
            move |_| sessions.close(&id)
        })
        .on_upgrade(move |socket| async move {
            let events = app.node.subscribe();
            let reason = serve(socket, id, &sessions, events, app.stopped).await;
            sessions.close(&id);
            if let Some((mut socket, reason)) = reason {
                // A client that is gone hears nothing.
                let _ = socket.send(Message::Close(Some(reason))).await;
            }
        })
}

/// Serves a socket until its end, and says why it is closed if the client is still there.
async fn serve(
    mut socket: WebSocket,
    id: SessionId,
    sessions: &Sessions,
    mut events: Receiver<NodeEvent>,
    mut stopped: watch::Receiver<bool>,
) -> Option<(WebSocket, CloseFrame)> {
    socket.send(Message::Text(hex::encode(id).into())).await.ok()?;
    loop {
        tokio::select! {
            received = socket.recv() => match received {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            },
            event = events.recv() => match event {
                Ok(event) => {
                    let location = event.location();
                    if sessions.wants(&id, &location) {
                        socket.send(Message::Binary(frame(&event, location).into())).await.ok()?;
                    }
                }
                Err(RecvError::Lagged(_)) => return Some((socket, closing(close_code::POLICY, "Too slow: events were lost"))),
                Err(RecvError::Closed) => return Some((socket, closing(close_code::AWAY, "Shutting down"))),
            },
            () = until(&mut stopped) => {
                return Some((socket, closing(close_code::AWAY, "Shutting down")));
            }
        }
    }
}

/// Waits until the server stops. A sender that is gone means the same as one that says so.
async fn until(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

fn closing(code: u16, reason: &'static str) -> CloseFrame {
    CloseFrame { code, reason: reason.into() }
}

/// `GET /on/{target}/{topic}`.
pub(super) async fn subscribe(
    State(app): State<App>,
    Path((target, topic)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    if target.len() + topic.len() > MAX_PATH_BYTES {
        return Error::InvalidInput(format!("the path is longer than {MAX_PATH_BYTES} bytes")).into_response();
    }
    change(&app.sessions, &headers, |subscriptions| {
        if subscriptions.len() >= MAX_SUBSCRIPTIONS {
            return Error::Busy(format!("{MAX_SUBSCRIPTIONS} subscriptions are open")).into_response();
        }
        subscriptions.insert(Subscription { target, topic });
        StatusCode::OK.into_response()
    })
}

/// `DELETE /on/{target}/{topic}`.
pub(super) async fn unsubscribe(
    State(app): State<App>,
    Path((target, topic)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    change(&app.sessions, &headers, |subscriptions| {
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
        Some(subscriptions) if given => what(subscriptions),
        _ => error_response(StatusCode::FAILED_DEPENDENCY, "Session ID not provided or invalid"),
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
        NodeEvent::TransactionIncluded(transaction) => {
            documents::transaction(transaction.transaction()).to_string().into_bytes()
        }
        NodeEvent::TransactionExecuted(spent) => documents::spent(spent).to_string().into_bytes(),
        NodeEvent::TransactionDeferred { .. } => {
            json!({ "reason": "missing_intermediate_nonce" }).to_string().into_bytes()
        }
        NodeEvent::TransactionRemoved { reason: Removal::GivenUp(reason), .. } => {
            json!({ "reason": reason.word() }).to_string().into_bytes()
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

    fn to(target: &str, topic: &str) -> Subscription {
        Subscription { target: target.into(), topic: topic.into() }
    }

    #[test]
    fn subscriptions_without_entity_match_all() {
        let location = "/on/contracts:ab/moved";
        assert!(to("contracts", "moved").matches(location));
        assert!(to("contracts:ab", "moved").matches(location));
        assert!(!to("contracts:cd", "moved").matches(location));
        assert!(!to("contracts", "minted").matches(location));
        assert!(!to("blocks", "moved").matches(location));
    }

    #[test]
    fn topics_may_contain_slashes() {
        assert!(to("contracts", "a/b").matches("/on/contracts:ab/a/b"));
    }
}
