//! The files of a devnet: its folder, its plan, and the list of its running processes.
//!
//! | file | holds | written by |
//! |---|---|---|
//! | `lock` | nothing; the supervisor holds its lock, however it ends | the supervisor |
//! | `plan.json` | how many nodes, their block time and addresses | the first `up` |
//! | `running.json` | processes and their addresses, and what proves that a request comes from this user | the supervisor |
//! | `genesis.json` | the genesis file of all nodes | the first `up` |
//! | `node-N/` | keys, chain, log and lock of a node | the first `up`, and the node |

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Project, folders};
use crate::error::Fault;

/// The network of a project's devnet.
pub(crate) const DEVNET: &str = "devnet";
/// The most nodes of a devnet.
pub(crate) const MAX_NODES: usize = 32;
/// The version of the files.
const VERSION: u32 = 1;
/// The most bytes of a file of ours.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// How long a node of this machine may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(300);
/// The hint if no devnet is up.
const HINT_UP: &str = "start one with `cargo dusk devnet up`";
/// The hint if a file of the folder cannot be read.
const HINT_RESET: &str = "remove what is left of the devnet with `cargo dusk devnet reset`";

/// How a devnet was made. It stays until it is reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    version: u32,
    /// The time between two blocks, in seconds.
    pub(crate) block_time: u64,
    /// The addresses of the nodes, from node 1 on.
    pub(crate) nodes: Vec<Addresses>,
}

/// Where a node is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Addresses {
    /// By commands, wallets and explorers.
    pub(crate) http: SocketAddr,
    /// By its peers (UDP).
    pub(crate) peer: SocketAddr,
}

impl Addresses {
    /// The address for commands.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.http)
    }
}

impl Plan {
    /// A plan of these nodes.
    pub(crate) fn new(block_time: u64, nodes: Vec<Addresses>) -> Self {
        Self { version: VERSION, block_time, nodes }
    }
}

/// A devnet that is up.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Running {
    version: u32,
    /// The process of the supervisor.
    pub(crate) supervisor: u32,
    /// Where the supervisor takes requests.
    pub(crate) control: SocketAddr,
    /// The token of requests: a user who can read this file may change the devnet.
    pub(crate) token: String,
    /// Whether the first block has become final.
    pub(crate) is_ready: bool,
    /// The nodes, from node 1 on.
    pub(crate) nodes: Vec<NodeProcess>,
}

/// The process of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodeProcess {
    /// The number of the node, from 1.
    pub(crate) node: usize,
    /// Where it is.
    pub(crate) addresses: Addresses,
    /// Its state.
    pub(crate) state: NodeState,
    /// Its process, while it runs.
    pub(crate) process: Option<u32>,
}

/// The state of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NodeState {
    /// It runs.
    Running,
    /// It was stopped.
    Stopped,
    /// It was killed.
    Killed,
    /// It ended by itself, or somebody else ended it.
    Ended,
}

impl NodeState {
    /// The word for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Killed => "killed",
            Self::Ended => "ended",
        }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running")
            .field("supervisor", &self.supervisor)
            .field("nodes", &self.nodes)
            .finish_non_exhaustive()
    }
}

impl Running {
    /// A devnet whose nodes are about to start.
    pub(crate) fn new(supervisor: u32, control: SocketAddr, token: String) -> Self {
        Self { version: VERSION, supervisor, control, token, is_ready: false, nodes: Vec::new() }
    }
}

/// The folder of a devnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DevnetFolder(PathBuf);

impl DevnetFolder {
    /// The folder of a project's devnet; without a project, the user's.
    ///
    /// # Errors
    /// When there is neither.
    pub(crate) fn of(project: &Project) -> Result<Self> {
        if project.root.join("Cargo.toml").is_file() {
            return Ok(Self(project.artefacts().join(DEVNET)));
        }
        Ok(Self(folders::cache()?.join(DEVNET)))
    }

