//! The calls of the table: bodies, and the answers for missing objects.

mod accounts;
mod knowledge;
mod sessions;

pub(crate) use accounts::*;
pub(crate) use knowledge::*;
pub(crate) use sessions::*;

use api_tests::prelude::*;

use crate::{
    rights::{COMPANIES, Whose},
    scene::{Kind, Thing},
};

/// A request body.
pub(crate) enum Body {
    Empty,
    Json(Value),
    /// A form with a small PDF and these text fields.
    File(Value),
}

/// The answer of an endpoint for an object that does not exist.
#[derive(Clone, Copy)]
pub(crate) enum Missing {
    /// This status, with this text as `error`.
    Error(u16, &'static str),
    /// A refusal of this field with this message.
    Field(&'static str, &'static str),
}

/// How to call an endpoint.
pub(crate) struct Sending {
    /// The kind of object that the call is about.
    pub(crate) kind: Kind,
    /// The objects to try it on, by owner.
    pub(crate) on: &'static [Whose],
    pub(crate) body: fn(&Thing) -> Body,
    /// The answer for a missing object, if the call needs one.
    pub(crate) missing: Option<Missing>,
    /// Whether a successful call uses up its object.
    pub(crate) spends: bool,
    /// For lists: how to find objects in the answer.
    pub(crate) shows: Option<Shows>,
    /// An additional check of the answer to a caller of this company.
    pub(crate) own: fn(&Value, &str) -> bool,
}

/// How to find objects in the answer of a list.
pub(crate) struct Shows {
    /// Returns the rows of the answer.
    pub(crate) rows: fn(&Value) -> Vec<Value>,
    /// The JSON pointer to the identifying value in a row.
    pub(crate) row: &'static str,
    /// Returns the identifying value of an object.
    pub(crate) thing: fn(&Thing) -> Value,
}

/// Describes a call without an object.
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

/// Describes a call about one object.
fn about(kind: Kind, on: &'static [Whose], missing: Missing, body: fn(&Thing) -> Body) -> Sending {
    Sending { kind, on, missing: Some(missing), ..plain(body) }
}

/// Describes a call that lists objects.
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
    body.as_array().unwrap_or_else(|| panic!("not a bare array: {body}")).clone()
}

fn results(body: &Value) -> Vec<Value> {
    bare(&body["results"])
}

/// Describes a call in which a superadmin must name the company and an admin need not.
fn named_company(body: fn(&Thing) -> Body) -> Sending {
    about(Kind::Company, COMPANIES, Missing::Error(404, "Company not found"), body)
}
