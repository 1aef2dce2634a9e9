//! Starting, watching and ending the nodes of a devnet.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::conditions::Conditions;
use super::control::{Answer, Control, Reply, Request};
use super::process::{Ending, NodeChild};
use super::{plan, prepare, status};
use crate::error::Fault;
use crate::ops::chain::client::Client;
use crate::ops::chain::connection;
use crate::ops::node::log::LogLevel;
use crate::ops::project::devnet::{DevnetFolder, NodeProcess, NodeState, Plan, Running};
use crate::ops::report;

/// The pause between two looks at nodes and requests.
const GLANCE: Duration = Duration::from_millis(20);
/// The pause between two questions to nodes that start.
const QUESTION: Duration = Duration::from_millis(50);
/// How long a node may take to start.
const MAX_START: Duration = Duration::from_secs(60);
/// How long the nodes may take to meet and agree on a block, besides blocks of that number.
const MAX_AGREEMENT: (Duration, u32) = (Duration::from_secs(60), 20);
/// How long processes of an earlier devnet may take to end: they know that their supervisor has.
const MAX_LEFTOVER: Duration = Duration::from_secs(15);
/// How long another look at the lock may hold up `up`.
const MAX_LOOKS: Duration = Duration::from_millis(500);

/// The hint if a node does not answer.
const HINT_LOGS: &str = "`cargo dusk devnet logs` shows the logs of the nodes";

/// The options of `up`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Nodes of a new devnet.
    pub(crate) nodes: Option<usize>,
    /// Seconds between two blocks of a new devnet.
    pub(crate) block_time: Option<u64>,
    /// How much the nodes tell in their logs.
    pub(crate) level: LogLevel,
}

/// The nodes of a devnet, all of which end with it.
#[derive(Debug)]
pub(crate) struct Supervisor {
    folder: DevnetFolder,
    plan: Plan,
    level: LogLevel,
    control: Control,
    conditions: Conditions,
    running: Running,
    children: BTreeMap<usize, NodeChild>,
    /// Raised when the process is asked to end.
    stop: Arc<AtomicBool>,
    /// Last, so that the lock is free when all else is done.
    _lock: File,
}

impl Supervisor {
    /// Takes the folder and makes what the nodes need.
    ///
    /// # Errors
    /// A failure when a devnet is up already, an environment fault when processes of an earlier one do not end.
    pub(crate) fn begin(folder: DevnetFolder, wanted: Wanted, stop: Arc<AtomicBool>) -> Result<Self> {
        let lock = lock(&folder)?;
        if let Some(left) = folder.last_running()? {
            if let Some(report) = report::of_process() {
                report.note(&format_args!(
                    "the last devnet ended without `down` (its process was {}); its chain continues",
                    left.supervisor
                ));
            }
            folder.forget_running()?;
        }
        if let Some(plan) = folder.plan()? {
            wait_for_leftovers(&folder, plan.nodes.len())?;
        }
        let plan = plan::find_or_make(&folder, wanted.nodes, wanted.block_time)?;
        let control = Control::open()?;
        let running = Running::new(std::process::id(), control.address()?, control.token().to_owned());
        let mut supervisor = Self {
            folder,
            plan,
            level: wanted.level,
            control,
            conditions: Conditions::default(),
            running,
            children: BTreeMap::new(),
            stop,
            _lock: lock,
        };
        supervisor.fill_running();
        Ok(supervisor)
    }

    /// The running processes.
    pub(crate) fn running(&self) -> &Running {
        &self.running
    }

    /// Seconds between two blocks.
    pub(crate) fn block_time(&self) -> u64 {
        self.plan.block_time
    }

    fn fill_running(&mut self) {
        let nodes = self.plan.nodes.iter().enumerate();
        self.running.nodes = nodes
            .map(|(place, addresses)| NodeProcess {
                node: place + 1,
                addresses: *addresses,
                state: NodeState::Stopped,
                process: None,
            })
            .collect();
    }

