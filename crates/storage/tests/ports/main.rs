//! The ports of the domain crates and the use cases built on them, on every available database.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod chat;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod entries;
#[cfg(test)]
mod files;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod isolation_neighbour;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod knowledge;
#[cfg(test)]
mod lanes;
#[cfg(test)]
mod misses;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod profiles;
mod reach;
#[cfg(test)]
mod roster;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod tenancy;
#[cfg(test)]
mod walls;
#[cfg(test)]
mod world;
