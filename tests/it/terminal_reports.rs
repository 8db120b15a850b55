//! Reports from rows to words: pages that do not move, files that hold every fill, and each report as it is shown.

use std::sync::Arc;

use outcry::bot::answers::Answers;
use outcry::bot::answers::csv;
use outcry::domain::actor::ChatId;
use outcry::domain::event::Change;
use outcry::domain::instrument::{Currency, Symbol};
use outcry::domain::money::{Amount, Ratio};
use outcry::domain::notice::NoticeBody;
use outcry::domain::position::Direction;
use outcry::domain::report::{
    AllocationView, DOCUMENT_BYTES_MAX, DocumentView, HistoryView, PerformanceView, Period, PeriodRow, PeriodsView, PortfolioView,
    SideStats, StatsView, SymbolRow, Trade,
};
use outcry::domain::request::{HistoryTurn, Query, Window};
use outcry::domain::rows::{FillRow, TradingState};
use outcry::domain::time::{DAY_MS, Timestamp};
use outcry::engine::ports::Journal;
use outcry::store::memory::MemoryStore;
use proptest::prelude::{Strategy, prop_oneof};

use super::terminal_desk::StillMarket;
use super::terminal_fixtures::{amount, shown, spot_position};
use crate::store_story_reports::snapshot;
use crate::store_story_rows as rows;

const CHAT: ChatId = ChatId(5);

/// A page of history.
pub fn page(fills: Vec<FillRow>, page: u32, pages: u32) -> NoticeBody {
    let total = fills.len() as u64;
    NoticeBody::History(HistoryView { fills, page, pages, count: 10, total })
}

fn trade(net: Amount) -> Trade {
    let (opened_at, closed_at) = (Timestamp::from_ms(0), Timestamp::from_ms(90_000_000));
    let instrument = rows::instrument("BTC");
    Trade { instrument, direction: Direction::Short, opened_at, closed_at, realized: net, fees: Amount::ZERO, net }
}

fn figures(net: Amount, share: Option<Ratio>) -> StatsView {
    StatsView {
        window: Window::Week,
        trades: 2,
        wins: 1,
        losses: 1,
        win_rate: share,
        profit_factor: share,
        net,
        average_win: Some(net),
        average_loss: None,
        best: Some(trade(net)),
        worst: None,
        long: SideStats { trades: 1, wins: 1, net },
        short: SideStats { trades: 1, wins: 0, net },
        fees: net,
        funding: net,
        drawdown: share,
        holding_ms: Some(90_000_000),
        longest_ms: None,
    }
}

fn period(at: Timestamp, net: Amount, equity: Option<Amount>) -> PeriodRow {
    let until = at.plus_ms(DAY_MS);
    PeriodRow { from: at, until, realized: net, fees: net, funding: net, net, trades: 2, fills: 5, equity }
}

fn portfolio(worth: Amount, share: Option<Ratio>) -> PortfolioView {
    let allocation = vec![AllocationView { name: "USDT cash".to_owned(), worth, share }];
    let positions = vec![spot_position()];
    PortfolioView { positions, allocation, equity: worth, exposure: worth, unrealized: worth, day: worth, total: worth }
}

fn performance(net: Amount) -> PerformanceView {
    let symbol = Symbol::new("BTC", "USDT");
    let row = SymbolRow { symbol, trades: 3, wins: 2, realized: net, fees: net, net };
    PerformanceView { window: Window::All, rows: vec![row] }
}

/// Any report, with any amounts.
pub fn a_report<S: Strategy<Value = Amount> + 'static>(an_amount: fn() -> S) -> impl Strategy<Value = NoticeBody> {
    prop_oneof![
        an_amount().prop_map(|net| NoticeBody::Stats(Box::new(figures(net, None)))),
        an_amount().prop_map(|net| NoticeBody::Portfolio(Box::new(portfolio(net, None)))),
        an_amount().prop_map(|net| NoticeBody::Performance(performance(net))),
        an_amount().prop_map(|net| {
            let at = Timestamp::from_ms(i64::MAX);
            NoticeBody::Periods(PeriodsView { period: Period::Monthly, rows: vec![period(at, net, None), period(at, net, Some(net))] })
        }),
    ]
}

fn check(body: NoticeBody, text: &str) {
    assert_eq!(shown(body).text, text.trim_matches('\n'));
}

