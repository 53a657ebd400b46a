//! The parts of the OpenAPI document that the collection needs.

use serde_json::{Map, Value, json};

/// The OpenAPI document.
pub(crate) struct Document(Value);

/// One operation of the document.
pub(crate) struct Operation<'a> {
    pub(crate) path: &'a str,
    pub(crate) method: &'a str,
    value: &'a Value,
    document: &'a Document,
}

/// A parameter of an operation.
pub(crate) struct Parameter<'a> {
    pub(crate) name: &'a str,
    pub(crate) place: &'a str,
    pub(crate) description: &'a str,
    pub(crate) example: Value,
    pub(crate) is_required: bool,
}

impl Document {
    /// Wraps the document as the server returns it.
    pub(crate) fn new(document: Value) -> Self {
        Self(document)
    }

    /// Returns the tags, in the order of the document.
    pub(crate) fn tags(&self) -> Vec<&str> {
        self.0["tags"].as_array().expect("tags").iter().map(|tag| text(&tag["name"])).collect()
    }

    /// Returns all operations, in the order of the document.
    pub(crate) fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.0["paths"].as_object().expect("paths");
        let operations = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().expect("methods").iter();
            methods.map(move |(method, value)| Operation { path, method, value, document: self })
        });
        operations.collect()
    }

    /// Returns the operation with this method and path.
    pub(crate) fn operation(&self, method: &str, path: &str) -> Operation<'_> {
        let found =
            self.operations().into_iter().find(|operation| operation.method == method && operation.path == path);
        found.unwrap_or_else(|| panic!("the document has no {method} {path}"))
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(target) => self.resolve(self.0.pointer(target.trim_start_matches('#')).expect("a schema")),
            None => schema,
        }
    }
}

impl<'a> Operation<'a> {
    /// Returns the tag of the operation.
    pub(crate) fn tag(&self) -> &'a str {
        text(&self.value["tags"][0])
    }

    /// Returns the summary.
    pub(crate) fn summary(&self) -> &'a str {
        text(&self.value["summary"])
    }

    /// Returns the description, if there is one.
    pub(crate) fn description(&self) -> Option<&'a str> {
        self.value["description"].as_str()
    }

    /// Returns whether the operation requires a token.
    pub(crate) fn needs_token(&self) -> bool {
        let schemes = self.value["security"].as_array().expect("security");
        !schemes.is_empty() && !schemes.contains(&json!({}))
    }

    /// Returns the roles that may call the operation; an empty list means every role.
    pub(crate) fn roles(&self) -> Vec<&'a str> {
        self.value["x-roles"].as_array().map(|roles| roles.iter().map(text).collect()).unwrap_or_default()
    }

    /// Returns the parameters.
    pub(crate) fn parameters(&self) -> Vec<Parameter<'a>> {
        let parameters = self.value["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let read = |parameter: &'a Value| Parameter {
            name: text(&parameter["name"]),
            place: text(&parameter["in"]),
            description: parameter["description"].as_str().unwrap_or_default(),
            example: [&parameter["example"], &parameter["schema"]["default"]]
                .into_iter()
                .find(|value| !value.is_null())
                .cloned()
                .unwrap_or_else(|| "".into()),
            is_required: parameter["required"] == true,
        };
        parameters.iter().map(read).collect()
    }

    /// Returns the example of the body.
    pub(crate) fn body(&self) -> Option<&'a Map<String, Value>> {
        self.value["requestBody"]["content"]["multipart/form-data"]["example"].as_object()
    }

    /// Returns the statuses, each with the required keys of its JSON object.
    pub(crate) fn replies(&self) -> Value {
        let replies = self.value["responses"].as_object().expect("responses");
        let keys = |reply: &Value| {
            let schema = self.document.resolve(&reply["content"]["application/json"]["schema"]);
            schema["required"].as_array().cloned().unwrap_or_default()
        };
        replies.iter().map(|(status, reply)| (status.clone(), Value::from(keys(reply)))).collect::<Map<_, _>>().into()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
