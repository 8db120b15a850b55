//! Reports: what is fetched for them. The arithmetic stands in files of its own.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::actor::ChatId;
use crate::domain::money::Amount;
use crate::domain::notice::NoticeBody;
use crate::domain::report::{DocumentView, HistoryView, PerformanceView, Period, PeriodsView, StatsView, Trade};
use crate::domain::request::{HistoryTurn, Window};
use crate::domain::time::Timestamp;
use crate::engine::ports::JournalError;

use super::pnl::first_day;
use super::stats::{Costs, Drawdown};
use super::trades::Trades;
use super::{AnswerError, Answers, balances, csv, periods, portfolio, stats};

/// Rows fetched at a time.
const PAGE_ROWS: u32 = 2_000;
/// Most executions that are looked through for one answer.
const FILLS_READ_MAX: usize = 1_000_000;
/// Most executions on one page of the history.
const FILLS_MAX: u32 = 100;
/// Chats whose page is remembered; beyond that the one with the lowest id is forgotten.
const CHATS_MAX: usize = 1_000;

/// What page each chat looks at, so that "more" goes on from there. Forgotten with the process: "history page 2" needs none.
#[derive(Debug, Default)]
pub struct Pages(Mutex<BTreeMap<ChatId, Shown>>);

/// A page that was shown.
#[derive(Debug, Clone, Copy)]
struct Shown {
    count: u32,
    page: u32,
    /// Executions there were when the first page was shown: later ones do not move the pages.
    total: u64,
}

impl Pages {
    fn of(&self, chat: ChatId) -> Option<Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&chat).copied()
    }

    fn keep(&self, chat: ChatId, shown: Shown) {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.len() >= CHATS_MAX && !pages.contains_key(&chat) {
            pages.pop_first();
        }
        pages.insert(chat, shown);
    }
}

/// What all executions come to in a window.
struct Folded {
    trades: Vec<Trade>,
    fees: Amount,
}

impl Answers {
    pub(super) async fn portfolio(&self, now: Timestamp) -> Result<NoticeBody, AnswerError> {
        let Some(state) = self.views.state(&self.account).await? else {
            return Ok(NoticeBody::Text("The account is being set up; ask again in a moment.".to_owned()));
        };
        let positions = self.views.positions(&self.account).await?;
        let rows = self.views.balances(&self.account).await?;
        let days = self.views.pnl_days(&self.account, first_day(Window::All, now)).await?;
        let shown = self.positions(None).await?;
        let quote = |instrument: &_| self.quote(instrument);
        let equity = balances::equity(&self.quote_currency, &rows, &positions, &quote)?;
        let input = portfolio::Input { quote_currency: &self.quote_currency, rows: &rows, positions: &positions, days: &days, equity };
        Ok(NoticeBody::Portfolio(Box::new(portfolio::view(input, shown, &state, &quote)?)))
    }

    pub(super) async fn periods(&self, period: Period, now: Timestamp) -> Result<NoticeBody, AnswerError> {
        let opened_at = self.views.state(&self.account).await?.map_or(now, |state| state.opened_at);
        let spans = periods::spans(period, now, opened_at);
        let from = spans.last().map_or(now, |(from, _)| *from);
        let days = self.views.pnl_days(&self.account, from).await?;
        let folded = self.folded(from).await?;
        let mut rows = Vec::with_capacity(spans.len());
        for span in spans {
            let equity = if now < span.1 { self.equity_now().await? } else { self.equity_before(span).await? };
            rows.push(periods::row(span, &days, &folded.trades, equity)?);
        }
        Ok(NoticeBody::Periods(PeriodsView { period, rows }))
    }

    /// Returns how the trades of a window went, by symbol.
    ///
    /// # Errors
    /// [`AnswerError`]; its text is a sentence.
    pub async fn performance_over(&self, window: Window, now: Timestamp) -> Result<PerformanceView, AnswerError> {
        let folded = self.folded(first_day(window, now)).await?;
        Ok(stats::performance(window, &folded.trades)?)
    }

    /// Returns how the trades of a window went together.
    ///
    /// # Errors
    /// [`AnswerError`]; its text is a sentence.
    pub async fn stats_over(&self, window: Window, now: Timestamp) -> Result<StatsView, AnswerError> {
        let from = first_day(window, now);
        let folded = self.folded(from).await?;
        let mut funding = Amount::ZERO;
        for day in self.views.pnl_days(&self.account, from).await? {
            funding = funding.plus(day.funding)?;
        }
        let mut drawdown = Drawdown::default();
        let mut after = from.plus_ms(-1);
        loop {
            let page = self.views.snapshots(&self.account, after, PAGE_ROWS).await?;
            let Some(last) = page.last() else { break };
            after = last.at;
            for row in &page {
                drawdown.take(row.equity)?;
            }
        }
        let costs = Costs { fees: folded.fees, funding, drawdown: drawdown.largest };
        Ok(stats::stats(window, &folded.trades, costs)?)
    }

