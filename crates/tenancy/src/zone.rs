//! Time zones. Their rules are part of the program, so that every server reads the same name the same way.

use std::sync::LazyLock;

use jiff::{
    civil,
    tz::{TimeZone, TimeZoneDatabase},
};

use crate::{Date, Timestamp};

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A time zone of the IANA database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// The error for a name that no time zone has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a time zone")]
pub struct UnknownZone;

impl Zone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// Finds a zone by its name, such as `Asia/Kathmandu`, ignoring case.
    ///
    /// # Errors
    /// Fails for a name that the database does not have.
    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        DATABASE.get(name).map(Self).map_err(|_| UnknownZone)
    }

    /// Returns the first moment of a day in this zone. A midnight that the clocks skip is the moment of the change;
    /// of one that comes twice it is the first.
    pub fn start_of(&self, day: Date) -> Timestamp {
        let (year, month, date) = day.parts();
        let midnight = civil::Date::new(year, month, date).map(|day| day.at(0, 0, 0, 0));
        let at = midnight.and_then(|midnight| self.0.to_ambiguous_zoned(midnight).compatible());
        // Fails only in the last days of the year 9999.
        at.map_or_else(|_| day.start(), |at| Timestamp::from_micros(at.timestamp().as_microsecond()))
    }

    /// Returns the moment at which clocks in UTC show what clocks in this zone show at `at`.
    pub fn wall_clock(&self, at: Timestamp) -> Timestamp {
        // No zone has rules for moments that `jiff` cannot express.
        let moment = jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default();
        let offset = i64::from(self.0.to_offset(moment).seconds());
        Timestamp::from_micros(at.micros().saturating_add(offset * 1_000_000))
    }

    /// Returns the first moment after a day in this zone.
    pub fn end_of(&self, day: Date) -> Timestamp {
        day.next().map_or(Timestamp::from_micros(i64::MAX), |next| self.start_of(next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(zone: &str, day: &str) -> [String; 2] {
        let (zone, day) = (Zone::parse(zone).unwrap(), Date::parse(day).unwrap());
        [zone.start_of(day), zone.end_of(day)].map(|at| at.to_string().replace(":00.000000Z", ""))
    }

    #[test]
    fn a_day_begins_and_ends_where_its_zone_says() {
        for (zone, day, expected) in [
            ("UTC", "2026-11-23", ["2026-11-23T00:00", "2026-11-24T00:00"]),
            ("Asia/Kathmandu", "2026-11-23", ["2026-11-22T18:15", "2026-11-23T18:15"]),
            ("america/new_york", "2026-11-23", ["2026-11-23T05:00", "2026-11-24T05:00"]),
            // 23 and 25 hours.
            ("Europe/Berlin", "2026-03-29", ["2026-03-28T23:00", "2026-03-29T22:00"]),
            ("Europe/Berlin", "2026-10-25", ["2026-10-24T22:00", "2026-10-25T23:00"]),
            // Midnight is skipped, comes twice, and the whole day is skipped.
            ("America/Sao_Paulo", "2018-11-04", ["2018-11-04T03:00", "2018-11-05T02:00"]),
            ("America/Havana", "2018-11-04", ["2018-11-04T04:00", "2018-11-05T05:00"]),
            ("Pacific/Apia", "2011-12-30", ["2011-12-30T10:00", "2011-12-30T10:00"]),
        ] {
            assert_eq!(bounds(zone, day), expected, "{zone} {day}");
        }
    }

    #[test]
    fn the_wall_clock_follows_the_zone_and_its_summer_time() {
        for (zone, at, shown) in [
            ("UTC", "2026-11-23T10:00:00Z", "2026-11-23T10:00:00"),
            ("Asia/Kathmandu", "2026-11-23T20:00:00Z", "2026-11-24T01:45:00"),
            ("Europe/Berlin", "2026-07-01T10:00:00Z", "2026-07-01T12:00:00"),
            ("Europe/Berlin", "2026-12-01T10:00:00Z", "2026-12-01T11:00:00"),
        ] {
            let at = Timestamp::parse(at).unwrap();
            let clock = Zone::parse(zone).unwrap().wall_clock(at).to_string();
            assert!(clock.starts_with(shown), "{zone} {clock}");
        }
    }

    #[test]
    fn the_first_and_the_last_day_have_bounds() {
        for zone in ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"] {
            let zone = Zone::parse(zone).unwrap();
            for day in ["0000-01-01", "9999-12-31"] {
                let day = Date::parse(day).unwrap();
                assert!(zone.start_of(day) < zone.end_of(day), "{zone:?} {day}");
            }
        }
    }

    #[test]
    fn a_name_that_no_zone_has_is_refused() {
        for name in ["", "Mars/Phobos", "+05:45", "../UTC", "Asia", "EST5EDT,M3.2.0,M11.1.0"] {
            assert_eq!(Zone::parse(name), Err(UnknownZone), "{name:?}");
        }
    }
}
