//! What a client says of itself.

use chatbot::ClientInfo;
use serde_json::{Value, json};

use crate::http::{
    body::Raw,
    field_errors::FieldError,
    rules::{Single, text},
};

/// Maximum length of each text, in Unicode scalar values. Longer ones are cut off.
const LONGEST: usize = 300;

/// Reads the page and the browser of a visitor.
///
/// It refuses nothing: clients may have sent a field of this name before it had a meaning, and no message is lost for
/// the address of a page. What is no text is left out.
pub(super) struct VisitorClient;

impl Single for VisitorClient {
    type Value = ClientInfo;

    fn accept(&self, raw: Raw) -> Result<ClientInfo, FieldError> {
        let mut value = match raw {
            Raw::Json(value) => value,
            Raw::Text(text) => serde_json::from_str(&text).unwrap_or_default(),
            Raw::File(_) => Value::Null,
        };
        let mut take = |key: &str| {
            let given = value.get_mut(key).map(Value::take)?;
            let read = text().max(usize::MAX).accept(Raw::Json(given)).ok()?;
            Some(read.chars().filter(|c| !c.is_control()).take(LONGEST).collect::<String>()).filter(|it| !it.is_empty())
        };
        Ok(ClientInfo {
            page: take("page"),
            referrer: take("referrer"),
            browser: take("browser"),
            language: take("language"),
        })
    }

    fn schema(&self) -> Value {
        json!({
            "description": "An object with the texts `page`, `referrer`, `browser` and `language` of the visitor, each of \
                            at most 300 characters. Anything else is ignored.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Value) -> ClientInfo {
        VisitorClient.accept(Raw::Json(value)).unwrap()
    }

    #[test]
    fn texts_are_kept_and_everything_else_is_ignored() {
        let full = json!({"page": " https://tesla.example/bikes ", "referrer": "", "browser": "Fire\u{0}fox", "language": 5,
            "other": "x"});
        let page = Some("https://tesla.example/bikes".to_owned());
        let language = Some("5".to_owned());
        assert_eq!(read(full), ClientInfo { page, language, ..ClientInfo::default() });
        for odd in [json!(5), json!("x"), json!([1]), json!({"page": {"a": 1}})] {
            assert_eq!(read(odd.clone()), ClientInfo::default(), "{odd}");
        }
        let long = read(json!({"page": "x".repeat(1_000)}));
        assert_eq!(long.page.map(|page| page.len()), Some(LONGEST));
        let form = VisitorClient.accept(Raw::Text(r#"{"language": "ne"}"#.to_owned())).unwrap();
        assert_eq!(form.language.as_deref(), Some("ne"));
    }
}
