//! What is refused with a sentence when a database is opened or written: nothing that was committed is lost by any of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use outcry::engine::ports::{Journal, JournalError, Views};
use outcry::store::chain::{self, ChainBreak};
use outcry::store::history::History;
use outcry::store::open::Store;
use outcry::store::rebuild;
use outcry::store::refusal::OpenError;

use crate::postgres::{dropped, run, unprivileged};
use crate::store_story::{Scratch, whole};
use crate::store_story_rows::*;

/// What a child process is to do: `open`, `write` or `claim`.
const CHILD: &str = "OUTCRY_TEST_STORE_CHILD";
/// Which database it is to use.
const CHILD_URL: &str = "OUTCRY_TEST_STORE_URL";
/// Most commits that a child makes before it gives up meeting the limit.
const CHILD_COMMITS_MAX: i64 = 10_000;

/// Not a test of its own: what the tests below run in child processes. Ends at once otherwise.
#[tokio::test]
async fn child() {
    let Some((job, url)) = child_job() else { return };
    let store = match Store::open(&url).await {
        Ok(store) => store,
        Err(refusal) => return println!("REFUSED {refusal}"),
    };
    if job == "open" {
        return println!("OPENED");
    }
    let epoch = match store.claim_desk(&account(), at(0)).await {
        Ok(epoch) => epoch,
        Err(refusal) => return println!("REFUSED {refusal}"),
    };
    if job == "claim" {
        return println!("CLAIMED {epoch}");
    }
    let (mut written, mut refusals) = (0, Vec::new());
    for _ in 1..CHILD_COMMITS_MAX {
        match store.commit(&filler(epoch, written + 1)).await {
            Ok(()) => (written, refusals) = (written + 1, Vec::new()),
            Err(refusal) => refusals.push(refusal),
        }
        // After a refusal the log is merged into the file, which may make room again: the end is reached when it does not.
        if refusals.len() == 3 {
            let head = store.chain_head(&account()).await.unwrap().unwrap();
            let claim = store.inbox_claim(&message("m", "hello")).await.map_err(|refusal| refusal.to_string());
            return println!("WRITTEN {written} HEAD {}\n{refusals:?}\nCLAIM {claim:?}", head.count);
        }
    }
    println!("NO LIMIT MET after {written}");
}

#[expect(clippy::disallowed_methods, reason = "how a child process of this test is told its part")]
fn child_job() -> Option<(String, String)> {
    Some((std::env::var(CHILD).ok()?, std::env::var(CHILD_URL).ok()?))
}

/// A step of one event that takes some room.
fn filler(epoch: i64, number: i64) -> outcry::engine::ports::Commit {
    let mut event = event("balance.set", "USDT", number, balance("USDT", number));
    event.detail = "x".repeat(2_000);
    step(epoch, vec![event])
}

/// Runs `child` in a process of its own and returns what it printed.
fn in_child(mut command: Command, job: &str, url: &str) -> String {
    command.args(["--exact", "store_story_refusals::child", "--nocapture", "--test-threads=1"]).env(CHILD, job).env(CHILD_URL, url);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Returns this program with a limit on the size of its files, in blocks (of 512 or 1,024 bytes, as the shell has it).
fn limited(blocks: u32) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks} || exit 9; exec \"$0\" \"$@\"")]).arg(std::env::current_exe().unwrap());
    command
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_is_told_in_a_sentence() {
    let scratch = Scratch::new("full");
    let url = scratch.url();
    let told = in_child(limited(1_024), "write", &url);
    let number = |word: &str| -> i64 {
        let rest = told.split(word).nth(1).unwrap_or_else(|| panic!("{told}"));
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    let written = number("WRITTEN ");
    assert!(written > 10 && written == number("HEAD "), "{told}");
    assert_eq!(told.matches("NotWritten(\"there is no room to write the database").count(), 3, "{told}");
    assert!(told.contains("CLAIM"), "{told}");

    let store = Store::open(&url).await.unwrap();
    assert_eq!(store.chain_head(&account()).await.unwrap().unwrap().count, written);
    assert_eq!(store.balances(&account()).await.unwrap()[0].cash, amount(written));
    let epoch = store.claim_desk(&account(), at(0)).await.unwrap();
    store.commit(&filler(epoch, written + 1)).await.unwrap();
    whole(&store).await;
    drop(store);

    let fresh = Scratch::new("full-at-once");
    let told = in_child(limited(8), "open", &fresh.url());
    assert!(told.contains("REFUSED there is no room to write the database"), "{told}");
    Store::open(&fresh.url()).await.unwrap();
}

#[tokio::test]
async fn a_file_or_a_directory_that_cannot_be_written_is_refused() {
    let scratch = Scratch::new("read-only");
    Store::open(&scratch.url()).await.unwrap().close().await;
    let file = scratch.path().join("story.db");
    let (program, _copy) = reachable_program();
    let set = |file_mode: u32, directory_mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(file_mode)).unwrap();
        std::fs::set_permissions(scratch.path(), std::fs::Permissions::from_mode(directory_mode)).unwrap();
    };
    for (file_mode, directory_mode) in [(0o444, 0o777), (0o666, 0o555)] {
        set(file_mode, directory_mode);
        let told = in_child(dropped(&program), "open", &scratch.url());
        assert!(told.contains("REFUSED the database") && told.contains("cannot be written to"), "{file_mode:o} {directory_mode:o}: {told}");
    }
    set(0o444, 0o555);
    let missing = format!("sqlite://{}", scratch.path().join("new.db").display());
    assert!(in_child(dropped(&program), "open", &missing).contains("cannot be written to"));
    set(0o666, 0o777);
    assert!(in_child(dropped(&program), "open", &scratch.url()).contains("OPENED"));
}

