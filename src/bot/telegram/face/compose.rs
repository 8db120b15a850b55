//! From a notice to requests: what is told at all, how loudly, as which messages, and which cards it settles.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::help;
use super::html::{self, CAPTION_UNITS_MAX, Part};
use super::job::{Call, Job, Then};
use super::keyboard::{self, Keyboard};
use super::line::{Line, units};
use super::outcome::{self, ShownCard};
use super::phone;
use super::sender::CAUSE_KEY;
use super::wire::Letter;
use super::wishes::{Manner, Wishes};
use crate::bot::render::{self, Rendered, place::Place};
use crate::domain::ids::AccountId;
use crate::domain::notice::NoticeBody;
use crate::domain::time::Timestamp;
use crate::engine::ports::{JournalError, PlanQuery, Views};
use crate::store::marks::{ChatMarks, Mark};

/// Begins the key of a card's mark.
pub const CARD_KEY: &str = "card:";
/// Begins the key of words that stand behind a button; its body is the words.
pub const WORDS_KEY: &str = "words:";

/// The words that asked for a list of one pair's, in the mark of where its answer belongs.
#[derive(Debug, Serialize, Deserialize)]
pub struct Asked {
    /// The words.
    pub asked: String,
}

/// What notices are composed from.
pub struct Composer<'a> {
    /// What the face remembers.
    pub marks: &'a dyn ChatMarks,
    /// Committed rows.
    pub views: &'a dyn Views,
    /// Whose.
    pub account: &'a AccountId,
    /// Where trading takes place.
    pub place: &'a Place,
    /// Rows of words that a greeting brings; without any it takes them away.
    pub reply_keyboard: &'a [Vec<String>],
}

impl Composer<'_> {
    /// Returns what has to be asked of Telegram for a notice; nothing if it is not told.
    ///
    /// # Errors
    /// [`JournalError`] if what is remembered cannot be read.
    pub async fn calls(&self, job: &Job, now: Timestamp) -> Result<VecDeque<Call>, JournalError> {
        let wishes = Wishes::parse(self.marks.wishes(job.home).await?.as_deref());
        let mut calls = self.settling(job).await?;
        if matches!(job.notice.body, NoticeBody::CardClosed { .. }) && !calls.is_empty() {
            // The card itself says how it ended.
            return Ok(calls);
        }
        let manner = wishes.manner(&job.notice, now);
        if manner == Manner::Dropped {
            tracing::debug!(key = job.notice.key, "a notice is not told: its kind is switched off");
            return Ok(calls);
        }
        let rendered = render::render(&job.notice, self.place);
        let lines = if job.notice.body == NoticeBody::Help { help::lines(self.place) } else { phone::lines(&rendered) };
        let file = match &job.notice.body {
            NoticeBody::Document(document) => Some(Arc::new((**document).clone())),
            _ => None,
        };
        let parts = match &file {
            Some(_) => captioned(&lines),
            None => html::parts(&lines),
        };
        let last = parts.len().saturating_sub(1);
        let greets = matches!(job.notice.body, NoticeBody::Welcome { .. });
        for (index, part) in parts.into_iter().enumerate() {
            let keyboard = if index == last { self.keyboard(job, &rendered).await? } else { Keyboard::new() };
            self.keep_words(job, &keyboard, now).await?;
            let words = (greets && index == last).then(|| self.reply_keyboard.to_vec());
            let file = file.clone().filter(|_| index == last);
            let letter = Letter { words, silent: manner != Manner::Aloud, file, ..letter(job, part, keyboard) };
            let then = if index == last { shows(job, &rendered) } else { Then::Nothing };
            calls.push_back(Call { letter, into: job.into.filter(|_| index == 0), marked: true, then });
        }
        Ok(calls)
    }

    /// Returns the buttons; those of a list of one pair's make that list anew, not the whole.
    async fn keyboard(&self, job: &Job, rendered: &Rendered) -> Result<Keyboard, JournalError> {
        if let (NoticeBody::Positions(_) | NoticeBody::Orders(_), Some(cause)) = (&job.notice.body, &job.notice.cause) {
            let mark = self.marks.mark(job.home, &format!("{CAUSE_KEY}{cause}")).await?;
            let asked = mark.and_then(|mark| serde_json::from_str::<Asked>(&mark.body).ok());
            if let Some(asked) = asked {
                return Ok(keyboard::read_out(&asked.asked));
            }
        }
        Ok(keyboard::of(&job.notice.body, rendered))
    }

    /// Keeps the words of buttons that cannot carry them, for as long as a message can be pressed.
    async fn keep_words(&self, job: &Job, keyboard: &Keyboard, now: Timestamp) -> Result<(), JournalError> {
        for key in keyboard.iter().flatten() {
            let Some(words) = &key.kept else { continue };
            let mark = Mark {
                chat: job.chat,
                key: format!("{WORDS_KEY}{}", key.data),
                message: None,
                thread: None,
                at: now,
                open: false,
                body: words.clone(),
            };
            self.marks.put_mark(&mark).await?;
        }
        Ok(())
    }

    /// Returns the edits of cards that this notice settles.
    async fn settling(&self, job: &Job) -> Result<VecDeque<Call>, JournalError> {
        let mut edits = VecDeque::new();
        if let NoticeBody::CardClosed { nonce, text } = &job.notice.body {
            let mark = self.marks.mark(job.home, &format!("{CARD_KEY}{nonce}")).await?;
            edits.extend(mark.filter(|mark| mark.open).and_then(|mark| edit(job, &mark, outcome::sign_of_closing(text), text)));
            return Ok(edits);
        }
        if job.notice.cause.is_none() || is_read_out(&job.notice.body) {
            return Ok(edits);
        }
        for mark in self.marks.open_marks(job.home).await? {
            // The card that this notice brings may be shown already, if it is told again.
            if matches!(&job.notice.body, NoticeBody::Card(view) if mark.key == format!("{CARD_KEY}{}", view.pending.nonce)) {
                continue;
            }
            let Ok(card) = serde_json::from_str::<ShownCard>(&mark.body) else { continue };
            let decided = match &card.plan {
                Some(plan) => {
                    self.views.latest_plan(self.account, &PlanQuery::IdPrefix(plan.clone())).await?.map(|row| outcome::of_plan(&row))
                }
                None => matches!(job.notice.body, NoticeBody::State { .. }).then_some(("✅", "Confirmed")),
            };
            let replaced = matches!(job.notice.body, NoticeBody::Card(_)).then_some(("🔁", "Replaced by a newer card"));
            if let Some((sign, words)) = decided.or(replaced) {
                edits.extend(edit(job, &mark, sign, words));
            }
        }
        Ok(edits)
    }
}

