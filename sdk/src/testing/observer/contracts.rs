//! The contracts of a test by their ids: their names, and the values of their calls and events, split into parts.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use dusk_sdk_protocol::ContractId as Id;
use dusk_sdk_protocol::execution::HexId;
use serde_json::Value;

use super::leaves::{Leaf, Leaves, raw};
use crate::contract_id::ContractId;
use crate::interface::{Interface, Type, Types};
use crate::transfers::TRANSFER_CONTRACT;

/// Values with their names and types.
type Values = Vec<(&'static str, Value, Type)>;

/// The deployed contracts of a test.
pub(super) struct Contracts(pub(super) Vec<(ContractId, &'static Interface)>);

impl Contracts {
    /// The name of a contract.
    pub(super) fn name(&self, id: &Id) -> String {
        match self.interface(id) {
            Some(interface) => interface.package.to_string(),
            None if *id == TRANSFER_CONTRACT.to_bytes() => "transfer".to_string(),
            None if is_genesis(id) => "stake".to_string(),
            None => HexId(id).to_string(),
        }
    }

    /// The parts of a call's argument.
    pub(super) fn argument(&self, id: &Id, function: &str, bytes: &[u8]) -> Vec<Leaf> {
        self.decoded(id, bytes, |interface, leaves, types| {
            let value: Value = serde_json::from_str(&interface.decode_input(function, bytes).ok()?).ok()?;
            for (name, ty) in interface.input_types(function, types)? {
                leaves.push((name, value.get(name)?.clone(), ty));
            }
            Some(())
        })
    }

    /// The parts of a call's result.
    pub(super) fn result(&self, id: &Id, function: &str, bytes: &[u8]) -> Vec<Leaf> {
        if bytes.is_empty() {
            return Vec::new();
        }
        self.decoded(id, bytes, |interface, leaves, types| {
            let value: Value = serde_json::from_str(&interface.decode_output(function, bytes).ok()?).ok()?;
            leaves.push(("", value, interface.output_type(function, types)?));
            Some(())
        })
    }

    /// The parts of an event.
    pub(super) fn event(&self, id: &Id, topic: &str, bytes: &[u8]) -> Vec<Leaf> {
        self.decoded(id, bytes, |interface, leaves, types| {
            let value: Value = serde_json::from_str(&interface.decode_event(topic, bytes).ok()?).ok()?;
            leaves.push(("", value, interface.event_type(topic, types)?));
            Some(())
        })
    }

    fn interface(&self, id: &Id) -> Option<&'static Interface> {
        self.0.iter().find(|(known, _)| *id == known.to_bytes()).map(|(_, interface)| *interface)
    }

    /// The parts of a value, or its bytes as one part where it cannot be decoded.
    fn decoded(
        &self,
        id: &Id,
        bytes: &[u8],
        read: impl FnOnce(&Interface, &mut Values, &mut Types) -> Option<()>,
    ) -> Vec<Leaf> {
        let (mut types, mut values) = (Types::default(), Values::new());
        let known = self.interface(id).and_then(|interface| read(interface, &mut values, &mut types));
        if known.is_none() {
            return if bytes.is_empty() { Vec::new() } else { Vec::from([raw(bytes)]) };
        }
        let mut leaves = Leaves::new(&types);
        values.iter().for_each(|(name, value, ty)| leaves.add(name, value, ty));
        leaves.into_found()
    }
}

/// Whether it is a contract of the chain itself: its id is a small number.
pub(super) fn is_genesis(id: &Id) -> bool {
    id.as_bytes()[1..].iter().all(|byte| *byte == 0)
}
