//! Requests and readings as one line, so that a table of expectations can be read.

use crate::domain::amend::AmendRequest;
use crate::domain::request::{
    AmountSpec, CancelWhich, CloseWhich, Command, LevelSpec, OpenPrice, Query, Reply, Request, StopChange, TargetChange, TargetSpec,
    TradingWord, WhyAbout, Window,
};
use crate::domain::upkeep::{TimeStop, UpkeepSpec};
use crate::nlp::grammar::open::verb_word;
use crate::nlp::lexicon::Lexicon;
use crate::nlp::read;
use crate::nlp::reading::Reading;

/// Reads `text` and writes the reading as one line.
pub fn reading(text: &str, lexicon: &Lexicon) -> String {
    match read::read(text, lexicon) {
        Reading::Request(request) => line(&request),
        Reading::Question(question) => format!("? {}", question.missing.join(" ")),
        Reading::NotUnderstood(not) => match not.suggestion {
            Some(better) => format!("- [{}] -> {better}", not.unknown.join(" ")),
            None => format!("- [{}]", not.unknown.join(" ")),
        },
    }
}

/// Writes a request as one line.
pub fn line(request: &Request) -> String {
    match request {
        Request::Query(query) => self::query(query),
        Request::Command(command) => self::command(command),
        Request::Reply(reply) => format!("reply {}", self::reply(reply)),
        Request::Wait(ms) => format!("wait {ms}"),
        Request::Quit => "quit".into(),
    }
}

fn command(command: &Command) -> String {
    let mut words: Vec<String> = Vec::new();
    match command {
        Command::Open(open) => {
            words.extend(["open".into(), verb_word(open.verb).into(), open.symbol.to_string()]);
            words.extend(open.market.map(|market| market.as_str().to_owned()));
            words.push(amount(&open.amount));
            words.extend(open.leverage.map(|leverage| format!("{leverage}x")));
            words.extend(open.margin_mode.map(|mode| mode.as_str().to_owned()));
            words.extend(open.stop.map(|stop| format!("stop={}", level(stop))));
            words.extend(open.targets.iter().map(target));
            words.extend(open.trailing.map(|ratio| format!("trail={}%", ratio.percent())));
            words.push(match open.price {
                OpenPrice::Market => "market".into(),
                OpenPrice::Limit { price, post_only } => format!("limit={price}{}", if post_only { " post-only" } else { "" }),
                OpenPrice::Stop(price) => format!("stop-entry={price}"),
                OpenPrice::StopLimit { trigger, limit } => format!("stop-entry={trigger} limit={limit}"),
                OpenPrice::Touch { trigger, limit } => {
                    format!("touch={trigger}{}", limit.map(|limit| format!(" limit={limit}")).unwrap_or_default())
                }
                OpenPrice::Oco { price, stop, stop_limit } => {
                    format!("oco={price}/{stop}{}", stop_limit.map(|limit| format!(" limit={limit}")).unwrap_or_default())
                }
            });
            upkeep(&open.upkeep, &mut words);
        }
        Command::Close(close) => {
            words.push("close".into());
            words.push(match &close.which {
                CloseWhich::Symbol(symbol) => symbol.to_string(),
                CloseWhich::Only => "only".into(),
                CloseWhich::Everything => "everything".into(),
            });
            words.extend(close.market.map(|market| market.as_str().to_owned()));
            words.push(amount(&close.amount));
            words.extend(close.at_once.then(|| "at-once".to_owned()));
        }
        Command::Cancel(chosen) => words.push(format!("cancel {}", which(chosen))),
        Command::Amend(change) => amend(change, &mut words),
        Command::Protect(protect) => {
            words.extend(["protect".into(), protect.symbol.as_ref().map_or_else(|| "only".into(), ToString::to_string)]);
            words.extend(protect.stop.map(|change| match change {
                StopChange::Set(stop) => format!("stop={}", level(stop)),
                StopChange::BreakEven => "stop=breakeven".into(),
                StopChange::Trail(ratio) => format!("trail={}%", ratio.percent()),
                StopChange::Remove => "stop=none".into(),
            }));
            match &protect.targets {
                Some(TargetChange::Set(targets)) => words.extend(targets.iter().map(target)),
                Some(TargetChange::Remove) => words.push("tp=none".into()),
                None => {}
            }
            upkeep(&protect.upkeep, &mut words);
        }
        Command::Trading(word) => words.push(format!(
            "trading {}",
            match word {
                TradingWord::Pause => "pause",
                TradingWord::Resume => "resume",
                TradingWord::Stop => "stop",
                TradingWord::Panic => "panic",
                TradingWord::CancelEntries => "cancel-entries",
                TradingWord::Flatten => "flatten",
            }
        )),
    }
    words.join(" ")
}

