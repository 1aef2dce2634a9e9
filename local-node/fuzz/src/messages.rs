//! Messages of nodes, blocks and what they are made of.

use std::fmt::Debug;
use std::net::SocketAddr;

use dusk_core::BlsScalar;
use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::SecretKey;
use dusk_core::transfer::data::{BlobData, ContractBytecode, ContractCall, ContractDeploy, TransactionData};
use dusk_core::transfer::{Transaction, TransactionFormat};
use local_node_types::bloom::{BLOOM_BYTES, Bloom};
use local_node_types::codec::{Decode, Encode};
use local_node_types::keys::{BLS_KEY_BYTES, BLS_SIGNATURE_BYTES, BlsKey, BlsSignature};
use local_node_types::ledger::{
    Attestation, Block, ConsensusHeader, FailedIteration, Fault, Header, IterationsInfo, Label, LedgerTransaction,
    MAX_BLOBS, MAX_FAULTS, MAX_TRANSACTIONS, RatificationResult, Statement, StepVotes, Vote,
};
use local_node_types::message::{
    Frame, GetBlocks, GetResource, Inventory, InventoryItem, MAX_INVENTORY_ITEMS, Message, Quorum, Ratification,
    SignedBy, Validation, ValidationQuorum, ValidationResult,
};

use crate::{Input, Target, Verdict};

/// Values of messages take a few times their encoded bytes.
const HEAP: [usize; 2] = [32, 64 * 1024];
/// A decoded blob takes as much as if all of it were there.
const BLOB_BYTES: usize = size_of::<BlobData>();
/// The most blobs that the byte for their number announces. `dusk-core` makes room for them before it reads them, and
/// gives it back at an error.
const MAX_ANNOUNCED_BLOBS: usize = 255;
/// Transactions take room for blobs whose names alone came, one after the other: a block takes as much as one of them.
pub(crate) const TRANSACTION_HEAP: [usize; 2] = [HEAP[0], HEAP[1] + (MAX_ANNOUNCED_BLOBS + 3 * MAX_BLOBS) * BLOB_BYTES];

/// Messages with their frame. The blocks, transactions and results within are not canonical.
pub(crate) const FRAME: Target =
    Target { name: "frame", run: settles::<Frame>, seeds: frames, extras: frame_extras, heap: TRANSACTION_HEAP };
/// Blocks: a hash of zeros is computed, and transactions may be followed by bytes that are not read.
pub(crate) const BLOCK: Target =
    Target { name: "block", run: settles::<Block>, seeds: blocks, extras: block_extras, heap: TRANSACTION_HEAP };
/// Headers.
pub(crate) const HEADER: Target =
    Target { name: "header", run: is_exact::<Header>, seeds: headers, extras: Vec::new, heap: HEAP };
/// Attestations, and the proofs around them: failed iterations, faults, labels.
pub(crate) const ATTESTATION: Target =
    Target { name: "attestation", run: proof, seeds: proofs, extras: proof_extras, heap: HEAP };
/// Transactions with their envelope.
pub(crate) const TRANSACTION: Target = Target {
    name: "transaction",
    run: transaction,
    seeds: transactions,
    extras: transaction_extras,
    heap: TRANSACTION_HEAP,
};
/// Inventories.
pub(crate) const INVENTORY: Target =
    Target { name: "inventory", run: is_exact::<Inventory>, seeds: inventories, extras: inventory_extras, heap: HEAP };

/// Reads a value that has one form only.
fn is_exact<T: Decode + Encode + PartialEq + Debug>(bytes: &[u8]) -> Verdict {
    let Ok(value) = T::decode_all(bytes) else { return Verdict::Refused };
    assert_eq!(value.encoded(), bytes, "what is read is written back as the same bytes");
    Verdict::Taken
}

/// Reads a value of which several forms are read and one is written.
fn settles<T: Decode + Encode + PartialEq + Debug>(bytes: &[u8]) -> Verdict {
    let Ok(value) = T::decode_all(bytes) else { return Verdict::Refused };
    let encoded = value.encoded();
    let again = T::decode_all(&encoded);
    assert_eq!(again.as_ref(), Ok(&value), "what is written is read as the same value");
    assert!(again.is_ok_and(|again| again.encoded() == encoded), "and written as the same bytes");
    Verdict::Taken
}

