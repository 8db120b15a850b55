//! The sending loop: rows of the durable outbox out to their chats, at least once, each chat at its own pace.
//!
//! Invariant: a row is marked as delivered once its messages were taken, or once it was logged why it is not told. The
//! loop never ends by itself: whatever Telegram does, the rows wait and trading goes on.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{Notify, watch};

use super::delivery::{Delivery, Step};
use super::digest::Digest;
use super::job::{Class, Job};
use super::lanes::{Lanes, Next, Pushed};
use super::window::Rates;
use super::wishes::{Manner, Wishes};
use crate::bot::telegram::meanwhile::meanwhile;
use crate::domain::actor::ChatId;
use crate::domain::notice::{Notice, NoticeBody};
use crate::domain::time::{DAY_MS, HOUR_MS, SECOND_MS, Timestamp};
use crate::engine::ports::{Journal, JournalError, OutboxNotice};

/// Rows fetched at a time.
const ROWS: u32 = 200;
/// Most rows that are held in memory.
const HELD_MAX: usize = 5_000;
/// How often the outbox is looked into without being asked to: another process may have filled it.
const LOOK_EVERY_MS: i64 = SECOND_MS;
/// How long a message is remembered; Telegram lets none be edited for longer.
const REMEMBERED_MS: i64 = 8 * DAY_MS;

/// Begins the key of a mark that says where an answer belongs.
pub const CAUSE_KEY: &str = "cause:";

/// How sending goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    /// As it should.
    Well,
    /// Telegram does not answer, or the outbox does not.
    Failing(String),
    /// The token was revoked: nothing is sent until the program starts with another.
    Revoked,
}

/// The state of the sending side, for health and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// How it goes.
    pub sending: Sending,
    /// Notices that wait in memory.
    pub waiting: usize,
}

/// The loop and what it needs.
pub struct Sender {
    delivery: Arc<Delivery>,
    journal: Arc<dyn Journal>,
    owner: ChatId,
    committed: Arc<Notify>,
    health: watch::Sender<Health>,
    lanes: Lanes,
    /// Rows in memory, and rows told but not yet marked.
    held: BTreeSet<i64>,
    told: Vec<i64>,
    behind: i64,
    forgot_at: Option<Timestamp>,
    digest: Digest,
}

impl Sender {
    /// Returns a loop for the outbox behind `journal`. Notices for nobody in particular go to `owner`; `committed` is rung
    /// whenever there is something new.
    pub fn new(delivery: Delivery, journal: Arc<dyn Journal>, owner: ChatId, committed: Arc<Notify>, rates: Rates) -> Self {
        let health = watch::Sender::new(Health { sending: Sending::Well, waiting: 0 });
        let (held, told) = (BTreeSet::new(), Vec::new());
        Self {
            delivery: Arc::new(delivery),
            journal,
            owner,
            committed,
            health,
            lanes: Lanes::new(rates),
            held,
            told,
            behind: 0,
            forgot_at: None,
            digest: Digest::default(),
        }
    }

    /// Returns how sending goes, from now on.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// Sends for ever.
    pub async fn run(mut self) {
        let delivery = Arc::clone(&self.delivery);
        let committed = Arc::clone(&self.committed);
        let clock = Arc::clone(&delivery.clock);
        let mut under_way = FuturesUnordered::new();
        let mut look_at = clock.now();
        let mut ended = Vec::new();
        loop {
            let now = clock.now();
            if now >= look_at {
                look_at = now.plus_ms(LOOK_EVERY_MS);
                if let Err(error) = meanwhile(self.look(now), &mut under_way, &mut ended).await {
                    self.fails(format!("the outbox cannot be read: {error}"));
                }
            }
            if !ended.is_empty() {
                for step in std::mem::take(&mut ended) {
                    if meanwhile(self.settle(step, clock.now()), &mut under_way, &mut ended).await {
                        return self.rest().await;
                    }
                }
                meanwhile(self.mark(), &mut under_way, &mut ended).await;
                if let Some(row) = self.lanes.make_room(clock.now()) {
                    self.behind = self.behind.min(row.saturating_sub(1));
                    look_at = clock.now();
                }
            }
            let waits_until = loop {
                match self.lanes.next(clock.now()) {
                    Next::Start(job) => under_way.push(delivery.step(*job)),
                    Next::Wait(until) => break until.map_or(look_at, |until| until.min(look_at)),
                }
            };
            self.health.send_if_modified(|health| std::mem::replace(&mut health.waiting, self.held.len()) != self.held.len());
            if !ended.is_empty() {
                continue;
            }
            tokio::select! {
                Some(step) = under_way.next(), if !under_way.is_empty() => {
                    ended.push(step);
                    while let Some(Some(step)) = under_way.next().now_or_never() {
                        ended.push(step);
                    }
                }
                () = committed.notified() => look_at = clock.now(),
                () = clock.sleep_until(waits_until) => {}
            }
        }
    }

