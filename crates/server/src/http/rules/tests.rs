use actix_web::web::Bytes;
use serde_json::json;
use tenancy::{Date, Money, Timestamp};

use super::*;
use crate::http::body::Upload;

/// Reads one field `f` from a JSON value.
fn json<R: Rule>(rule: R, value: Value) -> Result<R::Value, FieldError> {
    let mut fields = Fields::default();
    fields.push("f".into(), Raw::Json(value));
    rule.read(&mut fields, "f")
}

/// Reads one field `f` from form pairs.
fn form<R: Rule>(rule: R, pairs: &[(&str, &str)]) -> Result<R::Value, FieldError> {
    let mut fields = Fields::default();
    for (name, value) in pairs {
        fields.push((*name).into(), Raw::Text((*value).to_owned()));
    }
    rule.read(&mut fields, "f")
}

fn says<T>(message: &'static str) -> Result<T, FieldError> {
    Err(FieldError::new(message))
}

#[test]
fn a_text_is_trimmed_and_takes_numbers() {
    for (given, text_) in [(json!(" a b\n"), "a b"), (json!(5), "5"), (json!(5.5), "5.5"), (json!("\u{3000}x"), "x")] {
        assert_eq!(json(text(), given), Ok(text_.to_owned()));
    }
    for bad in [json!(true), json!([1]), json!({"a": 1})] {
        assert_eq!(json(text(), bad), says("Not a valid string."));
    }
    assert_eq!(json(text(), json!("a\u{0}b")), says("Null characters are not allowed."));
    assert_eq!(json(text(), json!("\u{0}")), says("Null characters are not allowed."));
}

#[test]
fn a_required_text_is_neither_missing_nor_null_nor_blank() {
    assert_eq!(form(text(), &[]), says("This field is required."));
    assert_eq!(json(text(), json!(null)), says("This field may not be null."));
    assert_eq!(json(text(), json!("  ")), says("This field may not be blank."));
    assert_eq!(json(text().blank_ok(), json!("  ")), Ok(String::new()));
}

#[test]
fn an_optional_text_takes_null_and_blank_unless_told_otherwise() {
    assert_eq!(form(text().optional(), &[]), Ok(None));
    assert_eq!(json(text().optional(), json!(null)), Ok(None));
    assert_eq!(json(text().optional(), json!("")), Ok(Some(String::new())));
    assert_eq!(json(text().optional().not_blank(), json!("")), says("This field may not be blank."));
    assert_eq!(json(text().optional().not_null(), json!(null)), says("This field may not be null."));
}

#[test]
fn a_default_stands_for_missing_null_and_blank() {
    let rule = || text().max(3).optional().or("+977");
    for given in [json!(null), json!(" ")] {
        assert_eq!(json(rule(), given), Ok("+977".to_owned()));
    }
    assert_eq!(form(rule(), &[]), Ok("+977".to_owned()));
    assert_eq!(json(rule(), json!("+1")), Ok("+1".to_owned()));
    assert_eq!(json(text().optional().not_blank().or("x"), json!("")), says("This field may not be blank."));
}

#[test]
fn lengths_count_scalar_values_after_trimming() {
    assert_eq!(json(text().max(2), json!(" \u{1F600}\u{e9} ")), Ok("\u{1F600}\u{e9}".to_owned()));
    assert_eq!(json(text().max(2), json!("abc")), says("Ensure this field has no more than 2 characters."));
}

#[test]
fn an_email_is_checked_and_kept_as_typed() {
    for typed in ["Ann@Tesla.com ", "my e-mail is Ann@Tesla.com.", "An\u{200b}n@Tesla.com\u{feff}"] {
        assert_eq!(json(email(), json!(typed)), Ok("Ann@Tesla.com".to_owned()), "{typed}");
    }
    assert_eq!(json(email(), json!("j\u{f6}rg@t\u{e9}sla.com")), Ok("j\u{f6}rg@t\u{e9}sla.com".to_owned()));
    for bad in ["ann", "ann@", "a@b@c.de", "a@@b.de", "a@b.de or b@c.de"] {
        assert_eq!(json(email(), json!(bad)), says("Enter a valid email address."), "{bad}");
    }
    assert_eq!(
        json(email().max(3), json!("abcd")),
        Err(FieldError::Messages(vec![
            "Ensure this field has no more than 3 characters.".into(),
            "Enter a valid email address.".into()
        ]))
    );
}

