//! A connection's socket: it gives up on a client that takes nothing or next to nothing, and frees the connection's
//! place when it is gone.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::connections::Place;

/// The fewest bytes that a client takes within the time of a stall, while more wait for it. The node holds what waits.
const LEAST_TAKEN_BYTES: usize = 64 * 1024;

/// A TCP connection whose writes end with an error when the client has taken too little for some time.
#[derive(Debug)]
pub(super) struct Socket<S = TcpStream> {
    stream: S,
    stall: Duration,
    /// Runs while something waits for the client.
    waiting: Option<Pin<Box<Sleep>>>,
    /// The bytes that the client has taken since then.
    taken: usize,
    // Also where the connection speaks another protocol, the place is free only with the end of the socket.
    _place: Arc<Place>,
}

impl<S> Socket<S> {
    pub(super) const fn new(stream: S, place: Arc<Place>, stall: Duration) -> Self {
        Self { stream, stall, waiting: None, taken: 0, _place: place }
    }

    fn watched(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = written {
            self.taken = self.taken.saturating_add(bytes);
            if self.taken >= LEAST_TAKEN_BYTES {
                self.has_taken();
            }
        }
        if written.is_ready() {
            return written;
        }
        let stall = self.stall;
        let waiting = self.waiting.get_or_insert_with(|| {
            self.taken = 0;
            Box::pin(tokio::time::sleep(stall))
        });
        match waiting.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::from(io::ErrorKind::TimedOut))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn has_taken(&mut self) {
        (self.waiting, self.taken) = (None, 0);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watched(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A flush comes when everything is written.
        self.has_taken();
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

    use super::*;

    const STALL: Duration = Duration::from_millis(300);
    /// The capacity between the two sides, in bytes.
    const PIPE_BYTES: usize = 256;

    fn socket() -> (Socket<DuplexStream>, DuplexStream) {
        let (near, far) = duplex(PIPE_BYTES);
        (Socket::new(near, Place::of_nobody(), STALL), far)
    }

    #[tokio::test]
    async fn a_client_that_takes_next_to_nothing_is_given_up() {
        let (mut socket, mut client) = socket();
        let taking = tokio::spawn(async move {
            let mut taken = 0;
            while client.read_u8().await.is_ok() {
                taken += 1;
                tokio::time::sleep(STALL / 30).await;
            }
            taken
        });
        let written = socket.write_all(&vec![7; 2 * LEAST_TAKEN_BYTES]).await;
        assert_eq!(written.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
        drop(socket);
        assert!(taking.await.expect("it ends") < LEAST_TAKEN_BYTES, "it was not silent, and took little");
    }

    #[tokio::test]
    async fn the_time_begins_anew_with_what_is_taken() {
        let (mut socket, mut client) = socket();
        let mut context = Context::from_waker(std::task::Waker::noop());
        let mut fill = |socket: &mut Socket<DuplexStream>| {
            while Pin::new(&mut *socket).poll_write(&mut context, &[7; PIPE_BYTES]).is_ready() {}
        };
        fill(&mut socket);
        assert!(socket.waiting.is_some(), "it waits for the client");
        let mut part = [0; PIPE_BYTES];
        for taken in (0..LEAST_TAKEN_BYTES).step_by(PIPE_BYTES) {
            assert!(socket.waiting.is_some(), "{taken} bytes are too few");
            client.read_exact(&mut part).await.expect("it is there");
            socket.write_all(&[7; PIPE_BYTES]).await.expect("there is room");
        }
        assert!(socket.waiting.is_none() && socket.taken == 0);
        fill(&mut socket);
        assert!(socket.waiting.is_some());
        client.read_exact(&mut part).await.expect("it is there");
        socket.flush().await.expect("nothing is left");
        assert!(socket.waiting.is_none(), "everything is written");
    }
}
