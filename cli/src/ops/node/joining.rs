//! The settings with which a node takes part in a network: genesis, keys, addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::path::{Path, PathBuf};

use anyhow::Result;
use local_node::accounts::{self, KeyPair, KeysFileError};
use local_node::genesis::{GenesisFile, GenesisFileError};
use local_node::network::NetworkConfig;
use local_node::{BlockTime, Config};
use local_node_types::rules::Profile;

use crate::error::Fault;
use crate::ops::report;

/// The port that nodes of public networks use.
const DEFAULT_UDP_PORT: u16 = 9000;
/// The most nodes that are asked for peers.
const MAX_BOOTSTRAP: usize = 64;
/// The name of the default genesis file, in the folder of the keys file.
const GENESIS_FILE: &str = "genesis.json";
/// The hint for a node without a genesis.
const HINT_GENESIS: &str = "get the genesis file from the founder of the network, and name it with `--genesis FILE` or \
                            put it beside the keys file as `genesis.json`";
/// How to name a public address.
const HINT_PUBLIC: &str =
    "name the address and port at which peers reach this node, for example `--public 203.0.113.7:9000`";

/// The command line's options of a network.
#[derive(Debug, Clone, Default)]
pub(crate) struct Joining {
    /// Nodes to ask for peers.
    pub(crate) bootstrap: Vec<String>,
    /// The keys file.
    pub(crate) keys: Option<PathBuf>,
    /// The genesis file; by default the one beside the keys file, if it exists.
    pub(crate) genesis: Option<PathBuf>,
    /// The UDP address to listen on.
    pub(crate) listen: Option<SocketAddr>,
    /// The UDP address for peers.
    pub(crate) public: Option<SocketAddr>,
    /// When blocks are made, where it is said.
    pub(crate) block_time: Option<BlockTime>,
    /// The rules, where they are said.
    pub(crate) rules: Option<Profile>,
    /// The data folder.
    pub(crate) data: Option<PathBuf>,
}

impl Joining {
    /// Whether the node takes part in a network.
    fn has_network(&self) -> bool {
        !self.bootstrap.is_empty() || self.listen.is_some() || self.public.is_some()
    }

    /// The configuration of the node.
    ///
    /// # Errors
    /// A usage fault where the options do not fit together, or a file is not what it should be.
    pub(crate) fn config(&self) -> Result<Config> {
        let plain = Config {
            block_time: self.block_time.unwrap_or_default(),
            rules: self.rules.unwrap_or(Profile::Local),
            data: self.data.clone(),
            ..Config::default()
        };
        let Some(path) = self.genesis_path() else {
            return match (&self.keys, self.has_network()) {
                (_, true) => Err(Fault::usage("a node of a network needs the genesis of its chain", HINT_GENESIS)),
                (Some(_), false) => {
                    Err(Fault::usage("`--keys` needs the genesis that gives the keys a stake", HINT_GENESIS))
                }
                (None, false) => Ok(plain),
            };
        };
        let genesis = GenesisFile::read(&path).map_err(|error| genesis_fault(&error))?;
        if let Some(rules) = self.rules.filter(|rules| *rules != genesis.rules) {
            return Err(Fault::usage(
                format!("`--rules {rules}`, but the genesis says {}", genesis.rules),
                "leave `--rules` out: the genesis file states the rules of the network",
            ));
        }
        let network = if self.has_network() { Some(self.network()?) } else { None };
        Ok(Config {
            chain_id: genesis.chain_id,
            rules: genesis.rules,
            block_time: self.block_time(&genesis)?,
            genesis_time: Some(genesis.genesis_time),
            voters: Some(self.voters(&genesis)?),
            allocation: Some(genesis.allocation),
            network,
            ..plain
        })
    }

    /// The named genesis file, or the one beside the keys file if it exists.
    fn genesis_path(&self) -> Option<PathBuf> {
        let beside =
            || self.keys.as_deref().map(|keys| keys.with_file_name(GENESIS_FILE)).filter(|path| path.is_file());
        self.genesis.clone().or_else(beside)
    }

    fn block_time(&self, genesis: &GenesisFile) -> Result<BlockTime> {
        const HINT: &str = "leave `--block-time` out: the genesis file states the block time of the network";
        let agreed = BlockTime::Every(genesis.block_time);
        match self.block_time {
            Some(BlockTime::Instant) if self.has_network() => Err(Fault::usage(
                "the nodes of a network cannot make blocks on demand: `instant` is for a lone node",
                HINT,
            )),
            Some(other) if self.has_network() && other != agreed => {
                let seconds = genesis.block_time.as_secs();
                Err(Fault::usage(
                    format!("the genesis says one block every {seconds} s, but `--block-time` gives another time"),
                    HINT,
                ))
            }
            given => Ok(given.unwrap_or(agreed)),
        }
    }

