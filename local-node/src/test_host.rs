//! The test host: chains for contracts' tests.
//!
//! It serves the protocol of [`dusk_sdk_protocol::host`] on loopback: JSON lines over TCP, one connection for each
//! test, one chain for each connection. The host closes a connection whose first line does not soon bring the host's
//! token.
//!
//! A chain is the node's own ledger code without the consensus: transactions are signed,
//! run by the same [`Executor`] and change the same genesis state, but nobody votes, so **no attestation is made and no
//! rewards are paid**; a block has the transactions of one request, and empty blocks only move the height.
//!
//! A host may also serve the chains of others: with [`TestHost::serving`], an implementation of [`Chains`] answers the
//! requests, for instance with a running network. It reports a function that it lacks by
//! [`NotHere`](dusk_sdk_protocol::host::Response::NotHere), and the test counts as skipped.
//!
//! The host's own chains share their caches: the virtual machine with its compiled modules, the genesis state,
//! the keys. The host signs for the accounts, so a signature is known to be good when it is made, and no test pays for
//! its verification. Repeated transactions, such as the deployments with which tests begin, are signed and run once.
//!
//! | module | holds |
//! |---|---|
//! | `connection` | bounded lines in and out |
//! | `guests` | the connected clients, and the token that tests show |
//! | `chains` | the interface of a chain for the host |
//! | `chain` | the host's own chains: what each request does |
//! | `block` | blocks of several calls |
//! | `observing` | the public data of a transaction, for tests that compare them between runs |
//! | `proofs` | proofs, mock or real |
//! | `repeated` | results of blocks and questions that tests repeat |
//! | `signer` | transactions of the named accounts |
//! | `report` | the tests' results, for the command line |

mod block;
mod chain;
mod chains;
mod connection;
mod guests;
mod observing;
mod proofs;
mod repeated;
mod report;
mod signer;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use local_node_types::rules::{Profile, Rules};
use local_node_vm::{MockKey, StateRoot, Vm, VmError};

use self::chain::{Asked, Block, Chain, MAX_KEPT_ANSWERS, MAX_KEPT_BLOCKS, MAX_OBSERVED_BLOCKS};
pub use self::chains::{Chains, TestChain};
use self::guests::{Guests, Token};
pub use self::proofs::{Proofs, ProofsError, Proved, Wanted, Wires};
use self::repeated::{Latest, Repeated};
pub use self::report::{Action, Entry, MAX_ENTRIES, MAX_TRACE_BYTES, Report, TestReport};
use self::signer::Signer;
use crate::accounts::{DevAccount, NAMES, dev_accounts};
use crate::config::LOCAL_CHAIN_ID;
use crate::executor::{Executor, ExecutorError};
use crate::genesis::{self, Allocation};
use crate::reader::MAX_CALL_TIME;

/// The most tests at a time.
pub const MAX_CONNECTIONS: usize = 256;
/// The most connections at a time that have not shown the token yet. A further one takes the place of the oldest.
pub const MAX_STRANGERS: usize = 64;
/// How long no connection is accepted after one has failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// How long a connection may take to show the token.
pub const MAX_OPENING: Duration = Duration::from_secs(10);

