//! What a server can do to a COMMIT: ask to try again, refuse it, or die in it. Triggers on the server play these parts.

use outcry::engine::deadline::pause;
use outcry::engine::ports::{Commit, Journal, JournalError};
use outcry::store::history::History;
use outcry::store::open::Store;

use crate::postgres::{Server, run, run_out};
use crate::store_story::whole;
use crate::store_story_rows::*;

/// A sequence counts the calls; unlike a table it keeps its count when the transaction rolls back.
fn trigger(what: &str, deferred: bool) -> String {
    let when = if deferred {
        "CONSTRAINT TRIGGER fault AFTER INSERT ON order_events DEFERRABLE INITIALLY DEFERRED"
    } else {
        "TRIGGER fault BEFORE INSERT ON order_events"
    };
    format!(
        "CREATE SEQUENCE IF NOT EXISTS calls; SELECT setval('calls', 1, false); \
         CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {what} RETURN NEW; END $$; \
         DROP TRIGGER IF EXISTS fault ON order_events; CREATE {when} FOR EACH ROW EXECUTE FUNCTION fault();"
    )
}

fn fact(epoch: i64, number: i64) -> Commit {
    step(epoch, vec![event("balance.set", "USDT", number, balance("USDT", number))])
}

async fn count(store: &Store) -> i64 {
    store.chain_head(&account()).await.unwrap().unwrap().count
}

#[tokio::test]
async fn a_commit_is_tried_again_refused_or_settled() {
    let Some(server) = Server::start().await else { return };
    let url = server.database("faults").await;
    let store = Store::open(&url).await.unwrap();
    let epoch = store.claim_desk(&account(), at(0)).await.unwrap();

    for (deferred, code) in [(false, "40001"), (true, "40001"), (false, "40P01")] {
        let what = format!("IF nextval('calls') < 3 THEN RAISE EXCEPTION 'again' USING ERRCODE = '{code}'; END IF;");
        run(&url, &trigger(&what, deferred)).await.unwrap();
        let before = count(&store).await;
        store.commit(&fact(epoch, before)).await.unwrap();
        assert_eq!(count(&store).await, before + 1, "tried again until it passed, and written once");
    }

    run(&url, &trigger("RAISE EXCEPTION 'again' USING ERRCODE = '40001';", false)).await.unwrap();
    assert!(matches!(store.commit(&fact(epoch, 9)).await, Err(JournalError::NotWritten(_))), "but not for ever");

    // COMMIT itself is refused, then the connection dies in it: reading the head again proves that nothing was written.
    for what in ["RAISE EXCEPTION 'no';", "PERFORM pg_terminate_backend(pg_backend_pid());"] {
        run(&url, &trigger(what, true)).await.unwrap();
        let refused = store.commit(&fact(epoch, 9)).await;
        assert!(matches!(refused, Err(JournalError::NotWritten(_))), "{what} {refused:?}");
        assert_eq!(count(&store).await, 3);
    }
    run(&url, "DROP TRIGGER fault ON order_events").await.unwrap();
    store.commit(&fact(epoch, 10)).await.unwrap();

    // A restart of the server is not noticed, as long as nothing was under way.
    run(&url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()").await.unwrap();
    store.commit(&fact(epoch, 11)).await.unwrap();
    assert!(store.load(&account()).await.is_ok());
    whole(&store).await;
}

#[tokio::test]
async fn concurrent_commits_and_claims_leave_one_chain_and_one_owner() {
    let Some(server) = Server::start().await else { return };
    let url = server.database("race").await;
    let (first, second) = (Store::open(&url).await.unwrap(), Store::open(&url).await.unwrap());
    let epoch = first.claim_desk(&account(), at(0)).await.unwrap();
    let old_owner = async {
        let mut written = 0;
        for number in 0..200 {
            match first.commit(&fact(epoch, number)).await {
                Ok(()) => written += 1,
                Err(JournalError::NotOwner(_)) => break,
                Err(other) => panic!("{other}"),
            }
        }
        written
    };
    let new_owner = async {
        pause(std::time::Duration::from_millis(50)).await;
        run_out(&url).await;
        let epoch = second.claim_desk(&account(), at(0)).await.unwrap();
        for number in 0..50 {
            second.commit(&fact(epoch, number)).await.unwrap();
        }
        epoch
    };
    let (written, next) = tokio::join!(old_owner, new_owner);
    assert_eq!(next, epoch + 1);
    assert_eq!(count(&second).await, written + 50);
    let messages = async |store: &Store| {
        let mut new = 0;
        for number in 0..50 {
            let claim = store.inbox_claim(&message(&format!("m{number}"), "hi")).await.unwrap();
            new += u32::from(claim == outcry::engine::ports::InboxClaim::New);
        }
        new
    };
    let (a, b) = tokio::join!(messages(&first), messages(&second));
    assert_eq!(a + b, 50, "each message is new once");
    whole(&second).await;
}
