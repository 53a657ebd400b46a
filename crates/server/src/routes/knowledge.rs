//! `load-rag-documents/` and `knowledge/`: what companies and the shared library know.

mod ask;
mod asking;
mod documents;
mod entries;
mod export;
mod golden;
mod load;
mod pages;
mod target;
mod unanswered;
mod uploads;

use super::endpoint::Endpoint;

pub(super) fn endpoints() -> Vec<Endpoint> {
    // The export precedes the entries, whose ids are any text.
    let groups = [
        load::endpoints(),
        export::endpoints(),
        entries::endpoints(),
        documents::endpoints(),
        uploads::endpoints(),
        ask::endpoints(),
        unanswered::endpoints(),
        golden::endpoints(),
    ];
    groups.into_iter().flatten().collect()
}
