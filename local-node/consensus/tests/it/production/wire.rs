//! Binary forms, hashes and roots, in both directions.

use dusk_consensus::merkle::merkle_root;
use dusk_core::BlsScalar;
use dusk_core::signatures::bls::SecretKey;
use dusk_core::transfer::data::{ContractCall, TransactionData};
use dusk_core::transfer::{Transaction, TransactionFormat};
use dusk_node_data::ledger as theirs;
use dusk_node_data::message::{Message as TheirMessage, Payload};
use local_node_types::bloom::Bloom;
use local_node_types::codec::{Decode, Encode};
use local_node_types::keys::{BlsKey, BlsSignature};
use local_node_types::ledger::{
    Attestation, Block, ConsensusHeader, FailedIteration, Fault, Header, IterationsInfo, Label, LedgerTransaction,
    RatificationResult, Statement, StepVotes, Vote,
};
use local_node_types::merkle;
use local_node_types::message::{
    Frame, GetBlocks, GetResource, Inventory, InventoryItem, Message, Quorum, Ratification, SignedBy, Validation,
    ValidationQuorum, ValidationResult,
};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{read, written};
use crate::support::key;

fn signature() -> impl Strategy<Value = BlsSignature> {
    any::<([u8; 24], [u8; 24])>().prop_map(|(a, b)| BlsSignature([a, b].concat().try_into().expect("48 bytes")))
}

/// Keys that are points: production refuses messages of other signers when it reads them, we when we verify them.
fn signer() -> impl Strategy<Value = BlsKey> {
    (1_u64..5).prop_map(key)
}

fn vote() -> impl Strategy<Value = Vote> {
    prop_oneof![
        Just(Vote::NoCandidate),
        Just(Vote::NoQuorum),
        any::<[u8; 32]>().prop_map(Vote::Valid),
        any::<[u8; 32]>().prop_map(Vote::Invalid),
    ]
}

fn step_votes() -> impl Strategy<Value = StepVotes> {
    (any::<u64>(), signature()).prop_map(|(bitset, signature)| StepVotes { bitset, signature })
}

fn attestation() -> impl Strategy<Value = Attestation> {
    let result = (any::<bool>(), vote()).prop_map(|(success, vote)| {
        if success { RatificationResult::Success(vote) } else { RatificationResult::Fail(vote) }
    });
    (result, step_votes(), step_votes()).prop_map(|(result, validation, ratification)| Attestation {
        result,
        validation,
        ratification,
    })
}

fn consensus_header() -> impl Strategy<Value = ConsensusHeader> {
    any::<([u8; 32], u64, u8)>().prop_map(|(prev_block_hash, round, iteration)| ConsensusHeader {
        prev_block_hash,
        round,
        iteration,
    })
}

fn failed_iterations() -> impl Strategy<Value = IterationsInfo> {
    let item =
        (attestation(), signer()).prop_map(|(attestation, generator)| FailedIteration { attestation, generator });
    vec(proptest::option::of(item), 0..=8).prop_map(|items| items.try_into().expect("at most 8"))
}

fn header() -> impl Strategy<Value = Header> {
    let numbers = any::<(u8, u64, u64, u64, u8)>();
    let hashes = any::<([u8; 32], [u8; 32], [u8; 32], [u8; 32], [u8; 32])>();
    let proofs = (signature(), attestation(), failed_iterations(), attestation(), signature());
    (numbers, hashes, proofs, vec(any::<u8>(), 256), signer()).prop_map(
        |(numbers, hashes, proofs, bloom, generator)| {
            let (version, height, timestamp, gas_limit, iteration) = numbers;
            let (prev_block_hash, state_root, tx_root, fault_root, hash) = hashes;
            let (seed, prev_block_cert, failed_iterations, attestation, signature) = proofs;
            Header {
                version,
                height,
                timestamp,
                prev_block_hash,
                seed,
                state_root,
                event_bloom: Bloom(bloom.try_into().expect("256 bytes")),
                generator,
                tx_root,
                fault_root,
                gas_limit,
                iteration,
                prev_block_cert,
                failed_iterations,
                attestation,
                hash,
                signature,
            }
        },
    )
}