    /// Starts all nodes, and waits until they have met and a new block is final. Says `false` when it was interrupted.
    ///
    /// # Errors
    /// When a node does not start, or they do not agree in time.
    pub(crate) fn start_all(&mut self) -> Result<bool> {
        let bar = report::of_process().map(|report| report.waiting("starting the nodes"));
        let tell = |text: &str| {
            if let Some(bar) = &bar {
                bar.tell(text);
            }
        };
        let peers: Vec<SocketAddr> = self.peers().into_values().collect();
        prepare::prepare(&peers, &self.stop);
        if self.is_interrupted() {
            return Ok(false);
        }
        let is_new = plan::date(&self.folder, &self.plan)?;
        for node in 1..=self.plan.nodes.len() {
            self.spawn(node)?;
        }
        self.folder.write_running(&self.running)?;
        let begun = Instant::now();
        let mut waiting: Vec<usize> = self.children.keys().copied().collect();
        while let Some(node) = waiting.last().copied() {
            if self.is_interrupted() {
                return Ok(false);
            }
            if self.has_started(node, begun)? {
                waiting.pop();
            } else {
                thread::sleep(GLANCE);
            }
        }
        // Nodes of a new chain may have a final block before all of them have started.
        let before = if is_new { 0 } else { status::last_final(&status::of(&self.running.nodes)) };
        let (base, blocks) = MAX_AGREEMENT;
        let most = base + Duration::from_secs(self.plan.block_time) * blocks;
        let begun = Instant::now();
        while let Some(missing) = status::missing(&status::of(&self.running.nodes), before) {
            tell(&format!("· {missing}"));
            if self.is_interrupted() {
                return Ok(false);
            }
            self.watch();
            if let Some(gone) = self.running.nodes.iter().find(|node| node.state != NodeState::Running) {
                return Err(Fault::failed(format!("node {} ended while the others started", gone.node), HINT_LOGS));
            }
            if begun.elapsed() > most {
                return Err(Fault::failed(
                    format!("the nodes do not agree within {} s: {missing}", most.as_secs()),
                    HINT_LOGS,
                ));
            }
            thread::sleep(QUESTION);
        }
        self.running.is_ready = true;
        self.folder.write_running(&self.running)?;
        Ok(true)
    }

