//! Points in time as people read them, in UTC.

use crate::domain::time::{SECOND_MS, Timestamp};

/// Returns `2026-01-31 12:00:05 UTC`; a moment outside the calendar is told in milliseconds.
pub fn full(at: Timestamp) -> String {
    written(at, "%Y-%m-%d %H:%M:%S UTC")
}

/// Returns `01-31 12:00:05`, for tables.
pub fn short(at: Timestamp) -> String {
    written(at, "%m-%d %H:%M:%S")
}

/// Returns `2026-01-31`.
pub fn day(at: Timestamp) -> String {
    written(at, "%Y-%m-%d")
}

/// Returns `2026-01`.
pub fn month(at: Timestamp) -> String {
    written(at, "%Y-%m")
}

/// Returns a length of time in its two largest units: `3 d 4 h`, `5 min 0 s`.
pub fn length(ms: i64) -> String {
    let seconds = ms.max(0) / SECOND_MS;
    let (days, hours, minutes, seconds) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {seconds} s"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

fn written(at: Timestamp, form: &str) -> String {
    match jiff::Timestamp::from_millisecond(at.ms()) {
        Ok(moment) => moment.strftime(form).to_string(),
        Err(_) => format!("{} ms", at.ms()),
    }
}

#[cfg(test)]
mod tests {
    use super::{day, full, length, month, short};
    use crate::domain::time::Timestamp;

    #[test]
    fn moments_are_written_in_utc_and_any_number_is_a_moment() {
        assert_eq!(full(Timestamp::from_ms(1_790_000_060_000)), "2026-09-21 14:14:20 UTC");
        assert_eq!(short(Timestamp::from_ms(0)), "01-01 00:00:00");
        assert_eq!((day(Timestamp::from_ms(0)), month(Timestamp::from_ms(0))), ("1970-01-01".to_owned(), "1970-01".to_owned()));
        for (ms, text) in [(-5, "0 s"), (59_999, "59 s"), (61_000, "1 min 1 s"), (3_660_000, "1 h 1 min"), (90_000_000, "1 d 1 h")] {
            assert_eq!(length(ms), text);
        }
        assert_eq!(full(Timestamp::from_ms(i64::MAX)), "9223372036854775807 ms");
    }
}
