//! Blocks and transactions as JSON, field for field as production writes them.

use dusk_bytes::Serializable;
use dusk_core::transfer::{RefundAddress, Transaction};
use dusk_sdk_protocol::execution::{CallError, Event, HexId};
use local_node_types::ledger::{Attestation, Hash, Header, Label, LedgerTransaction, StepVotes, Vote};
use serde_json::{Value, json};

use crate::block::{SpentTransaction, StoredBlock};

/// The text of a failed call, as production stores it with the transaction.
pub(super) fn call_error(error: &CallError) -> String {
    match error {
        CallError::Panic(text) => format!("Panic({text:?})"),
        CallError::OutOfGas => "OutOfGas".into(),
        CallError::DoesNotExist => "DoesNotExist".into(),
        CallError::Unknown => "Unknown".into(),
    }
}

/// A block as `blocks/accepted` announces it.
pub(super) fn block(block: &StoredBlock) -> Value {
    let ids: Vec<_> = block.transactions.iter().map(|transaction| transaction.id().to_string()).collect();
    json!({ "header": header(block.header()), "transactions": ids })
}

/// The events of a block, those of its transactions first, with the transaction or block that caused each.
pub(super) fn events(block: &StoredBlock) -> Value {
    origins(block).map(|(origin, it)| event(&origin, it)).collect()
}

/// The events of a block in the same order, each with the hash of what caused it.
pub(super) fn origins(block: &StoredBlock) -> impl Iterator<Item = (Hash, &Event)> {
    let called = block.transactions.iter().flat_map(|spent| {
        let id = spent.id().0;
        spent.events.iter().map(move |it| (id, it))
    });
    called.chain(block.events.iter().map(|it| (block.header().hash, it)))
}

/// An event, with the hash of the transaction or block that caused it.
pub(super) fn event(origin: &Hash, event: &Event) -> Value {
    json!({
        "origin": hex::encode(origin),
        "topic": event.topic,
        "source": HexId(&event.source).to_string(),
        "data": hex::encode(&event.data),
        "reverted": event.reverted,
    })
}

/// A block header.
pub(super) fn header(header: &Header) -> Value {
    let failed: Vec<_> = header
        .failed_iterations
        .items()
        .iter()
        .map(|item| item.as_ref().map(|failed| json!([attestation(&failed.attestation), failed.generator.to_string()])))
        .collect();
    json!({
        "version": header.version,
        "height": header.height,
        "timestamp": header.timestamp,
        "prev_block_hash": hex::encode(header.prev_block_hash),
        "seed": hex::encode(header.seed.as_bytes()),
        "state_hash": hex::encode(header.state_root),
        "event_bloom": hex::encode(header.event_bloom.0),
        "generator_bls_pubkey": header.generator.to_string(),
        "txroot": hex::encode(header.tx_root),
        "faultroot": hex::encode(header.fault_root),
        "gas_limit": header.gas_limit,
        "iteration": header.iteration,
        "prev_block_cert": attestation(&header.prev_block_cert),
        "failed_iterations": failed,
        "hash": hex::encode(header.hash),
        "signature": hex::encode(header.signature.as_bytes()),
    })
}

/// An attestation.
pub(super) fn attestation(attestation: &Attestation) -> Value {
    let result = attestation.result.vote();
    json!({
        "result": vote(result),
        "validation": step_votes(&attestation.validation),
        "ratification": step_votes(&attestation.ratification),
    })
}

fn vote(vote: &Vote) -> Value {
    match vote {
        Vote::NoCandidate => json!("NoCandidate"),
        Vote::Valid(hash) => json!({ "Valid": hex::encode(hash) }),
        Vote::Invalid(hash) => json!({ "Invalid": hex::encode(hash) }),
        Vote::NoQuorum => json!("NoQuorum"),
    }
}

fn step_votes(votes: &StepVotes) -> Value {
    json!({ "bitset": votes.bitset, "aggregate_signature": hex::encode(votes.signature.as_bytes()) })
}

/// A block's label, in production's names.
pub(super) fn label(label: Label) -> Value {
    match label {
        Label::Accepted(n) => json!({ "Accepted": n }),
        Label::Attested(n) => json!({ "Attested": n }),
        Label::Confirmed(n) => json!({ "Confirmed": n }),
        Label::Final(n) => json!({ "Final": n }),
    }
}

/// A transaction.
pub(super) fn transaction(transaction: &LedgerTransaction) -> Value {
    let protocol = transaction.protocol();
    let mut document = match protocol {
        Transaction::Phoenix(phoenix) => {
            let nullifiers: Vec<_> = phoenix.nullifiers().iter().map(|it| hex::encode(it.to_bytes())).collect();
            json!({ "type": "phoenix", "root": hex::encode(phoenix.root().to_bytes()), "nullifiers": nullifiers })
        }
        Transaction::Moonlight(moonlight) => json!({
            "type": "moonlight",
            "sender": base58(moonlight.sender().to_bytes()),
            "receiver": moonlight.receiver().map(|receiver| base58(receiver.to_bytes())),
            "value": moonlight.value(),
            "nonce": moonlight.nonce(),
        }),
    };
    let refund = match protocol.refund_address() {
        RefundAddress::Phoenix(address) => base58(address.to_bytes()),
        RefundAddress::Moonlight(address) => base58(address.to_bytes()),
    };
    document["deposit"] = json!(protocol.deposit());
    document["fee"] = json!({
        "gas_limit": protocol.gas_limit().to_string(),
        "gas_price": protocol.gas_price().to_string(),
        "refund_address": refund,
    });
    document["call"] = protocol.call().map_or(Value::Null, |call| {
        json!({
            "contract": HexId(&call.contract).to_string(),
            "fn_name": call.fn_name,
            "fn_args": base64(&call.fn_args),
        })
    });
    document["is_deploy"] = json!(protocol.deploy().is_some());
    document["memo"] = json!(protocol.memo().map(hex::encode));
    document
}

/// A transaction with what came of it, as `transactions/executed` announces it.
pub(super) fn spent(spent: &SpentTransaction) -> Value {
    json!({
        "inner": transaction(&spent.transaction),
        "block_height": spent.height,
        "gas_spent": spent.gas_spent,
        "err": spent.result.as_ref().err().map(call_error),
    })
}

fn base58(bytes: impl AsRef<[u8]>) -> String {
    bs58::encode(bytes).into_string()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_calls_read_as_in_production() {
        let text = call_error(&CallError::Panic("E1: Insufficient {\"held\":3}".into()));
        assert_eq!(text, r#"Panic("E1: Insufficient {\"held\":3}")"#);
        assert_eq!(call_error(&CallError::OutOfGas), "OutOfGas");
    }

    #[test]
    fn the_genesis_header_has_every_field_of_production() {
        let document = header(&Header::default());
        let fields = [
            "version",
            "height",
            "timestamp",
            "prev_block_hash",
            "seed",
            "state_hash",
            "event_bloom",
            "generator_bls_pubkey",
            "txroot",
            "faultroot",
            "gas_limit",
            "iteration",
            "prev_block_cert",
            "failed_iterations",
            "hash",
            "signature",
        ];
        assert_eq!(document.as_object().map(serde_json::Map::len), Some(fields.len()));
        for field in fields {
            assert!(!document[field].is_null(), "{field}");
        }
    }
}
