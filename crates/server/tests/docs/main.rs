//! The generated parts of the documentation match the program.
//!
//! `just reference` regenerates them: it runs these tests with `SWITCHBOARD_WRITE_DOCS=1`.

#[cfg(test)]
mod api;
#[cfg(test)]
mod bot_settings;
#[cfg(test)]
mod page;
#[cfg(test)]
mod settings;