    /// The keys to vote with.
    fn voters(&self, genesis: &GenesisFile) -> Result<Vec<KeyPair>> {
        let Some(path) = &self.keys else {
            if self.has_network() {
                return Err(Fault::usage(
                    "a node of a network needs a provisioner key of its own",
                    "name its keys file with `--keys FILE`; `cargo dusk node new-keys FILE` makes one",
                ));
            }
            // A lone node votes for all development accounts that have a stake.
            let mut keys = accounts::dev_keys(accounts::NAMES.len());
            keys.retain(|keys| genesis.stake_of(&keys.id()).is_some());
            return if keys.is_empty() {
                Err(Fault::usage(
                    "no development account has a stake in this genesis, so the node cannot make a block",
                    "name the keys file of a provisioner with `--keys FILE`",
                ))
            } else {
                Ok(keys)
            };
        };
        let keys = accounts::read_keys(path).map_err(|error| keys_fault(&error))?;
        if genesis.stake_of(&keys.id()).is_none() {
            let message = format!("the key {} has no stake at genesis", keys.id());
            if !self.has_network() {
                return Err(Fault::usage(
                    format!("{message}, so a lone node cannot make a block with it"),
                    "name the keys of a provisioner of this genesis, or join its network with `--bootstrap`",
                ));
            }
            // It may have one by now, which only the chain can tell.
            warn(&format!("{message}: the node follows the chain, and votes once the key has an eligible stake"));
        }
        Ok(vec![keys])
    }

    fn network(&self) -> Result<NetworkConfig> {
        let bootstrap = resolved(&self.bootstrap)?;
        let (listen, public) = self.addresses(&bootstrap)?;
        if bootstrap.contains(&public) {
            return Err(Fault::usage(
                format!("`--bootstrap {public}` is this node itself"),
                "name other nodes of the network; the first node of a network has `--listen` and no `--bootstrap`",
            ));
        }
        if let Some(other) = bootstrap.iter().find(|other| other.is_ipv4() != public.is_ipv4()) {
            return Err(Fault::usage(
                format!("{public} and {other} are addresses of different families, which cannot reach each other"),
                "name all nodes by IPv4 addresses, or all by IPv6 addresses",
            ));
        }
        if self.data.is_none() {
            warn(
                "without `--data` the node forgets its votes when it ends; a restart may vote twice, which is slashed",
            );
        }
        if let Err(error) = UdpSocket::bind(listen) {
            return Err(match error.kind() {
                std::io::ErrorKind::AddrInUse => Fault::environment(
                    format!("UDP port {} is in use", listen.port()),
                    "another node may be running there; listen on another port with `--listen`",
                ),
                _ => Fault::environment(
                    format!("cannot listen on UDP {listen}: {error}"),
                    "listen on an address of this machine, and a port above 1023, with `--listen`",
                ),
            });
        }
        Ok(NetworkConfig { listen, public, bootstrap })
    }

    /// The address to listen on, and the one that peers use.
    fn addresses(&self, bootstrap: &[SocketAddr]) -> Result<(SocketAddr, SocketAddr)> {
        let any = |of: SocketAddr| match of {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let (listen, public) = match (self.listen, self.public) {
            (Some(listen), public) => (listen, public.unwrap_or(listen)),
            (None, Some(public)) => (SocketAddr::new(any(public), public.port()), public),
            (None, None) => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_UDP_PORT));
                (address, address)
            }
        };
        if listen.port() == 0 || public.port() == 0 {
            return Err(Fault::usage(
                "a node of a network needs a fixed UDP port: its identity follows from its address",
                "name a port, for example `--listen 127.0.0.1:9000`",
            ));
        }
        let is_private = public.ip().is_loopback() && bootstrap.iter().any(|peer| !peer.ip().is_loopback());
        if public.ip().is_unspecified() || public.ip().is_multicast() || is_private {
            return Err(Fault::usage(format!("peers cannot reach this node at {public}"), HINT_PUBLIC));
        }
        if listen.ip().is_loopback() && !public.ip().is_loopback() {
            return Err(Fault::usage(
                format!("peers send to {public}, which never reaches {listen}"),
                "listen on all addresses, for example with `--listen 0.0.0.0:9000`",
            ));
        }
        Ok((listen, public))
    }
}

