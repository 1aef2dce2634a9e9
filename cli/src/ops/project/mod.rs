//! A user's project, and what `cargo dusk` keeps on this machine.
//!
//! | file | about |
//! |---|---|
//! | `root` | where the project is |
//! | `settings` | its `dusk.toml` |
//! | `toml_text` | mistakes in TOML: their place, and a hint |
//! | `devnet` | the stored state of its devnet |
//! | `folders` | the folders of `cargo dusk` on this machine, and writing without a half file |
//! | `bundled` | the SDK and templates in the binary |
//! | `sdk` | the SDK unpacked, and patched into a project |
//! | `scaffold` | a new project from a template |
//! | `workflow` | the CI workflow of a new project |

pub(crate) mod bundled;
pub(crate) mod devnet;
pub(crate) mod folders;
mod root;
pub(crate) mod scaffold;
pub(crate) mod sdk;
pub(crate) mod settings;
pub(crate) mod toml_text;
pub(crate) mod workflow;

pub(crate) use self::root::Project;
