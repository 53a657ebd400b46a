//! An answer that a model composes.

use knowledge::{Answer, Mode, compose};
use llm_client::Prompt;

use crate::{Answered, Reply};

/// The prompt for a model, the answer that its text is checked against, and the fallback.
#[derive(Debug, Clone, PartialEq)]
pub struct Composition {
    /// The extractive answer, used when the model fails or its text is not acceptable.
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

    /// The prompt for the model.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// Returns the reply with the model's text if that is acceptable, else the fallback.
    pub fn reply(self, text: Option<String>) -> Reply {
        let accepted = text.and_then(|text| compose::accept(&text, &self.question, self.answer.passages()));
        match accepted {
            Some(text) => {
                let answered = Some(Answered::new(&self.answer, text.clone(), Mode::Llm));
                // What follows the answer, such as a question of the intake, stays.
                let rest = self.fallback.response.strip_prefix(self.answer.text()).unwrap_or_default();
                Reply { response: format!("{text}{rest}"), answered, ..self.fallback }
            }
            None => self.fallback,
        }
    }
}
