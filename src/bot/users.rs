//! What the owner says about people: lists them, lets them in, changes their rights, keeps them out.
//!
//! Words of a fixed form, and the same ones behind the buttons of a notice about a stranger; who says them must be the
//! owner, in a private chat. Names are shown and never read.

use crate::domain::act::{Act, ActKind, ActOutcome};
use crate::domain::actor::{ChatId, Role, UserId};
use crate::domain::ids::SourceKey;
use crate::domain::notice::{Notice, NoticeBody};
use crate::domain::time::Timestamp;
use crate::domain::user::{UserAct, UserRow, UserState};
use crate::engine::desk::door::DoorError;
use crate::engine::ports::InboxMessage;

use super::intake::{Intake, Outcome};
use super::roles;

/// What is said to whoever says it wrongly.
const FORM: &str =
    "Say `/users` for the list, or `/users 123456 trader`, `/users 123456 viewer`, `/users 123456 block`, with the person's number.";
/// Most people shown in one list.
const SHOWN_MAX: usize = 50;

/// What is asked about people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsersWord {
    /// Who is there.
    List,
    /// Let this person in with these rights, or change them.
    Let(UserId, Role),
    /// Keep this person out.
    Block(UserId),
    /// It begins like one of these and goes on wrongly.
    Unclear,
}

/// Reads words about people; `None` if these are not.
pub fn parse(text: &str) -> Option<UsersWord> {
    let words = text.trim().to_lowercase();
    let words: Vec<&str> = words.split_whitespace().take(5).collect();
    let decided = |id: &str, what: &str| {
        let id = id.parse().ok().filter(|id| *id > 0).map(UserId);
        match (id, what) {
            (Some(id), "trader") => UsersWord::Let(id, Role::Trader),
            (Some(id), "viewer") => UsersWord::Let(id, Role::Viewer),
            (Some(id), "block" | "blocked" | "ignore" | "remove") => UsersWord::Block(id),
            _ => UsersWord::Unclear,
        }
    };
    match words.as_slice() {
        ["/users" | "users"] => Some(UsersWord::List),
        ["/users" | "users" | "approve" | "/approve", id, "as", what] => Some(decided(id, what)),
        ["/users" | "users" | "approve" | "/approve", id, what] => Some(decided(id, what)),
        [what @ ("ignore" | "block"), id] if id.bytes().all(|byte| byte.is_ascii_digit()) => Some(decided(id, what)),
        ["/users" | "/approve", ..] => Some(UsersWord::Unclear),
        _ => None,
    }
}

/// Returns what the owner is told about somebody who wrote and is not let in. One a person, whatever they write.
pub fn stranger_notice(user: &UserRow, cause: &SourceKey) -> Notice {
    let id = user.id.0;
    let text = format!("{} wrote to the bot and is not let in. They get no answer until you decide.", shown(user));
    let choices = vec![format!("approve {id} as trader"), format!("approve {id} as viewer"), format!("ignore {id}")];
    Notice {
        key: format!("stranger:{id}"),
        chat: None,
        cause: Some(cause.clone()),
        at: user.changed_at,
        body: NoticeBody::Question { text, choices },
    }
}

/// Does what the message asks about people.
///
/// # Errors
/// [`DoorError`] if nothing, or perhaps nothing, was committed.
pub async fn perform(intake: &Intake, message: &InboxMessage, word: UsersWord) -> Result<Outcome, DoorError> {
    let actor = message.actor;
    if actor.chat.is_group() {
        return intake.reply(message, NoticeBody::Error("People are managed in the private chat only.".to_owned())).await;
    }
    if let Err(refusal) = roles::check(actor.role, Role::Owner) {
        let act = on_record(message, "a change of users".to_owned(), ActOutcome::Refused(refusal.code.as_str().to_owned()));
        let body = NoticeBody::Denied { subject: "a change of users".to_owned(), refusals: vec![refusal] };
        return intake.reply_on_record(message, body, act).await;
    }
    let (id, role, state) = match word {
        UsersWord::List => {
            let users = intake.users.users().await?;
            return intake.reply(message, NoticeBody::Text(list(&users))).await;
        }
        UsersWord::Unclear => return intake.reply(message, NoticeBody::Error(FORM.to_owned())).await,
        UsersWord::Let(id, role) => (id, role, UserState::Active),
        UsersWord::Block(id) => (id, Role::Viewer, UserState::Blocked),
    };
    if id == actor.user {
        return intake.reply(message, NoticeBody::Error("You are the owner; that is set where the bot is started.".to_owned())).await;
    }
    let known = intake.users.user(id).await?;
    let name = known.map(|user| user.name).unwrap_or_default();
    let user = UserRow { id, role, state, name, changed_at: intake.clock.now() };
    let act = UserAct { by: Some(actor.user), cause: message.key.clone() };
    let about = format!("person {}: {}", user.id.0, standing(&user));
    let fact = on_record(message, about, ActOutcome::Accepted).event(user.changed_at);
    let links = (&intake.answers.account, std::slice::from_ref(&fact));
    intake.users.decide(&user, &act, links, told(&user, message), Some(message.key.clone())).await?;
    Ok(Outcome::Done)
}

