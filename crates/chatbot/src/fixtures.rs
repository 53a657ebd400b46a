//! Fixtures that the tests of several modules share.

use std::sync::Arc;

use knowledge::{Chunk, Document, Index, Version};
use tenancy::{CompanyCode, DocumentId, ProfileId, Timestamp};

use crate::{BotSettings, Session, Snapshot, Step};

pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_000_000);

/// Returns a fresh session of a company with these settings.
pub(crate) fn fresh(settings: BotSettings) -> Snapshot {
    Snapshot {
        session: Session::fresh(CompanyCode::parse("TES001").unwrap(), Timestamp::from_micros(0)),
        company_name: "Tesla Motors".to_owned(),
        settings: Arc::new(settings),
        settings_version: 1,
        knowledge_version: 1,
    }
}

/// Returns a session whose visitor has a profile.
pub(crate) fn known(settings: BotSettings) -> Snapshot {
    let mut snapshot = fresh(settings);
    snapshot.session.step = Step::Complete;
    snapshot.session.profile = Some((ProfileId::new(3), "Ann Ray".to_owned()));
    snapshot.session.welcomed = true;
    snapshot
}

/// Builds the index of these sections, questions and answers.
pub(crate) fn index(items: &[(&str, &str, &str)]) -> Index {
    let document = Document { id: DocumentId::new(7), title: "Guide".to_owned() };
    let chunks = items.iter().zip(0..).map(|(&(section, question, answer), position)| Chunk {
        document: document.clone(),
        chunk_id: format!("c{position}"),
        section: section.to_owned(),
        question: question.to_owned(),
        alternatives: Vec::new(),
        answer: answer.to_owned(),
        page: 0,
        position,
    });
    Index::build(knowledge::Snapshot {
        version: Version::new(1),
        chunks: chunks.collect(),
        ..knowledge::Snapshot::default()
    })
}

pub(crate) fn bakery() -> Index {
    index(&[
        ("Orders", "How do I order a birthday cake?", "Call us two days ahead.<br>Or use the form."),
        ("Orders", "Can I change my order?", "Yes, until the evening before."),
        ("Customer service", "When are you open?", "Tuesday to Sunday, 7 to 18 h."),
    ])
}