/// The first byte chooses the kind of proof.
fn proof(bytes: &[u8]) -> Verdict {
    let Some((kind, rest)) = bytes.split_first() else { return Verdict::Refused };
    match kind {
        0 => is_exact::<Attestation>(rest),
        1 => is_exact::<IterationsInfo>(rest),
        2 => is_exact::<Fault>(rest),
        3 => is_exact::<Label>(rest),
        4 => is_exact::<StepVotes>(rest),
        _ => Verdict::Refused,
    }
}

fn transaction(bytes: &[u8]) -> Verdict {
    let verdict = settles::<LedgerTransaction>(bytes);
    if let Ok(read) = LedgerTransaction::decode_all(bytes) {
        // An accepted transaction has names, and is the same without its envelope.
        let bare = LedgerTransaction::from_protocol_bytes(&read.protocol_bytes());
        let names = bare.map(|bare| (bare.id(), bare.digest()));
        assert_eq!(names, Ok((read.id(), read.digest())), "the envelope does not change what a transaction is");
    }
    verdict
}

fn named<T: Encode>(name: &str, value: &T) -> Input {
    (name.to_owned(), value.encoded())
}

pub(crate) fn votes(first: u8) -> StepVotes {
    StepVotes { bitset: 0x5a5a << first, signature: BlsSignature([first; BLS_SIGNATURE_BYTES]) }
}

pub(crate) fn round() -> ConsensusHeader {
    ConsensusHeader { prev_block_hash: [6; 32], round: 1234, iteration: 3 }
}

fn signed() -> SignedBy {
    SignedBy { signer: BlsKey([4; BLS_KEY_BYTES]), signature: BlsSignature([5; BLS_SIGNATURE_BYTES]) }
}

fn attestation(result: RatificationResult) -> Attestation {
    Attestation { result, validation: votes(1), ratification: votes(2) }
}

fn failed() -> IterationsInfo {
    let proof = attestation(RatificationResult::Fail(Vote::NoCandidate));
    let item = FailedIteration { attestation: proof, generator: BlsKey([9; BLS_KEY_BYTES]) };
    IterationsInfo::try_from(vec![Some(item), None, Some(item)]).expect("three are not too many")
}

fn header() -> Header {
    let mut header = Header {
        version: 1,
        height: 1234,
        timestamp: 1_700_000_000,
        prev_block_hash: [6; 32],
        seed: BlsSignature([7; BLS_SIGNATURE_BYTES]),
        state_root: [8; 32],
        event_bloom: Bloom([1; BLOOM_BYTES]),
        generator: BlsKey([9; BLS_KEY_BYTES]),
        tx_root: [10; 32],
        fault_root: [11; 32],
        gas_limit: 5_000_000_000,
        iteration: 3,
        prev_block_cert: attestation(RatificationResult::Success(Vote::Valid([6; 32]))),
        failed_iterations: failed(),
        ..Header::default()
    };
    header.hash = header.compute_hash();
    header
}

pub(crate) fn faults() -> Vec<Fault> {
    fn pair<T>(payloads: [T; 2]) -> Box<[Statement<T>; 2]> {
        let SignedBy { signer, signature } = signed();
        Box::new(payloads.map(|payload| Statement { header: round(), signer, signature, payload }))
    }
    vec![
        Fault::DoubleCandidate(pair([[1; 32], [2; 32]])),
        Fault::DoubleRatificationVote(pair([Vote::Valid([1; 32]), Vote::NoQuorum])),
        Fault::DoubleValidationVote(pair([Vote::Invalid([1; 32]), Vote::NoCandidate])),
    ]
}

/// Blobs whose names alone are there, as in blocks.
fn blobs(number: usize) -> Vec<BlobData> {
    vec![BlobData { hash: [1; 32], data: None }; number]
}

pub(crate) fn ledger_transactions() -> Vec<(&'static str, LedgerTransaction)> {
    let contract = ContractId::from_bytes([3; 32]);
    let call = ContractCall { contract, fn_name: "transfer".to_owned(), fn_args: vec![1, 2, 3] };
    let bytecode = ContractBytecode { hash: [4; 32], bytes: vec![0, 97, 115, 109] };
    let deploy = ContractDeploy { bytecode, owner: vec![5; 96], init_args: Some(vec![6]), nonce: 7 };
    let kinds = [
        ("transfer", None),
        ("memo", Some(TransactionData::Memo(b"for the rent".to_vec()))),
        ("call", Some(TransactionData::Call(call))),
        ("deploy", Some(TransactionData::Deploy(deploy))),
        ("blobs", Some(TransactionData::Blob(blobs(2)))),
    ];
    let sender = SecretKey::from(BlsScalar::from(7));
    let made = kinds.into_iter().zip([TransactionFormat::Aegis, TransactionFormat::Boreas].into_iter().cycle());
    made.map(|((name, data), format)| {
        let transaction = Transaction::moonlight(&sender, None, 1, 2, 3, 4, 5, 0, data);
        (name, LedgerTransaction::new(transaction.expect("the data is within its limits"), format))
    })
    .collect()
}

