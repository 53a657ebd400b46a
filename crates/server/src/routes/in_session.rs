//! Bodies whose `session_id` is checked before all other fields.

use crate::http::{
    body::{Body, Fields},
    describe::Field,
    error::ApiError,
    field_errors::FieldErrors,
    rules::{Rule as _, text},
};

/// A body with a `session_id`. The error for a missing one has a shape of its own and comes before
/// the errors of all other fields.
pub(super) struct InSession<T> {
    session_id: Option<String>,
    rest: Result<T, FieldErrors>,
}

impl<T> InSession<T> {
    /// Returns the session's id and the rest of the body.
    ///
    /// # Errors
    /// 400 for a missing id, else for refused fields.
    pub(super) fn split(self) -> Result<(String, T), ApiError> {
        let id = self.session_id.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| ApiError::required("session_id"))?;
        Ok((id, self.rest.map_err(ApiError::fields)?))
    }
}

impl<T: Body> Body for InSession<T> {
    const LIMIT: usize = T::LIMIT;
    const NAMES: Option<&'static [&'static str]> = None;

    fn read(mut fields: Fields<'_>) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let read = text().max(100).optional().read(&mut fields, "session_id");
        let session_id = errors.keep("session_id", read);
        match session_id {
            Some(session_id) => Ok(Self { session_id, rest: T::read(fields) }),
            None => Err(errors),
        }
    }

    fn name() -> String {
        T::name()
    }

    fn describe() -> Vec<Field> {
        let schema = text().max(100).describe().schema;
        let mut fields = vec![Field { name: "session_id", schema, is_required: true }];
        fields.extend(T::describe());
        fields
    }
}

/// A body that has no other fields.
pub(super) struct SessionAlone;

impl Body for SessionAlone {
    const NAMES: Option<&'static [&'static str]> = Some(&[]);

    fn read(_: Fields<'_>) -> Result<Self, FieldErrors> {
        Ok(Self)
    }

    fn name() -> String {
        "SessionBody".to_owned()
    }

    fn describe() -> Vec<Field> {
        Vec::new()
    }
}