fn transaction(nonce: u64, format: TransactionFormat, data: Option<TransactionData>) -> LedgerTransaction {
    let sender = SecretKey::from(BlsScalar::from(7));
    let transaction = Transaction::moonlight(&sender, None, 5, 0, 100_000, 1, nonce, 0, data).expect("a transaction");
    LedgerTransaction::new(transaction, format)
}

fn ledger_transaction() -> impl Strategy<Value = LedgerTransaction> {
    let format = prop_oneof![Just(TransactionFormat::Aegis), Just(TransactionFormat::Boreas)];
    let data = prop_oneof![
        Just(None),
        vec(any::<u8>(), 1..64).prop_map(|memo| Some(TransactionData::Memo(memo))),
        vec(any::<u8>(), 0..64).prop_map(|fn_args| Some(TransactionData::Call(ContractCall {
            contract: dusk_core::abi::ContractId::from_bytes([3; 32]),
            fn_name: "transfer".to_owned(),
            fn_args,
        }))),
    ];
    (any::<u64>(), format, data).prop_map(|(nonce, format, data)| transaction(nonce, format, data))
}

fn fault() -> impl Strategy<Value = Fault> {
    fn pair<T: Clone + std::fmt::Debug>(
        payload: impl Strategy<Value = T> + Clone,
    ) -> impl Strategy<Value = Box<[Statement<T>; 2]>> {
        let statement = move || {
            (consensus_header(), signer(), signature(), payload.clone())
                .prop_map(|(header, signer, signature, payload)| Statement { header, signer, signature, payload })
        };
        (statement(), statement()).prop_map(|(a, b)| Box::new([a, b]))
    }
    prop_oneof![
        pair(any::<[u8; 32]>()).prop_map(Fault::DoubleCandidate),
        pair(vote().boxed()).prop_map(Fault::DoubleRatificationVote),
        pair(vote().boxed()).prop_map(Fault::DoubleValidationVote),
    ]
}

fn block() -> impl Strategy<Value = Block> {
    (header(), vec(ledger_transaction(), 0..3), vec(fault(), 0..3)).prop_map(|(header, transactions, faults)| Block {
        header,
        transactions,
        faults,
    })
}

fn signed() -> impl Strategy<Value = SignedBy> {
    (signer(), signature()).prop_map(|(signer, signature)| SignedBy { signer, signature })
}

fn validation_result() -> impl Strategy<Value = ValidationResult> {
    (vote(), step_votes()).prop_map(|(vote, votes)| ValidationResult::new(vote, votes))
}

fn inventory() -> impl Strategy<Value = Inventory> {
    let item = prop_oneof![
        any::<[u8; 32]>().prop_map(InventoryItem::MempoolTransaction),
        any::<[u8; 32]>().prop_map(InventoryItem::BlockFromHash),
        any::<u64>().prop_map(InventoryItem::BlockFromHeight),
        any::<[u8; 32]>().prop_map(InventoryItem::CandidateFromHash),
        consensus_header().prop_map(InventoryItem::CandidateFromIteration),
        consensus_header().prop_map(InventoryItem::ValidationResult),
    ];
    (vec(item, 0..6), any::<u16>()).prop_map(|(items, max_entries)| Inventory { items, max_entries })
}

