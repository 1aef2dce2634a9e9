//! Bytes from outside may be anything: decoders answer with a value or an error, and what they accept is canonical.

use dusk_core::BlsScalar;
use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::SecretKey;
use dusk_core::transfer::data::{BlobData, ContractBytecode, ContractCall, ContractDeploy, TransactionData};
use dusk_core::transfer::{Transaction, TransactionFormat};
use local_node_types::codec::{Decode, DecodeError, Encode};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{
    Attestation, Block, ConsensusHeader, Fault, Header, IterationsInfo, Label, LedgerTransaction, MAX_BLOBS,
    MAX_BLOCK_BLOBS, MAX_FAULTS, MAX_TRANSACTIONS, StepVotes, Vote,
};
use local_node_types::message::{
    Frame, Inventory, InventoryItem, MAX_INVENTORY_ITEMS, Message, QuorumType, Ratification, ValidationResult,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Decodes, and checks that whatever is accepted is written back as the same bytes and read again as the same value.
fn survives<T: Decode + Encode + PartialEq + std::fmt::Debug>(bytes: &[u8]) -> bool {
    match T::decode_all(bytes) {
        Ok(value) => {
            let encoded = value.encoded();
            assert_eq!(T::decode_all(&encoded).as_ref(), Ok(&value));
            encoded == bytes
        }
        Err(_) => true,
    }
}

/// Bytes after a valid beginning reach further into a decoder than pure noise.
fn frame_like() -> impl Strategy<Value = Vec<u8>> {
    let topic = prop_oneof![Just(8_u8), 9_u8..=11, 13_u8..=14, 16_u8..=20, any::<u8>()];
    (topic, vec(prop_oneof![3 => Just(0_u8), 1 => 0_u8..5, 2 => any::<u8>()], 0..3000))
        .prop_map(|(topic, rest)| [[1, 0, 0, 0, 0, topic].as_slice(), &rest].concat())
}

/// A signed public transaction with data of each kind that fits in a few bytes.
fn transaction() -> impl Strategy<Value = LedgerTransaction> {
    let bytes = || vec(any::<u8>(), 0..40);
    let data = prop_oneof![
        Just(None),
        bytes().prop_map(|memo| Some(TransactionData::Memo(memo))),
        bytes().prop_map(|fn_args| {
            let contract = ContractId::from_bytes([3; 32]);
            Some(TransactionData::Call(ContractCall { contract, fn_name: "name".to_owned(), fn_args }))
        }),
        (bytes(), proptest::option::of(bytes()), any::<u64>()).prop_map(|(bytes, init_args, nonce)| {
            let bytecode = ContractBytecode { hash: [4; 32], bytes };
            Some(TransactionData::Deploy(ContractDeploy { bytecode, owner: vec![5; 96], init_args, nonce }))
        }),
    ];
    let format = prop_oneof![Just(TransactionFormat::Aegis), Just(TransactionFormat::Boreas)];
    (data, format, any::<u64>()).prop_map(|(data, format, nonce)| {
        let sender = SecretKey::from(BlsScalar::from(7));
        let transaction = Transaction::moonlight(&sender, None, 1, 2, 3, 4, nonce, 0, data);
        LedgerTransaction::new(transaction.expect("the data is within its limits"), format)
    })
}

/// Bytes that look like a shielded transaction from afar: a tag, and fields with their lengths.
fn shielded_like() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![4 => 0_u64..2000, 1 => any::<u64>()];
    let tag = prop_oneof![Just(vec![0_u8]), Just(vec![2, 2]), Just(vec![1]), Just(vec![3, 2])];
    (tag, length.clone(), length, vec(any::<u8>(), 0..2500)).prop_map(|(tag, payload, skeleton, rest)| {
        [tag, payload.to_le_bytes().to_vec(), vec![0], skeleton.to_le_bytes().to_vec(), rest].concat()
    })
}

