use proptest::prelude::*;

use super::*;

fn stored(phone: &str, code: &str) -> Option<String> {
    check(phone, code).stored
}

#[test]
fn numbers_of_nepal_name_their_network() {
    for (provider, word) in [(Provider::Ntc, "NTC"), (Provider::Ncell, "Ncell")] {
        for prefix in provider.prefixes() {
            let check = check(&format!("{prefix}1234567"), "+977");
            assert_eq!((check.valid, check.provider), (true, Some(provider)), "{prefix}");
            assert!(check.message.contains(word), "{prefix}");
            assert_eq!(check.stored, Some(format!("+977-{prefix}1234567")));
        }
    }
}

#[test]
fn nepal_takes_ten_digits_however_they_are_written() {
    for typed in [
        "9841234567",
        "984-123-4567",
        "+977 984 1234567",
        "977-9841234567",
        "\u{96f}\u{96e}\u{96a}\u{967}\u{968}\u{969}\u{96a}\u{96b}\u{96c}\u{96d}",
        "my number is 9841234567!",
    ] {
        assert_eq!(stored(typed, "+977").as_deref(), Some("+977-9841234567"), "{typed}");
    }
}

#[test]
fn nepal_refuses_with_the_reason() {
    for (typed, reason) in [
        ("984123456", "not 9."),
        ("98412345678", "not 11."),
        ("", "no phone number"),
        ("call me", "no phone number"),
        ("call me at 9", "not 1."),
        ("09841234567", "not 11."),
        ("9991234567", "begin with 999"),
        ("984+1234567", "Only digits"),
    ] {
        let check = check(typed, "+977");
        assert!(!check.valid && check.stored.is_none() && check.provider.is_none(), "{typed}");
        assert!(check.message.contains(reason), "{typed}: {}", check.message);
    }
    let wrong = check("9991234567", "+977").message;
    assert!(wrong.contains("984") && wrong.contains("972") && wrong.contains("Ncell"), "{wrong}");
}

#[test]
fn the_library_finds_the_normal_form() {
    for (typed, code, normal) in [
        ("07911 123456", "+44", "+44-7911123456"),
        ("+44 (0)7911 123456", "+44", "+44-7911123456"),
        ("447911123456", "+44", "+44-7911123456"),
        ("1 (202) 555-0123", "+1", "+1-2025550123"),
        ("098765 43210", "+91", "+91-9876543210"),
        ("\u{ff10}30 123456", "+49", "+49-30123456"),
        // Italian numbers keep their zero.
        ("06 6982 1234", "+39", "+39-0669821234"),
    ] {
        assert_eq!(stored(typed, code).unwrap_or_default(), normal, "{typed} in {code}");
    }
}

#[test]
fn what_the_library_refuses_may_pass_by_length() {
    for (typed, code, kept) in [
        ("5551234567", "+1", Some("+1-5551234567")),
        ("+15551234567", "+1", Some("+1-5551234567")),
        ("15551234567", "+1", Some("+1-5551234567")),
        ("00123456", "+49", Some("+49-123456")),
        ("1234567", "+210", Some("+210-1234567")),
        ("123456", "nowhere", Some("nowhere-123456")),
        ("12345", "+210", None),
        ("1234567890123456", "+210", None),
        ("+33123456", "+210", Some("+33-123456")),
        ("+2101234", "+210", None),
        ("123+456", "+210", None),
    ] {
        assert_eq!(stored(typed, code).as_deref(), kept, "{typed} in {code}");
    }
    assert!(check("12345", "+1").message.contains("not 4."));
    assert!(check("+123+456", "+33").message.contains("Only digits"));
    assert_eq!(check("5551234567", "+1").message, "");
    assert_eq!(check("5551234567", "+1").provider, None);
}

#[test]
fn a_calling_code_counts_however_it_is_written() {
    for code in ["+977", "977", "00977", " + 977 ", "\u{ff19}77"] {
        assert_eq!(stored("9841234567", code).as_deref(), Some("+977-9841234567"), "{code}");
    }
}

#[test]
fn a_calling_code_is_digits_behind_one_plus() {
    for number in ["++7100000", "+++977 9841234567", "00+49 151 23456789"] {
        let code = check(number, "+977").country_code;
        assert_eq!(code.matches('+').count(), 1, "{number}: {code}");
    }
}

#[test]
fn a_refused_number_is_kept_as_typed() {
    let typed = |text: &str| (text.to_owned(), "+977".to_owned());
    assert_eq!(normalise("12-34", "+977"), typed("12-34"));
    assert_eq!(normalise("984-1234567", "+977"), typed("+977-9841234567"));
    assert_eq!(normalise("+49 12", "+977"), typed("+49 12"));
}

