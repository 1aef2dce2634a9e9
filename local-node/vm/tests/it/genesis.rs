//! The production genesis comes out byte for byte.

use std::fs;
use std::path::Path;

use dusk_bytes::DeserializableSlice;
use dusk_core::JubJubScalar;
use dusk_core::signatures::bls::PublicKey;
use dusk_core::stake::{STAKE_CONTRACT, StakeAmount, StakeData, StakeFundOwner, StakeKeys};
use dusk_core::transfer::TRANSFER_CONTRACT;
use dusk_core::transfer::phoenix::{self, Note, Sender};
use ff::Field;
use local_node_vm::genesis;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::common::{PLENTY, at_genesis, encoded, genesis_vm, key_from_base58, keys, new_vm, today};

/// The state root of the public network's genesis.
const MAINNET_ROOT: &str = "d90d03cf808252037ac2fdd8677868e1ac419caab09ec4cf0e87eafa86b8a612";

/// The consensus key that production compiles in.
const DUSK_KEY: [u8; 96] = hex_literal(
    b"85906b7d01ea393501938441f43a18e97618b73eb30438a6fcf685f9f7f4ca6b061f229844abbbbb998f9c739d3c3686\
      1539e2ed19294d16c56b1c66491b4f1aecff85b6f39b293145b0f6f4e031b2eccb14e4c1e3618a3e36d8a12ffb2415de",
);

const fn hex_literal(digits: &[u8; 192]) -> [u8; 96] {
    const fn value(digit: u8) -> u8 {
        if digit <= b'9' { digit - b'0' } else { digit - b'a' + 10 }
    }
    let mut bytes = [0; 96];
    let mut index = 0;
    while index < 96 {
        bytes[index] = value(digits[2 * index]) << 4 | value(digits[2 * index + 1]);
        index += 1;
    }
    bytes
}

#[derive(Debug, Default)]
struct Entry {
    kind: String,
    fields: Vec<(String, String)>,
}

impl Entry {
    fn text(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> u64 {
        self.text(name).map_or(0, |value| value.replace('_', "").parse().unwrap())
    }
}

/// The tables of a snapshot file, in order.
fn snapshot() -> Vec<Entry> {
    let file = Path::new(env!("GENESIS_FOLDER")).join("../config/mainnet.toml");
    let mut entries: Vec<Entry> = Vec::new();
    for line in fs::read_to_string(file).unwrap().lines() {
        if let Some(kind) = line.strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]")) {
            entries.push(Entry { kind: kind.to_owned(), fields: Vec::new() });
        } else if let Some((name, value)) = line.split_once(" = ") {
            let value = value.trim_matches(['\'', '"']).to_owned();
            entries.last_mut().unwrap().fields.push((name.to_owned(), value));
        }
    }
    entries
}

