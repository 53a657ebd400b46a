//! Entries of the knowledge.

use std::sync::atomic::{AtomicUsize, Ordering};

use api_tests::prelude::*;

use super::{Body, Missing, Sending, about, list, named_company, nothing, results};
use crate::{
    rights::COMPANIES,
    scene::{Kind, Thing},
};

const NO_ENTRY: Missing = Missing::Error(404, "Entry not found");
const NO_QUESTION: Missing = Missing::Error(404, "Question not found");
const NO_GOLDEN: Missing = Missing::Error(404, "Golden question not found");

pub(crate) fn list_entries() -> Sending {
    list(Kind::Entry, COMPANIES, results, "/chunk_id", |thing| json!(thing.entry))
}

pub(crate) fn list_documents() -> Sending {
    // Each entry of the scene is in a document of its own, whose title is the entry's id.
    list(Kind::Entry, COMPANIES, results, "/title", |thing| json!(thing.entry))
}

pub(crate) fn export_entries() -> Sending {
    named_company(nothing)
}

pub(crate) fn create_entry() -> Sending {
    let body = |thing: &Thing| {
        Body::Json(json!({"question": "Q", "answer": "A", "document": "D", "company_id": thing.company}))
    };
    named_company(body)
}

pub(crate) fn upload_entries() -> Sending {
    named_company(|thing: &Thing| {
        Body::Json(json!({"text": "question,answer\nQ,A\n", "document": "Uploads", "company_id": thing.company}))
    })
}

pub(crate) fn ask_knowledge() -> Sending {
    named_company(|thing: &Thing| Body::Json(json!({"question": "What is this?", "company_id": thing.company})))
}

pub(crate) fn update_entry() -> Sending {
    about(Kind::Entry, COMPANIES, NO_ENTRY, |_| Body::Json(json!({"page": 7})))
}

pub(crate) fn delete_entry() -> Sending {
    about(Kind::Entry, COMPANIES, NO_ENTRY, nothing).spending()
}

pub(crate) fn list_unanswered() -> Sending {
    list(Kind::Miss, COMPANIES, results, "/id", |thing| json!(thing.id))
}

pub(crate) fn close_unanswered() -> Sending {
    about(Kind::Miss, COMPANIES, NO_QUESTION, nothing).spending()
}

pub(crate) fn answer_unanswered() -> Sending {
    let body = |thing: &Thing| {
        Body::Json(json!({"question": "Q", "answer": "A", "document": "D", "company_id": thing.company}))
    };
    about(Kind::Miss, COMPANIES, NO_QUESTION, body).spending()
}

pub(crate) fn list_golden() -> Sending {
    list(Kind::Golden, COMPANIES, results, "/id", |thing| json!(thing.id))
}

pub(crate) fn add_golden() -> Sending {
    // A question is added once. It has no word of any entry, so that no entry answers it.
    static ADDED: AtomicUsize = AtomicUsize::new(0);
    named_company(|thing: &Thing| {
        let question = format!("golden{}?", ADDED.fetch_add(1, Ordering::Relaxed));
        Body::Json(json!({"question": question, "expect": "clarify", "company_id": thing.company}))
    })
}

pub(crate) fn change_golden() -> Sending {
    about(Kind::Golden, COMPANIES, NO_GOLDEN, |_| Body::Json(json!({"expect": "clarify"})))
}

pub(crate) fn remove_golden() -> Sending {
    about(Kind::Golden, COMPANIES, NO_GOLDEN, nothing).spending()
}

pub(crate) fn run_golden() -> Sending {
    named_company(|thing: &Thing| Body::Json(json!({"threshold": 0.5, "company_id": thing.company})))
}

pub(crate) fn find_threshold() -> Sending {
    named_company(|thing: &Thing| Body::Json(json!({"precision": 0.9, "company_id": thing.company})))
}