    /// Does what is asked for until the devnet is to end.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub(crate) fn serve(&mut self) -> Result<()> {
        while !self.is_interrupted() {
            if self.watch() {
                self.folder.write_running(&self.running)?;
            }
            match self.control.next() {
                Some((Request::Down, reply)) => return self.down(reply),
                Some((request, reply)) => {
                    let answer = self.answer(&request);
                    self.folder.write_running(&self.running)?;
                    reply.send(&answer);
                }
                None => thread::sleep(GLANCE),
            }
        }
        self.end_all();
        self.folder.forget_running()
    }

    fn down(&mut self, reply: Reply) -> Result<()> {
        let count = self.children.len();
        let killed = self.end_all();
        self.folder.forget_running()?;
        let words = if count == 1 { "1 node".to_owned() } else { format!("{count} nodes") };
        reply.send(&Answer::Done(match killed {
            0 => format!("ended {words}; `up` continues the chain"),
            killed => format!("ended {words}, {killed} of them by force; `up` continues the chain"),
        }));
        Ok(())
    }

    fn answer(&mut self, request: &Request) -> Answer {
        match self.done(request) {
            Ok(text) => Answer::Done(text),
            Err(error) => {
                let hint = error.downcast_ref::<Fault>().map_or(HINT_LOGS, Fault::hint).to_owned();
                Answer::Failed { error: format!("{error:#}"), hint }
            }
        }
    }

    fn done(&mut self, request: &Request) -> Result<String> {
        match request {
            Request::Stop { node } => {
                let mut child = self.take(*node)?;
                let ending = child.wait_for_end(Instant::now());
                self.set(*node, NodeState::Stopped, None);
                Ok(match ending {
                    Ending::Orderly => format!("stopped node {node}"),
                    Ending::Killed => format!("stopped node {node} by force: it did not end in time"),
                })
            }
            Request::Kill { node } => {
                self.take(*node)?.kill();
                self.set(*node, NodeState::Killed, None);
                Ok(format!("killed node {node}"))
            }
            Request::Start { node } => self.start(*node),
            Request::Cut { groups } => {
                for node in groups.iter().flatten() {
                    self.exists(*node)?;
                }
                self.conditions.cut(groups);
                self.condition_all()
            }
            Request::Delay { millis } => {
                self.conditions.delay(*millis);
                self.condition_all()
            }
            Request::Loss { permille } => {
                self.conditions.lose(*permille);
                self.condition_all()
            }
            Request::Heal => {
                self.conditions = Conditions::default();
                self.condition_all()
            }
            Request::Reset => {
                self.end_all();
                self.conditions = Conditions::default();
                self.running.is_ready = false;
                self.plan = plan::begin(&self.folder, self.plan.clone())?;
                self.fill_running();
                if !self.start_all()? {
                    return Err(ending());
                }
                Ok("began a new chain".to_owned())
            }
            Request::Down => unreachable!("it is answered when all has ended"),
        }
    }

    fn start(&mut self, node: usize) -> Result<String> {
        self.exists(node)?;
        if self.children.contains_key(&node) {
            return Err(Fault::failed(
                format!("node {node} is already running"),
                format!("`cargo dusk devnet stop {node}` stops it"),
            ));
        }
        let begun = Instant::now();
        self.spawn(node)?;
        while !self.has_started(node, begun)? {
            if self.is_interrupted() {
                return Err(ending());
            }
            thread::sleep(GLANCE);
        }
        self.condition(node)?;
        Ok(format!("started node {node}"))
    }

    fn spawn(&mut self, node: usize) -> Result<()> {
        let peers: Vec<SocketAddr> =
            self.peers().into_iter().filter(|(other, _)| *other != node).map(|(_, peer)| peer).collect();
        let addresses = self.plan.nodes[node - 1];
        let child = NodeChild::start(&self.folder, node, addresses, &peers, self.level)?;
        self.set(node, NodeState::Running, Some(child.process()));
        self.children.insert(node, child);
        Ok(())
    }

    /// Whether a node that was started at that time answers. One that never will is taken off the list.
    fn has_started(&mut self, node: usize, begun: Instant) -> Result<bool> {
        let Some(child) = self.children.get_mut(&node) else { return Ok(false) };
        let started = match child.has_started() {
            Ok(false) if begun.elapsed() > MAX_START => {
                Err(Fault::failed(format!("node {node} did not start within {} s", MAX_START.as_secs()), HINT_LOGS))
            }
            other => other,
        };
        if started.is_err() {
            // Dropping it ends its process.
            self.children.remove(&node);
            self.set(node, NodeState::Ended, None);
        }
        started
    }

    /// Notes which nodes have ended by themselves. Says whether one has.
    fn watch(&mut self) -> bool {
        let mut ended = Vec::new();
        for (node, child) in &mut self.children {
            if let Some(status) = child.ended() {
                ended.push((*node, status));
            }
        }
        for (node, status) in &ended {
            self.children.remove(node);
            self.set(*node, NodeState::Ended, None);
            if let Some(report) = report::of_process() {
                report.warn(&format_args!("node {node} ended: {status}; `cargo dusk devnet start {node}` starts it"));
            }
        }
        !ended.is_empty()
    }

    /// Ends all nodes at the same time. Says how many did not in time.
    fn end_all(&mut self) -> usize {
        let since = Instant::now();
        self.children.values_mut().for_each(NodeChild::let_end);
        let mut killed = 0;
        for (node, mut child) in std::mem::take(&mut self.children) {
            killed += usize::from(child.wait_for_end(since) == Ending::Killed);
            self.set(node, NodeState::Stopped, None);
        }
        killed
    }

    fn condition_all(&mut self) -> Result<String> {
        let nodes: Vec<usize> = self.children.keys().copied().collect();
        nodes.into_iter().try_for_each(|node| self.condition(node))?;
        let words = self.conditions.words();
        Ok(if words.is_empty() { "no link has a cut, a delay or a loss".to_owned() } else { words })
    }

    fn condition(&self, node: usize) -> Result<()> {
        let client = Client::near(&self.plan.nodes[node - 1].url());
        self.conditions.apply(node, &client, &self.peers()).map_err(connection::unreachable)
    }

    fn peers(&self) -> BTreeMap<usize, SocketAddr> {
        self.plan.nodes.iter().enumerate().map(|(place, addresses)| (place + 1, addresses.peer)).collect()
    }

    fn exists(&self, node: usize) -> Result<()> {
        let last = self.plan.nodes.len();
        if (1..=last).contains(&node) {
            return Ok(());
        }
        Err(Fault::usage(format!("there is no node {node}"), format!("this devnet has the nodes 1 to {last}")))
    }

    /// The child of a node that runs.
    fn take(&mut self, node: usize) -> Result<NodeChild> {
        self.exists(node)?;
        self.watch();
        self.children.remove(&node).ok_or_else(|| {
            Fault::failed(format!("node {node} is not running"), format!("`cargo dusk devnet start {node}` starts it"))
        })
    }

    fn set(&mut self, node: usize, state: NodeState, process: Option<u32>) {
        let entry = &mut self.running.nodes[node - 1];
        (entry.state, entry.process) = (state, process);
    }

    fn is_interrupted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.end_all();
        // An error leaves a file behind that the next `up` reads as such.
        let _ = self.folder.forget_running();
    }
}

/// The error of a request that the end of the devnet interrupts.
fn ending() -> anyhow::Error {
    Fault::failed("the devnet is ending", "start it again with `cargo dusk devnet up`")
}

