//! Numbered pages, in four shapes; see docs/compatibility.md, Pages.

use std::num::{IntErrorKind, ParseIntError};

use schemars::JsonSchema;
use serde::Serialize;

use crate::http::{error::ApiError, links::Links, params::Params};

/// The page that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Number(i64),
    Last,
    Invalid,
}

/// What a page after the last one shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beyond {
    Refused,
    FirstPage,
    Nothing,
}

/// The page and page size that a query asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paging {
    page: Page,
    size: i64,
    beyond: Beyond,
}

impl Paging {
    /// Reads `page`, a number or `last`, and `page_size`, at most 100, for a [`LinkPage`].
    pub(crate) fn link(params: &Params) -> Self {
        let page = match params.text("page") {
            None => Page::Number(1),
            Some("last") => Page::Last,
            Some(text) => number(text).map_or(Page::Invalid, Page::Number),
        };
        Self { page, size: size(params, "page_size", 100), beyond: Beyond::Refused }
    }

    /// Reads `page` and `page_size`, at most 100, for a [`PlainPage`].
    pub(crate) fn plain(params: &Params) -> Self {
        Self { page: page(params), size: size(params, "page_size", 100), beyond: Beyond::FirstPage }
    }

    /// Reads `page` and `per_page`, at most 100, for a [`ProfilesPage`].
    pub(crate) fn profiles(params: &Params) -> Self {
        Self { page: page(params), size: size(params, "per_page", 100), beyond: Beyond::Nothing }
    }

    /// Reads `page` and `per_page`, at most 50, for an [`AgentPage`].
    pub(crate) fn agent(params: &Params) -> Self {
        Self { page: page(params), size: size(params, "per_page", 50), beyond: Beyond::Nothing }
    }

    /// Fetches the page through a port that takes offset and limit, and returns the total count with the
    /// rows.
    ///
    /// The port is called twice only for `last`, and for a page after the last one if that shows the
    /// first page instead.
    ///
    /// # Errors
    /// The error of the port.
    pub(crate) fn fetch<T, E>(self, mut rows: impl FnMut(i64, i64) -> Result<(i64, Vec<T>), E>) -> Result<Paged<T>, E> {
        let number = match self.page {
            Page::Number(number) => number,
            Page::Last | Page::Invalid => 1,
        };
        let (count, found) = rows((number - 1).saturating_mul(self.size), self.size)?;
        let last = pages(count, self.size);
        let refused = self.page == Page::Invalid || (self.beyond == Beyond::Refused && number > last);
        let again = match (self.page, self.beyond) {
            (Page::Last, _) if last > 1 => Some(last),
            (_, Beyond::FirstPage) if number > last => Some(1),
            _ => None,
        };
        let (number, (count, rows)) = match again {
            Some(number) => (number, rows((number - 1).saturating_mul(self.size), self.size)?),
            None => (number, (count, found)),
        };
        Ok(Paged { number, size: self.size, count, rows, refused })
    }
}

/// Reads `page`. Anything that is not a number from 1 reads as 1.
fn page(params: &Params) -> Page {
    Page::Number(params.text("page").and_then(number).unwrap_or(1))
}

/// Reads a number from 1. One too large for the type reads as the largest, which is after the last page.
fn number(text: &str) -> Option<i64> {
    let number = text.parse().or_else(|error: ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => Ok(i64::MAX),
        _ => Err(error),
    });
    number.ok().filter(|number| *number >= 1)
}

fn size(params: &Params, name: &str, max: i64) -> i64 {
    params.text(name).and_then(number).unwrap_or(10).min(max)
}

/// Returns the number of pages, at least one.
fn pages(count: i64, size: i64) -> i64 {
    (count.max(1) - 1) / size + 1
}

/// The rows of one page, and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paged<T> {
    number: i64,
    size: i64,
    count: i64,
    rows: Vec<T>,
    refused: bool,
}

impl<T> Paged<T> {
    /// Converts each row.
    pub(crate) fn map<U>(self, row: impl FnMut(T) -> U) -> Paged<U> {
        let Self { number, size, count, rows, refused } = self;
        Paged { number, size, count, rows: rows.into_iter().map(row).collect(), refused }
    }

    fn pages(&self) -> i64 {
        pages(self.count, self.size)
    }

    fn has_next(&self) -> bool {
        self.number < self.pages()
    }
}

/// A page with links to its neighbours. `page_size` counts the rows of this page.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LinkPageOf{T}")]
pub(crate) struct LinkPage<T> {
    count: i64,
    next: Option<String>,
    previous: Option<String>,
    total_pages: i64,
    current_page: i64,
    page_size: usize,
    requested_page_size: i64,
    results: Vec<T>,
}

impl<T> LinkPage<T> {
    /// Shapes a page that was fetched with [`Paging::link`].
    ///
    /// # Errors
    /// 404 for a page that does not exist.
    pub(crate) fn new(page: Paged<T>, links: &Links<'_>) -> Result<Self, ApiError> {
        if page.refused {
            return Err(ApiError::invalid_page());
        }
        Ok(Self {
            count: page.count,
            next: page.has_next().then(|| links.page(page.number + 1)),
            previous: (page.number > 1).then(|| links.page(page.number - 1)),
            total_pages: page.pages(),
            current_page: page.number,
            page_size: page.rows.len(),
            requested_page_size: page.size,
            results: page.rows,
        })
    }
}

