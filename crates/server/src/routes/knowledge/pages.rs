//! Pages of what a company knows: its own rows first, then those of the shared library, if the company uses it.

use chatbot::settings::SettingsRecord as _;
use knowledge::{EntryList, EntryPosition};
use serde_json::json;
use storage::CompanyStore;
use tenancy::{
    DocumentId, StoreError,
    access::{Desk, Housekeeper, Staff},
};

use super::target::Target;
use crate::{
    app::App,
    http::{
        describe::{Parameter, parameter},
        error::ApiError,
        params::{MAX_SAFE, Params},
    },
};

/// Rows per page by default.
const USUAL: usize = 50;
/// Most rows per page.
const MOST: usize = 200;

/// Describes `limit`.
pub(super) fn limit() -> Parameter {
    parameter(
        "limit",
        "Rows per page. A number out of range is replaced by the nearest allowed one.",
        json!({ "type": "integer", "default": USUAL, "x-maximum": MOST }),
    )
}

/// Reads `limit`.
///
/// # Errors
/// 400 for what is no integer.
pub(super) fn limit_of(params: &Params) -> Result<usize, ApiError> {
    Ok(params.integer("limit")?.map_or(USUAL, |limit| usize::try_from(limit).unwrap_or(1).clamp(1, MOST)))
}

/// Describes `cursor`.
pub(super) fn cursor() -> Parameter {
    parameter("cursor", "The `next` of the page before.", json!({ "type": "string" }))
}

/// The last row of a page.
pub(super) trait Spot: Copy + Send + 'static {
    /// Returns its text in a cursor.
    fn write(self) -> String;

    /// Reads the text.
    fn read(text: &str) -> Option<Self>;
}

impl Spot for DocumentId {
    fn write(self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        number(text).map(Self::new)
    }
}

impl Spot for EntryPosition {
    fn write(self) -> String {
        format!("{}.{}", self.document, self.position)
    }

    fn read(text: &str) -> Option<Self> {
        let (document, position) = text.split_once('.')?;
        Some(Self { document: DocumentId::new(number(document)?), position: number(position)? })
    }
}

/// Reads an id or a place from a cursor.
pub(super) fn number(text: &str) -> Option<i64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_plain { text.parse().ok()? } else { return None };
    (0..MAX_SAFE).contains(&number).then_some(number)
}

/// Where a page other than the first one begins: after a row, or at the first one of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start<P> {
    Own(P),
    Shared(Option<P>),
}

const OWN: &str = "own";
const SHARED: &str = "shared";

impl<P: Spot> Start<P> {
    fn of(params: &Params) -> Result<Option<Self>, ApiError> {
        let parse = |cursor| Self::parse(cursor).ok_or_else(|| ApiError::invalid_parameter("cursor"));
        params.text("cursor").map(parse).transpose()
    }

    fn parse(cursor: &str) -> Option<Self> {
        match cursor.split_once('.') {
            None if cursor == SHARED => Some(Self::Shared(None)),
            Some((OWN, spot)) => P::read(spot).map(Self::Own),
            Some((SHARED, spot)) => P::read(spot).map(|spot| Self::Shared(Some(spot))),
            _ => None,
        }
    }

    fn write(self) -> String {
        match self {
            Self::Shared(None) => SHARED.to_owned(),
            Self::Own(spot) => format!("{OWN}.{}", spot.write()),
            Self::Shared(Some(spot)) => format!("{SHARED}.{}", spot.write()),
        }
    }
}

/// Some rows of one knowledge, and where its next page begins.
pub(super) type Part<R, P> = (Vec<R>, Option<P>);

/// Rows, each with whether it belongs to the library, and the cursor of the next page.
pub(super) struct Pages<R> {
    pub(super) rows: Vec<(R, bool)>,
    pub(super) next: Option<String>,
}

/// Reads the page that the query asks for.
///
/// # Errors
/// 400 for a bad parameter, 404 for a company that does not exist.
pub(super) async fn read<R: Send + 'static, P: Spot>(
    app: &App,
    staff: Staff,
    params: &Params,
    list: impl Fn(&mut dyn EntryList, Option<P>, usize) -> Result<Part<R, P>, StoreError> + Clone + Send + 'static,
) -> Result<Pages<R>, ApiError> {
    let target = Target::of_staff(&staff, params)?;
    let limit = limit_of(params)?;
    let start = Start::of(params)?;
    let (own, shared) = match start {
        None => (Some(None), None),
        Some(Start::Own(spot)) => (Some(Some(spot)), None),
        Some(Start::Shared(spot)) => (None, spot),
    };
    let Some(company) = target.company() else {
        let after = own.flatten().or(shared);
        let (rows, next) = target.read(app, staff, move |store| list(store, after, limit)).await?;
        let rows = rows.into_iter().map(|row| (row, true)).collect();
        return Ok(Pages { rows, next: next.map(|spot| Start::Shared(Some(spot)).write()) });
    };
    let list_own = list.clone();
    let read_own = move |store: &mut CompanyStore<'_, Desk>| {
        let uses_library = store.settings()?.use_shared_library;
        let part = own.map_or_else(|| Ok((Vec::new(), None)), |after| list_own(store, after, limit))?;
        Ok((part, uses_library))
    };
    let ((rows, next), uses_library) = target.read(app, staff, read_own).await?;
    let mut rows: Vec<_> = rows.into_iter().map(|row| (row, false)).collect();
    let next = match next {
        Some(spot) => Some(Start::Own(spot)),
        None if !uses_library => None,
        None if rows.len() >= limit => Some(Start::Shared(None)),
        None => {
            let left = limit - rows.len();
            let read = move |store: &mut CompanyStore<'_, Housekeeper>| list(store, shared, left);
            let (found, next) = app.db.read_for(company, app.indexes.librarian(), read).await?;
            rows.extend(found.into_iter().map(|row| (row, true)));
            next.map(|spot| Start::Shared(Some(spot)))
        }
    };
    Ok(Pages { rows, next: next.map(Start::write) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back() {
        let spot = EntryPosition { document: DocumentId::new(3), position: 70 };
        for start in [Start::Own(spot), Start::Shared(Some(spot)), Start::Shared(None)] {
            assert_eq!(Start::parse(&start.write()), Some(start));
        }
        let start = Start::Own(DocumentId::new(12));
        assert_eq!(Start::parse(&start.write()), Some(start));
    }

    #[test]
    fn any_other_text_is_no_cursor() {
        for bad in ["", "own", "own.", "own.1", "own.1.", "own.1.2.3", "own.-1.2", "own.1.9007199254740992", "x.1.2"] {
            assert_eq!(Start::<EntryPosition>::parse(bad), None, "{bad}");
        }
    }
}
