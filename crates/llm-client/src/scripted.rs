//! A model that plays a prepared script, for tests.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fmt, future};

use crate::{BoxFuture, ChatModel, Completion, FinishReason, ModelError, Prompt};

/// A fake model that answers calls from a queue of outcomes and records the prompts.
///
/// A call takes its outcome when it is made, not when it is awaited. When the queue is empty, every call fails with
/// [`ModelError::Unreachable`], whose source is [`ScriptEnded`].
#[derive(Debug, Default)]
pub struct Scripted {
    state: Mutex<State>,
}

/// The outcome of one scripted call.
#[derive(Debug)]
pub enum Outcome {
    /// The model answers.
    Completion(Completion),
    /// The call fails.
    Error(ModelError),
    /// The model answers once a future has the text. With one that never ends, the caller has to time out.
    Later(Later),
}

/// A text that a scripted model does not have yet.
pub struct Later(BoxFuture<'static, String>);

impl fmt::Debug for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Later").finish_non_exhaustive()
    }
}

/// The source of the error of a [`Scripted`] model that was called more often than its script allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the script has no outcome left")]
pub struct ScriptEnded;

impl Scripted {
    /// Makes a model that returns these outcomes in order.
    pub fn new(outcomes: impl IntoIterator<Item = Outcome>) -> Self {
        Self { state: Mutex::new(State { outcomes: outcomes.into_iter().collect(), prompts: Vec::new() }) }
    }

    /// Appends an outcome to the script.
    pub fn push(&self, outcome: Outcome) {
        self.state().outcomes.push_back(outcome);
    }

    /// Returns the prompts of all calls made so far, oldest first.
    pub fn prompts(&self) -> Vec<Prompt> {
        self.state().prompts.clone()
    }

    /// Returns the number of outcomes that are left.
    pub fn remaining(&self) -> usize {
        self.state().outcomes.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChatModel for Scripted {
    fn complete(&self, prompt: Prompt) -> BoxFuture<'_, Result<Completion, ModelError>> {
        let mut state = self.state();
        state.prompts.push(prompt);
        match state.outcomes.pop_front() {
            Some(Outcome::Completion(completion)) => Box::pin(future::ready(Ok(completion))),
            Some(Outcome::Error(error)) => Box::pin(future::ready(Err(error))),
            Some(Outcome::Later(Later(text))) => Box::pin(async { Ok(complete(text.await)) }),
            None => Box::pin(future::ready(Err(ModelError::Unreachable(Box::new(ScriptEnded))))),
        }
    }
}

impl Outcome {
    /// Makes a complete answer with this text, without usage.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Completion(complete(text.into()))
    }

    /// Makes a complete answer with the text that a future yields, without usage.
    pub fn later(text: impl Future<Output = String> + Send + 'static) -> Self {
        Self::Later(Later(Box::pin(text)))
    }
}

fn complete(text: String) -> Completion {
    Completion { text, finish: FinishReason::Stop, usage: None }
}

#[derive(Debug, Default)]
struct State {
    outcomes: VecDeque<Outcome>,
    prompts: Vec<Prompt>,
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::ChatMessage;

    fn ask(model: &dyn ChatModel, text: &str) -> Poll<Result<Completion, ModelError>> {
        let prompt = Prompt { messages: vec![ChatMessage::user(text)], max_tokens: 10, temperature: 0.0 };
        model.complete(prompt).as_mut().poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn outcomes_come_in_order_and_prompts_are_remembered() {
        let model = Arc::new(Scripted::new([Outcome::text("one"), Outcome::Error(ModelError::Empty)]));
        let shared: Arc<dyn ChatModel> = model.clone();
        model.push(Outcome::later(future::pending()));

        let Poll::Ready(Ok(first)) = ask(&*shared, "a") else { panic!("a text is ready") };
        assert_eq!((first.text.as_str(), first.finish, first.usage), ("one", FinishReason::Stop, None));
        assert!(matches!(ask(&*shared, "b"), Poll::Ready(Err(ModelError::Empty))));
        assert_eq!(model.remaining(), 1);
        assert!(ask(&*shared, "c").is_pending());

        let asked: Vec<_> = model.prompts().into_iter().flat_map(|prompt| prompt.messages).collect();
        assert_eq!(asked, [ChatMessage::user("a"), ChatMessage::user("b"), ChatMessage::user("c")]);
    }

    #[test]
    fn a_script_that_has_ended_fails_and_says_so() {
        let Poll::Ready(Err(error)) = ask(&Scripted::default(), "a") else { panic!("an ended script fails at once") };
        assert_eq!(error.source().and_then(|source| source.downcast_ref()), Some(&ScriptEnded));
    }
}
