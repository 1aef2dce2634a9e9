//! Reading a public transaction with the points of its keys, in a tenth of the time that the chain's crates take.
//!
//! It reads those bytes only that the chain's encoder writes for the result, so that what comes out is what the chain's
//! decoder gives. Other bytes are left to that decoder.

use dusk_core::signatures::bls::Signature;
use dusk_core::transfer::data::TransactionData;
use dusk_core::transfer::moonlight::{Fee, Payload, Transaction as Public};
use dusk_core::transfer::{Transaction, TransactionFormat};
use local_node_types::ledger::LedgerTransaction;

use super::keys::{KEY_BYTES, Keys, ReadKey, ReadSignature, SIGNATURE_BYTES, read_signature};

/// The tags of public transactions, alone and followed by a version.
const TAG: u8 = 1;
const VERSIONED_TAG: u8 = 3;
const VERSION: u8 = 2;
/// The mark of an optional key that is the sender's, and of one that follows.
const SENDERS: u8 = 0;
const OWN: u8 = 1;

/// A public transaction, and the points of what its signature is checked with.
pub(super) struct ReadTransaction {
    pub(super) transaction: Transaction,
    pub(super) format: TransactionFormat,
    pub(super) sender: ReadKey,
    pub(super) signature: ReadSignature,
}

impl ReadTransaction {
    /// The transaction in the form in which it came.
    pub(super) fn for_ledger(self) -> LedgerTransaction {
        LedgerTransaction::new(self.transaction, self.format)
    }
}

/// The two parts of a public transaction, which the chain's crate puts together only when it decodes or signs one.
#[derive(rkyv::Archive, rkyv::Serialize)]
struct Parts {
    payload: Payload,
    signature: Signature,
}

/// Reads the protocol bytes of a public transaction without blobs. `None` if that is not what they are, or if they are
/// not exactly what the encoder writes.
pub(super) fn read(bytes: &[u8], keys: &Keys) -> Option<ReadTransaction> {
    let (format, rest) = match *bytes {
        [TAG, ..] => (TransactionFormat::Aegis, &bytes[1..]),
        [VERSIONED_TAG, VERSION, ..] => (TransactionFormat::Boreas, &bytes[2..]),
        _ => return None,
    };
    let mut rest = Rest(rest);
    let payload_bytes = usize::try_from(rest.number()?).ok()?;
    let (payload, signature) = rest.0.split_at_checked(payload_bytes)?;
    let signature = read_signature(<&[u8; SIGNATURE_BYTES]>::try_from(signature).ok()?)?;

    let mut rest = Rest(payload);
    let chain_id = rest.byte()?;
    let sender = keys.read(rest.take::<KEY_BYTES>()?)?;
    let receiver = rest.key_or(&sender, keys)?;
    let (value, deposit) = (rest.number()?, rest.number()?);
    let (gas_limit, gas_price) = (rest.number()?, rest.number()?);
    let refund_address = rest.key_or(&sender, keys)?.key;
    let nonce = rest.number()?;
    let data = TransactionData::from_slice(rest.0).ok()?;
    if matches!(data, Some(TransactionData::Blob(_))) {
        return None;
    }
    let fee = Fee { gas_limit, gas_price, refund_address };
    let (key, to) = (sender.key, receiver.key);
    let payload = Payload { chain_id, sender: key, receiver: to, value, deposit, fee, nonce, data };
    let transaction = Transaction::Moonlight(joined(payload, signature.signature)?);
    (transaction.encode_for_format(format) == bytes).then_some(ReadTransaction {
        transaction,
        format,
        sender,
        signature,
    })
}

/// Makes a transaction of its parts by way of their archived form. `None` if something else comes out.
fn joined(payload: Payload, signature: Signature) -> Option<Public> {
    let (sender, receiver, refund) = (payload.sender, payload.receiver, payload.fee.refund_address);
    let archived = rkyv::to_bytes::<_, 1024>(&Parts { payload, signature }).ok()?;
    let joined: Public = rkyv::from_bytes(&archived).ok()?;
    let is_same = *joined.signature() == signature
        && *joined.sender() == sender
        && joined.receiver().copied().unwrap_or(sender) == receiver
        && *joined.refund_address() == refund;
    is_same.then_some(joined)
}