#[test]
fn the_public_networks_genesis_has_its_state_root() {
    let vm = new_vm();
    let dusk = PublicKey::from_slice(&DUSK_KEY).unwrap();
    let mut session = vm.session(None, at_genesis()).unwrap();
    genesis::install(&mut session, &dusk, &dusk).unwrap();
    let empty = session.commit().unwrap();

    let mut session = vm.session(Some(empty), at_genesis()).unwrap();
    let mut call = |contract, function: &str, argument: &[u8]| {
        session.call(contract, function, argument, u64::MAX).unwrap();
    };
    let entries = snapshot();
    for entry in entries.iter().filter(|entry| entry.kind == "phoenix_balance") {
        let mut rng = StdRng::seed_from_u64(0xdead_beef);
        assert_eq!(entry.text("seed"), Some("0xdead_beef"));
        let address = bs58::decode(entry.text("address").unwrap()).into_vec().unwrap();
        let address = phoenix::PublicKey::from_slice(&address).unwrap();
        let notes = entry.text("notes").unwrap().trim_matches(['[', ']']).replace('_', "");
        for amount in notes.split(", ").map(|amount| amount.parse().unwrap()) {
            let stealth = address.gen_stealth_address(&JubJubScalar::random(&mut rng));
            let note = Note::transparent_stealth(stealth, amount, Sender::ContractInfo([0; 128]));
            call(TRANSFER_CONTRACT, "push_note", &encoded(&(0_u64, note)));
        }
    }
    for entry in entries.iter().filter(|entry| entry.kind == "moonlight_account") {
        let account = key_from_base58(entry.text("address").unwrap());
        call(TRANSFER_CONTRACT, "add_account_balance", &encoded(&(account, entry.number("balance"))));
    }
    call(TRANSFER_CONTRACT, "update_root", &[]);
    let mut staked = 0;
    for entry in entries.iter().filter(|entry| entry.kind == "stake") {
        let account = key_from_base58(entry.text("address").unwrap());
        let owner = entry.text("owner").map_or(account, key_from_base58);
        let amount = StakeAmount { value: entry.number("amount"), locked: 0, eligibility: entry.number("eligibility") };
        let stake = StakeData { amount: Some(amount), reward: entry.number("reward"), faults: 0, hard_faults: 0 };
        let keys = StakeKeys::new(account, StakeFundOwner::Account(owner));
        call(STAKE_CONTRACT, "insert_stake", &encoded(&(keys, stake)));
        staked += amount.value;
    }
    call(TRANSFER_CONTRACT, "add_contract_balance", &encoded(&(STAKE_CONTRACT, staked)));
    let before = session.root().unwrap();
    let root = session.commit().unwrap();
    assert_eq!(before, root);
    assert_eq!(hex::encode(root), MAINNET_ROOT);
}

/// Gas that production spends on calls of the genesis contracts.
#[test]
fn calls_cost_what_they_cost_in_production() {
    let (vm, root) = genesis_vm();
    let (_, owner) = keys(0);
    let (_, staker) = keys(1);
    let mut session = vm.session(Some(root), today()).unwrap();
    let amount = StakeAmount { value: 1_000, locked: 0, eligibility: 0 };
    let stake = StakeData { amount: Some(amount), reward: 0, faults: 0, hard_faults: 0 };
    let entry = encoded(&(StakeKeys::single_key(staker), stake));
    session.call(STAKE_CONTRACT, "insert_stake", &entry, PLENTY).unwrap();
    let root = session.commit().unwrap();
    let cases = [
        (TRANSFER_CONTRACT, "chain_id", vec![], 420),
        (TRANSFER_CONTRACT, "root", vec![], 711),
        (TRANSFER_CONTRACT, "num_notes", vec![], 419),
        (TRANSFER_CONTRACT, "contract_balance", encoded(&STAKE_CONTRACT), 1422),
        (STAKE_CONTRACT, "get_stake", encoded(&owner), 31_226),
        (TRANSFER_CONTRACT, "update_root", vec![], 948),
    ];
    for (contract, function, argument, gas) in cases {
        let mut session = vm.session(Some(root), today()).unwrap();
        let receipt = session.call(contract, function, &argument, PLENTY).unwrap();
        assert_eq!(receipt.gas_spent, gas, "{function}");
    }
}

#[test]
fn the_first_update_of_an_empty_tree_costs_what_it_costs_in_production() {
    let vm = new_vm();
    let mut session = vm.session(None, today()).unwrap();
    session.deploy(TRANSFER_CONTRACT, genesis::TRANSFER, None, &[1], PLENTY).unwrap();
    let balance = encoded(&(STAKE_CONTRACT, 0_u64));
    session.call(TRANSFER_CONTRACT, "add_contract_balance", &balance, PLENTY).unwrap();
    assert_eq!(session.call(TRANSFER_CONTRACT, "update_root", &[], PLENTY).unwrap().gas_spent, 1894);
    assert_eq!(session.call(TRANSFER_CONTRACT, "update_root", &[], PLENTY).unwrap().gas_spent, 948);
}