fn items() -> Vec<InventoryItem> {
    vec![
        InventoryItem::MempoolTransaction([1; 32]),
        InventoryItem::BlockFromHash([2; 32]),
        InventoryItem::BlockFromHeight(3),
        InventoryItem::CandidateFromHash([4; 32]),
        InventoryItem::CandidateFromIteration(round()),
        InventoryItem::ValidationResult(round()),
    ]
}

pub(crate) fn block() -> Block {
    let transactions = ledger_transactions().into_iter().map(|(_, transaction)| transaction).collect();
    let mut block = Block { header: header(), transactions, faults: faults() };
    block.header.tx_root = block.compute_tx_root();
    block.header.fault_root = block.compute_fault_root();
    block.header.hash = block.header.compute_hash();
    block
}

pub(crate) fn frames() -> Vec<Input> {
    let inventory = || Inventory { items: items(), max_entries: 100 };
    let resource = |requester: &str| GetResource {
        inventory: inventory(),
        requester: requester.parse::<SocketAddr>().expect("it is an address"),
        expires_at: 1_700_000_060,
        hops: 16,
    };
    let result = ValidationResult::new(Vote::Valid([12; 32]), votes(3));
    let quorum = attestation(RatificationResult::Success(Vote::Valid([12; 32])));
    let [(_, transfer), ..] = &ledger_transactions()[..] else { return Vec::new() };
    let vote = Vote::Valid([12; 32]);
    let candidate = Block { transactions: vec![transfer.clone()], faults: Vec::new(), ..block() };
    let messages = [
        ("get-resource-v4", Message::GetResource(resource("10.0.0.1:9000"))),
        ("get-resource-v6", Message::GetResource(resource("[2001:db8::1]:9000"))),
        ("get-blocks", Message::GetBlocks(GetBlocks { locator: [1; 32], nonce: 2 })),
        ("transaction", Message::Transaction(transfer.clone())),
        ("block", Message::Block(Box::new(block()))),
        ("get-mempool", Message::GetMempool(7)),
        ("inventory", Message::Inventory(inventory())),
        ("candidate", Message::Candidate(Box::new(candidate))),
        ("validation", Message::Validation(Box::new(Validation { header: round(), vote, signed: signed() }))),
        (
            "ratification",
            Message::Ratification(Box::new(Ratification {
                header: round(),
                vote,
                timestamp: 1_700_000_000,
                validation: result,
                signed: signed(),
            })),
        ),
        ("quorum", Message::Quorum(Box::new(Quorum { header: round(), attestation: quorum }))),
        ("validation-quorum", Message::ValidationQuorum(Box::new(ValidationQuorum { header: round(), result }))),
    ];
    messages.into_iter().map(|(name, message)| named(name, &Frame::from(message))).collect()
}

fn frame_extras() -> Vec<Input> {
    let mut mempool = Frame::from(Message::GetMempool(7)).encoded();
    let unknown = [&mempool[..5], &[12], &[0; 8]].concat();
    // The decoder keeps the version; the node that reads the message refuses it.
    mempool[0] = 2;
    let mut inventory = vec![1, 0, 0, 0, 0, 14];
    inventory.extend(u32::MAX.to_le_bytes());
    vec![
        ("topic-unknown".to_owned(), unknown),
        ("version-2".to_owned(), mempool),
        ("inventory-of-four-billion".to_owned(), inventory),
    ]
}

fn blocks() -> Vec<Input> {
    let empty = Block { header: header(), ..Block::default() };
    vec![named("full", &block()), named("empty-block", &empty)]
}