#[test]
fn reports_are_shown_so() {
    let half = Some(Ratio::from_percent("50".parse().unwrap()).unwrap());
    check(
        NoticeBody::Stats(Box::new(figures(amount("12.5"), half))),
        "
● Statistics last 7 days · PAPER · simulated market
  Trades         2 · 1 won, 1 lost
  Win rate       50%
  Profit factor  0.5
  Net            +12.50
  Average win    +12.50
  Average loss   –
  Best           +12.50 · BTC/USDT perp short
  Worst          –
  Long           1 · 1 won · +12.50
  Short          1 · 0 won · +12.50
  Held           1 d 1 h on average
  Longest        –
  Fees           -12.50
  Funding        +12.50
  Max drawdown   50%
",
    );
    let row = period(Timestamp::from_ms(0), amount("1.5"), Some(amount("100001.5")));
    check(
        NoticeBody::Periods(PeriodsView { period: Period::Daily, rows: vec![row] }),
        "
● By day · PAPER · simulated market
  From        Realized   Fees  Funding    Net  Trades      Equity
  1970-01-01     +1.50  -1.50    +1.50  +1.50       2  100,001.50
",
    );
    check(
        NoticeBody::Performance(performance(amount("1.5"))),
        "
● Performance since the start · PAPER · simulated market
  Symbol    Trades  Won  Realized   Fees    Net
  BTC/USDT       3    2     +1.50  -1.50  +1.50
",
    );
    let text = shown(NoticeBody::Portfolio(Box::new(portfolio(amount("99.5"), half)))).text;
    assert!(text.ends_with("  Allocation  Worth  Share\n  USDT cash   99.50    50%"), "{text}");
}

#[test]
fn a_page_says_where_it_stands_and_its_buttons_turn_it() {
    for (number, pages, buttons, line) in
        [(1, 3, vec!["More"], "say `more`"), (2, 3, vec!["Newer", "More"], "say `more` or `newer`"), (3, 3, vec!["Newer"], "say `newer`")]
    {
        let rendered = shown(page(Vec::new(), number, pages));
        assert_eq!(rendered.buttons, buttons);
        assert!(rendered.text.ends_with(&format!("Page {number} of {pages} · 0 fills · {line}")), "{}", rendered.text);
    }
    assert!(shown(page(Vec::new(), 1, 1)).buttons.is_empty());
}

struct Desk {
    memory: MemoryStore,
    answers: Answers,
    epoch: i64,
}

impl Desk {
    async fn begin() -> Self {
        let memory = MemoryStore::new(4);
        let epoch = memory.claim_desk(&rows::account(), rows::at(0)).await.unwrap();
        let answers = Answers {
            account: rows::account(),
            quote_currency: Currency::new("USDT"),
            instruments: Vec::new(),
            settings: Vec::new(),
            views: Arc::new(memory.clone()),
            quotes: Arc::new(StillMarket),
            pages: Default::default(),
        };
        let desk = Self { memory, answers, epoch };
        desk.write(vec![rows::event("state.set", "paper", 0, Change::State(rows::state_row(TradingState::Active)))]).await;
        desk
    }

    async fn write(&self, events: Vec<outcry::domain::event::DeskEvent>) {
        self.memory.commit(&rows::step(self.epoch, events)).await.unwrap();
    }

    async fn fills(&self, numbers: std::ops::Range<i64>) {
        self.write(numbers.map(|number| rows::fill_event(&rows::fill_row(&format!("t{number}"), None, None, number))).collect()).await;
    }

    async fn ask(&self, query: Query) -> NoticeBody {
        self.answers.answer(&query, CHAT, rows::at(0)).await.unwrap()
    }

    /// Returns the trades on a page, or what is said instead.
    async fn page(&self, query: Query) -> Result<Vec<String>, String> {
        match self.ask(query).await {
            NoticeBody::History(view) => Ok(view.fills.iter().map(|row| row.fill.trade_id.to_string()).collect()),
            NoticeBody::Text(text) => Err(text),
            other => panic!("{other:?}"),
        }
    }
}

fn ids(numbers: impl Iterator<Item = i64>) -> Result<Vec<String>, String> {
    Ok(numbers.map(|number| format!("t{number}")).collect())
}

