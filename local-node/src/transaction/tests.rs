use std::sync::LazyLock;

use dusk_core::abi::ContractId;
use dusk_core::transfer::data::{BlobData, ContractCall, ContractDeploy, TransactionData};
use dusk_core::transfer::moonlight::{self, Fee, Payload};
use local_node_types::rules::Profile;
use local_node_vm::BlobError;
use proptest::prelude::*;

use super::*;
use crate::accounts::{DevAccount, dev_accounts};
use crate::block::TxId;

static ACCOUNTS: LazyLock<[DevAccount; 10]> = LazyLock::new(dev_accounts);
const POLICY: Policy = Policy::of_chain(0);

fn payload(data: Option<TransactionData>) -> Payload {
    let sender = *ACCOUNTS[0].public_key();
    Payload {
        chain_id: 0,
        sender,
        receiver: sender,
        value: 0,
        deposit: 0,
        fee: Fee { gas_limit: 100_000_000, gas_price: 2000, refund_address: sender },
        nonce: 1,
        data,
    }
}

fn signed(payload: Payload) -> Transaction {
    moonlight::Transaction::sign_payload(ACCOUNTS[0].secret_key(), payload).expect("memo is short").into()
}

static VM: LazyLock<Vm> = LazyLock::new(|| Vm::in_memory().expect("the engine starts"));

fn check_bytes(bytes: &[u8]) -> Result<ValidTransaction, TransactionError> {
    POLICY.check(bytes, Profile::Local.at(1), &VM)
}

fn check(transaction: &Transaction) -> Result<ValidTransaction, TransactionError> {
    check_bytes(&transaction.to_network_bytes())
}

fn call(argument_bytes: usize) -> TransactionData {
    let call = ContractCall::new(ContractId::from_bytes([9; 32]), "function");
    call.with_raw_args(vec![1; argument_bytes]).into()
}

#[test]
fn good_transactions_pass_in_every_envelope_and_take_the_ledgers_form() {
    let tx = signed(payload(Some(call(10))));
    for format in [TransactionFormat::Aegis, TransactionFormat::Boreas] {
        let checked = check_bytes(&tx.encode_for_format(format)).expect("good");
        assert_eq!(checked.transaction().format(), TransactionFormat::Boreas);
        assert_eq!(checked.id().to_string(), hex::encode(checked.transaction().id()));
        assert_eq!(checked.sender(), ACCOUNTS[0].id());
        assert_eq!(checked.most_spent(), 100_000_000 * 2000);
        assert_eq!(checked.ledger_bytes(), 12 + tx.encode_for_format(TransactionFormat::Boreas).len());
    }
}

#[test]
fn each_wrong_term_is_named() {
    type Change = fn(&mut Payload);
    let cases: [(Change, TransactionError); 9] = [
        (|p| p.chain_id = 1, TransactionError::WrongChain { expected: 0, found: 1 }),
        (|p| p.fee.gas_price = 0, TransactionError::GasPriceTooLow { price: 0, least: 1 }),
        (|p| p.fee.gas_limit = 74_999, TransactionError::GasLimitTooLow { limit: 74_999, least: 75_000 }),
        (
            |p| p.fee.gas_limit = 3_000_000_001,
            TransactionError::GasLimitTooHigh { limit: 3_000_000_001, most: 3_000_000_000 },
        ),
        (|p| p.fee.gas_price = u64::MAX, TransactionError::Overflow),
        (|p| p.value = u64::MAX, TransactionError::Overflow),
        (|p| p.deposit = u64::MAX, TransactionError::Overflow),
        (
            |p| {
                p.data = Some(ContractDeploy::new(vec![0; 60_000], vec![1], None, 0).into());
                p.fee.gas_limit = 5_999_999;
            },
            TransactionError::GasLimitTooLow { limit: 5_999_999, least: 6_000_000 },
        ),
        (
            |p| {
                p.data = Some(ContractDeploy::new(vec![0; 60_000], vec![1], None, 0).into());
                p.fee.gas_price = 1999;
            },
            TransactionError::GasPriceTooLow { price: 1999, least: 2000 },
        ),
    ];
    for (change, expected) in cases {
        let mut payload = payload(None);
        change(&mut payload);
        assert_eq!(check(&signed(payload)).map(|tx| tx.id()), Err(expected));
    }
}

