//! The documents that repeat what the program knows say what it says.
//!
//! `just reference` writes the generated tables anew: it runs these tests with
//! `SWITCHBOARD_WRITE_DOCS=1`.

#[cfg(test)]
mod api;
#[cfg(test)]
mod page;
#[cfg(test)]
mod settings;
