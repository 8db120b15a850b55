//! The part of the store story that reports live on: snapshots come and are forgotten, executions are paged, and acts of
//! rooms outside the Desk become links like any other.

use outcry::domain::act::{Act, ActKind, ActOutcome};
use outcry::domain::event::DeskEvent;
use outcry::domain::ids::SourceKey;
use outcry::domain::snapshot::{SnapshotRow, SnapshotWrite};
use outcry::engine::ports::JournalError;

use crate::store_story::Memory;
use crate::store_story_rows::*;

/// A snapshot at a moment of the story; those from before `forget_ms` are forgotten with it.
pub fn snapshot(at_ms: i64, equity: i64, forget_ms: i64) -> SnapshotWrite {
    let row = SnapshotRow {
        at: at(at_ms),
        equity: amount(equity),
        cash: amount(equity),
        margin: amount(0),
        unrealized: amount(0),
        exposure: amount(0),
        positions: 0,
    };
    SnapshotWrite { row, forget_before: at(forget_ms) }
}

/// An act that was refused.
pub fn act(source: &str, at_ms: i64) -> DeskEvent {
    let outcome = ActOutcome::Refused("NOT_ALLOWED".into());
    Act { kind: ActKind::Message, by: Some(actor(9)), source: Some(SourceKey::new(source)), about: "buy \u{0} btc".into(), outcome }
        .event(at(at_ms))
}

/// Tells it at the end of the story.
pub async fn tell(memory: &dyn Memory) {
    let epoch = memory.claim_desk(&account(), at(40)).await.unwrap();
    let head = async || memory.chain_head(&account()).await.unwrap().unwrap();

    // A snapshot is no fact of the chain, and an older one goes when its time is over.
    let before = head().await;
    for (at_ms, equity, forget_ms) in [(100, 1, 0), (200, 2, 0), (300, 3, 150), (300, 4, 150)] {
        let mut look = step(epoch, Vec::new());
        look.snapshot = Some(snapshot(at_ms, equity, forget_ms));
        memory.commit(&look).await.unwrap();
    }
    assert_eq!(head().await, before);
    let found = memory.snapshots(&account(), at(0), 10).await.unwrap();
    assert_eq!(found, [snapshot(200, 2, 0).row, snapshot(300, 4, 0).row]);
    assert_eq!(memory.snapshots(&account(), at(200), 10).await.unwrap().len(), 1);
    assert_eq!(memory.snapshot_at(&account(), at(299)).await.unwrap(), Some(snapshot(200, 2, 0).row));
    assert_eq!(memory.snapshot_at(&account(), at(199)).await.unwrap(), None);

    // Executions are counted and paged from both ends.
    assert_eq!(memory.fill_count(&account()).await.unwrap(), 2);
    let newest = memory.fills(&account(), 10).await.unwrap();
    assert_eq!(memory.fills_page(&account(), 1, 10).await.unwrap(), newest[1..]);
    assert_eq!(memory.fills_page(&account(), 2, 10).await.unwrap(), []);
    let booked = memory.fills_after(&account(), 0, 10).await.unwrap();
    assert_eq!(booked.iter().map(|(_, fill)| fill).rev().cloned().collect::<Vec<_>>(), newest);
    assert_eq!(memory.fills_after(&account(), booked[0].0, 10).await.unwrap(), booked[1..]);

    acts(memory).await;
}

async fn acts(memory: &dyn Memory) {
    let loaded = memory.load(&account()).await.unwrap();
    let before = memory.chain_head(&account()).await.unwrap().unwrap();
    let key = SourceKey::new("tg:1:9:0");
    memory.record(&account(), &[act("tg:1:9:0", 900)], vec![notice("refused:9")], Some(key.clone())).await.unwrap();
    let again = memory.record(&account(), &[act("tg:1:9:0", 900)], Vec::new(), Some(key)).await;
    assert!(matches!(again, Err(JournalError::Duplicate(_))), "a message is recorded once: {again:?}");
    let links = memory.links(&account(), before.count, 10).await.unwrap();
    assert_eq!(links.iter().map(|link| link.kind.as_str()).collect::<Vec<_>>(), ["audit.message"]);
    assert_eq!(links[0].detail, "buy \u{fffd} btc: refused: NOT_ALLOWED");
    assert_eq!(links[0].event().unwrap().change, act("tg:1:9:0", 900).change);
    assert_eq!(memory.load(&account()).await.unwrap(), loaded, "an act is no news of the venue");

    let other = event("balance.set", "USDT", 901, balance("USDT", 7));
    let foreign = memory.record(&account(), &[other], Vec::new(), None).await;
    assert!(matches!(foreign, Err(JournalError::NotWritten(_))), "only acts come from outside: {foreign:?}");
    let nobody = memory.record(&outcry::domain::ids::AccountId::new("nobody"), &[act("x", 1)], Vec::new(), None).await;
    assert!(matches!(nobody, Err(JournalError::NotWritten(_))), "{nobody:?}");
}
