//! Items for the code that the macros generate. Not for users.
//!
//! The assertions move compiler errors about generated code to the user's own code, with a fitting message.

pub use alloc::string::String;
pub use alloc::vec;
pub use alloc::vec::Vec;

#[cfg(all(feature = "zk", not(target_family = "wasm")))]
pub use dusk_sdk_circuit::__register_circuit as register_circuit;
#[cfg(feature = "zk")]
pub use dusk_sdk_circuit::__verifier_key as verifier_key;
pub use rkyv;
#[cfg(feature = "zk")]
pub use serde;
#[cfg(feature = "json")]
pub use serde_json::Value as Json;
#[cfg(feature = "zk")]
pub use zeroize;

pub use crate::runtime::entry;
pub use crate::text::Members;

use crate::contract::{Event, Makes, Refusal, Returned};
use crate::value::Value;
use crate::wire::Malformed;

/// Whether contracts are built with logs.
pub const LOGS: bool = cfg!(feature = "log");

pub fn assert_value<T: Value>() {}
pub fn assert_event<T: Event>() {}
pub fn assert_refusal<T: Refusal>() {}
pub fn assert_constructible<T: Constructible>() {}
pub fn assert_returned<R: Returned<Output: Value, Refusal: Refusal>>() {}
pub fn assert_returned_as<R: Returned<Output: Value + Is<T>, Refusal: Refusal + Is<E>>, T, E>() {}
pub fn assert_made<R: Makes<C, Refusal: Refusal>, C>() {}
pub fn assert_made_as<R: Makes<C, Refusal: Refusal + Is<E>>, C, E>() {}
pub fn assert_raw_result<R: RawResult>() {}

/// A state that has a default, for contracts without a constructor.
#[diagnostic::on_unimplemented(
    message = "the contract has no constructor, and its state `{Self}` has no default",
    label = "add `pub fn init(…) -> Self` to its methods, or derive Default"
)]
pub trait Constructible {}
impl<T: Default> Constructible for T {}

/// The same type.
#[diagnostic::on_unimplemented(
    message = "the parameters of this type alias differ from those of the type",
    label = "callers use `{Self}`, but the signature has `{T}`",
    note = "write the aliased type, or rename the alias"
)]
pub trait Is<T> {}
impl<T> Is<T> for T {}

/// A `Result`.
#[diagnostic::on_unimplemented(
    message = "`raw_result` needs a method that returns a `Result`: callers get the `Result` itself",
    label = "`{Self}` is not a `Result`"
)]
pub trait RawResult {}
impl<T, E> RawResult for Result<T, E> {}

/// Writes an object with one member. Most errors with a field have just one.
#[inline(never)]
pub fn write_one<T: Value>(value: &T, name: &str, out: &mut String) {
    let mut object = Members::object(out);
    value.write_json(object.field(name));
    object.end();
}

/// Joins descriptions to one vector.
#[must_use]
pub fn joined<T>(parts: &mut [Vec<T>]) -> Vec<T> {
    let mut all = Vec::new();
    for part in parts {
        all.append(part);
    }
    all
}

/// Writes the archived form of a field.
///
/// # Safety
/// `field` is a field of `out`, is at the position `at`, and may be written.
#[inline]
pub unsafe fn resolve<T: rkyv::Archive, O>(
    value: &T,
    at: usize,
    resolver: T::Resolver,
    out: *mut O,
    field: *mut T::Archived,
) {
    // A field comes after the beginning of its struct, so a check for overflow would only add code.
    let at = at.wrapping_add(field.addr().wrapping_sub(out.addr()));
    // SAFETY: the caller guarantees it for the struct that contains the field.
    unsafe { value.resolve(at, resolver, field) }
}

/// Checks the archived form of a field.
///
/// # Errors
/// [`Malformed`] if the bytes are not such a value.
///
/// # Safety
/// `field` is aligned, and its memory may be read.
#[inline]
pub unsafe fn check<T: rkyv::bytecheck::CheckBytes<C>, C: ?Sized>(
    field: *const T,
    context: &mut C,
) -> Result<(), Malformed> {
    // SAFETY: guaranteed by the caller.
    match unsafe { T::check_bytes(field, context) } {
        Ok(_) => Ok(()),
        Err(_) => Err(Malformed),
    }
}
