//! The steps of the intake: the questions, the accepted answers and their order.

use std::mem;

use knowledge::markup;
use tenancy::text;

use super::{country, email, name, phone};
use crate::{
    BotSettings, Collected, NewProfile, Reply, Session, Step,
    greeting::is_greeting,
    kind,
    settings::{Names, filled},
};

const ASK_NAME: &str = "What's your full name?";
const ASK_COUNTRY: &str = "Which country is your phone number from?";
const OTHER_COUNTRIES: &str = "Here are more countries. You can also type a country code, such as +352.";
const TYPE_COUNTRY: &str = "You can choose one or type its name or code, such as +352.";
const ASK_PHONE: &str = "What's your phone number?";
const ASK_EMAIL: &str = "What's your e-mail address? You can skip this.";
const ASK_ADDRESS: &str = "And what's your address?";
const NOT_AN_EMAIL: &str = "I need exactly one e-mail address, such as ann@example.com.";

/// Maximum length of a visitor's text that a reply repeats, in Unicode scalar values.
const LONGEST_EXCERPT: usize = 40;

/// Reads a visitor's text as the answer to the current question.
///
/// An accepted answer moves the session to the next step. The reply to another one says why it is
/// not accepted. Without a text the question is repeated. The last answer completes the intake,
/// and then the profile is returned too.
pub(crate) fn advance(
    session: &mut Session,
    text: Option<&str>,
    settings: &BotSettings,
    company_name: &str,
) -> (Reply, Option<NewProfile>) {
    let reply = match (session.step, text) {
        // The answer to the first message is always the welcome.
        (Step::Name, _) if !session.welcomed => welcome(session, settings, company_name),
        (Step::Name, Some(text)) if is_greeting(text) => welcome(session, settings, company_name),
        (Step::Name, None) => ask(session, ASK_NAME, Vec::new()),
        (Step::Name, Some(text)) => take_name(session, text),
        (Step::CountryCode, None) => ask(session, ASK_COUNTRY, country::first_suggestions()),
        (Step::CountryCode, Some(text)) => take_country(session, text, settings),
        (Step::Phone, None) => ask_phone(session, ASK_PHONE),
        (Step::Phone, Some(text)) => take_phone(session, text, settings),
        (Step::Email, None) => ask_email(session, ASK_EMAIL),
        (Step::Email, Some(text)) => take_email(session, text),
        (Step::Address, None) => ask_address(session),
        (Step::Address, Some(address)) => return take_address(session, address, settings, company_name),
        (Step::Complete, _) => done(session, "", settings, company_name),
    };
    (reply, None)
}

fn welcome(session: &Session, settings: &BotSettings, company_name: &str) -> Reply {
    let names = Names { name: "", bot_name: &settings.bot_name, company_name };
    ask(session, filled(&settings.welcome_text, &names), vec!["Example: John Doe".to_owned()])
}

fn take_name(session: &mut Session, text: &str) -> Reply {
    match name::read(text) {
        Ok(name) => {
            session.collected.name = Some(name.clone().into_owned());
            session.step = Step::CountryCode;
            ask(session, format!("Nice to meet you, {name}! {ASK_COUNTRY}"), country::first_suggestions())
        }
        Err(not_a_name) => ask(session, format!("{} {ASK_NAME}", not_a_name.reason()), Vec::new()),
    }
}

fn take_country(session: &mut Session, text: &str, settings: &BotSettings) -> Reply {
    if country::wants_more(text) {
        return ask(session, OTHER_COUNTRIES, country::more_suggestions());
    }
    if let Some(check) = phone::whole_number(text, &settings.default_country_code) {
        return keep_phone(session, check);
    }
    let understood = match country::read(text) {
        country::Reading::Code(code) => {
            session.collected.country_code = Some(code);
            session.step = Step::Phone;
            return ask_phone(session, ASK_PHONE);
        }
        country::Reading::Unsure(names) => format!("Did you mean {}?", names.join(", ")),
        country::Reading::Nothing => format!("I can't find a country in \u{201c}{}\u{201d}.", excerpt(text)),
    };
    ask(session, format!("{understood} {ASK_COUNTRY} {TYPE_COUNTRY}"), country::first_suggestions())
}

