//! One folder for each tag of the document, with every operation as a request.

use serde_json::{Map, Value, json};

use crate::{
    document::{Document, Operation},
    item::{Item, plain},
    values,
};

/// Returns the folders.
pub(crate) fn all(document: &Document) -> Vec<Value> {
    let folder = |tag: &str| {
        let mut operations: Vec<_> =
            document.operations().into_iter().filter(|operation| operation.tag() == tag).collect();
        operations.sort_by_key(|operation| values::rank(operation.path));
        json!({ "name": tag, "item": operations.iter().map(item).collect::<Vec<_>>() })
    };
    document.tags().into_iter().map(folder).collect()
}

fn item(operation: &Operation<'_>) -> Value {
    let (mut path, mut query) = (operation.path.to_owned(), Vec::new());
    for parameter in operation.parameters() {
        let value = plain(&values::value(operation.path, parameter.name, &parameter.example));
        match parameter.place {
            "path" => path = path.replace(&format!("{{{}}}", parameter.name), &value),
            "query" => query.push(json!({
                "key": parameter.name,
                "value": value,
                "description": parameter.description,
                "disabled": !parameter.is_required,
            })),
            _ => {}
        }
    }
    let name = format!("{} {}", operation.method.to_uppercase(), operation.path);
    let description = [Some(operation.summary()), operation.description()];
    let description = description.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut item = Item::new(&name, operation, &path, &query).about(Some(&description));
    if operation.path.starts_with("/media/") {
        item = item.at_variable("file_url");
    }
    if let Some(variable) = values::token(operation) {
        item = item.with_token(variable);
    }
    if let Some(example) = operation.body() {
        let value = |(name, example): (&String, &Value)| (name.clone(), values::value(operation.path, name, example));
        let fields: Map<_, _> = example.iter().map(value).filter(|(_, value)| !value.is_null()).collect();
        // Knowledge may be sent as a file or as an object; the collection sends an object.
        item = if fields.contains_key("file") && !fields.contains_key("documents") {
            item.form(&fields.iter().map(|(name, value)| (name.as_str(), value.clone())).collect::<Vec<_>>())
        } else {
            item.json(&fields.into())
        };
    }
    for (variable, place) in values::kept(operation.path) {
        item = item.keep_if_done(variable, place);
    }
    item.build()
}
