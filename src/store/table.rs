//! How a row of the domain lies in its table: key columns that queries need, and the whole row as JSON beside them.
//!
//! One description serves writing, rebuilding and comparing, so that these cannot drift apart.

use crate::domain::event::Change;

/// The tables that hold rows of the domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Cards.
    Pendings,
    /// Plans.
    Plans,
    /// Orders.
    Orders,
    /// Executions; only ever added to.
    Fills,
    /// Balances.
    Balances,
    /// Positions.
    Positions,
    /// The trading state.
    State,
    /// Profit and loss by day.
    PnlDays,
}

/// One column's value. Only TEXT and BIGINT exist.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// TEXT, or NULL.
    Text(Option<String>),
    /// BIGINT, or NULL.
    Int(Option<i64>),
}

/// A row as its table holds it, without account and chain numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// In which table.
    pub table: Table,
    /// Columns in the table's order; the key comes first and the JSON last.
    pub cells: Vec<Cell>,
}

/// A stored row with the links that made and last changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The link that made it.
    pub first_seq: i64,
    /// The link that last changed it.
    pub last_seq: i64,
    /// Its columns.
    pub cells: Vec<Cell>,
}

pub(super) fn text(value: impl ToString) -> Cell {
    Cell::Text(Some(super::link::storable(&value.to_string())))
}

/// Returns a cell of words that are known to be storable.
pub(super) fn verbatim(words: &str) -> Cell {
    Cell::Text(Some(words.to_owned()))
}

pub(super) const fn int(value: i64) -> Cell {
    Cell::Int(Some(value))
}

impl Record {
    /// Returns the record of `change`, whose JSON form is `body` (as a link holds it); none for a fact without a row.
    pub fn of(change: &Change, body: &str) -> Option<Self> {
        let (table, mut cells) = match change {
            Change::Pending(row) => (Table::Pendings, vec![text(&row.nonce), int(row.actor.chat.0), text(row.state.as_str())]),
            Change::Plan(row) => {
                let chat = Cell::Int(row.actor.map(|actor| actor.chat.0));
                let plan = &row.plan;
                let symbol = text(&plan.instrument.symbol);
                (Table::Plans, vec![text(&plan.id), text(&plan.key), chat, symbol, text(row.state.as_str()), int(row.at.ms())])
            }
            Change::Order(row) => {
                (Table::Orders, vec![text(&row.spec.id), text(&row.plan), text(row.state.as_str()), int(row.changed_at.ms())])
            }
            Change::Fill(row) => {
                let order = row.fill.order.as_ref().map_or(Cell::Text(None), text);
                (Table::Fills, vec![text(&row.fill.instrument), text(&row.fill.trade_id), order, int(row.fill.at.ms())])
            }
            Change::Balance(row) => (Table::Balances, vec![text(&row.currency)]),
            Change::Position(row) => (Table::Positions, vec![text(&row.instrument), int(i64::from(row.position.is_none()))]),
            Change::State(row) => (Table::State, vec![text(row.trading.as_str())]),
            Change::PnlDay(row) => (Table::PnlDays, vec![int(row.day.ms())]),
            Change::Act(_) | Change::Ledger(_) => return None,
        };
        cells.push(Cell::Text(Some(row_body(body).to_owned())));
        Some(Self { table, cells })
    }

    /// Returns the cells that make the row unique within its account.
    pub fn key(&self) -> &[Cell] {
        self.cells.get(..self.table.key_width()).unwrap_or_default()
    }
}

/// Returns the row's JSON inside a change's JSON, which is `{"kind":row}`.
fn row_body(change: &str) -> &str {
    change.split_once(':').and_then(|(_, rest)| rest.strip_suffix('}')).unwrap_or(change)
}

impl Table {
    /// Every table there is.
    pub const ALL: [Self; 8] =
        [Self::Pendings, Self::Plans, Self::Orders, Self::Fills, Self::Balances, Self::Positions, Self::State, Self::PnlDays];

