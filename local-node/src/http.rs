//! The node's interface for wallets, explorers and the command line: RUES over HTTP and WebSocket, and GraphQL.
//!
//! Paths, headers, bodies and status codes are production's (the book, "The HTTP interface"), so that unmodified
//! clients work. Requests that need what this node does not have (a prover, peers) say so with status 501.
//!
//! A request goes through these modules in this order: `connections` and `socket` (how many clients, how slow),
//! `access` (which names and pages), `limits` (how often, where others can reach the node), `memory` (how long bodies
//! may be and take), and then one of those that answer:
//!
//! | module | serves |
//! |---|---|
//! | `rues` | the form of requests and answers |
//! | `contracts`, `drivers`, `transactions`, `chain` | `POST /on/…` |
//! | `dev` | `POST /on/dev/…`: state control, which production does not have |
//! | `graphql` | `/graphql`, `POST /on/graphql/query` |
//! | `events` | `GET /on` (WebSocket) and its subscriptions |
//! | `error` | the class and the status of each error |
//! | `documents` | blocks and transactions as JSON |
//! | `options` | how the interface is offered, and its bounds |

mod access;
mod chain;
mod connections;
mod contracts;
mod dev;
mod documents;
mod drivers;
mod error;
mod events;
mod graphql;
mod limits;
mod memory;
mod options;
mod rues;
mod socket;
mod transactions;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRef, Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request as HttpRequest, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::access::{Access, Caller};
pub use self::access::{HostName, NameError, Origin};
use self::error::{Error, error_response};
use self::events::Offer;
pub use self::events::event_path;
pub use self::graphql::{MAX_ANSWER_BYTES, MAX_ANSWER_FIELDS};
use self::limits::Limits;
pub use self::memory::{MAX_BODY_BYTES, MAX_GRAPHQL_BYTES, MAX_HELD_BYTES};
use self::memory::{Memory, Received};
pub use self::options::{
    Bounds, MAX_BODY_TIME, MAX_CONNECTIONS, MAX_CONNECTIONS_OF_ADDRESS, MAX_SESSIONS, MAX_SESSIONS_OF_ORIGIN,
    MAX_SESSIONS_OF_PAGES, MAX_SILENCE, MAX_STALL, Options, PING_INTERVAL,
};
pub use self::rues::NODE_VERSION;
use self::rues::{Request, unsupported};
use crate::handle::NodeHandle;

/// Headers of requests are given back where their names begin with this.
const ECHOED_PREFIX: &str = "x-";
/// But not these: a web server in front of the node takes them in an answer as its own, and serves another file
/// instead.
const NEVER_ECHOED: [&str; 5] = ["x-accel-", "x-sendfile", "x-lighttpd-", "x-litespeed-", "x-reproxy-"];

/// How long a server that was told to stop goes on answering open requests.
pub const MAX_FAREWELL: Duration = Duration::from_secs(5);

/// Why the interface cannot be offered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// Somebody else has the address.
    #[error("the address {0} is in use")]
    InUse(SocketAddr),
    /// The address cannot be listened at.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A node's interface while it is offered.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Offers the node at an address, as [`start_with`](Self::start_with) does with the usual options.
    ///
    /// # Errors
    /// When the address cannot be listened at.
    pub async fn start(node: NodeHandle, address: SocketAddr) -> Result<Self, HttpError> {
        Self::start_with(node, address, Options::default()).await
    }

    /// Offers the node at an address. Port 0 takes any free port. Where others can reach it, that is anywhere but on
    /// loopback, requests are limited as production limits them.
    ///
    /// # Errors
    /// When the address cannot be listened at.
    pub async fn start_with(node: NodeHandle, address: SocketAddr, options: Options) -> Result<Self, HttpError> {
        let Options { hosts, origins, bounds } = options;
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => HttpError::InUse(address),
            _ => HttpError::Listen { address, source },
        };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, stopped) = watch::channel(false);
        let reachable = !address.ip().is_loopback();
        let limits = reachable.then(|| Arc::new(Limits::production(Instant::now())));
        let app = App {
            schema: graphql::schema(node.clone()),
            events: Offer::new(node.clone(), &bounds, stop.subscribe()),
            memory: Memory::new(bounds.body),
            node,
        };
        let service = router(app, Access::new(reachable, hosts, origins), limits);
        let task = tokio::spawn(connections::serve(listener, service, bounds, stopped, MAX_FAREWELL));
        Ok(Self { address, stop, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address as clients write it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops: open requests are answered, unless that takes longer than [`MAX_FAREWELL`], and open sockets are closed.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // The task ends by itself, within the farewell; that it panicked was reported by the runtime.
        let _ = self.task.await;
    }
}

