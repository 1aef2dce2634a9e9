//! A witness for each gadget of the catalogue.

use dusk_sdk_circuit::native::IndexedTree;
use dusk_sdk_circuit::native::merkle::Tree;
use dusk_sdk_circuit::*;

use crate::credentials::example;
use crate::curve::input;

/// Builds a gadget as the catalogue does, with values.
pub(crate) type Build = Box<dyn Fn(&mut ConstraintSystem)>;

/// A gadget of the catalogue, and wires that satisfy it.
pub(crate) struct Example {
    pub(crate) name: &'static str,
    pub(crate) layout: Layout,
    pub(crate) assignment: Assignment,
}

/// All gadgets of the catalogue, in its order.
pub(crate) fn all() -> Vec<Example> {
    let mut builds = [numbers(), curve(), amounts(), credentials(), hashes()].into_iter().flatten();
    let entries = catalogue().into_iter().map(|entry| {
        let (name, build) = builds.next().unwrap_or_else(|| panic!("{} has no witness", entry.name));
        assert_eq!(name, entry.name, "the witnesses are in the order of the catalogue");
        let mut cs = ConstraintSystem::with_witness(name);
        build(&mut cs);
        let (layout, assignment) = cs.finish();
        assert_eq!(layout.digest(), entry.layout.digest(), "{name} is built as the catalogue does");
        assert_eq!(check(&layout, &assignment), Ok(()), "{name}");
        Example { name, layout, assignment }
    });
    let all = entries.collect();
    assert!(builds.next().is_none(), "each witness has its gadget");
    all
}

/// A gadget over inputs of one type.
macro_rules! of {
    ($name:literal, $input:ty, $given:expr, |$cs:ident, [$($value:ident),+ $(,)?]| $body:expr) => {
        ($name, Box::new(move |$cs: &mut ConstraintSystem| {
            let [$($value),+] = $cs.private("inputs", Some(&native::Array::<<$input as Value>::Native, _>($given)));
            let _: [$input; _] = [$($value),+];
            let _ = $body;
        }) as $crate::witnesses::Build)
    };
}

/// A gadget over inputs of several types.
macro_rules! with {
    ($name:literal, [$($value:ident: $input:ty = $given:expr),+ $(,)?], |$cs:ident| $body:expr) => {
        ($name, Box::new(move |$cs: &mut ConstraintSystem| {
            $(let $value = input::<$input>($cs, &$given);)+
            let _ = $body;
        }) as $crate::witnesses::Build)
    };
}

pub(crate) use {of, with};

/// A field element.
pub(crate) fn f(number: u64) -> native::Field {
    number.into()
}

