//! Field elements, bits, numbers.

use super::{Gadget, gadget};
use crate::value::{Bool, Field, U8, U16, U32, U64, U128, Unsigned};

pub(super) const GADGETS: &[Gadget] = &[
    gadget!("product and sum of field elements", 1, Field, |cs, [a, b, c]| a.mul_add(cs, b, c)),
    gadget!("equality stated", 1, Field, |cs, [a, b]| a.assert_eq(cs, "equal", b)),
    gadget!("is zero", 3, Field, |cs, [a]| a.is_zero(cs)),
    gadget!("is not zero, stated", 1, Field, |cs, [a]| a.assert_nonzero(cs, "not zero")),
    gadget!("is equal", 4, Field, |cs, [a, b]| a.eq(cs, b)),
    gadget!("is not equal, stated", 3, Field, |cs, [a, b]| a.assert_ne(cs, "not equal", b)),
    gadget!("bit", 1, Field, |cs, [a]| Bool::constrain(cs, a.wire())),
    gadget!("and", 1, Bool, |cs, [a, b]| a.and(cs, b)),
    gadget!("or", 1, Bool, |cs, [a, b]| a.or(cs, b)),
    gadget!("exclusive or", 1, Bool, |cs, [a, b]| a.xor(cs, b)),
    gadget!("not", 1, Bool, |cs, [a]| a.not(cs)),
    gadget!("select", 4, Bool, |cs, [bit, yes, no]| bit.select(cs, yes, no)),
    gadget!("range of 8 bits", 3, Field, |cs, [a]| U8::constrain(cs, a)),
    gadget!("range of 16 bits", 4, Field, |cs, [a]| U16::constrain(cs, a)),
    gadget!("range of 21 bits", 8, Field, |cs, [a]| Unsigned::<21>::constrain(cs, a)),
    gadget!("range of 32 bits", 6, Field, |cs, [a]| U32::constrain(cs, a)),
    gadget!("range of 64 bits", 10, Field, |cs, [a]| U64::constrain(cs, a)),
    gadget!("range of 128 bits", 18, Field, |cs, [a]| U128::constrain(cs, a)),
    gadget!("range of 249 bits", 68, Field, |cs, [a]| Unsigned::<249>::constrain(cs, a)),
    gadget!("range of 250 bits", 34, Field, |cs, [a]| Unsigned::<250>::constrain(cs, a)),
    gadget!("less than, stated, 64 bits", 11, U64, |cs, [a, b]| a.assert_lt(cs, "less", b)),
    gadget!("at most, stated, 64 bits", 11, U64, |cs, [a, b]| a.assert_le(cs, "at most", b)),
    gadget!("less than, 64 bits", 13, U64, |cs, [a, b]| a.lt(cs, b)),
    gadget!("at most, 64 bits", 13, U64, |cs, [a, b]| a.le(cs, b)),
    gadget!("sum of 64 bits", 11, U64, |cs, [a, b]| a.add(cs, b)),
    gadget!("difference of 64 bits", 11, U64, |cs, [a, b]| a.sub(cs, b)),
    gadget!("product of 64 bits", 11, U64, |cs, [a, b]| a.mul(cs, b)),
    gadget!("product of 128 bits", 60, U128, |cs, [a, b]| a.mul(cs, b)),
    gadget!("quotient and remainder of 64 bits", 32, U64, |cs, [a, b]| a.div_rem(cs, b)),
    gadget!("bits of 64 bits", 96, U64, |cs, [a]| a.bits(cs)),
    gadget!("bits of a field element", 510, Field, |cs, [a]| a.bits(cs)),
];
