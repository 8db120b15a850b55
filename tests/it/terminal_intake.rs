//! The way of one message: what reaches the desk, what is answered, and what stays open when something fails.

use outcry::bot::intake::Outcome;
use outcry::domain::actor::Role;
use outcry::domain::notice::NoticeBody;
use outcry::domain::proposal::Want;
use outcry::domain::rows::PendingRow;
use outcry::domain::time::Timestamp;
use outcry::engine::desk::door::DoorError;
use outcry::engine::ports::JournalError;

use super::terminal_desk::{World, desk, message, world};
use super::terminal_fixtures::{NONCE, NOW, SAID, close_request, open_request, pending, spot_plan};

/// Handles `lines` one after the other and returns their outcomes and what reached the desk.
async fn run_as(world: World, role: Role, lines: &[&str], answer: Result<(), DoorError>) -> (Vec<Outcome>, Vec<String>) {
    let World { journal, intake, queue, .. } = world;
    let face = async move {
        let mut outcomes = Vec::new();
        for (line, number) in lines.iter().zip(1..) {
            outcomes.push(intake.handle(&message(number, line, role)).await);
        }
        outcomes
    };
    tokio::join!(face, desk(journal, queue, answer))
}

async fn seen(world: World, lines: &[&str]) -> Vec<String> {
    run_as(world, Role::Owner, lines, Ok(())).await.1
}

fn open_card() -> PendingRow {
    pending(SAID, Want::Open(open_request()), vec![spot_plan()])
}

fn with_card(card: PendingRow) -> World {
    let world = world();
    world.journal.with(|memory| memory.card = Some(card));
    world
}