fn message() -> impl Strategy<Value = Message> {
    let address = prop_oneof![
        any::<([u8; 4], u16)>().prop_map(std::net::SocketAddr::from),
        any::<([u8; 16], u16)>().prop_map(std::net::SocketAddr::from),
    ];
    prop_oneof![
        (inventory(), address, any::<(u64, u16)>()).prop_map(|(inventory, requester, (expires_at, hops))| {
            Message::GetResource(GetResource { inventory, requester, expires_at, hops })
        }),
        any::<([u8; 32], u64)>().prop_map(|(locator, nonce)| Message::GetBlocks(GetBlocks { locator, nonce })),
        any::<u64>().prop_map(Message::GetMempool),
        inventory().prop_map(Message::Inventory),
        ledger_transaction().prop_map(Message::Transaction),
        block().prop_map(|block| Message::Block(Box::new(block))),
        block().prop_map(|block| Message::Candidate(Box::new(block))),
        (consensus_header(), vote(), signed())
            .prop_map(|(header, vote, signed)| Message::Validation(Box::new(Validation { header, vote, signed }))),
        (consensus_header(), vote(), any::<u64>(), validation_result(), signed()).prop_map(
            |(header, vote, timestamp, validation, signed)| {
                Message::Ratification(Box::new(Ratification { header, vote, timestamp, validation, signed }))
            }
        ),
        (consensus_header(), attestation())
            .prop_map(|(header, attestation)| Message::Quorum(Box::new(Quorum { header, attestation }))),
        (consensus_header(), validation_result())
            .prop_map(|(header, result)| Message::ValidationQuorum(Box::new(ValidationQuorum { header, result }))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn messages_have_the_same_bytes(message in message()) {
        let bytes = Frame::from(message.clone()).encoded();
        let theirs: TheirMessage = read(&bytes).expect("they read what we write");
        prop_assert_eq!(u8::from(theirs.topic()), message.topic());
        prop_assert_eq!(&written(&theirs), &bytes);
        prop_assert_eq!(Frame::decode_all(&written(&theirs)).map(|frame| frame.message), Ok(message));
    }

    #[test]
    fn blocks_have_the_same_hashes(block in block()) {
        let unhashed = Block { header: Header { hash: [0; 32], ..block.header.clone() }, ..block.clone() };
        let theirs: theirs::Block = read(&unhashed.encoded()).expect("they read what we write");
        prop_assert_eq!(theirs.header().hash, block.header.compute_hash());
        // A hash of zero is filled in on both sides.
        let ours = Block::decode_all(&unhashed.encoded()).expect("we read what we write");
        prop_assert_eq!(ours.header.hash, theirs.header().hash);
        for (ours, theirs) in block.transactions.iter().zip(theirs.txs()) {
            prop_assert_eq!((ours.id(), ours.digest()), (theirs.id(), theirs.digest()));
            prop_assert_eq!(ours.format(), theirs.format());
        }
        for (ours, theirs) in block.faults.iter().zip(theirs.faults()) {
            prop_assert_eq!(ours.digest(), theirs.digest());
        }
        let digests: Vec<[u8; 32]> = theirs.txs().iter().map(theirs::LedgerTransaction::digest).collect();
        prop_assert_eq!(block.compute_tx_root(), merkle_root(&digests));
    }

    #[test]
    fn roots_are_the_same(leaves in vec(any::<[u8; 32]>(), 0..40)) {
        prop_assert_eq!(merkle::root(&leaves), merkle_root(&leaves));
    }

    #[test]
    fn labels_have_the_same_bytes(kind in 0_u8..4, number in any::<u64>()) {
        let label = [Label::Accepted, Label::Attested, Label::Confirmed, Label::Final][usize::from(kind)](number);
        let theirs: theirs::Label = read(&label.encoded()).expect("they read what we write");
        prop_assert_eq!(written(&theirs), label.encoded());
        prop_assert_eq!(Label::decode_all(&label.encoded()), Ok(label));
    }

    #[test]
    fn both_refuse_the_same_damaged_frames(message in message(), place in any::<prop::sample::Index>(), flip in 1_u8..=255) {
        let mut bytes = Frame::from(message).encoded();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        let ours = Frame::decode_all(&bytes);
        let mut rest = bytes.as_slice();
        let theirs = <TheirMessage as dusk_node_data::Serializable>::read(&mut rest);
        // They ignore what follows a message; and they check signers' points when they read, we when we verify.
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                prop_assert!(rest.is_empty());
                if !matches!(theirs.payload, Payload::Block(_) | Payload::Candidate(_)) {
                    prop_assert_eq!(ours.encoded(), written(&theirs));
                }
            }
            (Err(_), Ok(_)) => prop_assert!(!rest.is_empty(), "only we refuse {:?}", bytes),
            (Ok(ours), Err(_)) => prop_assert!(has_signers(&ours.message), "only they refuse {:?}", bytes),
            (Err(_), Err(_)) => {}
        }
    }
}

/// Whether a message holds signers' keys that production checks when it reads them.
fn has_signers(message: &Message) -> bool {
    match message {
        Message::Validation(_) | Message::Ratification(_) => true,
        Message::Block(block) | Message::Candidate(block) => !block.faults.is_empty(),
        _ => false,
    }
}
