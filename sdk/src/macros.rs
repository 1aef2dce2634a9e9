//! Macros by which the features of this crate select parts of the generated code, and `ensure!`.
//!
//! The features belong to this crate, so a user's crate needs none.

/// An entry point of the compiled contract.
#[doc(hidden)]
#[cfg(all(feature = "abi", target_family = "wasm"))]
#[macro_export]
macro_rules! __entry {
    ($name:tt $($function:tt)*) => {
        #[allow(deprecated, clippy::type_complexity, reason = "it is exported nevertheless")]
        #[unsafe(export_name = $name)]
        extern "C" $($function)*
    };
}

/// An entry point of the compiled contract. Other builds only type-check it.
#[doc(hidden)]
#[cfg(not(all(feature = "abi", target_family = "wasm")))]
#[macro_export]
macro_rules! __entry {
    ($name:tt $($function:tt)*) => {
        #[allow(dead_code, deprecated, clippy::type_complexity, reason = "only the compiled contract is called")]
        $($function)*
    };
}

/// Keeps its tokens for the data driver.
#[doc(hidden)]
#[cfg(all(feature = "driver", target_family = "wasm"))]
#[macro_export]
macro_rules! __on_driver {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Keeps its tokens for the data driver.
#[doc(hidden)]
#[cfg(not(all(feature = "driver", target_family = "wasm")))]
#[macro_export]
macro_rules! __on_driver {
    ($($tokens:tt)*) => {};
}

/// Keeps its tokens for data drivers and tests.
#[doc(hidden)]
#[cfg(feature = "json")]
#[macro_export]
macro_rules! __on_json {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Keeps its tokens for data drivers and tests.
#[doc(hidden)]
#[cfg(not(feature = "json"))]
#[macro_export]
macro_rules! __on_json {
    ($($tokens:tt)*) => {};
}

/// Keeps its tokens for tests.
#[doc(hidden)]
#[cfg(feature = "testing")]
#[macro_export]
macro_rules! __on_testing {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Keeps its tokens for tests.
#[doc(hidden)]
#[cfg(not(feature = "testing"))]
#[macro_export]
macro_rules! __on_testing {
    ($($tokens:tt)*) => {};
}

/// An item whose last part is for data drivers and tests.
#[doc(hidden)]
#[cfg(feature = "json")]
#[macro_export]
macro_rules! __with_json {
    ({ $($head:tt)* } { $($always:tt)* } { $($json:tt)* }) => { $($head)* { $($always)* $($json)* } };
}

/// An item whose last part is for data drivers and tests.
#[doc(hidden)]
#[cfg(not(feature = "json"))]
#[macro_export]
macro_rules! __with_json {
    ({ $($head:tt)* } { $($always:tt)* } { $($json:tt)* }) => { $($head)* { $($always)* } };
}

/// Logs a line in tests of a contract: `log!("moved {amount}")`, with the syntax of [`format!`](alloc::format).
///
/// The line appears in the report of a failed test, and in that of `cargo dusk test -vv`. On the network it costs
/// nothing: the macro generates code only under the feature `log` of `dusk-sdk`, which `cargo dusk test -vv` sets. The
/// contract's behaviour cannot depend on it; with the feature, a call costs more gas.
///
/// ```
/// # use dusk_sdk::log;
/// let left = 3;
/// log!("{left} are left, of {}", 10);
/// ```
#[macro_export]
macro_rules! log {
    ($($line:tt)+) => {
        if $crate::__private::LOGS {
            $crate::__private::entry::log(::core::format_args!($($line)+));
        }
    };
}

/// Reverts the call unless a condition holds: returns `Err` with the given error.
///
/// ```
/// # use dusk_sdk::ensure;
/// # #[derive(Debug, PartialEq)] enum Refused { TooMuch }
/// fn withdraw(held: u64, amount: u64) -> Result<u64, Refused> {
///     ensure!(amount <= held, Refused::TooMuch);
///     Ok(held - amount)
/// }
/// assert_eq!(withdraw(3, 5), Err(Refused::TooMuch));
/// ```
#[macro_export]
macro_rules! ensure {
    ($condition:expr, $refusal:expr $(,)?) => {
        if !$condition {
            return ::core::result::Result::Err($refusal);
        }
    };
}
