//! What the programs `holder` and `auditor` share: options, passwords, and texts.

mod options;
mod secrets;
mod text;

pub use options::{Common, NewFile};
pub use secrets::{known_words, new_words, password};
pub use text::{field, memo_of, memo_text};
