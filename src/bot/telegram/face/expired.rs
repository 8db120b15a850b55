//! Words that came too late, kept for the one tap that says them again.
//!
//! Invariant: none of them is done by itself. Said again they take the whole way as fresh messages, each once however often
//! it is asked for: their keys follow from those that expired, and what was decided first stays decided.

use serde::{Deserialize, Serialize};

use super::keyboard::says;
use crate::bot::taps;
use crate::domain::actor::{Actor, UserId};
use crate::domain::ids::SourceKey;
use crate::domain::notice::NoticeBody;
use crate::domain::time::Timestamp;
use crate::engine::ports::{InboxMessage, Journal, JournalError};
use crate::store::marks::{ChatMarks, Mark};

/// Most expired messages that are listed, and so can be said again.
const LISTED_MAX: usize = 10;
/// Longest piece of an expired message that is repeated, in characters.
const REPEATED_CHARS_MAX: usize = 80;

/// What became of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Waiting,
    Resent,
    Dropped,
}

/// A list of expired messages, as it is kept while it can be decided on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Expired {
    user: UserId,
    decision: Decision,
    said: Vec<Said>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    /// The key under which it is said again.
    again: SourceKey,
    body: String,
}

/// Keeps what one person said too late in one chat, and returns what they are told.
///
/// # Errors
/// [`JournalError`] if it cannot be kept: then nothing may be closed yet.
pub async fn keep(marks: &dyn ChatMarks, messages: &[InboxMessage], now: Timestamp) -> Result<NoticeBody, JournalError> {
    let listed = messages.get(..LISTED_MAX).unwrap_or(messages);
    let said = |message: &InboxMessage| Some(Said { again: again(&message.key)?, body: message.body.clone() });
    // A tap is no word: its card has expired too, and a new one is one sentence away.
    let said: Vec<Said> = listed.iter().filter(|message| is_words(&message.body)).filter_map(said).collect();
    let (Some(first), false) = (messages.first(), said.is_empty()) else { return Ok(NoticeBody::Text(text(messages))) };
    let Some(which) = which_of(&first.key) else { return Ok(NoticeBody::Text(text(messages))) };
    let expired = Expired { user: first.actor.user, decision: Decision::Waiting, said };
    store(marks, first.actor, which, &expired, now).await?;
    let buttons = vec![says("🔁 Resend", &format!("/resend {which}")), says("🗑 Drop", &format!("/drop {which}"))];
    Ok(NoticeBody::Panel { text: text(messages), buttons: vec![buttons] })
}

/// Says a list again, if nothing else was decided about it. `now` is wall time, for that is when the words come in.
///
/// # Errors
/// [`JournalError`] if it may not have been done: it may be asked for again.
pub async fn resend(
    marks: &dyn ChatMarks,
    journal: &dyn Journal,
    actor: Actor,
    which: &str,
    now: Timestamp,
) -> Result<NoticeBody, JournalError> {
    let Some(mut expired) = find(marks, actor, which).await? else { return Ok(unknown()) };
    if expired.decision == Decision::Dropped {
        return Ok(NoticeBody::Error("They were dropped already. Say again what you still want.".to_owned()));
    }
    // First decided, then done: a tap on "Drop" after a crash between the two changes nothing any more.
    if expired.decision == Decision::Waiting {
        expired.decision = Decision::Resent;
        store(marks, actor, which, &expired, now).await?;
    }
    for said in &expired.said {
        let message = InboxMessage { key: said.again.clone(), actor, body: said.body.clone(), received_at: now };
        journal.inbox_claim(&message).await?;
    }
    Ok(NoticeBody::Text(format!("Said again: {}. Each is answered by itself, once.", counted(expired.said.len()))))
}

/// Drops a list, if nothing else was decided about it.
///
/// # Errors
/// [`JournalError`] if it may not have been done.
pub async fn drop_list(marks: &dyn ChatMarks, actor: Actor, which: &str, now: Timestamp) -> Result<NoticeBody, JournalError> {
    let Some(mut expired) = find(marks, actor, which).await? else { return Ok(unknown()) };
    if expired.decision == Decision::Resent {
        return Ok(NoticeBody::Error("They were said again already. Look at `orders` and `positions`.".to_owned()));
    }
    expired.decision = Decision::Dropped;
    store(marks, actor, which, &expired, now).await?;
    Ok(NoticeBody::Text(format!("Dropped: {}. Nothing was done.", counted(expired.said.len()))))
}

/// Tells whether words name a list: two numbers with a colon between them.
pub fn is_which(text: &str) -> bool {
    let plain = |number: &str| (1..=19).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once(':').is_some_and(|(update, part)| plain(update) && plain(part))
}

async fn find(marks: &dyn ChatMarks, actor: Actor, which: &str) -> Result<Option<Expired>, JournalError> {
    let mark = marks.mark(actor.chat, &mark_key(which)).await?;
    let expired = mark.and_then(|mark| serde_json::from_str::<Expired>(&mark.body).ok());
    // In a group somebody else may tap: words are their speaker's alone.
    Ok(expired.filter(|expired| expired.user == actor.user))
}

async fn store(marks: &dyn ChatMarks, actor: Actor, which: &str, expired: &Expired, now: Timestamp) -> Result<(), JournalError> {
    let body = serde_json::to_string(expired).map_err(|error| JournalError::NotWritten(error.to_string()))?;
    let mark = Mark { chat: actor.chat, key: mark_key(which), message: None, thread: None, at: now, open: false, body };
    marks.put_mark(&mark).await
}

