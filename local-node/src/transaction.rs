//! Transactions from outside: what can be checked of one without the chain's state.
//!
//! [`Policy::check`] takes bytes of any origin and gives a [`Checked`] transaction or says what is wrong with them. It
//! goes from cheap to dear: size, form, chain, fees, gas, and the signature last. What depends on accounts (nonce,
//! balance) is the business of the [`mempool`](crate::mempool). Source: sheet `protocol/transactions.md`, section 10.

mod signature;

use std::fmt;
use std::sync::Arc;

use dusk_core::TxPreconditionError;
use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::moonlight;
use dusk_core::transfer::{Transaction, TransactionFormat};
use local_node_types::codec::Encode;
use local_node_types::keys::BlsKey;
use local_node_types::ledger::LedgerTransaction;
use local_node_types::rules::{
    BLOCK_GAS_LIMIT, GAS_PER_BLOB, GAS_PER_DEPLOY_BYTE, MIN_DEPLOY_GAS, MIN_DEPLOY_GAS_PRICE, MIN_GAS_LIMIT, Rules,
};
use local_node_vm::{BlobError, ModuleError, Vm, check_preconditions, validate, verify_blobs};

use crate::block::TxId;

/// The most bytes that a block may have.
pub const MAX_BLOCK_BYTES: usize = 1024 * 1024;
/// The least bytes that a block header has.
pub const MIN_HEADER_BYTES: usize = 863;
/// The most bytes that a transaction may have, in the form in which a block holds it.
pub const MAX_TRANSACTION_BYTES: usize = MAX_BLOCK_BYTES - MIN_HEADER_BYTES;
/// The most bytes of an argument of a contract. A transaction without its bytecode is an argument.
pub const MAX_ARGUMENT_BYTES: usize = 64 * 1024;

/// Why a transaction is refused before the chain's state is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// It cannot fit a block.
    #[error("the transaction has {bytes} bytes, but a block takes at most {MAX_TRANSACTION_BYTES}")]
    TooLarge {
        /// Its bytes.
        bytes: usize,
    },
    /// It cannot be handed to the transfer contract.
    #[error(
        "the transaction's arguments have {bytes} bytes when encoded for the transfer contract, \
         which takes {MAX_ARGUMENT_BYTES}: pass less data in one call"
    )]
    ArgumentsTooLarge {
        /// The bytes of its encoding without bytecode.
        bytes: usize,
    },
    /// The bytes are no transaction.
    #[error("the bytes are no transaction: {0}")]
    Malformed(String),
    /// It is made for another chain.
    #[error("the transaction is for chain {found}, but this is chain {expected}: sign it with chain id {expected}")]
    WrongChain {
        /// This chain's id.
        expected: u8,
        /// The transaction's.
        found: u8,
    },
    /// A kind of transaction that this node does not take yet.
    #[error("{0} transactions are not supported by this node yet: use a public (Moonlight) transaction")]
    Unsupported(&'static str),
    /// It carries no blob although it is of that kind, or too many.
    #[error("the transaction carries {count} blobs: 1 to 6 are possible")]
    BlobCount {
        /// How many.
        count: usize,
    },
    /// One of its blobs is not acceptable.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The gas price is too low.
    #[error("the gas price is {price} LUX, but at least {least} is needed")]
    GasPriceTooLow {
        /// The transaction's.
        price: u64,
        /// The least possible.
        least: u64,
    },
    /// The gas limit is too low.
    #[error("the gas limit is {limit}, but this transaction needs at least {least}")]
    GasLimitTooLow {
        /// The transaction's.
        limit: u64,
        /// The least possible.
        least: u64,
    },
    /// The gas limit is more than a block has.
    #[error("the gas limit is {limit}, but a block has {most}")]
    GasLimitTooHigh {
        /// The transaction's.
        limit: u64,
        /// The most possible.
        most: u64,
    },
    /// Value, deposit and fee do not fit 64 bits together.
    #[error("value, deposit and highest fee overflow 64 bits: lower the gas price or the gas limit")]
    Overflow,
    /// The rules in force forbid what it does.
    #[error("the rules of {profile} at height {height} do not allow it: {what}")]
    Forbidden {
        /// What is forbidden.
        what: String,
        /// The name of the rule profile.
        profile: &'static str,
        /// The height.
        height: u64,
    },
    /// The module to deploy would be refused by the virtual machine.
    #[error("the contract cannot be deployed: {0}; build it with `cargo dusk build`")]
    BadModule(#[from] ModuleError),
    /// The module to deploy is not the one that was signed.
    #[error("the contract cannot be deployed: its bytecode does not have the hash that the transaction states")]
    BytecodeHash,
    /// The signature is not the sender's.
    #[error("the signature is not valid: it must be the sender's, over the whole transaction, of scheme V2")]
    BadSignature,
}

/// A transaction that passed every check that needs no state. Cheap to clone.
#[derive(Clone)]
pub struct Checked(Arc<Parts>);

struct Parts {
    id: TxId,
    sender: BlsKey,
    transaction: LedgerTransaction,
    nonce: u64,
    most_spent: u64,
    ledger_bytes: usize,
}

impl Checked {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> TxId {
        self.0.id
    }

    /// Who signed it and pays for it.
    #[must_use]
    pub fn sender(&self) -> BlsKey {
        self.0.sender
    }

    /// The sender's key.
    #[must_use]
    pub fn sender_key(&self) -> &PublicKey {
        match self.protocol().moonlight_sender() {
            Some(key) => key,
            None => unreachable!("only public transactions pass the checks"),
        }
    }

    /// Its place in the order of the sender's transactions, from 1.
    #[must_use]
    pub fn nonce(&self) -> u64 {
        self.0.nonce
    }

    /// The most LUX that it can take from its sender: value, deposit and the fee of its whole gas limit.
    #[must_use]
    pub fn most_spent(&self) -> u64 {
        self.0.most_spent
    }

    /// LUX for each unit of gas.
    #[must_use]
    pub fn gas_price(&self) -> u64 {
        self.protocol().gas_price()
    }

    /// The most gas that it may spend.
    #[must_use]
    pub fn gas_limit(&self) -> u64 {
        self.protocol().gas_limit()
    }

    /// How many bytes it takes in a block.
    #[must_use]
    pub fn ledger_bytes(&self) -> usize {
        self.0.ledger_bytes
    }

    /// The transaction as a block holds it.
    #[must_use]
    pub fn transaction(&self) -> &LedgerTransaction {
        &self.0.transaction
    }

    /// The transaction itself.
    #[must_use]
    pub fn protocol(&self) -> &Transaction {
        self.0.transaction.protocol()
    }

    /// Takes a transaction whose signature is known to be good, because it was made here or checked before.
    ///
    /// # Errors
    /// When it is not a public transaction or its amounts overflow.
    pub fn trusted(transaction: Transaction, rules: Rules) -> Result<Self, TransactionError> {
        let Transaction::Moonlight(inner) = &transaction else {
            return Err(TransactionError::Unsupported("shielded (Phoenix)"));
        };
        let (nonce, most_spent, sender) = (inner.nonce(), most_spent(inner)?, BlsKey::from(inner.sender()));
        let transaction = LedgerTransaction::new(transaction, rules.fork().ledger_format());
        let (id, ledger_bytes) = (TxId::of(&transaction), transaction.encoded().len());
        Ok(Self(Arc::new(Parts { id, sender, transaction, nonce, most_spent, ledger_bytes })))
    }
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked")
            .field("id", &self.id())
            .field("sender", &self.sender())
            .field("nonce", &self.nonce())
            .field("gas_price", &self.gas_price())
            .field("gas_limit", &self.gas_limit())
            .finish_non_exhaustive()
    }
}