    #[cfg(test)]
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The genesis file.
    pub(crate) fn genesis(&self) -> PathBuf {
        self.0.join("genesis.json")
    }

    /// The log of a supervisor without a terminal.
    pub(crate) fn supervisor_log(&self) -> PathBuf {
        self.0.join("supervisor.log")
    }

    /// The folder of a node, by its number.
    pub(crate) fn node(&self, node: usize) -> PathBuf {
        self.0.join(format!("node-{node}"))
    }

    /// The keys file of a node.
    pub(crate) fn keys(&self, node: usize) -> PathBuf {
        self.node(node).join("keys.json")
    }

    /// The data folder of a node.
    pub(crate) fn chain(&self, node: usize) -> PathBuf {
        self.node(node).join("chain")
    }

    /// The log of a node.
    pub(crate) fn log(&self, node: usize) -> PathBuf {
        self.node(node).join("log")
    }

    /// The file whose lock a node holds while it runs.
    pub(crate) fn node_lock(&self, node: usize) -> PathBuf {
        self.node(node).join("lock")
    }

    fn lock_file(&self) -> PathBuf {
        self.0.join("lock")
    }

    fn plan_file(&self) -> PathBuf {
        self.0.join("plan.json")
    }

    fn running_file(&self) -> PathBuf {
        self.0.join("running.json")
    }

    /// Makes the folder, and takes its lock for the supervisor. `None`: another supervisor has it.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub(crate) fn take(&self) -> Result<Option<File>> {
        folders::make_private(&self.0)?;
        let path = self.lock_file();
        let failed = || format!("cannot open {}", path.display());
        let file = File::options().create(true).truncate(false).write(true).open(&path).with_context(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).with_context(failed),
        }
    }

    /// Whether a supervisor runs: it holds the lock.
    ///
    /// # Errors
    /// When the lock cannot be looked at.
    pub(crate) fn is_up(&self) -> Result<bool> {
        is_locked(&self.lock_file())
    }

    /// Whether the process of a node runs, whoever started it.
    ///
    /// # Errors
    /// When the lock cannot be looked at.
    pub(crate) fn has_process(&self, node: usize) -> Result<bool> {
        is_locked(&self.node_lock(node))
    }

    /// The plan, if there is one.
    ///
    /// # Errors
    /// A usage fault when the file is damaged, of another version, or of more nodes than a devnet has.
    pub(crate) fn plan(&self) -> Result<Option<Plan>> {
        let path = self.plan_file();
        let plan: Option<Plan> = read(&path)?;
        check_count(&path, plan.as_ref().map_or(0, |plan| plan.nodes.len()))?;
        Ok(plan)
    }

    /// Keeps the plan.
    pub(crate) fn write_plan(&self, plan: &Plan) -> Result<()> {
        folders::write_atomically(&self.plan_file(), &serde_json::to_vec_pretty(plan)?)
    }

    /// The last record of running processes. They need not run any more: see [`is_up`](Self::is_up).
    ///
    /// # Errors
    /// A usage fault when the file is damaged, of another version, or of more nodes than a devnet has.
    pub(crate) fn last_running(&self) -> Result<Option<Running>> {
        let path = self.running_file();
        let running: Option<Running> = read(&path)?;
        check_count(&path, running.as_ref().map_or(0, |running| running.nodes.len()))?;
        Ok(running)
    }

    /// Writes what runs, for this user alone.
    pub(crate) fn write_running(&self, running: &Running) -> Result<()> {
        let path = self.running_file();
        let write = || -> std::io::Result<()> {
            // Temporary files are private, and this one stays so.
            let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
            file.write_all(&serde_json::to_vec_pretty(running)?)?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Says that nothing runs any more.
    pub(crate) fn forget_running(&self) -> Result<()> {
        removed(fs::remove_file(self.running_file())).with_context(|| format!("cannot remove {}", self.0.display()))
    }

    /// Removes chains, keys, genesis and plan. The lock stays: it may be held.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub(crate) fn clear(&self) -> Result<()> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", self.0.display())),
        };
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            // Only what is ours, in case somebody has put other things here.
            let done = match name {
                "genesis.json" | "plan.json" | "running.json" | "supervisor.log" => fs::remove_file(&path),
                name if name.strip_prefix("node-").is_some_and(|node| node.parse::<usize>().is_ok()) => {
                    fs::remove_dir_all(&path)
                }
                _ => continue,
            };
            removed(done).with_context(|| format!("cannot remove {}", path.display()))?;
        }
        Ok(())
    }

    /// The devnet that is up.
    ///
    /// # Errors
    /// A failure when none is, which tells one that ended without `down` from none at all.
    pub(crate) fn running(&self) -> Result<Running> {
        let last = self.last_running()?;
        if self.is_up()? {
            return last.ok_or_else(|| {
                Fault::failed("the devnet is just starting", "wait a moment, and run the command again")
            });
        }
        Err(match (last, self.plan()?) {
            (Some(last), _) => Fault::failed(
                format!("no devnet is up: the last one ended without `down` (its process was {})", last.supervisor),
                "`cargo dusk devnet up` continues its chain, `cargo dusk devnet reset` removes it",
            ),
            (None, Some(_)) => Fault::failed(
                "no devnet is up: the last one was ended with `down`",
                "`cargo dusk devnet up` continues its chain, `cargo dusk devnet reset` removes it",
            ),
            (None, None) => Fault::failed("no devnet is up", HINT_UP),
        })
    }

    /// The addresses of the running nodes, those first that accept connections.
    ///
    /// # Errors
    /// A failure when no devnet is up, or none of its nodes runs.
    pub(crate) fn urls(&self) -> Result<Vec<String>> {
        let running = self.running()?;
        let alive = running.nodes.iter().filter(|node| node.state == NodeState::Running);
        let mut addresses: Vec<Addresses> = alive.map(|node| node.addresses).collect();
        if addresses.is_empty() {
            return Err(Fault::failed(
                "no node of the devnet is running",
                "start one with `cargo dusk devnet start 1`",
            ));
        }
        // Looked at one by one: the first nearly always answers, and it has one timeout for each.
        if let Some(first) =
            addresses.iter().position(|node| TcpStream::connect_timeout(&node.http, CONNECT_TIMEOUT).is_ok())
        {
            addresses.rotate_left(first);
        }
        Ok(addresses.iter().map(Addresses::url).collect())
    }
}

