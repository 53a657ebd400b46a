//! How each endpoint of the table is called, and how it says that there is no such object.

mod accounts;
mod sessions;

pub(crate) use accounts::*;
pub(crate) use sessions::*;

use api_tests::prelude::*;

use crate::{
    scene::{Kind, Thing},
    words::{COMPANIES, Whose},
};

/// A body to send.
pub(crate) enum Body {
    Empty,
    Json(Value),
    /// A small PDF beside these text fields.
    File(Value),
}

/// What an endpoint answers for an object that is not there.
#[derive(Clone, Copy)]
pub(crate) enum Missing {
    /// A status with a code and an `error`.
    Error(u16, &'static str),
    /// A refusal of this field.
    Field(&'static str, &'static str),
}

/// How to call an endpoint.
pub(crate) struct Sending {
    /// The kind of its objects.
    pub(crate) kind: Kind,
    /// Whose objects it is tried on.
    pub(crate) on: &'static [Whose],
    pub(crate) body: fn(&Thing) -> Body,
    /// What it answers where there is no object, if it needs one.
    pub(crate) missing: Option<Missing>,
    /// Whether a call that succeeds uses its object up.
    pub(crate) spends: bool,
    /// What a list shows of its rows, and the same of one object.
    pub(crate) shows: Option<Shows>,
    /// What more must be true of an answer to a caller of this company.
    pub(crate) own: fn(&Value, &str) -> bool,
}

/// How to find objects in a list.
pub(crate) struct Shows {
    pub(crate) rows: fn(&Value) -> Vec<Value>,
    pub(crate) row: &'static str,
    pub(crate) thing: fn(&Thing) -> Value,
}

/// A call about nothing in particular.
fn plain(body: fn(&Thing) -> Body) -> Sending {
    Sending {
        kind: Kind::Nothing,
        on: &[Whose::Mine],
        body,
        missing: None,
        spends: false,
        shows: None,
        own: |_, _| true,
    }
}

/// A call about one object.
fn about(kind: Kind, on: &'static [Whose], missing: Missing, body: fn(&Thing) -> Body) -> Sending {
    Sending { kind, on, missing: Some(missing), ..plain(body) }
}

/// A call that shows many objects.
fn list(
    kind: Kind,
    on: &'static [Whose],
    rows: fn(&Value) -> Vec<Value>,
    row: &'static str,
    thing: fn(&Thing) -> Value,
) -> Sending {
    Sending { kind, on, shows: Some(Shows { rows, row, thing }), ..plain(nothing) }
}

impl Sending {
    fn spending(self) -> Self {
        Self { spends: true, ..self }
    }
}

pub(crate) fn open() -> Sending {
    plain(nothing)
}

pub(crate) fn page_of_the_document() -> Sending {
    plain(nothing)
}

fn nothing(_: &Thing) -> Body {
    Body::Empty
}

fn bare(body: &Value) -> Vec<Value> {
    body.as_array().unwrap_or_else(|| panic!("a bare array, not {body}")).clone()
}

fn results(body: &Value) -> Vec<Value> {
    bare(&body["results"])
}

/// A call in which a superadmin names the company and an admin need not.
fn named_company(body: fn(&Thing) -> Body) -> Sending {
    about(Kind::Company, COMPANIES, Missing::Error(404, "Company not found"), body)
}
