//! Callers who sign in.

use serde_json::{Value, json};

use crate::{
    Client, Socket,
    calls::{AccountCalls as _, Caller},
};

/// The superadmin's user name in every world.
pub(crate) const SUPERADMIN: &str = "root";
/// The superadmin's password. The password policy would refuse it for other accounts.
pub(crate) const PASSWORD: &str = "letmein";

/// The superadmin of a world.
pub struct Superadmin {
    pub(crate) client: Client,
}

/// An admin of a company, signed in.
#[derive(Clone)]
pub struct Admin {
    pub(crate) client: Client,
    /// User id.
    pub id: i64,
    /// E-mail address, which can be used as login.
    pub email: String,
    /// Password.
    pub password: String,
    /// Company code.
    pub company: String,
    /// Refresh token.
    pub refresh: String,
}

/// An agent of a company, past the first login and signed in.
#[derive(Clone)]
pub struct Agent {
    pub(crate) client: Client,
    /// Agent id, not the user id.
    pub id: i64,
    /// Full name.
    pub name: String,
    /// E-mail address, which is also the user name.
    pub email: String,
    /// Password.
    pub password: String,
    /// Company code.
    pub company: String,
    /// Refresh token.
    pub refresh: String,
}

impl Caller for Superadmin {
    fn client(&self) -> &Client {
        &self.client
    }
}

impl Caller for Admin {
    fn client(&self) -> &Client {
        &self.client
    }
}

impl Caller for Agent {
    fn client(&self) -> &Client {
        &self.client
    }
}

/// The password that agents choose at first login.
const CHOSEN: &str = "correct horse battery";

/// Opens a socket to a session with the caller's token, and asserts that it begins as it should.
async fn session_socket(client: &Client, company: &str, session: &str) -> Socket {
    let mut socket = client.signed_in_socket(&format!("/ws/chat/{company}/{session}/")).await;
    let first = socket.next().await;
    assert_eq!(first["type"], "connection_established", "{first}");
    socket
}

/// Opens a socket to all sessions of the caller's company. Returns it with its first frame.
async fn company_socket(client: &Client) -> (Socket, Value) {
    let mut socket = client.signed_in_socket("/ws/agents/").await;
    let first = socket.next().await;
    assert_eq!(first["type"], "agent_connected", "{first}");
    (socket, first)
}

impl Superadmin {
    /// Signs in with the password that every world sets.
    pub(crate) async fn sign_in(client: &Client) -> Self {
        let signed_in = client.login(SUPERADMIN, PASSWORD).await.ok();
        Self { client: client.with_token(&text(&signed_in["access"])) }
    }

    /// Opens a socket to a session.
    pub async fn socket(&self, company: &str, session: &str) -> Socket {
        session_socket(&self.client, company, session).await
    }
}

impl Admin {
    /// Opens a socket to a session of the company.
    pub async fn socket(&self, session: &str) -> Socket {
        session_socket(&self.client, &self.company, session).await
    }

    /// Opens a socket to all sessions of the company. Returns it with its first frame.
    pub async fn company_socket(&self) -> (Socket, Value) {
        company_socket(&self.client).await
    }

    /// Signs in with the credentials from the response of `create-admin`.
    pub(crate) async fn sign_in(client: &Client, created: &Value) -> Self {
        let (email, password) = (text(&created["email"]), text(&created["password"]));
        let signed_in = client.login(&email, &password).await.ok();
        Self {
            client: client.with_token(&text(&signed_in["access"])),
            id: signed_in["user"]["id"].as_i64().expect("a user id"),
            email,
            password,
            company: text(&created["company_id"]),
            refresh: text(&signed_in["refresh"]),
        }
    }

    /// Signs in again; returns the same admin with new tokens.
    pub async fn signed_in_again(&self) -> Self {
        let signed_in = self.client.anonymous().login(&self.email, &self.password).await.ok();
        Self {
            client: self.client.with_token(&text(&signed_in["access"])),
            refresh: text(&signed_in["refresh"]),
            ..self.clone()
        }
    }
}

impl Agent {
    /// Opens a socket to a session of the company.
    pub async fn socket(&self, session: &str) -> Socket {
        session_socket(&self.client, &self.company, session).await
    }

    /// Opens a socket to all sessions of the company. Returns it with its first frame.
    pub async fn company_socket(&self) -> (Socket, Value) {
        company_socket(&self.client).await
    }

    /// Chooses a password and signs in, with the response of `create-agent`.
    pub(crate) async fn start(client: &Client, created: &Value) -> Self {
        let email = text(&created["email"]);
        let choice = json!({
            "email": email, "current_password": created["password"],
            "new_password": CHOSEN, "confirm_password": CHOSEN,
        });
        client.agent_first_login(&choice).await.ok();
        let signed_in = client.login(&email, CHOSEN).await.ok();
        Self {
            client: client.with_token(&text(&signed_in["access"])),
            id: created["agent"]["id"].as_i64().expect("an agent id"),
            name: text(&created["agent"]["name"]),
            email,
            password: CHOSEN.to_owned(),
            company: text(&created["agent"]["company_id"]),
            refresh: text(&signed_in["refresh"]),
        }
    }

    /// Signs in again; returns the same agent with new tokens.
    pub async fn signed_in_again(&self) -> Self {
        let signed_in = self.client.anonymous().login(&self.email, &self.password).await.ok();
        Self {
            client: self.client.with_token(&text(&signed_in["access"])),
            refresh: text(&signed_in["refresh"]),
            ..self.clone()
        }
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}
