//! Pacing: datagrams leave at a rate, so that receivers can read them.

use std::time::Duration;

/// The bytes that may leave at once: some 40 datagrams of messages, which the smallest usual receive buffer holds.
const BURST_BYTES: u64 = 64 * 1024;

/// A store of bytes that fills with time. It may be overdrawn by one datagram.
#[derive(Debug)]
pub(super) struct Pacer {
    bytes_per_second: u64,
    /// In nanoseconds of sending, up to the burst.
    credit: i64,
    at: Duration,
}

impl Pacer {
    pub(super) fn new(bytes_per_second: u64) -> Self {
        let mut pacer = Self { bytes_per_second: bytes_per_second.max(1), credit: 0, at: Duration::ZERO };
        pacer.credit = pacer.time_of(BURST_BYTES);
        pacer
    }

    /// Takes the bytes of a datagram, or says when it may leave.
    pub(super) fn take(&mut self, now: Duration, bytes: usize) -> Result<(), Duration> {
        let passed = i64::try_from(now.saturating_sub(self.at).as_nanos()).unwrap_or(i64::MAX);
        self.at = now;
        self.credit = self.credit.saturating_add(passed).min(self.time_of(BURST_BYTES));
        if self.credit < 0 {
            return Err(now + Duration::from_nanos(self.credit.unsigned_abs()));
        }
        self.credit -= self.time_of(bytes as u64);
        Ok(())
    }

    /// Gives the bytes of a datagram back that has not left.
    pub(super) fn give_back(&mut self, bytes: usize) {
        self.credit = self.credit.saturating_add(self.time_of(bytes as u64));
    }

    fn time_of(&self, bytes: u64) -> i64 {
        i64::try_from(bytes.saturating_mul(1_000_000_000) / self.bytes_per_second).unwrap_or(i64::MAX / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_leave_at_the_rate_after_a_burst() {
        let mut pacer = Pacer::new(1_000_000);
        let (mut now, mut sent) = (Duration::ZERO, 0);
        while now < Duration::from_secs(2) {
            match pacer.take(now, 1000) {
                Ok(()) => sent += 1000,
                Err(until) => {
                    assert!(until > now);
                    now = until;
                }
            }
        }
        assert!((2_000_000..=2_000_000 + BURST_BYTES + 2000).contains(&sent), "{sent}");
    }

    #[test]
    fn a_silence_gives_one_burst_only() {
        let mut pacer = Pacer::new(1_000_000);
        let now = Duration::from_secs(3600);
        let sent = (0..1000).filter(|_| pacer.take(now, 1000).is_ok()).count() as u64 * 1000;
        assert!(sent <= BURST_BYTES + 1000, "{sent}");
    }
}
