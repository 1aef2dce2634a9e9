//! The file `dusk.toml`: settings of a project about networks, accounts and deployments.
//!
//! ```toml
//! [defaults]                       # defaults for the options `--network` and `--from`
//! network = "local"
//! account = "alice"
//!
//! [networks]                       # other networks than `local`, `devnet`, `testnet` and `mainnet`
//! staging = { url = "http://10.0.0.5:8080" }
//!
//! [accounts]                       # names for development accounts or addresses
//! owner = "alice"
//!
//! [deploy.token]                   # an entry for `cargo dusk deploy token` and `deploy --all`
//! contract = "token"               # the package; by default the name of the entry
//! from = "owner"                   # the account that signs and pays; the deployment states it as the owner
//! init = { supply = 1000, minter = "@owner" }
//! alias = "gold"                   # the contract's name in later commands; by default the name of the entry
//!
//! [deploy.shop]
//! init = ["@contract:token"]       # the id of the contract of the entry `token`, which is deployed first
//! after = ["price"]                # further entries to deploy first
//!
//! [build]
//! small = true                     # contracts without panic messages, as with `build --small`
//!
//! [circuits]
//! crs = "production"               # parameters of circuit keys; by default `development`, for local chains only
//!
//! [sdk]
//! source = "registry"              # the SDK from crates.io instead of the bundled SDK
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::devnet::DEVNET;
use super::toml_text::{hint_for_digits, place};
use crate::error::{Fault, nearest};
use crate::figures::listed;
use crate::ops::exact;

/// The file that holds a project's settings.
pub(crate) const SETTINGS_FILE: &str = "dusk.toml";
/// The network that is meant where none is named.
pub(crate) const DEFAULT_NETWORK: &str = "local";
/// The account that signs where none is named.
const DEFAULT_ACCOUNT: &str = "alice";
/// Networks that need no entry in `dusk.toml`.
const KNOWN_NETWORKS: [(&str, &str); 3] = [
    (DEFAULT_NETWORK, "http://127.0.0.1:8080"),
    ("testnet", "https://testnet.nodes.dusk.network"),
    ("mainnet", "https://nodes.dusk.network"),
];

/// The content of `dusk.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// The defaults for the options `--network` and `--from`.
    defaults: Defaults,
    /// Networks by name.
    networks: BTreeMap<String, Network>,
    /// Names for accounts: a development account's name, or an address.
    accounts: BTreeMap<String, String>,
    /// How contracts are built.
    pub(crate) build: BuildSettings,
    /// How keys of circuits are made.
    pub(crate) circuits: CircuitSettings,
    /// The deployments and their settings.
    pub(crate) deploy: BTreeMap<String, DeployEntry>,
    /// Where the SDK comes from.
    pub(crate) sdk: SdkSettings,
}

/// `[defaults]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Defaults {
    network: Option<String>,
    account: Option<String>,
}

/// `[build]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BuildSettings {
    /// Whether panics end a contract without a text.
    pub(crate) small: bool,
}

/// `[circuits]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CircuitSettings {
    /// The parameters that keys are made with.
    pub(crate) crs: Crs,
}

/// Which parameters (common reference string) keys are made with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Crs {
    /// Generated on this machine from a public seed, so anyone can forge proofs: for local chains only.
    #[default]
    Development,
    /// Parameters of the public networks, fetched with `cargo dusk crs fetch`.
    Production,
}

impl Crs {
    /// The name in commands and settings.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
        }
    }
}

/// One network.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    /// The HTTP address of a node.
    url: String,
}

/// `[deploy.NAME]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DeployEntry {
    /// The contract's package.
    pub(crate) contract: Option<String>,
    /// The account that signs, pays and owns.
    pub(crate) from: Option<String>,
    /// The constructor's arguments, by name or by place.
    #[serde(deserialize_with = "exact::of_toml")]
    pub(crate) init: Option<Value>,
    /// The name to call it by.
    pub(crate) alias: Option<String>,
    /// Entries that are deployed before.
    pub(crate) after: Vec<String>,
}

/// `[sdk]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SdkSettings {
    /// `registry`: the SDK comes from crates.io, not from `cargo-dusk`.
    pub(crate) source: Option<String>,
}

