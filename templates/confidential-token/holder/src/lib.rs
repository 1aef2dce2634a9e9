//! What the programs `holder` and `auditor` share: passwords, the chain as `cargo dusk` shows it, and the steps that
//! are proved and sent.

mod chain;
mod options;
mod secrets;
mod step;
mod text;

pub use chain::{Chain, Outcome, Taken, sync};
pub use options::{Common, NewFile};
pub use secrets::{new_words, password, random_field, write_private};
pub use step::{
    Step, disclosure_step, issue_step, lock_step, redeem_step, register_step, seize_step, send_step,
};
pub use text::{field, memo_of, memo_text};
