//! Following a chain: the events of every block, once and in order, however often the connection breaks.
//!
//! The socket only says that something happened. The events are asked for by height, from the last block seen on, so
//! that nothing is lost while the connection is away and nothing comes twice. When blocks are taken back, it is the
//! hashes of the blocks seen that tell how far.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::client::{BlockEvents, Client, ClientError, Heard, Socket};

/// The source of changes of the chain.
const PATHS: [&str; 2] = ["blocks/accepted", "blocks/reverted"];
/// Blocks whose hashes are remembered: nodes take back fewer.
const MAX_REMEMBERED: usize = 256;
/// The pause before another try to connect, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// After so long without a word the other side is asked for a sign of life, and given up after so long.
const QUIET: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(60));
/// How long the pause between two looks at the flag to stop may be.
const STEP: Duration = Duration::from_millis(50);

/// The events for a follower.
#[derive(Debug)]
pub(crate) enum News {
    /// The next block.
    Block(BlockEvents),
    /// The blocks above this height were taken back; others may follow in their place.
    TakenBack(u64),
    /// The node does not answer, for this reason. It is tried again.
    Gone(String),
    /// It answers again.
    Back,
}

/// Follows a chain.
pub(crate) struct Follower<'a> {
    client: &'a Client,
    /// The height of the next block to tell.
    next: u64,
    /// Height and hash of the last blocks told or known.
    seen: VecDeque<(u64, String)>,
    socket: Option<Socket>,
    stop: Arc<AtomicBool>,
}

impl<'a> Follower<'a> {
    /// Connects, to begin with the block at this height: from here on nothing is missed. `stop`: ends the work.
    ///
    /// # Errors
    /// When the node does not answer.
    pub(crate) fn connect(client: &'a Client, next: u64, stop: Arc<AtomicBool>) -> Result<Self, ClientError> {
        let socket = Some(client.listen(&PATHS)?);
        let mut follower = Self { client, next, seen: VecDeque::new(), socket, stop };
        let (tip, _) = client.tip()?;
        if tip < next {
            follower.remember_tip(tip)?;
        }
        Ok(follower)
    }

    /// Tells until `tell` says that it has enough, or until the work is to end.
    ///
    /// # Errors
    /// When the node answers what no node answers, or `tell` fails.
    pub(crate) fn run(mut self, mut tell: impl FnMut(News) -> Result<bool>) -> Result<()> {
        let mut socket = self.socket.take();
        while !self.stopped() {
            let Some(mut open) = socket.take() else {
                return Ok(());
            };
            let reason = match self.attend(&mut open, &mut tell) {
                Ok(Ended::Enough) => return Ok(()),
                Ok(Ended::Gone(reason)) => reason,
                Err(error) => reason_to_retry(error)?,
            };
            // A signal that ends the work interrupts the connection as well.
            if self.stopped() || !tell(News::Gone(reason))? {
                return Ok(());
            }
            socket = self.reconnect()?;
            if socket.is_some() && !tell(News::Back)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Listens until the connection breaks.
    fn attend(&mut self, socket: &mut Socket, tell: &mut impl FnMut(News) -> Result<bool>) -> Result<Ended> {
        // The node does not announce changes before the subscription.
        if !self.catch_up(tell)? {
            return Ok(Ended::Enough);
        }
        let (mut heard, mut asked) = (Instant::now(), false);
        while !self.stopped() {
            match socket.hear() {
                Heard::Event { .. } => {
                    (heard, asked) = (Instant::now(), false);
                    if !self.catch_up(tell)? {
                        return Ok(Ended::Enough);
                    }
                }
                Heard::Alive => (heard, asked) = (Instant::now(), false),
                Heard::Silence if heard.elapsed() > QUIET.1 => return Ok(Ended::Gone("it stopped sending".to_owned())),
                Heard::Silence if heard.elapsed() > QUIET.0 && !asked => {
                    if let Err(error) = socket.ping() {
                        return Ok(Ended::Gone(error.to_string()));
                    }
                    asked = true;
                }
                Heard::Silence => {}
                Heard::Closed(reason) => return Ok(Ended::Gone(reason)),
            }
        }
        Ok(Ended::Enough)
    }

    /// Tells all that has happened since. Gives whether more is wanted.
    fn catch_up(&mut self, tell: &mut impl FnMut(News) -> Result<bool>) -> Result<bool> {
        loop {
            let (tip, _) = self.client.tip()?;
            if let Some(height) = self.common(tip)? {
                self.seen.retain(|(seen, _)| *seen <= height);
                self.next = height + 1;
                if !tell(News::TakenBack(height))? {
                    return Ok(false);
                }
            }
            if tip < self.next {
                self.remember_tip(tip)?;
                return Ok(true);
            }
            let blocks = self.client.events_between(self.next, tip)?;
            if blocks.is_empty() {
                return Ok(true);
            }
            for block in blocks {
                // A block that goes missing in between was taken back: the next round sees it.
                if block.height != self.next || self.stopped() {
                    break;
                }
                self.remember(block.height, block.hash.clone());
                self.next = block.height + 1;
                if !tell(News::Block(block))? {
                    return Ok(false);
                }
            }
            if self.stopped() {
                return Ok(true);
            }
        }
    }

    /// The last block seen that is still on the chain, where later ones are not any more.
    fn common(&self, tip: u64) -> Result<Option<u64>, ClientError> {
        let mut changed = false;
        for (height, hash) in self.seen.iter().rev() {
            let still = *height <= tip
                && self.client.events_between(*height, *height)?.first().is_some_and(|block| block.hash == *hash);
            if still {
                return Ok(changed.then_some(*height));
            }
            changed = true;
        }
        Ok(changed.then(|| self.seen.front().map_or(0, |(height, _)| height.saturating_sub(1)).min(tip)))
    }

    /// Where nothing was told yet, the last block tells later whether blocks were taken back.
    fn remember_tip(&mut self, tip: u64) -> Result<(), ClientError> {
        if self.seen.is_empty()
            && let Some(block) = self.client.events_between(tip, tip)?.into_iter().next()
        {
            self.remember(tip, block.hash);
        }
        Ok(())
    }

    fn remember(&mut self, height: u64, hash: String) {
        if self.seen.len() == MAX_REMEMBERED {
            self.seen.pop_front();
        }
        self.seen.push_back((height, hash));
    }

    /// Connects again, however long it takes; gives nothing when the work is to end.
    fn reconnect(&self) -> Result<Option<Socket>> {
        let (mut pause, longest) = RETRY;
        while !self.stopped() {
            let until = Instant::now() + pause;
            while Instant::now() < until && !self.stopped() {
                thread::sleep(STEP.min(pause));
            }
            match self.client.listen(&PATHS) {
                Ok(socket) => return Ok(Some(socket)),
                Err(error) => reason_to_retry(error.into())?,
            };
            pause = (pause * 2).min(longest);
        }
        Ok(None)
    }
}

/// How listening ended.
enum Ended {
    /// There is nothing more to do.
    Enough,
    /// The connection broke, for this reason.
    Gone(String),
}

/// The reason of an error that passes when the node is back; any other stays an error. A node that goes down breaks off
/// in the middle of an answer, and one that has come up does not know the session of the one before (424).
fn reason_to_retry(error: anyhow::Error) -> Result<String> {
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Unreachable { reason, .. } | ClientError::Strange { reason, .. }) => Ok(reason.clone()),
        Some(slow @ ClientError::Slow { .. }) => Ok(slow.to_string()),
        Some(ClientError::Refused { status: 424 | 429 | 500.., message }) => Ok(message.clone()),
        _ => Err(error),
    }
}