    /// Returns its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pendings => "pendings",
            Self::Plans => "plans",
            Self::Orders => "orders",
            Self::Fills => "fills",
            Self::Balances => "balances",
            Self::Positions => "positions",
            Self::State => "state",
            Self::PnlDays => "pnl_days",
        }
    }

    /// Returns how many of its cells make a row unique within its account.
    pub const fn key_width(self) -> usize {
        match self {
            Self::State => 0,
            Self::Fills => 2,
            _ => 1,
        }
    }

    /// Returns the statement that writes a record: account, link number, then the record's cells.
    pub(super) const fn upsert(self) -> &'static str {
        match self {
            Self::Pendings => {
                "INSERT INTO pendings (account, first_seq, last_seq, nonce, chat, state, body) VALUES ($1, $2, $2, $3, $4, $5, $6) \
                 ON CONFLICT (account, nonce) DO UPDATE SET last_seq = excluded.last_seq, chat = excluded.chat, state = excluded.state, \
                 body = excluded.body"
            }
            // A plan's cause never changes: with another one no row is written, and the step fails.
            Self::Plans => {
                "INSERT INTO plans (account, first_seq, last_seq, id, source_key, chat, symbol, state, at, body) \
                 VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9) \
                 ON CONFLICT (account, id) DO UPDATE SET last_seq = excluded.last_seq, chat = excluded.chat, symbol = excluded.symbol, \
                 state = excluded.state, at = excluded.at, body = excluded.body WHERE plans.source_key = excluded.source_key"
            }
            Self::Orders => {
                "INSERT INTO orders (account, first_seq, last_seq, id, plan, state, changed_at, body) \
                 VALUES ($1, $2, $2, $3, $4, $5, $6, $7) \
                 ON CONFLICT (account, id) DO UPDATE SET last_seq = excluded.last_seq, plan = excluded.plan, state = excluded.state, \
                 changed_at = excluded.changed_at, body = excluded.body"
            }
            // No ON CONFLICT: an execution that is already in the books must fail the whole step.
            Self::Fills => {
                "INSERT INTO fills (account, first_seq, last_seq, instrument, trade_id, order_id, at, body) \
                 VALUES ($1, $2, $2, $3, $4, $5, $6, $7)"
            }
            Self::Balances => {
                "INSERT INTO balances (account, first_seq, last_seq, currency, body) VALUES ($1, $2, $2, $3, $4) \
                 ON CONFLICT (account, currency) DO UPDATE SET last_seq = excluded.last_seq, body = excluded.body"
            }
            Self::Positions => {
                "INSERT INTO positions (account, first_seq, last_seq, instrument, flat, body) VALUES ($1, $2, $2, $3, $4, $5) \
                 ON CONFLICT (account, instrument) DO UPDATE SET last_seq = excluded.last_seq, flat = excluded.flat, body = excluded.body"
            }
            Self::State => {
                "INSERT INTO state (account, first_seq, last_seq, trading, body) VALUES ($1, $2, $2, $3, $4) \
                 ON CONFLICT (account) DO UPDATE SET last_seq = excluded.last_seq, trading = excluded.trading, body = excluded.body"
            }
            Self::PnlDays => {
                "INSERT INTO pnl_days (account, first_seq, last_seq, day, body) VALUES ($1, $2, $2, $3, $4) \
                 ON CONFLICT (account, day) DO UPDATE SET last_seq = excluded.last_seq, body = excluded.body"
            }
        }
    }

    /// Returns the statement that reads records after a link number, in the order they were made: account, number, count.
    pub(super) const fn page(self) -> &'static str {
        match self {
            Self::Pendings => {
                "SELECT first_seq, last_seq, nonce, chat, state, body FROM pendings WHERE account = $1 AND first_seq > $2 \
                 ORDER BY first_seq LIMIT $3"
            }
            Self::Plans => {
                "SELECT first_seq, last_seq, id, source_key, chat, symbol, state, at, body FROM plans \
                 WHERE account = $1 AND first_seq > $2 ORDER BY first_seq LIMIT $3"
            }
            Self::Orders => {
                "SELECT first_seq, last_seq, id, plan, state, changed_at, body FROM orders WHERE account = $1 AND first_seq > $2 \
                 ORDER BY first_seq LIMIT $3"
            }
            Self::Fills => {
                "SELECT first_seq, last_seq, instrument, trade_id, order_id, at, body FROM fills \
                 WHERE account = $1 AND first_seq > $2 ORDER BY first_seq LIMIT $3"
            }
            Self::Balances => {
                "SELECT first_seq, last_seq, currency, body FROM balances WHERE account = $1 AND first_seq > $2 ORDER BY first_seq LIMIT $3"
            }
            Self::Positions => {
                "SELECT first_seq, last_seq, instrument, flat, body FROM positions WHERE account = $1 AND first_seq > $2 \
                 ORDER BY first_seq LIMIT $3"
            }
            Self::State => {
                "SELECT first_seq, last_seq, trading, body FROM state WHERE account = $1 AND first_seq > $2 ORDER BY first_seq LIMIT $3"
            }
            Self::PnlDays => {
                "SELECT first_seq, last_seq, day, body FROM pnl_days WHERE account = $1 AND first_seq > $2 ORDER BY first_seq LIMIT $3"
            }
        }
    }

    /// Tells which of its cells are numbers; the others are text.
    pub(super) const fn int_cells(self) -> &'static [usize] {
        match self {
            Self::Pendings | Self::Positions => &[1],
            Self::Plans => &[2, 5],
            Self::Orders | Self::Fills => &[3],
            Self::PnlDays => &[0],
            Self::Balances | Self::State => &[],
        }
    }
}