/// Returns the beginning of a visitor's text, to be repeated in a reply.
fn excerpt(text: &str) -> String {
    let text = text::visible(text);
    let short: String = text.trim().chars().take(LONGEST_EXCERPT).collect();
    let dots = if short.len() < text.trim().len() { "\u{2026}" } else { "" };
    format!("{}{dots}", markup::neutralise(&short))
}

fn take_phone(session: &mut Session, text: &str, settings: &BotSettings) -> Reply {
    let code = session.collected.country_code.as_deref().unwrap_or(&settings.default_country_code);
    keep_phone(session, phone::check(text, code))
}

/// Stores an accepted number and moves on. Its country replaces the one that was chosen before.
fn keep_phone(session: &mut Session, check: phone::PhoneCheck) -> Reply {
    match check.stored {
        Some(phone) => {
            session.collected.phone = Some(phone);
            session.collected.country_code = Some(check.country_code);
            session.step = Step::Email;
            ask_email(session, ASK_EMAIL)
        }
        None => ask_phone(session, format!("{} {ASK_PHONE}", check.message)),
    }
}

fn take_email(session: &mut Session, text: &str) -> Reply {
    match email::read(text) {
        Some(email) => {
            session.collected.email = Some(email);
            session.step = Step::Address;
            ask_address(session)
        }
        None => ask_email(session, format!("{NOT_AN_EMAIL} {ASK_EMAIL}")),
    }
}

fn take_address(
    session: &mut Session,
    address: &str,
    settings: &BotSettings,
    company_name: &str,
) -> (Reply, Option<NewProfile>) {
    let collected = mem::take(&mut session.collected);
    let Collected { name: Some(name), country_code: Some(country_code), phone: Some(phone), email } = collected else {
        // Asking once more is better than an incomplete profile.
        session.step = Step::Name;
        return (ask(session, ASK_NAME, Vec::new()), None);
    };
    session.step = Step::Complete;
    let reply = done(session, &name, settings, company_name);
    let profile = NewProfile { name, phone, email: email.flatten(), address: Some(address.to_owned()), country_code };
    (reply, Some(profile))
}

fn ask_phone(session: &Session, text: impl Into<String>) -> Reply {
    ask(session, text, vec!["Example: 9841234567".to_owned()])
}

fn ask_email(session: &Session, text: impl Into<String>) -> Reply {
    ask(session, text, vec!["Example: your.email@example.com".to_owned(), "Skip".to_owned()])
}

fn ask_address(session: &Session) -> Reply {
    ask(session, ASK_ADDRESS, vec!["Example: City, Country".to_owned()])
}

/// Returns a question of the session's current step.
fn ask(session: &Session, text: impl Into<String>, suggestions: Vec<String>) -> Reply {
    let known = session.collected != Collected::default();
    Reply {
        collecting: Some(session.step),
        temp_data: known.then(|| session.collected.clone()),
        ..Reply::new(kind::PROFILE_COLLECTION, text, suggestions)
    }
}

