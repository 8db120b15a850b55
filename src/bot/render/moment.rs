//! Points in time as people read them, in UTC.

use crate::domain::time::Timestamp;

/// Returns `2026-01-31 12:00:05 UTC`; a moment outside the calendar is told in milliseconds.
pub fn full(at: Timestamp) -> String {
    written(at, "%Y-%m-%d %H:%M:%S UTC")
}

/// Returns `01-31 12:00:05`, for tables.
pub fn short(at: Timestamp) -> String {
    written(at, "%m-%d %H:%M:%S")
}

fn written(at: Timestamp, form: &str) -> String {
    match jiff::Timestamp::from_millisecond(at.ms()) {
        Ok(moment) => moment.strftime(form).to_string(),
        Err(_) => format!("{} ms", at.ms()),
    }
}

#[cfg(test)]
mod tests {
    use super::{full, short};
    use crate::domain::time::Timestamp;

    #[test]
    fn moments_are_written_in_utc_and_any_number_is_a_moment() {
        assert_eq!(full(Timestamp::from_ms(1_790_000_060_000)), "2026-09-21 14:14:20 UTC");
        assert_eq!(short(Timestamp::from_ms(0)), "01-01 00:00:00");
        assert_eq!(full(Timestamp::from_ms(i64::MAX)), "9223372036854775807 ms");
    }
}
