//! The ports of tenancy, identity and knowledge on every database there is.

#[cfg(test)]
mod identity;
#[cfg(test)]
mod knowledge;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod tenancy;
#[cfg(test)]
mod world;