    /// Nothing can be sent any more. The rows stay in the outbox for a start with another token.
    async fn rest(self) {
        tracing::error!(
            "Telegram does not accept the bot's token any more: nothing is sent until the program starts with another; trading goes on"
        );
        self.health.send_modify(|health| health.sending = Sending::Revoked);
        std::future::pending::<()>().await;
    }

    /// Takes in what is new in the outbox.
    async fn look(&mut self, now: Timestamp) -> Result<(), JournalError> {
        self.mark().await;
        self.end_quiet(now).await?;
        while self.held.len() < HELD_MAX {
            let rows = self.delivery.marks.outbox_after(self.behind, ROWS).await?;
            let last = rows.len() < usize::try_from(ROWS).unwrap_or(usize::MAX);
            for row in rows {
                let sequence = row.sequence;
                if !self.held.contains(&sequence) {
                    self.take(row, now).await?;
                }
                self.behind = sequence;
            }
            if last {
                break;
            }
        }
        self.mark().await;
        if self.forgot_at.is_none_or(|at| now.since(at) >= HOUR_MS) {
            self.forgot_at = Some(now);
            self.delivery.marks.forget_marks(now.plus_ms(-REMEMBERED_MS)).await?;
        }
        Ok(())
    }

    /// Tells, in one message each, what was held back in chats whose quiet hours have ended.
    async fn end_quiet(&mut self, now: Timestamp) -> Result<(), JournalError> {
        for home in self.digest.homes() {
            if Wishes::parse(self.delivery.marks.wishes(home).await?.as_deref()).is_quiet(now) {
                continue;
            }
            let Some((notice, rows)) = self.digest.of(home, now) else { continue };
            self.journal.answer(vec![notice], None).await?;
            self.told.extend(rows);
            self.digest.told(home);
        }
        Ok(())
    }

    /// Puts a row into the lane of the chat that it goes to.
    async fn take(&mut self, row: OutboxNotice, now: Timestamp) -> Result<(), JournalError> {
        let OutboxNotice { sequence, notice } = row;
        // What was said at a terminal was answered there; what happened since concerns the owner.
        let home = notice.chat.filter(|chat| *chat != ChatId::TERMINAL).unwrap_or(self.owner);
        if notice.chat == Some(ChatId::TERMINAL) && notice.cause.is_some() {
            self.pass_over(sequence, "it answers a terminal");
            return Ok(());
        }
        let marks = &self.delivery.marks;
        let wishes = Wishes::parse(marks.wishes(home).await?.as_deref());
        if let Some(reason) = &wishes.unreachable {
            self.pass_over(sequence, reason);
            return Ok(());
        }
        if wishes.manner(&notice, now) == Manner::Held && self.digest.hold(home, sequence, &notice) {
            self.held.insert(sequence);
            return Ok(());
        }
        let origin = match &notice.cause {
            Some(cause) => marks.mark(home, &format!("{CAUSE_KEY}{cause}")).await?,
            None => None,
        };
        let route = wishes.route(&notice).filter(|_| origin.as_ref().is_none_or(|origin| origin.message.is_none()));
        let chat = route.map_or(home, |route| ChatId(route.chat));
        let chat = if chat == home { ChatId(wishes.moved_to.unwrap_or(home.0)) } else { chat };
        let thread = route.map_or_else(|| origin.as_ref().and_then(|origin| origin.thread), |route| route.thread);
        // Only the first notice of a button's words takes the place of its message.
        let into = origin.as_ref().filter(|origin| origin.open).and_then(|origin| origin.message);
        // A file cannot take the place of a message.
        let into = into.filter(|_| !matches!(notice.body, NoticeBody::Document(_)));
        if let Some(origin) = origin.filter(|origin| origin.open && origin.message.is_some()) {
            marks.put_mark(&crate::store::marks::Mark { open: false, ..origin }).await?;
        }
        let class = Class::of(&notice.body);
        let job = Job { sequence, notice, home, chat, thread, into, class, calls: None, failures: 0 };
        if let Pushed::Taken(superseded) = self.lanes.push(job) {
            self.held.insert(sequence);
            self.told.extend(superseded);
        }
        Ok(())
    }

