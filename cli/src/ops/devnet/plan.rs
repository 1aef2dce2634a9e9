//! A new devnet: addresses, genesis, keys.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::time::Duration;

use anyhow::{Context, Result};
use local_node::accounts::{self, KeyPair};
use local_node::genesis::{Allocation, DEV_BALANCE, DEV_STAKE, GenesisFile};
use local_node_types::rules::Profile;

use super::prepare;
use crate::error::Fault;
use crate::ops::chain::clock;
use crate::ops::node::joining;
use crate::ops::project::devnet::{Addresses, DevnetFolder, Plan};
use crate::ops::project::folders;

/// The port before those of nodes that commands use. Node 1 has the next one.
const HTTP_PORTS: u16 = 8100;
/// How long a node takes to start when it has a core for itself and finds its shared work done, in milliseconds. The
/// first block is not due before all nodes have started, so that the first round begins with all of them, not with its
/// timeouts.
const START_MILLIS: u32 = 400;
/// The port before those of nodes that peers use.
const PEER_PORTS: u16 = 9000;

/// The plan of the folder, which is made where there is none. Numbers that are given must be those of the plan.
///
/// # Errors
/// A usage fault when the plan has other numbers, an environment fault when there are no ports.
pub(super) fn find_or_make(folder: &DevnetFolder, nodes: Option<usize>, block_time: Option<u64>) -> Result<Plan> {
    let Some(plan) = folder.plan()? else {
        return make(folder, nodes.unwrap_or(super::DEFAULT_NODES), block_time.unwrap_or(super::DEFAULT_BLOCK_TIME));
    };
    let (has, every) = (plan.nodes.len(), plan.block_time);
    let differs = nodes.is_some_and(|nodes| nodes != has) || block_time.is_some_and(|time| time != every);
    if differs {
        return Err(Fault::usage(
            format!("a devnet of {has} nodes with a block every {every} s already exists"),
            "leave `--nodes` and `--block-time` out to continue it, or remove it with `cargo dusk devnet reset`",
        ));
    }
    Ok(plan)
}

/// Makes a new devnet with these numbers.
pub(super) fn make(folder: &DevnetFolder, nodes: usize, block_time: u64) -> Result<Plan> {
    let addresses = addresses(nodes)?;
    begin(folder, Plan::new(block_time, addresses))
}

/// Begins the chain of a plan: writes its genesis and keys, and the plan last, which says that the rest is there.
pub(super) fn begin(folder: &DevnetFolder, plan: Plan) -> Result<Plan> {
    folder.clear()?;
    let keys = accounts::dev_keys(plan.nodes.len());
    write_genesis(folder, &keys, plan.block_time)?;
    for (place, keys) in keys.iter().enumerate() {
        let node = place + 1;
        fs::create_dir_all(folder.node(node))
            .with_context(|| format!("cannot make {}", folder.node(node).display()))?;
        accounts::write_keys(&folder.keys(node), keys).map_err(|error| joining::keys_fault(&error))?;
    }
    folder.write_plan(&plan)?;
    Ok(plan)
}

/// Dates block 0 anew, for nodes that start now, and says whether it has. A chain that a node has begun keeps its date.
pub(super) fn date(folder: &DevnetFolder, plan: &Plan) -> Result<bool> {
    if (1..=plan.nodes.len()).any(|node| folder.chain(node).exists()) {
        return Ok(false);
    }
    write_genesis(folder, &accounts::dev_keys(plan.nodes.len()), plan.block_time)?;
    Ok(true)
}

fn write_genesis(folder: &DevnetFolder, keys: &[KeyPair], block_time: u64) -> Result<()> {
    let genesis = genesis(keys, block_time);
    folders::write_atomically(&folder.genesis(), genesis.to_text().as_bytes())
}

/// The time of block 0, in seconds since 1970, for nodes that start at `now`.
///
/// The first block is due a block time after block 0, at the first whole second at which all nodes have started. So
/// block 0 may be in the past: its time is only a number that all nodes agree on.
fn genesis_time(now: Duration, nodes: usize, cores: usize, block_time: u64) -> u64 {
    let nodes_of_core = u32::try_from(nodes.div_ceil(cores.max(1))).unwrap_or(u32::MAX);
    let ready = now + Duration::from_millis(START_MILLIS.into()) * nodes_of_core;
    let first_block = ready.as_secs() + u64::from(ready.subsec_nanos() > 0);
    first_block.saturating_sub(block_time)
}

/// The development accounts, and those of further nodes; each node has a stake.
fn genesis(keys: &[KeyPair], block_time: u64) -> GenesisFile {
    let funded = accounts::dev_keys(keys.len().max(accounts::NAMES.len()));
    GenesisFile {
        chain_id: local_node::LOCAL_CHAIN_ID,
        rules: Profile::Local,
        genesis_time: genesis_time(clock::since_1970(), keys.len(), prepare::cores(), block_time),
        block_time: Duration::from_secs(block_time),
        allocation: Allocation {
            accounts: funded.iter().map(|keys| (*keys.public(), DEV_BALANCE)).collect(),
            stakes: keys.iter().map(|keys| (*keys.public(), DEV_STAKE)).collect(),
        },
    }
}

