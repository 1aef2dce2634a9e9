//! The driver on UDP: one task that owns the socket, the clock and the endpoint.
//!
//! ```text
//! socket ─► link rules ─► Endpoint::receive ─► events ─► bounded channel ─► node
//! socket ◄─ link rules ◄─ pacer ◄─ Endpoint::poll_transmit ◄─ commands ◄─ bounded channel ◄─ node
//! ```
//!
//! A node that does not take its events in time loses messages, and nothing else: the endpoint's bounds hold. Refused
//! datagrams are told at the level `debug` with their source and the reason, up to [`MAX_TOLD_REFUSALS`] in a second.

mod link;
mod pacer;
mod refusals;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::config::{Config, ConfigError};
use crate::endpoint::{Endpoint, Event, IngressId, SendError, Usage, Verdict};
use crate::identity::Height;
use crate::outgoing::Transmit;
use crate::wire::{MAX_DATAGRAM_BYTES, RayId, stated_port};

pub use refusals::MAX_TOLD_REFUSALS;

pub use link::{Link, MAX_DELAYED_BYTES, MAX_LINKS, Path};
pub use socket::Socket;

use link::{Fate, Links};
use pacer::Pacer;
use refusals::{RefusalLog, Told};

/// The most events that wait for the node outside of the endpoint.
const EVENT_CHANNEL: usize = 256;
/// The most commands that wait for the driver.
const COMMAND_CHANNEL: usize = 256;
/// The most datagrams that are received, or sent, before the driver looks at other things.
const BATCH: usize = 64;

/// Settings of a driver.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// The endpoint's settings.
    pub endpoint: Config,
    /// The address to listen on. Datagrams leave from there, too.
    pub listen: SocketAddr,
    /// Where the endpoint's and the links' random choices come from. Peers must not know it.
    pub seed: [u8; 32],
    /// The buffer that is asked of the system for datagrams that have come, as production asks for.
    pub receive_buffer_bytes: usize,
    /// The most bytes that are sent in a second: faster traffic than receivers read is lost.
    pub bytes_per_second: u64,
}

impl Settings {
    /// Settings of a driver that listens on the endpoint's public address.
    pub fn new(endpoint: Config, seed: [u8; 32]) -> Self {
        let listen = endpoint.identity.address();
        Self { endpoint, listen, seed, receive_buffer_bytes: 5_000_000, bytes_per_second: 64_000_000 }
    }
}

/// Why a driver does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UdpError {
    /// The endpoint's settings do not fit.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be listened on, for example because another process does.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
}

/// Why a command has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The driver has ended.
    #[error("the network driver has ended")]
    Ended,
    /// The message does not leave.
    #[error(transparent)]
    Send(#[from] SendError),
}

/// The state of a driver: its peers, its holdings and its counts of datagrams.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The peers in the table with their heights.
    pub peers: Vec<(Height, SocketAddr)>,
    /// Those of them that are not known to be silent.
    pub alive: Vec<SocketAddr>,
    /// The numbers of things that the endpoint holds.
    pub usage: Usage,
    /// Datagrams that came, link rules aside.
    pub received: u64,
    /// Of these, the refused ones.
    pub refused: u64,
    /// Datagrams that the system took.
    pub sent: u64,
}

enum Command {
    Broadcast(Arc<[u8]>, oneshot::Sender<Result<RayId, SendError>>),
    Send(Vec<SocketAddr>, Arc<[u8]>, oneshot::Sender<Result<RayId, SendError>>),
    Answer(SocketAddr, Arc<[u8]>, oneshot::Sender<Result<RayId, SendError>>),
    Judge(IngressId, Verdict),
    Ping(SocketAddr),
    DropPeer(SocketAddr),
    SetLink(Option<SocketAddr>, Link),
    Heal,
    Status(oneshot::Sender<Status>),
}

/// The node's end of a driver. The driver ends when all handles are gone.
#[derive(Debug, Clone)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    local_address: SocketAddr,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Command")
    }
}

