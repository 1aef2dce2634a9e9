//! A contract that is legal Rust and written as nobody would expect. Tests include it natively, and compile it as a
//! package of its own.

use dusk_sdk::prelude::*;

/// Strange: `"quotes"`, \backslashes\, {braces}, #hashes, */ and é.
#[contract]
pub mod strange {
    use super::*;

    /// A result under another name.
    pub type Outcome<T> = core::result::Result<T, Refused>;

    /// The same with another parameter in front.
    pub type Reversed<E, T> = core::result::Result<T, E>;

    /// An own type of the name of a type of the standard library.
    #[contract_type]
    #[derive(Copy, Default)]
    pub enum Cell {
        #[default]
        Empty,
        Cross,
        Nought,
    }

    /// A type that contains itself.
    #[contract_type]
    pub struct Tree {
        pub value: u32,
        pub children: Vec<Tree>,
    }

    /// An enum that contains itself, by the name `Self` too.
    #[contract_type]
    pub enum Rule {
        Anybody,
        All(Vec<Self>),
        Named { rules: BTreeMap<u8, Rule> },
    }

    #[contract_type]
    #[derive(Eq, PartialOrd, Ord)]
    #[allow(non_camel_case_types, reason = "names of all kinds")]
    pub enum Kind {
        r#type,
        r#match(u8),
        r#fn { r#in: u8, Result: bool },
    }

    /// More fields than a tuple has.
    #[contract_type]
    pub struct Wide(u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, Vec<u16>);

    /// The type after which the parameter of a client is usually named.
    #[contract_type]
    pub struct Via {
        pub n: u8,
    }

    #[event]
    #[allow(non_camel_case_types, reason = "names of all kinds")]
    pub struct r#loop {
        pub r#while: u8,
    }

    #[error]
    #[allow(non_camel_case_types, reason = "names of all kinds")]
    pub enum Refused {
        No,
        r#yield { r#box: u8 },
    }

    pub trait Named {
        type Answer;
        fn value(&self) -> u8;
        fn hidden(&self) -> u8 {
            9
        }
    }

    /// Everything has these methods, and they take it by value.
    pub trait Everything: Sized {
        fn into_result(self) {}
        fn read(self) {}
        fn write(self) {}
        fn field(self) {}
        fn item(self) {}
        fn end(self) {}
        fn by(self) {}
        fn fields(self) {}
    }
    impl<T> Everything for T {}

    const STATE: usize = 2;

    pub struct Strange {
        n: u8,
        cells: [Cell; 9],
    }

    impl Named for Strange {
        type Answer = Result<u8, Refused>;
        fn value(&self) -> u8 {
            1
        }
    }

    impl Strange {
        pub fn init(state: u8) -> Outcome<Self> {
            ensure!(state < 100, Refused::r#yield { r#box: state });
            Ok(Self { n: state, cells: [Cell::Empty; 9] })
        }

        /// Sets the state.
        pub fn set(&mut self, state: u8) {
            self.n = state;
        }

        pub fn value(&self) -> u64 {
            u64::from(self.n)
        }

        /// Changes, and then refuses.
        pub fn add(&mut self) -> Outcome<u8> {
            self.n += 1;
            Err(Refused::No)
        }

        pub fn add_in_reverse(&mut self) -> Reversed<Refused, u8> {
            self.n += 1;
            Err(Refused::No)
        }

        pub fn associated(&mut self) -> <Self as Named>::Answer {
            self.n += 1;
            ensure!(self.n > 100, Refused::No);
            Ok(self.n)
        }

        /// A `Result` inside of another type is a value.
        pub fn inside(&mut self, fails: bool) -> Option<core::result::Result<u8, Cell>> {
            self.n += 1;
            Some(if fails { Err(Cell::Cross) } else { Ok(self.n) })
        }

        /// Gives the `Result` itself, also under another name.
        #[contract(raw_result)]
        pub fn raw(&mut self) -> Reversed<Cell, u8> {
            self.n += 1;
            Err(Cell::Nought)
        }

        pub fn cell(&self, at: u8) -> Cell {
            self.cells[usize::from(at)]
        }

        pub fn put(&mut self, mut at: u8, cell: Cell) {
            at %= 9;
            self.cells[usize::from(at)] = cell;
        }

        pub fn size(&self, tree: Tree) -> u32 {
            1 + tree.children.into_iter().map(|child| self.size(child)).sum::<u32>()
        }

        pub fn rule(&self, rule: Rule) -> Rule {
            rule
        }

        pub fn r#match(&self, r#where: Kind, r#struct: BTreeMap<Kind, u8>) -> (Kind, BTreeMap<Kind, u8>) {
            (r#where, r#struct)
        }

        pub fn wide(&self, wide: Wide) -> Wide {
            wide
        }

        pub fn long(
            &self,
            tuple: (u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u16),
        ) -> (u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u16) {
            tuple
        }

        pub fn via(&self, via: Via, Via: Via) -> u8 {
            via.n + Via.n
        }

        pub fn bytes(&self, STATE_: [u8; STATE]) -> [u8; STATE]
        where
            u8: Copy,
        {
            STATE_
        }

        #[deprecated]
        pub const fn alloc(&self) -> u8 {
            self.n
        }

        #[contract(feeds = Option<Self_>)]
        pub fn get_schema(&'_ self) {
            emit(r#loop { r#while: 1 });
        }
    }

    pub type Self_ = Via;
}
