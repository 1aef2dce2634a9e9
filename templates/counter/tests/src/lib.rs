//! The tests of this workspace are in the folder `tests` beside this one.