fn unknown() -> NoticeBody {
    NoticeBody::Error("No words of yours wait there any more. Say again what you still want.".to_owned())
}

fn mark_key(which: &str) -> String {
    format!("expired:{which}")
}

fn is_words(body: &str) -> bool {
    taps::parse(body).is_none() && body != super::keyboard::CLOSE && !super::keyboard::is_kept(body)
}

/// What stands behind the bot's number in a key: the update, and which part of it.
fn which_of(key: &SourceKey) -> Option<&str> {
    key.as_str().splitn(3, ':').nth(2).filter(|which| is_which(which))
}

/// Returns the key under which a message is said again: the next part of its update.
fn again(key: &SourceKey) -> Option<SourceKey> {
    let (before, part) = key.as_str().rsplit_once(':')?;
    Some(SourceKey::new(format!("{before}:{}", part.parse::<u32>().ok()?.checked_add(1)?)))
}

fn counted(count: usize) -> String {
    if count == 1 { "1 command".to_owned() } else { format!("{count} commands") }
}

fn text(messages: &[InboxMessage]) -> String {
    let shown = |message: &InboxMessage| {
        let body = if is_words(&message.body) { taps::said(&message.body).unwrap_or(&message.body) } else { "a tap" };
        let line: String = body.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REPEATED_CHARS_MAX).collect();
        format!("· {line}")
    };
    let mut lines = vec![format!("{} came while I was away: expired, resend?", counted(messages.len()))];
    lines.extend(messages.iter().take(LISTED_MAX).map(shown));
    if messages.len() > LISTED_MAX {
        lines.push(format!("… and {} more, which are dropped", messages.len() - LISTED_MAX));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{again, drop_list, is_which, keep, resend};
    use crate::domain::actor::{Actor, ChatId, Role, UserId};
    use crate::domain::ids::SourceKey;
    use crate::domain::notice::NoticeBody;
    use crate::domain::time::Timestamp;
    use crate::engine::ports::{InboxMessage, Journal};
    use crate::store::memory::MemoryStore;

    const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

    fn actor(user: i64) -> Actor {
        Actor { user: UserId(user), chat: ChatId(-9), role: Role::Trader }
    }

    fn late(update: i64, body: &str) -> InboxMessage {
        let key = SourceKey::new(format!("tg:42:{update}:0"));
        InboxMessage { key, actor: actor(5), body: body.to_owned(), received_at: Timestamp::from_ms(0) }
    }

    async fn open(store: &MemoryStore) -> Vec<(String, String)> {
        store.inbox_open().await.unwrap().into_iter().map(|message| (message.key.to_string(), message.body)).collect()
    }

    #[tokio::test]
    async fn words_are_said_again_once_however_often_it_is_asked_for() {
        let store = MemoryStore::new(1);
        let tap = format!("v1.c.{}", "0".repeat(32));
        let body = keep(&store, &[late(11, "buy 1 btc"), late(12, &tap), late(13, "b1.positions")], NOW).await.unwrap();
        let NoticeBody::Panel { text, buttons } = body else { panic!("{body:?}") };
        assert!(text.starts_with("3 commands came while I was away: expired, resend?\n· buy 1 btc\n· a tap\n· positions"), "{text}");
        assert_eq!(buttons.concat().iter().map(|button| button.says.as_str()).collect::<Vec<_>>(), ["/resend 11:0", "/drop 11:0"]);
        assert!(matches!(resend(&store, &store, actor(6), "11:0", NOW).await.unwrap(), NoticeBody::Error(_)), "not by somebody else");
        assert!(open(&store).await.is_empty());
        for _ in 0..3 {
            assert!(matches!(resend(&store, &store, actor(5), "11:0", NOW).await.unwrap(), NoticeBody::Text(_)));
        }
        let wanted = [("tg:42:11:1", "buy 1 btc"), ("tg:42:13:1", "b1.positions")].map(|(key, body)| (key.to_owned(), body.to_owned()));
        assert_eq!(open(&store).await, wanted);
        assert!(matches!(drop_list(&store, actor(5), "11:0", NOW).await.unwrap(), NoticeBody::Error(_)), "too late to drop");
    }

    #[tokio::test]
    async fn what_was_dropped_stays_dropped_and_taps_alone_are_only_told_of() {
        let store = MemoryStore::new(1);
        keep(&store, &[late(11, "buy 1 btc")], NOW).await.unwrap();
        assert!(matches!(drop_list(&store, actor(5), "11:0", NOW).await.unwrap(), NoticeBody::Text(_)));
        assert!(matches!(resend(&store, &store, actor(5), "11:0", NOW).await.unwrap(), NoticeBody::Error(_)));
        assert!(open(&store).await.is_empty());
        let tap = format!("v1.c.{}", "0".repeat(32));
        assert!(matches!(keep(&store, &[late(12, &tap)], NOW).await.unwrap(), NoticeBody::Text(_)));
    }

    #[test]
    fn a_list_is_named_by_two_numbers_and_a_key_goes_on_by_one() {
        assert!(is_which("11:0") && !is_which("11") && !is_which("11:0:1") && !is_which("a:0") && !is_which(":"));
        assert_eq!(again(&SourceKey::new("tg:42:11:0")), Some(SourceKey::new("tg:42:11:1")));
        assert_eq!(again(&SourceKey::new("session")), None);
    }
}
