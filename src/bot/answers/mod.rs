//! Answers to queries, assembled from committed rows and the latest quotes. Each kind of answer has a pure function in
//! a file of its own; this file only fetches what it needs.

use std::sync::Arc;

use crate::domain::actor::ChatId;
use crate::domain::cross;
use crate::domain::ids::AccountId;
use crate::domain::instrument::{Currency, Instrument, InstrumentId, Symbol};
use crate::domain::market::Quote;
use crate::domain::money::{Amount, MoneyError, Price};
use crate::domain::notice::{NoticeBody, PositionView, SettingView, WhyView};
use crate::domain::plan::Plan;
use crate::domain::request::{Query, WhyAbout, Window};
use crate::domain::rows::{OrderRow, PositionRow};
use crate::domain::time::Timestamp;
use crate::engine::ports::{JournalError, PlanQuery, Quotes, Views};

pub mod balances;
pub mod csv;
pub mod periods;
pub mod pnl;
pub mod portfolio;
pub mod positions;
pub mod reports;
pub mod stats;
pub mod trades;

/// Most events that a "why?" lists.
const EVENTS_MAX: u32 = 50;

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The rows could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A price is needed that is not there.
    #[error("there is no price of {0} yet, and the answer needs one; try again in a moment")]
    NoPrice(InstrumentId),
    /// Nothing of that name is traded here.
    #[error("{0} is not traded here; it trades: {1}")]
    Unknown(Symbol, String),
    /// A figure cannot be held.
    #[error("the figures cannot be added up: {0}")]
    Money(#[from] MoneyError),
}

/// What answers are made from.
pub struct Answers {
    /// Whose.
    pub account: AccountId,
    /// The currency that totals are told in.
    pub quote_currency: Currency,
    /// What can be traded.
    pub instruments: Vec<Instrument>,
    /// Each setting with its origin; secrets left out.
    pub settings: Vec<SettingView>,
    /// Committed rows.
    pub views: Arc<dyn Views>,
    /// The latest prices.
    pub quotes: Arc<dyn Quotes>,
    /// What page of the history each chat looks at.
    pub pages: reports::Pages,
}

impl Answers {
    /// Answers a query of `chat`.
    ///
    /// # Errors
    /// [`AnswerError`]; its text is a sentence for the person.
    pub async fn answer(&self, query: &Query, chat: ChatId, now: Timestamp) -> Result<NoticeBody, AnswerError> {
        Ok(match query {
            Query::Positions(symbol) => NoticeBody::Positions(self.positions(symbol.as_ref()).await?),
            Query::Orders(symbol) => {
                let orders = self.views.open_orders(&self.account).await?;
                let wanted = |order: &&OrderRow| symbol.as_ref().is_none_or(|symbol| order.spec.instrument.symbol == *symbol);
                NoticeBody::Orders(orders.iter().filter(wanted).map(Into::into).collect())
            }
            Query::Balance => self.balances().await?,
            Query::Price(symbol) => self.price(symbol)?,
            Query::Pnl(window) => self.pnl(*window, now).await?,
            Query::History { count } => self.history(chat, *count, 1).await?,
            Query::HistoryPage { count, page } => self.history(chat, *count, *page).await?,
            Query::TurnHistory(turn) => self.turned(chat, *turn).await?,
            Query::ExportHistory { part } => self.export(*part, now).await?,
            Query::Portfolio => self.portfolio(now).await?,
            Query::Periods(period) => self.periods(*period, now).await?,
            Query::Performance(window) => NoticeBody::Performance(self.performance_over(*window, now).await?),
            Query::Stats(window) => NoticeBody::Stats(Box::new(self.stats_over(*window, now).await?)),
            Query::Settings => NoticeBody::Settings(self.settings.clone()),
            Query::Why(about) => self.why(about, chat).await?,
            Query::Help => NoticeBody::Help,
            Query::Start => self.welcome().await?,
        })
    }

