//! Values that are taken out of texts.

use chatbot::{
    BotSettings, Step,
    understanding::{Awaited, Intent, Reading, read},
};

fn reading(step: Option<Step>, text: &str) -> Reading {
    reading_in(step, text, "+977")
}

fn reading_in(step: Option<Step>, text: &str, calling_code: &str) -> Reading {
    let settings = BotSettings::default();
    read(text, &Awaited { step, calling_code, person_phrases: &settings.escalation_phrases })
}

#[test]
fn the_answer_to_the_question_for_a_name_is_a_name() {
    for (text, name) in [
        ("John Doe", "John Doe"),
        ("my name is Tom", "Tom"),
        ("My name is Chad.", "Chad"),
        ("Hi, I'm Tom", "Tom"),
        ("hello! Tom here", "Tom"),
        ("it's \u{201c}Ann Ray\u{201d} \u{1f600}", "Ann Ray"),
        ("you can call me Mia, everyone does", "Mia"),
        ("Ann \u{1f600} Ray", "Ann Ray"),
        ("John \"Johnny\" Doe", "John Johnny Doe"),
        ("my name is \u{201e}Ann\u{201c} \u{1f469}\u{200d}\u{1f680}Ray", "Ann Ray"),
        ("name: Tom Miller", "Tom Miller"),
        ("sorry, my name is Tom Miller", "Tom Miller"),
        ("John D. Doe", "John D. Doe"),
        ("Jonathan (Jon) Doe", "Jonathan (Jon) Doe"),
        ("Will Smith", "Will Smith"),
        ("Can Yilmaz", "Can Yilmaz"),
        ("May Jones", "May Jones"),
        ("Person, Mary", "Mary Person"),
        ("Tom Miller tom@x.com", "Tom Miller"),
        ("ich hei\u{df}e Tom", "Tom"),
        ("mera naam Ravi hai", "Ravi"),
    ] {
        let found = reading(Some(Step::Name), text);
        assert_eq!((found.intent, found.values.name.as_deref()), (Intent::Nothing, Some(name)), "{text}");
    }
}

#[test]
fn names_are_kept_whole() {
    for (text, name) in [
        ("Jo Fisher", "Jo Fisher"),
        ("jo fisher", "jo fisher"),
        ("Jo Marie Fisher", "Jo Marie Fisher"),
        ("hello, Si Nguyen", "Si Nguyen"),
        ("Na Hyun Park", "Na Hyun Park"),
        ("Kay Jones", "Kay Jones"),
        ("James Fisher", "James Fisher"),
        ("ja, Eva Kern", "Eva Kern"),
        ("si, Eva Kern", "Eva Kern"),
        ("yes Eva Kern", "Eva Kern"),
        ("my name's Eva Maria", "Eva Maria"),
        ("my names eva", "eva"),
        ("My name is Kern, Eva Kern", "Eva Kern"),
        ("i am eva del mar o'neill-ruiz", "eva del mar o'neill-ruiz"),
        ("the name's kern, eva kern", "eva kern"),
        ("I'm Pedro de la Vega Garc\u{ed}a-Mart\u{ed}n", "Pedro de la Vega Garc\u{ed}a-Mart\u{ed}n"),
    ] {
        let found = reading(Some(Step::Name), text);
        assert_eq!((found.intent, found.values.name.as_deref()), (Intent::Nothing, Some(name)), "{text}");
    }
}

#[test]
fn spelled_addresses_are_read() {
    for (step, text, email) in [
        (None, "eva at example dot com", Some("eva@example.com")),
        (None, "my mail is eva dot kern at mail dot example dot org, thanks", Some("eva.kern@mail.example.org")),
        (None, "marie (at) example (dot) com", Some("marie@example.com")),
        (Some(Step::Email), "eva at example.com", Some("eva@example.com")),
        (Some(Step::Email), "eva underscore kern[at]example[dot]com", Some("eva_kern@example.com")),
        (Some(Step::Email), "eva klammeraffe example punkt de", Some("eva@example.de")),
        (Some(Step::Email), "eva arroba example punto es", Some("eva@example.es")),
        (Some(Step::Email), "eva @ example.com", Some("eva@example.com")),
        (Some(Step::Email), "eva at a dot com or eva at b dot com", None),
        (None, "look at example dot com", None),
        (None, "I bought it at example.com", None),
        (Some(Step::Email), "we met at noon. Dot said so", None),
    ] {
        let found = reading(step, text);
        assert_eq!(found.values.email.as_deref(), email, "{text}");
        assert_eq!(found.language.as_str(), "en", "{text}");
    }
    // A slip for one word of another language is no anger.
    assert_eq!(reading(None, "Marie").intent, Intent::Nothing);
}

