//! A new devnet: addresses, genesis, keys.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::num::NonZero;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use local_node::accounts::{self, KeyPair};
use local_node::genesis::{Allocation, DEV_BALANCE, DEV_STAKE, GenesisFile};
use local_node_types::rules::Profile;

use crate::error::Fault;
use crate::ops::chain::clock;
use crate::ops::node::joining;
use crate::ops::project::devnet::{Addresses, DevnetFolder, Plan};
use crate::ops::project::folders;

/// The port before those of nodes that commands use. Node 1 has the next one.
const HTTP_PORTS: u16 = 8100;
/// How far ahead block 0 of a new chain is, in seconds, besides what the nodes need for their identities: the first
/// round begins with all of them, not with its timeouts.
const LEAD_SECONDS: u64 = 2;
/// How many identities a processor core makes in a second, about: 2^20 hashes each.
const IDENTITIES_PER_SECOND: usize = 2;
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
    let genesis = genesis(&keys, plan.block_time);
    folders::write_atomically(&folder.genesis(), genesis.to_text().as_bytes())?;
    for (place, keys) in keys.iter().enumerate() {
        let node = place + 1;
        fs::create_dir_all(folder.node(node))
            .with_context(|| format!("cannot make {}", folder.node(node).display()))?;
        accounts::write_keys(&folder.keys(node), keys).map_err(|error| joining::keys_fault(&error))?;
    }
    folder.write_plan(&plan)?;
    Ok(plan)
}

/// The time of block 0, in seconds since 1970.
fn genesis_time(nodes: usize) -> u64 {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let identities = nodes.div_ceil(cores * IDENTITIES_PER_SECOND);
    clock::now() + LEAD_SECONDS + identities as u64
}

/// The development accounts, and those of further nodes; each node has a stake.
fn genesis(keys: &[KeyPair], block_time: u64) -> GenesisFile {
    let funded = accounts::dev_keys(keys.len().max(accounts::NAMES.len()));
    GenesisFile {
        chain_id: local_node::LOCAL_CHAIN_ID,
        rules: Profile::Local,
        genesis_time: genesis_time(keys.len()),
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