#[test]
fn a_number_with_a_code_of_its_own_decides_the_country() {
    for (typed, chosen, normal) in [
        ("+447700900123", "+977", "+44-7700900123"),
        ("0049 151 2345678", "+49", "+49-1512345678"),
        ("0049 151 23456789", "+977", "+49-15123456789"),
        ("00 49 (0)151 23456789", "+1", "+49-15123456789"),
        ("\u{ff0b}49 151 23456789", "+977", "+49-15123456789"),
        ("+977 9841234567", "+49", "+977-9841234567"),
        ("00977-9841234567", "+977", "+977-9841234567"),
        ("+1 (202) 555-0123", "+977", "+1-2025550123"),
        // Not in Iran, but a plus in front of a number of Nepal.
        ("+9841234567", "+977", "+977-9841234567"),
    ] {
        let check = check(typed, chosen);
        assert_eq!(check.stored.as_deref(), Some(normal), "{typed} in {chosen}");
        assert_eq!(Some(check.country_code.as_str()), normal.split('-').next());
    }
    assert!(check("+44 12", "+977").message.contains("United Kingdom"));
}

#[test]
fn a_number_ends_where_words_begin() {
    for (typed, code, normal) in [
        ("0151 23456789 call after 18:00", "+49", "+49-15123456789"),
        ("9841234567 ext. 12", "+977", "+977-9841234567"),
        ("9841234567 x12", "+977", "+977-9841234567"),
        ("9841234567 #12", "+977", "+977-9841234567"),
        ("9841234567, 2nd floor", "+977", "+977-9841234567"),
        ("9841234567\n44600", "+977", "+977-9841234567"),
        ("I have 2 phones: 9841234567", "+977", "+977-9841234567"),
        ("tel:+49-151-23456789;ext=5", "+977", "+49-15123456789"),
        ("984\u{200b}1234567\u{202c}", "+977", "+977-9841234567"),
        ("\u{92e}\u{947}\u{930}\u{94b} 9841234567 \u{939}\u{94b}", "+977", "+977-9841234567"),
    ] {
        assert_eq!(stored(typed, code).as_deref(), Some(normal), "{typed} in {code}");
    }
}

#[test]
fn a_repeated_code_is_no_part_of_a_number() {
    let repeated = check("+44 44 7911 123456", "+49");
    assert!(!repeated.valid && repeated.message.contains("United Kingdom"), "{}", repeated.message);
    assert!(repeated.message.contains("+44 twice"), "{}", repeated.message);
}

#[test]
fn a_digit_count_is_only_told_where_there_are_digits() {
    for code in ["+977", "+49", "+210", ""] {
        for text in ["", "call me", "my number", "+", "none of your business"] {
            let message = check(text, code).message;
            assert!(!message.contains("digit"), "{text} in {code}: {message}");
        }
    }
}

proptest! {
    #[test]
    fn the_long_standing_rule_is_never_narrowed(national in "[1-9][0-9]{5,14}", code in 1_u16..1000) {
        prop_assume!(code != 977);
        let code = code.to_string();
        prop_assume!(!national.starts_with(&code));
        prop_assert!(check(&national, &code).valid);
    }

    #[test]
    fn a_stored_number_is_code_and_digits(
        phone in "\\PC{0,40}|[+0-9 ()-]{0,30}",
        code in "\\+?[1-9][0-9]{0,4}",
    ) {
        let check = check(&phone, &code);
        prop_assert_eq!(check.valid, check.stored.is_some());
        if let Some(stored) = check.stored {
            let (before, national) = stored.split_once('-').unwrap();
            prop_assert_eq!(before, check.country_code);
            let brings_code = phone.contains(['+', '\u{ff0b}']) || phone.chars().filter_map(digits::ascii).any(|digit| digit == '0');
            prop_assert!(brings_code || before.trim_start_matches('+') == code.trim_start_matches('+'));
            prop_assert!((1..=20).contains(&national.len()) && national.bytes().all(|b| b.is_ascii_digit()));
        } else {
            prop_assert!(!check.message.is_empty());
        }
    }

    #[test]
    fn words_around_a_number_do_not_change_it(
        before in "([a-z]{1,8} ){0,3}",
        prefix in "98[0-24-6]|97[0-24-6]",
        rest in "[0-9]{7}",
        gap in "[ .-]?",
        after in "( [a-z]{1,8}){1,3}( [0-9]{1,4})?",
    ) {
        let stored = stored(&format!("{before}{prefix}{gap}{rest}{after}"), "+977");
        prop_assert_eq!(stored, Some(format!("+977-{prefix}{rest}")));
    }

    #[test]
    fn the_choice_never_changes_a_whole_international_number(rest in "[2-9][0-9]{8}", chosen in "\\+(49|1|977|44|91)") {
        let typed = format!("+351{rest}");
        if by_library(&typed, "351").is_some() {
            prop_assert_eq!(stored(&typed, &chosen), Some(format!("+351-{rest}")));
        }
    }
}
