//! Names of accounts and contracts: the signer, the meaning of `@name`, and the name by which an account is shown.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Deref;

use anyhow::Result;
use local_node::accounts::{DevAccount, NAMES, dev_accounts};
use local_node_types::keys::BlsKey;
use serde_json::Value;

use super::deployments::Deployments;
use crate::error::{Fault, nearest};
use crate::figures::listed;
use crate::ops::contract::arguments::Names;
use crate::ops::project::settings::{SETTINGS_FILE, Settings};

/// The ids of the public networks. The keys of development accounts are public: their funds there are taken.
const PUBLIC_CHAINS: [u8; 2] = [1, 2];

/// Whether this is the id of a public network.
pub(crate) fn is_public(chain_id: u8) -> bool {
    PUBLIC_CHAINS.contains(&chain_id)
}

/// A development account that signs, by the name that it was given.
#[derive(Debug, Clone)]
pub(crate) struct Signer {
    name: String,
    account: DevAccount,
}

impl Signer {
    /// The name that the command, or the project, gives it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Deref for Signer {
    type Target = DevAccount;

    fn deref(&self) -> &DevAccount {
        &self.account
    }
}

/// The development account that a name stands for, directly or through `[accounts]`.
///
/// # Errors
/// A usage fault when there is none, or when the chain is a public one.
pub(crate) fn signer(settings: &Settings, name: &str, chain_id: u8) -> Result<Signer> {
    if is_public(chain_id) {
        return Err(Fault::usage(
            format!("`{name}` is a development account, whose key is public, and chain {chain_id} is a public network"),
            "deploy and call on a local chain; this version cannot sign with your own keys",
        ));
    }
    let known = dev_name(settings, name);
    let account =
        dev_accounts().into_iter().find(|account| Some(account.name()) == known).ok_or_else(|| {
            match settings.account(plain(name)) {
                Some(value) if value.parse::<BlsKey>().is_ok() => Fault::usage(
                    format!(
                        "`{name}` cannot sign: it is an address, and this version signs with development accounts only"
                    ),
                    format!("name a development account: {}", listed(NAMES)),
                ),
                Some(value) => neither(name, value),
                None => {
                    Fault::usage(format!("`{name}` cannot sign: it is not a development account"), hint(settings, name))
                }
            }
        })?;
    Ok(Signer { name: plain(name).to_owned(), account })
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
        _ => match settings.account(plain(given)) {
            Some(value) => Err(neither(given, value)),
            None => Err(Fault::usage(format!("there is no account `{given}`"), hint(settings, given))),
        },
    }
}

/// A name of dusk.toml stands for something that is no account.
fn neither(name: &str, value: &str) -> anyhow::Error {
    Fault::usage(
        format!("`{name}` is `{value}` in {SETTINGS_FILE}, which is neither a development account nor an address"),
        format!("correct the line under [accounts]; development accounts are {}", listed(NAMES)),
    )
}

/// The name without its mark.
fn plain(name: &str) -> &str {
    name.strip_prefix('@').unwrap_or(name)
}

/// The development account's own name.
fn dev_name<'a>(settings: &'a Settings, name: &'a str) -> Option<&'a str> {
    let name = plain(name);
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
    settings.account(plain(name)).filter(|address| address.parse::<BlsKey>().is_ok()).map(str::to_owned)
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

/// The names that a command gave to accounts. The command shows each account by the first of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Given(BTreeMap<String, String>);

impl Given {
    /// Takes a name, with or without its mark. Addresses and names that stand for nothing are no names here.
    pub(crate) fn note(&mut self, settings: &Settings, name: &str) {
        if let Some(address) = address(settings, name) {
            self.0.entry(address).or_insert_with(|| format!("@{}", plain(name)));
        }
    }
}

/// The names that a project knows on one chain, and those of its accounts that the command has used.
pub(crate) struct KnownNames<'a> {
    settings: &'a Settings,
    deployments: &'a Deployments,
    given: RefCell<Given>,
}

impl<'a> KnownNames<'a> {
    /// Of accounts, and of contracts.
    pub(crate) fn new(settings: &'a Settings, deployments: &'a Deployments) -> Self {
        Self { settings, deployments, given: RefCell::default() }
    }

    /// Takes a name that the command gave to an account elsewhere than in an argument.
    pub(crate) fn note(&self, name: &str) {
        self.given.borrow_mut().note(self.settings, name);
    }

    /// The names to show results with.
    pub(crate) fn labels(&self) -> Labels {
        Labels::of(self.settings, self.deployments, &self.given.borrow())
    }
}

