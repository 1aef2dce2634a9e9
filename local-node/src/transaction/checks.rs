//! Checks of many transactions at a time.
//!
//! ```text
//!  clients ──┐                    ┌─ read, terms ─┐
//!            ├─► queue ─► batch ──┤      …        ├─► signatures together ─► answers
//!  peers ────┘                    └─ read, terms ─┘
//! ```
//!
//! A transaction that comes alone is checked at once. Those that come while others are being checked wait, and form the
//! next batch. So batches grow with the load, and nobody waits for one to be full.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dusk_core::signatures::bls::BlsVersion;
use dusk_core::transfer::{Transaction, TransactionFormat};
use local_node_types::ledger::LedgerTransaction;
use local_node_types::message::{Frame, Message, PROTOCOL_VERSION};
use local_node_types::rules::Rules;
use local_node_vm::{Vm, verify_blobs};
use tokio::sync::oneshot;

use super::keys::{Keys, ReadKey, ReadSignature};
use super::signature::{Claim, check_all};
use super::{Known, MAX_TRANSACTION_BYTES, Policy, TransactionError, ValidTransaction, decode, public, reading};
use crate::work::{Lane, LaneError, contained};

/// The most transactions of clients that wait for their check.
pub(crate) const MAX_CLIENT_CHECKS: usize = 1024;
/// The most transactions of peers that wait for their check.
const MAX_PEER_CHECKS: usize = 4096;
/// The most transactions that are checked together. Their signatures take a processor some 30 ms.
const MAX_BATCH: usize = 128;

/// The source of a transaction.
#[derive(Debug)]
pub(crate) enum Received {
    /// The bytes that a client has sent, in any envelope.
    Bytes(Vec<u8>),
    /// The frame that a peer has sent.
    Frame(Arc<[u8]>),
}

impl Received {
    const fn most(&self) -> usize {
        match self {
            Self::Bytes(_) => MAX_CLIENT_CHECKS,
            Self::Frame(_) => MAX_PEER_CHECKS,
        }
    }
}

/// The result of a check.
type Checked = Result<ValidTransaction, TransactionError>;

/// Checks transactions, and remembers those that passed.
#[derive(Debug)]
pub(crate) struct Checks {
    policy: Policy,
    vm: Vm,
    known: Known,
    keys: Keys,
    lane: Lane,
    /// The most batches at a time.
    most_at_once: usize,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// How many of those come from clients.
    of_clients: usize,
    /// How many batches are being checked, or about to be.
    workers: usize,
}

#[derive(Debug)]
struct Waiting {
    received: Received,
    rules: Rules,
    reply: oneshot::Sender<Result<Checked, LaneError>>,
}

/// A transaction that has passed all checks but those of its signature and blobs.
struct Begun {
    transaction: ValidTransaction,
    /// The claim of the signature, if it can be checked together with others.
    claim: Option<Claim>,
}

impl Checks {
    /// Checks that run on a lane, at most so many batches at a time.
    pub(crate) fn new(policy: Policy, vm: Vm, lane: Lane, most_at_once: usize) -> Self {
        let (known, keys) = (Known::default(), Keys::default());
        Self { policy, vm, known, keys, lane, most_at_once, queue: Mutex::default() }
    }

    /// Checks a transaction for a block under `rules`.
    pub(crate) async fn check(self: &Arc<Self>, received: Received, rules: Rules) -> Result<Checked, LaneError> {
        let (reply, answer) = oneshot::channel();
        if self.put(Waiting { received, rules, reply })? {
            let checks = Arc::clone(self);
            tokio::spawn(async move {
                let worker = Arc::clone(&checks);
                if let Err(error) = checks.lane.run(move || worker.work()).await {
                    checks.give_up(&error);
                }
            });
        }
        answer.await.unwrap_or(Err(LaneError::Ending))
    }

