//! The host's side of running contracts: the engine, the functions that contracts import, and the stack of calls.
//!
//! One top-level call is one store of the engine with an instance for each contract that takes part. The store owns
//! the session's working set ([`Working`]) while it lives. Contracts that call each other, also back into themselves,
//! run in the same store; the gas counter, of which the store has one, is swapped on the way in and out.

mod bulk;
mod clock;
mod engine;
mod env;
mod guard;
mod imports;
mod trace;

pub(crate) use clock::Ticking;
pub(crate) use engine::Machine;
pub use env::FeedSink;
pub(crate) use env::{Env, Feed, Request, TopLevel, run_top_level, try_instance};
pub(crate) use guard::caught;
use guard::guarded;
use trace::Trace;
