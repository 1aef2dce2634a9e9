//! Work that the nodes share, done once before they start.
//!
//! Each node needs the code of the genesis contracts and a proof of work for its address, and finds both in the user's
//! cache. Without this step, nodes of a first devnet would all compile the same contracts at the same time.

use std::net::SocketAddr;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use local_node::network::identity;
use local_node_vm::{Vm, VmError, genesis};

use crate::ops::project::folders;

/// Fills the cache for nodes with these addresses, on all cores. The nodes repeat work that fails here. Ends early when
/// `stop` is raised.
pub(super) fn prepare(peers: &[SocketAddr], stop: &AtomicBool) {
    if stop.load(Ordering::Relaxed) {
        return;
    }
    let (modules, identities) = (folders::modules(), folders::identities());
    let next = AtomicUsize::new(0);
    let find_proofs = || {
        let Some(folder) = &identities else { return };
        while let Some(peer) = peers.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            identity(*peer, Some(folder.as_path()));
        }
    };
    thread::scope(|scope| {
        for _ in 1..cores() {
            // Without this thread, the others do its work.
            let _ = thread::Builder::new().spawn_scoped(scope, find_proofs);
        }
        if let Some(folder) = &modules {
            // The nodes report errors of the machine or of the folder.
            let _ = compile(folder, stop);
        }
        find_proofs();
    });
}

/// Cores that this process may use.
pub(super) fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Compiles the genesis contracts into a folder, unless it has them already. Ends before the next contract when `stop`
/// is raised.
fn compile(folder: &Path, stop: &AtomicBool) -> Result<(), VmError> {
    let vm = Vm::with_module_cache(folder)?;
    for contract in [genesis::TRANSFER, genesis::STAKE] {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let _code = vm.compile(contract)?;
    }
    Ok(())
}