/// The fields that three of the shapes share.
#[derive(Debug, Serialize, JsonSchema)]
struct Position {
    count: i64,
    current_page: i64,
    total_pages: i64,
    has_next: bool,
    has_previous: bool,
}

impl Position {
    fn of<T>(page: &Paged<T>) -> Self {
        Self {
            count: page.count,
            current_page: page.number,
            total_pages: page.pages(),
            has_next: page.has_next(),
            has_previous: page.number > 1,
        }
    }
}

/// A page of rows.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PlainPageOf{T}")]
pub(crate) struct PlainPage<T> {
    #[serde(flatten)]
    position: Position,
    results: Vec<T>,
}

impl<T> From<Paged<T>> for PlainPage<T> {
    fn from(page: Paged<T>) -> Self {
        Self { position: Position::of(&page), results: page.rows }
    }
}

/// A page of profiles, listed under both `profiles` and `results`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProfilesPageOf{T}")]
pub(crate) struct ProfilesPage<T> {
    #[serde(flatten)]
    position: Position,
    per_page: i64,
    profiles: Vec<T>,
    results: Vec<T>,
}

impl<T: Clone> From<Paged<T>> for ProfilesPage<T> {
    fn from(page: Paged<T>) -> Self {
        let position = Position::of(&page);
        Self { position, per_page: page.size, profiles: page.rows.clone(), results: page.rows }
    }
}

/// A page of an agent's sessions.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AgentPageOf{T}")]
pub(crate) struct AgentPage<T> {
    #[serde(flatten)]
    position: Position,
    sessions: Vec<T>,
}

impl<T> From<Paged<T>> for AgentPage<T> {
    fn from(page: Paged<T>) -> Self {
        Self { position: Position::of(&page), sessions: page.rows }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use serde_json::{json, to_value};

    use super::*;

    /// Pages of the numbers below `count`.
    fn paged(paging: Paging, count: i64) -> Paged<i64> {
        let rows = |offset: i64, limit: i64| {
            Ok::<_, Infallible>((count, (offset..count.min(offset.saturating_add(limit))).collect()))
        };
        paging.fetch(rows).unwrap()
    }

    fn link(query: &str, count: i64) -> Result<serde_json::Value, ApiError> {
        let params = Params::parse(query);
        let links = Links::new("http://h", "/a/", &params);
        LinkPage::new(paged(Paging::link(&params), count), &links).map(|page| to_value(page).unwrap())
    }

    #[test]
    fn linked_pages_name_their_neighbours_and_keep_other_parameters() {
        assert_eq!(
            link("page=2&page_size=2&search=a%26b", 5).unwrap(),
            json!({"count": 5, "next": "http://h/a/?page_size=2&search=a%26b&page=3",
                   "previous": "http://h/a/?page_size=2&search=a%26b&page=1", "total_pages": 3, "current_page": 2,
                   "page_size": 2, "requested_page_size": 2, "results": [2, 3]})
        );
        let last = link("page=last&page_size=2", 5).unwrap();
        assert_eq!((&last["current_page"], &last["page_size"], &last["next"]), (&json!(3), &json!(1), &json!(null)));
        let empty = link("page=last", 0).unwrap();
        assert_eq!((&empty["total_pages"], &empty["results"]), (&json!(1), &json!([])));
    }

    #[test]
    fn a_linked_page_that_does_not_exist_is_404() {
        for query in ["page=4&page_size=2", "page=x", "page=0", "page=-1", "page=9223372036854775807"] {
            assert_eq!(link(query, 5).unwrap_err().message(), "Invalid page.", "{query}");
        }
    }

    #[test]
    fn sizes_fall_back_and_are_clamped() {
        for (query, size) in
            [("", 10), ("page_size=x", 10), ("page_size=0", 10), ("page_size=1000", 100), ("page_size=7", 7)]
        {
            assert_eq!(link(query, 0).unwrap()["requested_page_size"], size, "{query}");
        }
        assert_eq!(Paging::agent(&Params::parse("per_page=100")).size, 50);
    }

    #[test]
    fn a_plain_page_beyond_the_last_is_the_first() {
        let page = |query| to_value(PlainPage::from(paged(Paging::plain(&Params::parse(query)), 3))).unwrap();
        let first = json!({"count": 3, "current_page": 1, "total_pages": 2, "has_next": true, "has_previous": false,
                           "results": [0, 1]});
        for query in ["page_size=2", "page=9&page_size=2", "page=x&page_size=2", "page=0&page_size=2"] {
            assert_eq!(page(query), first, "{query}");
        }
        assert_eq!(page("page=2&page_size=2")["results"], json!([2]));
    }

    #[test]
    fn profile_and_agent_pages_beyond_the_last_are_empty_and_echo_their_number() {
        let params = Params::parse("page=9&per_page=2");
        assert_eq!(
            to_value(ProfilesPage::from(paged(Paging::profiles(&params), 3))).unwrap(),
            json!({"count": 3, "current_page": 9, "total_pages": 2, "has_next": false, "has_previous": true,
                   "per_page": 2, "profiles": [], "results": []})
        );
        assert_eq!(
            to_value(AgentPage::from(paged(Paging::agent(&params), 3).map(|n| n * 2))).unwrap(),
            json!({"count": 3, "current_page": 9, "total_pages": 2, "has_next": false, "has_previous": true,
                   "sessions": []})
        );
    }
}
