//! The generated tables in docs/API.md.

use serde_json::Value;

use crate::page::Page;

/// Returns the error codes, read from the source of `http::code`, because the type is private to the server.
fn codes() -> Vec<&'static str> {
    let source = include_str!("../../src/http/code.rs");
    source.lines().filter_map(|line| line.split_once(" => \"")?.1.strip_suffix("\",")).collect()
}

#[test]
fn every_code_is_explained_and_no_other() {
    let page = Page::read("API.md");
    let (mut explained, mut known) = (page.first_column("## Errors"), codes());
    explained.sort_unstable();
    known.sort_unstable();
    assert!(known.len() > 20, "{known:?}");
    assert_eq!(explained, known);
}

#[test]
fn every_operation_is_in_the_quick_reference() {
    Page::read("API.md").assert_current("operations", &operations(&server::openapi()));
}

/// Renders one table for each group of operations.
fn operations(document: &Value) -> String {
    let mut tables = String::new();
    for tag in list(&document["tags"]) {
        let rows: String = each_operation(document)
            .filter(|(_, _, operation)| operation["tags"][0] == tag["name"])
            .filter_map(|(path, method, operation)| {
                Some(row(document, path, &methods(document, path, method)?, operation))
            })
            .collect();
        tables += &format!("\n### {}\n\n| operation | who | takes | |\n|---|---|---|---|\n{rows}", text(&tag["name"]));
    }
    tables + "\n"
}

/// Returns the method in capitals. PUT and PATCH with the same summary share one row.
fn methods(document: &Value, path: &str, method: &str) -> Option<String> {
    let item = &document["paths"][path];
    match method {
        "put" if item["put"]["summary"] == item["patch"]["summary"] => Some("PUT, PATCH".to_owned()),
        "patch" if item["put"]["summary"] == item["patch"]["summary"] => None,
        other => Some(other.to_uppercase()),
    }
}

fn each_operation(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// Bodies with more fields than this have a table of their own.
const FIELDS: usize = 30;

fn row(document: &Value, path: &str, methods: &str, operation: &Value) -> String {
    let mut fields: Vec<_> = fields(document, operation).collect();
    if fields.len() > FIELDS {
        assert!(path.ends_with("/bot-settings/"), "{path} has too many fields for this table");
        fields = vec!["[`company_id`]".to_owned(), "any of the [bot settings](#the-bot-settings)".to_owned()];
    }
    let takes: Vec<_> = query(operation).chain(fields).collect();
    format!(
        "| `{methods} {path}` | {} | {} | {} |\n",
        who(operation),
        takes.join(" "),
        text(&operation["summary"]).replace('|', "\\|")
    )
}

/// Returns the roles that may call an operation. No token is needed if a security requirement is empty or missing.
fn who(operation: &Value) -> String {
    let needed = list(&operation["security"]);
    if needed.is_empty() || needed.iter().any(|one| one.as_object().is_some_and(serde_json::Map::is_empty)) {
        return "anyone".to_owned();
    }
    let roles = operation["description"].as_str().and_then(|text| text.rsplit_once("For ")?.1.strip_suffix('.'));
    let is_role = |word: &str| word == "and" || word.bytes().all(|byte| byte.is_ascii_uppercase());
    match roles {
        Some(roles) if roles.split(' ').all(is_role) => roles.replace(" and ", ", "),
        _ => "staff".to_owned(),
    }
}

/// Returns the query parameters, each with a leading question mark; optional ones are in brackets.
fn query(operation: &Value) -> impl Iterator<Item = String> {
    let named = list(&operation["parameters"]).iter().filter(|parameter| parameter["in"] == "query");
    named.map(|parameter| shown("?", text(&parameter["name"]), parameter["required"] == true))
}

/// Returns the fields of the body; optional ones are in brackets.
fn fields<'a>(document: &'a Value, operation: &'a Value) -> impl Iterator<Item = String> {
    let content = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next());
    let schema = content.map_or(&Value::Null, |content| resolved(document, &content["schema"]));
    let required = list(&schema["required"]);
    let names = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    names.map(|name| shown("", name, required.iter().any(|known| known == name)))
}

fn shown(prefix: &str, name: &str, is_required: bool) -> String {
    if is_required { format!("`{prefix}{name}`") } else { format!("[`{prefix}{name}`]") }
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => document.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}")),
        None => schema,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}"))
}