/// Free addresses of this machine: the usual ones, or where one of them is taken, any.
fn addresses(nodes: usize) -> Result<Vec<Addresses>> {
    let at = |base: u16, node: usize| {
        SocketAddr::from((Ipv4Addr::LOCALHOST, base + u16::try_from(node).unwrap_or_default()))
    };
    let usual: Vec<Addresses> =
        (1..=nodes).map(|node| Addresses { http: at(HTTP_PORTS, node), peer: at(PEER_PORTS, node) }).collect();
    let is_free = |it: &Addresses| TcpListener::bind(it.http).is_ok() && UdpSocket::bind(it.peer).is_ok();
    if usual.iter().all(is_free) {
        return Ok(usual);
    }
    // All are held until the last is found, so that none comes twice.
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let held: std::io::Result<Vec<(TcpListener, UdpSocket)>> =
        (0..nodes).map(|_| Ok((TcpListener::bind(any)?, UdpSocket::bind(any)?))).collect();
    let found: std::io::Result<Vec<Addresses>> = held.and_then(|held| {
        held.iter().map(|(tcp, udp)| Ok(Addresses { http: tcp.local_addr()?, peer: udp.local_addr()? })).collect()
    });
    found.map_err(|error| {
        Fault::environment(
            format!("the system has no free ports for the nodes: {error}"),
            "close other programs, or start fewer nodes with `--nodes 4`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, DevnetFolder) {
        let kept = tempfile::tempdir().unwrap();
        let folder = DevnetFolder::at(&kept.path().join("devnet"));
        drop(folder.take().unwrap());
        (kept, folder)
    }

    #[test]
    fn a_new_devnet_has_a_stake_and_keys_for_each_node() {
        let (_kept, folder) = folder();
        let plan = find_or_make(&folder, Some(12), Some(2)).unwrap();
        assert_eq!((plan.nodes.len(), plan.block_time), (12, 2));
        let genesis = GenesisFile::read(&folder.genesis()).unwrap();
        assert_eq!((genesis.allocation.accounts.len(), genesis.allocation.stakes.len()), (12, 12));
        assert_eq!(genesis.block_time, Duration::from_secs(2));
        for node in 1..=12 {
            let keys = accounts::read_keys(&folder.keys(node)).unwrap();
            assert_eq!(genesis.stake_of(&keys.id()), Some(DEV_STAKE), "node {node}");
        }
        let mut ports: Vec<u16> = plan.nodes.iter().flat_map(|it| [it.http.port(), it.peer.port()]).collect();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 24, "each address is one node's");
    }

    #[test]
    fn small_devnets_fund_all_development_accounts() {
        let (_kept, folder) = folder();
        make(&folder, 4, 1).unwrap();
        let genesis = GenesisFile::read(&folder.genesis()).unwrap();
        assert_eq!((genesis.allocation.accounts.len(), genesis.allocation.stakes.len()), (10, 4));
    }

    #[test]
    fn the_first_block_is_due_when_all_nodes_have_started() {
        let genesis_time =
            |millis, nodes, cores, block_time| genesis_time(Duration::from_millis(millis), nodes, cores, block_time);
        // Four nodes take 0.8 s on two cores, so the first block is due at 101 s.
        assert_eq!(genesis_time(100_000, 4, 2, 1), 100);
        assert_eq!(genesis_time(100_200, 4, 2, 1), 100);
        assert_eq!(genesis_time(100_201, 4, 2, 1), 101);
        assert_eq!(genesis_time(100_000, 7, 2, 1), 101);
        assert_eq!(genesis_time(100_000, 4, 64, 1), 100);
        // However long a block takes, the first one is due then.
        assert_eq!(genesis_time(100_000, 4, 2, 60), 41);
        assert_eq!(genesis_time(100_000, 32, 0, 1), 112);
    }

    #[test]
    fn block_0_is_dated_anew_until_a_node_has_begun_the_chain() {
        let (_kept, folder) = folder();
        let plan = find_or_make(&folder, Some(3), Some(1)).unwrap();
        // As if the nodes had not started for a long time.
        let old = GenesisFile { genesis_time: 7, ..GenesisFile::read(&folder.genesis()).unwrap() };
        let is_old = || GenesisFile::read(&folder.genesis()).unwrap().genesis_time == 7;
        fs::write(folder.genesis(), old.to_text()).unwrap();
        assert!(date(&folder, &plan).unwrap());
        assert!(!is_old());
        let dated = GenesisFile::read(&folder.genesis()).unwrap();
        assert_eq!(dated.allocation.digest(), old.allocation.digest());
        fs::write(folder.genesis(), old.to_text()).unwrap();
        fs::create_dir_all(folder.chain(2)).unwrap();
        assert!(!date(&folder, &plan).unwrap());
        assert!(is_old());
    }

    #[test]
    fn a_devnet_goes_on_unless_other_numbers_are_given() {
        let (_kept, folder) = folder();
        let plan = find_or_make(&folder, None, None).unwrap();
        assert_eq!((plan.nodes.len(), plan.block_time), (4, 1));
        assert_eq!(find_or_make(&folder, Some(4), None).unwrap(), plan);
        for (nodes, block_time) in [(Some(7), None), (None, Some(2))] {
            let refused = find_or_make(&folder, nodes, block_time).unwrap_err().to_string();
            assert_eq!(refused, "a devnet of 4 nodes with a block every 1 s already exists");
        }
    }

    #[test]
    fn taken_ports_are_not_planned() {
        // Another devnet may have some of them already, which serves as well.
        let _taken = UdpSocket::bind((Ipv4Addr::LOCALHOST, PEER_PORTS + 2));
        let found = addresses(3).unwrap();
        assert!(found.iter().all(|it| it.peer.port() != PEER_PORTS + 2), "{found:?}");
    }
}