/// Addresses of names.
fn resolved(given: &[String]) -> Result<Vec<SocketAddr>> {
    if given.len() > MAX_BOOTSTRAP {
        return Err(Fault::usage(
            format!("{} nodes in `--bootstrap` are too many: the maximum is {MAX_BOOTSTRAP}", given.len()),
            "name a few that are always reachable: the node finds the others",
        ));
    }
    let mut addresses = Vec::new();
    for text in given {
        let found = match text.parse::<SocketAddr>() {
            Ok(address) => Some(address),
            Err(_) => text.to_socket_addrs().ok().and_then(|mut found| found.next()),
        };
        let found = found.filter(|address| address.port() != 0 && !address.ip().is_unspecified());
        addresses.push(found.ok_or_else(|| {
            Fault::usage(
                format!("`{text}` is not the UDP address of a node"),
                "write an IP address or a host name with a port: `--bootstrap 127.0.0.1:9001`",
            )
        })?);
    }
    Ok(addresses)
}

fn warn(text: &str) {
    if let Some(report) = report::of_process() {
        report.warn(&text);
    }
}

fn told(error: &(impl std::error::Error + ?Sized)) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// The hint for a genesis file.
fn genesis_fault(error: &GenesisFileError) -> anyhow::Error {
    match error {
        GenesisFileError::Read { .. } => {
            Fault::environment(told(error), "check the path, and that you may read the file")
        }
        GenesisFileError::Version(_) => Fault::usage(
            told(error),
            "use the version of cargo-dusk that wrote the file; `cargo dusk --version` shows this one",
        ),
        _ => Fault::usage(told(error), "use an exact copy of the network's genesis file"),
    }
}

/// The hint for a keys file.
pub(crate) fn keys_fault(error: &KeysFileError) -> anyhow::Error {
    let message = told(error);
    match error {
        KeysFileError::Read { .. } => Fault::environment(message, "check the path, and that you may read the file"),
        KeysFileError::Write { .. } => {
            Fault::environment(message, "name a new file in a folder that you may write to; no file is overwritten")
        }
        KeysFileError::Open { file, .. } => Fault::environment(
            message,
            format!("run `chmod 600 {}`; if others may have read it, use a new key", file.display()),
        ),
        KeysFileError::Version(_) => Fault::usage(message, "use the version of cargo-dusk that wrote the file"),
        _ => Fault::usage(message, "restore the file from a copy; `cargo dusk node new-keys FILE` makes a new key"),
    }
}

