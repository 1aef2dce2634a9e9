//! The host's side of running contracts: the engine, compiled modules, the functions that contracts import, and the
//! stack of calls.
//!
//! One top-level call is one store of the engine with an instance for each contract that takes part. The store owns
//! the session's state ([`SessionState`]) while it lives. Contracts that call each other, also back into themselves,
//! run in the same store; the gas counter, of which the store has one, is swapped on the way in and out.
//!
//! These files lie in one module because their types need each other: a compiled module ([`Code`]) is linked to
//! functions of the store's data ([`StoreData`](store_data::StoreData)), which has the session's state, which has
//! compiled modules.

mod bulk;
mod calls;
mod clock;
mod code;
mod engine;
mod guard;
mod imports;
mod modules;
mod session_state;
mod shared;
mod store_data;
mod trace;

pub(crate) use calls::{Request, TopLevel, run_top_level, try_instance};
pub(crate) use code::Code;
pub(crate) use engine::Engine;
pub(crate) use guard::caught;
pub(crate) use modules::ModuleStore;
pub use modules::{answers_question, as_question};
pub use session_state::CallHook;
pub(crate) use session_state::SessionState;
pub(crate) use shared::{Shared, State};
pub(crate) use store_data::Feed;
pub use store_data::FeedSink;
