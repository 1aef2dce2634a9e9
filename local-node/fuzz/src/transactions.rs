//! The node's quick reader of transactions, which has to give the same as the chain's decoder.

use std::cell::Cell;

use dusk_core::signatures::bls::{self, BlsVersion};
use dusk_core::transfer::Transaction;
use local_node::transaction::QuickReader;
use local_node_types::codec::{Decode as _, Encode as _};
use local_node_types::keys::{BLS_KEY_BYTES, BLS_SIGNATURE_BYTES};
use local_node_types::ledger::LedgerTransaction;
use local_node_types::message::{Frame, Message};

use crate::messages::{TRANSACTION_HEAP, frames, ledger_transactions, transaction_extras};
use crate::{Input, Target, Verdict};

/// Transactions without their envelope. Those are taken that the node's own reader reads; it leaves all others to the
/// chain's decoder.
pub(crate) const READING: Target =
    Target { name: "reading", run: reading, seeds: bare, extras: bare_extras, heap: TRANSACTION_HEAP };
/// Messages with transactions that the node knows or reads itself.
pub(crate) const KNOWN: Target = Target {
    name: "known",
    run: known,
    seeds: of_transactions,
    extras: of_transactions_extras,
    heap: TRANSACTION_HEAP,
};

/// The usual envelope: a version and a type.
const USUAL_ENVELOPE: [u8; 8] = [1, 0, 0, 0, 1, 0, 0, 0];
/// Bytes of an envelope: version, type, and the length of what follows.
const ENVELOPE_BYTES: usize = USUAL_ENVELOPE.len() + size_of::<u32>();
/// The first bytes of a frame with a transaction: the version that the sender speaks, and the topic.
const FRAME_OF_TRANSACTION: [u8; 6] = [1, 0, 0, 0, 0, 10];

fn reading(bytes: &[u8]) -> Verdict {
    let reader = QuickReader::default();
    let Some(read) = reader.read(bytes) else { return Verdict::Refused };
    let decoded = Transaction::decode_any(bytes).expect("the chain's decoder takes what is read");
    assert_eq!((read.protocol(), read.format()), (&decoded.transaction, decoded.format));
    assert_eq!(read.protocol_bytes(), bytes, "what is read is written back as the same bytes");
    assert_eq!(reader.read(bytes), Some(read), "keys that were read before change nothing");
    let Transaction::Moonlight(public) = &decoded.transaction else { panic!("shielded transactions are not read") };
    let message = public.signature_message();
    let holds = bls::verify(public.sender(), public.signature(), &message, BlsVersion::V2).is_ok();
    assert_eq!(
        reader.is_signed(bytes),
        Some([vec![holds], vec![holds; 2]]),
        "the verdict on the signature is the chain's"
    );
    Verdict::Taken
}

fn known(bytes: &[u8]) -> Verdict {
    let decoded = Frame::decode_all(bytes);
    let reader = QuickReader::default();
    let read = Frame::decode_known(bytes, &|bytes| reader.read(bytes));
    assert_eq!(read, decoded, "the node's own reader gives what the decoder gives");
    let asked = Cell::new(0);
    let shared = Frame::decode_known(bytes, &|bytes| {
        asked.set(asked.get() + 1);
        waiting(bytes)
    });
    assert_eq!(shared, decoded, "a transaction that is known is the one that is decoded");
    let Ok(frame) = decoded else { return Verdict::Refused };
    let transactions: &[LedgerTransaction] = match &frame.message {
        Message::Block(block) | Message::Candidate(block) => &block.transactions,
        Message::Transaction(transaction) => std::slice::from_ref(transaction),
        _ => &[],
    };
    let usual = transactions.iter().filter(|transaction| transaction.encoded().starts_with(&USUAL_ENVELOPE));
    assert_eq!(asked.get(), usual.count(), "each transaction in the usual envelope is asked for once");
    Verdict::Taken
}

/// The transaction that a node knows by these protocol bytes, as if all were in its mempool. It keeps none with blobs.
fn waiting(bytes: &[u8]) -> Option<LedgerTransaction> {
    let decoded = Transaction::decode_any(bytes).ok()?;
    let has_blobs = decoded.transaction.blob().is_some();
    (!has_blobs).then(|| LedgerTransaction::new(decoded.transaction, decoded.format))
}

fn bare() -> Vec<Input> {
    let transactions = ledger_transactions().into_iter();
    transactions.map(|(name, transaction)| (name.to_owned(), transaction.protocol_bytes())).collect()
}