impl Handle {
    /// The address that the driver listens on.
    pub const fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// As [`Endpoint::broadcast`].
    ///
    /// # Errors
    /// [`CommandError`] if the message does not leave.
    pub async fn broadcast(&self, message: impl Into<Arc<[u8]>>) -> Result<RayId, CommandError> {
        let message = message.into();
        Ok(self.ask(|reply| Command::Broadcast(message, reply)).await??)
    }

    /// As [`Endpoint::send`].
    ///
    /// # Errors
    /// [`CommandError`] if the message does not leave.
    pub async fn send(&self, to: Vec<SocketAddr>, message: impl Into<Arc<[u8]>>) -> Result<RayId, CommandError> {
        let message = message.into();
        Ok(self.ask(|reply| Command::Send(to, message, reply)).await??)
    }

    /// As [`Endpoint::answer`].
    ///
    /// # Errors
    /// [`CommandError`] if the message does not leave.
    pub async fn answer(&self, to: SocketAddr, message: impl Into<Arc<[u8]>>) -> Result<RayId, CommandError> {
        let message = message.into();
        Ok(self.ask(|reply| Command::Answer(to, message, reply)).await??)
    }

    /// As [`Endpoint::judge`]. Verdicts on unknown messages are ignored.
    ///
    /// # Errors
    /// [`CommandError::Ended`].
    pub async fn judge(&self, ingress: IngressId, verdict: Verdict) -> Result<(), CommandError> {
        self.tell(Command::Judge(ingress, verdict)).await
    }

    /// As [`Endpoint::ping`].
    ///
    /// # Errors
    /// [`CommandError::Ended`].
    pub async fn ping(&self, address: SocketAddr) -> Result<(), CommandError> {
        self.tell(Command::Ping(address)).await
    }

    /// As [`Endpoint::drop_peer`].
    ///
    /// # Errors
    /// [`CommandError::Ended`].
    pub async fn drop_peer(&self, address: SocketAddr) -> Result<(), CommandError> {
        self.tell(Command::DropPeer(address)).await
    }

    /// Cuts, delays or loses what travels to and from a peer, named by its public address; `None` for all peers that
    /// have no rule of their own.
    ///
    /// # Errors
    /// [`CommandError::Ended`].
    pub async fn set_link(&self, peer: Option<SocketAddr>, link: Link) -> Result<(), CommandError> {
        self.tell(Command::SetLink(peer, link)).await
    }

    /// Takes all rules of links back.
    ///
    /// # Errors
    /// [`CommandError::Ended`].
    pub async fn heal(&self) -> Result<(), CommandError> {
        self.tell(Command::Heal).await
    }

    /// The state of the driver.
    ///
    /// # Errors
    /// [`CommandError::Ended`].
    pub async fn status(&self) -> Result<Status, CommandError> {
        self.ask(Command::Status).await
    }

    async fn tell(&self, command: Command) -> Result<(), CommandError> {
        self.commands.send(command).await.map_err(|_| CommandError::Ended)
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, CommandError> {
        let (reply, answer) = oneshot::channel();
        self.tell(command(reply)).await?;
        answer.await.map_err(|_| CommandError::Ended)
    }
}

/// A driver that listens. [`Driver::run`] moves it.
#[derive(Debug)]
pub struct Driver<S = UdpSocket> {
    socket: S,
    endpoint: Endpoint,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<Event>,
    /// An event that waits for room in the channel.
    event: Option<Event>,
    links: Links,
    pacer: Pacer,
    /// A datagram that waits for the socket or the pacer.
    transmit: Option<Transmit>,
    start: Instant,
    received: u64,
    refused: u64,
    refusals: RefusalLog,
    sent: u64,
}

/// The reason why the driver waits before it sends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sending {
    Idle,
    /// More than a batch waits.
    More,
    Paced(Duration),
    Blocked,
}

impl Driver {
    /// Listens.
    ///
    /// # Errors
    /// [`UdpError`].
    pub async fn bind(settings: Settings) -> Result<(Self, Handle, mpsc::Receiver<Event>), UdpError> {
        let fails = |source| UdpError::Listen { address: settings.listen, source };
        let socket = UdpSocket::bind(settings.listen).await.map_err(fails)?;
        let local_address = socket.local_addr().map_err(fails)?;
        if let Err(error) = SockRef::from(&socket).set_recv_buffer_size(settings.receive_buffer_bytes) {
            tracing::debug!(%error, "the receive buffer keeps its size");
        }
        Self::with_socket(socket, local_address, settings)
    }
}

