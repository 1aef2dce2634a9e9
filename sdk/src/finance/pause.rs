//! [`Pausing`] as a rule: while a contract is paused, holders cannot move shares. Officers still can.

use super::rule::{Kept, Rule, Tied};
use crate::parts::pausing::{Pausing, Refused};

impl Rule for Pausing {
    type Refusal = Refused;
    type Account = ();
    type Holder = ();

    fn can_send(&self, _: u64, _: Kept<'_, Self>) -> Result<(), Refused> {
        self.require_running()
    }

    fn tie(&mut self, _: Tied<'_, Self>) {}
}
