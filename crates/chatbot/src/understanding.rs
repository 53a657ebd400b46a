//! What a visitor's text says: an intent, and values for the fields of the profile.

mod automaton;
mod everyday;
mod hash;
mod heard;
mod judge;
mod model;
mod pattern;
mod phrases;
mod reading;
mod spelling;
mod tables;
mod token;
mod values;
mod words;

use tenancy::text;

use self::{
    everyday::Count,
    heard::{Cover, Heard},
    tables::{Lead, Mark, TABLES},
    words::{Break, Words},
};
use crate::{Step, intake::country};

pub use self::reading::{Awaited, Intent, Language, Reading, Values};

/// The calling code of Nepal.
const NEPAL: &str = "+977";

/// A sentence has at least this many words.
const SENTENCE: usize = 3;

impl Language {
    /// Returns its English name.
    pub fn name(self) -> &'static str {
        TABLES.about(self).0
    }

    /// Returns a sentence in this language that says that the bot answers in English.
    pub fn sentence(self) -> &'static str {
        TABLES.about(self).1
    }
}

/// Returns the names of the features by which a text is weighed where no phrase decides.
pub fn features(text: &str) -> Vec<String> {
    let words = Words::of(&text::visible(text));
    let heard = Heard::of(&words, None, false);
    let mut names = Vec::new();
    model::each_feature(&words, &heard, |parts| names.push(parts.name()));
    names
}

/// Whether a text asks something, by a question mark or its first word. Else it may only comment on what was said before:
/// `it still doesn't work`.
pub(crate) fn asks(text: &str) -> bool {
    let words = Words::of(&text::visible(text));
    let heard = Heard::of(&words, None, false);
    words.has_question_mark || heard.first().is_some_and(|at| heard.is(Mark::Asking, at))
}

/// Returns the questions in a text, at most `most`: its clauses that begin with a word that asks. What is said before the
/// first one belongs to it.
pub(crate) fn questions(text: &str, most: usize) -> Vec<&str> {
    let words = Words::of(text);
    let mut heard = Heard::of(&words, None, false);
    heard.find_clauses();
    // `when` also joins clauses, so one begins behind it: `when are you open`.
    let is_behind_when = |at: usize| {
        let is_apart = heard.tokens.get(at).is_none_or(|token| token.before != Break::Nothing);
        !is_apart && at.checked_sub(1).is_some_and(|before| heard.is(Mark::Asking, before))
    };
    let is_start = |at: &usize| heard.begins_clause(*at) && heard.is(Mark::Asking, *at) && !is_behind_when(*at);
    let starts: Vec<usize> = (0..heard.tokens.len()).filter(is_start).take(most).collect();
    let place = |at: usize| heard.tokens.get(at).and_then(|token| words.get(token.word)).map(|word| &word.place);
    let (mut questions, mut from) = (Vec::new(), 0);
    for (&start, &next) in starts.iter().zip(starts.iter().skip(1)) {
        // `and also where`
        let is_between = |at: &usize| heard.is_empty(*at) || heard.tokens.get(*at).is_some_and(|token| token.is_joint);
        let last = next - 1 - (start + 1..next).rev().take_while(is_between).count();
        let (Some(last), Some(next)) = (place(last), place(next)) else { break };
        questions.extend(text.get(from..last.end).map(str::trim));
        from = next.start;
    }
    if !starts.is_empty() {
        questions.extend(text.get(from..).map(str::trim));
    }
    questions
}

/// Reads what a text says.
///
/// The time is linear in the length of the text.
pub fn read(text: &str, awaited: &Awaited<'_>) -> Reading {
    // `Complete` waits for nothing.
    let step = awaited.step.filter(|step| *step != Step::Complete);
    let awaited = &Awaited { step, ..*awaited };
    let (reading, names_number) = read_once(text, awaited, step == Some(Step::Phone));
    if reading.values.phone.is_some() || !values::numbers::may_be_in(text) {
        return reading;
    }
    // A number is read by the country that the text itself names, and counts as one where the text calls it so.
    let code = reading.values.country_code.clone().or_else(|| country::code_in(text));
    let code = code.as_deref().unwrap_or(awaited.calling_code);
    if code == awaited.calling_code && !names_number {
        return reading;
    }
    let again = Awaited { calling_code: code, ..*awaited };
    let (again, _) = read_once(text, &again, names_number || step == Some(Step::Phone));
    if again.values.phone.is_some() { again } else { reading }
}