#[tokio::test]
async fn pages_go_back_in_time_and_do_not_move_under_the_reader() {
    let desk = Desk::begin().await;
    let (older, newer) = (Query::TurnHistory(HistoryTurn::Older), Query::TurnHistory(HistoryTurn::Newer));
    assert!(desk.page(older.clone()).await.unwrap_err().contains("`history`"));
    assert_eq!(desk.page(Query::History { count: 10 }).await, ids(0..0));
    desk.fills(0..25).await;
    assert_eq!(desk.page(Query::History { count: 10 }).await, ids((15..25).rev()));
    // Fills that come meanwhile do not push the pages.
    desk.fills(25..28).await;
    assert_eq!(desk.page(older.clone()).await, ids((5..15).rev()));
    assert_eq!(desk.page(older.clone()).await, ids((0..5).rev()));
    assert!(desk.page(older.clone()).await.unwrap_err().contains("That is all: there are 3 pages"));
    assert_eq!(desk.page(newer.clone()).await, ids((5..15).rev()));
    assert_eq!(desk.page(newer.clone()).await, ids((15..25).rev()));
    assert_eq!(desk.page(newer).await, ids((15..25).rev()), "there is nothing newer than the first page");
    assert_eq!(desk.page(Query::HistoryPage { count: 10, page: 2 }).await, ids((8..18).rev()), "a page by its number is counted anew");
    assert_eq!(desk.page(older).await, ids((0..8).rev()));
    let far = desk.page(Query::HistoryPage { count: u32::MAX, page: u32::MAX }).await;
    assert_eq!(far.unwrap_err(), "That is all: there is 1 page of history.");
}

#[tokio::test]
async fn an_export_holds_every_fill_once_in_parts_that_every_face_can_carry() {
    let desk = Desk::begin().await;
    assert!(matches!(desk.ask(Query::ExportHistory { part: 1 }).await, NoticeBody::Text(text) if text.contains("nothing to export")));
    let total = i64::from(csv::ROWS_MAX) + 7;
    desk.fills(0..total).await;
    let mut seen = Vec::new();
    for part in 1..=2 {
        let NoticeBody::Document(document) = desk.ask(Query::ExportHistory { part }).await else { panic!("no document") };
        let DocumentView { name, content, rows, .. } = *document;
        assert!(name.ends_with(&format!("-{part}of2.csv")), "{name}");
        assert!(content.len() <= DOCUMENT_BYTES_MAX);
        let mut lines = content.lines();
        assert_eq!(lines.next(), Some(csv::HEADER));
        let ids: Vec<String> = lines.map(|line| line.split(',').nth(2).unwrap().to_owned()).collect();
        assert_eq!(ids.len(), rows as usize);
        seen.extend(ids);
    }
    assert_eq!(Ok(seen), ids(0..total), "oldest first");
    assert!(matches!(desk.ask(Query::ExportHistory { part: 3 }).await, NoticeBody::Text(text) if text == "There are 2 parts."));
}

#[tokio::test]
async fn a_row_of_the_file_is_exact() {
    let desk = Desk::begin().await;
    desk.fills(5..6).await;
    let NoticeBody::Document(document) = desk.ask(Query::ExportHistory { part: 1 }).await else { panic!("no document") };
    let expected = "2025-10-10T10:00:00.005Z,1760090400005,t5,,BTC/USDT,perp,buy,entry,0.0033,60000,198,0.1,USDT,0,1,false,order";
    assert_eq!(document.content, format!("{}\r\n{expected}\r\n", csv::HEADER));
}

#[tokio::test]
async fn a_day_that_is_over_shows_its_last_equity_and_drawdown_comes_from_snapshots() {
    let desk = Desk::begin().await;
    let mut look = rows::step(desk.epoch, vec![rows::event("pnl.day", "d", 1, rows::pnl_day(0, 4))]);
    for (at_ms, equity) in [(1_000, 1_000_000), (2_000, 1_200_000), (3_000, 900_000)] {
        look.snapshot = Some(snapshot(at_ms, equity, 0));
        desk.memory.commit(&look).await.unwrap();
        look.events.clear();
    }
    let tomorrow = rows::at(0).plus_ms(DAY_MS);
    let NoticeBody::Periods(view) = desk.answers.answer(&Query::Periods(Period::Daily), CHAT, tomorrow).await.unwrap() else { panic!() };
    let told: Vec<_> = view.rows.iter().map(|row| (row.realized, row.fees, row.fills, row.equity)).collect();
    let (nothing, day) = (Amount::ZERO, (rows::amount(12), rows::amount(3), 4, Some(rows::amount(900_000))));
    assert_eq!(told, [(nothing, nothing, 0, Some(nothing)), day], "today, and the day the account was opened");
    let NoticeBody::Stats(stats) = desk.answers.answer(&Query::Stats(Window::All), CHAT, tomorrow).await.unwrap() else { panic!() };
    assert_eq!(stats.drawdown.map(|share| share.percent()), Some("25".parse().unwrap()));
}
