//! What the bot answers, in the form it is stored and replayed.

use knowledge::{Answer, Citation, Mode, Origin};
use serde::{Deserialize, Serialize};

use crate::{Collected, Step, kind};

/// The bot's answer to one message.
///
/// Serialised it is the wire's chat reply without `response`, `session_id` and
/// `user_message`; that document is stored with the bot's row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The text, an HTML fragment whose only tag is `<br>`. It is the message's
    /// content, so the document leaves it out.
    #[serde(skip)]
    pub response: String,
    /// Hints and buttons below the text.
    pub suggestions: Vec<String>,
    /// One of the types of the contract, or the type of a company's quick reply.
    #[serde(rename = "type")]
    pub kind: String,
    /// The intake step that the bot now waits for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub collecting: Option<Step>,
    /// What the intake knows so far.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub temp_data: Option<Collected>,
    /// Whether a person takes over, or has.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub escalated: bool,
    /// What came out of the company's knowledge.
    #[serde(flatten, skip_serializing_if = "Option::is_none", default)]
    pub answered: Option<Answered>,
}

/// The keys that only an answer from knowledge has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The same text as the response.
    pub answer: String,
    /// Probability that the answer is right, 0 to 1.
    pub confidence: f64,
    /// Where it was found, best first; never empty.
    #[serde(with = "cited")]
    pub citations: Vec<Citation>,
    /// Taken from the sources, or composed from them.
    pub mode: Mode,
    /// Whose knowledge the first citation is from.
    pub source: Source,
    /// Whether that is the company's own.
    pub company_specific: bool,
}

impl Answered {
    /// The keys of an answer with this text.
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

/// Whose knowledge an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The company's own.
    CompanyFaq,
    /// The shared library.
    GeneralFaq,
}

impl Reply {
    /// A reply with a text and nothing else.
    pub fn new(kind: impl Into<String>, response: impl Into<String>, suggestions: Vec<String>) -> Self {
        Self {
            response: response.into(),
            suggestions,
            kind: kind.into(),
            collecting: None,
            temp_data: None,
            escalated: false,
            answered: None,
        }
    }

    /// What the visitor's client is told while a person handles the session.
    pub fn human_handling() -> Self {
        Self { escalated: true, ..Self::new(kind::HUMAN_HANDLING, "", Vec::new()) }
    }
}

/// Citations as stored replies keep them, which is also how the wire shows them.
mod cited {
    use knowledge::Citation;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use tenancy::DocumentId;

    #[derive(Serialize)]
    struct Cited<'a> {
        document_id: i64,
        title: &'a str,
        chunk_id: &'a str,
        start: usize,
        end: usize,
        snippet: &'a str,
    }

    #[derive(Deserialize)]
    struct Kept {
        document_id: i64,
        title: String,
        chunk_id: String,
        start: usize,
        end: usize,
        snippet: String,
    }

    pub(super) fn serialize<S: Serializer>(citations: &[Citation], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(citations.iter().map(|citation| Cited {
            document_id: citation.document_id.get(),
            title: &citation.title,
            chunk_id: &citation.chunk_id,
            start: citation.start,
            end: citation.end,
            snippet: &citation.snippet,
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Citation>, D::Error> {
        let kept = Vec::<Kept>::deserialize(from)?;
        let citations = kept.into_iter().map(|kept| Citation {
            document_id: DocumentId::new(kept.document_id),
            title: kept.title,
            chunk_id: kept.chunk_id,
            start: kept.start,
            end: kept.end,
            snippet: kept.snippet,
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
