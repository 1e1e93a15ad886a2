//! How long an article stays in search: past `valid_to`, or without one, it vanishes silently (contract §2.2). Pure.

use jiff::civil::Date;

/// What is to be said or done of an article's `valid_to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Validity {
    /// Far enough away, or not known.
    Fine,
    /// It has none: search does not show the article.
    Missing,
    /// It ends in so many days; negative where it has ended.
    Ends(i64),
}

/// Judges a `valid_to` as the instance stores it (`YYYY-MM-DD`, empty for none), `within` so many days.
pub fn validity(valid_to: &str, today: Date, within: u32) -> Validity {
    if valid_to.trim().is_empty() {
        return Validity::Missing;
    }
    let days = valid_to.trim().parse::<Date>().ok().and_then(|until| today.until(until).ok());
    match days.map(|span| i64::from(span.get_days())) {
        Some(days) if days <= i64::from(within) => Validity::Ends(days),
        _ => Validity::Fine,
    }
}

/// The day so many days from today, as the instance takes it; the last day there is where that is beyond the calendar.
pub fn later(today: Date, days: u32) -> String {
    today.saturating_add(jiff::Span::new().days(i64::from(days.min(3_000_000)))).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_the_servers_today() {
        let today: Date = "2026-11-22".parse().unwrap();
        assert_eq!(validity("2026-12-22", today, 30), Validity::Ends(30));
        assert_eq!(validity("2026-12-23", today, 30), Validity::Fine);
        assert_eq!(validity("2026-11-20", today, 30), Validity::Ends(-2));
        assert_eq!(validity("2100-01-01", today, 30), Validity::Fine);
        assert_eq!(validity("", today, 30), Validity::Missing);
        assert_eq!(validity("tomorrow", today, 30), Validity::Fine, "not ours to judge");
    }

    #[test]
    fn later_is_a_day_of_the_calendar() {
        let today: Date = "2026-11-22".parse().unwrap();
        assert_eq!(later(today, 10), "2026-12-02");
        assert_eq!(later(today, u32::MAX).len(), 10);
    }
}
