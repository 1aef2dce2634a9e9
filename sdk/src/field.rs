//! Elements of the circuits' field, as values of contracts.

use alloc::string::String;

pub use dusk_sdk_circuit::native::Field;

use crate::text::push_hex;
use crate::value::Value;
#[cfg(feature = "json")]
use crate::{
    __private::Json,
    json::{JsonError, Type, Types},
};

impl Value for Field {
    fn write_json(&self, out: &mut String) {
        out.push('"');
        push_hex(out, &self.to_bytes());
        out.push('"');
    }

    #[cfg(feature = "json")]
    fn read_json(json: &Json) -> Result<Self, JsonError> {
        let bytes = crate::json::hex_array(json)?;
        Self::from_bytes(&bytes).map_err(|_| JsonError::expected("a field element (below the order)", json))
    }

    #[cfg(feature = "json")]
    fn describe(_: &mut Types) -> Type {
        Type::Field
    }
}

#[cfg(test)]
mod tests {
    use dusk_core::BlsScalar;

    use super::*;
    use crate::wire::{Malformed, Wire};

    /// The order of the field, least significant limb first.
    const MODULUS: [u64; 4] =
        [0xffff_ffff_0000_0001, 0x53bd_a402_fffe_5bfe, 0x3339_d808_09a1_d805, 0x73ed_a753_299d_7d48];

    #[test]
    fn a_field_element_is_a_scalar_on_the_wire() {
        for scalar in [BlsScalar::zero(), BlsScalar::one(), BlsScalar::from(7), -BlsScalar::one()] {
            let field = Field::from(scalar);
            assert_eq!(field.encode().unwrap(), scalar.encode().unwrap());
            assert_eq!(Field::decode(&scalar.encode().unwrap()), Ok(field));
            assert_eq!(Field::from_bytes(&scalar.to_bytes()), Ok(field));
        }
    }

    #[test]
    fn the_second_dress_of_a_scalar_is_refused() {
        let zero_again = MODULUS.map(u64::to_le_bytes).concat();
        assert_eq!(Field::decode(&zero_again), Err(Malformed));
        assert_eq!(Field::decode(&[0xff; 32]), Err(Malformed));
        assert!(BlsScalar::decode(&zero_again).is_ok());
    }
}