    /// The transaction that these protocol bytes encode, if it passed the checks or can be read quickly.
    pub(crate) fn transaction(&self, bytes: &[u8]) -> Option<LedgerTransaction> {
        self.known.find(bytes).or_else(|| Some(reading::read(bytes, &self.keys)?.for_ledger()))
    }

    /// Checks a transaction here and now.
    pub(crate) fn check_here(&self, bytes: &[u8], rules: Rules) -> Checked {
        let begun = self.begin(&Received::Bytes(bytes.to_vec()), rules)?;
        let holds = begun.claim.as_ref().map(|claim| check_all(std::slice::from_ref(claim)) == [true]);
        self.finish(begun.transaction, holds, rules)
    }

    /// Puts a transaction into the queue, and says whether a worker has to be started for it.
    fn put(&self, waiting: Waiting) -> Result<bool, LaneError> {
        let mut queue = self.queue();
        let is_client = matches!(waiting.received, Received::Bytes(_));
        let ahead = if is_client { queue.of_clients } else { queue.waiting.len() - queue.of_clients };
        if ahead >= waiting.received.most() {
            return Err(LaneError::Full);
        }
        queue.of_clients += usize::from(is_client);
        queue.waiting.push_back(waiting);
        let starts = queue.workers < self.most_at_once;
        queue.workers += usize::from(starts);
        Ok(starts)
    }

    /// Checks batches until nothing waits.
    fn work(&self) {
        loop {
            let batch = self.queue().next_batch();
            if batch.is_empty() {
                return;
            }
            self.check_batch(batch);
        }
    }

    /// Answers those that wait for a worker that cannot work.
    fn give_up(&self, error: &LaneError) {
        let mut queue = self.queue();
        queue.workers = queue.workers.saturating_sub(1);
        queue.of_clients = 0;
        let waiting = std::mem::take(&mut queue.waiting);
        drop(queue);
        for waiting in waiting {
            // The caller may be gone.
            let _ = waiting.reply.send(Err(error.clone()));
        }
    }

    fn check_batch(&self, batch: Vec<Waiting>) {
        let mut open = Vec::with_capacity(batch.len());
        let mut claims = Vec::with_capacity(batch.len());
        for Waiting { received, rules, reply } in batch {
            match contained(|| self.begin(&received, rules)) {
                Ok(Ok(Begun { transaction, claim })) => {
                    let place = claim.map(|claim| {
                        claims.push(claim);
                        claims.len() - 1
                    });
                    open.push((transaction, place, rules, reply));
                }
                Ok(Err(refusal)) => drop(reply.send(Ok(Err(refusal)))),
                Err(text) => drop(reply.send(Err(LaneError::Panicked(text)))),
            }
        }
        let holding = contained(|| check_all(&claims));
        for (transaction, place, rules, reply) in open {
            let holds = match (&holding, place) {
                (_, None) => None,
                (Ok(holding), Some(place)) => Some(holding.get(place).copied().unwrap_or(false)),
                (Err(text), Some(_)) => {
                    drop(reply.send(Err(LaneError::Panicked(text.clone()))));
                    continue;
                }
            };
            let finished = contained(|| self.finish(transaction, holds, rules));
            drop(reply.send(finished.map_err(LaneError::Panicked)));
        }
    }

    fn begin(&self, received: &Received, rules: Rules) -> Result<Begun, TransactionError> {
        let (transaction, signed) = match received {
            Received::Bytes(bytes) => self.read_bytes(bytes)?,
            Received::Frame(frame) => self.read_frame(frame)?,
        };
        let transaction = self.policy.check_unsigned(transaction, rules)?;
        let can_claim = rules.fork().bls_version() == BlsVersion::V2;
        let claim = match signed.filter(|_| can_claim) {
            Some((key, signature)) => {
                let message = public::of(transaction.protocol())?.signature_message();
                Some(Claim::new(&key, &signature, message))
            }
            None => None,
        };
        Ok(Begun { transaction, claim })
    }