#[test]
fn invisible_characters_are_no_part_of_a_name_and_alone_are_blank() {
    assert_eq!(json(name(), json!("\u{202e}Ann\u{200b} Ray\u{2028}")), Ok("Ann Ray".to_owned()));
    assert_eq!(json(text(), json!("\u{202e}a")), Ok("\u{202e}a".to_owned()));
    for blank in ["\u{200b}", " \u{feff}\u{2029} ", "\u{3164}"] {
        assert_eq!(json(text(), json!(blank)), says("This field may not be blank."), "{blank:?}");
        assert_eq!(json(name().blank_ok(), json!(blank)), Ok(String::new()), "{blank:?}");
    }
}

#[test]
fn an_integer_may_be_spelled_as_text_or_with_a_zero_fraction() {
    for five in [json!(5), json!("5"), json!(5.0), json!("5.0"), json!(" 5 "), json!("5.")] {
        assert_eq!(json(integer(), five.clone()), Ok(5), "{five}");
    }
    assert_eq!(json(integer(), json!(-5)), Ok(-5));
    assert_eq!(json(integer(), json!(9_007_199_254_740_991_i64)), Ok(9_007_199_254_740_991));
    let bad = [
        json!(5.5),
        json!(true),
        json!(""),
        json!("abc"),
        json!("5.5"),
        json!([5]),
        json!({}),
        json!("0x5"),
        json!(9_007_199_254_740_992_i64),
        json!(u64::MAX),
        json!(1e300),
        json!("99999999999999999999"),
        json!("5e3"),
    ];
    for bad in bad {
        assert_eq!(json(integer(), bad.clone()), says("A valid integer is required."), "{bad}");
    }
    assert_eq!(json(integer(), json!(null)), says("This field may not be null."));
    assert_eq!(json(integer().optional(), json!("")), says("A valid integer is required."));
    assert_eq!(form(integer().optional(), &[]), Ok(None));
}

#[test]
fn the_last_of_a_repeated_scalar_wins() {
    assert_eq!(form(integer(), &[("f", "1"), ("f", "2")]), Ok(2));
}

#[test]
fn a_boolean_has_many_spellings() {
    for yes in ["1", "true", "True", "TRUE", "t", "T", "yes", "Yes", "YES", "y", "Y", "on", "On", "ON"] {
        assert_eq!(form(boolean(), &[("f", yes)]), Ok(true), "{yes}");
    }
    for no in ["0", "false", "False", "FALSE", "f", "F", "no", "No", "NO", "n", "N", "off", "Off", "OFF"] {
        assert_eq!(json(boolean(), json!(no)), Ok(false), "{no}");
    }
    assert_eq!(json(boolean(), json!(true)), Ok(true));
    assert_eq!(json(boolean(), json!(0)), Ok(false));
    for bad in [json!("tRue"), json!(""), json!(2), json!("2"), json!([])] {
        assert_eq!(json(boolean(), bad.clone()), says("Must be a valid boolean."), "{bad}");
    }
}

#[test]
fn a_decimal_has_ten_digits_and_two_places() {
    for (given, cents) in
        [(json!(99.99), 9999), (json!("99.99"), 9999), (json!(5), 500), (json!(1e2), 10000), (json!(" .5 "), 50)]
    {
        assert_eq!(json(decimal(), given.clone()), Ok(Money::from_cents(cents)), "{given}");
    }
    for bad in [json!("ten"), json!(""), json!(true), json!([])] {
        assert_eq!(json(decimal(), bad.clone()), says("A valid number is required."), "{bad}");
    }
    for bad in [json!(1.234), json!(1e-7)] {
        assert_eq!(json(decimal(), bad), says("Ensure that there are no more than 2 decimal places."));
    }
    for bad in [json!(123_456_789), json!(1e300)] {
        assert_eq!(json(decimal(), bad), says("Ensure that there are no more than 10 digits in total."));
    }
}

