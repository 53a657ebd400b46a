//! Reads one item of an FAQ.

use serde_json::{Map, Value};

use crate::{
    Entry,
    entry::{self, Draft},
    markup,
};

/// What an item without a document or section gets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Defaults<'d> {
    pub(crate) document: &'d str,
    pub(crate) section: &'d str,
}

/// The keys of an item. Others are skipped.
pub(crate) const KEYS: [&str; 7] = ["question", "answer", "section", "document", "page", "chunk_id", "alternatives"];

/// Reads an item, or says why it cannot be loaded.
pub(super) fn read(item: Value, defaults: Defaults<'_>) -> Result<Entry, String> {
    match item {
        Value::Object(item) => draft(item, defaults).map(Draft::into_entry),
        _ => Err("Expected an object.".to_owned()),
    }
}

/// Reads the fields of an item, or says why it cannot be loaded.
pub(crate) fn draft(mut item: Map<String, Value>, defaults: Defaults<'_>) -> Result<Draft, String> {
    let question = required(&mut item, "question", entry::MAX_QUESTION)?;
    let answer = required(&mut item, "answer", entry::MAX_ANSWER)?;
    let section = optional(&mut item, "section", entry::MAX_SECTION)?;
    let document = optional(&mut item, "document", entry::MAX_DOCUMENT)?;
    let chunk_id = optional(&mut item, "chunk_id", entry::MAX_CHUNK_ID)?;
    let page = item.remove("page").map_or(Ok(0), |page| integer(&page)).map_err(|why| format!("page: {why}"))?;
    let alternatives = item.remove("alternatives").map_or_else(|| Ok(Vec::new()), alternatives)?;
    let section = section.map_or_else(|| name_as_default("section", defaults.section, entry::MAX_SECTION), Ok)?;
    let document = document.map_or_else(|| name_as_default("document", defaults.document, entry::MAX_DOCUMENT), Ok)?;
    Ok(Draft { document, chunk_id, section, question, answer, page, alternatives })
}

/// Reads a list of texts. Blank ones are skipped.
fn alternatives(list: Value) -> Result<Vec<String>, String> {
    let texts = match list {
        Value::Null => Vec::new(),
        Value::Array(texts) => texts,
        _ => return Err("alternatives: Expected a list of texts.".to_owned()),
    };
    let texts = texts.into_iter().map(|value| text(value, entry::MAX_QUESTION));
    let mut texts = texts.collect::<Result<Vec<_>, _>>().map_err(|why| format!("alternatives: {why}"))?;
    texts.retain(|text| !text.is_empty());
    if texts.len() > entry::MAX_ALTERNATIVES {
        let most = entry::MAX_ALTERNATIVES;
        return Err(format!("alternatives: Ensure this field has no more than {most} elements."));
    }
    Ok(texts)
}

fn required(item: &mut Map<String, Value>, key: &str, max: usize) -> Result<String, String> {
    let why = match item.remove(key) {
        None => "This field is required.",
        Some(Value::Null) => "This field may not be null.",
        Some(value) => match text(value, max) {
            Ok(text) if text.is_empty() => "This field may not be blank.",
            Ok(text) => return Ok(text),
            Err(why) => return Err(format!("{key}: {why}")),
        },
    };
    Err(format!("{key}: {why}"))
}

fn optional(item: &mut Map<String, Value>, key: &str, max: usize) -> Result<Option<String>, String> {
    match item.remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match text(value, max) {
            Ok(text) if text.is_empty() => Ok(None),
            Ok(text) => Ok(Some(text)),
            Err(why) => Err(format!("{key}: {why}")),
        },
    }
}

fn text(value: Value, max: usize) -> Result<String, String> {
    let text = match value {
        Value::String(text) if text.trim().len() == text.len() => text,
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return Err("Not a valid string.".to_owned()),
    };
    if text.contains('\0') {
        return Err("Null characters are not allowed.".to_owned());
    }
    // A text never has more scalar values than bytes, so most texts need no counting.
    if text.len() > max && markup::length(&text) > max {
        return Err(format!("Ensure this field has no more than {max} characters."));
    }
    Ok(text)
}

fn integer(value: &Value) -> Result<i64, &'static str> {
    let number = match value {
        Value::Null => Some(0),
        Value::Number(number) => number.as_i64().or_else(|| whole(&number.to_string())),
        Value::String(text) => whole(text.trim()),
        _ => None,
    };
    number.filter(|number| (-entry::MAX_PAGE..=entry::MAX_PAGE).contains(number)).ok_or("A valid integer is required.")
}

/// Parses `5` and `5.0`, but not `5.5`, `5.` or `5e0`.
fn whole(text: &str) -> Option<i64> {
    let digits = match text.split_once('.') {
        Some((digits, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => digits,
        Some(_) => return None,
        None => text,
    };
    digits.parse().ok()
}

/// Makes a default value from a category's or subcategory's name. The name is not a field of the item,
/// so it is cut instead of rejected if it is too long.
fn name_as_default(key: &str, name: &str, max: usize) -> Result<String, String> {
    let cut: String = name.trim().chars().take(max).collect();
    if cut.contains('\0') { Err(format!("{key}: Null characters are not allowed.")) } else { Ok(cut) }
}
