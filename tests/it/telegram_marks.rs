//! What a face remembers, on SQLite, in memory and on PostgreSQL.

use outcry::domain::actor::ChatId;
use outcry::domain::notice::{Notice, NoticeBody};
use outcry::engine::ports::Journal;
use outcry::store::marks::{ChatMarks, Mark};
use outcry::store::memory::MemoryStore;
use outcry::store::open::Store;

use crate::postgres::Server;
use crate::store_story::Scratch;
use crate::store_story_rows::at;

fn mark(chat: i64, key: &str, ms: i64, open: bool) -> Mark {
    Mark {
        chat: ChatId(chat),
        key: key.to_owned(),
        message: Some(7),
        thread: None,
        at: at(ms),
        open,
        body: "{\"a\":\"\\u0000\"}".to_owned(),
    }
}

async fn story<M: ChatMarks + Journal>(memory: &M) {
    let (one, other) = (mark(-5, "card:a", 1, true), mark(-5, "card:b", 2, true));
    for mark in [&one, &other, &mark(6, "card:a", 3, true), &mark(-5, "cause:x", 4, false)] {
        memory.put_mark(mark).await.unwrap();
    }
    assert_eq!(memory.mark(ChatId(-5), "card:a").await.unwrap(), Some(one.clone()));
    assert_eq!(memory.mark(ChatId(-5), "card:c").await.unwrap(), None);
    assert_eq!(memory.open_marks(ChatId(-5)).await.unwrap(), [other.clone(), one.clone()]);
    let settled = Mark { open: false, message: None, thread: Some(9), ..one };
    memory.put_mark(&settled).await.unwrap();
    assert_eq!(memory.open_marks(ChatId(-5)).await.unwrap(), [other]);
    assert_eq!(memory.mark(ChatId(-5), "card:a").await.unwrap(), Some(settled));
    memory.forget_marks(at(4)).await.unwrap();
    assert_eq!(memory.open_marks(ChatId(-5)).await.unwrap(), []);
    assert!(memory.mark(ChatId(-5), "cause:x").await.unwrap().is_some());

    assert_eq!(memory.wishes(ChatId(5)).await.unwrap(), None);
    for wishes in ["{}", "{\"quiet\":null}"] {
        memory.set_wishes(ChatId(5), wishes).await.unwrap();
        assert_eq!(memory.wishes(ChatId(5)).await.unwrap().as_deref(), Some(wishes));
    }

    let notice = |key: &str| Notice { key: key.to_owned(), chat: None, cause: None, at: at(0), body: NoticeBody::Help };
    memory.answer(["a", "b", "c", "d"].map(notice).to_vec(), None).await.unwrap();
    let rows = memory.outbox_next(10).await.unwrap();
    memory.outbox_done(&[rows[1].sequence]).await.unwrap();
    assert_eq!(memory.outbox_after(rows[0].sequence, 10).await.unwrap(), rows[2..]);
    assert_eq!(memory.outbox_after(0, 1).await.unwrap(), rows[..1]);
}

#[tokio::test]
async fn a_face_remembers_the_same_everywhere() {
    story(&MemoryStore::new(1)).await;
    let scratch = Scratch::new("marks");
    story(&Store::open(&scratch.url()).await.unwrap()).await;
    if let Some(server) = Server::start().await {
        story(&Store::open(&server.database("marks").await).await.unwrap()).await;
    }
}
