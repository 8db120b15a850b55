//! The venue's order log and account against the Desk's database.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use sqlx::any::{AnyPoolOptions, install_default_drivers};
use sqlx::{AnyPool, Row};

use outcry::app::PAPER_ACCOUNT;
use outcry::domain::ids::{AccountId, ClientOrderId, SourceKey};
use outcry::domain::instrument::Market;
use outcry::domain::notice::{Notice, NoticeBody};
use outcry::domain::order::{Fill, Leg, OrderReport, OrderSpec, VenueOrderState};
use outcry::domain::plan::PlanKind;
use outcry::domain::rows::{BalanceRow, FillRow, OrderRow, PlanRow, PositionRow};
use outcry::engine::exchange::paper::log::{LogEntry, LogEvent};
use outcry::engine::exchange::paper::remote::RemoteVenue;
use outcry::engine::ports::{Exchange, VenueAccount};
use outcry::store::open::Store;
use outcry::store::{chain, rebuild};

use super::figures::Compared;

/// Pause between two looks at what does not agree yet.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What the venue says.
struct Truth {
    log: Vec<LogEntry>,
    account: VenueAccount,
    open: Vec<OrderReport>,
}

impl Truth {
    async fn read(venue: &RemoteVenue) -> Self {
        let mut answers = None;
        for _ in 0..200 {
            if let (Ok(log), Ok(account), Ok(open)) = (venue.log().await, venue.account().await, venue.open_orders().await) {
                answers = Some(Self { log, account, open });
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        answers.expect("the venue does not answer")
    }

    fn accepted(&self) -> impl Iterator<Item = &OrderSpec> {
        self.log.iter().filter_map(|entry| match &entry.event {
            LogEvent::Accepted { spec, .. } => Some(spec),
            _ => None,
        })
    }

    /// Orders as they arrived, taken or refused.
    fn arrived(&self) -> impl Iterator<Item = &OrderSpec> {
        self.log.iter().filter_map(|entry| match &entry.event {
            LogEvent::Accepted { spec, .. } | LogEvent::Rejected { spec, .. } => Some(spec),
            _ => None,
        })
    }

    fn fills(&self) -> impl Iterator<Item = &Fill> {
        self.log.iter().filter_map(|entry| match &entry.event {
            LogEvent::Filled { fill, .. } => Some(fill),
            _ => None,
        })
    }
}

/// The body of an event about an order.
#[derive(serde::Deserialize)]
struct OrderChange {
    order: OrderRow,
}

/// What the database says.
struct Books {
    orders: BTreeMap<ClientOrderId, OrderRow>,
    fills: Vec<FillRow>,
    plans: Vec<PlanRow>,
    balances: Vec<BalanceRow>,
    positions: Vec<PositionRow>,
    notices: Vec<Notice>,
    /// Keys of messages, and whether they are dealt with.
    messages: Vec<(SourceKey, bool)>,
    /// Messages that asked for an order or for its cancel, and the order.
    asked: Vec<(SourceKey, ClientOrderId)>,
    /// Messages with their text and time.
    words: Vec<(SourceKey, String, i64)>,
    undelivered: i64,
    unknown: i64,
}

impl Books {
    async fn read(pool: &AnyPool) -> Self {
        let orders: Vec<OrderRow> = bodies(pool, "SELECT body FROM orders").await;
        let asked: Vec<OrderChange> =
            bodies(pool, "SELECT body FROM order_events WHERE kind IN ('order.planned', 'order.cancel_asked')").await;
        let words = sqlx::query("SELECT key, body, received_at FROM inbox WHERE sequence > 0").fetch_all(pool).await.unwrap();
        let messages = sqlx::query("SELECT key, done FROM inbox WHERE sequence > 0").fetch_all(pool).await.unwrap();
        Self {
            orders: orders.into_iter().map(|row| (row.spec.id.clone(), row)).collect(),
            fills: bodies(pool, "SELECT body FROM fills").await,
            plans: bodies(pool, "SELECT body FROM plans").await,
            balances: bodies(pool, "SELECT body FROM balances").await,
            positions: bodies(pool, "SELECT body FROM positions").await,
            notices: bodies(pool, "SELECT body FROM outbox").await,
            messages: messages.iter().map(|row| (SourceKey::new(row.get::<String, _>(0)), row.get::<i64, _>(1) == 1)).collect(),
            asked: asked
                .into_iter()
                .filter(|change| change.order.parent.is_none())
                .map(|change| (change.order.cause, change.order.spec.id))
                .collect(),
            words: words.iter().map(|row| (SourceKey::new(row.get::<String, _>(0)), row.get(1), row.get(2))).collect(),
            undelivered: count(pool, "SELECT COUNT(*) FROM outbox WHERE done = 0").await,
            unknown: count(pool, "SELECT COUNT(DISTINCT subject) FROM order_events WHERE kind = 'order.unknown'").await,
        }
    }
}

async fn bodies<T: DeserializeOwned>(pool: &AnyPool, sql: &'static str) -> Vec<T> {
    let rows = sqlx::query(sql).fetch_all(pool).await.unwrap();
    rows.iter().map(|row| serde_json::from_str(&row.get::<String, _>(0)).unwrap()).collect()
}

async fn count(pool: &AnyPool, sql: &'static str) -> i64 {
    sqlx::query(sql).fetch_one(pool).await.unwrap().get(0)
}

async fn pool(database: &Path) -> AnyPool {
    install_default_drivers();
    AnyPoolOptions::new().max_connections(1).connect(&format!("sqlite://{}?mode=rw", database.display())).await.unwrap()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Returns the whole log of a venue.
pub fn log_of(address: SocketAddr) -> Vec<LogEntry> {
    run(async {
        let (venue, link, _ticks) = RemoteVenue::connect(address);
        tokio::select! {
            () = link.run() => unreachable!("the link runs as long as the venue is held"),
            truth = Truth::read(&venue) => truth.log,
        }
    })
}

/// Looks at a copy of a database that nobody has open any more: opening the thing itself would do the next start's
/// recovery for it. Returns what the process left open.
pub fn left_open(database: &Path, folder: &Path) -> Vec<String> {
    let copy = folder.join("copy.db");
    for suffix in ["", "-wal"] {
        let named = |path: &Path| format!("{}{suffix}", path.display());
        // Without a write-ahead log there is none to copy.
        if std::fs::copy(named(database), named(&copy)).is_err() {
            let _ = std::fs::remove_file(named(&copy));
        }
    }
    run(async {
        let pool = pool(&copy).await;
        let mut left = Vec::new();
        let sql = "SELECT DISTINCT 'an order ' || state FROM orders \
             WHERE state IN ('planned', 'sending', 'unknown', 'canceling') AND body NOT LIKE '%\"parent\":\"%' \
             UNION ALL SELECT 'a message' WHERE EXISTS (SELECT 1 FROM inbox WHERE done = 0) \
             UNION ALL SELECT 'a notice' WHERE EXISTS (SELECT 1 FROM outbox WHERE done = 0) \
             UNION ALL SELECT 'a card' WHERE EXISTS (SELECT 1 FROM pendings WHERE state = 'open')";
        left.extend(sqlx::query(sql).fetch_all(&pool).await.unwrap().iter().map(|row| row.get::<String, _>(0)));
        pool.close().await;
        left
    })
}

/// Compares until both sides agree, or `patience` is over. What does not come to agree is a violation.
pub fn compare_at_rest(database: &Path, address: SocketAddr, patience: Duration, shown: &impl Fn(&Compared) -> bool) -> Compared {
    run(async {
        let (venue, link, _ticks) = RemoteVenue::connect(address);
        let compared = async {
            let pool = pool(database).await;
            let store = Store::open(&format!("sqlite://{}", database.display())).await.unwrap();
            let end = Instant::now() + patience;
            loop {
                let mut compared = compare(&pool, &venue).await;
                if !shown(&compared) {
                    compared.violations.push("what was to be shown is not there".to_owned());
                }
                // The chain and the tables can only be compared while nobody writes.
                if compared.violations.is_empty() {
                    stored(&store, &mut compared).await;
                }
                if compared.violations.is_empty() || Instant::now() > end {
                    store.close().await;
                    pool.close().await;
                    return compared;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::select! {
            () = link.run() => unreachable!("the link runs as long as the venue is held"),
            compared = compared => compared,
        }
    })
}

async fn stored(store: &Store, compared: &mut Compared) {
    let account = AccountId::new(PAPER_ACCOUNT);
    match chain::verify(store, None).await {
        Ok(report) => compared.events = report.heads.iter().map(|(_, head)| head.count).sum(),
        Err(error) => compared.violations.push(error.to_string()),
    }
    if let Err(error) = rebuild::compare(store, &account).await {
        compared.violations.push(error.to_string());
    }
}

async fn compare(pool: &AnyPool, venue: &RemoteVenue) -> Compared {
    let truth = Truth::read(venue).await;
    let books = Books::read(pool).await;
    let mut compared = Compared {
        orders: truth.accepted().count(),
        fills: truth.fills().count(),
        messages: books.messages.len(),
        unknown: usize::try_from(books.unknown).unwrap(),
        open: truth.open.len(),
        ..Compared::default()
    };
    let held: Vec<_> = books.positions.iter().filter_map(|row| row.position.as_ref()).collect();
    compared.positions = (held.len(), held.iter().filter(|position| position.instrument.market == Market::Perp).count());
    compared.entries = truth.accepted().filter(|spec| leg(&books, &spec.id) == Some(Leg::Entry)).count();
    let v = &mut compared.violations;
    orders(&truth, &books, v);
    fills(&truth, &books, v);
    account(&truth, &books, v);
    stops(&truth, &books, v);
    messages(&books, v);
    compared
}

fn leg(books: &Books, id: &ClientOrderId) -> Option<Leg> {
    books.orders.get(id).map(|row| row.leg)
}

/// One arrival an opening order, one opening order a plan, a row for every order and its exits, and what arrived is what was
/// planned.
fn orders(truth: &Truth, books: &Books, v: &mut Vec<String>) {
    let (mut arrivals, mut entries) = (BTreeMap::new(), BTreeMap::new());
    for spec in truth.arrived() {
        let Some(row) = books.orders.get(&spec.id) else {
            v.push(format!("order {} reached the venue and has no row", spec.id));
            continue;
        };
        *arrivals.entry(&spec.id).or_insert(0) += 1;
        if row.leg == Leg::Entry {
            *entries.entry(&row.plan).or_insert(0) += 1;
            if (&row.spec.instrument, row.spec.side, row.spec.quantity) != (&spec.instrument, spec.side, spec.quantity) {
                v.push(format!("order {} arrived as something else than was planned", spec.id));
            }
        }
        let lost = spec.attached.iter().filter(|exit| !books.orders.contains_key(&exit.id));
        v.extend(lost.map(|exit| format!("exit {} reached the venue and has no row", exit.id)));
    }
    v.extend(arrivals.iter().filter(|(_, n)| **n > 1).map(|(id, n)| format!("order {id} arrived {n} times")));
    v.extend(entries.iter().filter(|(_, n)| **n > 1).map(|(plan, n)| format!("plan {plan} opened {n} times")));
    let unsettled = books.orders.values().filter(|row| row.state.in_flight() || row.asking.is_some());
    v.extend(unsettled.map(|row| format!("order {} is still {}", row.spec.id, row.state.as_str())));
    let open: BTreeSet<&ClientOrderId> = truth.open.iter().map(|report| &report.id).collect();
    let live: BTreeSet<&ClientOrderId> = books.orders.values().filter(|row| !row.state.is_done()).map(|row| &row.spec.id).collect();
    v.extend(open.symmetric_difference(&live).map(|id| format!("order {id} is open on one side only")));
}

fn fills(truth: &Truth, books: &Books, v: &mut Vec<String>) {
    let name = |fill: &Fill| (fill.instrument.clone(), fill.trade_id.clone());
    let theirs: BTreeMap<_, &Fill> = truth.fills().map(|fill| (name(fill), fill)).collect();
    let ours: BTreeMap<_, &Fill> = books.fills.iter().map(|row| (name(&row.fill), &row.fill)).collect();
    if truth.fills().count() != theirs.len() {
        v.push("the venue's log names two fills alike".to_owned());
    }
    for key in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
        if theirs.get(key) != ours.get(key) {
            v.push(format!("fill {} {}: {:?} at the venue, {:?} in the books", key.0, key.1, theirs.get(key), ours.get(key)));
        }
    }
}

fn account(truth: &Truth, books: &Books, v: &mut Vec<String>) {
    let zero = outcry::domain::money::Amount::ZERO;
    let theirs: BTreeMap<_, _> = truth.account.balances.iter().filter(|(_, amount)| *amount != zero).cloned().collect();
    let ours: BTreeMap<_, _> =
        books.balances.iter().map(|row| (row.currency.clone(), row.cash)).filter(|(_, cash)| *cash != zero).collect();
    if theirs != ours {
        v.push(format!("balances: {theirs:?} at the venue, {ours:?} in the books"));
    }
    let theirs: BTreeMap<_, _> = truth.account.positions.iter().map(|position| (&position.instrument, position)).collect();
    let ours: BTreeMap<_, _> =
        books.positions.iter().filter_map(|row| row.position.as_ref()).map(|position| (&position.instrument, position)).collect();
    if theirs != ours {
        v.push(format!("positions: {theirs:?} at the venue, {ours:?} in the books"));
    }
}

/// Every leveraged position has stops at the venue that cover all of it, and the books know them.
fn stops(truth: &Truth, books: &Books, v: &mut Vec<String>) {
    for position in truth.account.positions.iter().filter(|position| position.instrument.market == Market::Perp) {
        let guards = |report: &&OrderReport| {
            report.instrument == position.instrument
                && report.order_type.is_stop()
                && report.reduce_only
                && report.state == VenueOrderState::Working
                && report.side == position.direction.closing_side()
                && leg(books, &report.id) == Some(Leg::Stop)
        };
        // Each entry brings a stop of its own; together they must cover what the entries made.
        let left = truth.open.iter().filter(guards).map(|report| report.quantity.saturating_minus(report.filled));
        let covered = left.map(|quantity| quantity.value()).sum::<rust_decimal::Decimal>();
        if covered < position.quantity.value() {
            v.push(format!("{}: stops cover {covered} of {}", position.instrument, position.quantity));
        }
    }
}

/// Tells whether what became of a message's orders was told under another message: the cancel of an order takes its news over,
/// and a later cancel an earlier one's.
fn told_elsewhere(books: &Books, key: &SourceKey) -> bool {
    let named: BTreeSet<&str> = books.notices.iter().flat_map(|notice| orders_of(&notice.body)).collect();
    let mut asked = books.asked.iter().filter(|(cause, _)| cause == key).map(|(_, id)| id).peekable();
    asked.peek().is_some() && asked.all(|id| named.contains(id.as_str()))
}

/// Tells whether a word that changed the trading state, and was cut off before its proof, was recalled at the next start.
fn recalled(books: &Books, key: &SourceKey) -> bool {
    let word = books.words.iter().find(|(said, ..)| said == key);
    word.is_some_and(|(_, body, at)| {
        let recalls = |notice: &Notice| matches!(&notice.body, NoticeBody::Alert { text, .. } if text.contains("has started again"));
        let soon = |notice: &&Notice| (*at..at + 120_000).contains(&notice.at.ms());
        ["pause", "stop", "panic", "yes"].iter().any(|said| body.ends_with(&format!("\"{said}\"}}")))
            && books.notices.iter().filter(soon).any(recalls)
    })
}

fn orders_of(body: &NoticeBody) -> Vec<&str> {
    match body {
        NoticeBody::OrderNews { orders, .. } => orders.iter().map(|view| view.id.as_str()).collect(),
        _ => Vec::new(),
    }
}

/// Every message that came in is dealt with and answered, and none opened a position twice.
fn messages(books: &Books, v: &mut Vec<String>) {
    let told: BTreeSet<&SourceKey> = books.notices.iter().filter_map(|notice| notice.cause.as_ref()).collect();
    for (key, done) in &books.messages {
        if !done {
            v.push(format!("message {key} is not dealt with"));
        } else if !told.contains(key) && !told_elsewhere(books, key) && !recalled(books, key) {
            v.push(format!("message {key} was never answered"));
        }
    }
    let mut opened = BTreeMap::new();
    for row in books.plans.iter().filter(|row| row.plan.kind == PlanKind::Open) {
        let message: Vec<&str> = row.plan.key.as_str().split(':').take(3).collect();
        *opened.entry(message.join(":")).or_insert(0) += 1;
    }
    v.extend(opened.iter().filter(|(_, n)| **n > 1).map(|(key, n)| format!("message {key} made {n} opening plans")));
    if books.undelivered > 0 {
        v.push(format!("{} notices wait", books.undelivered));
    }
}