    async fn positions(&self, symbol: Option<&Symbol>) -> Result<Vec<PositionView>, AnswerError> {
        let rows = self.views.positions(&self.account).await?;
        let orders = self.views.open_orders(&self.account).await?;
        let wanted = |row: &&PositionRow| symbol.is_none_or(|symbol| row.instrument.symbol == *symbol);
        let balances = self.views.balances(&self.account).await?;
        let cash = balances.iter().find(|row| row.currency == self.quote_currency).map_or(Amount::ZERO, |row| row.cash);
        let views = rows.iter().filter(wanted).map(|row| {
            let liquidation = self.liquidation_price(row, cash, &rows)?;
            positions::view(row, &orders, liquidation, self.quote(&row.instrument))
        });
        Ok(views.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    fn liquidation_price(&self, row: &PositionRow, cash: Amount, rows: &[PositionRow]) -> Result<Option<Price>, MoneyError> {
        let (Some(position), Some(instrument)) = (&row.position, self.instrument(&row.instrument)) else { return Ok(None) };
        let held = rows.iter().filter_map(|row| row.position.as_ref());
        let listed = |id: &InstrumentId| Some((self.instrument(id)?, self.quote(id)?.mark));
        cross::liquidation_price((position, instrument), cash, held, listed)
    }

    async fn balances(&self) -> Result<NoticeBody, AnswerError> {
        let rows = self.views.balances(&self.account).await?;
        let orders = self.views.open_orders(&self.account).await?;
        let positions = self.views.positions(&self.account).await?;
        Ok(NoticeBody::Balances {
            balances: balances::views(&rows, &orders, &positions)?,
            equity: balances::equity(&self.quote_currency, &rows, &positions, &|instrument| self.quote(instrument))?,
        })
    }

    async fn pnl(&self, window: Window, now: Timestamp) -> Result<NoticeBody, AnswerError> {
        let days = self.views.pnl_days(&self.account, pnl::first_day(window, now)).await?;
        let positions = self.views.positions(&self.account).await?;
        let mut unrealized = Amount::ZERO;
        for position in positions.iter().filter_map(|row| row.position.as_ref()) {
            let quote = self.quote(&position.instrument).ok_or_else(|| AnswerError::NoPrice(position.instrument.clone()))?;
            unrealized = unrealized.plus(position.unrealized(quote.mark)?)?;
        }
        Ok(NoticeBody::Pnl(pnl::view(window, &days, unrealized)?))
    }

    fn price(&self, symbol: &Symbol) -> Result<NoticeBody, AnswerError> {
        let mut listed = self.instruments.iter().filter(|instrument| instrument.id.symbol == *symbol).peekable();
        let first = listed.peek().map(|instrument| instrument.id.clone());
        let quote = listed.find_map(|instrument| self.quote(&instrument.id));
        match (quote, first) {
            (Some(quote), _) => Ok(NoticeBody::Price { symbol: symbol.clone(), quote, source: self.quotes.source() }),
            (None, Some(instrument)) => Err(AnswerError::NoPrice(instrument)),
            (None, None) => Err(AnswerError::Unknown(symbol.clone(), self.listed())),
        }
    }

    async fn why(&self, about: &WhyAbout, chat: ChatId) -> Result<NoticeBody, AnswerError> {
        let which = match about {
            WhyAbout::Latest => PlanQuery::Chat(chat),
            WhyAbout::Symbol(symbol) => PlanQuery::Symbol(symbol.clone()),
            WhyAbout::Id(id) => PlanQuery::IdPrefix(id.clone()),
        };
        let row = self.views.latest_plan(&self.account, &which).await?;
        let card = self.views.open_pending(&self.account, chat).await?;
        let concerned = |plan: &Plan| match about {
            WhyAbout::Latest => true,
            WhyAbout::Symbol(symbol) => plan.instrument.symbol == *symbol,
            WhyAbout::Id(id) => plan.id.as_str().starts_with(id.as_str()),
        };
        let pending = card.and_then(|card| card.plans.into_iter().find(concerned));
        if row.is_none() && pending.is_none() {
            return Ok(NoticeBody::Text(
                "There is nothing to explain yet: no plan was made for this. Try `why` after an order or a refusal.".to_owned(),
            ));
        }
        let events = match &row {
            Some(row) => self.views.events_of(&self.account, &row.plan.id, EVENTS_MAX).await?,
            None => Vec::new(),
        };
        let events = events.into_iter().map(|event| (event.at, event.kind, event.detail)).collect();
        Ok(NoticeBody::Why(Box::new(WhyView { row, pending, events })))
    }

    async fn welcome(&self) -> Result<NoticeBody, AnswerError> {
        let Some(state) = self.views.state(&self.account).await? else {
            return Ok(NoticeBody::Text("The account is being set up; say `start` again in a moment.".to_owned()));
        };
        let rows = self.views.balances(&self.account).await?;
        let positions = self.views.positions(&self.account).await?;
        let equity = balances::equity(&self.quote_currency, &rows, &positions, &|instrument| self.quote(instrument))?;
        Ok(NoticeBody::Welcome { state, equity, source: self.quotes.source() })
    }

    fn quote(&self, instrument: &InstrumentId) -> Option<Quote> {
        self.quotes.quote(instrument)
    }

    fn instrument(&self, id: &InstrumentId) -> Option<&Instrument> {
        self.instruments.iter().find(|instrument| instrument.id == *id)
    }

    fn listed(&self) -> String {
        let mut names: Vec<_> = self.instruments.iter().map(|instrument| instrument.id.symbol.to_string()).collect();
        names.sort();
        names.dedup();
        names.join(", ")
    }
}
