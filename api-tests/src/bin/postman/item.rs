//! One request of the collection.

use serde_json::{Value, json};

use crate::document::Operation;

/// A request in the making.
pub(crate) struct Item {
    name: String,
    description: Option<String>,
    method: String,
    url: Value,
    token: Option<String>,
    body: Value,
    script: Vec<String>,
}

impl Item {
    /// A request of an operation, with the statuses that the document lists for it.
    ///
    /// `path` is the operation's path, with values in place of its parameters.
    pub(crate) fn new(name: &str, operation: &Operation<'_>, path: &str, query: &[Value]) -> Self {
        let segments: Vec<_> = path.trim_start_matches('/').split('/').collect();
        let enabled = query.iter().filter(|pair| pair["disabled"] != true);
        let pairs: Vec<_> = enabled.map(|pair| format!("{}={}", plain(&pair["key"]), plain(&pair["value"]))).collect();
        let question = if pairs.is_empty() { "" } else { "?" };
        let raw = format!("{{{{base_url}}}}{path}{question}{}", pairs.join("&"));
        let mut url = json!({ "raw": raw, "host": ["{{base_url}}"], "path": segments });
        if !query.is_empty() {
            url["query"] = query.into();
        }
        Self {
            name: name.to_owned(),
            description: None,
            method: operation.method.to_uppercase(),
            url,
            token: None,
            body: Value::Null,
            script: vec![
                format!("const listed = {};", operation.replies()),
                "pm.test(\"the document lists the status and the keys\", () => {".into(),
                "    pm.expect(Object.keys(listed)).to.include(String(pm.response.code));".into(),
                "    const keys = listed[pm.response.code];".into(),
                "    if (keys.length > 0) pm.expect(pm.response.json()).to.include.all.keys(keys);".into(),
                "});".into(),
            ],
        }
    }

    /// Takes a variable as the whole address behind the server's.
    #[must_use]
    pub(crate) fn at_variable(mut self, variable: &str) -> Self {
        self.url = format!("{{{{base_url}}}}{{{{{variable}}}}}").into();
        self
    }

    /// Says more than the name.
    #[must_use]
    pub(crate) fn about(mut self, description: Option<&str>) -> Self {
        self.description = description.map(str::to_owned);
        self
    }

    /// Sends the token that a variable holds.
    #[must_use]
    pub(crate) fn with_token(mut self, variable: &str) -> Self {
        self.token = Some(format!("{{{{{variable}}}}}"));
        self
    }

    /// Sends JSON.
    #[must_use]
    pub(crate) fn json(mut self, body: &Value) -> Self {
        let raw = serde_json::to_string_pretty(body).expect("JSON");
        self.body = json!({ "mode": "raw", "raw": raw, "options": { "raw": { "language": "json" } } });
        self
    }

    /// Sends fields and the sample file.
    #[must_use]
    pub(crate) fn form(mut self, fields: &[(&str, Value)]) -> Self {
        let field = |(name, value): &(&str, Value)| match *name {
            "file" => json!({ "key": name, "type": "file", "src": "sample.txt" }),
            _ => json!({ "key": name, "type": "text", "value": plain(value) }),
        };
        self.body = json!({ "mode": "formdata", "formdata": fields.iter().map(field).collect::<Vec<_>>() });
        self
    }

    /// Asserts the status.
    #[must_use]
    pub(crate) fn expect(mut self, status: u16) -> Self {
        self.script.push(format!("pm.test(\"is {status}\", () => pm.response.to.have.status({status}));"));
        self.script.push("const body = pm.response.json();".into());
        self
    }

    /// Asserts that `body` has a value somewhere, such as `.user.role`.
    #[must_use]
    pub(crate) fn holds(mut self, place: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let name = Value::from(format!("{} is {value}", place.trim_start_matches('.')));
        // Texts with variables in them are the values of those variables.
        let value = value.to_string();
        let value = match value.strip_prefix("\"{{").and_then(|rest| rest.strip_suffix("}}\"")) {
            Some(variable) => format!("pm.collectionVariables.get(\"{variable}\")"),
            None => value,
        };
        self.script.push(format!("pm.test({name}, () => pm.expect(body{place}).to.eql({value}));"));
        self
    }

    /// Asserts that `body` has no such key.
    #[must_use]
    pub(crate) fn lacks(mut self, key: &str) -> Self {
        self.script.push(format!("pm.test(\"has no {key}\", () => pm.expect(body).to.not.have.property(\"{key}\"));"));
        self
    }

    /// Gives a variable a value for later requests.
    #[must_use]
    pub(crate) fn set(mut self, variable: &str, value: &str) -> Self {
        self.script.push(format!("pm.collectionVariables.set(\"{variable}\", {});", Value::from(value)));
        self
    }

    /// Keeps a value of `body` for later requests.
    #[must_use]
    pub(crate) fn keep(mut self, variable: &str, place: &str) -> Self {
        self.script.push(format!("pm.collectionVariables.set(\"{variable}\", body{place});"));
        self
    }

    /// Keeps a value of the reply, if it was not a refusal.
    #[must_use]
    pub(crate) fn keep_if_done(mut self, variable: &str, place: &str) -> Self {
        self.script.push(format!(
            "if (pm.response.code < 300) pm.collectionVariables.set(\"{variable}\", pm.response.json(){place});"
        ));
        self
    }

    /// The request as the collection has it.
    pub(crate) fn build(self) -> Value {
        let auth = match self.token {
            Some(token) => {
                json!({ "type": "bearer", "bearer": [{ "key": "token", "value": token, "type": "string" }] })
            }
            None => json!({ "type": "noauth" }),
        };
        let mut request = json!({ "method": self.method, "url": self.url, "auth": auth, "header": [] });
        if let Some(description) = self.description {
            request["description"] = description.into();
        }
        if self.body["mode"] == "raw" {
            request["header"] = json!([{ "key": "Content-Type", "value": "application/json" }]);
        }
        if !self.body.is_null() {
            request["body"] = self.body;
        }
        json!({
            "name": self.name,
            "event": [{ "listen": "test", "script": { "type": "text/javascript", "exec": self.script } }],
            "request": request,
        })
    }
}

/// A value as a form or a query has it.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