impl Names for KnownNames<'_> {
    fn account(&self, name: &str) -> Result<String, String> {
        self.note(name);
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
///
/// An account with several names is shown by the first of: the name that the command was given, a name in `[accounts]`
/// for an address, the name of a development account, a name in `[accounts]` for a development account. The alphabet
/// decides between names of one kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Labels(BTreeMap<String, String>);

impl Labels {
    /// The names that a project knows on one chain: of accounts, then of contracts.
    pub(crate) fn of(settings: &Settings, deployments: &Deployments, given: &Given) -> Self {
        let mut labels = Self::of_accounts(settings, given);
        for name in deployments.names() {
            if let Some(deployment) = deployments.find(name) {
                labels.insert(&deployment.contract, format!("@{name}"));
            }
        }
        labels
    }

    fn of_accounts(settings: &Settings, given: &Given) -> Self {
        let mut labels = Self(given.0.clone());
        let is_role = |name: &&str| dev_name(settings, name).is_some();
        let (roles, own): (Vec<&str>, Vec<&str>) = settings.account_names().partition(is_role);
        // A project may give the name of one development account to another.
        let development = NAMES.into_iter().filter(|name| dev_name(settings, name) == Some(*name));
        for name in own.into_iter().chain(development).chain(roles) {
            if let Some(address) = address(settings, name) {
                labels.0.entry(address).or_insert_with(|| format!("@{name}"));
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
        let issuer = signer(&settings, "issuer", 0).unwrap();
        assert_eq!((issuer.name(), issuer.account.name()), ("issuer", "grace"));
        for chain in PUBLIC_CHAINS {
            assert!(signer(&settings, "alice", chain).unwrap_err().to_string().contains("public network"));
        }
        assert!(signer(&settings, "mallory", 0).is_err());
        assert_eq!(address(&settings, "issuer"), address(&settings, "grace"));
        assert_eq!(address(&settings, "mallory"), None);
    }

    #[test]
    fn a_name_that_stands_for_no_account_is_told_with_its_value() {
        let key = dev_accounts()[0].id().to_string();
        let settings: Settings =
            toml_edit::de::from_str(&format!("[accounts]\nodd = \"nonsense\"\nme = \"{key}\"")).unwrap();
        for error in [account(&settings, "@odd").unwrap_err(), signer(&settings, "odd", 0).unwrap_err()] {
            assert!(error.to_string().contains("odd` is `nonsense` in dusk.toml"), "{error}");
            assert!(error.downcast_ref::<Fault>().unwrap().hint().contains("[accounts]"));
        }
        assert!(signer(&settings, "me", 0).unwrap_err().to_string().contains("it is an address"));
    }

    /// The name by which an account is shown, after the command was given these names.
    fn shown(settings: &Settings, given: &[&str], account: &str) -> Option<String> {
        let mut names = Given::default();
        given.iter().for_each(|name| names.note(settings, name));
        let address = dev_accounts().into_iter().find(|known| known.name() == account)?.id().to_string();
        Labels::of_accounts(settings, &names).get(&address).map(str::to_owned)
    }

    #[test]
    fn an_account_is_shown_by_the_name_that_was_asked_for() {
        let settings: Settings = toml_edit::de::from_str("[accounts]\nowner = \"alice\"\nagent = \"alice\"").unwrap();
        for (given, name) in [
            (&["alice"][..], "alice"),
            (&["owner"], "owner"),
            (&["@owner"], "owner"),
            (&["@agent", "alice"], "agent"),
            (&["bob"], "alice"),
            (&["nobody", ""], "alice"),
        ] {
            assert_eq!(shown(&settings, given, "alice").as_deref(), Some(name), "{given:?}");
        }
    }

    #[test]
    fn without_a_question_the_order_of_names_is_one() {
        let settings: Settings = toml_edit::de::from_str("[accounts]\nowner = \"alice\"").unwrap();
        assert_eq!(shown(&settings, &[], "alice").as_deref(), Some("alice"), "a role comes last");
        let bob = address(&Settings::default(), "bob").unwrap();
        let settings: Settings =
            toml_edit::de::from_str(&format!("[accounts]\ntreasury = \"{bob}\"\nvault = \"{bob}\"")).unwrap();
        assert_eq!(shown(&settings, &[], "bob").as_deref(), Some("treasury"), "a name for an address comes first");
        // A name that is shown can be typed, and means the same account.
        let settings: Settings = toml_edit::de::from_str("[accounts]\nalice = \"bob\"\nfirst = \"alice\"").unwrap();
        assert_eq!(shown(&settings, &[], "bob").as_deref(), Some("bob"));
        assert_eq!(shown(&settings, &[], "alice").as_deref(), Some("first"));
        let settings: Settings = toml_edit::de::from_str("[accounts]\nalice = \"bob\"").unwrap();
        assert_eq!(shown(&settings, &[], "alice"), None, "`alice` is another account here");
        assert_eq!(shown(&settings, &["alice"], "bob").as_deref(), Some("alice"));
    }
}
