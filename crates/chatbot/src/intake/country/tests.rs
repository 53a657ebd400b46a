use proptest::prelude::*;

use super::*;

fn code(text: &str) -> Option<String> {
    match read(text) {
        Reading::Code(code) => Some(code),
        Reading::Unsure(_) | Reading::Nothing => None,
    }
}

#[test]
fn a_text_names_a_country_by_code_or_name() {
    for (text, wanted) in [
        ("+1 United States", "+1"),
        ("+1", "+1"),
        ("+977 \u{1F1F3}\u{1F1F5} Nepal", "+977"),
        ("I live in INDIA", "+91"),
        ("united states/canada", "+1"),
        ("sri lanka", "+94"),
        ("+353", "+353"),
        ("+3531", "+353"),
        ("+8801", "+880"),
        ("my code is +64", "+64"),
        // A code is more certain than a name.
        ("Japan +44", "+44"),
        ("+977 Germany", "+977"),
    ] {
        assert_eq!(code(text).as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn countries_are_known_by_all_their_names() {
    for (text, wanted) in [
        ("United States", "+1"),
        ("united states of america", "+1"),
        ("USA", "+1"),
        ("usa", "+1"),
        ("the U.S.A.", "+1"),
        ("U.S.", "+1"),
        ("US", "+1"),
        ("us", "+1"),
        ("I'm in the US", "+1"),
        ("America", "+1"),
        ("Canada", "+1"),
        ("UK", "+44"),
        ("uk", "+44"),
        ("U.K.", "+44"),
        ("the UK please", "+44"),
        ("England", "+44"),
        ("Scotland", "+44"),
        ("Northern Ireland", "+44"),
        ("united kingdom please", "+44"),
        ("Spain", "+34"),
        ("Espa\u{f1}a", "+34"),
        ("espana", "+34"),
        ("Deutschland", "+49"),
        ("Ich komme aus Deutschland", "+49"),
        ("Berlin, Germany", "+49"),
        ("DE", "+49"),
        ("de", "+49"),
        ("DEU", "+49"),
        ("Allemagne", "+49"),
        ("\u{c5}land Islands", "+358"),
        ("\u{d6}sterreich", "+43"),
        ("Schweiz", "+41"),
        ("Suisse", "+41"),
        ("\u{65e5}\u{672c}", "+81"),
        ("\u{928}\u{947}\u{92a}\u{93e}\u{932}", "+977"),
        ("\u{92d}\u{93e}\u{930}\u{924}", "+91"),
        ("Cote d'Ivoire", "+225"),
        ("Ivory Coast", "+225"),
        ("Papua New Guinea", "+675"),
        ("South Korea", "+82"),
        ("Holland", "+31"),
        ("UAE", "+971"),
        ("Burma", "+95"),
        ("Turkey", "+90"),
        ("Iran", "+98"),
        ("Saint Lucia", "+1"),
        ("Hong Kong", "+852"),
        ("Kazakhstan", "+7"),
        ("kingdom", "+44"),
        ("zealand", "+64"),
        ("Singap", "+65"),
        ("sri", "+94"),
        ("I live in Bangla", "+880"),
    ] {
        assert_eq!(code(text).as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn codes_and_flags_need_no_plus() {
    for (text, wanted) in [
        ("49", "+49"),
        ("0049", "+49"),
        ("00 49", "+49"),
        ("\u{ff0b}\u{ff14}\u{ff19}", "+49"),
        ("\u{96a}\u{96f}", "+49"),
        ("country code 49", "+49"),
        ("(+49)", "+49"),
        ("\u{1F1E9}\u{1F1EA}", "+49"),
        ("\u{1F1E9}\u{1F1EA} here", "+49"),
        ("\u{1F1FA}\u{1F1F8}\u{1F1E8}\u{1F1E6}", "+1"),
        ("\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}", "+44"),
        ("Luxembourg (+352)", "+352"),
        ("+79161234567", "+7"),
        ("+ +210 +358 40", "+358"),
        ("+007 +51", "+51"),
        ("+\u{e9}1+39", "+39"),
        ("Ger\u{200b}many", "+49"),
    ] {
        assert_eq!(code(text).as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn one_slip_of_typing_is_forgiven_where_it_is_clear() {
    for (text, wanted) in [
        ("Germny", "+49"),
        ("Gremany", "+49"),
        ("I live in germanny", "+49"),
        ("Frnace", "+33"),
        ("Banglades", "+880"),
        ("Untied States", "+1"),
    ] {
        assert_eq!(code(text).as_deref(), Some(wanted), "{text}");
    }
    // Two slips, a short name, and a word of a sentence.
    for text in ["Grmny", "Omna", "we live there for a while now"] {
        assert_eq!(code(text), None, "{text}");
    }
}

#[test]
fn what_is_not_understood_chooses_nothing() {
    for text in [
        "",
        "+",
        "+210",
        "+0",
        "+051",
        "352 times",
        "nowhere",
        "Atlantis",
        "no",
        "No",
        "skip",
        "hello",
        "it is",
        "me",
        "what do you mean?",
        "I am 49 years old",
        "New Jersey",
        "Latin America",
        "from China to Nepal",
        "united",
        "not Germany",
        "I am from an island",
        "Guinea or Ghana",
        "HELLO I AM IN THE HOUSE",
        "Congo",
        "land",
        "I need IT help",
        "why do you ask",
        "999",
        "man",
        "city",
        "0",
        "my IT department",
        "talk to a person",
    ] {
        assert_eq!(code(text), None, "{text}");
    }
}

#[test]
fn an_unsure_reading_says_what_it_understood() {
    assert_eq!(read("from China to Nepal"), Reading::Unsure(vec!["China", "Nepal"]));
    assert_eq!(read("vatican hill"), Reading::Code("+39".to_owned()));
    assert_eq!(read("Congo"), Reading::Unsure(vec!["Congo - Kinshasa", "Congo - Brazzaville"]));
    assert_eq!(read("not Germany"), Reading::Unsure(vec!["Germany"]));
    assert!(matches!(read("united"), Reading::Unsure(names) if names.len() >= 3));
    assert_eq!(read("unit"), Reading::Unsure(vec!["United States/Canada", "United Kingdom"]));
    for text in ["Atlantis", "xq", "epal", "sri new"] {
        assert_eq!(read(text), Reading::Nothing, "{text}");
    }
}

#[test]
fn a_fields_value_is_a_code_or_a_country() {
    for (value, wanted) in [
        ("+977", Some("+977")),
        ("977", Some("+977")),
        ("00977", Some("+977")),
        (" + 977 ", Some("+977")),
        ("Germany", Some("+49")),
        ("de", Some("+49")),
        ("in", Some("+91")),
        ("NO", Some("+47")),
        ("GBR", Some("+44")),
        ("\u{1F1E9}\u{1F1EA}", Some("+49")),
        ("+1-876", Some("+1")),
        ("+210", None),
        ("nowhere", None),
        ("x", None),
    ] {
        assert_eq!(code_of(value).as_deref(), wanted, "{value}");
    }
}

#[test]
fn a_code_is_a_plus_and_an_assigned_number() {
    assert!(is_code("+977") && is_code("+1") && is_code("+352"));
    for text in ["", "+", "977", "+9771", "+210", "+0", "+051", "+1 ", " +1", "++1", "Nepal"] {
        assert!(!is_code(text), "{text}");
    }
}

#[test]
fn no_assigned_code_is_the_beginning_of_another() {
    for code in (1..=999).filter(|&code| is_assigned(code)) {
        assert!(code < 10 || !is_assigned(code / 10) && !is_assigned(code / 100), "+{code}");
    }
}

#[test]
fn every_button_names_its_country() {
    let buttons: Vec<_> = first_suggestions(MORE_COUNTRIES).into_iter().chain(more_suggestions()).collect();
    assert_eq!(buttons.len(), 16);
    assert_eq!(buttons[0], "+977 \u{1F1F3}\u{1F1F5} Nepal");
    assert_eq!(buttons[8], "Show more countries");
    assert!(wants_more("  show MORE countries") && !wants_more("show more"));
    for (button, country) in buttons.iter().filter(|&button| button != MORE_COUNTRIES).zip(COUNTRIES) {
        assert_eq!(code(button).as_deref(), Some(country.code));
        assert_eq!(code(country.name).as_deref(), Some(country.code));
        assert_eq!(code(country.flag).as_deref(), Some(country.code));
    }
}

#[test]
fn every_country_is_found_by_its_english_name_codes_and_flag() {
    for known in TABLE.all() {
        let wanted = Some(known.calling_code());
        let flag: String = known.iso.chars().filter_map(|c| char::from_u32(u32::from(c) - 65 + 0x1f1e6)).collect();
        for text in [known.name.to_owned(), known.name.to_uppercase(), format!("I live in {}", known.name), flag] {
            assert_eq!(code(&text), wanted, "{text}");
        }
        assert_eq!(code(known.iso), wanted, "{}", known.iso);
        assert_eq!(code_of(&known.iso.to_lowercase()), wanted, "{}", known.iso);
    }
}

proptest! {
    #[test]
    fn any_text_gives_an_assigned_code_or_none(text in "\\PC{0,40}|[+0-9 a-z]{0,20}") {
        match read(&text) {
            Reading::Code(code) => prop_assert!(is_assigned(code.strip_prefix('+').unwrap().parse().unwrap())),
            Reading::Unsure(names) => prop_assert!((1..=NAMED).contains(&names.len())),
            Reading::Nothing => {}
        }
    }

    #[test]
    fn case_punctuation_and_invisible_characters_do_not_matter(at in 0_usize..240, upper: bool, space in "[ \u{200b}]{0,3}") {
        let known = TABLE.all().get(at % TABLE.all().len()).unwrap();
        let name = if upper { known.name.to_uppercase() } else { known.name.to_lowercase() };
        prop_assert_eq!(code(&format!("{space}{name}{space}!")), Some(known.calling_code()));
    }
}
