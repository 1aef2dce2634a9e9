//! Connections: how many there are, how long each may be silent, and which makes room for another.
//!
//! A connection is *idle* while no answer to it is made or on its way, while its request has not arrived as a whole,
//! and while the request of a foreign page waits for its turn. When all places are taken, the node closes the
//! connection that has been idle for longest for a new one, so that silent clients keep nobody out. It refuses a new
//! connection only if all are busy.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::error::error_response;
use super::events::until;
use super::memory::keeping;
use super::options::Bounds;
use super::socket::Socket;

/// The longest head of a request, without its line ends.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// The most headers of a request.
const MAX_HEADERS: usize = 100;
/// How long no connection is accepted after the system could give none, for instance because too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long the refusal of a connection may take.
const MAX_REFUSAL: Duration = Duration::from_secs(1);
/// The bits of an IPv6 address that tell clients apart: networks give a whole block of addresses to one of them.
const IPV6_CLIENT_BITS: u32 = 64;
/// The answer to a client for which there is no room.
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\n\
    connection: close\r\ncontent-length: 49\r\n\r\n{\"error\":\"Too many connections: try again later\"}";

/// Accepts connections and serves each until it ends, or until the server is stopped; then open requests are answered,
/// unless that takes longer than `farewell`.
pub(super) async fn serve(
    listener: TcpListener,
    service: Router,
    bounds: Bounds,
    mut stopped: watch::Receiver<bool>,
    farewell: Duration,
) {
    let places = Places::new(&bounds);
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            // Those that have ended are forgotten.
            Some(_) = tasks.join_next() => continue,
            accepted = listener.accept() => accepted,
            () = until(&mut stopped) => break,
        };
        match accepted {
            Ok((stream, peer)) => match places.take(peer) {
                Some(place) => {
                    let service = Answering::new(service.clone(), &place);
                    tasks.spawn(connection(stream, place, service, bounds.clone(), stopped.clone()));
                }
                None => {
                    tasks.spawn(refuse(stream));
                }
            },
            // The client has gone before it was there.
            Err(error) if is_of_one_connection(&error) => {}
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
    drop(listener);
    // Dropping the set ends the remaining tasks.
    let _ = tokio::time::timeout(farewell, async { while tasks.join_next().await.is_some() {} }).await;
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    stream: TcpStream,
    place: Arc<Place>,
    service: Answering,
    bounds: Bounds,
    mut stopped: watch::Receiver<bool>,
) {
    // Only slower without it.
    let _ = stream.set_nodelay(true);
    let close = Arc::clone(&place.close);
    let socket = Socket::new(stream, place, bounds.stall);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.silence)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    tokio::select! {
        // How a connection ends is the client's business.
        _ = connection.as_mut() => {}
        () = close.notified() => {}
        () = until(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

async fn refuse(mut stream: TcpStream) {
    // The client may not take it.
    let _ = tokio::time::timeout(MAX_REFUSAL, async {
        stream.write_all(REFUSAL).await?;
        stream.shutdown().await
    })
    .await;
}

/// The router as it answers one connection.
struct Answering {
    router: TowerToHyperService<Router>,
    place: Arc<Place>,
}

impl Answering {
    fn new(router: Router, place: &Arc<Place>) -> Self {
        Self { router: TowerToHyperService::new(router), place: Arc::clone(place) }
    }
}

impl Service<hyper::Request<Incoming>> for Answering {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, mut request: hyper::Request<Incoming>) -> Self::Future {
        // The connection reads ahead of what its buffer may hold, so longer heads come through.
        if head_bytes(&request) > MAX_HEAD_BYTES {
            let text = format!("the request's head has more than {MAX_HEAD_BYTES} bytes");
            let refused = error_response(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, &text);
            return Box::pin(async { Ok(refused) });
        }
        let busy = Busy::new(&self.place);
        request.extensions_mut().insert(Arc::clone(&self.place));
        let answer = self.router.call(request);
        Box::pin(async move {
            let response = answer.await?;
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                busy.for_good();
                return Ok(response);
            }
            Ok(keeping(response, busy))
        })
    }
}

fn head_bytes<B>(request: &hyper::Request<B>) -> usize {
    let target = request.uri();
    let target = target.path().len() + target.query().map_or(0, str::len);
    target + request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>()
}

/// The places of connections.
#[derive(Debug, Clone)]
struct Places(Arc<Mutex<Table>>);

#[derive(Debug)]
struct Table {
    most: usize,
    most_of_address: usize,
    /// Numbers connections and their idle times, ever upwards.
    clock: u64,
    taken: BTreeMap<u64, Taken>,
    of_address: BTreeMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Taken {
    /// The client's address. The number of connections from loopback has no bound of its own.
    address: Option<IpAddr>,
    /// When it became idle.
    idle_since: Option<u64>,
    /// The requests that are being answered. A client may send one before it has taken the answer to the last.
    answering: usize,
    close: Arc<Notify>,
}

/// The place of one connection, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    id: u64,
    close: Arc<Notify>,
}

impl Places {
    fn new(bounds: &Bounds) -> Self {
        Self(Arc::new(Mutex::new(Table {
            most: bounds.connections,
            most_of_address: bounds.connections_of_address,
            clock: 0,
            taken: BTreeMap::new(),
            of_address: BTreeMap::new(),
        })))
    }

    /// A place for a new connection; `None` when there is none.
    fn take(&self, peer: SocketAddr) -> Option<Arc<Place>> {
        let address = Some(client(peer)).filter(|address| !address.is_loopback());
        let mut table = self.lock();
        let of_address = address.and_then(|address| table.of_address.get(&address)).copied().unwrap_or_default();
        if of_address >= table.most_of_address && !table.close_idle(address) {
            return None;
        }
        if table.taken.len() >= table.most && !table.close_idle(None) {
            return None;
        }
        let id = table.tick();
        let close = Arc::new(Notify::new());
        table.taken.insert(id, Taken { address, idle_since: Some(id), answering: 0, close: Arc::clone(&close) });
        if let Some(address) = address {
            *table.of_address.entry(address).or_default() += 1;
        }
        Some(Arc::new(Place { places: self.clone(), id, close }))
    }

    // A thread that panicked while it held the lock left whole entries behind.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of a client: its address, or its block of addresses.
fn client(peer: SocketAddr) -> IpAddr {
    match peer.ip().to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & u128::MAX << (Ipv6Addr::BITS - IPV6_CLIENT_BITS)))
        }
        address => address,
    }
}