#[test]
fn other_texts_are_no_names() {
    for (text, intent) in [
        ("what is this?", Intent::Question),
        ("how much is it", Intent::Question),
        ("opening hours", Intent::Question),
        ("do you ship to Spain", Intent::Question),
        ("human please", Intent::Person),
        ("hello there!", Intent::Greeting),
        ("no thanks", Intent::Refusal),
        ("none of your business", Intent::Refusal),
        ("why do you need this?", Intent::Why),
        ("\u{1f44d}", Intent::Agreement),
        ("-", Intent::Refusal),
        ("what does my name matter", Intent::Why),
        ("why is my name important", Intent::Why),
        ("how is my name relevant", Intent::Why),
        ("later", Intent::Refusal),
        ("this is bullshit", Intent::Frustration),
        ("it's nonsense", Intent::Frustration),
        ("you are a clown", Intent::Abuse),
    ] {
        let found = reading(Some(Step::Name), text);
        assert_eq!((found.intent, found.values.name), (intent, None), "{text}");
    }
}

#[test]
fn a_name_is_understood_at_any_time_if_it_is_introduced() {
    for (text, name) in [
        ("my name is Tom", Some("Tom")),
        ("I'm Tom", Some("Tom")),
        ("Hi, I'm Tom Miller. Do you deliver?", Some("Tom Miller")),
        ("Tom", None),
        ("I'm fine", None),
        ("I'm looking for a bike", None),
        ("I am in Germany", None),
        ("I am from Nepal", None),
        ("this is urgent", None),
        ("it is broken", None),
        ("call me back", None),
    ] {
        for step in [None, Some(Step::Phone)] {
            assert_eq!(reading(step, text).values.name.as_deref(), name, "{text}");
        }
    }
}

#[test]
fn several_values_come_at_once() {
    let found = reading(Some(Step::Name), "I'm Tom, tom@example.com, +49 151 23456789");
    assert_eq!(found.intent, Intent::Nothing);
    assert_eq!(found.values.name.as_deref(), Some("Tom"));
    assert_eq!(found.values.email.as_deref(), Some("tom@example.com"));
    let phone = found.values.phone.unwrap();
    assert_eq!((phone.stored.as_deref(), phone.country_code.as_str()), (Some("+49-15123456789"), "+49"));
}

#[test]
fn numbers_are_phone_numbers_where_they_can_be() {
    let phone = |step, text| reading(step, text).values.phone.and_then(|phone| phone.stored);
    let number = Some("+977-9841234567".to_owned());
    for text in ["9841234567", "call me at 984-1234567 please", "+977 9841234567", "my number is 9841234567"] {
        assert_eq!(phone(Some(Step::Phone), text), number, "{text}");
        assert_eq!(phone(None, text), number, "{text}");
    }
    assert_eq!(phone(Some(Step::Phone), "9841234567 ext 5"), number);
    for text in ["order 9841234567", "where is 9841234567", "2026-11-29", "tracking number 9841234567", "24"] {
        assert_eq!(phone(None, text), None, "{text}");
    }
}

#[test]
fn a_local_number_belongs_to_the_country_that_the_text_names() {
    for (step, text) in [
        (Some(Step::CountryCode), "Germany, 0151 23456789"),
        (Some(Step::Name), "I'm Tom from Germany, 0151 23456789"),
        (Some(Step::Phone), "wrong country, I am in Germany, 0151 23456789"),
        (Some(Step::Email), "sorry, I live in Germany, my number is 0151 23456789"),
    ] {
        let phone = reading(step, text).values.phone.unwrap_or_else(|| panic!("{text}: no number"));
        assert_eq!(phone.stored.as_deref(), Some("+49-15123456789"), "{text}");
    }
    // A postal code is no phone number.
    let found = reading(Some(Step::CountryCode), "Delhi 110001, India");
    assert_eq!((found.values.country_code.as_deref(), found.values.phone), (Some("+91"), None));
}