    fn finish(&self, transaction: ValidTransaction, holds: Option<bool>, rules: Rules) -> Checked {
        let inner = public::of(transaction.protocol())?;
        match holds {
            Some(true) => public::remember_signature(inner, rules, &self.vm),
            Some(false) => return Err(TransactionError::BadSignature),
            None => public::verify_signature(inner, rules, &self.vm)?,
        }
        verify_blobs(transaction.protocol())?;
        self.known.remember(&transaction);
        Ok(transaction)
    }

    fn read_bytes(&self, bytes: &[u8]) -> Result<(Transaction, Option<Signed>), TransactionError> {
        if bytes.len() > MAX_TRANSACTION_BYTES {
            return Err(TransactionError::TooLarge { bytes: bytes.len() });
        }
        match reading::read(bytes, &self.keys) {
            Some(read) => Ok((read.transaction, Some((read.sender, read.signature)))),
            None => Ok((decode(bytes)?, None)),
        }
    }

    fn read_frame(&self, frame: &[u8]) -> Result<(Transaction, Option<Signed>), TransactionError> {
        let signed = std::cell::Cell::new(None);
        let read = Frame::decode_known(frame, &|bytes| {
            let read = reading::read(bytes, &self.keys)?;
            signed.set(Some((read.sender, read.signature)));
            Some(read.for_ledger())
        });
        let Frame { version, message } = read.map_err(|error| TransactionError::Malformed(error.to_string()))?;
        if !version.is_compatible() {
            let problem = format!("the message has version {version}, this node speaks {PROTOCOL_VERSION}");
            return Err(TransactionError::Malformed(problem));
        }
        let Message::Transaction(transaction) = message else {
            return Err(TransactionError::Malformed("the message is no transaction".into()));
        };
        if transaction.format() == TransactionFormat::PreAegis {
            return Err(TransactionError::Malformed("it has the form from before the fork Aegis".into()));
        }
        Ok((transaction.protocol().clone(), signed.get()))
    }