#[test]
fn size_and_kind_are_bounded() {
    assert!(matches!(check_bytes(&vec![1; MAX_TRANSACTION_BYTES + 1]), Err(TransactionError::TooLarge { .. })));
    assert!(matches!(check(&signed(payload(Some(call(70_000))))), Err(TransactionError::ArgumentsTooLarge { .. })));
    check(&signed(payload(Some(call(60_000))))).expect("fits the argument buffer");
}

fn with_blobs(blobs: Vec<BlobData>, gas_limit: u64) -> Result<TxId, TransactionError> {
    let mut payload = payload(Some(blobs.into()));
    payload.fee.gas_limit = gas_limit;
    check(&signed(payload)).map(|tx| tx.id())
}

#[test]
fn blobs_come_whole_and_with_their_proofs() {
    on_a_nodes_stack(check_blobs);
}

/// Runs a test in a thread like those of a node.
fn on_a_nodes_stack(test: fn()) {
    let thread = std::thread::Builder::new().stack_size(crate::work::STACK_BYTES).spawn(test).expect("a thread");
    thread.join().expect("the test passes");
}

fn check_blobs() {
    let good = BlobData::from_datapart(&[1; 4096 * 32], None).expect("field elements");
    with_blobs(vec![good.clone()], 1_000_000).expect("good");
    let low = TransactionError::GasLimitTooLow { limit: 1_999_999, least: 2_000_000 };
    assert_eq!(with_blobs(vec![good.clone(); 2], 1_999_999), Err(low));
    assert_eq!(with_blobs(vec![], 1_000_000), Err(TransactionError::BlobCount { count: 0 }));
    let named = BlobData { data: None, ..good.clone() };
    assert_eq!(with_blobs(vec![named.clone(); 7], 9_000_000), Err(TransactionError::BlobCount { count: 7 }));
    assert_eq!(with_blobs(vec![named], 1_000_000), Err(BlobError::Missing(good.hash).into()));
    let other = BlobData { hash: [1; 32], ..good.clone() };
    assert_eq!(with_blobs(vec![other], 1_000_000), Err(BlobError::Commitment([1; 32]).into()));
    let mut changed = good.clone();
    changed.data.as_mut().expect("a sidecar").data[31] ^= 1;
    assert_eq!(with_blobs(vec![changed], 1_000_000), Err(BlobError::Proof(good.hash).into()));
}

#[test]
fn rules_may_forbid_foreign_contracts() {
    let foreign = signed(payload(Some(call(0))));
    let closed = Profile::Mainnet.at(2_710_376);
    assert!(matches!(POLICY.check_terms(&foreign, closed), Err(TransactionError::Forbidden { .. })));
    let deploy = signed(payload(Some(ContractDeploy::new(vec![0], vec![1], None, 0).into())));
    assert!(matches!(POLICY.check_terms(&deploy, closed), Err(TransactionError::Forbidden { .. })));
    assert_eq!(POLICY.check_terms(&foreign, Profile::Mainnet.at(4_414_095)), Ok(()));
}

#[test]
fn signatures_are_the_senders_and_cover_everything() {
    let by_another = moonlight::Transaction::sign_payload(ACCOUNTS[1].secret_key(), payload(None)).expect("signs");
    assert_eq!(check(&by_another.into()).map(|tx| tx.id()), Err(TransactionError::BadSignature));
    let bytes = signed(payload(None)).to_network_bytes();
    // The nonce stands before the byte for "no data" and the signature of 48 bytes.
    let mut changed = bytes.clone();
    changed[bytes.len() - 48 - 9] ^= 2;
    assert_eq!(check_bytes(&changed).map(|tx| tx.id()), Err(TransactionError::BadSignature));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(noise in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(check_bytes(&noise).is_err());
    }

    #[test]
    fn no_damage_goes_unnoticed(at in 0_usize..10_000, value in 1_u8..=255) {
        let tx = signed(payload(Some(call(100))));
        let mut bytes = tx.to_network_bytes();
        let at = at % bytes.len();
        bytes[at] ^= value;
        if let Ok(checked) = check_bytes(&bytes) {
            prop_assert_eq!(checked.protocol(), &tx);
        }
    }
}
