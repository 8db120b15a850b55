//! What was held back in a chat's quiet hours, and the one message that tells it at their end.
//!
//! Invariant: what is held back stays in the outbox until its digest is stored there; a loss of memory only brings it again.

use std::collections::BTreeMap;

use crate::domain::actor::ChatId;
use crate::domain::notice::{Notice, NoticeBody};
use crate::domain::time::Timestamp;

/// Most notices that are held back for one chat; what comes then is told without a sound.
const HELD_MAX: usize = 100;
/// Most of them that a digest lists, and most characters it repeats of each.
const LISTED_MAX: usize = 40;
const REPEATED_CHARS_MAX: usize = 90;

/// What is held back, by the person's own chat.
#[derive(Debug, Default)]
pub struct Digest {
    held: BTreeMap<ChatId, Vec<(i64, Notice)>>,
}

impl Digest {
    /// Holds a row of the outbox back; false if there is no room.
    pub fn hold(&mut self, home: ChatId, sequence: i64, notice: &Notice) -> bool {
        let held = self.held.entry(home).or_default();
        if held.len() >= HELD_MAX {
            return false;
        }
        held.push((sequence, notice.clone()));
        true
    }

    /// Returns the chats for which something is held back.
    pub fn homes(&self) -> Vec<ChatId> {
        self.held.keys().copied().collect()
    }

    /// Returns what a chat is told at the end of its quiet hours, and the rows that are told thereby.
    pub fn of(&self, home: ChatId, now: Timestamp) -> Option<(Notice, Vec<i64>)> {
        let held = self.held.get(&home)?;
        let (first, last) = (held.first()?.0, held.last()?.0);
        let mut lines = vec![match held.len() {
            1 => "While it was quiet: 1 notice".to_owned(),
            count => format!("While it was quiet: {count} notices"),
        }];
        lines.extend(held.iter().take(LISTED_MAX).map(|(_, notice)| format!("· {}", line(notice))));
        if held.len() > LISTED_MAX {
            lines.push(format!("… and {} more; `orders` and `history` tell all", held.len() - LISTED_MAX));
        }
        let notice = Notice {
            key: format!("digest:{}:{first}:{last}", home.0),
            chat: Some(home),
            cause: None,
            at: now,
            // A panel is of no kind that could be switched off or held back.
            body: NoticeBody::Panel { text: lines.join("\n"), buttons: Vec::new() },
        };
        Some((notice, held.iter().map(|(sequence, _)| *sequence).collect()))
    }

    /// Forgets what was told.
    pub fn told(&mut self, home: ChatId) {
        self.held.remove(&home);
    }
}

fn line(notice: &Notice) -> String {
    let words = match &notice.body {
        NoticeBody::OrderNews { text, .. } | NoticeBody::Text(text) | NoticeBody::Error(text) => text.as_str(),
        _ => "news",
    };
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REPEATED_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::{Digest, HELD_MAX, LISTED_MAX};
    use crate::domain::actor::ChatId;
    use crate::domain::notice::{Notice, NoticeBody};
    use crate::domain::time::Timestamp;

    #[test]
    fn a_digest_is_one_message_and_knows_its_rows() {
        let (mut digest, home, now) = (Digest::default(), ChatId(5), Timestamp::from_ms(9));
        let news = |text: &str| Notice { key: text.to_owned(), chat: None, cause: None, at: now, body: NoticeBody::Text(text.to_owned()) };
        assert!(digest.of(home, now).is_none());
        for n in 0..HELD_MAX {
            assert!(digest.hold(home, i64::try_from(n).unwrap() + 10, &news(&format!("news\n{n}"))));
        }
        assert!(!digest.hold(home, 9_999, &news("too many")));
        let (notice, rows) = digest.of(home, now).unwrap();
        assert_eq!((notice.key.as_str(), rows.len(), rows[0]), ("digest:5:10:109", HELD_MAX, 10));
        let NoticeBody::Panel { text, .. } = notice.body else { panic!() };
        assert_eq!(text.lines().count(), LISTED_MAX + 2);
        assert!(text.starts_with("While it was quiet: 100 notices\n· news 0\n") && text.chars().count() < 4_096);
        digest.told(home);
        assert!(digest.homes().is_empty());
    }
}