impl Project {
    /// The addresses of a network's nodes, given by name or as a URL: one, or those of the devnet.
    ///
    /// # Errors
    /// A usage fault when the name is not known, a failure when the devnet is not up.
    pub(crate) fn network(&self, given: Option<&str>) -> Result<Vec<String>> {
        if self.settings.means_devnet(given) {
            return DevnetFolder::of(self)?.urls();
        }
        Ok(vec![self.settings.network(given)?])
    }
}

/// Whether a process holds the lock of a file.
fn is_locked(path: &Path) -> Result<bool> {
    let failed = || format!("cannot open {}", path.display());
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error).with_context(failed),
    };
    // Shared, so that two who look do not take each other for the holder.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error).with_context(failed),
    }
}

fn removed(done: std::io::Result<()>) -> std::io::Result<()> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Only the version, which tells how to read the rest.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Reads a file that may not be there.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut text = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut text).with_context(|| format!("cannot read {}", path.display()))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(Fault::usage(format!("{} has more than {MAX_FILE_BYTES} bytes", path.display()), HINT_RESET));
    }
    let damaged =
        |error: serde_json::Error| Fault::usage(format!("{} is damaged: {error}", path.display()), HINT_RESET);
    let Versioned { version } = serde_json::from_slice(&text).map_err(damaged)?;
    if version != VERSION {
        return Err(Fault::usage(
            format!("{} has version {version}; this command reads version {VERSION}", path.display()),
            "use the version of cargo-dusk that started the devnet, or remove it with `cargo dusk devnet reset`",
        ));
    }
    serde_json::from_slice(&text).map(Some).map_err(damaged)
}

