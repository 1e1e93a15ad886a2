//! Dates as a user sees them: in the user's time zone (contract §1.3).

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::record::Record;

/// The zone of a user who chose none, as on ServiceNow's demo instances: what is shown is not what is stored.
pub(crate) const DEFAULT: &str = "America/Los_Angeles";

/// Its rule, for machines without a time zone database.
const DEFAULT_RULE: &str = "PST8PDT,M3.2.0,M11.1.0";

const FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// A user's zone; UTC where the machine does not know it.
pub(crate) fn of(user: Option<&Record>) -> TimeZone {
    let chosen = user.map_or("", |user| user.get("time_zone"));
    let name = if chosen.is_empty() { DEFAULT } else { chosen };
    TimeZone::get(name).unwrap_or_else(|_| {
        if name == DEFAULT { TimeZone::posix(DEFAULT_RULE).unwrap_or(TimeZone::UTC) } else { TimeZone::UTC }
    })
}

/// A stored date-time (UTC) as it is shown; what is none stays as it is.
pub(crate) fn shown(stored: &str, zone: &TimeZone) -> String {
    let Ok(time) = DateTime::strptime(FORMAT, stored) else { return stored.to_owned() };
    match time.to_zoned(TimeZone::UTC) {
        Ok(time) => time.with_time_zone(zone.clone()).strftime(FORMAT).to_string(),
        Err(_) => stored.to_owned(),
    }
}

/// A shown date-time as it is stored; what is none stays as it is.
pub(crate) fn stored(shown: &str, zone: &TimeZone) -> String {
    let Ok(time) = DateTime::strptime(FORMAT, shown) else { return shown.to_owned() };
    match time.to_zoned(zone.clone()) {
        Ok(time) => time.with_time_zone(TimeZone::UTC).strftime(FORMAT).to_string(),
        Err(_) => shown.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_not_what_is_stored() {
        let zone = of(None);
        assert_eq!(shown("2026-01-10 12:00:00", &zone), "2026-01-10 04:00:00");
        assert_eq!(shown("2026-07-10 12:00:00", &zone), "2026-07-10 05:00:00");
        assert_eq!(stored("2026-07-10 05:00:00", &zone), "2026-07-10 12:00:00");
        assert_eq!(shown("never", &zone), "never");
        let utc = Record::of([("time_zone", "UTC")]);
        assert_eq!(shown("2026-01-10 12:00:00", &of(Some(&utc))), "2026-01-10 12:00:00");
    }
}