/// Returns this program at a place that an unprivileged user can reach.
fn reachable_program() -> (PathBuf, Option<Scratch>) {
    let program = std::env::current_exe().unwrap();
    if unprivileged().is_none() {
        return (program, None);
    }
    let scratch = Scratch::new("program");
    let copy = scratch.path().join("it");
    // A hard link where the file system allows it: the program is large.
    std::fs::hard_link(&program, &copy).or_else(|_| std::fs::copy(&program, &copy).map(|_| ())).unwrap();
    (copy, Some(scratch))
}

#[tokio::test]
async fn a_second_desk_owner_is_refused_and_other_verbs_are_not() {
    let scratch = Scratch::new("owner");
    let first = Store::open(&scratch.url()).await.unwrap();
    let epoch = first.claim_desk(&account(), at(0)).await.unwrap();
    let second = Store::open(&scratch.url()).await.unwrap();
    let refusal = second.claim_desk(&account(), at(1_000_000)).await.unwrap_err();
    assert!(matches!(refusal, JournalError::NotOwner(_)), "{refusal}");
    let claim = |job| in_child(Command::new(std::env::current_exe().unwrap()), job, &scratch.url());
    assert!(claim("claim").contains("REFUSED another process owns this account's desk"));
    assert!(claim("open").contains("OPENED"));

    first.commit(&filler(epoch, 1)).await.unwrap();
    assert_eq!(second.balances(&account()).await.unwrap()[0].cash, amount(1), "other verbs read beside the owner");
    assert_eq!(second.inbox_claim(&message("cli:1", "pause")).await.map(|_| ()), Ok(()), "and write");
    drop(first);
    assert_eq!(second.claim_desk(&account(), at(0)).await, Ok(epoch + 1), "the role is free once its owner is gone");
}

#[tokio::test]
async fn a_newer_a_foreign_and_an_edited_schema_are_refused() {
    let scratch = Scratch::new("newer");
    let url = scratch.url();
    Store::open(&url).await.unwrap().close().await;
    run(&url, "INSERT INTO migrations (version, checksum) VALUES (7, 'x')").await.unwrap();
    let refusal = Store::open(&url).await.unwrap_err();
    assert!(matches!(refusal, OpenError::Newer { found: 7, .. }), "{refusal}");
    assert!(refusal.to_string().contains("newer version"));
    run(&url, "DELETE FROM migrations WHERE version = 7; UPDATE migrations SET checksum = 'x'").await.unwrap();
    assert!(matches!(Store::open(&url).await, Err(OpenError::Foreign { .. })));

    let other = Scratch::new("foreign");
    std::fs::File::create(other.path().join("story.db")).unwrap();
    run(&other.url(), "CREATE TABLE songs (title TEXT)").await.unwrap();
    let refusal = Store::open(&other.url()).await.unwrap_err();
    assert!(refusal.to_string().contains("songs"), "{refusal}");
}

#[tokio::test]
async fn a_damaged_file_is_refused() {
    let filled = async |name| {
        let scratch = Scratch::new(name);
        let store = Store::open(&scratch.url()).await.unwrap();
        let epoch = store.claim_desk(&account(), at(0)).await.unwrap();
        for number in 1..60 {
            store.commit(&filler(epoch, number)).await.unwrap();
        }
        store.close().await;
        scratch
    };
    let damaged = async |scratch: &Scratch, damage: &dyn Fn(&Path)| {
        damage(&scratch.path().join("story.db"));
        match Store::open(&scratch.url()).await {
            Err(refusal @ OpenError::Corrupt { .. }) => assert!(refusal.to_string().contains("restore a backup")),
            other => panic!("{other:?}"),
        }
    };
    let no_database = Scratch::new("text");
    damaged(&no_database, &|path| std::fs::write(path, "this is a shopping list, not a database\n".repeat(100)).unwrap()).await;
    damaged(&filled("header").await, &|path| {
        let mut bytes = std::fs::read(path).unwrap();
        bytes[..16].fill(0);
        std::fs::write(path, bytes).unwrap();
    })
    .await;
    damaged(&filled("cut").await, &|path| {
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    })
    .await;
    damaged(&filled("page").await, &|path| {
        let mut bytes = std::fs::read(path).unwrap();
        let middle = bytes.len() / 2 / 4096 * 4096;
        bytes[middle..middle + 4096].fill(0x5a);
        std::fs::write(path, bytes).unwrap();
    })
    .await;
}

