//! The body of every refusal: the fields of its shape, then `error`, `code` and `request_id`.

use actix_web::{
    Error, HttpResponse,
    body::{BoxBody, MessageBody},
    http::{
        Method,
        header::{self, HeaderValue},
    },
};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::http::{
    error::{ApiError, Shape},
    request_id::RequestId,
};

/// Writes the body of a refusal. Other responses are left unchanged.
///
/// A refusal that is not an [`ApiError`] comes from actix itself. Its body is replaced by the one for its
/// status; its headers stay.
pub(crate) fn seal<B>(response: HttpResponse<B>, id: &RequestId, method: &Method) -> HttpResponse<BoxBody>
where
    B: MessageBody + 'static,
{
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response.map_into_boxed_body();
    }
    let body = match response.error().and_then(Error::as_error::<ApiError>) {
        Some(error) => {
            error.log(id.as_str());
            render(error, id)
        }
        None => {
            if status.is_server_error() {
                let error = response.error().map(ToString::to_string).unwrap_or_default();
                tracing::error!(request_id = id.as_str(), status = status.as_u16(), error, "request failed");
            }
            render(&ApiError::of_status(status, method), id)
        }
    };
    response.map_body(|head, _| {
        head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        head.headers.remove(header::CONTENT_LENGTH);
        BoxBody::new(body)
    })
}

/// Returns the body of a refusal, for the OpenAPI document.
pub(crate) fn body(error: &ApiError, id: &RequestId) -> serde_json::Value {
    serde_json::to_value(Envelope { error, id }).unwrap_or_default()
}

fn render(error: &ApiError, id: &RequestId) -> Vec<u8> {
    // A map with string keys and plain values always serialises.
    serde_json::to_vec(&Envelope { error, id }).unwrap_or_default()
}

struct Envelope<'a> {
    error: &'a ApiError,
    id: &'a RequestId,
}

impl Serialize for Envelope<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self.error.shape() {
            Shape::Fields(errors) => errors.write(&mut map)?,
            Shape::Detail(message) => map.serialize_entry("detail", message)?,
            Shape::Error(_) => {}
        }
        for (key, value) in self.error.extras() {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry("error", &self.error.message())?;
        map.serialize_entry("code", self.error.code().as_str())?;
        map.serialize_entry("request_id", self.id.as_str())?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::http::{code::Code, error::TokenProblem};

    fn shown(error: &ApiError) -> (Value, RequestId) {
        let id = RequestId::generate();
        (serde_json::from_slice(&render(error, &id)).unwrap(), id)
    }

    #[test]
    fn fields_keep_their_lists_beside_the_three_keys() {
        let (body, id) = shown(&ApiError::field("phone", "This field is required."));
        assert_eq!(
            body,
            json!({"phone": ["This field is required."], "error": "phone: This field is required.",
                   "code": "validation_error", "request_id": id.as_str()})
        );
    }

    #[test]
    fn extras_stand_beside_the_error() {
        let error = ApiError::conflict(Code::IllegalTransition, "No such move").with("from", "active");
        let (body, id) = shown(&error);
        assert_eq!(
            body,
            json!({"from": "active", "error": "No such move", "code": "illegal_transition", "request_id": id.as_str()})
        );
    }

    #[test]
    fn a_bad_token_lists_its_messages() {
        let (body, _) = shown(&ApiError::unauthorized(TokenProblem::WrongType));
        assert_eq!(body["detail"], "Given token not valid for any token type");
        assert_eq!(body["error"], body["detail"]);
        assert_eq!(
            body["messages"],
            json!([{"token_class": "AccessToken", "token_type": "access", "message": "Token has wrong type"}])
        );
    }
}
