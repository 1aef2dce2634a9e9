//! The socket interface of the driver.

use std::io;
use std::net::SocketAddr;

use tokio::net::UdpSocket;

/// A UDP socket without blocking calls: tokio's, or one of a simulated network.
///
/// Calls that would block fail with [`io::ErrorKind::WouldBlock`], as tokio's do.
pub trait Socket: Send + Sync + 'static {
    /// The address that the socket listens on.
    ///
    /// # Errors
    /// The error of the operating system.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// Waits until a datagram may have come.
    fn readable(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// Waits until a datagram may be sent.
    fn writable(&self) -> impl Future<Output = io::Result<()>> + Send;

    /// Receives a datagram that has come.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] if there is none, or what else the system says.
    fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)>;

    /// Sends a datagram.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] if there is no room for it now, or what else the system says.
    fn try_send_to(&self, datagram: &[u8], to: SocketAddr) -> io::Result<usize>;
}

impl Socket for UdpSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }

    async fn readable(&self) -> io::Result<()> {
        Self::readable(self).await
    }

    async fn writable(&self) -> io::Result<()> {
        Self::writable(self).await
    }

    fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        Self::try_recv_from(self, buffer)
    }

    fn try_send_to(&self, datagram: &[u8], to: SocketAddr) -> io::Result<usize> {
        Self::try_send_to(self, datagram, to)
    }
}
