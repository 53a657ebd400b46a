//! The bot's answer to a message outside the intake.

use super::{Planned, Stage, Turn};
use crate::{
    BotSettings, Found, MissingInput, QuickReply, Reply, Session,
    act::{Act, ProfileChange, ProfileWrite},
    answers::{ask_email, extract, questions_of, small_talk, topics, worded},
    found::Finding,
    intake, kind, phrase,
    settings::Texts,
    understanding::{Intent, Values},
};

/// Answers a message of a visitor whom the intake asks nothing.
pub(super) fn answer(turn: &Turn<'_>, mut session: Session) -> Result<Planned, MissingInput> {
    if intake::is_finished(&session, &turn.snapshot.settings) {
        // The settings ask for less than before, so everything is known.
        let profile = intake::finish(&mut session, &turn.snapshot.settings);
        let planned = answer(turn, session)?;
        return Ok(Planned { profile: Some(profile), ..planned });
    }
    let mut bot = Bot { turn, settings: &turn.snapshot.settings, session };
    let (stage, act) = bot.act()?;
    if stage != Stage::Clarification {
        bot.session.dialogue.misses = 0;
    }
    if stage == Stage::Knowledge {
        bot.session.dialogue.resolved_before = false;
    }
    match act {
        Said::Act(act) => {
            let is_missed = stage == Stage::Clarification;
            Ok(Planned { session: bot.session, profile: None, act, stage, is_missed })
        }
        Said::Noted(reply, change) => {
            let profile = change.map(ProfileWrite::Change);
            Ok(Planned { session: bot.session, profile, act: Act::Say(reply), stage, is_missed: false })
        }
        Said::Missed(text) => Ok(Planned { is_missed: true, ..turn.escalate(bot.session, &text) }),
    }
}

/// What the bot says.
enum Said {
    Act(Act),
    /// A reply to a message with values, and the change of the profile. Without a profile, the intake has taken them.
    Noted(Reply, Option<ProfileChange>),
    /// Nothing: the bot has no answer to this text, and a person has to be called.
    Missed(String),
}

struct Bot<'t> {
    turn: &'t Turn<'t>,
    settings: &'t BotSettings,
    session: Session,
}