fn numbers() -> Vec<(&'static str, Build)> {
    vec![
        of!("product and sum of field elements", Field, [f(3), f(5), f(7)], |cs, [a, b, c]| a.mul_add(cs, b, c)),
        of!("equality stated", Field, [f(3), f(3)], |cs, [a, b]| a.assert_eq(cs, "equal", b)),
        of!("is zero", Field, [f(3)], |cs, [a]| a.is_zero(cs)),
        of!("is not zero, stated", Field, [f(3)], |cs, [a]| a.assert_nonzero(cs, "not zero")),
        of!("is equal", Field, [f(3), f(4)], |cs, [a, b]| a.eq(cs, b)),
        of!("is not equal, stated", Field, [f(3), f(4)], |cs, [a, b]| a.assert_ne(cs, "not equal", b)),
        of!("bit", Field, [f(1)], |cs, [a]| Bool::constrain(cs, a.wire())),
        of!("and", Bool, [true, true], |cs, [a, b]| a.and(cs, b)),
        of!("or", Bool, [true, false], |cs, [a, b]| a.or(cs, b)),
        of!("exclusive or", Bool, [true, false], |cs, [a, b]| a.xor(cs, b)),
        of!("not", Bool, [false], |cs, [a]| a.not(cs)),
        of!("select", Bool, [true, true, false], |cs, [bit, yes, no]| bit.select(cs, yes, no)),
        of!("range of 8 bits", Field, [f(0xb5)], |cs, [a]| U8::constrain(cs, a)),
        of!("range of 16 bits", Field, [f(0xb56c)], |cs, [a]| U16::constrain(cs, a)),
        of!("range of 21 bits", Field, [f(0x1b_56c1)], |cs, [a]| Unsigned::<21>::constrain(cs, a)),
        of!("range of 32 bits", Field, [f(0xb56c_93d7)], |cs, [a]| U32::constrain(cs, a)),
        of!("range of 64 bits", Field, [f(0xb56c_93d7_1e4a_82f9)], |cs, [a]| U64::constrain(cs, a)),
        of!("range of 128 bits", Field, [f(0xb56c_93d7_1e4a_82f9)], |cs, [a]| U128::constrain(cs, a)),
        of!("range of 249 bits", Field, [f(0xb56c_93d7_1e4a_82f9)], |cs, [a]| Unsigned::<249>::constrain(cs, a)),
        of!("range of 250 bits", Field, [f(0xb56c_93d7_1e4a_82f9)], |cs, [a]| Unsigned::<250>::constrain(cs, a)),
        of!("less than, stated, 64 bits", U64, [5, 77], |cs, [a, b]| a.assert_lt(cs, "less", b)),
        of!("at most, stated, 64 bits", U64, [5, 77], |cs, [a, b]| a.assert_le(cs, "at most", b)),
        of!("less than, 64 bits", U64, [5, 77], |cs, [a, b]| a.lt(cs, b)),
        of!("at most, 64 bits", U64, [78, 77], |cs, [a, b]| a.le(cs, b)),
        of!("sum of 64 bits", U64, [5, 77], |cs, [a, b]| a.add(cs, b)),
        of!("difference of 64 bits", U64, [77, 5], |cs, [a, b]| a.sub(cs, b)),
        of!("product of 64 bits", U64, [5, 77], |cs, [a, b]| a.mul(cs, b)),
        of!("product of 128 bits", U128, [5 << 60, 77 << 50], |cs, [a, b]| a.mul(cs, b)),
        of!("quotient and remainder of 64 bits", U64, [77, 5], |cs, [a, b]| a.div_rem(cs, b)),
        of!("bits of 64 bits", U64, [0xb56c], |cs, [a]| a.bits(cs)),
        of!("bits of a field element", Field, [f(0xb56c)], |cs, [a]| a.bits(cs)),
    ]
}

fn curve() -> Vec<(&'static str, Build)> {
    let g = native::Point::GENERATOR;
    let (p, q) = (g * &77.into(), g * &1234.into());
    let k = native::Scalar::from_bytes_wide(&[0xb5; 64]);
    vec![
        with!("point", [u: Field = p.u(), v: Field = p.v()], |cs| Point::constrain(cs, u, v)),
        with!("scalar", [k: Field = native::Field::from(0xb56c)], |cs| Scalar::constrain(cs, k)),
        with!("sum of points", [p: Point = p, q: Point = q], |cs| p.add(cs, q)),
        with!("negative point", [p: Point = p], |cs| p.neg(cs)),
        with!("select a point", [bit: Bool = true, p: Point = p, q: Point = q], |cs| bit.select(cs, p, q)),
        with!("equality of points, stated", [x: Point = p, y: Point = p], |cs| {
            x.assert_eq(cs, "equal", y);
        }),
        with!("is equal, points", [p: Point = p, q: Point = q], |cs| p.eq(cs, q)),
        with!("multiple of a fixed point", [k: Scalar = k], |cs| {
            Point::multiple_of(cs, &native::Point::GENERATOR_NUMS, k)
        }),
        with!("key ownership", [k: Scalar = 77.into(), key: Point = p], |cs| k.assert_owns(cs, "owns the key", key)),
        with!("multiple of a point", [p: Point = p, k: Scalar = 0xb56c.into()], |cs| p.mul(cs, k)),
    ]
}

fn amounts() -> Vec<(&'static str, Build)> {
    let key = native::Point::GENERATOR * &41.into();
    let it = native::Ciphertext::encrypt(&key, 1000, &4242.into());
    let signature = native::Signature::sign(&41.into(), 8.into());
    vec![
        with!("commitment to a scalar", [value: Scalar = 7.into(), blinding: Scalar = 99.into()], |cs| {
            commit(cs, value, blinding)
        }),
        with!("commitment to 64 bits", [value: U64 = 7, blinding: Scalar = 99.into()], |cs| commit(cs, value, blinding)),
        with!("balance of 8 amounts of 64 bits", [inputs: [U64; 4] = [5, 6, 7, 8].into(), outputs: [U64; 4] = [20, 1, 2, 3].into()], |cs| {
            assert_balanced(cs, "balance", &inputs, &outputs);
        }),
        with!("encryption of 64 bits", [it: Ciphertext = it, key: Point = key, amount: U64 = 1000, randomness: Scalar = 4242.into()], |cs| {
            it.assert_encrypts(cs, key, amount, randomness);
        }),
        with!("Schnorr verification", [it: Signature = signature, key: Point = key, message: Field = 8.into()], |cs| {
            it.assert_signs(cs, "signed", key, message);
        }),
        with!("decryption of 64 bits", [it: Ciphertext = it, secret_key: Scalar = 41.into(), amount: U64 = 1000], |cs| {
            it.assert_decrypts(cs, secret_key, amount);
        }),
    ]
}