impl<S: Socket> Driver<S> {
    /// A driver of a socket that is bound already, such as one of a simulated network.
    ///
    /// # Errors
    /// [`UdpError`].
    pub fn new(socket: S, settings: Settings) -> Result<(Self, Handle, mpsc::Receiver<Event>), UdpError> {
        let local_address =
            socket.local_addr().map_err(|source| UdpError::Listen { address: settings.listen, source })?;
        Self::with_socket(socket, local_address, settings)
    }

    fn with_socket(
        socket: S,
        local_address: SocketAddr,
        settings: Settings,
    ) -> Result<(Self, Handle, mpsc::Receiver<Event>), UdpError> {
        let endpoint = Endpoint::new(settings.endpoint, Duration::ZERO, settings.seed)?;
        let (command_sender, commands) = mpsc::channel(COMMAND_CHANNEL);
        let (events, event_receiver) = mpsc::channel(EVENT_CHANNEL);
        let driver = Self {
            socket,
            endpoint,
            commands,
            events,
            event: None,
            links: Links::new(settings.seed),
            pacer: Pacer::new(settings.bytes_per_second),
            transmit: None,
            start: Instant::now(),
            received: 0,
            refused: 0,
            refusals: RefusalLog::default(),
            sent: 0,
        };
        Ok((driver, Handle { commands: command_sender, local_address }, event_receiver))
    }

    /// Receives and sends until all handles are gone, or the receiver of events is.
    pub async fn run(mut self) {
        let mut buffer = vec![0; MAX_DATAGRAM_BYTES + 1];
        loop {
            let now = self.start.elapsed();
            self.endpoint.on_deadline(now);
            self.release_delayed(now);
            self.hand_over_events();
            let sending = self.send_batch(now);
            let mut deadline = self.endpoint.deadline();
            if let Some(delayed) = self.links.deadline() {
                deadline = deadline.min(delayed);
            }
            if let Sending::Paced(until) = sending {
                deadline = deadline.min(until);
            }
            tokio::select! {
                readable = self.socket.readable() => {
                    if let Err(error) = readable {
                        tracing::debug!(%error, "the socket cannot be read");
                    }
                    self.receive_batch(&mut buffer);
                }
                command = self.commands.recv() => match command {
                    Some(command) => self.obey_batch(command),
                    None => return,
                },
                // The event itself goes in the next round.
                () = async { drop(self.events.reserve().await) }, if self.event.is_some() => {}
                _ = self.socket.writable(), if sending == Sending::Blocked => {}
                () = tokio::task::yield_now(), if sending == Sending::More => {}
                () = tokio::time::sleep_until(self.start + deadline) => {}
            }
            if self.events.is_closed() {
                return;
            }
        }
    }

