//! The real runtime while its journal fails: no byte leaves without a licence that is known, nothing that the venue said
//! is lost or taken twice, and who asked is told.

mod scene;
mod usurper;

use std::sync::Arc;

use outcry::domain::event::Change;
use outcry::domain::money::Amount;
use outcry::domain::order::OrderState;
use outcry::domain::request::CancelWhich;
use outcry::engine::desk::door::DoorError;
use outcry::engine::desk::input::Input;
use outcry::engine::ports::{Journal, JournalError};
use outcry::engine::risk::authority::RESUME_MAX_MS;
use outcry::store::history::History;
use outcry::store::memory::{CommitFault, MemoryStore};
use rust_decimal::dec;

use scene::{Scene, TRADER, account, usdt};
use usurper::Usurped;

/// How many times the Desk's role was taken so far.
async fn claims(scene: &Scene) -> i64 {
    scene.store.claim_desk(&account(), outcry::domain::time::Timestamp::from_ms(0)).await.unwrap() - 1
}

/// Trade ids in the order in which their facts are in the chain.
async fn booked(store: &MemoryStore) -> Vec<String> {
    let links = store.links(&account(), 0, 1_000).await.unwrap();
    let fills = links.iter().filter_map(|link| match link.event().unwrap().change {
        Change::Fill(row) => Some(row.fill.trade_id.to_string()),
        _ => None,
    });
    fills.collect()
}

fn waits_for_the_venues_words(outcome: &Result<(), DoorError>) -> bool {
    matches!(outcome, Err(DoorError::Journal(JournalError::NotWritten(text))) if text.contains("earlier answers of the venue"))
}

#[tokio::test(start_paused = true)]
async fn without_faults_an_order_reaches_the_venue_once() {
    let mut scene = Scene::begin().await;
    let (_, outcome) = scene.confirm().await;
    assert_eq!(outcome, Ok(()));
    assert_eq!((scene.sends(), scene.entry().await.state), (1, OrderState::Open));
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_licence_cannot_be_written_ends_not_sent_and_its_person_is_told() {
    let mut scene = Scene::begin().await;
    scene.propose().await.unwrap();
    scene.store.plan_fault(1, CommitFault::NotWritten);
    let key = scene.key();
    assert_eq!(scene.tap(&key).await, Ok(()), "the tap itself is written");
    assert_eq!((scene.sends(), scene.entry().await.state), (0, OrderState::NotSent));
    let told = scene.said("did not reach the venue").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].chat, told[0].cause.as_ref()), (Some(TRADER.chat), Some(&key)));
    scene.ring(RESUME_MAX_MS).await;
    assert_eq!(scene.sends(), 0, "nor does it leave later");
}

