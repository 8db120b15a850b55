//! The people of a run: an owner and a trader who talk as people do, a viewer, and a stranger who taps other people's
//! cards.

use outcry::bot::taps;
use outcry::domain::actor::{Actor, ChatId, Role, UserId};
use outcry::domain::ids::{Nonce, SourceKey};
use outcry::domain::instrument::{Instrument, InstrumentId, Market, Symbol};
use outcry::domain::money::{Price, Ratio, Rounding};
use outcry::engine::desk::input::TapVerb;
use outcry::engine::ports::Quotes;
use rust_decimal::Decimal;

use super::luck::Luck;
use super::market::COINS;

const fn actor(id: i64, role: Role) -> Actor {
    Actor { user: UserId(id), chat: ChatId(id), role }
}

/// Who may do everything.
pub const OWNER: Actor = actor(1, Role::Owner);
/// Who may trade.
pub const TRADER: Actor = actor(2, Role::Trader);
/// Who may look.
pub const VIEWER: Actor = actor(3, Role::Viewer);
/// Who may trade elsewhere, and taps cards that are not his.
pub const STRANGER: Actor = actor(9, Role::Trader);

/// Something to say.
#[derive(Debug, Clone)]
pub struct Saying {
    pub actor: Actor,
    pub body: String,
}

/// Makes up what people say.
pub struct People {
    luck: Luck,
    instruments: Vec<Instrument>,
    number: u64,
}

impl People {
    /// Returns the people of a run.
    pub fn new(seed: u64, instruments: Vec<Instrument>) -> Self {
        Self { luck: Luck::new(seed, "people"), instruments, number: 0 }
    }

    /// Returns a fresh message key.
    pub fn key(&mut self) -> SourceKey {
        self.number += 1;
        SourceKey::new(format!("sim:{}", self.number))
    }

    /// Returns what somebody says next. `waiting` are the cards that wait, with their persons;
    /// `active` tells whether entries are taken.
    pub fn next(&mut self, quotes: &dyn Quotes, waiting: &[(Nonce, Actor)], active: bool) -> Vec<Saying> {
        let someone = if self.luck.strikes(700) { OWNER } else { TRADER };
        let mine = waiting.iter().find(|(_, actor)| actor.user == someone.user);
        let say = |body: String| Saying { actor: someone, body };
        match mine {
            Some((nonce, _)) if self.luck.strikes(850) => self.reply(someone, nonce),
            _ if !active && self.luck.strikes(400) => vec![say("resume".to_owned())],
            _ if self.luck.strikes(12) => vec![say(self.stop_word())],
            _ if self.luck.strikes(30) => vec![Saying { actor: VIEWER, body: self.viewer() }],
            _ => vec![say(self.line(quotes))],
        }
    }

    /// Answers a card: mostly yes, sometimes twice, sometimes by a button, sometimes otherwise.
    fn reply(&mut self, actor: Actor, nonce: &Nonce) -> Vec<Saying> {
        let say = |body: &str| Saying { actor, body: body.to_owned() };
        match self.luck.below(20) {
            0 => vec![say("no")],
            1 => vec![say("half")],
            2 => vec![say("double")],
            3 => vec![say("limit")],
            4 => vec![say("yes"), say("yes")],
            5..=7 => {
                let tap = taps::encode(TapVerb::Confirm, nonce);
                vec![say(&tap), say(&tap)]
            }
            8 => vec![say(&taps::encode(TapVerb::Decline, nonce)), say("yes")],
            _ => vec![say("yes")],
        }
    }

    fn stop_word(&mut self) -> String {
        self.luck.pick(&["pause", "stop", "panic", "stop trading now", "flatten everything"]).to_string()
    }

    fn viewer(&mut self) -> String {
        self.luck.pick(&["positions", "pause", "buy 100 usdt of btc", "panic", "orders"]).to_string()
    }

