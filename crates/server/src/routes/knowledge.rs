//! `load-rag-documents/` and `knowledge/`: what companies and the shared library know.

mod documents;
mod entries;
mod export;
mod load;
mod pages;
mod target;

use super::endpoint::Endpoint;

pub(super) fn endpoints() -> Vec<Endpoint> {
    // The export precedes the entries, whose ids are any text.
    [load::endpoints(), export::endpoints(), entries::endpoints(), documents::endpoints()]
        .into_iter()
        .flatten()
        .collect()
}
