//! How staff send corrections of a visitor's profile.

use handoff::correcting::Correction;
use knowledge::markup::neutralise;
use serde_json::{Map, Value, json};

use crate::{
    http::{
        body::{Body as _, Fields, Raw, body},
        field_errors::FieldError,
        rules::{Single, email, name, object, text},
    },
    routes::visitors::CountryCode,
};

body! {
    /// Corrections of a profile: the fields of `create-profile/`, each optional.
    struct CorrectionBody {
        name: Option<String> = name().max(100).optional().not_blank(),
        phone: Option<String> = text().max(20).optional().not_blank(),
        email: Option<String> = email().optional(),
        address: Option<String> = text().max(500).optional(),
        country_code: Option<String> = CountryCode.optional(),
    }
}

/// Reads an object with corrections of a profile.
pub(super) struct Corrections;

impl Single for Corrections {
    type Value = Correction;

    fn accept(&self, raw: Raw) -> Result<Correction, FieldError> {
        let mut fields = Fields::default();
        for (key, value) in object().accept(raw)? {
            fields.push(key.into(), Raw::Json(value));
        }
        let body = CorrectionBody::read(fields).map_err(|errors| errors.nested())?;
        Ok(Correction {
            name: body.name.map(|name| neutralise(&name).into_owned()),
            phone: body.phone,
            country_code: body.country_code,
            email: body.email,
            address: body.address,
        })
    }

    fn schema(&self) -> Value {
        let fields = CorrectionBody::describe().into_iter();
        let properties: Map<_, _> = fields.map(|field| (field.name.to_owned(), field.schema)).collect();
        json!({ "type": "object", "properties": properties })
    }
}
