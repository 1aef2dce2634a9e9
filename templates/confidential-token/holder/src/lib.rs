//! Code that the programs `holder` and `auditor` share: options, passwords, texts, and the check of the asset.

mod asset;
mod options;
mod secrets;
mod text;

pub use asset::{UNBOUND, check_asset};
pub use options::{Common, NewFile};
pub use secrets::{known_words, new_words, password};
pub use text::{element, memo_of, memo_text};
