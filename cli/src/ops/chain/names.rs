//! Who signs, and what `@name` stands for.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use local_node::accounts::{DevAccount, NAMES, dev_accounts};
use local_node_types::keys::BlsKey;
use serde_json::Value;

use super::deployments::Deployments;
use crate::error::{Fault, nearest};
use crate::figures::listed;
use crate::ops::contract::arguments::Names;
use crate::ops::project::settings::{SETTINGS_FILE, Settings};

/// The ids of the public networks. The keys of development accounts are public: whatever they hold there is taken.
const PUBLIC_CHAINS: [u8; 2] = [1, 2];

/// Whether this is the id of a public network.
pub(crate) fn is_public(chain_id: u8) -> bool {
    PUBLIC_CHAINS.contains(&chain_id)
}

/// The development account that a name stands for, directly or through `[accounts]`.
///
/// # Errors
/// A usage fault when there is none, or when the chain is a public one.
pub(crate) fn signer(settings: &Settings, name: &str, chain_id: u8) -> Result<DevAccount> {
    if is_public(chain_id) {
        return Err(Fault::usage(
            format!("`{name}` is a development account, whose key is public, and chain {chain_id} is a public network"),
            "deploy and call on a local chain; this version cannot sign with your own keys",
        ));
    }
    let known = dev_name(settings, name);
    dev_accounts().into_iter().find(|account| Some(account.name()) == known).ok_or_else(|| {
        Fault::usage(format!("`{name}` cannot sign: it is not a development account"), hint(settings, name))
    })
}

/// The address of an account, given by name (with or without `@`) or by itself.
///
/// # Errors
/// A usage fault when it is neither.
pub(crate) fn account(settings: &Settings, given: &str) -> Result<String> {
    if let Some(known) = address(settings, given) {
        return Ok(known);
    }
    match given.parse::<BlsKey>() {
        Ok(key) if key.to_point().is_ok() => Ok(given.to_owned()),
        // Nobody's name is that long: it is an address with a letter wrong or missing.
        _ if given.len() > 64 => Err(Fault::usage(
            format!("`{given}` is not an address"),
            "an address is the base58 text of 96 bytes: compare every character",
        )),
        _ => Err(Fault::usage(format!("there is no account `{given}`"), hint(settings, given))),
    }
}

/// The development account's own name.
fn dev_name<'a>(settings: &'a Settings, name: &'a str) -> Option<&'a str> {
    let name = name.strip_prefix('@').unwrap_or(name);
    let meant = settings.account(name).unwrap_or(name);
    NAMES.into_iter().find(|known| *known == meant)
}

/// The address that a name stands for.
fn address(settings: &Settings, name: &str) -> Option<String> {
    if let Some(known) = dev_name(settings, name) {
        return dev_accounts()
            .into_iter()
            .find(|account| account.name() == known)
            .map(|account| account.id().to_string());
    }
    let name = name.strip_prefix('@').unwrap_or(name);
    settings.account(name).filter(|address| address.parse::<BlsKey>().is_ok()).map(str::to_owned)
}

fn hint(settings: &Settings, name: &str) -> String {
    let names = || NAMES.into_iter().chain(settings.account_names());
    let mut hint = format!("known accounts: {}", listed(names()));
    match nearest(name, names()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => {
            write!(hint, "; your own names are under [accounts] in {SETTINGS_FILE}").expect("strings take all");
            hint
        }
    }
}

/// The names that a project knows on one chain.
pub(crate) struct KnownNames<'a> {
    /// Accounts.
    pub(crate) settings: &'a Settings,
    /// Contracts.
    pub(crate) deployments: &'a Deployments,
}

impl Names for KnownNames<'_> {
    fn account(&self, name: &str) -> Result<String, String> {
        address(self.settings, name)
            .ok_or_else(|| format!("there is no account `@{name}`: {}", hint(self.settings, name)))
    }

    fn contract(&self, name: &str) -> Result<String, String> {
        let name = name.strip_prefix("contract:").unwrap_or(name);
        let found = self.deployments.find(name).map(|deployment| deployment.contract.clone());
        found.ok_or_else(|| format!("no contract `{name}` is deployed on this chain"))
    }
}

/// Names for addresses and ids, put in their place where results are shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Labels(BTreeMap<String, String>);

impl Labels {
    /// The names that a project knows on one chain: of accounts, then of contracts.
    pub(crate) fn of(settings: &Settings, deployments: &Deployments) -> Self {
        let mut labels = Self::default();
        for account in dev_accounts() {
            labels.insert(&account.id().to_string(), format!("@{}", account.name()));
        }
        // A name of the project's own says more than the development account's.
        for name in settings.account_names() {
            if let Some(address) = address(settings, name) {
                labels.insert(&address, format!("@{name}"));
            }
        }
        for name in deployments.names() {
            if let Some(deployment) = deployments.find(name) {
                labels.insert(&deployment.contract, format!("@{name}"));
            }
        }
        labels
    }

    /// Names an address or id.
    pub(crate) fn insert(&mut self, address: &str, label: String) {
        self.0.insert(address.to_owned(), label);
    }

    /// The name of an address or id, without its mark.
    pub(crate) fn get(&self, address: &str) -> Option<&str> {
        self.0.get(address).map(|label| label.strip_prefix('@').unwrap_or(label))
    }

    /// The value with every address or id that has a name replaced by it.
    pub(crate) fn applied(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.0.get(&text).cloned().unwrap_or(text)),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.applied(item)).collect()),
            Value::Object(fields) => {
                Value::Object(fields.into_iter().map(|(name, value)| (name, self.applied(value))).collect())
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sign_on_local_chains_only() {
        let settings: Settings = toml_edit::de::from_str("[accounts]\nissuer = \"grace\"").unwrap();
        for (name, chain) in [("alice", 0), ("@alice", 0), ("issuer", 3)] {
            assert!(signer(&settings, name, chain).is_ok(), "{name}");
        }
        assert_eq!(signer(&settings, "issuer", 0).unwrap().name(), "grace");
        for chain in PUBLIC_CHAINS {
            assert!(signer(&settings, "alice", chain).unwrap_err().to_string().contains("public network"));
        }
        assert!(signer(&settings, "mallory", 0).is_err());
        assert_eq!(address(&settings, "issuer"), address(&settings, "grace"));
        assert_eq!(address(&settings, "mallory"), None);
    }
}