    fn pass_over(&mut self, sequence: i64, reason: &str) {
        tracing::debug!(sequence, reason, "a notice is not told");
        self.held.insert(sequence);
        self.told.push(sequence);
    }

    /// Deals with the end of a step; true if nothing can be sent any more.
    async fn settle(&mut self, step: Step, now: Timestamp) -> bool {
        match step {
            Step::Done(job) => {
                self.goes_well();
                self.lanes.ended(job.chat);
                self.told.push(job.sequence);
            }
            Step::Again(job) => {
                self.goes_well();
                self.lanes.again(job);
            }
            Step::Wait(job, seconds) => {
                tracing::warn!(chat = job.chat.0, seconds, "Telegram asks to wait");
                self.lanes.flooded(job, seconds, now);
            }
            Step::Failed(job, reason) => {
                self.fails(reason);
                self.lanes.failed(job, now);
            }
            Step::Home(job, away) => {
                self.lanes.ended(away);
                self.lanes.home(job);
            }
            Step::Unreachable(job, reason) => self.gave_up(job, reason, now).await,
            Step::Revoked(_) => return true,
        }
        false
    }

    /// Nobody can be reached in a chat: what waits for it is dropped with the reason, and the owner is told once.
    async fn gave_up(&mut self, job: Job, reason: String, now: Timestamp) {
        let rows = self.lanes.drop_all(job.chat);
        tracing::warn!(chat = job.home.0, reason, dropped = rows.len() + 1, "a chat cannot be reached; its notices are dropped");
        self.told.push(job.sequence);
        self.told.extend(rows);
        let words = reason.clone();
        self.delivery.change_wishes(job.home, |wishes| wishes.unreachable = Some(words)).await;
        if job.home == self.owner {
            return;
        }
        let text = format!("Chat {} cannot be reached ({reason}). Its notices are dropped until somebody writes there again.", job.home.0);
        let notice = Notice {
            key: format!("unreachable:{}:{}", job.home.0, job.sequence),
            chat: None,
            cause: None,
            at: now,
            body: NoticeBody::Alert { text, code: None },
        };
        if let Err(error) = self.journal.answer(vec![notice], None).await {
            tracing::warn!(%error, "the owner could not be told of a chat that cannot be reached");
        }
    }

    /// Marks the rows that were told. What cannot be marked now is marked later, and not told again by this process.
    async fn mark(&mut self) {
        if self.told.is_empty() {
            return;
        }
        match self.journal.outbox_done(&self.told).await {
            Ok(()) => {
                for sequence in self.told.drain(..) {
                    self.held.remove(&sequence);
                }
            }
            Err(error) => self.fails(format!("delivered notices cannot be marked: {error}")),
        }
    }

    fn goes_well(&self) {
        self.health.send_if_modified(|health| std::mem::replace(&mut health.sending, Sending::Well) != Sending::Well);
    }

    fn fails(&self, reason: String) {
        tracing::warn!(reason, "notices are not delivered just now");
        self.health.send_modify(|health| health.sending = Sending::Failing(reason));
    }
}
