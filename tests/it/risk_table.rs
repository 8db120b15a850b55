//! `docs/risk.md` names every rule of the gate with the defaults that the program has.

use outcry::domain::refusal::Code;
use outcry::engine::risk::limits::Limits;
use outcry::engine::risk::rules;
use rust_decimal::Decimal;

const TABLE: &str = include_str!("../../docs/risk.md");

/// Returns the cells of every row that begins with `name`.
fn rows(name: &str) -> Vec<Vec<&'static str>> {
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    TABLE.lines().filter(|line| line.starts_with('|')).map(cells).filter(|cells| cells.first() == Some(&name)).collect()
}

fn percent(share: Decimal) -> String {
    format!("{} %", (share * Decimal::ONE_HUNDRED).normalize())
}

fn seconds(ms: i64) -> String {
    format!("{} s", ms / 1_000)
}

/// Returns each row's name with the figures that its cell of this profile shows. Every field of the limits is taken apart here, so
/// that a new one does not compile before it has a place in the table.
fn figures(limits: Limits) -> Vec<(&'static str, String)> {
    let Limits {
        leverage_max,
        order_notional_share_max,
        order_notional_max,
        symbol_exposure_share_max,
        gross_exposure_share_max,
        gross_exposure_perp_share_max,
        open_positions_max,
        open_orders_max,
        risk_per_trade_share_max,
        risk_per_trade_warns,
        rate_10s_max,
        rate_hour_max,
        rate_day_max,
        daily_loss_share_max,
        drawdown_share_max,
        require_stop,
        stop_distance_min,
        stop_distance_max,
        default_stop_max,
        default_stop_atr,
        stop_to_liquidation_max,
        liquidation_guard,
        guard_halve_at,
        guard_close_at,
        quote_age_max_ms,
        collar_major,
        collar_other,
        slippage_major,
        slippage_other,
        slippage_emergency: _, // shown in the column of exits
        min_notional_factor,
        fee_buffer,
        duplicate_window_ms,
        duplicate_quantity_share,
        quantity_median_factor,
        quantity_median_orders_min,
        card_life_ms,
        card_band,
        unprotected_max_ms,
        passive_warning,
        default_leverage,
        margin_mode: _, // a default, no limit
        symbols,
    } = limits;
    assert!(require_stop && liquidation_guard && symbols.is_empty(), "the table says so of both profiles");
    let sum = order_notional_max.map_or_else(|| "no sum".to_owned(), |sum| sum.to_string());
    let risk_word = if risk_per_trade_warns { "warns" } else { "denies" };
    let collar = format!("{}, {}, warns beyond {}", percent(collar_major), percent(collar_other), percent(passive_warning));
    vec![
        ("MAX_LEVERAGE", format!("{leverage_max}x")),
        ("MAX_ORDER_NOTIONAL", format!("{}, {sum}", percent(order_notional_share_max))),
        ("MAX_SYMBOL_EXPOSURE", percent(symbol_exposure_share_max)),
        ("MAX_GROSS_EXPOSURE", format!("{}, {}", percent(gross_exposure_share_max), percent(gross_exposure_perp_share_max))),
        ("MAX_OPEN_POSITIONS", open_positions_max.to_string()),
        ("MAX_OPEN_ORDERS", open_orders_max.to_string()),
        ("RISK_PER_TRADE", format!("{}, {risk_word}", percent(risk_per_trade_share_max))),
        ("RATE_LIMIT_EXCEEDED", format!("{rate_10s_max}, {rate_hour_max}, {rate_day_max}")),
        ("MAX_DAILY_LOSS", percent(daily_loss_share_max)),
        ("MAX_DRAWDOWN", percent(drawdown_share_max)),
        ("STOP_REQUIRED", "required".to_owned()),
        ("STOP_INVALID", format!("{} to {}", percent(stop_distance_min), percent(stop_distance_max))),
        ("Default stop: farthest", percent(default_stop_max)),
        ("Default stop: ATRs away", default_stop_atr.to_string()),
        ("LIQUIDATION_DISTANCE", percent(stop_to_liquidation_max)),
        ("LIQUIDATION_DISTANCE", format!("{}, {}", percent(guard_halve_at), percent(guard_close_at))),
        ("STALE_PRICE", seconds(quote_age_max_ms)),
        ("PRICE_COLLAR", collar),
        ("SLIPPAGE_CAP", format!("{}, {}", percent(slippage_major), percent(slippage_other))),
        ("MIN_NOTIONAL", min_notional_factor.to_string()),
        ("INSUFFICIENT_BALANCE", percent(fee_buffer)),
        ("INSUFFICIENT_MARGIN", percent(fee_buffer)),
        ("DUPLICATE_ORDER", format!("{}, {}", percent(duplicate_quantity_share), seconds(duplicate_window_ms))),
        ("MAX_ORDER_QTY", format!("{quantity_median_factor} times, from {quantity_median_orders_min} orders")),
        ("CARD_EXPIRED", seconds(card_life_ms)),
        ("PRICE_MOVED", percent(card_band)),
        ("POSITION_UNPROTECTED", seconds(unprotected_max_ms)),
        ("INSTRUMENT_NOT_ALLOWED", "all pairs".to_owned()),
        ("Default leverage of long and short", format!("{default_leverage}x")),
    ]
}

/// Tells whether `cell` is the figure, perhaps followed by a remark.
fn shows(cell: &str, figure: &str) -> bool {
    cell.strip_prefix(figure).is_some_and(|rest| rest.is_empty() || rest.starts_with("; "))
}

fn check_profile(limits: Limits, column: fn(&[&'static str]) -> Option<&'static str>) {
    for (name, figure) in figures(limits) {
        let found = rows(name).iter().any(|cells| column(cells).is_some_and(|cell| shows(cell, &figure)));
        assert!(found, "docs/risk.md: {name} does not show {figure:?}: {:?}", rows(name));
    }
}

/// Returns the index of the live column: the tables with a meaning have it third, the others second.
fn live_column(cells: &[&'static str]) -> usize {
    if cells.len() > 3 { 2 } else { 1 }
}

#[test]
fn every_rule_stands_in_the_table_in_its_order() {
    let mut last = 0;
    for rule in rules::ALL {
        let at = TABLE.find(&format!("\n| {} |", rule.code)).unwrap_or_else(|| panic!("{} is not in docs/risk.md", rule.code));
        assert!(at > last, "{} is out of order", rule.code);
        last = at;
    }
    for code in [Code::TradingStateReducing, Code::CardExpired, Code::PriceMoved, Code::PositionUnprotected] {
        assert_eq!(rows(code.as_str()).len(), 1, "{code}");
    }
}

#[test]
fn every_default_of_the_live_profile_is_the_tables() {
    check_profile(Limits::live(), |cells| cells.get(live_column(cells)).copied());
}

#[test]
fn every_default_of_the_paper_profile_is_the_tables() {
    check_profile(Limits::paper(), |cells| cells.get(live_column(cells) + 1).copied());
}

#[test]
fn both_profiles_let_emergency_closes_slip_as_the_table_says() {
    for limits in [Limits::live(), Limits::paper()] {
        let shown =
            rows("SLIPPAGE_CAP").iter().any(|cells| cells.last().is_some_and(|cell| shows(cell, &percent(limits.slippage_emergency))));
        assert!(shown, "docs/risk.md does not show {}", percent(limits.slippage_emergency));
    }
}