fn credentials() -> Vec<(&'static str, Build)> {
    let key = native::Point::GENERATOR * &41.into();
    let signature = example().sign(&41.into());
    let set = |numbers: &[u64]| native::Set::<8>::new(numbers.iter().copied()).expect("the set has room");
    let (with, without) = (set(&[4, 40, 756]), set(&[4, 40]));
    vec![
        with!("leaf of a credential", [it: Credential = example()], |cs| it.leaf(cs)),
        with!("signed credential", [it: Credential = example(), issuer: Point = key, signature: Signature = signature], |cs| {
            it.assert_signed(cs, "signed", issuer, signature);
        }),
        with!("holder of a credential", [it: Credential = example(), key: Scalar = 31.into()], |cs| {
            it.assert_held_by(cs, "held", key);
        }),
        with!("age of a holder", [it: Credential = example(), day: U32 = 730_001], |cs| {
            it.assert_born_by(cs, "old enough", day);
        }),
        with!("validity of a credential", [it: Credential = example(), day: U32 = 739_999], |cs| {
            it.assert_valid_on(cs, "valid", day);
        }),
        with!("level of accreditation", [it: Credential = example(), level: U8 = 1], |cs| {
            it.assert_accredited(cs, "level", level);
        }),
        with!("in a set of 8", [it: U16 = 756, set: Set<8> = with], |cs| set.assert_contains(cs, "in the set", it)),
        with!("not in a set of 8", [it: U16 = 756, set: Set<8> = without], |cs| {
            set.assert_lacks(cs, "not in the set", it);
        }),
    ]
}

fn hashes() -> Vec<(&'static str, Build)> {
    let mut all = vec![
        of!("hash of 1 element", Field, [f(1)], |cs, [a]| hash(cs, &[a])),
        of!("hash of 2 elements", Field, [f(1), f(2)], |cs, [a, b]| hash(cs, &[a, b])),
        of!("hash of 4 elements", Field, [f(1), f(2), f(3), f(4)], |cs, [a, b, c, d]| hash(cs, &[a, b, c, d])),
        of!("hash of 5 elements", Field, [f(1), f(2), f(3), f(4), f(5)], |cs, [a, b, c, d, e]| {
            hash(cs, &[a, b, c, d, e])
        }),
        of!("hash of 8 elements", Field, [f(1), f(2), f(3), f(4), f(5), f(6), f(7), f(8)], |cs,
                                                                                            [
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
        ]| hash(
            cs,
            &[a, b, c, d, e, f, g, h]
        )),
        of!("four elements from four", Field, [f(1), f(2), f(3), f(4)], |cs, [a, b, c, d]| expand::<4>(
            cs,
            &[a, b, c, d]
        )),
        of!("nullifier", Field, [f(1), f(2)], |cs, [secret, scope]| nullifier(cs, secret, scope)),
    ];
    all.push(("Merkle path, one level", Box::new(member::<1>)));
    all.push(("Merkle path, height 17", Box::new(member::<17>)));
    all.push(("not in a list of 2^32", Box::new(absent::<16>)));
    all
}

fn member<const H: usize>(cs: &mut ConstraintSystem) {
    let mut tree = Tree::<H>::new();
    tree.insert(2, 7.into()).expect("the tree has the place");
    tree.insert(3, 8.into()).expect("the tree has the place");
    let path = input::<MerklePath<H>>(cs, &tree.opening(2).expect("there is a leaf"));
    let [leaf, root] = input::<[Field; 2]>(cs, &[7.into(), tree.root()].into());
    path.assert_root(cs, "root", leaf, root);
}

fn absent<const H: usize>(cs: &mut ConstraintSystem) {
    let mut set = IndexedTree::<H>::new();
    [10_u64, 30, 20].into_iter().for_each(|member| {
        set.insert(member.into()).expect("the set has room");
    });
    let non_membership = input::<NonMembership<H>>(cs, &set.non_membership(15.into()).expect("it is not in the set"));
    let [value, root] = input::<[Field; 2]>(cs, &[15.into(), set.root()].into());
    non_membership.assert_absent(cs, "absent", value, root);
}
