//! The traits that the macros implement: contracts, their events and their errors.

use alloc::string::String;
use core::convert::Infallible;

#[cfg(feature = "json")]
use crate::json::{Types, Variant};
pub use crate::returned::{Answer, Makes, Returned};
use crate::text::{push, push_decimal_u64};
use crate::value::Value;

/// The state of a contract. [`#[contract]`](macro@crate::contract) implements it.
pub trait Contract: Sized + 'static {
    /// The name of the contract's package.
    const PACKAGE: &'static str;
}

/// An event of a contract. [`#[event]`](crate::event) implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    note = "put #[event] on the struct passed to `emit`"
)]
pub trait Event: Value {
    /// The topic of the event.
    const TOPIC: &'static str;
}

/// An error with which a contract reverts calls. [`#[error]`](crate::error) implements it.
///
/// A method that returns `Err(refusal)` reverts the whole call. The caller gets the text `E<code>: <name>`, followed by
/// the variant's fields as JSON, if there are any: `E1: Insufficient {"held":3}`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error of a contract",
    note = "put #[error] on the enum in `Result<_, {Self}>`"
)]
pub trait Refusal: Sized + 'static {
    /// The codes and names of all variants, in the order of the source.
    const CODES: &'static [(u32, &'static str)];

    /// The code of this variant, unique in the contract.
    fn code(&self) -> u32;

    /// The name of this variant.
    fn name(&self) -> &'static str {
        name_of(self.code(), Self::CODES)
    }

    /// Writes the fields of the variant as JSON. Returns whether it has any.
    fn write_fields(&self, out: &mut String) -> bool;

    /// Describes all variants.
    #[cfg(feature = "json")]
    fn describe(types: &mut Types) -> alloc::vec::Vec<Variant>;

    /// The text for the caller.
    #[must_use]
    fn to_text(&self) -> String {
        let mut out = String::with_capacity(64);
        push_head(&mut out, self.code(), Self::CODES);
        let bare = out.len();
        push(&mut out, " ");
        if !self.write_fields(&mut out) {
            out.truncate(bare);
        }
        out
    }
}

fn name_of(code: u32, codes: &[(u32, &'static str)]) -> &'static str {
    codes.iter().find(|(known, _)| *known == code).map_or("", |(_, name)| name)
}

/// Appends code and name of an error.
fn push_head(out: &mut String, code: u32, codes: &[(u32, &'static str)]) {
    push(out, "E");
    push_decimal_u64(out, u64::from(code));
    push(out, ": ");
    push(out, name_of(code, codes));
}

/// The error of functions that return none.
impl Refusal for Infallible {
    const CODES: &'static [(u32, &'static str)] = &[];

    fn code(&self) -> u32 {
        match *self {}
    }

    fn write_fields(&self, _: &mut String) -> bool {
        match *self {}
    }

    #[cfg(feature = "json")]
    fn describe(_: &mut Types) -> alloc::vec::Vec<Variant> {
        alloc::vec::Vec::new()
    }
}

/// The number of codes in these tables.
#[doc(hidden)]
#[must_use]
pub const fn count_codes(tables: &[&[(u32, &'static str)]]) -> usize {
    let (mut count, mut index) = (0, 0);
    while index < tables.len() {
        count += tables[index].len();
        index += 1;
    }
    count
}

/// The codes of these tables in one array. `N` is the result of [`count_codes`].
#[doc(hidden)]
#[must_use]
pub const fn joined_codes<const N: usize>(tables: &[&[(u32, &'static str)]]) -> [(u32, &'static str); N] {
    let mut joined = [(0, ""); N];
    let (mut at, mut index) = (0, 0);
    while index < tables.len() {
        let mut entry = 0;
        while entry < tables[index].len() {
            joined[at] = tables[index][entry];
            at += 1;
            entry += 1;
        }
        index += 1;
    }
    joined
}

/// Whether no two errors of a contract have the same code.
#[doc(hidden)]
#[must_use]
pub const fn are_distinct_codes(enums: &[&[(u32, &str)]]) -> bool {
    let mut a = 0;
    while a < enums.len() {
        let mut b = a + 1;
        while b < enums.len() {
            let (mut i, first, second) = (0, enums[a], enums[b]);
            // The same enum may stand in several results.
            let same = same_codes(first, second);
            while !same && i < first.len() {
                let mut j = 0;
                while j < second.len() {
                    if first[i].0 == second[j].0 {
                        return false;
                    }
                    j += 1;
                }
                i += 1;
            }
            b += 1;
        }
        a += 1;
    }
    true
}

/// Whether no two events of a contract have the same topic.
#[doc(hidden)]
#[must_use]
pub const fn are_distinct_topics(topics: &[&str]) -> bool {
    let mut a = 0;
    while a < topics.len() {
        let mut b = a + 1;
        while b < topics.len() {
            if same_text(topics[a].as_bytes(), topics[b].as_bytes()) {
                return false;
            }
            b += 1;
        }
        a += 1;
    }
    true
}

const fn same_codes(first: &[(u32, &str)], second: &[(u32, &str)]) -> bool {
    if first.len() != second.len() {
        return false;
    }
    let mut i = 0;
    while i < first.len() {
        if first[i].0 != second[i].0 || !same_text(first[i].1.as_bytes(), second[i].1.as_bytes()) {
            return false;
        }
        i += 1;
    }
    true
}

const fn same_text(first: &[u8], second: &[u8]) -> bool {
    let mut i = 0;
    while i < first.len() && i < second.len() {
        if first[i] != second[i] {
            return false;
        }
        i += 1;
    }
    first.len() == second.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Members;

    enum Refused {
        Insufficient { held: u64 },
        Closed,
    }

    impl Refusal for Refused {
        const CODES: &'static [(u32, &'static str)] = &[(1, "Insufficient"), (20, "Closed")];

        fn code(&self) -> u32 {
            match self {
                Self::Insufficient { .. } => 1,
                Self::Closed => 20,
            }
        }

        fn write_fields(&self, out: &mut String) -> bool {
            match self {
                Self::Insufficient { held } => {
                    let mut fields = Members::object(out);
                    held.write_json(fields.field("held"));
                    fields.end();
                    true
                }
                Self::Closed => false,
            }
        }

        #[cfg(feature = "json")]
        fn describe(_: &mut Types) -> alloc::vec::Vec<Variant> {
            alloc::vec::Vec::new()
        }
    }

    #[test]
    fn the_text_of_a_refusal_has_its_code_name_and_fields() {
        assert_eq!(Refused::Insufficient { held: 3 }.to_text(), r#"E1: Insufficient {"held":3}"#);
        assert_eq!(Refused::Closed.to_text(), "E20: Closed");
    }
}
