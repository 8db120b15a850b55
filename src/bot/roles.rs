//! Which role may ask for what. Deny is the default: a request is allowed only to the roles at or above the one named here.

use crate::domain::actor::{ChatId, Role};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::request::{Command, Request, TradingWord};

/// The least role that may tap a card.
pub const TAPS: Role = Role::Trader;

/// Returns the least role that may make a request.
pub const fn least(request: &Request) -> Role {
    match request {
        Request::Query(_) | Request::Command(Command::Trading(TradingWord::Pause)) | Request::Quit => Role::Viewer,
        // A reply is an envelope: the tap or the request that it stands for is checked on its own.
        Request::Reply(_) => Role::Viewer,
        Request::Command(_) => Role::Trader,
        // Moving market time changes everybody's market.
        Request::Wait(_) => Role::Owner,
    }
}

/// Allows a request in a private chat; in a group only questions are answered.
///
/// # Errors
/// A [`Refusal`] with [`Code::NotAllowed`].
pub fn check_place(chat: ChatId, request: &Request) -> Result<(), Refusal> {
    if chat.is_group() && !matches!(request, Request::Query(_)) { Err(only_in_private()) } else { Ok(()) }
}

/// Allows a tap in a private chat.
///
/// # Errors
/// A [`Refusal`] with [`Code::NotAllowed`].
pub fn check_tap_place(chat: ChatId) -> Result<(), Refusal> {
    if chat.is_group() { Err(only_in_private()) } else { Ok(()) }
}

fn only_in_private() -> Refusal {
    Refusal::new(
        Code::NotAllowed,
        "in the private chat with the bot",
        "asked in a group",
        "write to the bot itself; groups get answers to questions",
    )
}

/// Allows `role`, or refuses it with the role that would pass.
///
/// # Errors
/// A [`Refusal`] with [`Code::NotAllowed`].
pub fn check(role: Role, least: Role) -> Result<(), Refusal> {
    if role >= least {
        return Ok(());
    }
    Err(Refusal::new(
        Code::NotAllowed,
        format!("for {} and above", name(least)),
        format!("asked by a {}", name(role)),
        "look things up, or `pause`; the owner can give more rights",
    ))
}

/// Returns the word for a role.
pub const fn name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Trader => "trader",
        Role::Owner => "owner",
    }
}

#[cfg(test)]
mod tests {
    use super::{TAPS, check, least};
    use crate::domain::actor::Role;
    use crate::domain::evidence::EvidenceMap;
    use crate::domain::instrument::Symbol;
    use crate::domain::money::{Price, Ratio};
    use crate::domain::refusal::Code;
    use crate::domain::request::{
        AmountSpec, CancelWhich, CloseRequest, CloseWhich, Command, OpenPrice, OpenRequest, OpenVerb, ProtectRequest, Query, Reply,
        Request, StopChange, TradingWord, WhyAbout, Window,
    };

    fn symbol() -> Symbol {
        Symbol::new("BTC", "USDT")
    }

    fn open() -> Request {
        Request::Command(Command::Open(OpenRequest {
            verb: OpenVerb::Buy,
            symbol: symbol(),
            market: None,
            amount: AmountSpec::Share(Ratio::ONE),
            price: OpenPrice::Limit { price: Price::new(rust_decimal::Decimal::ONE).unwrap(), post_only: false },
            leverage: None,
            margin_mode: None,
            stop: None,
            targets: Vec::new(),
            trailing: None,
            upkeep: Default::default(),
            evidence: EvidenceMap::new(),
        }))
    }

    fn close(at_once: bool) -> Request {
        let evidence = EvidenceMap::new();
        let amount = AmountSpec::Share(Ratio::ONE);
        Request::Command(Command::Close(CloseRequest { which: CloseWhich::Everything, market: None, amount, at_once, evidence }))
    }

    fn protect() -> Request {
        let evidence = EvidenceMap::new();
        Request::Command(Command::Protect(ProtectRequest {
            symbol: None,
            stop: Some(StopChange::Remove),
            targets: None,
            upkeep: Default::default(),
            evidence,
        }))
    }

    fn word(word: TradingWord) -> Request {
        Request::Command(Command::Trading(word))
    }

    #[test]
    fn every_cell_of_the_matrix() {
        // Request, then viewer, trader, owner.
        let query = Request::Query;
        let cells: Vec<(Request, [bool; 3])> = vec![
            (query(Query::Positions(None)), [true; 3]),
            (query(Query::Orders(None)), [true; 3]),
            (query(Query::Balance), [true; 3]),
            (query(Query::Price(symbol())), [true; 3]),
            (query(Query::Pnl(Window::All)), [true; 3]),
            (query(Query::History { count: 1 }), [true; 3]),
            (query(Query::ExportHistory { part: 1 }), [true; 3]),
            (query(Query::Portfolio), [true; 3]),
            (query(Query::Stats(Window::All)), [true; 3]),
            (query(Query::Settings), [true; 3]),
            (query(Query::Why(WhyAbout::Latest)), [true; 3]),
            (query(Query::Help), [true; 3]),
            (query(Query::Start), [true; 3]),
            (open(), [false, true, true]),
            (close(false), [false, true, true]),
            (close(true), [false, true, true]),
            (protect(), [false, true, true]),
            (Request::Command(Command::Cancel(CancelWhich::All)), [false, true, true]),
            (word(TradingWord::Pause), [true; 3]),
            (word(TradingWord::Resume), [false, true, true]),
            (word(TradingWord::Stop), [false, true, true]),
            (word(TradingWord::Panic), [false, true, true]),
            (word(TradingWord::CancelEntries), [false, true, true]),
            (word(TradingWord::Flatten), [false, true, true]),
            (Request::Reply(Reply::Confirm), [true; 3]),
            (Request::Wait(1), [false, false, true]),
            (Request::Quit, [true; 3]),
        ];
        for (request, allowed) in cells {
            for (role, allowed) in [Role::Viewer, Role::Trader, Role::Owner].into_iter().zip(allowed) {
                assert_eq!(check(role, least(&request)).is_ok(), allowed, "{role:?} {request:?}");
            }
        }
    }

    #[test]
    fn a_viewer_taps_nothing_and_is_told_what_would_pass() {
        let refusal = check(Role::Viewer, TAPS).unwrap_err();
        assert_eq!(refusal.code, Code::NotAllowed);
        assert!(refusal.would_pass.contains("pause"));
        assert!(check(Role::Trader, TAPS).is_ok());
    }
}