/// The remaining bytes.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| *byte)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(|bytes| u64::from_le_bytes(*bytes))
    }

    /// A key, or the mark that it is the sender's.
    fn key_or(&mut self, sender: &ReadKey, keys: &Keys) -> Option<ReadKey> {
        match self.byte()? {
            SENDERS => Some(*sender),
            OWN => keys.read(self.take::<KEY_BYTES>()?),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use dusk_core::BlsScalar;
    use dusk_core::abi::ContractId;
    use dusk_core::signatures::bls::{PublicKey, SecretKey};
    use dusk_core::transfer::data::{BlobData, ContractCall, ContractDeploy};
    use proptest::prelude::*;

    use super::*;

    const FORMATS: [TransactionFormat; 2] = [TransactionFormat::Aegis, TransactionFormat::Boreas];

    fn secret(seed: u64) -> SecretKey {
        SecretKey::from(BlsScalar::from(seed))
    }

    fn transaction(receiver: u64, refund: u64, data: Option<TransactionData>) -> Transaction {
        let [sender, receiver, refund_address] = [1, receiver, refund].map(|seed| PublicKey::from(&secret(seed)));
        let fee = Fee { gas_limit: 3_000_000, gas_price: 7, refund_address };
        let payload = Payload { chain_id: 3, sender, receiver, value: 5, deposit: 9, fee, nonce: 11, data };
        Transaction::Moonlight(Public::sign_payload(&secret(1), payload).expect("there is no long memo"))
    }

    fn all_kinds() -> Vec<Transaction> {
        let call = ContractCall::new(ContractId::from_bytes([4; 32]), "act").with_raw_args(vec![1, 2, 3]);
        let deploy = ContractDeploy::new([0, 1, 2, 3], vec![5; 32], Some(vec![6]), 8);
        let data = [None, Some(call.into()), Some(deploy.into()), Some(TransactionData::Memo(vec![8; 100]))];
        let keys = [(1, 1), (2, 1), (1, 3), (2, 3)];
        let kinds = keys.into_iter().flat_map(|keys| data.iter().map(move |data| (keys, data.clone())));
        kinds.map(|((receiver, refund), data)| transaction(receiver, refund, data)).collect()
    }

    #[test]
    fn every_kind_is_read_as_the_chain_reads_it() {
        let keys = Keys::default();
        for (transaction, format) in all_kinds().iter().flat_map(|it| FORMATS.map(|format| (it, format))) {
            let bytes = transaction.encode_for_format(format);
            let read = read(&bytes, &keys).expect("the encoder has written it");
            let decoded = Transaction::decode_any(&bytes).expect("the encoder has written it");
            assert_eq!((read.transaction, read.format), (decoded.transaction, decoded.format));
            assert_eq!(read.sender.key, PublicKey::from(&secret(1)));
        }
    }

    #[test]
    fn what_the_encoder_does_not_write_is_left_to_the_chain() {
        let keys = Keys::default();
        let blobs = transaction(2, 1, Some(TransactionData::Blob(vec![BlobData { hash: [1; 32], data: None }])));
        assert!(read(&blobs.encode_for_format(TransactionFormat::Boreas), &keys).is_none());

        // The receiver's key is given although it is the sender's.
        let own = transaction(1, 1, None).encode_for_format(TransactionFormat::Aegis);
        let (payload_at, flag_at) = (1 + 8, 1 + 8 + 1 + KEY_BYTES);
        let mut given = own[..flag_at].to_vec();
        given.push(OWN);
        given.extend(&own[payload_at + 1..flag_at]);
        given.extend(&own[flag_at + 1..]);
        given[1..9].copy_from_slice(&((own.len() - 9 - SIGNATURE_BYTES + KEY_BYTES) as u64).to_le_bytes());
        let decoded = Transaction::decode_any(&given).expect("the chain takes it");
        assert_eq!(decoded.transaction, transaction(1, 1, None));
        assert!(read(&given, &keys).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn altered_bytes_are_read_as_the_chain_reads_them(
            kind in 0..16_usize,
            versioned: bool,
            at: prop::sample::Index,
            bits in 1..=u8::MAX,
            cut in prop::option::weighted(0.2, 0..40_usize),
        ) {
            let format = FORMATS[usize::from(versioned)];
            let mut bytes = all_kinds()[kind].encode_for_format(format);
            let place = at.index(bytes.len());
            bytes[place] ^= bits;
            bytes.truncate(bytes.len() - cut.unwrap_or(0));
            if let Some(read) = read(&bytes, &Keys::default()) {
                let decoded = Transaction::decode_any(&bytes).expect("the chain takes what is read");
                prop_assert_eq!((read.transaction, read.format), (decoded.transaction, decoded.format));
            }
        }
    }
}
