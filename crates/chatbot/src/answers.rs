//! Replies that the intake and the bot both give.

use knowledge::{Answer, Mode, markup};

use crate::{
    Answered, BotSettings, Composition, Found, Reply, act::Act, found::Finding, kind, phrase, search,
    understanding::Intent,
};

/// The button that calls a person.
pub(crate) const TALK_TO_A_PERSON: &str = "Talk to a person";

/// The button that leads to the question for an e-mail address.
pub(crate) const LEAVE_EMAIL: &str = "Leave my e-mail address";

/// Returns the answer to the button for leaving an e-mail address; `None` if a normalized text is not the button.
pub(crate) fn ask_email(normalized: &str) -> Option<Reply> {
    let suggestions = vec!["Example: your.email@example.com".to_owned()];
    phrase::equals(normalized, LEAVE_EMAIL)
        .then(|| Reply::new(kind::SMALL_TALK, "What's your e-mail address?", suggestions))
}

/// Returns the company's answer to small talk; `None` for other intents.
pub(crate) fn small_talk(intent: Intent, settings: &BotSettings) -> Option<&str> {
    match intent {
        Intent::Thanks => Some(&settings.thanks_text),
        Intent::Goodbye => Some(&settings.goodbye_text),
        Intent::Agreement => Some(&settings.agreement_text),
        Intent::Refusal => Some(&settings.refusal_text),
        Intent::AboutBot => Some(&settings.about_text),
        Intent::Frustration | Intent::Abuse => Some(&settings.frustration_text),
        Intent::Why => Some(&settings.profile_reason_text),
        Intent::Person | Intent::Question | Intent::Greeting | Intent::Nothing => None,
    }
}

/// Says that a message had more questions than are answered at once.
const MORE_QUESTIONS: &str = "These are many questions at once. I have looked up the first four of them, so please ask me \
                              the others again.";

/// Returns the reply that quotes the answers to a text. With several it cites all of them, and is as sure as the least
/// sure one.
pub(crate) fn extract(text: &str, answers: &[Answer], suggestions: Vec<String>) -> Reply {
    let more = search::has_more_questions(text).then_some(MORE_QUESTIONS);
    let text = answers.iter().map(Answer::text).chain(more).collect::<Vec<_>>().join("<br><br>");
    let answered = answers.split_first().map(|(first, others)| {
        let mut answered = Answered::new(first, text.clone(), Mode::Extractive);
        for other in others {
            answered.confidence = answered.confidence.min(other.confidence);
            answered.citations.extend(other.citations(Mode::Extractive));
        }
        answered
    });
    Reply { answered, ..Reply::new(kind::RAG_RESPONSE, text, suggestions) }
}

/// Returns the answer to a text that was looked up, quoted from the knowledge; `None` if nothing fits.
pub fn quoted(found: &Found, text: &str) -> Option<Answered> {
    match Found::of(Some(found), text) {
        Ok(Finding::Answers(answers)) => extract(text, answers, Vec::new()).answered,
        Ok(Finding::Topics(_) | Finding::Section { .. } | Finding::Nothing { .. }) | Err(_) => None,
    }
}

/// Returns the act that says answers, or lets a model word the answer to a single question.
pub(crate) fn worded(text: &str, answers: &[Answer], reply: Reply, mode: Mode) -> Act {
    match (mode, answers) {
        (Mode::Llm, [answer]) if !search::has_more_questions(text) => {
            Act::Compose(Composition::new(text, answer, reply))
        }
        _ => Act::Say(reply),
    }
}

/// Lists the topics. The button below them is there even without topics.
pub(crate) fn topics(titles: &[String]) -> Reply {
    let text = match titles {
        [] => "There are no topics to browse yet. You can ask me, or talk to a person.",
        _ => "Here are the topics I can help you with.",
    };
    let buttons = titles.iter().cloned().chain([TALK_TO_A_PERSON.to_owned()]);
    Reply::new(kind::TOPIC_SELECTION, text, buttons.collect())
}

/// Lists the questions of a section.
pub(crate) fn questions_of(title: &str, questions: &[String]) -> Reply {
    // Titles are stored as plain text, and this text is an HTML fragment.
    let title = markup::neutralise(title);
    Reply::new(kind::TOPIC_SELECTION, format!("What would you like to know about {title}?"), questions.to_vec())
}
