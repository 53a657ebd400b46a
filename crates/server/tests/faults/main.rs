//! The built binary, and servers inside this process, when something goes wrong around them.

#[cfg(test)]
mod backup;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod double;
#[cfg(test)]
mod gone;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod llm;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod site;
#[cfg(test)]
mod stop;
#[cfg(test)]
mod wire;