/// Takes the lock of the folder.
fn lock(folder: &DevnetFolder) -> Result<File> {
    let begun = Instant::now();
    loop {
        if let Some(lock) = folder.take()? {
            return Ok(lock);
        }
        // A command that only looks whether the lock is held holds it for a moment.
        if begun.elapsed() > MAX_LOOKS {
            let process = folder.last_running()?.map_or_else(String::new, |it| format!(", process {}", it.supervisor));
            return Err(Fault::failed(
                format!("a devnet is already up here ({}{process})", folder.path().display()),
                "`cargo dusk devnet status` shows it, `cargo dusk devnet down` ends it",
            ));
        }
        thread::sleep(GLANCE);
    }
}

/// Waits until no node of an earlier devnet runs.
pub(super) fn wait_for_leftovers(folder: &DevnetFolder, nodes: usize) -> Result<()> {
    let begun = Instant::now();
    for node in 1..=nodes {
        while folder.has_process(node)? {
            if begun.elapsed() > MAX_LEFTOVER {
                return Err(Fault::environment(
                    format!("node {node} of an earlier devnet is still running, and does not end"),
                    format!(
                        "`fuser {}` names its process: end it, and run the command again",
                        folder.node_lock(node).display()
                    ),
                ));
            }
            thread::sleep(GLANCE);
        }
    }
    Ok(())
}

/// Removes a devnet that is not up.
///
/// # Errors
/// A failure when one has come up meanwhile, an environment fault when processes of an earlier one do not end.
pub(crate) fn clear(folder: &DevnetFolder) -> Result<()> {
    let _lock = lock(folder)?;
    wait_for_leftovers(folder, super::MAX_NODES)?;
    folder.clear()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted { nodes: None, block_time: None, level: LogLevel::Off }
    }

    fn folder() -> (tempfile::TempDir, DevnetFolder) {
        let kept = tempfile::tempdir().unwrap();
        let folder = DevnetFolder::at(&kept.path().join("devnet"));
        (kept, folder)
    }

    #[test]
    fn two_supervisors_do_not_mix() {
        let (_kept, folder) = folder();
        let first = Supervisor::begin(folder.clone(), wanted(), Arc::default()).unwrap();
        folder.write_running(first.running()).unwrap();
        let refused = Supervisor::begin(folder.clone(), wanted(), Arc::default()).unwrap_err().to_string();
        assert!(refused.starts_with("a devnet is already up here"), "{refused}");
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        assert!(clear(&folder).unwrap_err().to_string().starts_with("a devnet is already up here"));
        drop(first);
        assert!(folder.last_running().unwrap().is_none());
        clear(&folder).unwrap();
        assert!(folder.plan().unwrap().is_none());
    }

    #[test]
    fn what_a_crash_left_behind_is_continued() {
        let (_kept, folder) = folder();
        let first = Supervisor::begin(folder.clone(), wanted(), Arc::default()).unwrap();
        let plan = folder.plan().unwrap();
        let running = first.running().clone();
        drop(first);
        // As if it had not come to remove the file.
        folder.write_running(&running).unwrap();
        assert!(folder.running().unwrap_err().to_string().contains("ended without `down`"));
        let second = Supervisor::begin(folder.clone(), wanted(), Arc::default()).unwrap();
        assert_eq!(folder.plan().unwrap(), plan);
        drop(second);
    }

    #[test]
    fn an_interrupted_reset_starts_no_node_and_reports_no_new_chain() {
        let (_kept, folder) = folder();
        let mut supervisor = Supervisor::begin(folder, wanted(), Arc::new(AtomicBool::new(true))).unwrap();
        let Answer::Failed { error, hint } = supervisor.answer(&Request::Reset) else { panic!("it was interrupted") };
        assert_eq!(error, "the devnet is ending");
        assert_eq!(hint, "start it again with `cargo dusk devnet up`");
        assert!(supervisor.children.is_empty());
    }

    #[test]
    fn nodes_that_do_not_exist_or_run_are_told() {
        let (_kept, folder) = folder();
        let mut supervisor = Supervisor::begin(folder, wanted(), Arc::default()).unwrap();
        let mut told = |request: Request| match supervisor.answer(&request) {
            Answer::Failed { error, .. } => error,
            Answer::Done(text) => panic!("{text}"),
        };
        assert_eq!(told(Request::Stop { node: 5 }), "there is no node 5");
        assert_eq!(told(Request::Kill { node: 0 }), "there is no node 0");
        assert_eq!(told(Request::Start { node: usize::MAX }), format!("there is no node {}", usize::MAX));
        assert_eq!(told(Request::Cut { groups: vec![vec![1], vec![9]] }), "there is no node 9");
        assert_eq!(told(Request::Stop { node: 1 }), "node 1 is not running");
    }
}