    /// Folds all executions into trades, and keeps those that ended at or after `from`.
    async fn folded(&self, from: Timestamp) -> Result<Folded, AnswerError> {
        let mut folded = Folded { trades: Vec::new(), fees: Amount::ZERO };
        let (mut trades, mut after, mut seen) = (Trades::default(), 0, 0_usize);
        loop {
            let page = self.views.fills_after(&self.account, after, PAGE_ROWS).await?;
            let Some((last, _)) = page.last() else { return Ok(folded) };
            after = *last;
            seen = seen.saturating_add(page.len());
            if seen > FILLS_READ_MAX {
                let text = format!("there are more than {FILLS_READ_MAX} executions; export them and add them up outside");
                return Err(JournalError::NotWritten(text).into());
            }
            for (_, row) in &page {
                if row.fill.at >= from {
                    folded.fees = folded.fees.plus(row.fill.fee)?;
                }
                folded.trades.extend(trades.take(row)?.filter(|trade| trade.closed_at >= from));
            }
        }
    }

    /// Returns equity at mark prices now; none while something held has no price.
    async fn equity_now(&self) -> Result<Option<Amount>, AnswerError> {
        let rows = self.views.balances(&self.account).await?;
        let positions = self.views.positions(&self.account).await?;
        match balances::equity(&self.quote_currency, &rows, &positions, &|instrument| self.quote(instrument)) {
            Ok(equity) => Ok(Some(equity)),
            Err(AnswerError::NoPrice(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the last equity that was seen in a period that is over.
    async fn equity_before(&self, (from, until): (Timestamp, Timestamp)) -> Result<Option<Amount>, AnswerError> {
        let last = self.views.snapshot_at(&self.account, until.plus_ms(-1)).await?;
        Ok(last.filter(|row| row.at >= from).map(|row| row.equity))
    }

    /// Shows a page of the history: the first for a new question, the next of the chat's for a turn.
    pub(super) async fn turned(&self, chat: ChatId, turn: HistoryTurn) -> Result<NoticeBody, AnswerError> {
        let Some(shown) = self.pages.of(chat) else {
            return Ok(NoticeBody::Text("No history is shown here yet. Say `history`, or `history page 2`.".to_owned()));
        };
        let page = match turn {
            HistoryTurn::Older => shown.page.saturating_add(1),
            HistoryTurn::Newer => shown.page.saturating_sub(1).max(1),
        };
        self.history_page(chat, Shown { page, ..shown }).await
    }

    pub(super) async fn history(&self, chat: ChatId, count: u32, page: u32) -> Result<NoticeBody, AnswerError> {
        let total = self.views.fill_count(&self.account).await?;
        self.history_page(chat, Shown { count: count.clamp(1, FILLS_MAX), page: page.max(1), total }).await
    }

    async fn history_page(&self, chat: ChatId, wanted: Shown) -> Result<NoticeBody, AnswerError> {
        let Shown { count, page, total } = wanted;
        let pages = u32::try_from(total.div_ceil(u64::from(count)).max(1)).unwrap_or(u32::MAX);
        if page > pages {
            let are = if pages == 1 { "is 1 page".to_owned() } else { format!("are {pages} pages") };
            return Ok(NoticeBody::Text(format!("That is all: there {are} of history.")));
        }
        let newer = self.views.fill_count(&self.account).await?.saturating_sub(total);
        let skip = newer.saturating_add(u64::from(page - 1).saturating_mul(u64::from(count)));
        let fills = self.views.fills_page(&self.account, skip, count).await?;
        self.pages.keep(chat, wanted);
        Ok(NoticeBody::History(HistoryView { fills, page, pages, count, total }))
    }

    /// Returns every execution as a file; a long history comes in parts, the oldest first.
    pub(super) async fn export(&self, part: u32, now: Timestamp) -> Result<NoticeBody, AnswerError> {
        let total = self.views.fill_count(&self.account).await?;
        let parts = u32::try_from(total.div_ceil(u64::from(csv::ROWS_MAX)).max(1)).unwrap_or(u32::MAX);
        if total == 0 || part == 0 || part > parts {
            let text =
                if total == 0 { "No fills yet: there is nothing to export.".to_owned() } else { format!("There are {parts} parts.") };
            return Ok(NoticeBody::Text(text));
        }
        let first = u64::from(part - 1).saturating_mul(u64::from(csv::ROWS_MAX));
        let rows = total.saturating_sub(first).min(u64::from(csv::ROWS_MAX));
        let skip = total.saturating_sub(first).saturating_sub(rows);
        let mut fills = self.views.fills_page(&self.account, skip, u32::try_from(rows).unwrap_or(csv::ROWS_MAX)).await?;
        fills.reverse();
        let content = csv::of_fills(&fills);
        let stem = format!("outcry-fills-{}", now.ms());
        let (name, about) = if parts == 1 {
            (format!("{stem}.csv"), format!("Every fill, oldest first: {total}."))
        } else {
            let more = if part < parts { format!(" Say `export history part {}` for the next.", part + 1) } else { String::new() };
            (format!("{stem}-{part}of{parts}.csv"), format!("Part {part} of {parts} of every fill, oldest first.{more}"))
        };
        let rows = u32::try_from(fills.len()).unwrap_or(u32::MAX);
        Ok(NoticeBody::Document(Box::new(DocumentView { name, media: "text/csv".to_owned(), content, about, rows })))
    }
}