impl Bot<'_> {
    fn act(&mut self) -> Result<(Stage, Said), MissingInput> {
        let settings = self.settings;
        let say = |reply| Said::Act(Act::Say(reply));
        let Some(text) = self.turn.input.text else {
            let text = &settings.file_question_text;
            let reply = self.reply(kind::CLARIFICATION_NEEDED, text, &settings.clarification_suggestions);
            return Ok((Stage::Attachment, say(reply)));
        };
        // A button may have a wording of the company's own. A quick reply for that wording has precedence.
        let typed = self.turn.typed.unwrap_or(text);
        let quick = self.quick_reply(typed).or_else(|| self.quick_reply(Some(text).filter(|text| *text != typed)?));
        if let Some(quick) = quick {
            return Ok((Stage::QuickReply, say(self.reply(&quick.kind, &quick.reply, &quick.suggestions))));
        }
        if let Some(reply) = ask_email(&phrase::normalize(text), &self.texts()) {
            return Ok((Stage::SmallTalk, say(reply)));
        }
        let intent = self.turn.reading.intent;
        let small_talk = small_talk(intent, settings).map(|said| {
            let is_angry = matches!(intent, Intent::Frustration | Intent::Abuse);
            let person = std::slice::from_ref(&settings.person_suggestion);
            let suggestions = if is_angry { person } else { &settings.greeting_suggestions };
            (Stage::SmallTalk, say(self.reply(kind::SMALL_TALK, said, suggestions)))
        });
        // A company may have an entry for a question such as "Who are you?" or "Why do you need my number?". Other small
        // talk needs no lookup.
        if let Some(said) = small_talk
            && (!matches!(intent, Intent::AboutBot | Intent::Why) || !Found::is_entry(self.turn.found, text)?)
        {
            return Ok(said);
        }
        let finding = Found::of(self.turn.found, text)?;
        match finding {
            Finding::Topics(titles) => Ok((Stage::QuickReply, say(topics(titles, &self.texts())))),
            Finding::Section { title, questions } => {
                Ok((Stage::QuickReply, say(questions_of(title, questions, &self.texts()))))
            }
            // A greeting is like many questions by its words alone.
            Finding::Answers(answers) if intent != Intent::Greeting || finding.is_certain() => {
                let texts = self.texts();
                let reply = extract(text, answers, texts.buttons(&settings.answer_suggestions), &texts);
                let act = worded(text, answers, reply, settings.answer_mode);
                Ok((Stage::Knowledge, Said::Act(act)))
            }
            Finding::Nothing { .. } | Finding::Answers(_) if intent == Intent::Greeting => {
                let reply =
                    self.reply(kind::GREETING_RESPONSE, &settings.greeting_text, &settings.greeting_suggestions);
                Ok((Stage::Greeting, say(reply)))
            }
            other => Ok(match self.noted() {
                Some(noted) => (Stage::SmallTalk, noted),
                None => (Stage::Clarification, self.missed(text, other.near())),
            }),
        }
    }

    /// Notes the values in a message, if there are any.
    fn noted(&mut self) -> Option<Said> {
        let Values { name, country_code: _, phone, number: _, email, address } = self.turn.reading.values.clone();
        let phone = phone.and_then(|check| Some((check.country_code, check.stored?)));
        let before = self.session.visitor_name();
        let name =
            name.map(|name| before.map_or_else(|| name.clone(), |before| intake::name::corrected(before, &name)));
        let change = ProfileChange { name, phone, email, address };
        if change == ProfileChange::default() {
            return None;
        }
        let told = [
            change.name.as_ref().map(|_| &self.settings.name_word),
            change.phone.as_ref().map(|_| &self.settings.phone_word),
            change.email.as_ref().map(|_| &self.settings.email_word),
            change.address.as_ref().map(|_| &self.settings.address_word),
        ];
        let texts = self.texts();
        let told: Vec<_> = told.into_iter().flatten().map(|word| texts.say(word)).collect();
        let text = texts.with(&self.settings.profile_noted_text, &[("fields", &texts.joined(&told))]);
        let suggestions = texts.buttons(&self.settings.greeting_suggestions);
        let change = if self.session.profile.is_some() {
            self.session.dialogue.unreachable &= change.phone.is_none() && change.email.is_none();
            self.session.dialogue.name_again &= change.name.is_none();
            Some(change)
        } else {
            intake::take(&mut self.session.collected, &self.turn.reading.values);
            None
        };
        Some(Said::Noted(Reply::new(kind::SMALL_TALK, text, suggestions), change))
    }

    /// Asks back, or calls a person after some misses in a row.
    fn missed(&mut self, text: &str, near: &[String]) -> Said {
        let settings = self.settings;
        let misses = self.session.dialogue.misses.saturating_add(1);
        self.session.dialogue.misses = misses;
        let is_open = self.session.status.is_escalated();
        let is_enough = misses >= settings.handoff_after_misses || self.session.dialogue.resolved_before;
        let is_enough = is_enough && settings.handoff_after_misses != 0;
        if !is_open && is_enough {
            return Said::Missed(text.to_owned());
        }
        // Every second text differs, so that no two in a row are the same.
        let reply = if misses % 2 == 1 {
            self.reply(kind::CLARIFICATION_NEEDED, &settings.clarification_text, &settings.clarification_suggestions)
        } else {
            let suggestions: Vec<_> = near.iter().chain([&settings.person_suggestion]).cloned().collect();
            self.reply(kind::CLARIFICATION_NEEDED, &settings.clarification_again_text, &suggestions)
        };
        Said::Act(Act::Say(reply))
    }

    /// Returns the first quick reply that matches a text.
    fn quick_reply(&self, text: &str) -> Option<&QuickReply> {
        let (normalized, texts) = (phrase::normalize(text), self.texts());
        let matches = |phrase: &String| phrase::equals(&normalized, &texts.filled(phrase));
        self.settings.quick_replies.iter().find(|quick| quick.matches.iter().any(matches))
    }

    fn reply(&self, kind: &str, text: &str, suggestions: &[String]) -> Reply {
        let texts = self.texts();
        Reply::new(kind, texts.filled(text), texts.buttons(suggestions))
    }

    fn texts(&self) -> Texts<'_> {
        Texts::new(self.settings, &self.session, &self.turn.snapshot.company_name)
    }
}