#[tokio::test(start_paused = true)]
async fn a_licence_in_doubt_is_no_licence() {
    for fault in [CommitFault::UnknownBefore, CommitFault::UnknownAfter] {
        let mut scene = Scene::begin().await;
        scene.propose().await.unwrap();
        scene.store.plan_fault(1, fault);
        let key = scene.key();
        assert_eq!(scene.tap(&key).await, Ok(()), "{fault:?}");
        assert_eq!((scene.sends(), scene.entry().await.state), (0, OrderState::NotSent), "{fault:?}");
        assert_eq!(scene.said("not confirmed").await.len(), 1, "{fault:?}");
        // A picture of the venue brings the Desk back, and nothing of the order.
        scene.ring(0).await;
        // Out of the window in which the same order again would be asked about twice.
        scene.ring(RESUME_MAX_MS + 1).await;
        assert_eq!((scene.sends(), scene.entry().await.state), (0, OrderState::NotSent), "{fault:?}");
        assert_eq!(scene.confirm().await.1, Ok(()), "{fault:?}: asked again, it goes");
        assert_eq!(scene.sends(), 1, "{fault:?}");
        assert_eq!(claims(&scene).await, 2, "{fault:?}: at the start, and before the books were read again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tap_in_doubt_that_was_written_is_taken_up_again_and_sent_once() {
    let mut scene = Scene::begin().await;
    scene.propose().await.unwrap();
    scene.store.plan_fault(0, CommitFault::UnknownAfter);
    let key = scene.key();
    let (nonce, again) = (scene.rows().await.pendings[0].nonce.clone(), key.clone());
    let outcome = scene.tap(&key).await;
    assert!(matches!(outcome, Err(DoorError::Journal(JournalError::Unknown(_)))), "{outcome:?}");
    assert_eq!((scene.sends(), scene.entry().await.state), (0, OrderState::Planned), "written, and not acted on");
    scene.ring(1_000).await;
    assert_eq!((scene.sends(), scene.entry().await.state), (1, OrderState::Open));
    // Whoever was told of a doubt says it again.
    let verb = outcry::engine::desk::input::TapVerb::Confirm;
    let outcome = scene.door.send(Input::Tap { nonce, verb, actor: TRADER, key: again }).await;
    assert!(matches!(outcome, Err(DoorError::Journal(JournalError::Duplicate(_)))), "{outcome:?}");
    scene.ring(1_000).await;
    assert_eq!((scene.sends(), scene.rows().await.orders.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_tap_in_doubt_that_is_read_too_late_lapses() {
    let mut scene = Scene::begin().await;
    scene.propose().await.unwrap();
    scene.store.plan_fault(0, CommitFault::UnknownAfter);
    let key = scene.key();
    assert!(scene.tap(&key).await.is_err());
    scene.ring(RESUME_MAX_MS + 1).await;
    scene.ring(1_000).await;
    // A lapsed order is not loaded again: nothing is expected of it.
    assert_eq!((scene.sends(), scene.rows().await.orders.len()), (0, 0));
    let told = scene.said("Not placed").await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].cause.as_ref(), Some(&key));
}

#[tokio::test(start_paused = true)]
async fn a_tap_in_doubt_that_was_not_written_can_be_said_again() {
    let mut scene = Scene::begin().await;
    scene.propose().await.unwrap();
    scene.store.plan_fault(0, CommitFault::UnknownBefore);
    let key = scene.key();
    assert!(scene.tap(&key).await.is_err());
    assert!(scene.rows().await.orders.is_empty());
    scene.ring(1_000).await;
    assert_eq!(scene.tap(&key).await, Ok(()), "the card still waits");
    assert_eq!((scene.sends(), scene.entry().await.state), (1, OrderState::Open));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_in_doubt_that_was_written_reaches_the_venue_after_all() {
    let mut scene = Scene::begin().await;
    assert_eq!(scene.confirm().await.1, Ok(()));
    scene.store.plan_fault(0, CommitFault::UnknownAfter);
    let key = scene.key();
    assert!(scene.door.send(Input::Cancel { which: CancelWhich::All, actor: TRADER, key }).await.is_err());
    assert_eq!(scene.entry().await.state, OrderState::Canceling, "written");
    assert!(scene.venue.cancels.lock().unwrap().is_empty(), "and not done");
    for _ in 0..20 {
        scene.ring(1_000).await;
    }
    assert_eq!(scene.entry().await.state, OrderState::Canceled);
}

#[tokio::test(start_paused = true)]
async fn an_execution_in_doubt_is_booked_once_whether_it_was_written_or_not() {
    for fault in [CommitFault::NotWritten, CommitFault::UnknownBefore, CommitFault::UnknownAfter] {
        let mut scene = Scene::begin().await;
        assert_eq!(scene.confirm().await.1, Ok(()));
        scene.store.plan_fault(0, fault);
        scene.venue.push_fill("t1", dec!(0.5));
        scene.idle().await;
        assert_eq!(booked(&scene.store).await, ["t1"], "{fault:?}");
        let rows = scene.rows().await;
        // 0.5 × 95 = 47.5 and a fee of 0.1 %.
        let cash = rows.balances.iter().find(|row| row.currency == usdt()).unwrap().cash;
        assert_eq!(cash, Amount::new(dec!(99_952.4525)).unwrap(), "{fault:?}");
        assert_eq!(scene.said("filled").await.iter().filter(|notice| notice.key.starts_with("fill:")).count(), 1, "{fault:?}");
        assert_eq!(scene.entry().await.state, OrderState::Partial, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_venues_words_wait_in_their_order_while_persons_are_told_so() {
    let mut scene = Scene::begin().await;
    assert_eq!(scene.confirm().await.1, Ok(()));
    scene.store.set_broken(Some("the disk is full".to_owned()));
    for (trade, part) in [("t3", dec!(0.1)), ("t1", dec!(0.2)), ("t2", dec!(0.3))] {
        scene.venue.push_fill(trade, part);
    }
    scene.idle().await;
    let outcome = scene.propose().await;
    assert!(waits_for_the_venues_words(&outcome), "{outcome:?}");
    scene.ring(1_000).await;
    assert!(booked(&scene.store).await.is_empty());
    scene.store.set_broken(None);
    let outcome = scene.propose().await;
    assert!(waits_for_the_venues_words(&outcome), "the venue's words come first: {outcome:?}");
    scene.idle().await;
    assert_eq!(booked(&scene.store).await, ["t3", "t1", "t2"]);
    assert_eq!(scene.entry().await.filled.to_string(), "0.6");
    assert_eq!(scene.propose().await, Ok(()), "and now the person's");
}

#[tokio::test(start_paused = true)]
async fn a_timer_takes_the_waiting_words_before_it_looks_at_anything() {
    let mut scene = Scene::begin().await;
    assert_eq!(scene.confirm().await.1, Ok(()));
    scene.store.set_broken(Some("the disk is full".to_owned()));
    scene.venue.push_fill("t1", dec!(0.5));
    scene.idle().await;
    scene.store.set_broken(None);
    scene.ring(1_000).await;
    assert_eq!(booked(&scene.store).await, ["t1"]);
}

#[tokio::test(start_paused = true)]
async fn a_desk_that_another_process_took_over_ends() {
    let mut scene = Scene::begin().await;
    claims(&scene).await;
    let outcome = scene.propose().await;
    assert!(matches!(outcome, Err(DoorError::Journal(JournalError::NotOwner(_)))), "{outcome:?}");
    assert!(matches!(scene.run.await.unwrap(), Err(JournalError::NotOwner(_))));
    assert_eq!(scene.door.send(Input::Timer).await, Err(DoorError::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_desk_that_was_taken_over_while_words_waited_ends_as_well() {
    let mut scene = Scene::begin().await;
    assert_eq!(scene.confirm().await.1, Ok(()));
    scene.store.set_broken(Some("the disk is full".to_owned()));
    scene.venue.push_fill("t1", dec!(0.5));
    scene.idle().await;
    scene.store.set_broken(None);
    claims(&scene).await;
    scene.ring(1_000).await;
    assert!(scene.run.is_finished(), "it goes on, and refuses everybody for ever");
    assert!(matches!(scene.run.await.unwrap(), Err(JournalError::NotOwner(_))));
}

#[tokio::test(start_paused = true)]
async fn a_desk_that_is_taken_over_before_a_licence_sends_nothing_and_ends() {
    let store = MemoryStore::new(1);
    let mut scene = Scene::over(store.clone(), Arc::new(Usurped(store))).await;
    scene.confirm().await.1.unwrap();
    scene.ring(0).await;
    assert_eq!((scene.sends(), scene.entry().await.state), (0, OrderState::Planned), "it is the other one's now");
    assert!(scene.run.is_finished());
    assert!(matches!(scene.run.await.unwrap(), Err(JournalError::NotOwner(_))));
}
