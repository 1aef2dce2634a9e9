//! Names for what the chain knows by bytes: accounts and contracts.

use std::collections::BTreeMap;

use dusk_core::stake::STAKE_CONTRACT;
use dusk_core::transfer::TRANSFER_CONTRACT;
use local_node::accounts::dev_accounts;
use serde_json::Value;

use super::deployments::Deployments;
use super::names::{Given, Labels};
use crate::ops::project::settings::Settings;

/// Letters that are shown of the two ends of an address or id without a name.
const ENDS: usize = 6;
/// The contracts that every chain begins with.
const GENESIS: [(&str, dusk_core::abi::ContractId); 2] = [("transfer", TRANSFER_CONTRACT), ("stake", STAKE_CONTRACT)];

/// The names that a project has on one chain, by what they stand for.
#[derive(Debug, Default)]
pub(crate) struct ChainLabels {
    labels: Labels,
    genesis: BTreeMap<String, &'static str>,
    development: BTreeMap<String, &'static str>,
}

impl ChainLabels {
    /// The development accounts, the accounts in `dusk.toml`, the contracts that the project has deployed.
    pub(crate) fn of(settings: &Settings, deployments: &Deployments) -> Self {
        Self::with(settings, deployments, &Given::default())
    }

    /// The same, with the names that the command was given before all others.
    pub(crate) fn with(settings: &Settings, deployments: &Deployments, given: &Given) -> Self {
        let genesis = GENESIS.map(|(name, id)| (hex::encode(id.as_bytes()), name));
        let development = dev_accounts().into_iter().map(|account| (account.id().to_string(), account.name()));
        Self {
            labels: Labels::of(settings, deployments, given),
            genesis: genesis.into(),
            development: development.collect(),
        }
    }

    /// An account's name.
    pub(crate) fn account(&self, address: &str) -> Option<&str> {
        self.labels.get(address)
    }

    /// The own name of a development account: everybody knows its key.
    pub(crate) fn development(&self, address: &str) -> Option<&str> {
        self.development.get(address).copied()
    }

    /// A contract's name.
    pub(crate) fn contract(&self, id: &str) -> Option<&str> {
        self.labels.get(id).or_else(|| self.genesis.get(id).copied())
    }

    /// The id of the genesis contract of this name.
    pub(crate) fn genesis(name: &str) -> Option<String> {
        let found = GENESIS.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, id)| hex::encode(id.as_bytes()))
    }

    /// Whether this is a contract that every chain begins with.
    pub(crate) fn is_genesis(id: &str) -> bool {
        GENESIS.iter().any(|(_, known)| hex::encode(known.as_bytes()) == id)
    }

    /// An account where there is room: `@alice`, or its address.
    pub(crate) fn account_in_full(&self, address: &str) -> String {
        self.account(address).map_or_else(|| address.to_owned(), |name| format!("@{name}"))
    }

    /// An account where there is little room: `@alice`, or the ends of its address.
    pub(crate) fn account_in_short(&self, address: &str) -> String {
        self.account(address).map_or_else(|| ends(address), |name| format!("@{name}"))
    }

    /// A contract where there is little room: its name, or the ends of its id.
    pub(crate) fn contract_in_short(&self, id: &str) -> String {
        self.contract(id).map_or_else(|| ends(id), str::to_owned)
    }

    /// A value with names in place of the addresses and ids in it, for people to read.
    pub(crate) fn named(&self, value: &Value) -> Value {
        self.labels.applied(value.clone())
    }
}

/// The two ends of a long text: `3f9c1a…77e0a1`.
pub(crate) fn ends(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= 2 * ENDS + 1 {
        return text.to_owned();
    }
    let (first, last) = (&letters[..ENDS], &letters[letters.len() - ENDS..]);
    first.iter().chain(&['…']).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chain_labels() -> ChainLabels {
        let mut chain = ChainLabels::default();
        chain.labels.insert("2abc", "@alice".to_owned());
        chain.labels.insert("00ff", "@counter".to_owned());
        chain
    }

    #[test]
    fn values_are_named_at_any_depth() {
        let value = json!({ "from": "2abc", "list": [["00ff", 7], "2abcd"], "2abc": null });
        let named = json!({ "from": "@alice", "list": [["@counter", 7], "2abcd"], "2abc": null });
        assert_eq!(chain_labels().named(&value), named);
    }

    #[test]
    fn what_has_no_name_is_shortened_where_there_is_no_room() {
        assert_eq!(chain_labels().account_in_short("2abc"), "@alice");
        assert_eq!(chain_labels().account_in_short("0123456789abcdef"), "012345…abcdef");
        assert_eq!(chain_labels().contract_in_short("00ff"), "counter");
        assert_eq!(chain_labels().contract_in_short("0123456789abc"), "0123456789abc");
        assert_eq!(chain_labels().account_in_full("0123456789abcdef"), "0123456789abcdef");
    }

    #[test]
    fn genesis_contracts_have_names() {
        let transfer = ChainLabels::genesis("transfer").unwrap();
        assert!(transfer.starts_with("01") && transfer.ends_with("00") && ChainLabels::is_genesis(&transfer));
        assert_eq!(ChainLabels::genesis("counter"), None);
    }
}
