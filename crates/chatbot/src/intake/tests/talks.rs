//! Whole conversations of random messages: what must hold at every turn.

use std::sync::LazyLock;

use proptest::prelude::*;
use tenancy::ProfileId;

use super::*;
use crate::{
    Plan, SessionStatus, intake, kind,
    settings::{ProfileSteps, Requirement},
};

static KNOWLEDGE: LazyLock<knowledge::Index> = LazyLock::new(bakery);

/// Values, questions, refusals, other things that people say in several languages, and noise.
const VOCABULARY: [&[&str]; 5] = [
    &[
        "Ann Ray",
        "my name is Tom Miller",
        "sorry, it's Mia",
        "Nepal",
        "Deutschland",
        "wrong country, I am in Germany",
        "+49",
        "Sri",
        "9841234567",
        "0151 23456789",
        "+44 7700 900123",
        "\u{96f}\u{96e}\u{96a}\u{967}\u{968}\u{969}\u{96a}\u{96b}\u{96c}\u{96d}",
        "ann@example.com",
        "sorry, my email is tom@example.org",
        "my address is 1 Main Street",
        "Kathmandu, Nepal",
        "I'm Tom from Germany, 0151 23456789, tom@example.org",
        "Show more countries",
    ],
    &[
        "When are you open?",
        "can i change my order",
        "Do zebras cross the moon?",
        "and how much is it?",
        "are you a robot?",
        "why do you need this?",
        "Browse topics",
        "Orders",
        "wie sind die \u{d6}ffnungszeiten?",
    ],
    &["skip", "no", "no thanks", "I'd rather not say", "I don't have one", "nein danke", "non merci", "paso", "chaina"],
    &[
        "hello",
        "hola",
        "namaste",
        "thanks",
        "vielen Dank",
        "merci beaucoup",
        "ok",
        "bye",
        "this is not helping at all",
        "Talk to a person",
        "quiero hablar con una persona",
        "Leave my e-mail address",
    ],
    &["zzz qqq", "12", "123 456", "4nn", "a@b", "??", "\u{1f600}", "<b>", "{name}", "10115 Berlin", "qqq"],
];

fn any_message() -> impl Strategy<Value = Option<&'static str>> {
    let word = (0..VOCABULARY.len()).prop_flat_map(|kind| prop::sample::select(VOCABULARY[kind]));
    prop_oneof![12 => word.prop_map(Some), 1 => Just(None)]
}

prop_compose! {
    fn any_steps()(
        name in prop::sample::select(vec![Requirement::Required, Requirement::Optional]),
        [phone, email, address] in prop::array::uniform3(prop::sample::select(Requirement::ALL.to_vec())),
    ) -> ProfileSteps {
        ProfileSteps { name, phone, email, address }
    }
}

/// Plans a turn, with all that the knowledge has for it.
fn planned(snapshot: &Snapshot, text: Option<&str>) -> Plan {
    let input = Input { text, attachments: text.is_none(), wants_person: false };
    let previous = snapshot.session.dialogue.asked.as_deref();
    let mut found = None;
    loop {
        match plan(snapshot, &input, found.as_ref(), NOW) {
            Ok(plan) => return plan,
            Err(MissingInput::Knowledge(text)) => {
                let search = Search::new(&KNOWLEDGE, None, &snapshot.settings, previous);
                found = Some(search.find(&text, &Meanings::default()).after(found));
            }
        }
    }
}

/// Stores a turn as the server does while nobody is there. Returns the reply.
fn stored(snapshot: &mut Snapshot, plan: Plan) -> Reply {
    let mut session = plan.session;
    let reply = match plan.act {
        Act::Say(reply) => reply,
        Act::Escalate(escalation) => escalation.settle(&mut session, false),
        Act::Compose(composition) => composition.reply(None),
        Act::Silent => Reply::human_handling(),
    };
    match plan.profile {
        Some(ProfileWrite::New(profile)) => session.profile = Some((ProfileId::new(1), profile.name)),
        Some(ProfileWrite::Change(change)) => {
            session.profile = session.profile.map(|(id, name)| (id, change.name.unwrap_or(name)));
        }
        None => {}
    }
    snapshot.session = session;
    reply
}

/// What a visitor has given for each step, as far as the bot still has it.
fn given(plan: &Plan) -> [Option<String>; 4] {
    let text = |field: &Field| field.value().map(str::to_owned);
    let Collected { name, phone, email, address, .. } = &plan.session.collected;
    match &plan.profile {
        Some(ProfileWrite::New(profile)) => {
            let phone = Some(profile.phone.clone()).filter(|phone| !phone.is_empty());
            [Some(profile.name.clone()), phone, profile.email.clone(), profile.address.clone()]
        }
        // A name that is asked for again.
        Some(ProfileWrite::Change(change)) if plan.session.step == Step::Complete => {
            let phone = change.phone.as_ref().map(|(_, phone)| phone.clone());
            [change.name.clone(), phone, change.email.clone(), change.address.clone()]
        }
        _ => [text(name), text(phone), text(email), text(address)],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_conversation_goes_on_and_keeps_what_it_is_given(
        steps in any_steps(),
        is_escalated in prop::bool::weighted(0.2),
        messages in prop::collection::vec(any_message(), 1..24),
    ) {
        let mut snapshot = fresh(BotSettings { profile_steps: steps, ..BotSettings::default() });
        if is_escalated {
            snapshot.session.status = SessionStatus::Escalated;
        }
        let mut last: Option<Reply> = None;
        for text in messages {
            let before = snapshot.session.collected.clone();
            let plan = planned(&snapshot, text);
            let values = plan.reading.values.clone();
            let was_collecting = intake::collecting(&snapshot.session, &snapshot.settings).is_some();
            let has = given(&plan);
            let reply = stored(&mut snapshot, plan);

            // Nothing given is lost. A number is asked again if another country is given, in which it is none.
            if was_collecting {
                let phone = values.phone.and_then(|check| check.stored);
                let said = [&values.name, &phone, &values.email, &values.address];
                let known = [&before.name, &before.phone, &before.email, &before.address];
                for (field, ((has, said), known)) in has.iter().zip(said).zip(known).enumerate() {
                    if field == 0 && let Some(said) = said {
                        // A part of a name corrects that part.
                        let has = has.as_deref().unwrap_or_default();
                        prop_assert!(said.split(' ').all(|word| has.contains(word)), "{} to {:?}", has, text);
                    } else if said.is_some() {
                        prop_assert_eq!(has, said, "{:?} to {:?}", field, text);
                    } else if known.value().is_some() && !(field == 1 && values.country_code.is_some()) {
                        prop_assert_eq!(has.as_deref(), known.value(), "{:?} to {:?}", field, text);
                    }
                }
            }

            // Digits are counted only where there are some.
            if text.is_some_and(|text| !text.chars().any(char::is_numeric)) {
                prop_assert!(!reply.response.contains("digit"), "{:?}: {}", text, reply.response);
            }

            // What was not understood is said in other words the second time.
            if let Some(last) = &last && text.is_some() && reply.kind == kind::CLARIFICATION_NEEDED {
                prop_assert_ne!(&last.response, &reply.response);
            }
            last = Some(reply);

            // From every state some two messages lead on.
            if let Some(step) = intake::collecting(&snapshot.session, &snapshot.settings) {
                let mut other = snapshot.clone();
                for _ in 0..2 {
                    let plan = planned(&other, Some("skip"));
                    stored(&mut other, plan);
                }
                prop_assert_ne!(intake::collecting(&other.session, &other.settings), Some(step));
            }
        }
    }
}
