//! The functions that the host provides to a contract, by their import names.
//!
//! Source of names and signatures: the chain's contract ABI. Lengths are bytes in the argument buffer.

#[cfg(all(feature = "abi", target_family = "wasm"))]
mod imports {
    // The separate module avoids conflicts with exports of the same name: a contract may have a method `owner`.
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        pub(super) fn c(id: *const u8, name: *const u8, name_len: u32, arg_len: u32, gas_limit: u64) -> i32;
        pub(super) fn hq(name: *const u8, name_len: u32, arg_len: u32) -> u32;
        pub(super) fn hd(name: *const u8, name_len: u32) -> u32;
        pub(super) fn emit(topic: *const u8, topic_len: u32, arg_len: u32);
        pub(super) fn feed(arg_len: u32);
        pub(super) fn limit() -> u64;
        pub(super) fn spent() -> u64;
        pub(super) fn callstack() -> i32;
        pub(super) fn self_id();
        pub(super) fn owner(id: *const u8) -> i32;
        pub(super) fn panic(arg_len: u32);
        #[cfg(feature = "log")]
        pub(super) fn hdebug(arg_len: u32);
    }
}

macro_rules! host_functions {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) $(-> $ret:ty)? = $call:expr;)*) => {$(
        $(#[$doc])*
        #[allow(clippy::cast_possible_truncation, reason = "addresses and lengths in a contract have 32 bits")]
        pub(crate) fn $name($($arg: $ty),*) $(-> $ret)? {
            #[cfg(all(feature = "abi", target_family = "wasm"))]
            {
                // SAFETY: every pointer comes from a reference that is valid during the call, with its own length.
                unsafe { $call }
            }
            #[cfg(not(all(feature = "abi", target_family = "wasm")))]
            {
                $(let _ = $arg;)*
                no_host(stringify!($name))
            }
        }
    )*};
}

host_functions! {
    /// Calls a contract; the argument is in the buffer. A negative result is an error code.
    fn call(id: &[u8; 32], name: &str, arg_len: u32, gas_limit: u64) -> i32
        = imports::c(id.as_ptr(), name.as_ptr(), name.len() as u32, arg_len, gas_limit);
    /// Runs a host query; the argument is in the buffer. Returns the length of the result.
    fn query(name: &str, arg_len: u32) -> u32 = imports::hq(name.as_ptr(), name.len() as u32, arg_len);
    /// Reads metadata into the buffer. 0: there is no such entry.
    fn metadata(name: &str) -> u32 = imports::hd(name.as_ptr(), name.len() as u32);
    /// Emits the event whose data is in the buffer.
    fn emit(topic: &str, arg_len: u32) = imports::emit(topic.as_ptr(), topic.len() as u32, arg_len);
    /// Feeds the item in the buffer.
    fn feed(arg_len: u32) = imports::feed(arg_len);
    /// The gas that this call may spend.
    fn limit() -> u64 = imports::limit();
    /// The gas that this call has spent.
    fn spent() -> u64 = imports::spent();
    /// Writes the ids of all callers to the buffer, the direct caller first, and returns their number.
    fn callstack() -> i32 = imports::callstack();
    /// Writes the contract's own id to the buffer.
    fn self_id() = imports::self_id();
    /// Writes the owner of a contract to the buffer and returns its length. 0: there is no such contract.
    fn owner(id: &[u8; 32]) -> i32 = imports::owner(id.as_ptr());
    /// Writes the contract's own owner to the buffer and returns its length.
    fn own_owner() -> i32 = imports::owner(core::ptr::null());
}

/// Reverts the call with the text in the buffer.
#[cfg(all(feature = "abi", target_family = "wasm"))]
pub(crate) fn panic(arg_len: u32) -> ! {
    // SAFETY: the host reads the buffer and never returns.
    unsafe { imports::panic(arg_len) };
    core::arch::wasm32::unreachable()
}

/// Logs the text in the buffer.
#[cfg(all(feature = "abi", feature = "log", target_family = "wasm"))]
pub(crate) fn log(arg_len: u32) {
    // SAFETY: the host only reads the buffer.
    unsafe { imports::hdebug(arg_len) }
}

/// Panics outside a contract.
#[inline]
pub(crate) fn require() {
    #[cfg(not(all(feature = "abi", target_family = "wasm")))]
    no_host("the argument buffer");
}

#[cfg(not(all(feature = "abi", target_family = "wasm")))]
#[cold]
fn no_host(function: &str) -> ! {
    panic!(
        "`{function}` needs a chain, and this is not running inside a contract. Test what depends on the chain with \
         #[dusk_sdk::test], which runs the compiled contract on a chain of its own; unit tests reach only what computes."
    )
}