    fn line(&mut self, quotes: &dyn Quotes) -> String {
        let coin = *self.luck.pick(&COINS);
        let money = self.luck.between(2, 40) * 100;
        let leverage = self.luck.between(2, 12);
        let stop = self.luck.between(1, 6);
        let mode = if self.luck.strikes(300) { " cross" } else { "" };
        match self.luck.below(30) {
            0..=4 => format!("buy {money} usdt of {coin}"),
            5..=7 => format!("long {coin} {money} usdt {leverage}x{mode} stop {stop}%"),
            8 | 9 => format!("short {coin} {money} usdt {leverage}x{mode} stop {stop}% tp {}%", stop + 1),
            10 => {
                let near = self.price(quotes, coin, Market::Perp, 5, 20);
                let far = self.price(quotes, coin, Market::Perp, 21, 50);
                format!("long {coin} {money} usdt {leverage}x stop {stop}% tp1 {near} 50% tp2 {far} 50%")
            }
            11 => format!("short {coin} {money} usdt {leverage}x{mode}"),
            12 => format!("long {coin} {money} usdt {leverage}x trailing stop {stop}%"),
            13 => format!("buy {money} usdt of {coin} at {}", self.price(quotes, coin, Market::Spot, -15, 5)),
            14 => format!("long {coin} {money} usdt {leverage}x at {} stop {stop}%", self.price(quotes, coin, Market::Perp, -8, 3)),
            15 => format!("buy {money} usdt of {coin} stop {stop}%"),
            16 => format!("sell half my {coin}"),
            17 => format!("close {coin}"),
            18 => format!("close half my {coin}"),
            19 => ["cancel all orders", "cancel all orders on btc", "cancel"][usize::try_from(self.luck.below(3)).unwrap_or(0)].to_owned(),
            20 => format!("move stop on {coin} to {}", self.price(quotes, coin, Market::Perp, -30, -4)),
            21 => format!("move stop to break even on {coin}"),
            23 => format!("long {coin} {money} usdt {leverage}x stop {stop}% close after {}m", self.luck.between(1, 4)),
            24 => {
                let near = self.price(quotes, coin, Market::Perp, 2, 8);
                let far = self.price(quotes, coin, Market::Perp, 9, 40);
                format!("long {coin} {money} usdt {leverage}x stop {stop}% tp1 {near} 50% tp2 {far} 50%, then stop to break even")
            }
            25 => format!("short {coin} {money} usdt {leverage}x stop {stop}% trail {stop}% after 1%"),
            26 => format!("trail {coin} {} atr", self.luck.between(1, 4)),
            27 => [format!("time stop {}m on {coin}", self.luck.between(1, 9)), format!("remove the time stop on {coin}")]
                [usize::try_from(self.luck.below(2)).unwrap_or(0)]
            .clone(),
            28 => format!("scale out of {coin} at {}", self.price(quotes, coin, Market::Perp, 4, 40)),
            22 => format!("add a target at {} for {coin}", self.price(quotes, coin, Market::Perp, 4, 40)),
            _ => self.luck.pick(&["positions", "orders", "balance", "pnl today", "why", "nonsense words", "close everything"]).to_string(),
        }
    }

    /// Returns a price some thousandths away from the mark, on the tick.
    fn price(&mut self, quotes: &dyn Quotes, coin: &str, market: Market, low: i64, high: i64) -> Decimal {
        let id = InstrumentId::new(Symbol::new(coin, "USDT"), market);
        let moved = Ratio::new(Decimal::new(self.luck.between(low, high), 3)).unwrap();
        let tick = self.instruments.iter().find(|listed| listed.id == id).map(|listed| listed.tick);
        let price =
            quotes.quote(&id).zip(tick).and_then(|(quote, tick)| quote.mark.moved_by(moved).ok()?.to_tick(tick, Rounding::Down).ok());
        // Without a price yet, people think of some number.
        price.map_or((Decimal::ONE + moved.value()) * Decimal::ONE_THOUSAND, Price::value)
    }
}

/// A run of misunderstandings would test little: everything people say here, but for the nonsense, is a request.
#[test]
fn people_say_what_the_house_understands() {
    let feed = super::market::SimFeed::new(1, outcry::domain::time::Timestamp::from_ms(0), Vec::new(), false);
    let instruments = outcry::engine::ports::Feed::instruments(&feed);
    let lexicon = outcry::nlp::lexicon::Lexicon::new(&instruments);
    let board = outcry::engine::market::board::QuoteBoard::new(outcry::domain::market::MarketSource::Simulated);
    let mut people = People::new(1, instruments);
    let words = ["yes", "no", "half", "double", "limit", "pause", "stop", "panic", "flatten everything", "resume"].map(str::to_owned);
    let said: std::collections::BTreeSet<String> = (0..3_000).map(|_| people.line(&board)).chain(words).collect();
    let lost =
        said.into_iter().filter(|line| !matches!(outcry::nlp::read::read(line, &lexicon), outcry::nlp::reading::Reading::Request(_)));
    assert_eq!(lost.collect::<Vec<_>>(), ["nonsense words"]);
}
