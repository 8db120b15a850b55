//! Delivery: in order, at least once, and nothing lost where a face fails.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use outcry::bot::outbox::{DrainError, Face, FaceError, Outbox};
use outcry::bot::render::Rendered;
use outcry::domain::notice::{Notice, NoticeBody, OrderView};
use outcry::engine::ports::JournalError;

use super::terminal_desk::FakeJournal;
use super::terminal_fixtures::{notice, order_view, place};

/// Takes so many notices, and then no more.
struct Patience {
    left: Mutex<usize>,
    shown: Mutex<Vec<String>>,
}

#[async_trait]
impl Face for Patience {
    async fn show(&self, _: &Notice, rendered: &Rendered) -> Result<(), FaceError> {
        let mut left = self.left.lock().unwrap();
        *left = left.checked_sub(1).ok_or_else(|| FaceError::Failed("busy".to_owned()))?;
        self.shown.lock().unwrap().push(rendered.text.clone());
        Ok(())
    }
}

fn stored(count: usize) -> FakeJournal {
    let journal = FakeJournal::default();
    journal.store((0..count).map(|number| notice(NoticeBody::Text(number.to_string()))).collect(), None).unwrap();
    journal
}

#[tokio::test]
async fn a_face_that_fails_keeps_the_rest_in_order() {
    let journal = stored(100);
    let outbox = Outbox::new(Arc::new(journal.clone()), place());
    let face = Patience { left: Mutex::new(70), shown: Mutex::default() };
    assert_eq!(outbox.drain(&face).await, Err(DrainError::Face(FaceError::Failed("busy".to_owned()))));
    assert_eq!(journal.bodies().len(), 30);
    *face.left.lock().unwrap() = 1_000;
    assert_eq!(outbox.drain(&face).await, Ok(()));
    assert_eq!(*face.shown.lock().unwrap(), (0..100).map(|number| number.to_string()).collect::<Vec<_>>());
    assert!(journal.bodies().is_empty());
}

#[tokio::test]
async fn an_outbox_that_cannot_be_read_is_an_error() {
    let journal = stored(1);
    let failure = JournalError::NotWritten("disk full".to_owned());
    journal.with(|memory| memory.fails = Some(failure.clone()));
    let outbox = Outbox::new(Arc::new(journal.clone()), place());
    let face = Patience { left: Mutex::new(9), shown: Mutex::default() };
    assert_eq!(outbox.drain(&face).await, Err(DrainError::Journal(failure)));
    assert!(face.shown.lock().unwrap().is_empty());
}

#[tokio::test]
async fn neighbours_that_say_the_same_are_one_message() {
    let news = |text: &str, id: &str| {
        let orders = vec![OrderView { id: id.to_owned(), ..order_view() }];
        notice(NoticeBody::OrderNews { text: text.to_owned(), orders })
    };
    let journal = FakeJournal::default();
    let between = notice(NoticeBody::Text("between".to_owned()));
    let told = vec![news("Ended.", "aaaa"), news("Ended.", "bbbb"), news("Placed.", "cccc"), between, news("Placed.", "dddd")];
    journal.store(told, None).unwrap();
    let outbox = Outbox::new(Arc::new(journal.clone()), place());
    let face = Patience { left: Mutex::new(1), shown: Mutex::default() };
    assert!(outbox.drain(&face).await.is_err());
    assert_eq!(journal.bodies().len(), 3, "both of what was shown together are delivered, and nothing else");
    *face.left.lock().unwrap() = 9;
    assert_eq!(outbox.drain(&face).await, Ok(()));
    let shown = face.shown.lock().unwrap();
    assert_eq!(shown.len(), 4);
    assert!(shown[0].contains("aaaa") && shown[0].contains("bbbb") && !shown[0].contains("cccc"));
    assert!(shown[1].contains("cccc") && shown[3].contains("dddd"));
}
