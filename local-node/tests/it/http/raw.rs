//! Requests as bytes, where a client would not send them.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long an end is waited for, which tells "ends" from "hangs".
const MAX_WAIT: Duration = Duration::from_secs(60);

/// A connection without a client.
pub(crate) struct Raw(pub(crate) TcpStream);

/// The response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Raw {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
        stream.set_write_timeout(Some(MAX_WAIT)).unwrap();
        Self(stream)
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).unwrap();
    }

    /// Everything that comes until the other side closes.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let (mut all, mut part) = (Vec::new(), vec![0; 64 * 1024]);
        loop {
            match self.0.read(&mut part) {
                Ok(0) => return all,
                Ok(read) => all.extend_from_slice(&part[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => return all,
                Err(error) => panic!("the connection is not closed: {error}"),
            }
        }
    }
}

/// Sends one request on a connection of its own, whose header lines follow the first line as they are.
pub(crate) fn ask(address: SocketAddr, first: &str, headers: &[&str], body: &str) -> Reply {
    let mut text = format!("{first}\r\n");
    for header in headers {
        text += &format!("{header}\r\n");
    }
    text += &format!("connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let mut raw = Raw::to(address);
    raw.send(text);
    read(&raw.rest())
}

/// Reads one answer.
pub(crate) fn read(bytes: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|digits| digits.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no answer: {head:?}"));
    Reply { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}
