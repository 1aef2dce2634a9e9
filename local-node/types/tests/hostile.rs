//! Bytes from outside may be anything: decoders answer with a value or an error, and what they accept is canonical.

use local_node_types::codec::{Decode, DecodeError, Encode};
use local_node_types::keys::BlsKey;
use local_node_types::ledger::{
    Attestation, Block, ConsensusHeader, Fault, Header, IterationsInfo, Label, LedgerTransaction, MAX_FAULTS,
    MAX_TRANSACTIONS, StepVotes, Vote,
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

proptest! {
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
fn unknown_codes_are_told_by_name_and_place() {
    let error = Frame::decode_all(&[1, 0, 0, 0, 0, 12]).unwrap_err();
    assert_eq!(error.to_string(), "12 at byte 5 is no topic");
    assert_eq!(Vote::decode_all(&[4]).unwrap_err().to_string(), "4 at byte 0 is no vote");
    // An unknown kind of quorum means none, as in production.
    assert_eq!(QuorumType::decode_all(&[3]), Ok(QuorumType::NoQuorum));
    assert_eq!(ValidationResult::default().encoded().last(), Some(&255));
}