/// A contract of the project under test, by where its module is.
#[derive(Debug, Clone)]
pub enum Artefact {
    /// In this file, which is read at the first deployment.
    File(PathBuf),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// The settings of a test host.
#[derive(Debug, Clone)]
pub struct HostConfig {
    /// The project's contracts, by package.
    pub contracts: BTreeMap<String, Artefact>,
    /// The rules of the chains.
    pub rules: Profile,
    /// Where compiled modules are kept between runs; `None`: nowhere.
    pub module_cache: Option<PathBuf>,
    /// The maker of proofs; `None`: the host makes none.
    pub proofs: Option<Arc<dyn Proofs>>,
    /// How long a transaction or a query may run. Gas alone bounds it late where an operation takes much time for its
    /// gas.
    pub call_time: Duration,
}

impl Default for HostConfig {
    /// A host without contracts and proofs, whose calls may run for as long as those of a node.
    fn default() -> Self {
        Self {
            contracts: BTreeMap::new(),
            rules: Profile::default(),
            module_cache: None,
            proofs: None,
            call_time: MAX_CALL_TIME,
        }
    }
}

/// Why a test host does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The virtual machine does not start.
    #[error("the virtual machine does not start")]
    Vm(#[from] VmError),
    /// The genesis state cannot be made.
    #[error("the genesis state cannot be made")]
    Genesis(#[from] ExecutorError),
    /// The operating system gives no port or thread.
    #[error("the test host cannot listen on loopback")]
    System(#[from] std::io::Error),
}

/// A running test host. It stops when it is dropped.
#[derive(Debug)]
pub struct TestHost {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

/// The data that all connections share.
#[derive(Debug)]
struct Shared {
    chains: Box<dyn Chains>,
    reports: Mutex<Report>,
    /// By test, what its chain cannot do. At most as many as reports.
    skipped: Mutex<BTreeMap<String, String>>,
    stopping: AtomicBool,
    token: Token,
    guests: Guests,
}

/// The data that the host's own chains share.
#[derive(Debug)]
struct OwnChains {
    executor: Executor,
    genesis: StateRoot,
    accounts: [DevAccount; NAMES.len()],
    signer: Signer,
    mocks: MockKey,
    proofs: Option<Arc<dyn Proofs>>,
    call_time: Duration,
    contracts: BTreeMap<String, Contract>,
    blocks: Repeated<Arc<Block>>,
    /// Those of observer tests, with what they changed.
    observed: Latest<Arc<Block>>,
    answers: Repeated<Arc<Asked>>,
}

impl Chains for OwnChains {
    fn open(&self, test: String) -> Box<dyn TestChain + '_> {
        Box::new(Chain::new(self, test))
    }

    fn interrupt(&self) {
        self.executor.vm().interrupt();
    }
}

#[derive(Debug)]
struct Contract {
    artefact: Artefact,
    bytecode: OnceLock<Result<Vec<u8>, String>>,
    /// Why the module cannot be deployed. The rules of a host's chains are the same in all blocks.
    refusal: OnceLock<Option<String>>,
}

impl Contract {
    /// The module, or why there is none.
    fn bytecode(&self) -> Result<&[u8], &str> {
        let read = || match &self.artefact {
            Artefact::Bytes(bytes) => Ok(bytes.clone()),
            Artefact::File(path) => std::fs::read(path).map_err(|error| format!("{}: {error}", path.display())),
        };
        self.bytecode.get_or_init(read).as_deref().map_err(String::as_str)
    }

    /// Why its module cannot be deployed under these rules, if so.
    fn refusal(&self, bytecode: &[u8], rules: Rules) -> Option<&str> {
        let refusal = || local_node_vm::validate_for_tests(bytecode, rules).err().map(|error| error.to_string());
        self.refusal.get_or_init(refusal).as_deref()
    }
}

impl TestHost {
    /// Starts a host on a free port of the loopback address.
    ///
    /// # Errors
    /// When the genesis state cannot be made, or there is no port.
    pub fn start(config: HostConfig) -> Result<Self, HostError> {
        let vm = match &config.module_cache {
            Some(folder) => Vm::with_module_cache(folder)?,
            None => Vm::in_memory()?,
        }
        .recording_logs();
        let mocks = MockKey::new(rand::random());
        let vm = vm.accepting_mocks(mocks);
        let accounts = dev_accounts();
        let genesis = genesis::state(&vm, LOCAL_CHAIN_ID, config.rules, &Allocation::development(&accounts))?;
        let contract = |artefact| Contract { artefact, bytecode: OnceLock::new(), refusal: OnceLock::new() };
        Self::serving(OwnChains {
            executor: Executor::new(vm, LOCAL_CHAIN_ID, config.rules),
            genesis,
            accounts,
            signer: Signer::default(),
            mocks,
            proofs: config.proofs,
            call_time: config.call_time,
            contracts: config.contracts.into_iter().map(|(name, artefact)| (name, contract(artefact))).collect(),
            blocks: Repeated::keeping(MAX_KEPT_BLOCKS),
            observed: Latest::keeping(MAX_OBSERVED_BLOCKS),
            answers: Repeated::keeping(MAX_KEPT_ANSWERS),
        })
    }

    /// Starts a host on a free port of the loopback address that gives each test one of these chains.
    ///
    /// # Errors
    /// When there is no port or thread.
    pub fn serving(chains: impl Chains + 'static) -> Result<Self, HostError> {
        let shared = Arc::new(Shared {
            chains: Box::new(chains),
            reports: Mutex::default(),
            skipped: Mutex::default(),
            stopping: AtomicBool::new(false),
            token: Token::random(),
            guests: Guests::default(),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let serving = Arc::clone(&shared);
        let listener = thread::Builder::new().name("test-host".into()).spawn(move || serve(&listener, &serving))?;
        Ok(Self { address, shared, listener: Some(listener) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, and its token: the text that tests find in
    /// [`ADDRESS_VARIABLE`](dusk_sdk_protocol::host::ADDRESS_VARIABLE). Each of its readers can use the host.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}#{}", self.address, self.shared.token.text())
    }

    /// The reports of the tests that have ended.
    #[must_use]
    pub fn report(&self) -> Report {
        self.shared.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The function that the chain of a test lacks, if the test called one. The host knows before the test does.
    #[must_use]
    pub fn skipped(&self, test: &str) -> Option<String> {
        self.shared.skipped.lock().unwrap_or_else(PoisonError::into_inner).get(test).cloned()
    }

    /// Closes all connections, and gives the report of all tests.
    #[must_use]
    pub fn stop(mut self) -> Report {
        self.close();
        self.report()
    }

    fn close(&mut self) {
        let Some(listener) = self.listener.take() else { return };
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over. Both calls fail only if there is nothing to wake.
        drop(TcpStream::connect(self.address));
        self.shared.guests.dismiss();
        self.shared.chains.interrupt();
        let _ = listener.join();
    }
}

impl Drop for TestHost {
    fn drop(&mut self) {
        self.close();
    }
}

fn serve(listener: &TcpListener, shared: &Arc<Shared>) {
    thread::scope(|scope| {
        for stream in listener.incoming() {
            if shared.stopping.load(Ordering::SeqCst) {
                break;
            }
            let arrived = stream.and_then(|stream| Ok((shared.guests.arrive(&stream)?, stream)));
            let Ok((id, stream)) = arrived else {
                // A connection that breaks before it is there is nobody's test. Where too many files are open, the next
                // one would fail at once as well.
                thread::sleep(ACCEPT_PAUSE);
                continue;
            };
            let served = thread::Builder::new().spawn_scoped(scope, move || {
                connection::serve(&stream, id, shared);
                shared.guests.leave(id);
            });
            if served.is_err() {
                shared.guests.leave(id);
            }
        }
        // A connection that came in while the others were being closed.
        shared.guests.dismiss();
    });
}
