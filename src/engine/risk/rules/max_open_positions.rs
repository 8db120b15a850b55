//! MAX_OPEN_POSITIONS: how many things may be held at once.

use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::opening;
use super::unjudged::Unjudged;

/// Concerns openings. Adding to a position opens none.
pub fn look(facts: &Facts<'_>) -> Finding {
    opening::look(facts, Code::MaxOpenPositions, judge)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let most = facts.limits.open_positions_max;
    let count = facts.other_positions.saturating_add(1);
    let (limit, actual) = (format!("{most} positions"), format!("{count} positions"));
    if count <= most || facts.position.is_some() {
        return Ok(pass(limit, actual));
    }
    let would_pass = match facts.other_positions.saturating_sub(most).saturating_add(1) {
        _ if most == 0 => "closes only: no positions are allowed".to_owned(),
        1 => "the same order after one position is closed".to_owned(),
        surplus => format!("the same order after {surplus} positions are closed"),
    };
    Ok(deny(Code::MaxOpenPositions, limit, actual, would_pass))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, denial, quantity, table};
    use super::*;
    use crate::domain::position::Direction;
    use crate::engine::risk::limits::Limits;

    fn live() -> Sample {
        Sample { limits: Limits::live(), ..Sample::spot_buy() }
    }

    #[test]
    fn table_of_cases() {
        table(
            look,
            live,
            &[
                ("first", |_| {}, "pass"),
                ("edge: the fifth", |s| s.other_positions = 4, "pass"),
                ("the sixth", |s| s.other_positions = 5, "deny"),
                (
                    "adding to the sixth",
                    |s| {
                        s.other_positions = 5;
                        s.position = Some((Direction::Long, quantity("1")));
                    },
                    "pass",
                ),
                ("extreme", |s| s.other_positions = usize::MAX, "deny"),
                ("none allowed", |s| s.limits.open_positions_max = 0, "deny"),
                ("missing prices change nothing", |s| (s.other_positions, s.quote, s.equity) = (5, None, None), "deny"),
                ("a close", |s| *s = Sample { other_positions: 500, ..Sample::close_long() }, "not concerned"),
                ("a sale", |s| *s = Sample { other_positions: 500, ..Sample::spot_sale() }, "not concerned"),
            ],
        );
    }

    #[test]
    fn it_says_how_many_to_close() {
        assert!(denial(look, live, |s| s.other_positions = 5).would_pass.contains("one position is"));
        assert!(denial(look, live, |s| s.other_positions = 7).would_pass.contains("3 positions are"));
    }
}