#[tokio::test]
async fn bad_addresses_are_refused() {
    for url in ["", "redis://x", "sqlite://", "sqlite::memory:", "sqlite:///proc/outcry/x.db", "postgres://u:canary@host:port/x"] {
        let refusal = Store::open(url).await.unwrap_err().to_string();
        assert!(refusal.len() > 40 && !refusal.contains("canary"), "{refusal}");
    }
    let directory = Scratch::new("directory");
    assert!(Store::open(&format!("sqlite://{}", directory.path().display())).await.unwrap_err().to_string().contains("is a directory"));
    let strange = Scratch::new("strange é%20 name");
    Store::open(&strange.url()).await.unwrap();
    assert!(strange.path().join("story.db").is_file());
}

#[tokio::test]
async fn every_edit_of_the_record_is_found() {
    let scratch = Scratch::new("tamper");
    let store = Store::open(&scratch.url()).await.unwrap();
    crate::store_story::tell(&store).await;
    store.close().await;
    let clean = std::fs::read(scratch.path().join("story.db")).unwrap();
    let chain_edits = [
        "UPDATE order_events SET detail = detail || '.' WHERE seq = 3",
        "UPDATE order_events SET body = replace(body, '0', '1') WHERE seq = 5",
        "UPDATE order_events SET at = at + 1 WHERE seq = 1",
        "UPDATE order_events SET plan = NULL WHERE seq = 4",
        "UPDATE order_events SET plan = '' WHERE seq = 8",
        "UPDATE order_events SET kind = subject, subject = kind WHERE seq = 2",
        "DELETE FROM order_events WHERE seq = 6",
        "DELETE FROM order_events WHERE seq = (SELECT MAX(seq) FROM order_events)",
        "DELETE FROM order_events",
        "UPDATE order_events SET seq = -seq WHERE seq IN (4, 5); UPDATE order_events SET seq = 9 + seq WHERE seq < 0",
        "INSERT INTO order_events SELECT account, seq + 100, at, kind, subject, plan, detail, body, prev_hash, hash FROM order_events WHERE seq = 1",
        "UPDATE order_events SET account = 'other' WHERE seq = 7",
        "DELETE FROM chain_head",
        "UPDATE chain_head SET count = count - 1",
        "UPDATE chain_head SET hash = prev FROM (SELECT prev_hash AS prev FROM order_events WHERE seq = 9)",
    ];
    let table_edits = [
        "UPDATE balances SET body = replace(body, 'USDT', 'USDX')",
        "UPDATE orders SET state = 'planned' WHERE id = 'ord-1'",
        "DELETE FROM fills WHERE trade_id = 't1'",
        "UPDATE plans SET account = 'other' WHERE id = 'abcd-1'",
        "INSERT INTO balances (account, first_seq, last_seq, currency, body) VALUES ('paper', 99, 99, 'DOGE', '{}')",
    ];
    for (edit, in_chain) in chain_edits.iter().map(|edit| (edit, true)).chain(table_edits.iter().map(|edit| (edit, false))) {
        std::fs::write(scratch.path().join("story.db"), &clean).unwrap();
        run(&scratch.url(), edit).await.unwrap();
        let store = Store::open(&scratch.url()).await.unwrap();
        let verified = chain::verify(&store, None).await;
        if in_chain {
            assert!(matches!(verified, Err(ChainBreak::Link { .. })), "{edit}: {verified:?}");
        } else {
            verified.unwrap();
            let compared = rebuild::compare(&store, &account()).await;
            assert!(matches!(compared, Err(rebuild::Difference::Row { .. })), "{edit}: {compared:?}");
        }
        store.close().await;
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_a_sentence() {
    let scratch = Scratch::new("unreadable");
    let store = Store::open(&scratch.url()).await.unwrap();
    crate::store_story::tell(&store).await;
    run(&scratch.url(), "UPDATE orders SET body = '{\"spec\":'; UPDATE balances SET body = ''; UPDATE order_events SET body = 'null'")
        .await
        .unwrap();
    let refusals = [
        store.open_orders(&account()).await.unwrap_err(),
        store.load(&account()).await.unwrap_err(),
        store.balances(&account()).await.unwrap_err(),
        store.events_of(&account(), &outcry::domain::ids::PlanId::new("abcd-1"), 5).await.unwrap_err(),
    ];
    for refusal in refusals {
        assert!(refusal.to_string().contains("cannot be read"), "{refusal}");
    }
    assert!(rebuild::compare(&store, &account()).await.is_err());
}
