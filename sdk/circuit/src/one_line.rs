//! Names in texts of several lines.

use core::fmt;

/// A name with its control characters escaped. Circuits name their regions and constraints as they like; a line end in
/// a name would begin a line that looks like one of ours.
pub(crate) struct OneLine<'a>(pub(crate) &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        self.0.chars().try_for_each(|letter| {
            if letter.is_control() { write!(f, "{}", letter.escape_default()) } else { f.write_char(letter) }
        })
    }
}
