//! The ports of the domain crates, and the use cases on them, on every database there is.

#[cfg(test)]
mod chat;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod knowledge;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod tenancy;
#[cfg(test)]
mod world;