/// The shared state of all handlers. Each handler takes the part that it needs.
#[derive(Clone)]
struct App {
    node: NodeHandle,
    schema: graphql::Schema,
    events: Offer,
    memory: Memory,
}

impl FromRef<App> for graphql::Schema {
    fn from_ref(app: &App) -> Self {
        app.schema.clone()
    }
}

impl FromRef<App> for Offer {
    fn from_ref(app: &App) -> Self {
        app.events.clone()
    }
}

impl FromRef<App> for Memory {
    fn from_ref(app: &App) -> Self {
        app.memory.clone()
    }
}

fn router(app: App, access: Access, limits: Option<Arc<Limits>>) -> Router {
    // As in production, a slash at the end of a path does not matter.
    let asked = || post(dispatch).get(events::subscribe).delete(events::unsubscribe);
    let queried = || get(graphql::get).post(graphql::post);
    let router = Router::new()
        // A client's first question is whether anybody answers at the address itself.
        .route("/", get(root).post(root))
        .route("/on", get(events::connect))
        .route("/on/", get(events::connect))
        .route("/on/{target}/{topic}", asked())
        .route("/on/{target}/{topic}/", asked())
        .route("/static/drivers/{file}", get(wallet_core))
        .route("/graphql", queried())
        .route("/graphql/", queried())
        .fallback(unknown_path)
        .layer(from_fn_with_state(app.memory.clone(), memory::hold_answers));
    let router = match limits {
        Some(limits) => router.layer(from_fn_with_state(limits, limits::enforce)),
        None => router,
    };
    router.layer(from_fn_with_state(Arc::new(access), access::enforce)).layer(from_fn(headers)).with_state(app)
}

/// Every answer carries the node's version and the request's own `x-` headers, as in production.
async fn headers(request: HttpRequest<axum::body::Body>, next: Next) -> Response {
    let echoed: Vec<_> = request
        .headers()
        .iter()
        .filter(|(name, _)| is_echoed(name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("rusk-version"), HeaderValue::from_static(NODE_VERSION));
    headers.extend(echoed);
    response
}

fn is_echoed(name: &str) -> bool {
    name.starts_with(ECHOED_PREFIX) && !NEVER_ECHOED.iter().any(|prefix| name.starts_with(prefix))
}

/// The wallet library that production serves to browsers is not part of this node.
async fn wallet_core(Path(file): Path<String>) -> Response {
    const VERSIONS: [&str; 5] = ["", "-1.0.1", "-1.3.0", "-1.6.0", "-1.6.1"];
    if VERSIONS.iter().any(|version| file == format!("wallet-core{version}.wasm")) {
        let text =
            format!("Unsupported operation: this node does not carry `{file}`: take it from the production node");
        return error_response(StatusCode::NOT_IMPLEMENTED, &text);
    }
    unknown_path().await
}

async fn root() -> &'static str {
    "A Dusk node. Its interface begins at /on and /graphql.\n"
}

async fn unknown_path() -> Response {
    error_response(StatusCode::NOT_FOUND, "Path not found")
}

async fn dispatch(
    State(app): State<App>,
    Path((target, topic)): Path<(String, String)>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    received: Received,
) -> Response {
    let request = match Request::parse(&target, &topic, &headers, received.bytes.clone()) {
        Ok(request) => request,
        Err(error) => return error.into_response(),
    };
    match answer(&app, &caller, &headers, request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn answer(app: &App, caller: &Caller, headers: &HeaderMap, request: Request) -> Result<Response, Error> {
    if !request.only_reads() {
        caller.may_change()?;
    }
    let reply = match request.component.as_str() {
        "contracts" => contracts::call(&app.node, &request).await?,
        "contract" => contracts::describe(&app.node, &request).await?,
        "contract_owner" => contracts::owner(&app.node, &request).await?,
        "transactions" => transactions::answer(&app.node, &request).await?,
        "node" | "network" | "blocks" | "blobs" | "account" | "stats" => chain::answer(&app.node, &request).await?,
        "graphql" if request.topic == "query" => graphql::query(&app.schema, headers, &request).await?,
        "dev" => dev::answer(&app.node, &request).await?,
        "driver" => drivers::convert(&app.node, &request).await?,
        "prover" => return Err(unsupported(&request)),
        _ => return Ok(unknown_path().await),
    };
    Ok(request.respond(reply))
}
