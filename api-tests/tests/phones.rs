//! Phone numbers and the codes of countries.
#![cfg(test)]

use api_tests::prelude::*;

on_each_database!(
    phones_are_validated_by_country,
    the_message_about_a_number_of_nepal_says_what_is_wrong,
    a_country_code_field_is_a_code_or_a_country,
    the_country_codes_are_listed_in_order,
);

async fn phones_are_validated_by_country(world: &World) {
    let anybody = world.anybody();
    for (phone, code, valid, provider) in [
        ("9841234567", "+977", true, json!("NTC")),
        ("+977 980-1234567", "+977", true, json!("Ncell")),
        ("\u{967}\u{96e}", "+977", false, json!(null)),
        ("\u{96f}\u{96e}\u{96a}\u{967}\u{968}\u{969}\u{96a}\u{96b}\u{96c}\u{96d}", "+977", true, json!("NTC")),
        ("9991234567", "+977", false, json!(null)),
        ("98412345", "+977", false, json!(null)),
        ("5551234567", "+1", true, json!(null)),
        ("12345", "+1", false, json!(null)),
        ("020 7946 0958", "+44", true, json!(null)),
    ] {
        let check = anybody.validate_phone(phone, code).await.ok();
        assert_eq!((&check["valid"], &check["provider"]), (&json!(valid), &provider), "{phone} {code}: {check}");
        assert_eq!(check["message"] == "", valid && code != "+977", "{phone} {code}: {check}");
    }
    let default = anybody.post("/api/chatbot/validate-phone/", &json!({"phone": 9841234567_i64})).await.ok();
    assert_eq!((&default["valid"], &default["provider"]), (&json!(true), &json!("NTC")));
    anybody.validate_phone("", "+977").await.field_error("phone", "This field may not be blank.");
    let long = anybody.validate_phone("123456789012345678901", "+977").await;
    long.field_error("phone", "Ensure this field has no more than 20 characters.");
    let long = anybody.validate_phone("9841234567", "+1234567890").await;
    long.field_error("country_code", "Ensure this field has no more than 10 characters.");
}

async fn the_message_about_a_number_of_nepal_says_what_is_wrong(world: &World) {
    let said = async |phone: &str| {
        let check = world.anybody().validate_phone(phone, "+977").await.ok();
        check["message"].as_str().unwrap().to_owned()
    };
    for (phone, count) in [("98412345", "8"), ("984123456789", "12")] {
        let message = said(phone).await;
        assert!(message.contains("10") && message.contains(count), "{message}");
    }
    let message = said("9991234567").await;
    let prefixes = "999 984 985 986 974 975 976 980 981 982 970 971 972";
    assert!(prefixes.split(' ').all(|prefix| message.contains(prefix)), "{message}");
    for (phone, provider) in [("9741234567", "NTC"), ("9701234567", "Ncell")] {
        let message = said(phone).await;
        assert!(message.contains(provider), "{message}");
    }
}

async fn a_country_code_field_is_a_code_or_a_country(world: &World) {
    let mut visitor = world.company("Tesla Motors").await.stranger();
    visitor.say("Hello").await;
    for (country, code) in
        [("Germany", "+49"), ("de", "+49"), ("49", "+49"), ("0049", "+49"), ("\u{1F1E9}\u{1F1EA}", "+49"), ("", "+977")]
    {
        let body = json!({"session_id": visitor.session, "name": "Asha", "phone": "x", "country_code": country});
        assert_eq!(visitor.create_profile(&body).await.ok()["profile"]["country_code"], code, "{country}");
        visitor.validate_phone("1", country).await.ok();
    }
    let message = "Not a country: send a calling code such as +977, a country's name or its ISO code.";
    for country in ["Atlantis", "+210", "x", "abc"] {
        let body = json!({"session_id": visitor.session, "name": "Asha", "phone": "x", "country_code": country});
        visitor.create_profile(&body).await.field_error("country_code", message);
        visitor.validate_phone("9841234567", country).await.field_error("country_code", message);
    }
}

async fn the_country_codes_are_listed_in_order(world: &World) {
    let list = world.anybody().country_codes().await.ok();
    // The flag of a country is its ISO code in regional indicators.
    let letter = |letter: u8| char::from_u32(0x1F1A5 + u32::from(letter)).unwrap();
    let flag = |iso: &str| iso.bytes().map(letter).collect::<String>();
    let expected = [
        ("+977", "Nepal", "NP"),
        ("+91", "India", "IN"),
        ("+1", "United States/Canada", "USCA"),
        ("+44", "United Kingdom", "GB"),
        ("+61", "Australia", "AU"),
        ("+49", "Germany", "DE"),
        ("+33", "France", "FR"),
        ("+31", "Netherlands", "NL"),
        ("+64", "New Zealand", "NZ"),
        ("+65", "Singapore", "SG"),
        ("+353", "Ireland", "IE"),
        ("+81", "Japan", "JP"),
        ("+86", "China", "CN"),
        ("+880", "Bangladesh", "BD"),
        ("+94", "Sri Lanka", "LK"),
    ];
    let rows = expected.map(|(code, country, iso)| json!({"code": code, "country": country, "flag": flag(iso)}));
    assert_eq!(list, json!(rows));
}