proptest! {
    #[test]
    fn a_damaged_transaction_does_not_make_the_decoder_panic(
        whole in transaction(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = whole.protocol_bytes();
        prop_assert_eq!(LedgerTransaction::from_protocol_bytes(&bytes), Ok(whole.clone()));
        prop_assert_eq!(LedgerTransaction::decode_all(&whole.encoded()), Ok(whole));
        let mut damaged = bytes.clone();
        for (place, byte) in damage {
            let place = place.index(damaged.len());
            damaged[place] = byte;
        }
        for bytes in [&damaged[..], &bytes[..cut.index(bytes.len())]] {
            if let Ok(read) = LedgerTransaction::from_protocol_bytes(bytes) {
                // An accepted transaction has a name and can be written again.
                let _ = (read.id(), read.digest());
                prop_assert_eq!(LedgerTransaction::from_protocol_bytes(&read.protocol_bytes()), Ok(read));
            }
        }
    }

    #[test]
    fn noise_in_the_form_of_a_transaction_does_not_make_the_decoder_panic(bytes in shielded_like()) {
        let _ = LedgerTransaction::from_protocol_bytes(&bytes);
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in vec(any::<u8>(), 0..2000)) {
        prop_assert!(survives::<Header>(&bytes));
        prop_assert!(survives::<Attestation>(&bytes));
        prop_assert!(survives::<IterationsInfo>(&bytes));
        prop_assert!(survives::<Fault>(&bytes));
        prop_assert!(survives::<Label>(&bytes));
        prop_assert!(survives::<Vote>(&bytes));
        prop_assert!(survives::<StepVotes>(&bytes));
        prop_assert!(survives::<ConsensusHeader>(&bytes));
        prop_assert!(survives::<Inventory>(&bytes));
        prop_assert!(survives::<BlsKey>(&bytes));
        // These are not canonical: trailing bytes in transactions, a zero hash, unknown kinds of quorum.
        survives::<Block>(&bytes);
        survives::<LedgerTransaction>(&bytes);
        survives::<Ratification>(&bytes);
        survives::<Frame>(&bytes);
    }

    #[test]
    fn no_frame_makes_the_decoder_panic(bytes in frame_like()) {
        survives::<Frame>(&bytes);
    }

    #[test]
    fn a_cut_message_is_refused(hash in any::<[u8; 32]>(), cut in any::<prop::sample::Index>()) {
        let items = vec![InventoryItem::BlockFromHash(hash), InventoryItem::BlockFromHeight(7)];
        let whole = Frame::from(Message::Inventory(Inventory { items, max_entries: 9 })).encoded();
        let cut = &whole[..cut.index(whole.len())];
        let is_cut = matches!(Frame::decode_all(cut), Err(DecodeError::Truncated { .. }));
        prop_assert!(is_cut);
    }
}

/// A block that ends with this number of transactions, and after them, if there are none, of faults.
fn announcing(transactions: u32, faults: Option<u32>) -> Vec<u8> {
    let mut bytes = Header::default().encoded();
    bytes.extend(transactions.to_le_bytes());
    bytes.extend(faults.map(u32::to_le_bytes).into_iter().flatten());
    bytes
}

#[test]
fn announced_numbers_are_bounded_before_anything_is_made() {
    let too_many = |bytes: &[u8]| matches!(Block::decode_all(bytes), Err(DecodeError::TooMany { .. }));
    let truncated = |bytes: &[u8]| matches!(Block::decode_all(bytes), Err(DecodeError::Truncated { .. }));
    let [most_transactions, most_faults, most_items] =
        [MAX_TRANSACTIONS, MAX_FAULTS, MAX_INVENTORY_ITEMS].map(|most| u32::try_from(most).unwrap());
    assert!(too_many(&announcing(most_transactions + 1, None)));
    assert!(too_many(&announcing(u32::MAX, None)));
    assert!(truncated(&announcing(most_transactions, None)));
    assert!(too_many(&announcing(0, Some(most_faults + 1))));
    assert!(truncated(&announcing(0, Some(most_faults))));
    assert!(Block::decode_all(&announcing(0, Some(0))).is_ok());

    let inventory = |count: u32| Inventory::decode_all(&count.to_le_bytes());
    assert!(matches!(inventory(most_items + 1), Err(DecodeError::TooMany { .. })));
    assert!(matches!(inventory(most_items), Err(DecodeError::Truncated { .. })));
    assert!(matches!(IterationsInfo::decode_all(&[9]), Err(DecodeError::TooMany { .. })));
    assert!(IterationsInfo::try_from(vec![None; 9]).is_err());
}

#[test]
fn a_transaction_announces_its_length_within_bounds() {
    let bytes = |length: u32| [1_u32, 1, length].map(u32::to_le_bytes).concat();
    let refused = |length| LedgerTransaction::decode_all(&bytes(length)).unwrap_err();
    assert!(matches!(refused(2 * 1024 * 1024 + 1), DecodeError::TooMany { .. }));
    assert!(matches!(refused(2 * 1024 * 1024), DecodeError::Truncated { .. }));
    assert!(matches!(refused(0), DecodeError::Transaction { .. }));
}

#[test]
fn a_transaction_has_no_more_blobs_than_the_chain_allows() {
    // The names of blobs are enough for the decoder, which keeps room for all of each blob.
    let read = |blobs: usize| {
        let data = TransactionData::Blob(vec![BlobData { hash: [1; 32], data: None }; blobs]);
        let transaction =
            Transaction::moonlight(&SecretKey::from(BlsScalar::from(7)), None, 1, 2, 3, 4, 5, 0, Some(data));
        let whole = LedgerTransaction::new(transaction.unwrap(), TransactionFormat::Boreas);
        let bare = LedgerTransaction::from_protocol_bytes(&whole.protocol_bytes()).map(|_| ());
        (bare, LedgerTransaction::decode_all(&whole.encoded()).map(|_| ()))
    };
    assert_eq!(read(MAX_BLOBS), (Ok(()), Ok(())));
    let error = DecodeError::TooMany { what: "blobs in a transaction", found: 7, most: 6 };
    assert_eq!(read(MAX_BLOBS + 1), (Err(error.clone()), Err(error)));
}

#[test]
fn a_block_has_no_more_blobs_than_its_gas_pays_for() {
    let data = TransactionData::Blob(vec![BlobData { hash: [1; 32], data: None }; MAX_BLOBS]);
    let transaction = Transaction::moonlight(&SecretKey::from(BlsScalar::from(7)), None, 1, 2, 3, 4, 5, 0, Some(data));
    let transaction = LedgerTransaction::new(transaction.unwrap(), TransactionFormat::Boreas);
    let read = |transactions: usize| {
        let block = Block { transactions: vec![transaction.clone(); transactions], ..Block::default() };
        Block::decode_all(&block.encoded())
    };
    let most = MAX_BLOCK_BLOBS / MAX_BLOBS;
    assert_eq!(most, 500);
    let error = DecodeError::TooMany { what: "blobs in a block", found: 3006, most: 3000 };
    assert_eq!(read(most + 1).unwrap_err(), error);
    assert_eq!(read(1000).unwrap_err(), error, "nothing behind the first blob too many is read");
    // The read transaction is the same in all that it says of itself.
    let block = read(most).unwrap();
    assert_eq!(block.transactions.len(), most);
    let last = &block.transactions[most - 1];
    assert_eq!((last.id(), last.digest()), (transaction.id(), transaction.digest()));
    assert_eq!((last.encoded(), last.format()), (transaction.encoded(), transaction.format()));
    assert_eq!(last, &transaction);
    assert_eq!(last.protocol(), transaction.protocol());
}

#[test]
fn unknown_codes_are_told_by_name_and_place() {
    let error = Frame::decode_all(&[1, 0, 0, 0, 0, 12]).unwrap_err();
    assert_eq!(error.to_string(), "12 at byte 5 is not a topic");
    assert_eq!(Vote::decode_all(&[4]).unwrap_err().to_string(), "4 at byte 0 is not a vote");
    // An unknown kind of quorum means none, as in production.
    assert_eq!(QuorumType::decode_all(&[3]), Ok(QuorumType::NoQuorum));
    assert_eq!(ValidationResult::default().encoded().last(), Some(&255));
}