#[test]
fn a_list_is_an_array_or_a_repeated_or_an_indexed_field() {
    assert_eq!(json(integer_list(), json!([1, "2", 3.0])), Ok(vec![1, 2, 3]));
    assert_eq!(json(integer_list(), json!([])), Ok(vec![]));
    assert_eq!(form(integer_list(), &[("f", "1"), ("x", "9"), ("f", "2")]), Ok(vec![1, 2]));
    assert_eq!(form(integer_list(), &[("f[1]", "2"), ("f[0]", "1"), ("f[]", "3")]), Ok(vec![1, 2, 3]));
}

#[test]
fn a_list_refuses_scalars_whole_and_members_by_index() {
    for (scalar, kind) in
        [(json!("1"), "str"), (json!(1), "int"), (json!(1.5), "float"), (json!(true), "bool"), (json!({}), "dict")]
    {
        let message = format!("Expected a list of items but got type \"{kind}\".");
        assert_eq!(json(integer_list(), scalar), Err(FieldError::new(message)));
    }
    assert_eq!(
        json(integer_list(), json!([1, "x", 2, null])),
        Err(FieldError::Members(vec![
            (1, "A valid integer is required.".into()),
            (3, "This field may not be null.".into())
        ]))
    );
    assert_eq!(
        form(integer_list(), &[("f", "")]),
        Err(FieldError::Members(vec![(0, "A valid integer is required.".into())]))
    );
}

#[test]
fn a_list_that_may_be_missing_is_then_empty() {
    assert_eq!(form(integer_list(), &[]), says("This field is required."));
    assert_eq!(json(integer_list(), json!(null)), says("This field may not be null."));
    assert_eq!(form(integer_list().optional_or_empty(), &[]), Ok(vec![]));
    assert_eq!(json(integer_list().optional_or_empty(), json!(null)), Ok(vec![]));
}

#[test]
fn a_word_outside_the_set_is_repeated_but_not_at_any_length() {
    let rule = || choice(|word| matches!(word, "low" | "high").then(|| word.len()), ["low", "high"]);
    let refused = |message: String| Err(FieldError::Choice { message: message.into(), choices: vec!["low", "high"] });
    assert_eq!(json(rule(), json!(" high ")), Ok(4));
    for (bad, message) in [
        (json!("x"), "\"x\" is not a valid choice."),
        (json!(""), "\"\" is not a valid choice."),
        (json!(5), "\"5\" is not a valid choice."),
        (json!(true), "\"true\" is not a valid choice."),
    ] {
        assert_eq!(json(rule(), bad), refused(message.to_owned()));
    }
    let long = "\u{e9}".repeat(1000);
    assert_eq!(json(rule(), json!(long)), refused(format!("\"{}\" is not a valid choice.", "\u{e9}".repeat(100))));
}

#[test]
fn days_and_moments_are_read_strictly() {
    assert_eq!(json(date(), json!("2026-11-23")), Ok(Date::parse("2026-11-23").unwrap()));
    let day = Timestamp::parse("2026-11-23T00:00:00Z").unwrap();
    assert_eq!(form(timestamp(), &[("f", "2026-11-23")]), Ok(day));
    for bad in [json!(""), json!("23/11/2026"), json!(20_261_123), json!("2026-11-23T00:00:00Z")] {
        assert!(json(date(), bad).is_err());
    }
    for bad in [json!(""), json!("yesterday"), json!(0), json!("2026-11-23 00:00")] {
        assert!(json(timestamp(), bad).is_err());
    }
}

