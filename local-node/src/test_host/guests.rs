//! The connected clients, and the token by which tests prove that the host was started for them.

use std::collections::BTreeMap;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::RngCore as _;

use super::{MAX_CONNECTIONS, MAX_STRANGERS};

/// The token of tests: 32 random bytes, as hexadecimal digits.
pub(super) struct Token([u8; 32]);

impl Token {
    pub(super) fn random() -> Self {
        let mut bytes = [0; 32];
        rand::rngs::OsRng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    pub(super) fn text(&self) -> String {
        hex::encode(self.0)
    }

    /// Whether this is the token. How long it takes does not tell where the two differ.
    pub(super) fn is(&self, text: &str) -> bool {
        let mut shown = [0; 32];
        let decodes = hex::decode_to_slice(text, &mut shown).is_ok();
        let different = self.0.iter().zip(shown).fold(0, |all, (ours, theirs)| all | (ours ^ theirs));
        decodes && different == 0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The open connections.
#[derive(Debug, Default)]
pub(super) struct Guests(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    next: u64,
    /// Those that have shown no token yet, the oldest first.
    strangers: BTreeMap<u64, TcpStream>,
    tests: BTreeMap<u64, TcpStream>,
}

impl Guests {
    /// Notes a connection. Where too many strangers are connected, the oldest is sent away.
    pub(super) fn arrive(&self, stream: &TcpStream) -> io::Result<u64> {
        let copy = stream.try_clone()?;
        let mut open = self.lock();
        let id = open.next;
        open.next += 1;
        open.strangers.insert(id, copy);
        if open.strangers.len() > MAX_STRANGERS
            && let Some((_, oldest)) = open.strangers.pop_first()
        {
            close(&oldest);
        }
        Ok(id)
    }

    /// Makes a stranger a test; `false` when there are too many tests, or the connection was sent away.
    pub(super) fn welcome(&self, id: u64) -> bool {
        let mut open = self.lock();
        if open.tests.len() >= MAX_CONNECTIONS {
            return false;
        }
        let Some(stream) = open.strangers.remove(&id) else { return false };
        open.tests.insert(id, stream);
        true
    }

    /// Forgets a connection that has ended.
    pub(super) fn leave(&self, id: u64) {
        let mut open = self.lock();
        open.strangers.remove(&id);
        open.tests.remove(&id);
    }

    /// Closes all connections.
    pub(super) fn dismiss(&self) {
        let open = self.lock();
        open.strangers.values().chain(open.tests.values()).for_each(close);
    }

    // A thread that panicked while it held the lock left whole entries behind.
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closing fails only for a connection that is closed.
fn close(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_the_token() {
        let (token, other) = (Token::random(), Token::random());
        let text = token.text();
        assert!(token.is(&text));
        let almost = format!("{}{}", &text[..63], if text.ends_with('0') { '1' } else { '0' });
        for wrong in ["", &text[..62], &almost, &other.text(), &format!("{text}00")] {
            assert!(!token.is(wrong), "{wrong}");
        }
        assert!(!format!("{token:?}").contains(&text[..8]));
    }
}