impl Settings {
    /// Reads the text of the file at `path`.
    ///
    /// # Errors
    /// A usage fault with line and column; for a name that does not exist, the nearest one.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self> {
        toml_edit::de::from_str(text).map_err(|error| {
            let place = error.span().map(|span| place(text, span.start)).unwrap_or_default();
            let message = error.message().trim();
            let at = error.span().map_or(0, |span| span.start);
            let hint = hint_for_digits(text, at).unwrap_or_else(|| hint(message));
            Fault::usage(format!("{}{place}: {message}", path.display()), hint)
        })
    }

    /// The address of a network, given by name or as a URL.
    ///
    /// # Errors
    /// A usage fault when the name is not known.
    pub(crate) fn network(&self, given: Option<&str>) -> Result<String> {
        let given = given.or(self.defaults.network.as_deref()).unwrap_or(DEFAULT_NETWORK);
        let known = KNOWN_NETWORKS.iter().find(|(name, _)| *name == given).map(|(_, url)| *url);
        let configured = self.networks.get(given).map(|network| network.url.as_str());
        let url = if given.contains("://") { Some(given) } else { configured.or(known) };
        let url = url.ok_or_else(|| {
            let known = KNOWN_NETWORKS.iter().map(|(name, _)| *name).chain([DEVNET]);
            let names = self.networks.keys().map(String::as_str).chain(known);
            let hint = nearest(given, names.clone()).map_or_else(
                || format!("known networks: {}; add others to {SETTINGS_FILE}, or give a URL", listed(names)),
                |name| format!("did you mean `{name}`?"),
            );
            Fault::usage(format!("unknown network `{given}`"), hint)
        })?;
        if !is_address(url) {
            return Err(Fault::usage(
                format!("`{url}` is not the address of a node"),
                "an address has a scheme and a host: http://127.0.0.1:8080, https://nodes.dusk.network",
            ));
        }
        Ok(url.trim_end_matches('/').to_owned())
    }

    /// Whether the project's devnet is meant. A network of this name in `dusk.toml` comes first.
    pub(crate) fn means_devnet(&self, given: Option<&str>) -> bool {
        given.or(self.defaults.network.as_deref()) == Some(DEVNET) && !self.networks.contains_key(DEVNET)
    }

    /// The signer: the named account, or the project's default.
    pub(crate) fn signer<'a>(&'a self, given: Option<&'a str>) -> &'a str {
        given.or(self.defaults.account.as_deref()).unwrap_or(DEFAULT_ACCOUNT)
    }

    /// The account of a name in `[accounts]`.
    pub(crate) fn account(&self, name: &str) -> Option<&str> {
        self.accounts.get(name).map(String::as_str)
    }

    /// The names in `[accounts]`.
    pub(crate) fn account_names(&self) -> impl Iterator<Item = &str> {
        self.accounts.keys().map(String::as_str)
    }
}

/// Whether a text is an address that HTTP requests can go to. The parser of addresses drops a port that is none; the
/// request would go to another node then.
pub(crate) fn is_address(url: &str) -> bool {
    url.parse::<ureq::http::Uri>().is_ok_and(|uri| {
        let Some(authority) = uri.authority() else { return false };
        let host = authority.host();
        let port = authority.as_str().strip_prefix(host).and_then(|port| match port.strip_prefix(':') {
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => digits.parse::<u16>().ok(),
            Some(_) => None,
            None => port.is_empty().then_some(1),
        });
        matches!(uri.scheme_str(), Some("http" | "https"))
            && !host.is_empty()
            && port.is_some_and(|port| port > 0)
            && !url.contains(['?', '#'])
    })
}

