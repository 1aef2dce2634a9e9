//! Helpers of several tests: a small contract, signed transactions, and the money of a whole chain.
#![allow(dead_code, reason = "each test file uses some of it")]

pub(crate) mod blocks;

use std::sync::LazyLock;

use dusk_core::abi::ContractId;
use dusk_core::signatures::bls::PublicKey;
use dusk_core::transfer::Transaction;
use dusk_core::transfer::data::{ContractCall, ContractDeploy, TransactionData};
use dusk_core::transfer::moonlight::{Fee, Payload};
use local_node::accounts::{DevAccount, NAMES, dev_accounts};

/// The development accounts.
pub(crate) static ACCOUNTS: LazyLock<[DevAccount; NAMES.len()]> = LazyLock::new(dev_accounts);

/// A contract that counts. `init` takes one byte to begin with and refuses 255; `count` adds one, tells about it and
/// gives the sum; `read` gives it; `fail` counts and then panics; `spin` never ends.
pub(crate) static COUNTER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    wat::parse_str(
        r#"(module
            (import "env" "panic" (func $panic (param i32)))
            (import "env" "emit" (func $emit (param i32 i32 i32)))
            (memory (export "memory") 3)
            (global $a (export "A") i32 (i32.const 65536))
            (data (i32.const 16) "counted")
            (data (i32.const 32) "refused")
            (func $refuse
                (memory.copy (global.get $a) (i32.const 32) (i32.const 7))
                (call $panic (i32.const 7)))
            (func $give (result i32)
                (i64.store (global.get $a) (i64.load (i32.const 0)))
                (i32.const 8))
            (func $add
                (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1))))
            (func (export "init") (param $length i32) (result i32)
                (if (local.get $length) (then
                    (i64.store (i32.const 0) (i64.load8_u (global.get $a)))))
                (if (i64.eq (i64.load (i32.const 0)) (i64.const 255)) (then (call $refuse)))
                (i32.const 0))
            (func (export "count") (param i32) (result i32)
                (call $add)
                (drop (call $give))
                (call $emit (i32.const 16) (i32.const 7) (i32.const 8))
                (call $give))
            (func (export "read") (param i32) (result i32) (call $give))
            (func (export "fail") (param i32) (result i32)
                (call $add)
                (call $refuse)
                (i32.const 0))
            (func (export "spin") (param i32) (result i32)
                (loop $again (br $again))
                (i32.const 0)))"#,
    )
    .expect("the text is a module")
});

/// A transaction to sign.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) from: usize,
    pub(crate) to: Option<PublicKey>,
    pub(crate) value: u64,
    pub(crate) deposit: u64,
    pub(crate) gas_limit: u64,
    pub(crate) gas_price: u64,
    pub(crate) nonce: u64,
    pub(crate) chain_id: u8,
    pub(crate) data: Option<TransactionData>,
}

impl Draft {
    /// A transaction of a development account that does nothing yet.
    pub(crate) fn new(from: usize, nonce: u64) -> Self {
        Self {
            from,
            to: None,
            value: 0,
            deposit: 0,
            gas_limit: 100_000_000,
            gas_price: 1,
            nonce,
            chain_id: 0,
            data: None,
        }
    }

    pub(crate) fn pay(mut self, to: usize, value: u64) -> Self {
        (self.to, self.value) = (Some(*ACCOUNTS[to].public_key()), value);
        self
    }

    pub(crate) fn call(mut self, contract: ContractId, function: &str) -> Self {
        self.data = Some(ContractCall::new(contract, function).with_raw_args(Vec::new()).into());
        self
    }

    pub(crate) fn deploy(mut self, bytecode: &[u8], init: Option<u8>) -> Self {
        let owner = ACCOUNTS[self.from].id().0.to_vec();
        let init = init.map(|byte| vec![byte]);
        self.data = Some(ContractDeploy::new(bytecode, owner, init, self.nonce).into());
        self.gas_price = 2000;
        self
    }

    pub(crate) fn memo(mut self, memo: &[u8]) -> Self {
        self.data = Some(memo.to_vec().into());
        self
    }

    pub(crate) fn price(mut self, gas_price: u64) -> Self {
        self.gas_price = gas_price;
        self
    }

    pub(crate) fn limit(mut self, gas_limit: u64) -> Self {
        self.gas_limit = gas_limit;
        self
    }

    pub(crate) fn sign(self) -> Transaction {
        let sender = *ACCOUNTS[self.from].public_key();
        let payload = Payload {
            chain_id: self.chain_id,
            sender,
            receiver: self.to.unwrap_or(sender),
            value: self.value,
            deposit: self.deposit,
            fee: Fee { gas_limit: self.gas_limit, gas_price: self.gas_price, refund_address: sender },
            nonce: self.nonce,
            data: self.data,
        };
        let signed =
            dusk_core::transfer::moonlight::Transaction::sign_payload(ACCOUNTS[self.from].secret_key(), payload);
        signed.expect("the memo is short enough").into()
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        self.sign().to_network_bytes()
    }
}

/// The id of the contract that a draft deploys.
pub(crate) fn deployed_id(transaction: &Transaction) -> ContractId {
    transaction.deploy().expect("it deploys").contract_id()
}

/// Where compiled modules are kept between tests.
pub(crate) fn module_cache() -> Option<std::path::PathBuf> {
    Some(concat!(env!("CARGO_TARGET_TMPDIR"), "/modules").into())
}
