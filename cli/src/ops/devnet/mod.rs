//! A network of validators on this machine: one process for each node, and one that supervises them.
//!
//! ```text
//! cargo dusk devnet stop 3 ──► control ──► supervisor ──stdin──► node 1, 2, … (`cargo dusk node --supervised`)
//! cargo dusk devnet status ──► HTTP of each node           ◄──stderr── into its log
//! ```
//!
//! No node outlives its supervisor. The supervisor holds the standard input of each node and writes nothing to it;
//! however it ends, the system closes these pipes, and a node ends at the end of its input. So nobody ever ends a
//! process by a number from a file, which may belong to another program by then: nodes are ended by their supervisor,
//! which has them as children, and the supervisor by a request.
//!
//! Whether a supervisor or a node runs is told by locks on files, which the system releases with the process.
//!
//! | file | about |
//! |---|---|
//! | `words` | the forms of groups, times and shares on the command line |
//! | `plan` | a new devnet: addresses, genesis, keys |
//! | `prepare` | work that the nodes share, done once before they start |
//! | `process` | one node as a process |
//! | `logs` | the logs of nodes, with their bound |
//! | `control` | requests to the supervisor |
//! | `conditions` | links that are cut, slow or lossy |
//! | `supervisor` | starting, watching and ending the nodes |
//! | `status` | the reports of the nodes |

mod conditions;
pub(crate) mod control;
pub(crate) mod logs;
mod plan;
mod prepare;
mod process;
pub(crate) mod status;
pub(crate) mod supervisor;
pub(crate) mod words;

pub(crate) use crate::ops::project::devnet::MAX_NODES;

/// The least nodes of a devnet: of two provisioners both may be excluded from a committee, so their chain may stop.
pub(crate) const MIN_NODES: usize = 3;
/// Number of nodes by default: the fewest that tolerate the failure of one.
pub(crate) const DEFAULT_NODES: usize = 4;
/// Seconds between two blocks, where nothing is said.
pub(crate) const DEFAULT_BLOCK_TIME: u64 = 1;
