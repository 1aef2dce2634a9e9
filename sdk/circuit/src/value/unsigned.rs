//! Numbers of a fixed width.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroize;

use super::Field;
use crate::layout::Wire;
use crate::native;

/// A number below 2 to the power `BITS`, for `BITS` from 1 to 250.
///
/// Its arithmetic does not overflow: if a result does not fit, no witness satisfies the constraints. Sums of wider
/// numbers could reach the order of the field, so there are none:
///
/// ```compile_fail,E0080
/// # use dusk_sdk_circuit::{Bool, Unsigned};
/// let one = Unsigned::<251>::from(Bool::TRUE);
/// ```
/// ```compile_fail,E0080
/// # use dusk_sdk_circuit::Unsigned;
/// let one = Unsigned::<251>::ONE;
/// ```
/// ```
/// # use dusk_sdk_circuit::{Bool, Unsigned};
/// assert_eq!(Unsigned::<250>::from(Bool::TRUE), Unsigned::ONE);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsigned<const BITS: usize>(pub(crate) Wire);

/// A number of 8 bits.
pub type U8 = Unsigned<8>;
/// A number of 16 bits.
pub type U16 = Unsigned<16>;
/// A number of 32 bits.
pub type U32 = Unsigned<32>;
/// A number of 64 bits.
pub type U64 = Unsigned<64>;
/// A number of 128 bits.
pub type U128 = Unsigned<128>;

/// A width of numbers with a native type.
pub trait Width {
    /// The native type: `u8` to `u128`, and [`native::Unsigned`] for other widths.
    type Native: Copy + Serialize + DeserializeOwned + Zeroize;

    /// The number as a field element.
    fn field(native: Self::Native) -> native::Field;
}

/// A number of bits. Every number from 1 to 250 is a [`Width`].
#[derive(Debug, Clone, Copy)]
pub struct Bits<const BITS: usize>;

macro_rules! native {
    ($($bits:literal: $native:ty),*) => {$(
        impl Width for Bits<$bits> {
            type Native = $native;

            fn field(native: $native) -> native::Field {
                native::Field::from(u64::from(native))
            }
        }
    )*};
}

macro_rules! other {
    ($($bits:literal)*) => {$(
        impl Width for Bits<$bits> {
            type Native = native::Unsigned<$bits>;

            fn field(native: Self::Native) -> native::Field {
                native.field()
            }
        }
    )*};
}

native!(8: u8, 16: u16, 32: u32, 64: u64);

impl Width for Bits<128> {
    type Native = u128;

    fn field(native: u128) -> native::Field {
        #[allow(clippy::cast_possible_truncation, reason = "each limb takes its own bits")]
        let limbs = [native as u64, (native >> 64) as u64, 0, 0];
        native::Field::from_limbs(&limbs)
    }
}

other! {
    1 2 3 4 5 6 7 9 10 11 12 13 14 15 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49
    50 51 52 53 54 55 56 57 58 59 60 61 62 63 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93
    94 95 96 97 98 99 100 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116 117 118 119 120 121 122 123 124 125 126
    127 129 130 131 132 133 134 135 136 137 138 139 140 141 142 143 144 145 146 147 148 149 150 151 152 153 154 155 156 157 158 159
    160 161 162 163 164 165 166 167 168 169 170 171 172 173 174 175 176 177 178 179 180 181 182 183 184 185 186 187 188 189 190 191
    192 193 194 195 196 197 198 199 200 201 202 203 204 205 206 207 208 209 210 211 212 213 214 215 216 217 218 219 220 221 222 223
    224 225 226 227 228 229 230 231 232 233 234 235 236 237 238 239 240 241 242 243 244 245 246 247 248 249 250
}

impl<const BITS: usize> Unsigned<BITS> {
    /// The wire of the number.
    #[must_use]
    pub fn wire(self) -> Wire {
        self.0
    }

    /// The number as a field element.
    #[must_use]
    pub fn field(self) -> Field {
        Field(self.0)
    }

    /// The name of the constraint that a too large value violates.
    pub(crate) const FITS: &'static str = match BITS {
        8 => "fits into 8 bits",
        16 => "fits into 16 bits",
        32 => "fits into 32 bits",
        64 => "fits into 64 bits",
        128 => "fits into 128 bits",
        _ => "fits into the bits of its type",
    };
}
