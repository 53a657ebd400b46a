//! The built binary, and servers embedded in this process, under faults of their environment.

#[cfg(test)]
mod backup;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod buckets;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod encoding;
#[cfg(test)]
mod fake_model;
#[cfg(test)]
mod hash_cost;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod llm;
#[cfg(test)]
mod locks;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod orphans;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod proxied;
#[cfg(test)]
mod raw_socket;
#[cfg(test)]
mod redis;
#[cfg(test)]
mod site;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod stop;
#[cfg(test)]
mod tunnel;
#[cfg(test)]
mod wire;
