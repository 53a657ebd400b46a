//! `knowledge/unanswered/`: what visitors asked and got no good answer to, grouped by what it means.

mod answer;
mod close;
mod list;
mod open;

use super::super::endpoint::Endpoint;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![list::endpoint(), close::endpoint(), answer::endpoint()]
}