    fn receive_batch(&mut self, buffer: &mut [u8]) {
        for _ in 0..BATCH {
            match self.socket.try_recv_from(buffer) {
                Ok((length, from)) => self.receive(from, &buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // Some systems tell here that an earlier datagram has not arrived.
                Err(error) => tracing::debug!(%error, "a datagram cannot be received"),
            }
        }
    }

    fn receive(&mut self, from: SocketAddr, datagram: &[u8]) {
        self.received += 1;
        let now = self.start.elapsed();
        let peer = SocketAddr::new(from.ip().to_canonical(), stated_port(datagram).unwrap_or(from.port()));
        match self.links.fate_of_incoming(peer) {
            Fate::Passes => self.take(now, from, datagram),
            Fate::Lost => {}
            Fate::Delayed(delay) => self.links.delay_incoming(now + delay, from, datagram),
        }
    }

    fn take(&mut self, now: Duration, from: SocketAddr, datagram: &[u8]) {
        if let Err(refusal) = self.endpoint.receive(now, from, datagram) {
            self.refused += 1;
            match self.refusals.takes(now) {
                Told::This => tracing::debug!(%from, %refusal, "a datagram is refused"),
                Told::After(untold) => tracing::debug!(%from, %refusal, untold, "a datagram is refused"),
                Told::Not => {}
            }
        }
    }

    fn release_delayed(&mut self, now: Duration) {
        for _ in 0..BATCH {
            match self.links.release(now) {
                Some(link::Delayed::Incoming(from, datagram)) => self.take(now, from, &datagram),
                Some(link::Delayed::Outgoing(transmit)) => {
                    self.send(&transmit);
                }
                None => return,
            }
        }
    }

    fn hand_over_events(&mut self) {
        loop {
            let Some(event) = self.event.take().or_else(|| self.endpoint.poll_event()) else { return };
            if let Err(mpsc::error::TrySendError::Full(event) | mpsc::error::TrySendError::Closed(event)) =
                self.events.try_send(event)
            {
                self.event = Some(event);
                return;
            }
        }
    }

    fn send_batch(&mut self, now: Duration) -> Sending {
        for _ in 0..BATCH {
            let Some(transmit) = self.transmit.take().or_else(|| self.endpoint.poll_transmit()) else {
                return Sending::Idle;
            };
            if let Err(until) = self.pacer.take(now, transmit.datagram.len()) {
                self.transmit = Some(transmit);
                return Sending::Paced(until);
            }
            match self.links.fate_of_outgoing(transmit.to) {
                Fate::Lost => {}
                Fate::Delayed(delay) => self.links.delay_outgoing(now + delay, transmit),
                Fate::Passes => {
                    if !self.send(&transmit) {
                        self.pacer.give_back(transmit.datagram.len());
                        self.transmit = Some(transmit);
                        return Sending::Blocked;
                    }
                }
            }
        }
        Sending::More
    }

    /// Gives a datagram to the system. `false` if the system has no room for it now.
    fn send(&mut self, transmit: &Transmit) -> bool {
        let to = match (transmit.to, self.socket.local_addr()) {
            (SocketAddr::V4(to), Ok(SocketAddr::V6(_))) => SocketAddr::new(to.ip().to_ipv6_mapped().into(), to.port()),
            (to, _) => to,
        };
        match self.socket.try_send_to(&transmit.datagram, to) {
            Ok(_) => self.sent += 1,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Err(error) => tracing::debug!(%to, %error, "a datagram cannot be sent"),
        }
        true
    }

    /// Carries out a command and those that wait behind it. A node gives a verdict on each message: with one at a time,
    /// they would wait for a batch of datagrams each.
    fn obey_batch(&mut self, first: Command) {
        self.obey(first);
        for _ in 1..BATCH {
            let Ok(command) = self.commands.try_recv() else { return };
            self.obey(command);
        }
    }

    fn obey(&mut self, command: Command) {
        let now = self.start.elapsed();
        // The asker may be gone.
        match command {
            Command::Broadcast(message, reply) => drop(reply.send(self.endpoint.broadcast(now, &message))),
            Command::Send(to, message, reply) => drop(reply.send(self.endpoint.send(now, &to, &message))),
            Command::Answer(to, message, reply) => drop(reply.send(self.endpoint.answer(now, to, &message))),
            Command::Judge(ingress, verdict) => {
                if let Err(error) = self.endpoint.judge(now, ingress, verdict) {
                    tracing::debug!(?ingress, %error, "a verdict has no effect");
                }
            }
            Command::Ping(address) => self.endpoint.ping(now, address),
            Command::DropPeer(address) => self.endpoint.drop_peer(address),
            Command::SetLink(peer, link) => self.links.set(peer, link),
            Command::Heal => self.links.heal(),
            Command::Status(reply) => drop(reply.send(self.status(now))),
        }
    }

    fn status(&self, now: Duration) -> Status {
        Status {
            peers: self.endpoint.peers().map(|(height, peer)| (height, peer.address)).collect(),
            alive: self.endpoint.alive_peers(now).map(|peer| peer.address).collect(),
            usage: self.endpoint.usage(),
            received: self.received,
            refused: self.refused,
            sent: self.sent,
        }
    }
}
