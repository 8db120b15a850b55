//! A plan in words: what it does in one line, and the figures a person decides by.

use crate::domain::instrument::Market;
use crate::domain::order::{OrderType, Side, TimeInForce};
use crate::domain::plan::{MainOrder, Plan, PlanKind, StopPlan};
use crate::domain::time::spoken;
use crate::domain::upkeep::{TimeStop, Upkeep};

use super::evidence::Sources;
use super::sheet::Sheet;
use super::{naming, numbers};

/// Returns the plan in one line, e.g. `Long 0.065 BTC · BTC/USDT perpetual · 20x`.
pub fn title(plan: &Plan) -> String {
    let instrument = plan.instrument.name();
    let base = &plan.instrument.symbol.base;
    let size = plan.order.as_ref().map(|order| format!("{} {base}", numbers::quantity(order.quantity)));
    match (plan.kind, size) {
        (PlanKind::Open, Some(size)) => {
            let opening = naming::opening(plan.instrument.market, plan.side);
            match plan.instrument.market {
                Market::Spot => format!("{opening} {size} · {instrument}"),
                Market::Perp => format!("{opening} {size} · {instrument} · {}", numbers::leverage(plan.leverage)),
            }
        }
        (PlanKind::Open, None) => format!("Open {instrument}"),
        (PlanKind::Close, Some(size)) if plan.instrument.market == Market::Spot => format!("Sell {size} · {instrument}"),
        (PlanKind::Close, size) => {
            let size = size.unwrap_or_else(|| base.to_string());
            format!("Close {}: {} {size} · {instrument}", naming::direction(plan.direction), plan.side.as_str())
        }
        (PlanKind::Protect, _) => format!("Protect {} · {instrument}", naming::direction(plan.direction)),
    }
}

/// Adds the plan's figures to a sheet, each with its source.
pub fn write(plan: &Plan, sources: &mut Sources<'_>, sheet: &mut Sheet) {
    let quote = plan.instrument.symbol.quote.as_str();
    let figures = &plan.figures;
    if let Some(order) = &plan.order {
        let size = format!("{} {}", numbers::quantity(order.quantity), plan.instrument.symbol.base);
        sheet.sourced("Quantity", size, &sources.of(&["quantity"]));
        sheet.sourced("Price", price(plan, order), &sources.of(&["price", "limit", "trigger"]));
        sheet.sourced("Notional", format!("{} {quote}", numbers::money(figures.notional)), &sources.of(&["notional"]));
        if plan.kind == PlanKind::Open && plan.instrument.market == Market::Perp {
            let mode = if plan.margin_mode.is_isolated() { "" } else { ", cross" };
            let margin = format!("{} {quote} at {}{mode}", numbers::money(figures.margin), numbers::leverage(plan.leverage));
            sheet.sourced("Margin", margin, &sources.of(&["margin", "leverage", "margin_mode"]));
        }
        sheet.sourced("Fee", format!("{} {quote}", numbers::money(figures.fee)), &sources.of(&["fee"]));
    }
    if let Some(liquidation) = figures.liquidation_price {
        sheet.sourced("Liquidation", numbers::price(liquidation), &sources.of(&["liquidation_price"]));
    }
    write_exits(plan, sources, sheet);
    if let Some(ratio) = figures.reward_risk {
        sheet.sourced("Reward/risk", numbers::ratio(ratio), &sources.of(&["reward_risk"]));
    }
    // What this plan has no line for: the margin of a spot order, the mark that a protect plan was measured at.
    sources.pass_over(&["quantity", "price", "limit", "notional", "margin", "leverage", "fee", "liquidation_price"]);
}

fn write_exits(plan: &Plan, sources: &mut Sources<'_>, sheet: &mut Sheet) {
    let quote = plan.instrument.symbol.quote.as_str();
    match &plan.stop {
        Some(stop) => {
            sheet.sourced("Stop", stop_text(stop), &sources.of(&["stop", "trailing"]));
            if let Some(loss) = plan.figures.loss_at_stop {
                // A stop beyond the entry keeps a gain.
                let (label, amount) = if loss.is_negative() { ("Gain there", loss.negated()) } else { ("Loss there", loss) };
                sheet.sourced(label, format!("{} {quote}", numbers::money(amount)), &sources.of(&["loss_at_stop"]));
            }
        }
        None if plan.exits.stop => sheet.sourced("Stop", "taken away", &sources.of(&["stop"])),
        // On spot nothing can be lost beyond what was paid; a leveraged entry without a stop must say so.
        None if plan.kind == PlanKind::Open && plan.instrument.market == Market::Perp => {
            sheet.sourced("Stop", "none", &sources.of(&["stop"]));
        }
        None => {}
    }
    for (target, number) in plan.targets.iter().zip(1..) {
        let label = if plan.targets.len() == 1 { "Target".to_owned() } else { format!("Target {number}") };
        let fields = [format!("target.{number}"), format!("target_share.{number}")];
        let value = format!("{} · {}", numbers::price(target.price), numbers::percent(target.share));
        sheet.sourced(label, value, &sources.of(&fields.each_ref().map(String::as_str)));
    }
    if plan.targets.is_empty() && plan.exits.targets {
        sheet.sourced("Targets", "taken away", &sources.of(&["targets"]));
    }
    write_upkeep(&plan.upkeep, sources, sheet);
}

fn write_upkeep(upkeep: &Upkeep, sources: &mut Sources<'_>, sheet: &mut Sheet) {
    if let Some(from) = upkeep.trail_from {
        sheet.sourced("Trails from", numbers::price(from), &sources.of(&["trail_from"]));
    }
    if upkeep.even_after_target {
        sheet.sourced("Then", "stop to break-even once a target has filled", &sources.of(&["even_after_target"]));
    }
    match upkeep.time_stop {
        Some(TimeStop::After(ms)) => sheet.sourced("Time stop", format!("closed after {}", spoken(ms)), &sources.of(&["time_stop"])),
        Some(TimeStop::Never) => sheet.sourced("Time stop", "taken away", &sources.of(&["time_stop"])),
        None => {}
    }
}

fn stop_text(stop: &StopPlan) -> String {
    let trigger = numbers::price(stop.trigger);
    stop.trailing.map_or_else(|| trigger.clone(), |distance| format!("{trigger}, trailing by {}", numbers::percent(distance)))
}

fn price(plan: &Plan, order: &MainOrder) -> String {
    let price = numbers::price(plan.figures.price);
    if let Some(trigger) = order.trigger {
        return format!("{price} · market, once {} is reached", numbers::price(trigger));
    }
    if order.at_market || order.order_type == OrderType::Market {
        let bound = if plan.side == Side::Buy { "at most" } else { "at least" };
        return match order.price {
            Some(cap) => format!("{price} · market, {bound} {}", numbers::price(cap)),
            None => format!("{price} · market"),
        };
    }
    let life = match order.tif {
        TimeInForce::Gtc => "rests until cancelled",
        TimeInForce::Ioc => "at once or not at all, in parts",
        TimeInForce::Fok => "at once and whole, or not at all",
        TimeInForce::PostOnly => "rests, never takes",
    };
    format!("{price} · limit, {life}")
}