fn done(session: &Session, name: &str, settings: &BotSettings, company_name: &str) -> Reply {
    let name = session.profile.as_ref().map_or(name, |(_, known)| known);
    let names = Names { name, bot_name: &settings.bot_name, company_name };
    let suggestions = settings.profile_suggestions.iter().map(|text| filled(text, &names).into_owned());
    Reply::new(kind::PROFILE_COMPLETE, filled(&settings.profile_done_text, &names), suggestions.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fixtures::fresh;

    /// Returns a session at a step, with the answers of the steps before it.
    fn at(step: Step) -> Session {
        let mut session = fresh(BotSettings::default()).session;
        session.welcomed = true;
        session.step = step;
        let reached = |wanted: Step| {
            let order = [Step::Name, Step::CountryCode, Step::Phone, Step::Email, Step::Address];
            order.iter().position(|&one| one == step) > order.iter().position(|&one| one == wanted)
        };
        session.collected = Collected {
            name: reached(Step::Name).then(|| "Ann Ray".to_owned()),
            country_code: reached(Step::CountryCode).then(|| "+977".to_owned()),
            phone: reached(Step::Phone).then(|| "+977-9841234567".to_owned()),
            email: reached(Step::Email).then_some(None),
        };
        session
    }

    fn say(session: &mut Session, text: Option<&str>) -> (Reply, Option<NewProfile>) {
        advance(session, text, &BotSettings::default(), "Tesla Motors")
    }

    /// Returns the keys of the reply as a client sees them, and the next step.
    fn row(session: &Session, reply: &Reply) -> Value {
        let mut row = serde_json::to_value(reply).unwrap();
        row["next"] = json!(session.step);
        row
    }

    fn countries() -> Vec<String> {
        country::first_suggestions()
    }

    #[test]
    fn every_row_of_the_table_of_steps() {
        let phone_hint = json!(["Example: 9841234567"]);
        let email_hint = json!(["Example: your.email@example.com", "Skip"]);
        let address_hint = json!(["Example: City, Country"]);
        let name = json!({"name": "Ann Ray"});
        let country = json!({"name": "Ann Ray", "country_code": "+977"});
        let phone = json!({"name": "Ann Ray", "country_code": "+977", "phone": "+977-9841234567"});
        let with_email = |email: Value| {
            let mut data = phone.clone();
            data["email"] = email;
            data
        };
        let rows = [
            (Step::Name, "4nn", Step::Name, json!([]), None),
            (Step::Name, " Ann Ray ", Step::CountryCode, json!(countries()), Some(name)),
            (Step::CountryCode, "Nepal", Step::Phone, phone_hint.clone(), Some(country.clone())),
            (Step::Phone, "12", Step::Phone, phone_hint, Some(country)),
            (Step::Phone, "984-1234567", Step::Email, email_hint.clone(), Some(phone.clone())),
            (Step::Email, "ann", Step::Email, email_hint, Some(phone.clone())),
            (Step::Email, "a@b.c", Step::Address, address_hint.clone(), Some(with_email(json!("a@b.c")))),
            (Step::Email, "Skip", Step::Address, address_hint, Some(with_email(Value::Null))),
        ];
        for (step, text, next, suggestions, temp_data) in rows {
            let mut session = at(step);
            let (reply, profile) = say(&mut session, Some(text));
            let mut expected = json!({
                "type": "profile_collection", "suggestions": suggestions, "collecting": next, "next": next,
            });
            if let Some(data) = temp_data {
                expected["temp_data"] = data;
            }
            assert_eq!(row(&session, &reply), expected, "{step:?} {text}");
            assert!(profile.is_none() && !reply.response.is_empty());
        }
    }

    #[test]
    fn the_address_completes_the_profile() {
        let mut session = at(Step::Address);
        session.collected.email = Some(Some("a@b.c".to_owned()));
        let (reply, profile) = say(&mut session, Some("Pokhara, Nepal"));
        assert_eq!(
            row(&session, &reply),
            json!({"type": "profile_complete", "suggestions": ["Browse topics", "Talk to a person"], "next": "complete"})
        );
        assert_eq!(reply.response, "Thank you, Ann Ray! How can I help you?");
        assert_eq!(session.collected, Collected::default());
        let expected = NewProfile {
            name: "Ann Ray".to_owned(),
            phone: "+977-9841234567".to_owned(),
            email: Some("a@b.c".to_owned()),
            address: Some("Pokhara, Nepal".to_owned()),
            country_code: "+977".to_owned(),
        };
        assert_eq!(profile, Some(expected));
    }

    #[test]
    fn the_first_message_is_welcomed_and_never_the_name() {
        for text in [Some("Ann Ray"), Some("hello"), Some("talk to a person"), None] {
            let mut session = fresh(BotSettings::default()).session;
            let (reply, _) = say(&mut session, text);
            assert_eq!(
                row(&session, &reply),
                json!({"type": "profile_collection", "collecting": "name", "suggestions": ["Example: John Doe"],
                    "next": "name"})
            );
            assert!(reply.response.starts_with("Hello! I'm Assistant at Tesla Motors.<br><br>"));
            assert_eq!(session.collected, Collected::default());
        }
    }

    #[test]
    fn a_greeting_repeats_the_welcome_while_the_name_is_asked_and_is_input_later() {
        let mut session = at(Step::Name);
        let (reply, _) = say(&mut session, Some("Hello there"));
        assert_eq!((session.step, reply.suggestions), (Step::Name, vec!["Example: John Doe".to_owned()]));
        let mut session = at(Step::Address);
        assert!(say(&mut session, Some("hello")).1.is_some_and(|profile| profile.address.as_deref() == Some("hello")));
    }

    #[test]
    fn without_text_the_question_is_repeated() {
        for step in [Step::Name, Step::CountryCode, Step::Phone, Step::Email, Step::Address] {
            let mut session = at(step);
            let before = session.clone();
            let (reply, profile) = say(&mut session, None);
            assert_eq!((&session, profile, reply.collecting), (&before, None, Some(step)));
            assert_eq!(reply.temp_data.unwrap_or_default(), before.collected);
        }
    }

    #[test]
    fn more_countries_are_offered_without_moving_on() {
        let mut session = at(Step::CountryCode);
        let (reply, _) = say(&mut session, Some("Show more countries"));
        assert_eq!((session.step, reply.suggestions.len()), (Step::CountryCode, 7));
        assert!(reply.suggestions[0].ends_with("New Zealand") && reply.suggestions[6].ends_with("Sri Lanka"));
        say(&mut session, Some(&reply.suggestions[2]));
        assert_eq!(session.collected.country_code.as_deref(), Some("+353"));
    }

    #[test]
    fn a_country_that_is_not_understood_is_asked_again() {
        let settings = BotSettings { default_country_code: "+44".to_owned(), ..BotSettings::default() };
        for (text, said) in [
            ("Atlantis", "\u{201c}Atlantis\u{201d}"),
            ("<b>x", "\u{201c}< b>x\u{201d}"),
            ("united", "United Kingdom"),
            ("from China to Nepal", "China, Nepal"),
            (&"x".repeat(50), "x\u{2026}\u{201d}"),
            ("49 years", "49 years"),
        ] {
            let mut session = at(Step::CountryCode);
            let (reply, _) = advance(&mut session, Some(text), &settings, "Tesla Motors");
            assert_eq!((session.collected.country_code, session.step), (None, Step::CountryCode), "{text}");
            assert!(reply.response.contains(said), "{text}: {}", reply.response);
            assert_eq!(reply.suggestions, countries());
        }
    }

    #[test]
    fn a_whole_number_in_place_of_the_country_gives_both() {
        for (text, code, phone) in [
            ("+49 151 23456789", "+49", "+49-15123456789"),
            ("0044 7700 900123", "+44", "+44-7700900123"),
            ("it's 9841234567", "+977", "+977-9841234567"),
        ] {
            let mut session = at(Step::CountryCode);
            say(&mut session, Some(text));
            let Collected { country_code, phone: kept, .. } = session.collected;
            assert_eq!((country_code.as_deref(), kept.as_deref()), (Some(code), Some(phone)), "{text}");
            assert_eq!(session.step, Step::Email);
        }
    }

    #[test]
    fn a_number_of_another_country_replaces_the_country() {
        let mut session = at(Step::Phone);
        say(&mut session, Some("+447700900123"));
        assert_eq!(session.collected.country_code.as_deref(), Some("+44"));
        assert_eq!(session.collected.phone.as_deref(), Some("+44-7700900123"));
    }

    #[test]
    fn the_checklist_conversation_ends_in_a_profile() {
        let mut session = fresh(BotSettings::default()).session;
        let mut last = None;
        for text in ["Hello", "John Doe", "+1 United States", "5551234567", "john@example.com", "Boston, USA"] {
            last = Some(say(&mut session, Some(text)));
            session.welcomed = true;
        }
        let (reply, profile) = last.unwrap();
        assert_eq!((reply.kind.as_str(), session.step), ("profile_complete", Step::Complete));
        assert_eq!(profile.unwrap().phone, "+1-5551234567");
    }

    #[test]
    fn a_session_that_lost_a_part_is_asked_again() {
        let mut session = at(Step::Address);
        session.collected.phone = None;
        let (reply, profile) = say(&mut session, Some("Pokhara"));
        assert_eq!((session.step, reply.collecting, profile), (Step::Name, Some(Step::Name), None));
    }
}
