//! Dates and times. The domain gets the current time as an argument and never reads the system clock.

use std::{fmt, time::Duration};

use time::{Month, OffsetDateTime};

/// A moment in UTC, in whole microseconds since 1970, which is the precision of both databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Microseconds in a day.
const DAY: i64 = 86_400_000_000;

/// The error for a text that is not a valid date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid date or time")]
pub struct InvalidTime;

/// A source of the current time, which tests replace.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
}

impl Timestamp {
    /// Wraps microseconds since 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Returns the microseconds since 1970-01-01T00:00:00Z.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Returns the whole seconds since 1970, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Returns the moment `span` later, saturating at the largest timestamp.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }

    /// Returns the moment `span` earlier, saturating at the smallest timestamp.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros(span)))
    }

    /// Returns the time that has passed since `earlier`, or zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Returns the first moment of this day.
    #[must_use]
    pub fn start_of_day(self) -> Self {
        Self(self.0 - self.0.rem_euclid(DAY))
    }

    /// Returns the first moment of this week's Monday.
    #[must_use]
    pub fn start_of_week(self) -> Self {
        let day = self.start_of_day();
        // 1970-01-01 was a Thursday, three days after a Monday.
        Self(day.0 - (day.0 / DAY + 3).rem_euclid(7) * DAY)
    }

    /// Returns the first moment of this month.
    #[must_use]
    pub fn start_of_month(self) -> Self {
        Self(self.start_of_day().0 - (i64::from(self.civil().day()) - 1) * DAY)
    }

    /// Returns the day.
    pub fn date(self) -> Date {
        Date(self.civil().date())
    }

    /// Formats as `DD/MM/YYYY HH:MM`, as in the `formatted_*` fields of replies.
    pub fn formatted(self) -> String {
        let at = self.civil();
        format!("{:02}/{:02}/{:04} {:02}:{:02}", at.day(), u8::from(at.month()), at.year(), at.hour(), at.minute())
    }

    /// Formats as `YYYYMMDD_HHMMSS`, as in file names.
    pub fn compact(self) -> String {
        let at = self.civil();
        format!(
            "{:04}{:02}{:02}_{:02}{:02}{:02}",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        )
    }

    /// Parses an RFC 3339 timestamp, or a day, which means its first moment.
    ///
    /// # Errors
    /// Fails for any other text.
    pub fn parse(text: &str) -> Result<Self, InvalidTime> {
        if let Ok(day) = Date::parse(text) {
            return Ok(day.start());
        }
        let at =
            OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).map_err(|_| InvalidTime)?;
        i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000)).map(Self).map_err(|_| InvalidTime)
    }

    fn civil(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

/// Formats as RFC 3339 in UTC with six fraction digits: `2026-11-23T02:52:03.458070Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.civil();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.microsecond()
        )
    }
}

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(time::Date);

impl Date {
    /// Parses `YYYY-MM-DD`.
    ///
    /// # Errors
    /// Fails for any other format, and for days that do not exist.
    pub fn parse(text: &str) -> Result<Self, InvalidTime> {
        let well_formed = text.len() == 10
            && text.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
        let mut parts = text.splitn(3, '-');
        match (well_formed, parts.next(), parts.next(), parts.next()) {
            (true, Some(year), Some(month), Some(day)) => {
                let month: u8 = month.parse().map_err(|_| InvalidTime)?;
                let date = time::Date::from_calendar_date(
                    year.parse().map_err(|_| InvalidTime)?,
                    Month::try_from(month).map_err(|_| InvalidTime)?,
                    day.parse().map_err(|_| InvalidTime)?,
                );
                date.map(Self).map_err(|_| InvalidTime)
            }
            _ => Err(InvalidTime),
        }
    }

    /// Returns the year, the month and the day of the month.
    pub(crate) fn parts(self) -> (i16, i8, i8) {
        let part = |number: u8| i8::try_from(number).unwrap_or(i8::MAX);
        (i16::try_from(self.0.year()).unwrap_or(i16::MAX), part(self.0.month().into()), part(self.0.day()))
    }

    /// Returns the next day, if there is one.
    pub(crate) fn next(self) -> Option<Self> {
        self.0.next_day().map(Self)
    }

    /// Returns the first moment of the day in UTC.
    pub fn start(self) -> Timestamp {
        let seconds = self.0.midnight().assume_utc().unix_timestamp();
        Timestamp(seconds.saturating_mul(1_000_000))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), u8::from(self.0.month()), self.0.day())
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_prints_six_digits_and_reads_itself_back() {
        let at = Timestamp::parse("2026-11-23T02:52:03.458070Z").unwrap();
        assert_eq!(at.to_string(), "2026-11-23T02:52:03.458070Z");
        assert_eq!(at.formatted(), "23/11/2026 02:52");
        assert_eq!(at.compact(), "20261123_025203");
        assert_eq!(Timestamp::parse("2026-11-23T03:52:03.458070+01:00"), Ok(at));
    }

    #[test]
    fn days_weeks_and_months_begin_at_midnight() {
        let at = Timestamp::parse("2026-11-26T17:30:00Z").unwrap();
        assert_eq!(at.start_of_day().to_string(), "2026-11-26T00:00:00.000000Z");
        assert_eq!(at.start_of_week().to_string(), "2026-11-23T00:00:00.000000Z");
        assert_eq!(at.start_of_month().to_string(), "2026-11-01T00:00:00.000000Z");
    }

    #[test]
    fn a_day_is_read_strictly() {
        assert_eq!(Date::parse("2024-02-29").unwrap().to_string(), "2024-02-29");
        for bad in ["", "2023-02-29", "2024-2-29", "2024-02-29T00:00:00Z", "+024-02-29", "2024/02/29"] {
            assert_eq!(Date::parse(bad), Err(InvalidTime), "{bad:?}");
        }
    }
}
