//! What the commands do, without a terminal.
//!
//! | modules | about |
//! |---|---|
//! | [`carried`], [`sdk`], [`scaffold`], [`workflow`] | what the binary carries, and new projects |
//! | [`machine`], [`toolchain`] | programs on this machine, and a compiler for WASM |
//! | [`project`], [`settings`], [`folders`] | where things are, and what the project says |
//! | [`build`], [`compile`], [`cargo_settings`], [`optimise`], [`wasm`], [`inputs`], [`artifact`] | from sources to artefacts, and only when needed |
//! | [`check`], [`schema`] | what can be said of a contract before it is deployed |
//! | [`circuits`], [`witness`] | the circuits of the project, and the inputs that people give them |
//! | [`proving`], [`crs`], [`verifiers`] | parameters, keys and proofs; the keys that contracts are built with |
//! | [`sandbox`] | contracts and data drivers run in the virtual machine, nowhere else |
//! | [`testing`], [`proofs`], [`calltree`], [`gas`] | the tests of contracts, and what they did |
//! | [`embedded`], [`ports`] | a node in this process, and who has its port |
//! | [`chain`], [`client`], [`transact`], [`deployments`], [`names`], [`refusal`] | chains |
//! | [`readers`], [`book`], [`clock`], [`follow`] | what a chain says, for people: decoded, named, dated, as it happens |
//! | [`anatomy`] | what a module is made of |
//! | [`plan`], [`deploying`], [`claim`], [`target`] | what is deployed in which order, under which id, and what a name stands for |
//! | [`values`], [`flags`], [`amount`], [`exact`] | arguments, checked against the contract's description; JSON without rounding |

pub(crate) mod amount;
pub(crate) mod anatomy;
pub(crate) mod artifact;
pub(crate) mod book;
pub(crate) mod build;
pub(crate) mod calltree;
pub(crate) mod cargo_settings;
pub(crate) mod carried;
pub(crate) mod chain;
pub(crate) mod check;
pub(crate) mod circuits;
pub(crate) mod claim;
pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod compile;
pub(crate) mod crs;
pub(crate) mod deploying;
pub(crate) mod deployments;
pub(crate) mod embedded;
pub(crate) mod exact;
pub(crate) mod flags;
pub(crate) mod folders;
pub(crate) mod follow;
pub(crate) mod gas;
pub(crate) mod inputs;
pub(crate) mod machine;
pub(crate) mod names;
pub(crate) mod optimise;
pub(crate) mod plan;
pub(crate) mod ports;
pub(crate) mod project;
pub(crate) mod proofs;
pub(crate) mod proving;
pub(crate) mod readers;
pub(crate) mod refusal;
pub(crate) mod sandbox;
pub(crate) mod scaffold;
pub(crate) mod schema;
pub(crate) mod sdk;
pub(crate) mod settings;
pub(crate) mod target;
pub(crate) mod testing;
pub(crate) mod toolchain;
pub(crate) mod transact;
pub(crate) mod values;
pub(crate) mod verifiers;
pub(crate) mod wasm;
pub(crate) mod witness;
pub(crate) mod workflow;