impl Table {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Closes the connection that has been idle for longest, of one address or of all; `false` when none is idle.
    fn close_idle(&mut self, of: Option<IpAddr>) -> bool {
        let idle = self.taken.iter().filter(|(_, taken)| of.is_none() || taken.address == of);
        let idle = idle.filter_map(|(id, taken)| Some((taken.idle_since?, *id)));
        let Some((_, id)) = idle.min() else { return false };
        if let Some(taken) = self.leave(id) {
            taken.close.notify_one();
        }
        true
    }

    fn leave(&mut self, id: u64) -> Option<Taken> {
        let taken = self.taken.remove(&id)?;
        if let Some(address) = taken.address
            && let Some(count) = self.of_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.of_address.remove(&address);
            }
        }
        Some(taken)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().leave(self.id);
    }
}

/// A request that is being answered.
struct Busy(Option<Arc<Place>>);

/// A request that is not being answered yet: its body has not come, or it has to wait for its turn.
pub(super) struct Waiting(Arc<Place>);

impl Place {
    #[cfg(test)]
    pub(super) fn of_nobody() -> Arc<Self> {
        let places = Places::new(&Bounds::default());
        places.take(([127, 0, 0, 1], 1).into()).expect("all places are free")
    }

    /// One request less is being answered; after the last one the connection waits for its client.
    fn end_answer(&self) {
        let mut table = self.places.lock();
        let now = table.tick();
        if let Some(taken) = table.taken.get_mut(&self.id) {
            taken.answering -= 1;
            if taken.answering == 0 {
                taken.idle_since = Some(now);
            }
        }
    }

    /// The client waits for an answer.
    fn begin_answer(&self) {
        if let Some(taken) = self.places.lock().taken.get_mut(&self.id) {
            taken.answering += 1;
            taken.idle_since = None;
        }
    }
}

impl Waiting {
    pub(super) fn new(place: Arc<Place>) -> Self {
        place.end_answer();
        Self(place)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.begin_answer();
    }
}

impl Busy {
    fn new(place: &Arc<Place>) -> Self {
        place.begin_answer();
        Self(Some(Arc::clone(place)))
    }

