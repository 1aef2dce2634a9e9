//! The runtime of a contract: the argument buffer, the host's functions, the entry points and, in the compiled
//! contract, the allocator and the panic handler.

#[cfg(all(feature = "abi", target_family = "wasm"))]
mod allocator;
pub(crate) mod buffer;
pub mod entry;
pub(crate) mod fail;
pub(crate) mod host;
#[cfg(all(feature = "abi", target_family = "wasm"))]
mod panic;
#[cfg(any(all(feature = "abi", target_family = "wasm"), test))]
mod sizes;
#[cfg(all(feature = "abi", target_family = "wasm"))]
mod text;