/// What a node asks of every transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The chain that it must be for.
    pub chain_id: u8,
    /// The least gas limit.
    pub min_gas_limit: u64,
    /// The most gas that a block may spend, hence a transaction.
    pub block_gas_limit: u64,
}

impl Policy {
    /// The production limits for a chain.
    #[must_use]
    pub const fn of_chain(chain_id: u8) -> Self {
        Self { chain_id, min_gas_limit: MIN_GAS_LIMIT, block_gas_limit: BLOCK_GAS_LIMIT }
    }

    /// Reads and checks a transaction for a block under `rules`. It costs some milliseconds of computation, most of
    /// them for decoding keys and for the signature, which the machine remembers, so that no block verifies it again.
    ///
    /// # Errors
    /// What is wrong with the transaction, the first of the checks that fails.
    pub fn check(&self, bytes: &[u8], rules: Rules, vm: &Vm) -> Result<Checked, TransactionError> {
        if bytes.len() > MAX_TRANSACTION_BYTES {
            return Err(TransactionError::TooLarge { bytes: bytes.len() });
        }
        let transaction = decode(bytes)?;
        self.check_terms(&transaction, rules)?;
        let checked = Checked::trusted(transaction, rules)?;
        if checked.ledger_bytes() > MAX_TRANSACTION_BYTES {
            return Err(TransactionError::TooLarge { bytes: checked.ledger_bytes() });
        }
        check_module(checked.protocol(), rules)?;
        verify_signature(checked.protocol(), rules, vm)?;
        verify_blobs(checked.protocol())?;
        Ok(checked)
    }

    /// Everything but size and signature.
    ///
    /// # Errors
    /// What is wrong with the transaction, the first of the checks that fails.
    pub fn check_terms(&self, transaction: &Transaction, rules: Rules) -> Result<(), TransactionError> {
        let Transaction::Moonlight(inner) = transaction else {
            return Err(TransactionError::Unsupported("shielded (Phoenix)"));
        };
        if inner.chain_id() != self.chain_id {
            return Err(TransactionError::WrongChain { expected: self.chain_id, found: inner.chain_id() });
        }
        self.check_gas(transaction)?;
        most_spent(inner)?;
        check_features(transaction, rules)?;
        check_argument(transaction)
    }

