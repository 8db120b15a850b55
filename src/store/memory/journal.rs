//! The journal's face in memory.

use async_trait::async_trait;

use crate::domain::actor::ChatId;
use crate::domain::event::{Change, DeskEvent};
use crate::domain::ids::{AccountId, SourceKey};
use crate::domain::notice::Notice;
use crate::domain::order::OrderState;
use crate::domain::plan::PlanKind;
use crate::domain::rows::{OrderRow, PendingState, PlanState};
use crate::domain::time::Timestamp;
use crate::engine::book::books::OPENS_KEPT_MS;
use crate::engine::ports::{BookRows, Commit, InboxClaim, InboxMessage, Journal, JournalError, License, OutboxNotice};
use crate::store::inbox::{MESSAGE_BYTES_MAX, OPEN_MAX};
use crate::store::journal::{coherent, only_acts};
use crate::store::ledger::balanced;
use crate::store::load::PAST_MS;
use crate::store::outbox::NEXT_MAX;
use crate::store::table::Table;

use super::MemoryStore;
use super::book::Book;
use super::durable::Message;

#[async_trait]
impl Journal for MemoryStore {
    async fn claim_desk(&self, account: &AccountId, _now: Timestamp) -> Result<i64, JournalError> {
        let mut durable = self.writable()?;
        let book = durable.books.entry(account.clone()).or_default();
        book.epoch += 1;
        Ok(book.epoch)
    }

    async fn load(&self, account: &AccountId) -> Result<BookRows, JournalError> {
        Ok(self.alive()?.books.get(account).map(rows_of).unwrap_or_default())
    }

    async fn commit(&self, commit: &Commit) -> Result<(), JournalError> {
        balanced(&commit.postings).map_err(JournalError::NotWritten)?;
        self.writable()?.faulted(|durable| durable.commit(commit))
    }

    async fn license(&self, license: &License) -> Result<bool, JournalError> {
        coherent(license)?;
        self.writable()?.faulted(|durable| durable.license(license))
    }

    async fn inbox_claim(&self, message: &InboxMessage) -> Result<InboxClaim, JournalError> {
        if message.body.len() > MESSAGE_BYTES_MAX {
            return Err(JournalError::NotWritten(format!("a message may have at most {MESSAGE_BYTES_MAX} bytes")));
        }
        let mut durable = self.writable()?;
        match durable.inbox.get(&message.key) {
            Some(known) if known.done => Ok(InboxClaim::Done),
            Some(_) => Ok(InboxClaim::Open),
            None => {
                durable.inbox_order.push(message.key.clone());
                durable.inbox.insert(message.key.clone(), Message { content: Some(message.clone()), done: false });
                Ok(InboxClaim::New)
            }
        }
    }

    async fn inbox_open(&self) -> Result<Vec<InboxMessage>, JournalError> {
        let durable = self.alive()?;
        let open = durable.inbox_order.iter().filter_map(|key| durable.inbox.get(key)).filter(|message| !message.done);
        Ok(open.filter_map(|message| message.content.clone()).take(usize::try_from(OPEN_MAX).unwrap_or(usize::MAX)).collect())
    }

    async fn outbox_next(&self, count: u32) -> Result<Vec<OutboxNotice>, JournalError> {
        let durable = self.alive()?;
        let next = durable.outbox.iter().take(usize::try_from(count.min(NEXT_MAX)).unwrap_or(usize::MAX));
        Ok(next.map(|(sequence, notice)| OutboxNotice { sequence: *sequence, notice: notice.clone() }).collect())
    }

    async fn outbox_done(&self, sequences: &[i64]) -> Result<(), JournalError> {
        let mut durable = self.writable()?;
        for sequence in sequences {
            durable.outbox.remove(sequence);
        }
        Ok(())
    }

    async fn answer(&self, notices: Vec<Notice>, inbox_done: Option<SourceKey>) -> Result<(), JournalError> {
        let mut durable = self.writable()?;
        if let Some(key) = inbox_done {
            durable.undone(&key)?;
            durable.mark_done(key);
        }
        durable.tell(notices);
        Ok(())
    }

    async fn record(
        &self,
        account: &AccountId,
        acts: &[DeskEvent],
        notices: Vec<Notice>,
        inbox_done: Option<SourceKey>,
    ) -> Result<(), JournalError> {
        only_acts(acts)?;
        self.writable()?.record(account, acts, notices, inbox_done)
    }

    async fn open_question(&self, chat: ChatId) -> Result<Option<String>, JournalError> {
        Ok(self.alive()?.questions.get(&chat).cloned())
    }

    async fn set_question(&self, chat: ChatId, question: Option<String>) -> Result<(), JournalError> {
        let mut durable = self.writable()?;
        match question {
            Some(question) => durable.questions.insert(chat, question),
            None => durable.questions.remove(&chat),
        };
        Ok(())
    }

    async fn install_key(&self, _fresh: &[u8]) -> Result<Vec<u8>, JournalError> {
        Ok(self.alive()?.install_key.clone())
    }
}

/// Returns what a Desk starts from; the counterpart of the SQL in `store/load.rs`.
fn rows_of(book: &Book) -> BookRows {
    let last_event_at = book.last_event_at();
    let since = last_event_at.map_or(Timestamp::from_ms(i64::MAX), |at| at.plus_ms(-PAST_MS));
    let opened_since = last_event_at.map_or(Timestamp::from_ms(i64::MAX), |at| at.plus_ms(-OPENS_KEPT_MS));
    let in_mind = |order: &OrderRow| !order.state.is_done() || (order.changed_at >= since && order.state != OrderState::Lapsed);
    BookRows {
        pendings: book.picked(Table::Pendings, |change| match change {
            Change::Pending(row) if row.state == PendingState::Open => Some((**row).clone()),
            _ => None,
        }),
        plans: book.picked(Table::Plans, |change| match change {
            Change::Plan(row) if matches!(row.state, PlanState::Confirmed | PlanState::Approved) => Some((**row).clone()),
            _ => None,
        }),
        opened: book.picked(Table::Plans, |change| match change {
            Change::Plan(row) if row.state == PlanState::Done && row.plan.kind == PlanKind::Open && row.at >= opened_since => {
                Some((**row).clone())
            }
            _ => None,
        }),
        orders: book.picked(Table::Orders, |change| match change {
            Change::Order(row) if in_mind(row) => Some((**row).clone()),
            _ => None,
        }),
        fills: book.picked(Table::Fills, |change| match change {
            Change::Fill(row) => {
                let of_order = || row.fill.order.as_ref().and_then(|id| book.order(id)).is_some_and(in_mind);
                (row.fill.at >= since || of_order()).then(|| (**row).clone())
            }
            _ => None,
        }),
        balances: book.picked(Table::Balances, |change| match change {
            Change::Balance(row) => Some(row.clone()),
            _ => None,
        }),
        positions: book.picked(Table::Positions, |change| match change {
            Change::Position(row) => Some((**row).clone()),
            _ => None,
        }),
        state: super::reading::state_of(book),
        pnl_day: super::reading::days_of(book, Timestamp::from_ms(i64::MIN)).pop(),
        last_event_at,
    }
}
