//! JSON bodies.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, MapAccess, Visitor},
};
use serde_json::Value;

use super::fields::{Fields, Raw, wanted};
use crate::http::error::ApiError;

pub(super) fn parse<'a>(body: &'a [u8], names: Option<&[&str]>) -> Result<Fields<'a>, ApiError> {
    // Check that it is UTF-8 first, because serde_json does not check strings that it skips.
    let text = str::from_utf8(body).map_err(|error| refusal(&error))?;
    if !text.trim_start().starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|error| refusal(&error))?;
        let message = format!("Invalid data. Expected a dictionary, but got {}.", type_name(&value));
        return Err(ApiError::non_field(message));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let fields = Object { names }.deserialize(&mut json).and_then(|fields| json.end().map(|()| fields));
    fields.map_err(|error| refusal(&error))
}

/// The refusal of a body that is not JSON, for the document.
pub(crate) fn not_json() -> Option<ApiError> {
    parse(b"?", None).err()
}

fn refusal(error: &dyn fmt::Display) -> ApiError {
    ApiError::parse_error(format!("JSON parse error - {error}"))
}

/// Returns the name of a value's type as existing clients know it; see docs/compatibility.md, Request
/// bodies.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}

struct Object<'n> {
    names: Option<&'n [&'n str]>,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Fields<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(MemberName(name)) = map.next_key()? {
            // Read the value even if it is dropped: this limits its depth.
            let value = map.next_value()?;
            if wanted(self.names, &name) {
                fields.push(name, Raw::Json(value));
            }
        }
        Ok(fields)
    }
}

/// The name of a member. It borrows from the body unless it has escapes.
struct MemberName<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for MemberName<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = MemberName<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<MemberName<'de>, E> {
                Ok(MemberName(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<MemberName<'de>, E> {
                Ok(MemberName(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}