    fn check_gas(&self, transaction: &Transaction) -> Result<(), TransactionError> {
        let (price, limit) = (transaction.gas_price(), transaction.gas_limit());
        if price < 1 {
            return Err(TransactionError::GasPriceTooLow { price, least: 1 });
        }
        if limit < self.min_gas_limit {
            return Err(TransactionError::GasLimitTooLow { limit, least: self.min_gas_limit });
        }
        if limit > self.block_gas_limit {
            return Err(TransactionError::GasLimitTooHigh { limit, most: self.block_gas_limit });
        }
        let charged = transaction
            .deploy_check(GAS_PER_DEPLOY_BYTE, MIN_DEPLOY_GAS_PRICE, MIN_DEPLOY_GAS)
            .and_then(|()| transaction.blob_check(GAS_PER_BLOB).map(drop));
        charged.map_err(|error| match error {
            TxPreconditionError::DeployLowPrice(least) => TransactionError::GasPriceTooLow { price, least },
            TxPreconditionError::DeployLowLimit(least) | TxPreconditionError::BlobLowLimit(least) => {
                TransactionError::GasLimitTooLow { limit, least }
            }
            TxPreconditionError::BlobEmpty => TransactionError::BlobCount { count: 0 },
            TxPreconditionError::BlobTooMany(count) => TransactionError::BlobCount { count },
            _ => TransactionError::Overflow,
        })
    }
}

/// Reads a transaction in any envelope that clients and nodes use today. Blocks hold it in the form of their height,
/// whatever form it came in.
///
/// # Errors
/// When the bytes are no transaction.
pub fn decode(bytes: &[u8]) -> Result<Transaction, TransactionError> {
    let malformed = |error| TransactionError::Malformed(format!("{error:?}"));
    let decoded = Transaction::decode_any(bytes).map_err(malformed)?;
    if decoded.format == TransactionFormat::PreAegis {
        return Err(TransactionError::Malformed("it has the form from before the fork Aegis".into()));
    }
    Ok(decoded.transaction)
}

/// Checks the sender's signature, and lets the machine remember a good one.
fn verify_signature(transaction: &Transaction, rules: Rules, vm: &Vm) -> Result<(), TransactionError> {
    let Transaction::Moonlight(inner) = transaction else {
        return Err(TransactionError::Unsupported("shielded (Phoenix)"));
    };
    let (message, key, signed) = (inner.signature_message(), inner.sender(), inner.signature());
    if !signature::is_valid(key, signed, &message, rules.fork().bls_version()) {
        return Err(TransactionError::BadSignature);
    }
    vm.remember_valid_signature(&message, key, signed, rules);
    Ok(())
}

/// Checks a module that is to be deployed. The chain itself would charge the whole gas limit for a bad one.
fn check_module(transaction: &Transaction, rules: Rules) -> Result<(), TransactionError> {
    let Some(deploy) = transaction.deploy() else { return Ok(()) };
    if *blake3::hash(&deploy.bytecode.bytes).as_bytes() != deploy.bytecode.hash {
        return Err(TransactionError::BytecodeHash);
    }
    validate(&deploy.bytecode.bytes, rules)?;
    Ok(())
}

fn most_spent(transaction: &moonlight::Transaction) -> Result<u64, TransactionError> {
    transaction
        .gas_limit()
        .checked_mul(transaction.gas_price())
        .and_then(|fee| fee.checked_add(transaction.value()))
        .and_then(|sum| sum.checked_add(transaction.deposit()))
        .ok_or(TransactionError::Overflow)
}

fn check_features(transaction: &Transaction, rules: Rules) -> Result<(), TransactionError> {
    check_preconditions(transaction, rules).map_err(|problem| TransactionError::Forbidden {
        what: problem.to_string(),
        profile: rules.profile().name(),
        height: rules.height(),
    })
}

fn check_argument(transaction: &Transaction) -> Result<(), TransactionError> {
    let stripped = transaction.strip_off_bytecode().or_else(|| transaction.blob_to_memo());
    let archived = rkyv::to_bytes::<_, 4096>(stripped.as_ref().unwrap_or(transaction))
        .map_err(|error| TransactionError::Malformed(error.to_string()))?;
    if archived.len() > MAX_ARGUMENT_BYTES {
        return Err(TransactionError::ArgumentsTooLarge { bytes: archived.len() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use dusk_core::abi::ContractId;
    use dusk_core::transfer::data::{BlobData, ContractCall, ContractDeploy, TransactionData};
    use dusk_core::transfer::moonlight::{Fee, Payload};
    use local_node_types::rules::Profile;
    use proptest::prelude::*;

    use super::*;
    use crate::accounts::{DevAccount, dev_accounts};

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

    fn check_bytes(bytes: &[u8]) -> Result<Checked, TransactionError> {
        POLICY.check(bytes, Profile::Local.at(1), &VM)
    }

    fn check(transaction: &Transaction) -> Result<Checked, TransactionError> {
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
}