    /// The connection speaks another protocol from now on: it is never idle again.
    fn for_good(mut self) {
        self.0 = None;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(place) = &self.0 {
            place.end_answer();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(connections: usize, connections_of_address: usize) -> Places {
        Places::new(&Bounds { connections, connections_of_address, ..Bounds::default() })
    }

    fn peer(last: u8) -> SocketAddr {
        ([10, 0, 0, last], 4000).into()
    }

    fn closed(place: &Place) -> bool {
        !place.places.lock().taken.contains_key(&place.id)
    }

    #[test]
    fn the_longest_idle_makes_room() {
        let places = places(3, 3);
        let open: Vec<_> = (0..3).map(|last| places.take(peer(last)).unwrap()).collect();
        let busy = Busy::new(&open[0]);
        let further = places.take(peer(9)).unwrap();
        assert_eq!(open.iter().map(|place| closed(place)).collect::<Vec<_>>(), [false, true, false]);
        drop(busy);
        let last = places.take(peer(9)).unwrap();
        assert!(closed(&open[2]) && !closed(&open[0]), "what has just been busy is idle for the shortest time");
        drop((open, further, last));
        assert!(places.lock().taken.is_empty() && places.lock().of_address.is_empty());
    }

    #[test]
    fn where_all_are_busy_nobody_is_closed() {
        let places = places(2, 2);
        let open: Vec<_> = (0..2).map(|last| places.take(peer(last)).unwrap()).collect();
        let busy: Vec<_> = open.iter().map(Busy::new).collect();
        assert!(places.take(peer(9)).is_none());
        drop(Waiting::new(Arc::clone(&open[0])));
        assert!(places.take(peer(9)).is_none(), "its request is there now");
        busy.into_iter().for_each(Busy::for_good);
        assert!(places.take(peer(9)).is_none(), "a socket for events is never idle");
        drop(open);
        assert!(places.take(peer(9)).is_some());
    }

    #[test]
    fn who_waits_for_a_body_makes_room() {
        let places = places(2, 2);
        let open: Vec<_> = (0..2).map(|last| places.take(peer(last)).unwrap()).collect();
        let _busy: Vec<_> = open.iter().map(Busy::new).collect();
        let _waiting = Waiting::new(Arc::clone(&open[1]));
        assert!(places.take(peer(9)).is_some() && closed(&open[1]) && !closed(&open[0]));
    }

    #[test]
    fn who_has_not_taken_one_answer_and_waits_for_the_next_is_busy() {
        let places = places(1, 1);
        let open = places.take(peer(1)).unwrap();
        let (first, second) = (Busy::new(&open), Busy::new(&open));
        drop(first);
        assert!(places.take(peer(9)).is_none());
        drop(second);
        assert!(places.take(peer(9)).is_some() && closed(&open));
    }

    #[test]
    fn one_address_does_not_take_all_places() {
        let places = places(8, 2);
        let open: Vec<_> = (0..2).map(|_| places.take(peer(1)).unwrap()).collect();
        let _other = places.take(peer(2)).unwrap();
        let _third = places.take(peer(1)).unwrap();
        assert!(closed(&open[0]) && !closed(&open[1]), "it makes room among its own");
        let loopback: Vec<_> = (0..5).map(|_| places.take(([127, 0, 0, 1], 1).into()).unwrap()).collect();
        assert!(loopback.iter().all(|place| !closed(place)));
    }

    #[test]
    fn a_block_of_ipv6_addresses_is_one_client() {
        let places = places(8, 2);
        let peer = |text: &str| SocketAddr::new(text.parse().unwrap(), 4000);
        let open: Vec<_> =
            ["2001:db8::1", "2001:db8::2:0:1"].map(|text| places.take(peer(text)).unwrap()).into_iter().collect();
        let _third = places.take(peer("2001:db8::ffff:ffff:ffff:ffff")).unwrap();
        assert!(closed(&open[0]) && !closed(&open[1]), "it makes room among its own");
        let others = ["2001:db8:0:1::1", "::1", "::1", "::1", "::ffff:10.0.0.1"].map(|text| places.take(peer(text)));
        assert!(others.iter().all(Option::is_some) && !closed(&open[1]));
        assert_eq!(client(peer("::ffff:10.0.0.1")), client(peer("10.0.0.1")));
    }

    #[test]
    fn the_refusal_has_the_length_that_it_says() {
        let text = std::str::from_utf8(REFUSAL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
    }
}