fn which(orders: &CancelWhich) -> String {
    match orders {
        CancelWhich::Id(id) => format!("id={id}"),
        CancelWhich::Symbol(symbol) => symbol.to_string(),
        CancelWhich::All => "all".into(),
        CancelWhich::Only => "only".into(),
    }
}

fn amend(change: &AmendRequest, words: &mut Vec<String>) {
    words.push(format!("amend {}", which(&change.which)));
    words.extend(change.price.map(|price| format!("price={price}")));
    words.extend(change.amount.as_ref().map(amount));
}

fn upkeep(spec: &UpkeepSpec, words: &mut Vec<String>) {
    words.extend(spec.stop_limit.map(|limit| format!("stop-limit={limit}")));
    words.extend(spec.trail_atr.map(|ratio| format!("trail={ratio}atr")));
    words.extend(spec.time_stop.map(|time| match time {
        TimeStop::After(ms) => format!("close-after={}", crate::domain::time::spoken(ms)),
        TimeStop::Never => "close-after=never".into(),
    }));
    words.extend(spec.even_after_target.then(|| "then-breakeven".to_owned()));
    words.extend(spec.trail_from.map(|from| format!("trail-from={}", level(from))));
}

fn amount(spec: &AmountSpec) -> String {
    match spec {
        AmountSpec::Quote(amount) => format!("quote={amount}"),
        AmountSpec::Base(quantity) => format!("base={quantity}"),
        AmountSpec::Margin(amount) => format!("margin={amount}"),
        AmountSpec::Notional(amount) => format!("notional={amount}"),
        AmountSpec::Share(ratio) => format!("share={ratio}"),
        AmountSpec::Risk(ratio) => format!("risk={ratio}"),
    }
}

fn level(level: LevelSpec) -> String {
    match level {
        LevelSpec::Price(price) => price.to_string(),
        LevelSpec::Distance(ratio) => format!("{}%", ratio.percent()),
    }
}

fn target(target: &TargetSpec) -> String {
    let share = target.share.map(|share| format!("*{share}")).unwrap_or_default();
    format!("tp={}{share}", level(target.level))
}

fn query(query: &Query) -> String {
    let of = |name: &str, symbol: &Option<_>| {
        symbol.as_ref().map_or_else(|| name.to_owned(), |symbol: &crate::domain::instrument::Symbol| format!("{name} {symbol}"))
    };
    match query {
        Query::Positions(symbol) => of("positions", symbol),
        Query::Orders(symbol) => of("orders", symbol),
        Query::Balance => "balance".into(),
        Query::Price(symbol) => format!("price {symbol}"),
        Query::Pnl(window) => format!("pnl {}", self::window(*window)),
        Query::History { count } => format!("history {count}"),
        Query::HistoryPage { count, page } => format!("history {count} page {page}"),
        Query::TurnHistory(turn) => format!("history {}", format!("{turn:?}").to_lowercase()),
        Query::ExportHistory { part } => format!("export {part}"),
        Query::Portfolio => "portfolio".into(),
        Query::Periods(period) => format!("report {}", format!("{period:?}").to_lowercase()),
        Query::Performance(window) => format!("performance {}", self::window(*window)),
        Query::Stats(window) => format!("stats {}", self::window(*window)),
        Query::Settings => "settings".into(),
        Query::Why(WhyAbout::Latest) => "why latest".into(),
        Query::Why(WhyAbout::Symbol(symbol)) => format!("why {symbol}"),
        Query::Why(WhyAbout::Id(id)) => format!("why id={id}"),
        Query::Help => "help".into(),
        Query::Start => "start".into(),
    }
}

fn window(window: Window) -> &'static str {
    match window {
        Window::Today => "today",
        Window::Week => "week",
        Window::Month => "month",
        Window::All => "all",
    }
}

fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Choice(n) => format!("choice {n}"),
        Reply::Confirm => "confirm".into(),
        Reply::Decline => "decline".into(),
        Reply::Half => "half".into(),
        Reply::Double => "double".into(),
        Reply::ToMarket => "market".into(),
        Reply::ToLimit => "limit".into(),
    }
}
