//! The hours in which a company's staff are there.

use serde::{Deserialize, Serialize};
use tenancy::{Date, Timestamp, Zone};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// How many days ahead the next opening is looked for.
const AHEAD: usize = 14;

/// Maximum number of intervals of a weekday.
const INTERVALS: usize = 8;

/// Maximum number of closed days.
const CLOSED_DAYS: usize = 400;

/// The English names of the weekdays.
pub(super) const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The hours in which a company's staff are there: intervals of each weekday in one time zone, and closed days.
///
/// An interval is text such as `09:00-12:30`; it ends after it begins, at `24:00` at the latest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Hours {
    written: Written,
    zone: Zone,
    week: [Vec<(u16, u16)>; 7],
}

/// When hours begin next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Opening<'h> {
    pub(super) day: Day,
    /// Minute of the day.
    minute: u16,
    pub(super) timezone: &'h str,
}

/// A day, seen from today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    Today,
    Tomorrow,
    /// A day within a week; Monday is 0.
    Weekday(usize),
    /// A later day.
    Date(Date),
}

impl Opening<'_> {
    /// Returns the time of the day, such as `09:00`.
    pub(super) fn time(&self) -> String {
        format!("{:02}:{:02}", self.minute / 60, self.minute % 60)
    }
}

/// The form of hours in requests and in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    timezone: String,
    #[serde(default)]
    monday: Vec<String>,
    #[serde(default)]
    tuesday: Vec<String>,
    #[serde(default)]
    wednesday: Vec<String>,
    #[serde(default)]
    thursday: Vec<String>,
    #[serde(default)]
    friday: Vec<String>,
    #[serde(default)]
    saturday: Vec<String>,
    #[serde(default)]
    sunday: Vec<String>,
    #[serde(default)]
    closed_days: Vec<String>,
}

/// Why hours are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHours {
    /// No time zone has this name.
    #[error("timezone: \"{0}\" is not the name of a time zone, such as Europe/Berlin.")]
    Zone(String),
    /// Not an interval of a day.
    #[error("{0}: \"{1}\" is not an interval such as 09:00-17:30.")]
    Interval(&'static str, String),
    /// Too many intervals on one day.
    #[error("{0}: A day has at most {INTERVALS} intervals.")]
    Intervals(&'static str),
    /// Not a date.
    #[error("closed_days: \"{0}\" is not a date such as 2026-12-25.")]
    ClosedDay(String),
    /// Too many closed days.
    #[error("closed_days: There are at most {CLOSED_DAYS} closed days.")]
    ClosedDays,
}

impl TryFrom<Written> for Hours {
    type Error = InvalidHours;

    fn try_from(written: Written) -> Result<Self, InvalidHours> {
        let zone = Zone::parse(&written.timezone).map_err(|_| InvalidHours::Zone(written.timezone.clone()))?;
        let week = [
            intervals("monday", &written.monday)?,
            intervals("tuesday", &written.tuesday)?,
            intervals("wednesday", &written.wednesday)?,
            intervals("thursday", &written.thursday)?,
            intervals("friday", &written.friday)?,
            intervals("saturday", &written.saturday)?,
            intervals("sunday", &written.sunday)?,
        ];
        if written.closed_days.len() > CLOSED_DAYS {
            return Err(InvalidHours::ClosedDays);
        }
        match written.closed_days.iter().find(|day| Date::parse(day).is_err()) {
            Some(day) => Err(InvalidHours::ClosedDay(day.clone())),
            None => Ok(Self { written, zone, week }),
        }
    }
}

impl From<Hours> for Written {
    fn from(hours: Hours) -> Self {
        hours.written
    }
}

impl Hours {
    /// Whether a moment is within the hours.
    pub fn are_open(&self, at: Timestamp) -> bool {
        let clock = self.zone.wall_clock(at);
        let minute = minute_of_day(clock);
        self.of_day(clock).iter().any(|&(from, to)| (from..to).contains(&minute))
    }

    /// Returns when the hours begin next; `None` if they do not begin within two weeks.
    pub(crate) fn next_opening(&self, at: Timestamp) -> Option<Opening<'_>> {
        let clock = self.zone.wall_clock(at);
        let mut day = clock.start_of_day();
        for ahead in 0..AHEAD {
            let earliest = if ahead == 0 { minute_of_day(clock) } else { 0 };
            let begins = self.of_day(day).iter().map(|&(from, _)| from).filter(|&from| from >= earliest).min();
            if let Some(minute) = begins {
                let day = match ahead {
                    0 => Day::Today,
                    1 => Day::Tomorrow,
                    2..7 => Day::Weekday(weekday(day)),
                    _ => Day::Date(day.date()),
                };
                return Some(Opening { day, minute, timezone: &self.written.timezone });
            }
            day = day.plus(std::time::Duration::from_hours(24));
        }
        None
    }

    /// Returns the intervals of the day that a wall clock shows.
    fn of_day(&self, clock: Timestamp) -> &[(u16, u16)] {
        let date = clock.date().to_string();
        if self.written.closed_days.contains(&date) {
            return &[];
        }
        self.week.get(weekday(clock)).map_or(&[], Vec::as_slice)
    }
}

