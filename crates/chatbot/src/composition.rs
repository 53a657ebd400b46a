//! An answer that a model is to word.

use knowledge::{Answer, Mode, compose};
use llm_client::Prompt;

use crate::{Answered, Reply};

/// What a model is asked, what its text is held against, and what is said
/// without it.
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    /// The extractive answer, for when the model fails or invents.
    pub fallback: Reply,
    question: String,
    prompt: Prompt,
    answer: Answer,
}

impl Composition {
    pub(crate) fn new(question: &str, answer: &Answer, fallback: Reply) -> Self {
        Self {
            fallback,
            question: question.to_owned(),
            prompt: compose::prompt(question, answer.passages()),
            answer: answer.clone(),
        }
    }

    /// What the model is asked.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// The reply with the model's text, or the fallback without an acceptable one.
    pub fn reply(self, text: Option<String>) -> Reply {
        let accepted = text.and_then(|text| compose::accept(&text, &self.question, self.answer.passages()));
        match accepted {
            Some(text) => {
                let answered = Some(Answered::new(&self.answer, text.clone(), Mode::Llm));
                Reply { response: text, answered, ..self.fallback }
            }
            None => self.fallback,
        }
    }
}