/// Makes a new key in a file that only the user can read, and gives the key's address.
///
/// # Errors
/// An environment fault when there is a file already, or it cannot be written.
pub(crate) fn new_keys(file: &Path) -> Result<String> {
    let keys = accounts::new_keys();
    accounts::write_keys(file, &keys).map_err(|error| keys_fault(&error))?;
    Ok(keys.id().to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use local_node::genesis::Allocation;

    use super::*;

    struct Files {
        _folder: tempfile::TempDir,
        genesis: PathBuf,
        keys: PathBuf,
        stranger: PathBuf,
    }

    /// A genesis of the development accounts, alice's keys, and keys without a stake.
    fn files() -> Files {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let accounts = accounts::dev_accounts();
        let genesis = GenesisFile {
            chain_id: 0,
            rules: Profile::Local,
            genesis_time: 1_796_000_000,
            block_time: Duration::from_secs(2),
            allocation: Allocation::development(&accounts),
        };
        std::fs::write(path("genesis.json"), genesis.to_text()).unwrap();
        accounts::write_keys(&path("alice"), accounts[0].keys()).unwrap();
        new_keys(&path("stranger")).unwrap();
        Files { genesis: path("genesis.json"), keys: path("alice"), stranger: path("stranger"), _folder: folder }
    }

    /// A free UDP port of this machine.
    fn free() -> SocketAddr {
        UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    fn joining(files: &Files) -> Joining {
        Joining {
            bootstrap: vec!["127.0.0.1:9001".to_owned()],
            keys: Some(files.keys.clone()),
            genesis: Some(files.genesis.clone()),
            listen: Some(free()),
            ..Joining::default()
        }
    }

    fn refused(joining: &Joining) -> String {
        joining.config().unwrap_err().to_string()
    }

    #[test]
    fn a_node_that_joins_has_the_genesis_and_keys_of_its_files() {
        let files = files();
        let joining = joining(&files);
        let config = joining.config().unwrap();
        let network = config.network.unwrap();
        assert_eq!((Some(network.listen), Some(network.public)), (joining.listen, joining.listen));
        assert_eq!(network.bootstrap, ["127.0.0.1:9001".parse().unwrap()]);
        assert_eq!(config.block_time, BlockTime::Every(Duration::from_secs(2)));
        assert_eq!(config.genesis_time, Some(1_796_000_000));
        let voters: Vec<_> = config.voters.unwrap().iter().map(KeyPair::id).collect();
        assert_eq!(voters, [accounts::dev_accounts()[0].id()]);
    }

    #[test]
    fn the_genesis_beside_the_keys_is_the_default() {
        let files = files();
        let named = joining(&files).config().unwrap();
        let found = Joining { genesis: None, ..joining(&files) }.config().unwrap();
        assert_eq!((found.genesis_time, found.block_time), (named.genesis_time, named.block_time));
        std::fs::write(&files.genesis, "{}").unwrap();
        assert!(refused(&Joining { genesis: None, ..joining(&files) }).contains("not a genesis file"));
    }

    #[test]
    fn a_lone_node_needs_none_of_it_and_may_have_a_genesis() {
        let config = Joining::default().config().unwrap();
        assert!(config.network.is_none() && config.voters.is_none() && config.allocation.is_none());
        assert_eq!(config.block_time, BlockTime::Instant);
        let files = files();
        let genesis = Some(files.genesis.clone());
        let config = Joining { genesis: genesis.clone(), ..Joining::default() }.config().unwrap();
        assert_eq!(config.voters.unwrap().len(), accounts::STAKERS);
        let stranger = Joining { genesis, keys: Some(files.stranger.clone()), ..Joining::default() };
        assert!(refused(&stranger).contains("a lone node cannot make a block"));
    }

    #[test]
    fn wrong_combinations_are_told_apart() {
        let files = files();
        let good = || joining(&files);
        let elsewhere = tempfile::tempdir().unwrap();
        let lonely = elsewhere.path().join("keys");
        new_keys(&lonely).unwrap();
        let cases = [
            (Joining { genesis: None, keys: Some(lonely.clone()), ..good() }, "a node of a network needs the genesis"),
            (Joining { genesis: None, keys: None, ..good() }, "a node of a network needs the genesis"),
            (Joining { keys: None, ..good() }, "needs a provisioner key of its own"),
            (Joining { keys: Some(lonely), ..Joining::default() }, "`--keys` needs the genesis"),
            (Joining { block_time: Some(BlockTime::Instant), ..good() }, "cannot make blocks on demand"),
            (
                Joining { block_time: Some(BlockTime::Every(Duration::from_secs(3))), ..good() },
                "the genesis says one block every 2 s",
            ),
            (Joining { rules: Some(Profile::Mainnet), ..good() }, "but the genesis says local"),
            (Joining { bootstrap: vec!["nowhere".to_owned()], ..good() }, "`nowhere` is not the UDP address"),
            (Joining { bootstrap: vec!["127.0.0.1:0".to_owned()], ..good() }, "is not the UDP address"),
            (Joining { bootstrap: vec!["10.0.0.1:9000".to_owned()], ..good() }, "peers cannot reach this node at 127"),
            (Joining { bootstrap: vec!["[::1]:9000".to_owned()], ..good() }, "different families"),
            (Joining { bootstrap: vec![String::new(); 65], ..good() }, "too many"),
            (Joining { listen: Some("0.0.0.0:9000".parse().unwrap()), ..good() }, "cannot reach this node at 0.0.0.0"),
            (Joining { listen: Some("127.0.0.1:0".parse().unwrap()), ..good() }, "needs a fixed UDP port"),
            (
                Joining { public: Some("203.0.113.7:9000".parse().unwrap()), ..good() },
                "peers send to 203.0.113.7:9000, which never reaches",
            ),
            (Joining { genesis: Some(files.keys.clone()), ..good() }, "the file is not a genesis file, or is damaged"),
            (Joining { keys: Some(files.genesis.clone()), ..good() }, "other users can read or change the keys file"),
            (Joining { keys: Some(PathBuf::from("/nowhere/keys")), ..good() }, "cannot read the keys file"),
        ];
        for (joining, told) in cases {
            let refused = refused(&joining);
            assert!(refused.contains(told), "{told}: {refused}");
        }
        let mut itself = good();
        itself.bootstrap = vec![itself.listen.unwrap().to_string()];
        assert!(refused(&itself).contains("is this node itself"));
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let in_use = Joining { listen: Some(taken.local_addr().unwrap()), ..good() };
        assert!(refused(&in_use).contains("is in use"));
        // A key may get its stake later.
        assert!(Joining { keys: Some(files.stranger.clone()), ..good() }.config().is_ok());
    }
}