fn minute_of_day(clock: Timestamp) -> u16 {
    u16::try_from(clock.since(clock.start_of_day()).as_secs() / 60).unwrap_or(DAY)
}

/// Returns the day of the week, Monday is 0.
fn weekday(clock: Timestamp) -> usize {
    let days = clock.start_of_day().since(clock.start_of_week()).as_secs() / (24 * 60 * 60);
    usize::try_from(days).unwrap_or(0)
}

fn intervals(day: &'static str, texts: &[String]) -> Result<Vec<(u16, u16)>, InvalidHours> {
    if texts.len() > INTERVALS {
        return Err(InvalidHours::Intervals(day));
    }
    let read = |text: &String| interval(text).ok_or_else(|| InvalidHours::Interval(day, text.clone()));
    texts.iter().map(read).collect()
}

fn interval(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minute(from.trim())?, minute(to.trim())?);
    (from < to).then_some((from, to))
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str| (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok());
    let (hour, minute): (u16, u16) = (digits(hour)??, digits(minute)??);
    let total = hour * 60 + minute;
    (minute < 60 && total <= DAY).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BotSettings, fixtures::fresh, settings::Texts};

    fn shop() -> Hours {
        serde_json::from_str(
            r#"{"timezone": "Europe/Berlin", "monday": ["09:00-12:30", "13:30-18:00"], "friday": ["09:00-24:00"],
                "closed_days": ["2026-12-25"]}"#,
        )
        .unwrap()
    }

    #[test]
    fn the_hours_are_those_of_the_zone() {
        for (at, open) in [
            ("2026-11-23T07:59:00Z", false), // Monday 08:59
            ("2026-11-23T08:00:00Z", true),
            ("2026-11-23T11:30:00Z", false),
            ("2026-11-23T12:30:00Z", true),
            ("2026-11-24T10:00:00Z", false), // Tuesday
            ("2026-11-27T22:59:00Z", true),  // Friday 23:59
            ("2026-11-27T23:00:00Z", false),
            ("2026-12-25T10:00:00Z", false), // a Friday, closed
            ("2026-06-29T07:00:00Z", true),  // Monday 09:00 in summer
        ] {
            assert_eq!(shop().are_open(Timestamp::parse(at).unwrap()), open, "{at}");
        }
    }

    #[test]
    fn the_next_opening_is_said_in_words() {
        let snapshot = fresh(BotSettings::default());
        for (at, said) in [
            ("2026-11-23T07:00:00Z", "today at 09:00 (Europe/Berlin)"),
            ("2026-11-23T11:45:00Z", "today at 13:30 (Europe/Berlin)"),
            ("2026-11-22T10:00:00Z", "tomorrow at 09:00 (Europe/Berlin)"),
            ("2026-11-23T20:00:00Z", "on Friday at 09:00 (Europe/Berlin)"),
        ] {
            let hours = shop();
            let opening = hours.next_opening(Timestamp::parse(at).unwrap()).unwrap();
            assert_eq!(Texts::of(&snapshot).back(&opening), format!("We are back {said}."), "{at}");
        }
        let never: Hours = serde_json::from_str(r#"{"timezone": "UTC"}"#).unwrap();
        assert_eq!(never.next_opening(Timestamp::from_micros(0)), None);
    }

    #[test]
    fn hours_that_are_not_read_say_why() {
        for (text, why) in [
            (r#"{"timezone": "Mars"}"#, "timezone: \"Mars\" is not the name of a time zone"),
            (r#"{"timezone": "UTC", "monday": ["9-17"]}"#, "monday: \"9-17\" is not an interval"),
            (r#"{"timezone": "UTC", "sunday": ["17:00-09:00"]}"#, "sunday: "),
            (r#"{"timezone": "UTC", "sunday": ["09:00-24:01"]}"#, "sunday: "),
            (r#"{"timezone": "UTC", "closed_days": ["2026-02-30"]}"#, "closed_days: \"2026-02-30\""),
            (r#"{"timezone": "UTC", "someday": []}"#, "unknown field `someday`"),
            (r#"{"monday": []}"#, "missing field `timezone`"),
        ] {
            let refused = serde_json::from_str::<Hours>(text).unwrap_err().to_string();
            assert!(refused.contains(why), "{text}: {refused}");
        }
    }

    #[test]
    fn hours_are_stored_as_they_were_written() {
        let document = serde_json::to_string(&shop()).unwrap();
        assert_eq!(serde_json::from_str::<Hours>(&document).unwrap(), shop());
    }
}