    // The queue is whole after every change, so a panic elsewhere does not spoil it.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The signer of a transaction, and the signature.
type Signed = (ReadKey, ReadSignature);

impl Queue {
    /// The next batch. Without one, a worker ends.
    fn next_batch(&mut self) -> Vec<Waiting> {
        let count = self.waiting.len().min(MAX_BATCH);
        let batch: Vec<Waiting> = self.waiting.drain(..count).collect();
        self.of_clients -= batch.iter().filter(|waiting| matches!(waiting.received, Received::Bytes(_))).count();
        if batch.is_empty() {
            self.workers -= 1;
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use dusk_core::BlsScalar;
    use dusk_core::signatures::bls::{PublicKey, SecretKey};
    use dusk_core::transfer::moonlight::{Fee, Payload, Transaction as Public};
    use local_node_types::codec::Encode as _;
    use local_node_types::rules::Profile;

    use super::*;

    fn transfer(sender: u64, signer: u64, nonce: u64) -> Transaction {
        let [sender, receiver] = [sender, 99].map(|seed| PublicKey::from(&SecretKey::from(BlsScalar::from(seed))));
        let fee = Fee { gas_limit: 3_000_000, gas_price: 1, refund_address: sender };
        let payload = Payload { chain_id: 0, sender, receiver, value: 1, deposit: 0, fee, nonce, data: None };
        let signed = Public::sign_payload(&SecretKey::from(BlsScalar::from(signer)), payload);
        Transaction::Moonlight(signed.expect("there is no memo"))
    }

    fn frame(transaction: Transaction) -> Received {
        let transaction = LedgerTransaction::new(transaction, TransactionFormat::Boreas);
        Received::Frame(Frame::from(Message::Transaction(transaction)).encoded().into())
    }

    fn checks(most_at_once: usize) -> Arc<Checks> {
        let vm = Vm::in_memory().expect("a machine");
        Arc::new(Checks::new(Policy::of_chain(0), vm, Lane::new(8, 2), most_at_once))
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn each_of_many_gets_its_own_answer() {
        let checks = checks(1);
        let rules = Profile::Local.at(1);
        let asked: Vec<_> = (0..300_u64)
            .map(|number| {
                let transaction = transfer(1 + number % 7, if number % 11 == 0 { 50 } else { 1 + number % 7 }, number);
                let id = LedgerTransaction::new(transaction.clone(), TransactionFormat::Boreas).id();
                let received = match number % 3 {
                    0 => Received::Bytes(transaction.to_network_bytes()),
                    1 => frame(transaction),
                    _ if number % 10 == 0 => Received::Bytes(vec![9; 100]),
                    _ => Received::Bytes(transaction.encode_for_format(TransactionFormat::Boreas)),
                };
                let is_malformed = matches!(&received, Received::Bytes(bytes) if bytes.len() == 100);
                let checks = Arc::clone(&checks);
                (number, id, is_malformed, tokio::spawn(async move { checks.check(received, rules).await }))
            })
            .collect();
        for (number, id, is_malformed, answer) in asked {
            let checked = answer.await.expect("it ends").expect("there is room");
            match checked {
                Ok(checked) => assert_eq!((checked.id().0, number % 11 == 0, is_malformed), (id, false, false)),
                Err(TransactionError::BadSignature) => assert_eq!(number % 11, 0),
                Err(problem) => assert!(is_malformed, "{number}: {problem}"),
            }
        }
    }

    #[test]
    fn transactions_of_peers_are_read_with_the_points_of_their_keys() {
        let checks = checks(0);
        let Received::Frame(bytes) = frame(transfer(1, 1, 7)) else { panic!("it is a frame") };
        let (transaction, signed) = checks.read_frame(&bytes).expect("it is a transaction");
        assert_eq!(transaction, transfer(1, 1, 7));
        let (key, _) = signed.expect("its signature can be checked together with others");
        assert_eq!(key.key, PublicKey::from(&SecretKey::from(BlsScalar::from(1))));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn frames_of_an_incompatible_version_are_refused() {
        let checks = checks(1);
        for (version, is_taken) in [([1_u8, 0, 0, 0, 0], true), ([1, 0, 0, 1, 0], true), ([2, 0, 0, 0, 0], false)] {
            let Received::Frame(frame) = frame(transfer(1, 1, 1)) else { unreachable!() };
            let changed: Vec<u8> = version.into_iter().chain(frame[version.len()..].iter().copied()).collect();
            let received = Received::Frame(changed.into());
            let checked = checks.check(received, Profile::Local.at(1)).await.expect("there is room");
            match checked {
                Ok(_) => assert!(is_taken, "{version:?}"),
                Err(TransactionError::Malformed(problem)) => {
                    assert!(!is_taken, "{version:?}");
                    assert_eq!(problem, "the message has version 2.0.0, this node speaks 1.0.0");
                }
                Err(other) => panic!("{version:?}: {other}"),
            }
        }
    }

    #[tokio::test]
    async fn clients_beyond_the_bound_are_refused_and_peers_are_not() {
        // Nobody checks anything.
        let checks = checks(0);
        let rules = Profile::Local.at(1);
        let put = |received| {
            let (reply, answer) = oneshot::channel();
            // The queue keeps the other end.
            drop(answer);
            checks.put(Waiting { received, rules, reply })
        };
        for _ in 0..MAX_CLIENT_CHECKS {
            assert_eq!(put(Received::Bytes(Vec::new())), Ok(false));
        }
        assert_eq!(put(Received::Bytes(Vec::new())), Err(LaneError::Full));
        assert_eq!(put(Received::Frame(Arc::from([]))), Ok(false));
        checks.give_up(&LaneError::Ending);
        assert_eq!(put(Received::Bytes(Vec::new())), Ok(false));
    }
}
