//! The memory that a chain takes whose blocks all write as much as they may. It is that of the process, so this test
//! has one of its own.
//!
//! The chain lives in memory. `KEPT_STATES_FOLDER=FOLDER` measures one in a new folder instead, whose blocks are also
//! written to the database.

mod common;

use common::blocks::{FIRST, append, calling, checked, deployment, durable_ledger, ledger};
use local_node::store::MAX_KEPT_BYTES;
use local_node_vm::{MAX_SESSION_MEMORY_BYTES, PAGE_BYTES};

/// Every block rewrites as much as it may. The kept states below the tip do not grow with their number.
#[test]
fn many_large_blocks_take_no_more_memory_than_is_stated() {
    const PAGES: u32 = 3800;
    const BLOCKS: u64 = 8;
    /// The tip's state, the states below it, the session of a block with copies and undo, and 256 MiB for all else.
    const MOST: usize = 4000 * PAGE_BYTES + MAX_KEPT_BYTES + MAX_SESSION_MEMORY_BYTES + (256 << 20);
    let mut ledger = match std::env::var_os("KEPT_STATES_FOLDER") {
        Some(folder) => durable_ledger(folder.as_ref()),
        None => ledger(),
    };
    append(&mut ledger, &[checked(deployment())]);
    let mut peak = 0;
    for nonce in 1..=BLOCKS {
        append(&mut ledger, &[calling(0, nonce, "flood", [FIRST, PAGES, u32::try_from(nonce).expect("few blocks")])]);
        let held = memory_bytes().unwrap_or_default();
        println!("{} MiB after block {nonce}", held >> 20);
        peak = peak.max(held);
    }
    let resident = status("VmHWM:").unwrap_or_default();
    println!("{} MiB after each of {BLOCKS} blocks at most; {} MiB stated", peak >> 20, MOST >> 20);
    println!("{} MiB resident within blocks at most, without committed pages that nobody reads", resident >> 20);
    assert!(peak < MOST, "{} MiB", peak >> 20);
    // Questions that begin now find their state.
    let tip = ledger.tip();
    ledger.executor().view(tip.state_root, tip.height).expect("it is there");
}

/// The memory of this process: its own, and the files in memory that it has open. Unknown where the system does not
/// tell.
fn memory_bytes() -> Option<usize> {
    Some(status("RssAnon:")? + files_in_memory())
}

/// A number of bytes that the system tells of this process.
fn status(name: &str) -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    Some(line.split_whitespace().nth(1)?.parse::<usize>().ok()? << 10)
}

#[cfg(target_os = "linux")]
fn files_in_memory() -> usize {
    use std::os::unix::fs::MetadataExt as _;
    let files = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let in_memory = files.filter(|file| {
        std::fs::read_link(file.path()).is_ok_and(|target| target.to_string_lossy().contains("memfd:contract-pages"))
    });
    let blocks = in_memory.filter_map(|file| std::fs::metadata(file.path()).ok()).map(|data| data.blocks());
    usize::try_from(512 * blocks.sum::<u64>()).expect("files in memory fit into it")
}

#[cfg(not(target_os = "linux"))]
fn files_in_memory() -> usize {
    0
}
