//! MAX_OPEN_ORDERS: how many openings may work at once. Exits are not counted: a position never lacks its stop for this.

use crate::domain::refusal::Code;
use crate::engine::risk::facts::{Facts, Finding};

use super::finding::{deny, pass};
use super::opening;
use super::unjudged::Unjudged;

/// Concerns openings.
pub fn look(facts: &Facts<'_>) -> Finding {
    opening::look(facts, Code::MaxOpenOrders, judge)
}

fn judge(facts: &Facts<'_>) -> Result<Finding, Unjudged> {
    let most = facts.limits.open_orders_max;
    let count = facts.open_orders.saturating_add(1);
    let (limit, actual) = (format!("{most} working orders"), format!("{count} working orders"));
    if count <= most {
        return Ok(pass(limit, actual));
    }
    let would_pass = match facts.open_orders.saturating_sub(most).saturating_add(1) {
        _ if most == 0 => "closes only: no entries are allowed".to_owned(),
        1 => "the same order after one order is cancelled".to_owned(),
        surplus => format!("the same order after {surplus} orders are cancelled"),
    };
    Ok(deny(Code::MaxOpenOrders, limit, actual, would_pass))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Sample, denial, table};
    use super::*;
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
                ("edge: the twentieth", |s| s.open_orders = 19, "pass"),
                ("the one after", |s| s.open_orders = 20, "deny"),
                ("extreme", |s| s.open_orders = usize::MAX, "deny"),
                ("none allowed", |s| s.limits.open_orders_max = 0, "deny"),
                ("missing prices change nothing", |s| (s.open_orders, s.quote, s.equity) = (20, None, None), "deny"),
                ("a close", |s| *s = Sample { open_orders: 500, ..Sample::close_long() }, "not concerned"),
                ("a stop", |s| *s = Sample { open_orders: 500, ..Sample::protect_long() }, "not concerned"),
            ],
        );
    }

    #[test]
    fn it_says_how_many_to_cancel() {
        assert!(denial(look, live, |s| s.open_orders = 22).would_pass.contains("3 orders are"));
    }
}