/// A transfer, and where its parts begin: the length of its payload, the sender, the mark of a receiver that is the
/// sender.
struct Transfer {
    bytes: Vec<u8>,
}

impl Transfer {
    const LENGTH_AT: usize = 1;
    const SENDER_AT: usize = Self::LENGTH_AT + size_of::<u64>() + 1;
    const RECEIVER_AT: usize = Self::SENDER_AT + BLS_KEY_BYTES;

    fn new() -> Self {
        let [(_, transfer), ..] = &ledger_transactions()[..] else { return Self { bytes: Vec::new() } };
        Self { bytes: transfer.protocol_bytes() }
    }

    /// The transfer with other bytes at a place.
    fn with(mut self, place: usize, other: &[u8]) -> Vec<u8> {
        self.bytes[place..][..other.len()].copy_from_slice(other);
        self.bytes
    }

    fn with_signature(self, signature: &[u8; BLS_SIGNATURE_BYTES]) -> Vec<u8> {
        let place = self.bytes.len() - BLS_SIGNATURE_BYTES;
        self.with(place, signature)
    }

    /// The transfer with the receiver's key, which the encoder leaves out, as it is the sender's.
    fn with_receiver(self) -> Vec<u8> {
        let key = self.bytes[Self::SENDER_AT..Self::RECEIVER_AT].to_vec();
        let [head, tail] = [&self.bytes[..Self::RECEIVER_AT], &self.bytes[Self::RECEIVER_AT + 1..]];
        let mut bytes = [head, &[1], &key, tail].concat();
        let payload = (bytes.len() - Self::LENGTH_AT - size_of::<u64>() - BLS_SIGNATURE_BYTES) as u64;
        bytes[Self::LENGTH_AT..][..size_of::<u64>()].copy_from_slice(&payload.to_le_bytes());
        bytes
    }
}

/// A point in compressed form, of a first and a last byte.
fn point<const N: usize>(first: u8, last: u8) -> [u8; N] {
    let mut bytes = [0; N];
    (bytes[0], bytes[N - 1]) = (first, last);
    bytes
}

fn bare_extras() -> Vec<Input> {
    let transfer = Transfer::new;
    let sender = |key: [u8; BLS_KEY_BYTES]| transfer().with(Transfer::SENDER_AT, &key);
    let blobs = transaction_extras().into_iter().filter(|(name, _)| name == "blobs-255");
    let mut extras: Vec<Input> = blobs.map(|(name, bytes)| (name, bytes[ENVELOPE_BYTES..].to_vec())).collect();
    for (name, transaction) in ledger_transactions() {
        let bytes = transaction.protocol_bytes();
        if let ("memo", Some(signature)) = (name, bytes.last_chunk()) {
            extras.push(("signature-of-another".to_owned(), transfer().with_signature(signature)));
            extras.push(("version-1".to_owned(), [&bytes[..1], &[1], &bytes[2..]].concat()));
        }
    }
    let named = [
        ("key-of-the-receiver-is-the-senders", transfer().with_receiver()),
        ("receiver-unknown", transfer().with(Transfer::RECEIVER_AT, &[2])),
        ("payload-of-2-to-the-64", transfer().with(Transfer::LENGTH_AT, &[0xff; 8])),
        ("key-at-infinity", sender(point(0xc0, 0))),
        ("key-beyond-the-field", sender([0x9f; BLS_KEY_BYTES])),
        // Points of the curve with these coordinates exist; they are not in the group.
        ("key-outside-of-the-group", sender(point(0x80, 2))),
        ("signature-outside-of-the-group", transfer().with_signature(&point(0x80, 4))),
        ("signature-at-infinity", transfer().with_signature(&point(0xc0, 0))),
    ];
    extras.extend(named.map(|(name, bytes)| (name.to_owned(), bytes)));
    extras
}

fn of_transactions() -> Vec<Input> {
    frames().into_iter().filter(|(name, _)| ["block", "candidate", "transaction"].contains(&name.as_str())).collect()
}

fn of_transactions_extras() -> Vec<Input> {
    let framed = |version: u32, bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        [&FRAME_OF_TRANSACTION[..], &[version, 1, length].map(u32::to_le_bytes).concat(), bytes].concat()
    };
    let mut extras: Vec<Input> = vec![
        ("envelope-2".to_owned(), framed(2, &Transfer::new().bytes)),
        ("key-of-the-receiver-is-the-senders".to_owned(), framed(1, &Transfer::new().with_receiver())),
    ];
    let blobs = bare().into_iter().filter(|(name, _)| name == "blobs");
    extras.extend(blobs.map(|(name, bytes)| (name, framed(1, &bytes))));
    extras
}