#[test]
fn a_number_that_is_called_one_needs_its_length_only() {
    for text in ["sorry, my number is 5551234568", "my phone number is 555 123 4568"] {
        for step in [Some(Step::Email), Some(Step::Address), None] {
            let phone = reading_in(step, text, "+1").values.phone.unwrap_or_else(|| panic!("{text}: no number"));
            assert_eq!(phone.stored.as_deref(), Some("+1-5551234568"), "{text}");
        }
    }
    for text in ["my order number is 5551234568", "5551234568"] {
        assert_eq!(reading_in(Some(Step::Email), text, "+1").values.phone, None, "{text}");
    }
}

#[test]
fn countries_are_understood_where_they_are_asked_for_or_stated() {
    let country = |step, text| reading(step, text).values.country_code;
    for text in ["Germany", "I'm from Germany", "germny", "wrong country, I am in Germany", "+49", "it's Germany"] {
        assert_eq!(country(Some(Step::CountryCode), text).as_deref(), Some("+49"), "{text}");
    }
    for text in ["wrong country, I am in Germany", "I live in Germany", "my country is Germany"] {
        assert_eq!(country(Some(Step::Phone), text).as_deref(), Some("+49"), "{text}");
    }
    for text in ["Germany", "do you ship to Germany?", "my name is Chad"] {
        assert_eq!(country(Some(Step::Email), text), None, "{text}");
    }
}

#[test]
fn addresses_are_understood_where_they_are_asked_for_or_stated() {
    for (step, text, address) in [
        (Some(Step::Address), "Pokhara, Nepal", Some("Pokhara, Nepal")),
        (Some(Step::Address), "12 Way Street", Some("12 Way Street")),
        (Some(Step::Address), "sure, 14 Kingsway", Some("14 Kingsway")),
        (Some(Step::Address), "no problem: Deichweg 8, Bremen", Some("Deichweg 8, Bremen")),
        (Some(Step::Address), "i live at 9 elm road", Some("9 elm road")),
        (Some(Step::Address), "skip", None),
        (Some(Step::Address), "do you deliver on weekends?", None),
        (None, "my address is 9 Elm Road, Leeds", Some("9 Elm Road, Leeds")),
        (None, "Pokhara, Nepal", None),
    ] {
        assert_eq!(reading(step, text).values.address.as_deref(), address, "{text}");
    }
}

#[test]
fn a_value_beside_a_polite_word_is_the_answer() {
    for (step, text) in [
        (Step::Email, "thanks, it's tom@example.com"),
        (Step::Phone, "ok, 9841234567"),
        (Step::Email, "yes tom@example.com"),
    ] {
        assert_eq!(reading(Some(step), text).intent, Intent::Nothing, "{text}");
    }
    let found = reading(None, "hi, I'm Tom. Get me a human, tom@example.com");
    assert_eq!((found.intent, found.values.name.as_deref()), (Intent::Person, Some("Tom")));
}

#[test]
fn phrases_of_the_company_ask_for_a_person() {
    let phrases = ["Concierge".to_owned(), "summon the wizard".to_owned()];
    let intent = |text| read(text, &Awaited { step: None, calling_code: "+1", person_phrases: &phrases }).intent;
    for text in [
        "concierge",
        "CONCIERGE please!",
        "I want to talk to the concierge",
        "can I speak to a concierge?",
        "summon the wizard",
        "please summon the wizard now",
    ] {
        assert_eq!(intent(text), Intent::Person, "{text}");
    }
    for text in [
        "I don't want a concierge",
        "no concierge needed",
        "what does the concierge cost?",
        "your concierge was very kind",
        "concierges",
    ] {
        assert_ne!(intent(text), Intent::Person, "{text}");
    }
}

#[test]
fn hindi_and_nepali_share_words_that_the_country_decides() {
    let namaste = "\u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947}";
    assert_eq!(reading_in(None, namaste, "+977").language.as_str(), "ne");
    assert_eq!(reading_in(None, namaste, "+91").language.as_str(), "hi");
}
