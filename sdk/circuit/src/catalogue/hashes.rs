//! Hashes and trees.

use super::{Gadget, gadget};
use crate::gadgets::hash;
use crate::value::Field;

pub(super) const GADGETS: &[Gadget] = &[
    gadget!("hash of 1 element", 620, Field, |cs, [a]| hash(cs, &[a])),
    gadget!("hash of 2 elements", 620, Field, |cs, [a, b]| hash(cs, &[a, b])),
    gadget!("hash of 4 elements", 620, Field, |cs, [a, b, c, d]| hash(cs, &[a, b, c, d])),
    gadget!("hash of 5 elements", 1240, Field, |cs, [a, b, c, d, e]| hash(cs, &[a, b, c, d, e])),
    gadget!("hash of 8 elements", 1240, Field, |cs, [a, b, c, d, e, f, g, h]| hash(cs, &[a, b, c, d, e, f, g, h])),
];