/// The last answer, as a sentence.
fn said(journal: &super::terminal_desk::FakeJournal) -> String {
    match journal.bodies().pop() {
        Some(NoticeBody::Text(text) | NoticeBody::Error(text) | NoticeBody::Question { text, .. }) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn commands_reach_the_desk_with_their_words() {
    let seen = seen(world(), &[SAID, "close btc", "pause", "resume", "cancel"]).await;
    assert_eq!(seen, ["open buy “buy 200 usdt of btc”", "close “close btc”", "word Pause", "resume “resume”", "cancel Only"]);
}

#[tokio::test]
async fn replies_press_the_buttons_of_the_open_card() {
    let seen_open = seen(with_card(open_card()), &["1", "2", "3", "4", "5", "yes", "no", "half", "limit", "cancel"]).await;
    let expected = ["Confirm", "Decline", "Half", "Double", "ToLimit", "Confirm", "Decline", "Half", "ToLimit", "Decline"];
    assert_eq!(seen_open, expected.map(|verb| format!("tap {verb}")));
    for want in [Want::Resume, Want::Close(close_request())] {
        let world = with_card(pending("", want, Vec::new()));
        let journal = world.journal.clone();
        assert_eq!(seen(world, &["1", "2", "3", "half", "0"]).await, ["tap Confirm", "tap Decline"]);
        assert_eq!(said(&journal), "The open card has no such button. It has: 1 Confirm · 2 Cancel.");
    }
}

#[tokio::test]
async fn a_button_of_a_phone_is_a_tap_and_nearly_one_is_not() {
    assert_eq!(seen(world(), &[&format!("v1.x.{NONCE}"), &format!("v1.x.{NONCE}0")]).await, ["tap Double"]);
}

#[tokio::test]
async fn without_anything_open_a_yes_is_told_so() {
    let world = world();
    let journal = world.journal.clone();
    assert_eq!(seen(world, &["yes"]).await, Vec::<String>::new());
    assert!(said(&journal).starts_with("There is no open card"));
}

#[tokio::test]
async fn stop_asks_which_of_four_and_the_number_answers() {
    for (number, expected) in [("1", None), ("2", Some("word CancelEntries")), ("3", Some("word Flatten")), ("4", None)] {
        let world = world();
        let journal = world.journal.clone();
        let mut wanted = vec!["word Stop"];
        wanted.extend(expected);
        // A look at something else in between does not lose the question; a second answer finds it gone.
        assert_eq!(seen(world, &["stop", "positions", number, number]).await, wanted);
        assert!(journal.with(|memory| memory.question.is_none()));
        assert!(said(&journal).starts_with("There is no open card"));
    }
}

#[tokio::test]
async fn of_card_and_question_the_newer_is_answered() {
    let newer = PendingRow { made_at: NOW.plus_ms(1), ..open_card() };
    let world = world();
    let journal = world.journal.clone();
    journal.with(|memory| memory.card = Some(PendingRow { made_at: NOW.plus_ms(-1), ..open_card() }));
    assert_eq!(seen(world, &["stop", "3"]).await, ["word Stop", "word Flatten"]);
    assert_eq!(seen(with_card(newer), &["stop", "1"]).await, ["word Stop", "tap Confirm"]);
}

#[tokio::test]
async fn a_question_goes_on_from_what_was_said() {
    // The bare number looks like a choice, and is the amount.
    assert_eq!(seen(world(), &["buy btc", "200"]).await, ["open buy “buy btc 200”"]);
    // It is so too while an older card waits.
    let older = with_card(PendingRow { made_at: NOW.plus_ms(-1), ..open_card() });
    assert_eq!(seen(older, &["buy btc", "200"]).await, ["open buy “buy btc 200”"]);
    assert_eq!(seen(world(), &["btc", "2"]).await, ["close “close btc”"]);
    assert_eq!(seen(world(), &["btc", "close btc"]).await, ["close “close btc”"]);
    assert_eq!(seen(world(), &["by 200 usdt of btc", "yes"]).await, ["open buy “buy 200 usdt of btc”"]);
    let world = world();
    let journal = world.journal.clone();
    assert_eq!(seen(world, &["btc", "no", "1"]).await, Vec::<String>::new());
    assert!(
        matches!(journal.bodies().as_slice(), [_, NoticeBody::Text(text), NoticeBody::Error(_)] if text == "Dropped. Nothing was done.")
    );
}

#[tokio::test]
async fn a_message_is_dealt_with_once() {
    let world = world();
    let intake = world.intake.clone();
    let World { journal, queue, .. } = world;
    let face = async move {
        let first = intake.handle(&message(1, SAID, Role::Owner)).await;
        let again = intake.handle(&message(1, SAID, Role::Owner)).await;
        assert_eq!((first, again), (Outcome::Done, Outcome::Repeated));
    };
    // The world's own handle on the intake must go too, or the desk waits for ever.
    drop(world.intake);
    assert_eq!(tokio::join!(face, desk(journal, queue, Ok(()))).1.len(), 1);
}

#[tokio::test]
async fn late_long_and_empty_messages_get_a_sentence_and_no_trade() {
    let world = world();
    let journal = world.journal.clone();
    assert_eq!(seen(world, &["", &"x".repeat(4_097), "nonsense"]).await, Vec::<String>::new());
    let texts: Vec<String> = journal
        .bodies()
        .into_iter()
        .map(|body| match body {
            NoticeBody::Error(text) | NoticeBody::Question { text, .. } => text,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(texts[0].starts_with("Your message is empty.") && texts[1].contains("4096") && texts[2].contains("I did nothing"), "{texts:?}");
    let late = super::terminal_desk::world();
    let journal = late.journal.clone();
    *late.clock.0.lock().unwrap() = NOW.plus_ms(120_001);
    assert_eq!(seen(late, &[SAID]).await, Vec::<String>::new());
    assert!(said(&journal).contains("too late"));
}

#[tokio::test]
async fn a_failed_commit_is_told_and_the_message_stays_open() {
    for (error, words) in [
        (JournalError::NotWritten("disk full".to_owned()), "nothing could be stored (disk full)"),
        (JournalError::Unknown("lost".to_owned()), "It is not certain"),
        (JournalError::NotOwner("main".to_owned()), "another process"),
    ] {
        let world = world();
        let journal = world.journal.clone();
        let (outcomes, _) = run_as(world, Role::Owner, &[SAID], Err(DoorError::Journal(error))).await;
        assert!(matches!(&outcomes[0], Outcome::Failed(text) if text.contains(words)), "{outcomes:?}");
        assert!(journal.with(|memory| memory.inbox.iter().all(|(_, done)| !done)));
        assert!(journal.bodies().is_empty());
    }
}

#[tokio::test]
async fn a_duplicate_at_commit_closes_the_message_and_says_so() {
    let world = world();
    let journal = world.journal.clone();
    let (outcomes, _) = run_as(world, Role::Owner, &[SAID], Err(DoorError::Journal(JournalError::Duplicate("k".to_owned())))).await;
    assert_eq!(outcomes, [Outcome::Repeated]);
    assert!(journal.with(|memory| memory.inbox.iter().all(|(_, done)| *done)));
    assert!(matches!(&journal.bodies()[..], [NoticeBody::Error(text)] if text.contains("dealt with before")), "nobody was told");
}

#[tokio::test]
async fn a_full_disk_is_a_sentence() {
    let world = world();
    world.journal.with(|memory| memory.fails = Some(JournalError::NotWritten("disk full".to_owned())));
    let (outcomes, seen) = run_as(world, Role::Owner, &["positions", SAID], Ok(())).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Failed(text) if text.contains("disk full"))));
    assert!(seen.is_empty());
}

#[tokio::test]
async fn what_an_earlier_run_left_open_is_taken_up_unless_it_is_too_old() {
    let world = world();
    let stored =
        |number, body, at: Timestamp| outcry::engine::ports::InboxMessage { received_at: at, ..message(number, body, Role::Owner) };
    let lines = [("close btc", NOW.plus_ms(-120_001)), (SAID, NOW), ("wait 10m", NOW), ("quit", NOW)];
    world.journal.with(|memory| {
        for ((body, at), number) in lines.into_iter().zip(1..) {
            memory.inbox.push((stored(number, body, at), false));
        }
    });
    let World { journal, intake, queue, .. } = world;
    let reader = journal.clone();
    let face = async move { intake.resume().await.unwrap() };
    let (outcomes, seen) = tokio::join!(face, desk(journal, queue, Ok(())));
    assert!(outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Done));
    assert_eq!(seen, ["open buy “buy 200 usdt of btc”"]);
    assert!(reader.with(|memory| memory.inbox.iter().all(|(_, done)| *done)));
}

#[tokio::test]
async fn a_viewer_may_look_and_pause_only() {
    let card = with_card(open_card());
    let journal = card.journal.clone();
    let lines = ["positions", "pause", SAID, "yes", "1", "cancel", "stop", &format!("v1.c.{NONCE}"), "wait 10m"];
    assert_eq!(run_as(card, Role::Viewer, &lines, Ok(())).await.1, ["word Pause"]);
    let denied = journal.bodies().into_iter().filter(|body| matches!(body, NoticeBody::Denied { .. })).count();
    assert_eq!(denied, lines.len() - 2);
}

#[tokio::test]
async fn waits_and_the_end() {
    let (outcomes, _) = run_as(world(), Role::Owner, &["wait 10m", "wait 0", "quit"], Ok(())).await;
    assert_eq!(outcomes, [Outcome::Wait(600_000), Outcome::Done, Outcome::Quit]);
}