fn on_record(message: &InboxMessage, about: String, outcome: ActOutcome) -> Act {
    Act { kind: ActKind::Role, by: Some(message.actor), source: Some(message.key.clone()), about, outcome }
}

/// What the owner reads about a decision, and the person who was let in.
fn told(user: &UserRow, message: &InboxMessage) -> Vec<Notice> {
    let notice = |key: String, chat: ChatId, text: String| Notice {
        key,
        chat: Some(chat),
        cause: Some(message.key.clone()),
        at: user.changed_at,
        body: NoticeBody::Text(text),
    };
    let done = format!("{}: {}.", shown(user), standing(user));
    let mut notices = vec![notice(format!("answer:{}", message.key), message.actor.chat, done)];
    if user.state == UserState::Active {
        let text = format!("The owner let you in as a {}. Say `help` to see what you can do.", roles::name(user.role));
        notices.push(notice(format!("let-in:{}", message.key), ChatId(user.id.0), text));
    }
    notices
}

fn list(users: &[UserRow]) -> String {
    if users.is_empty() {
        return "Nobody but you. Whoever writes to the bot is shown to you first.".to_owned();
    }
    let mut lines = vec!["Besides you:".to_owned()];
    lines.extend(users.iter().take(SHOWN_MAX).map(|user| format!("· {}: {}", shown(user), standing(user))));
    if users.len() > SHOWN_MAX {
        lines.push(format!("… and {} more", users.len() - SHOWN_MAX));
    }
    lines.push(FORM.to_owned());
    lines.join("\n")
}

fn shown(user: &UserRow) -> String {
    if user.name.is_empty() { user.id.0.to_string() } else { format!("{} ({})", user.name, user.id.0) }
}

fn standing(user: &UserRow) -> String {
    match user.state {
        UserState::Pending => "waits for your decision".to_owned(),
        UserState::Active => roles::name(user.role).to_owned(),
        UserState::Blocked => "kept out".to_owned(),
    }
}

/// Returns a stranger's row, as they are first written down.
pub const fn stranger(id: UserId, name: String, at: Timestamp) -> UserRow {
    UserRow { id, role: Role::Viewer, state: UserState::Pending, name, changed_at: at }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{UsersWord, parse, stranger, stranger_notice};
    use crate::domain::actor::{Role, UserId};
    use crate::domain::ids::SourceKey;
    use crate::domain::notice::NoticeBody;
    use crate::domain::time::Timestamp;

    #[test]
    fn words_about_people_have_a_fixed_form() {
        let ann = UserId(777);
        for (text, word) in [
            ("/users", Some(UsersWord::List)),
            (" Users ", Some(UsersWord::List)),
            ("/users 777 trader", Some(UsersWord::Let(ann, Role::Trader))),
            ("approve 777 as viewer", Some(UsersWord::Let(ann, Role::Viewer))),
            ("/users 777 BLOCK", Some(UsersWord::Block(ann))),
            ("ignore 777", Some(UsersWord::Block(ann))),
            ("/users 777 owner", Some(UsersWord::Unclear)),
            ("/users -5 trader", Some(UsersWord::Unclear)),
            ("/users 99999999999999999999 trader", Some(UsersWord::Unclear)),
            ("/users ann", Some(UsersWord::Unclear)),
            ("/users 1 as trader now", Some(UsersWord::Unclear)),
            ("ignore btc", None),
            ("users of btc are many", None),
            ("/userss", None),
            ("", None),
        ] {
            assert_eq!(parse(text), word, "{text:?}");
        }
    }

    #[test]
    fn each_button_of_a_notice_about_a_stranger_is_a_word_that_does_it() {
        let notice = stranger_notice(&stranger(UserId(i64::MAX), "x".repeat(64), Timestamp::from_ms(0)), &SourceKey::new("k"));
        let NoticeBody::Question { choices, .. } = notice.body else { panic!() };
        let words: Vec<_> = choices.iter().map(|choice| (choice.len() <= 64, parse(choice))).collect();
        let id = UserId(i64::MAX);
        let wanted = [UsersWord::Let(id, Role::Trader), UsersWord::Let(id, Role::Viewer), UsersWord::Block(id)];
        assert_eq!(words, wanted.map(|word| (true, Some(word))));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in any::<String>()) {
            let _ = parse(&text);
        }
    }
}