/// For ``unknown field `x`, expected one of `a`, `b` ``: the name that was meant.
fn hint(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let meant = names.next().filter(|_| message.starts_with("unknown field")).and_then(|given| nearest(given, names));
    meant.map_or_else(
        || "correct that line; `cargo dusk new` creates an example of the file".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings> {
        Settings::parse(text, Path::new("dusk.toml"))
    }

    #[test]
    fn networks_have_names_and_addresses() {
        let settings =
            parse("[networks.local]\nurl = \"http://127.0.0.1:9000/\"\n[accounts]\nissuer = \"grace\"").unwrap();
        assert_eq!(settings.network(None).unwrap(), "http://127.0.0.1:9000");
        assert_eq!(settings.network(Some("http://h:1/")).unwrap(), "http://h:1");
        assert_eq!(Settings::default().network(None).unwrap(), "http://127.0.0.1:8080");
        assert!(settings.network(Some("tesnet")).is_err());
        assert_eq!(settings.account("issuer"), Some("grace"));
    }

    #[test]
    fn the_devnet_is_a_network_unless_the_settings_have_one_of_that_name() {
        assert!(Settings::default().means_devnet(Some("devnet")));
        assert!(!Settings::default().means_devnet(None));
        assert!(parse("[defaults]\nnetwork = \"devnet\"").unwrap().means_devnet(None));
        assert!(!parse("[networks.devnet]\nurl = \"http://10.0.0.5:8080\"").unwrap().means_devnet(Some("devnet")));
    }

    #[test]
    fn defaults_hold_where_nothing_is_said() {
        let settings = parse("[defaults]\nnetwork = \"testnet\"\naccount = \"bob\"").unwrap();
        assert_eq!(settings.network(None).unwrap(), "https://testnet.nodes.dusk.network");
        assert_eq!((settings.signer(None), settings.signer(Some("carol"))), ("bob", "carol"));
        assert_eq!(Settings::default().signer(None), DEFAULT_ACCOUNT);
    }

    #[test]
    fn what_is_no_address_is_told_before_anything_is_asked() {
        let settings = parse("[networks]\nodd = { url = \"127.0.0.1:8080\" }").unwrap();
        let ports =
            ["99999", "65536", "-1", "+80", "", "0", "8O80", "80x"].map(|port| format!("http://127.0.0.1:{port}"));
        let others = ["http://", "ftp://a", "http://a b", "http://x\u{1b}[31m", "://", "http://[::1", "odd"];
        let parts = ["http://a:80?x", "http://a/?x", "http://a#b", "http://me@a", "http://me:1@a:80", "http://[::1]:x"];
        for given in others.into_iter().chain(parts).chain(ports.iter().map(String::as_str)) {
            let error = settings.network(Some(given)).unwrap_err().to_string();
            assert!(error.ends_with(" is not the address of a node"), "{given}: {error}");
        }
        for given in ["http://127.0.0.1:1", "https://[::1]:8080/", "http://localhost/rusk", "HTTP://A"] {
            assert!(settings.network(Some(given)).is_ok(), "{given}");
        }
    }

    #[test]
    fn arguments_in_toml_are_exact_or_refused() {
        let init =
            |value: &str| parse(&format!("[deploy.a]\ninit = {{ x = {value} }}")).map(|it| it.deploy["a"].init.clone());
        let given = init("[1, -2, 0x10, \"t\", true, { y = 9223372036854775807 }]").unwrap().unwrap();
        assert_eq!(given, serde_json::json!({ "x": [1, -2, 16, "t", true, { "y": i64::MAX }] }));
        for wrong in ["nan", "inf", "[-inf]", "1979-05-27", "{ y = 07:32:00 }"] {
            let told = init(wrong).unwrap_err().to_string();
            assert!(told.starts_with("dusk.toml:2:") && told.contains("is not an argument"), "{wrong}: {told}");
        }
        let error = init("18446744073709551616").unwrap_err();
        let hint = error.downcast_ref::<Fault>().unwrap().hint();
        assert!(hint.contains("write `x = \"…\"`"), "{error} / {hint}");
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let told = |text: &str| parse(text).unwrap_err().to_string();
        assert!(
            told("[accounts]\nowner = \"alice\"\n[network]\n").starts_with("dusk.toml:3:2: unknown field `network`")
        );
        assert!(told("[defaults]\nacount = \"bob\"").starts_with("dusk.toml:2:1: unknown field `acount`"));
        assert!(told("[accounts]\nowner = 3").starts_with("dusk.toml:2:9: "));
        assert!(told("[accounts\n").starts_with("dusk.toml:1:"));
        assert_eq!(hint("unknown field `acount`, expected `network` or `account`"), "did you mean `account`?");
    }

    #[test]
    fn the_documented_file_is_read() {
        let text: String = include_str!("settings.rs")
            .lines()
            .skip_while(|line| *line != "//! ```toml")
            .skip(1)
            .take_while(|line| *line != "//! ```")
            .map(|line| line.trim_start_matches("//!").trim_start().to_owned() + "\n")
            .collect();
        let settings = parse(&text).unwrap();
        assert_eq!(settings.deploy["token"].alias.as_deref(), Some("gold"));
        assert_eq!(settings.deploy["shop"].after, ["price"]);
        assert!(settings.build.small);
        assert_eq!(settings.circuits.crs, Crs::Production);
    }
}