/// Refuses a file of more nodes than a devnet has: commands work through all of them.
fn check_count(path: &Path, count: usize) -> Result<()> {
    if count > MAX_NODES {
        return Err(Fault::usage(
            format!("{} names {count} nodes: a devnet has at most {MAX_NODES}", path.display()),
            HINT_RESET,
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, DevnetFolder) {
        let kept = tempfile::tempdir().unwrap();
        let folder = DevnetFolder::at(&kept.path().join("devnet"));
        (kept, folder)
    }

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn running(nodes: &[(SocketAddr, NodeState)]) -> Running {
        let nodes = nodes.iter().enumerate().map(|(place, (http, state))| NodeProcess {
            node: place + 1,
            addresses: Addresses { http: *http, peer: address(1) },
            state: *state,
            process: Some(7),
        });
        Running { nodes: nodes.collect(), ..Running::new(4711, address(9), "secret".to_owned()) }
    }

    #[test]
    fn one_supervisor_has_the_folder() {
        let (_kept, folder) = folder();
        assert!(!folder.is_up().unwrap());
        let lock = folder.take().unwrap().unwrap();
        assert!(folder.is_up().unwrap());
        assert!(folder.take().unwrap().is_none(), "a second `up` does not get it");
        drop(lock);
        assert!(!folder.is_up().unwrap());
        assert!(folder.take().unwrap().is_some());
    }

    #[test]
    fn a_devnet_that_is_up_is_told_from_what_is_left_of_one() {
        let (_kept, folder) = folder();
        let told = || folder.running().unwrap_err().to_string();
        assert_eq!(told(), "no devnet is up");
        let lock = folder.take().unwrap();
        assert_eq!(told(), "the devnet is just starting");
        folder.write_plan(&Plan::new(1, Vec::new())).unwrap();
        folder.write_running(&running(&[])).unwrap();
        assert_eq!(folder.running().unwrap().supervisor, 4711);
        drop(lock);
        assert_eq!(told(), "no devnet is up: the last one ended without `down` (its process was 4711)");
        folder.forget_running().unwrap();
        assert_eq!(told(), "no devnet is up: the last one was ended with `down`");
        folder.clear().unwrap();
        assert_eq!(told(), "no devnet is up");
    }

    #[test]
    fn commands_use_the_first_node_that_is_there() {
        let (_kept, folder) = folder();
        let _lock = folder.take().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let there = listener.local_addr().unwrap();
        let gone = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
        folder.write_running(&running(&[(gone, NodeState::Running), (there, NodeState::Running)])).unwrap();
        assert_eq!(folder.urls().unwrap(), [format!("http://{there}"), format!("http://{gone}")]);
        folder.write_running(&running(&[(there, NodeState::Killed), (gone, NodeState::Running)])).unwrap();
        assert_eq!(folder.urls().unwrap(), [format!("http://{gone}")]);
        folder.write_running(&running(&[(there, NodeState::Stopped)])).unwrap();
        assert_eq!(folder.urls().unwrap_err().to_string(), "no node of the devnet is running");
    }

    #[test]
    fn damaged_long_and_foreign_files_are_refused() {
        let (_kept, folder) = folder();
        drop(folder.take().unwrap());
        let told = |text: &[u8]| {
            fs::write(folder.plan_file(), text).unwrap();
            folder.plan().unwrap_err().to_string()
        };
        let good = serde_json::to_vec(&Plan::new(1, Vec::new())).unwrap();
        for length in 0..good.len() {
            assert!(told(&good[..length]).contains("is damaged"), "{length} bytes");
        }
        assert!(told(br#"{"version": 2}"#).contains("has version 2"));
        assert!(told(br#"{"version": 1, "block_time": 1, "nodes": [], "colour": 1}"#).contains("is damaged"));
        let addresses = Addresses { http: address(8101), peer: address(9001) };
        let crowd = Plan::new(1, vec![addresses; MAX_NODES + 1]);
        assert!(told(&serde_json::to_vec(&crowd).unwrap()).contains("names 33 nodes: a devnet has at most 32"));
        folder.write_running(&running(&[(address(8101), NodeState::Running); MAX_NODES + 1])).unwrap();
        let error = folder.last_running().unwrap_err().to_string();
        assert!(error.contains("names 33 nodes: a devnet has at most 32"), "{error}");
        File::create(folder.plan_file()).unwrap().set_len(1 << 40).unwrap();
        assert!(folder.plan().unwrap_err().to_string().contains("more than"));
        folder.clear().unwrap();
        assert_eq!(folder.plan().unwrap(), None);
    }

    /// All texts that differ from a good one in one place: a byte is missing, comes twice, or is another one.
    fn damaged(good: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
        (0..good.len()).flat_map(move |place| {
            let (head, byte, tail) = (&good[..place], good[place], &good[place + 1..]);
            let parts = [vec![], vec![byte; 2], vec![byte ^ 1], vec![byte ^ 0x80], vec![b'9'], vec![b'-'], vec![b'"']];
            parts.map(|part| [head, part.as_slice(), tail].concat())
        })
    }

    /// Reads all damaged forms of a file. Gives how many were read and how many were refused.
    fn read_damaged<T: Serialize + DeserializeOwned>(path: &Path) -> (usize, usize) {
        let (mut taken, mut refused) = (0, 0);
        for text in damaged(&fs::read(path).unwrap()) {
            fs::write(path, &text).unwrap();
            match read::<T>(path) {
                Ok(value) => {
                    let written = serde_json::to_vec(&value.expect("the file is there")).unwrap();
                    let again: T = serde_json::from_slice(&written).expect("what is written is read");
                    assert_eq!(serde_json::to_vec(&again).unwrap(), written);
                    taken += 1;
                }
                Err(error) => {
                    assert!(error.downcast_ref::<Fault>().is_some(), "{error:?}");
                    refused += 1;
                }
            }
        }
        (taken, refused)
    }

    #[test]
    fn files_with_one_damage_are_read_or_refused() {
        let (_kept, folder) = folder();
        drop(folder.take().unwrap());
        let addresses = Addresses { http: address(8101), peer: address(9001) };
        folder.write_plan(&Plan::new(1, vec![addresses; 3])).unwrap();
        let nodes = [(address(8101), NodeState::Running), (address(8102), NodeState::Killed)];
        folder.write_running(&running(&nodes)).unwrap();
        // Most bytes are names, punctuation and blanks; the others may as well be different.
        for (taken, refused) in
            [read_damaged::<Plan>(&folder.plan_file()), read_damaged::<Running>(&folder.running_file())]
        {
            assert!(taken > 100 && refused > 100, "{taken} read, {refused} refused");
        }
    }

    #[test]
    fn only_files_of_the_devnet_are_removed() {
        let (_kept, folder) = folder();
        let lock = folder.take().unwrap();
        fs::create_dir_all(folder.chain(3)).unwrap();
        fs::create_dir_all(folder.path().join("node-mine")).unwrap();
        fs::write(folder.genesis(), "").unwrap();
        fs::write(folder.path().join("notes"), "").unwrap();
        folder.clear().unwrap();
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, ["lock", "node-mine", "notes"]);
        assert!(folder.is_up().unwrap());
        drop(lock);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_reads_what_proves_requests() {
        use std::os::unix::fs::PermissionsExt;

        let (_kept, folder) = folder();
        drop(folder.take().unwrap());
        folder.write_running(&running(&[])).unwrap();
        assert_eq!(fs::metadata(folder.running_file()).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!format!("{:?}", folder.last_running().unwrap()).contains("secret"));
    }
}