fn block_extras() -> Vec<Input> {
    let announcing = |transactions: usize, faults: Option<usize>| {
        let numbers = [Some(transactions), faults].into_iter().flatten();
        let numbers = numbers.flat_map(|number| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
        header().encoded().into_iter().chain(numbers).collect::<Vec<u8>>()
    };
    let mut unnamed = Block { header: header(), ..Block::default() };
    unnamed.header.hash = [0; 32];
    let sender = SecretKey::from(BlsScalar::from(7));
    let named_blobs = Some(TransactionData::Blob(blobs(MAX_BLOBS)));
    let with_blobs = Transaction::moonlight(&sender, None, 1, 2, 3, 4, 5, 0, named_blobs).expect("it has few blobs");
    let with_blobs = LedgerTransaction::new(with_blobs, TransactionFormat::Boreas);
    // Decoded at once, the blobs of this block would take 39 MB.
    let of_blobs = Block { header: header(), transactions: vec![with_blobs; 50], ..Block::default() };
    vec![
        named("names-300-blobs", &of_blobs),
        ("announces-too-many-transactions".to_owned(), announcing(MAX_TRANSACTIONS + 1, None)),
        ("announces-more-transactions-than-bytes".to_owned(), announcing(MAX_TRANSACTIONS, None)),
        ("announces-too-many-faults".to_owned(), announcing(0, Some(MAX_FAULTS + 1))),
        ("announces-more-faults-than-bytes".to_owned(), announcing(0, Some(MAX_FAULTS))),
        named("hash-of-zeros", &unnamed),
    ]
}

fn headers() -> Vec<Input> {
    vec![named("usual", &header()), named("default", &Header::default())]
}

fn proofs() -> Vec<Input> {
    let with = |kind: u8, (name, bytes): Input| (name, [&[kind], &bytes[..]].concat());
    let success = attestation(RatificationResult::Success(Vote::Valid([6; 32])));
    let mut proofs = vec![
        with(0, named("success", &success)),
        with(0, named("no-candidate", &attestation(RatificationResult::Fail(Vote::NoCandidate)))),
        with(1, named("failed-iterations", &failed())),
        with(3, named("label", &Label::Confirmed(5))),
        with(4, named("step-votes", &votes(1))),
    ];
    let names = ["double-candidate", "double-ratification", "double-validation"];
    proofs.extend(names.iter().zip(faults()).map(|(name, fault)| with(2, named(name, &fault))));
    proofs
}

fn proof_extras() -> Vec<Input> {
    // Production's decoder takes the tag, which nobody signs; the consensus refuses it.
    let retagged = attestation(RatificationResult::Fail(Vote::Valid([6; 32])));
    vec![
        ("nine-failed-iterations".to_owned(), vec![1, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("retagged".to_owned(), [&[0], &retagged.encoded()[..]].concat()),
        ("vote-unknown".to_owned(), vec![0, 1, 4]),
    ]
}

fn transactions() -> Vec<Input> {
    ledger_transactions().iter().map(|(name, transaction)| named(name, transaction)).collect()
}

pub(crate) fn transaction_extras() -> Vec<Input> {
    let announcing = |length: u32| [1, 1, length].map(u32::to_le_bytes).concat();
    // A shielded transaction announces its parts' lengths in eight bytes each.
    let shielded = |length: u64| {
        let inner = [&[0][..], &length.to_le_bytes(), &[0], &length.to_le_bytes(), &[0; 200]].concat();
        let length = u32::try_from(inner.len()).unwrap_or(u32::MAX);
        [&announcing(length)[..], &inner].concat()
    };
    let sender = SecretKey::from(BlsScalar::from(7));
    let blobs = Some(TransactionData::Blob(blobs(MAX_ANNOUNCED_BLOBS)));
    let blobs = Transaction::moonlight(&sender, None, 1, 2, 3, 4, 5, 0, blobs).expect("it has no bound of blobs");
    vec![
        named("blobs-255", &LedgerTransaction::new(blobs, TransactionFormat::Boreas)),
        ("announces-more-than-a-transaction-has".to_owned(), announcing(2 * 1024 * 1024 + 1)),
        ("announces-more-than-there-is".to_owned(), announcing(2 * 1024 * 1024)),
        ("without-bytes".to_owned(), announcing(0)),
        ("shielded-of-100".to_owned(), shielded(100)),
        ("shielded-of-2-to-the-64".to_owned(), shielded(u64::MAX)),
    ]
}

fn inventories() -> Vec<Input> {
    vec![
        named("one-of-each", &Inventory { items: items(), max_entries: 100 }),
        named("without-items", &Inventory { items: Vec::new(), max_entries: 0 }),
    ]
}

fn inventory_extras() -> Vec<Input> {
    let announcing = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    vec![
        ("announces-too-many-items".to_owned(), announcing(MAX_INVENTORY_ITEMS + 1)),
        ("announces-more-items-than-bytes".to_owned(), announcing(MAX_INVENTORY_ITEMS)),
        ("announces-four-billion-items".to_owned(), announcing(usize::MAX)),
        ("item-unknown".to_owned(), [&announcing(1)[..], &[6; 50]].concat()),
    ]
}