/// Reads a text by one calling code. Returns also whether the text calls a number of it a phone number.
fn read_once(text: &str, awaited: &Awaited<'_>, number_is_asked: bool) -> (Reading, bool) {
    let seen = text::visible(text);
    let step = awaited.step;
    let (email, mut places) = values::emails::find(&seen, step);
    let without_email = values::without(&seen, &places);
    let number = values::numbers::find(&without_email, awaited.calling_code, number_is_asked);
    let of_any_country = match (&number, step) {
        (None, Some(Step::Name | Step::CountryCode)) => values::numbers::of_any_country(&without_email),
        _ => None,
    };
    places.extend(number.iter().map(|number| number.place.clone()).chain(of_any_country.clone()));
    places.sort_by_key(|place| place.start);
    let rest = values::without(&seen, &places);
    let words = Words::of(&rest);
    let mut heard = Heard::of(&words, step, awaited.calling_code == NEPAL);
    let number = number.filter(|number| !number.is_local || is_phone(&words, &heard, number, step));
    let of_any_country = of_any_country.filter(|place| !is_called_otherwise(&words, &heard, place.start));
    let typed = of_any_country.and_then(|place| without_email.get(place)).map(|typed| typed.trim().to_owned());
    let mut values =
        Values { number: typed, email, phone: number.as_ref().map(|number| number.check.clone()), ..Values::default() };
    values.country_code = values::stated_country(&rest, &words, &mut heard);
    values.name = values::names::stated(&rest, &words, &mut heard, step);
    values.address = values::stated_address(&rest, &words, &mut heard);
    heard.find_clauses();
    phrases::note(&rest, &words, awaited, &mut heard);
    let cover = heard.cover();
    let sign = if heard.tokens.is_empty() { TABLES.sign(&rest) } else { None };
    let (mut intent, mut language) = match sign {
        Some(intent) => (intent, Language::English),
        None => judge::intent(&heard, &cover, step),
    };
    let mut is_guess = false;
    // The weights are those of English words.
    if language == Language::English
        && !heard.tokens.is_empty()
        && (step.is_none() || is_sentence(&heard) && values == Values::default())
        && let Some(likely) = model::intent(&words, &heard, intent, step)
    {
        (intent, is_guess) = (likely, true);
    }
    let is_small_talk = matches!(intent, Intent::Greeting | Intent::Thanks | Intent::Agreement | Intent::Goodbye);
    // Beside a value, the weights of words decide only about other words: `ok my name is Lily`.
    let others = (0..heard.tokens.len()).filter(|&at| !heard.is_empty(at)).count();
    let is_said = is_guess && others < SENTENCE;
    if values != Values::default() && (is_small_talk || is_said) {
        (intent, is_guess, language) = (Intent::Nothing, false, Language::English);
    }
    if intent == Intent::Question && number.is_some_and(|number| number.is_local) && !expects_number(step) {
        values.phone = None;
    }
    if intent == Intent::Nothing {
        take_answer(&rest, &words, &heard, &cover, step, &mut values);
    }
    let names_number = heard
        .leads()
        .iter()
        .any(|(lead, at)| *lead == Lead::Phone && heard.tokens.get(at.end).is_some_and(|token| token.is_number));
    let begins = heard.first().is_some_and(|at| heard.is(Mark::Telling, at)) && heard.tokens.len() >= SENTENCE;
    let is_prose = || Count::of(&words, &heard, 0..heard.tokens.len()).is_prose();
    let tells = begins || intent == Intent::Nothing && is_prose();
    (Reading { intent, is_guess, language, tells, names: heard.named(), values }, names_number)
}

/// Whether a text that answers a question of the bot is a sentence of everyday words, and no name or address.
fn is_sentence(heard: &Heard) -> bool {
    heard.tokens.len() >= SENTENCE && heard.tokens.iter().all(|token| token.is_known && !token.is_number)
}

/// Whether a number without a calling code can be a phone number where a step is awaited.
const fn expects_number(step: Option<Step>) -> bool {
    matches!(step, Some(Step::Phone | Step::CountryCode))
}

/// Whether a number is a phone number: not if it is called something else, such as an order.
fn is_phone(words: &Words, heard: &Heard, number: &values::numbers::Number, step: Option<Step>) -> bool {
    expects_number(step) || !is_called_otherwise(words, heard, number.place.start)
}

/// Whether the words before a number call it something else than a phone number.
fn is_called_otherwise(words: &Words, heard: &Heard, start: usize) -> bool {
    let is_before = |token: &token::Token| words.get(token.word).is_some_and(|word| word.place.end <= start);
    let before = heard.tokens.iter().enumerate().rev().filter(|(_, token)| is_before(token));
    before.take(3).any(|(at, _)| heard.is(Mark::OtherNumber, at))
}

/// Takes the answer to the awaited step out of a text that says nothing else.
fn take_answer(rest: &str, words: &Words, heard: &Heard, cover: &Cover, step: Option<Step>, values: &mut Values) {
    match step {
        Some(Step::Name | Step::CountryCode | Step::Email)
            if *values == Values::default()
                && values::country(rest, step).is_none()
                && values::is_street(words, heard) =>
        {
            values.address = values::address(rest, words, heard, cover.end);
        }
        Some(Step::Name) if values.name.is_none() => take_name(rest, words, heard, cover, values),
        // What is left of a sentence around another value is no address.
        Some(Step::Address) if values.address.is_none() && (*values == Values::default() || heard.has_unknown()) => {
            values.address = values::address(rest, words, heard, cover.end);
        }
        _ => {}
    }
    if values.country_code.is_none() && values.phone.is_none() {
        values.country_code = values::country(rest, step);
    }
}

/// Takes a name, or else a country, out of the answer to the question for the name.
fn take_name(rest: &str, words: &Words, heard: &Heard, cover: &Cover, values: &mut Values) {
    if country::alone(rest).is_some() {
        return;
    }
    values.name = values::names::whole(rest, words, heard, cover);
    if values.name.is_some() && values.country_code.is_none() {
        values.country_code = rest.rsplit_once(',').and_then(|(_, behind)| country::alone(behind));
    }
}
