//! One request of the collection.

use serde_json::{Value, json};

use crate::document::Operation;

/// A request under construction.
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
    /// Starts a request of an operation, which checks the statuses that the document lists.
    ///
    /// `path` is the operation's path with the parameters replaced by values.
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

    /// Uses a variable as the whole path after the server's base URL.
    #[must_use]
    pub(crate) fn at_variable(mut self, variable: &str) -> Self {
        self.url = format!("{{{{base_url}}}}{{{{{variable}}}}}").into();
        self
    }

    /// Sets the description.
    #[must_use]
    pub(crate) fn about(mut self, description: Option<&str>) -> Self {
        self.description = description.map(str::to_owned);
        self
    }

    /// Sends the token in this variable.
    #[must_use]
    pub(crate) fn with_token(mut self, variable: &str) -> Self {
        self.token = Some(format!("{{{{{variable}}}}}"));
        self
    }

    /// Sends a JSON body.
    #[must_use]
    pub(crate) fn json(mut self, body: &Value) -> Self {
        let raw = serde_json::to_string_pretty(body).expect("JSON");
        self.body = json!({ "mode": "raw", "raw": raw, "options": { "raw": { "language": "json" } } });
        self
    }

    /// Sends a form with these fields; `file` is the sample file.
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

    /// Asserts that `body` has this value at a place such as `.user.role`.
    #[must_use]
    pub(crate) fn holds(mut self, place: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let name = Value::from(format!("{} is {value}", place.trim_start_matches('.')));
        // A text `{{name}}` stands for the value of that variable.
        let value = value.to_string();
        let value = match value.strip_prefix("\"{{").and_then(|rest| rest.strip_suffix("}}\"")) {
            Some(variable) => format!("pm.collectionVariables.get(\"{variable}\")"),
            None => value,
        };
        self.script.push(format!("pm.test({name}, () => pm.expect(body{place}).to.eql({value}));"));
        self
    }

    /// Asserts that `body` does not have this key.
    #[must_use]
    pub(crate) fn lacks(mut self, key: &str) -> Self {
        self.script.push(format!("pm.test(\"has no {key}\", () => pm.expect(body).to.not.have.property(\"{key}\"));"));
        self
    }

    /// Sets a variable for later requests.
    #[must_use]
    pub(crate) fn set(mut self, variable: &str, value: &str) -> Self {
        self.script.push(format!("pm.collectionVariables.set(\"{variable}\", {});", Value::from(value)));
        self
    }

    /// Stores a value of `body` in a variable for later requests.
    #[must_use]
    pub(crate) fn keep(mut self, variable: &str, place: &str) -> Self {
        self.script.push(format!("pm.collectionVariables.set(\"{variable}\", body{place});"));
        self
    }

    /// Stores a value of the reply in a variable, unless the reply is a refusal.
    #[must_use]
    pub(crate) fn keep_if_done(mut self, variable: &str, place: &str) -> Self {
        self.script.push(format!(
            "if (pm.response.code < 300) pm.collectionVariables.set(\"{variable}\", pm.response.json(){place});"
        ));
        self
    }

    /// Returns the request in the format of the collection.
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

/// Returns a value as text for a form or query.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