/// Returns what is said with a file: its caption if that holds it all, else messages and a caption that says nothing.
fn captioned(lines: &[Line]) -> Vec<Part> {
    let mut parts = html::parts(lines);
    let fits = |part: &Part| units(&part.plain) <= CAPTION_UNITS_MAX;
    if parts.len() != 1 || !parts.iter().all(fits) {
        parts.push(Part { html: String::new(), plain: String::new() });
    }
    parts
}

/// Answers to questions settle nothing.
const fn is_read_out(body: &NoticeBody) -> bool {
    matches!(
        body,
        NoticeBody::Positions(_)
            | NoticeBody::Orders(_)
            | NoticeBody::Balances { .. }
            | NoticeBody::Price { .. }
            | NoticeBody::Pnl(_)
            | NoticeBody::History(_)
            | NoticeBody::Settings(_)
            | NoticeBody::Help
            | NoticeBody::Welcome { .. }
            | NoticeBody::Panel { .. }
    )
}

fn letter(job: &Job, part: Part, keyboard: Keyboard) -> Letter {
    Letter { chat: job.chat, thread: job.thread, part, keyboard, words: None, silent: false, file: None }
}

fn shows(job: &Job, rendered: &Rendered) -> Then {
    let NoticeBody::Card(view) = &job.notice.body else { return Then::Nothing };
    match serde_json::to_string(&ShownCard::of(view, rendered)) {
        Ok(body) => Then::Shows { nonce: view.pending.nonce.to_string(), body },
        Err(_) => Then::Nothing,
    }
}

fn edit(job: &Job, mark: &Mark, sign: &str, words: &str) -> Option<Call> {
    let card: ShownCard = serde_json::from_str(&mark.body).ok()?;
    let nonce = mark.key.strip_prefix(CARD_KEY)?.to_owned();
    let letter = Letter { chat: mark.chat, thread: mark.thread, ..letter(job, card.settled(sign, words)?, Keyboard::new()) };
    Some(Call { letter, into: Some(mark.message?), marked: true, then: Then::Settles { nonce } })
}
