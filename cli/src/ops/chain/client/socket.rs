//! Being told of what happens: RUES over a WebSocket (the book, "The HTTP interface", section "Events").

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};
use serde_json::Value;
use tungstenite::handshake::HandshakeError;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};
use ureq::http::Uri;

use super::{ANSWER_TIMEOUT, Client, ClientError};
use crate::ops::tls::{self, CONNECT_TIMEOUT};

/// The longest message that is taken, in bytes.
const MAX_MESSAGE_BYTES: usize = 8 << 20;
/// How long one look for news takes when there are none.
const GLANCE: Duration = Duration::from_millis(200);
/// Hexadecimal digits of a session's id.
const SESSION_DIGITS: usize = 32;

/// An open socket with its subscriptions.
#[derive(Debug)]
pub(crate) struct Socket(WebSocket<MaybeTlsStream<TcpStream>>);

/// The result of one read of the socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Something happened: its path, and the data that came with it.
    Event {
        /// `/on/blocks:HASH/accepted`.
        location: String,
        /// JSON, or an event's own bytes.
        data: Vec<u8>,
    },
    /// The other side is alive.
    Alive,
    /// Nothing.
    Silence,
    /// The other side is gone, for this reason.
    Closed(String),
}

impl Client {
    /// Opens a socket and subscribes to these paths: `blocks/accepted`.
    ///
    /// # Errors
    /// When the node cannot be reached, or does not offer the first of the paths.
    pub(crate) fn listen(&self, paths: &[&str]) -> Result<Socket, ClientError> {
        self.at_a_living_node("", || self.listen_here(paths))
    }

    fn listen_here(&self, paths: &[&str]) -> Result<Socket, ClientError> {
        let unreachable = |reason: String| ClientError::Unreachable { url: self.url().to_owned(), reason };
        let uri: Uri = self.url().parse().map_err(|error| unreachable(format!("{error}")))?;
        let host = uri.host().ok_or_else(|| unreachable("the address names no host".to_owned()))?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let encrypted = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });

        let plain = connect(host, port).map_err(|error| unreachable(error.to_string()))?;
        let handle = plain.try_clone().map_err(|error| unreachable(error.to_string()))?;
        let stream = if encrypted { self.encrypt(host, plain)? } else { MaybeTlsStream::Plain(plain) };
        let address = format!("ws{}/on", self.url().strip_prefix("http").unwrap_or(self.url()));
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE_BYTES))
            .max_frame_size(Some(MAX_MESSAGE_BYTES));
        let shaken = tungstenite::client::client_with_config(address, stream, Some(config));
        let (mut socket, _) = shaken.map_err(|error| match error {
            HandshakeError::Failure(tungstenite::Error::Io(error)) => self.broken(&error),
            HandshakeError::Failure(error) => self.strange("/on", error),
            HandshakeError::Interrupted(_) => ClientError::Slow { url: self.url().to_owned() },
        })?;
        let session = match socket.read() {
            Ok(Message::Text(id)) if id.len() == SESSION_DIGITS && id.bytes().all(|it| it.is_ascii_hexdigit()) => {
                id.to_string()
            }
            Ok(_) => return Err(self.strange("/on", "it provides no session")),
            Err(error) => return Err(self.strange("/on", error)),
        };
        for (place, path) in paths.iter().enumerate() {
            match self.subscribe(path, &session) {
                // A node may lack this function.
                Err(ClientError::Refused { .. }) if place > 0 => {}
                subscribed => subscribed?,
            }
        }
        handle.set_read_timeout(Some(GLANCE)).map_err(|error| unreachable(error.to_string()))?;
        Ok(Socket(socket))
    }

    fn subscribe(&self, path: &str, session: &str) -> Result<(), ClientError> {
        let request = self.agent.get(format!("{}/on/{path}", self.url())).header("Rusk-Session-Id", session);
        self.answer(path, request.call()).map(|_| ())
    }

    /// Begins TLS. tungstenite's own connector takes no IPv6 address for a host.
    fn encrypt(&self, host: &str, plain: TcpStream) -> Result<MaybeTlsStream<TcpStream>, ClientError> {
        let untrusted = |reason: String| ClientError::Untrusted { url: self.url().to_owned(), reason };
        if let Some(problem) = &self.roots.problem {
            return Err(untrusted(problem.clone()));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|error| untrusted(error.to_string()))?;
        let config = self.roots.for_sockets().map_err(|error| untrusted(error.to_string()))?;
        let connection = ClientConnection::new(config, name).map_err(|error| untrusted(error.to_string()))?;
        Ok(MaybeTlsStream::Rustls(StreamOwned::new(connection, plain)))
    }

    fn broken(&self, error: &io::Error) -> ClientError {
        let url = self.url().to_owned();
        match tls::distrust_io(error) {
            Some(reason) => ClientError::Untrusted { url, reason },
            None => ClientError::Unreachable { url, reason: error.to_string() },
        }
    }
}

fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => {
                stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
                stream.set_write_timeout(Some(ANSWER_TIMEOUT))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

impl Socket {
    /// Looks for news, for a moment.
    pub(crate) fn hear(&mut self) -> Heard {
        match self.0.read() {
            Ok(Message::Binary(frame)) => read_frame(&frame).unwrap_or(Heard::Alive),
            Ok(Message::Close(reason)) => {
                Heard::Closed(reason.map_or_else(|| "it closed".to_owned(), |reason| reason.reason.to_string()))
            }
            Ok(_) => Heard::Alive,
            Err(tungstenite::Error::Io(error))
                if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
            {
                Heard::Silence
            }
            Err(error) => Heard::Closed(error.to_string()),
        }
    }

    /// Asks for a sign of life.
    ///
    /// # Errors
    /// When the other side is gone.
    pub(crate) fn ping(&mut self) -> Result<(), tungstenite::Error> {
        self.0.send(Message::Ping(tungstenite::Bytes::new()))
    }
}

/// A frame: the length of a JSON header, the header, the data.
fn read_frame(frame: &[u8]) -> Option<Heard> {
    let (length, rest) = frame.split_first_chunk::<4>()?;
    let (header, data) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    let header: Value = serde_json::from_slice(header).ok()?;
    let location = header.get("Content-Location")?.as_str()?.to_owned();
    Some(Heard::Event { location, data: data.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_and_broken_ones_are_not() {
        let header = br#"{"Content-Location":"/on/blocks:ab/accepted"}"#;
        let length = u32::try_from(header.len()).unwrap().to_le_bytes();
        let frame = [&length[..], header, b"{}"].concat();
        let event = Heard::Event { location: "/on/blocks:ab/accepted".into(), data: b"{}".to_vec() };
        assert_eq!(read_frame(&frame), Some(event));
        for broken in [&b""[..], &frame[..3], &frame[..20], b"\xff\xff\xff\xff{}", b"\x02\0\0\0{}", b"\x01\0\0\0x"] {
            assert_eq!(read_frame(broken), None);
        }
    }
}
