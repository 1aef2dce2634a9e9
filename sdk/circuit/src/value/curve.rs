//! Points of the curve JubJub, and scalars.

use super::Field;
use crate::layout::Wire;

/// A point of JubJub in the subgroup of prime order, including the neutral point.
///
/// An input costs nine rows, which show that it is eight times a point on the curve. Sums and multiples of points are
/// in the subgroup without further rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    pub(crate) u: Wire,
    pub(crate) v: Wire,
}

impl Point {
    /// The neutral point.
    pub const IDENTITY: Self = Self { u: Wire::ZERO, v: Wire::ONE };

    /// The abscissa, which is unique within the subgroup.
    #[must_use]
    pub fn u(self) -> Field {
        Field(self.u)
    }

    /// The ordinate.
    #[must_use]
    pub fn v(self) -> Field {
        Field(self.v)
    }
}

/// A number below the order of JubJub's subgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scalar(pub(crate) Wire);

impl Scalar {
    /// Its number of bits.
    pub const BITS: usize = 252;

    /// The wire of the scalar.
    #[must_use]
    pub fn wire(self) -> Wire {
        self.0
    }

    /// The scalar as a field element.
    #[must_use]
    pub fn field(self) -> Field {
        Field(self.0)
    }
}

impl From<Scalar> for Field {
    fn from(scalar: Scalar) -> Self {
        scalar.field()
    }
}
