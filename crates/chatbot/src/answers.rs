//! Replies that the intake and the bot both give.

use knowledge::{Answer, Mode};

use crate::{
    Answered, BotSettings, Composition, Found, Reply,
    act::Act,
    found::Finding,
    kind, phrase, search,
    settings::{Texts, buttons::LEAVE_EMAIL},
    understanding::Intent,
};

/// Returns the answer to the button for leaving an e-mail address; `None` if a normalized text is not the button.
pub(crate) fn ask_email(normalized: &str, texts: &Texts<'_>) -> Option<Reply> {
    let settings = texts.settings;
    phrase::equals(normalized, LEAVE_EMAIL).then(|| {
        let suggestions = vec![texts.example(&settings.email_example)];
        Reply::new(kind::SMALL_TALK, texts.filled(&settings.email_question_text), suggestions)
    })
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

/// Returns the reply that quotes the answers to a text, and says so if the text has more questions than are answered.
pub(crate) fn extract(text: &str, answers: &[Answer], suggestions: Vec<String>, texts: &Texts<'_>) -> Reply {
    let more = search::has_more_questions(text).then(|| texts.filled(&texts.settings.more_questions_text));
    cite(answers, more.as_deref(), suggestions)
}

/// Returns the reply that quotes answers. With several it cites all of them, and is as sure as the least sure one.
fn cite(answers: &[Answer], more: Option<&str>, suggestions: Vec<String>) -> Reply {
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

/// Returns the answer to a text that was looked up, quoted from the knowledge and without a word of the bot's own; `None`
/// if nothing fits.
pub fn quoted(found: &Found, text: &str) -> Option<Answered> {
    match Found::of(Some(found), text) {
        Ok(Finding::Answers(answers)) => cite(answers, None, Vec::new()).answered,
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
pub(crate) fn topics(titles: &[String], texts: &Texts<'_>) -> Reply {
    let settings = texts.settings;
    let text = if titles.is_empty() { &settings.no_topics_text } else { &settings.topics_text };
    let buttons = titles.iter().cloned().chain([texts.say(&settings.person_suggestion)]);
    Reply::new(kind::TOPIC_SELECTION, texts.filled(text), buttons.collect())
}

/// Lists the questions of a section.
pub(crate) fn questions_of(title: &str, questions: &[String], texts: &Texts<'_>) -> Reply {
    let text = texts.with(&texts.settings.topic_text, &[("topic", title)]);
    Reply::new(kind::TOPIC_SELECTION, text, questions.to_vec())
}