#[test]
fn an_object_may_be_text_in_a_form_and_holds_no_nul_anywhere() {
    let map = json!({"a": [{"b": 1}]});
    assert_eq!(json(object(), map.clone()), Ok(map.as_object().unwrap().clone()));
    assert_eq!(form(object(), &[("f", "{\"a\": [{\"b\": 1}]}")]), Ok(map.as_object().unwrap().clone()));
    for bad in [json!({"a": ["\u{0}"]}), json!({"a\u{0}": 1}), json!({"a": {"b\u{0}": 1}})] {
        assert_eq!(json(object(), bad), says("Null characters are not allowed."));
    }
    assert_eq!(json(object(), json!([])), says("Expected a dictionary of items but got type \"list\"."));
}

#[test]
fn a_file_must_be_one_and_hold_something() {
    let read = |bytes: &'static [u8]| {
        let mut fields = Fields::default();
        let upload = Upload { name: "faq.json".to_owned(), bytes: Bytes::from_static(bytes) };
        fields.push("f".into(), Raw::File(upload));
        file().read(&mut fields, "f")
    };
    assert_eq!(read(b"{}").unwrap().bytes, "{}");
    assert_eq!(read(b""), says("The submitted file is empty."));
    assert_eq!(form(file(), &[]), says("No file was submitted."));
    assert_eq!(form(file(), &[("f", "text")]), says("No file was submitted."));
}

#[test]
fn a_ratio_is_a_number_from_0_to_1() {
    for (given, number) in [(json!(0), 0.0_f64), (json!(1.0), 1.0), (json!(" 0.35 "), 0.35), (json!(-0.0), 0.0)] {
        assert_eq!(json(ratio(), given).map(f64::to_bits), Ok(number.to_bits()));
    }
    for bad in [json!(true), json!(""), json!("inf"), json!("NaN"), json!([1])] {
        assert_eq!(json(ratio(), bad), says("A valid number is required."));
    }
    assert_eq!(json(ratio(), json!(1.1)), says("Ensure this value is less than or equal to 1."));
    assert_eq!(json(ratio(), json!(-1e-9)), says("Ensure this value is greater than or equal to 0."));
}

#[test]
fn texts_come_as_a_list_its_json_or_repeated_and_indexed_fields() {
    let list = || texts(text().max(3)).at_most(2);
    let both = || Ok(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(json(list(), json!([" a ", "b"])), both());
    for pairs in [&[("f", r#" ["a","b"]"#)][..], &[("f", "a"), ("f", "b")], &[("f[1]", "b"), ("f[0]", "a")]] {
        assert_eq!(form(list(), pairs), both());
    }
    assert_eq!(form(list(), &[("f", "[a")]), Ok(vec!["[a".to_owned()]));
    assert_eq!(json(list(), json!(["a", "b", "c"])), says("Ensure this field has no more than 2 elements."));
    assert_eq!(json(list(), json!("a")), says("Expected a list of items but got type \"str\"."));
    let refused = json(list().that(|text| text != "b", "Not b."), json!([null, "b"]));
    let members = vec![(0, NULL.into()), (1, "Not b.".into())];
    assert_eq!(refused, Err(FieldError::Members(members)));
}

#[test]
fn a_resettable_field_is_kept_without_a_value_and_reset_by_null_or_a_blank_one() {
    use chatbot::settings::Change;

    assert_eq!(form(or_reset(ratio()), &[]), Ok(Change::Keep));
    assert_eq!(form(texts(text()).or_reset(), &[]), Ok(Change::Keep));
    assert_eq!(json(or_reset(ratio()), json!(null)), Ok(Change::Reset));
    assert_eq!(json(texts(text()).or_reset(), json!(null)), Ok(Change::Reset));
    assert_eq!(form(or_reset(boolean()), &[("f", " ")]), Ok(Change::Reset));
    assert_eq!(form(texts(text()).or_reset(), &[("f", "")]), Ok(Change::Reset));
    assert_eq!(json(or_reset(text()), json!("")), Ok(Change::Reset));
    // JSON has null, so a blank text there is one for texts alone.
    assert_eq!(json(or_reset(boolean()), json!("")), says("Must be a valid boolean."));
    assert_eq!(json(or_reset(boolean()), json!("no")), Ok(Change::To(false)));
    assert_eq!(json(texts(text()).or_reset(), json!([])), Ok(Change::To(Vec::new())));
}
