//! The bot's answers, in the form in which they are stored and sent again.

use knowledge::{Answer, Citation, Mode, Origin};
use serde::{Deserialize, Serialize};

use crate::{Collected, Outcome, Step, kind};

/// The bot's answer to one message.
///
/// Serialised it is the chat reply on the wire without `response`, `session_id` and `user_message`.
/// That document is stored with the bot's message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The text, an HTML fragment whose only tag is `<br>`. It is stored as the message's content
    /// and so is not part of the document.
    #[serde(skip)]
    pub response: String,
    /// Hints and buttons below the text.
    pub suggestions: Vec<String>,
    /// One of the types in [`kind`], or the type of a company's quick reply.
    #[serde(rename = "type")]
    pub kind: String,
    /// The answer that the intake now waits for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub collecting: Option<Step>,
    /// The answers of the intake so far.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub temp_data: Option<Collected>,
    /// Whether a person is called or handles the session already.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub escalated: bool,
    /// What a wish for a person led to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<Outcome>,
    /// Present if the answer is from knowledge.
    #[serde(flatten, skip_serializing_if = "Option::is_none", default)]
    pub answered: Option<Answered>,
}

/// The additional keys of an answer from knowledge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The same text as the response.
    pub answer: String,
    /// The probability that the answer is right, 0 to 1.
    pub confidence: f64,
    /// The passages that it is based on, best first; never empty.
    #[serde(with = "cited")]
    pub citations: Vec<Citation>,
    /// Whether it is quoted from the passages or composed by a model.
    pub mode: Mode,
    /// The knowledge that the first citation is from.
    pub source: Source,
    /// Whether that is the company's own knowledge.
    pub company_specific: bool,
}

impl Answered {
    /// Returns the keys of an answer with this text.
    pub(crate) fn new(answer: &Answer, text: String, mode: Mode) -> Self {
        Self {
            answer: text,
            confidence: answer.confidence,
            citations: answer.citations(mode),
            mode,
            source: match answer.origin {
                Origin::Company => Source::CompanyFaq,
                Origin::Shared => Source::GeneralFaq,
            },
            company_specific: answer.origin == Origin::Company,
        }
    }
}

/// The knowledge that an answer is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The company's own knowledge.
    CompanyFaq,
    /// The shared library.
    GeneralFaq,
}

impl Reply {
    /// Returns a reply with a type, a text and suggestions only.
    pub fn new(kind: impl Into<String>, response: impl Into<String>, suggestions: Vec<String>) -> Self {
        Self {
            response: response.into(),
            suggestions,
            kind: kind.into(),
            collecting: None,
            temp_data: None,
            escalated: false,
            outcome: None,
            answered: None,
        }
    }

    /// Returns the reply to the visitor's client while a person handles the session.
    pub fn human_handling() -> Self {
        Self { escalated: true, ..Self::new(kind::HUMAN_HANDLING, "", Vec::new()) }
    }
}

/// The form of citations in stored replies, which is also their form on the wire.
mod cited {
    use knowledge::Citation;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use tenancy::DocumentId;

    #[derive(Serialize, Deserialize)]
    struct StoredCitation<T> {
        document_id: i64,
        title: T,
        chunk_id: T,
        start: usize,
        end: usize,
        snippet: T,
    }

    pub(super) fn serialize<S: Serializer>(citations: &[Citation], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(citations.iter().map(|citation| StoredCitation {
            document_id: citation.document_id.get(),
            title: citation.title.as_str(),
            chunk_id: citation.chunk_id.as_str(),
            start: citation.start,
            end: citation.end,
            snippet: citation.snippet.as_str(),
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Citation>, D::Error> {
        let stored = Vec::<StoredCitation<String>>::deserialize(from)?;
        let citations = stored.into_iter().map(|stored| Citation {
            document_id: DocumentId::new(stored.document_id),
            title: stored.title,
            chunk_id: stored.chunk_id,
            start: stored.start,
            end: stored.end,
            snippet: stored.snippet,
        });
        Ok(citations.collect())
    }
}

#[cfg(test)]
mod tests {
    use tenancy::DocumentId;

    use super::*;

    #[test]
    fn a_stored_answer_reads_itself_back_without_its_text() {
        let citation = Citation {
            document_id: DocumentId::new(7),
            title: "Guide".to_owned(),
            chunk_id: "c1".to_owned(),
            start: 0,
            end: 4,
            snippet: "Yes.".to_owned(),
        };
        let answered = Answered {
            answer: "Yes.".to_owned(),
            confidence: 0.5,
            citations: vec![citation],
            mode: Mode::Extractive,
            source: Source::CompanyFaq,
            company_specific: true,
        };
        let reply = Reply { answered: Some(answered), ..Reply::new(kind::RAG_RESPONSE, "Yes.", Vec::new()) };
        let document = serde_json::to_value(&reply).unwrap();
        assert_eq!(
            document,
            serde_json::json!({
                "suggestions": [], "type": "rag_response", "answer": "Yes.", "confidence": 0.5, "mode": "extractive",
                "source": "company_faq", "company_specific": true, "citations": [{"document_id": 7, "title": "Guide",
                "chunk_id": "c1", "start": 0, "end": 4, "snippet": "Yes."}],
            })
        );
        let read: Reply = serde_json::from_value(document).unwrap();
        assert_eq!(read, Reply { response: String::new(), ..reply });
    }

    #[test]
    fn a_plain_reply_has_no_other_keys() {
        let reply = Reply::new(kind::GREETING_RESPONSE, "Hello", vec!["Browse topics".to_owned()]);
        let document = serde_json::to_value(&reply).unwrap();
        assert_eq!(document, serde_json::json!({"suggestions": ["Browse topics"], "type": "greeting_response"}));
        assert_eq!(serde_json::from_value::<Reply>(document).unwrap().answered, None);
        let handled = serde_json::to_value(Reply::human_handling()).unwrap();
        assert_eq!(handled, serde_json::json!({"suggestions": [], "type": "human_handling", "escalated": true}));
    }
}
