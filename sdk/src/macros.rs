//! What the features of this crate switch in the code that the macros generate, and `ensure!`.
//!
//! A feature decides here, in the crate that has it, so that a user's crate needs none.

/// An entry of the compiled contract.
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

/// An entry of the compiled contract: elsewhere it is only checked.
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

/// Logs a line while a contract is tested: `log!("moved {amount}")`, as in [`format!`](alloc::format).
///
/// What is logged stands in the report of a test that fails, and in that of `cargo dusk test -vv`. On the network it costs nothing:
/// only the feature `log` of `dusk-sdk`, which `cargo dusk test -vv` sets, makes code of it. Nothing that the contract does can depend
/// on it, and with the feature a call costs more gas than without.
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

/// Refuses the call unless a condition holds: returns `Err` with the given refusal.
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
