//! The methods by name.

use serde_json::{Value, json};

use super::chat::ChatKind;
use super::failure::Failure;
use super::request::Args;
use super::state::State;
use super::{send, webhook};

/// Most characters of the line shown after a tap.
const TOAST_MAX: usize = 200;

/// Whether the limits count this method.
pub fn is_limited(method: &str) -> bool {
    (method.starts_with("send") && method != "sendchataction") || method.starts_with("editmessage")
}

/// Does what a method does at once; `getUpdates` waits and lives elsewhere.
pub fn answer(state: &mut State, method: &str, args: &Args) -> Result<Value, Failure> {
    match method {
        "getme" => Ok(me(state)),
        "sendmessage" => send::message(state, args),
        "senddocument" => send::document(state, args),
        "editmessagetext" => send::edit_text(state, args),
        "editmessagecaption" => send::edit_caption(state, args),
        "editmessagereplymarkup" => send::edit_markup(state, args),
        "deletemessage" => send::delete(state, args),
        "pinchatmessage" => send::pin(state, args, true),
        "unpinchatmessage" => send::pin(state, args, false),
        "sendchataction" => chat_action(state, args),
        "answercallbackquery" => answer_tap(state, args),
        "setmycommands" => set_commands(state, args),
        "getmycommands" => Ok(state.commands.get(&scope(args)).cloned().unwrap_or_else(|| json!([]))),
        "deletemycommands" => {
            state.commands.remove(&scope(args));
            Ok(json!(true))
        }
        "setchatmenubutton" | "setmydescription" | "setmyshortdescription" => Ok(json!(true)),
        "getchat" => chat(state, args),
        "getchatmember" => member(state, args),
        "setwebhook" => webhook::set(state, args),
        "deletewebhook" => webhook::delete(state, args),
        "getwebhookinfo" => Ok(webhook::info(state)),
        _ => Err(Failure::no_such_method()),
    }
}

fn me(state: &State) -> Value {
    let mut me = state.bot.json();
    me["can_join_groups"] = json!(true);
    me["can_read_all_group_messages"] = json!(true);
    me["supports_inline_queries"] = json!(false);
    me["can_connect_to_business"] = json!(false);
    me["has_main_web_app"] = json!(false);
    me
}

fn chat_action(state: &State, args: &Args) -> Result<Value, Failure> {
    const ACTIONS: &[&str] = &["typing", "upload_photo", "upload_document", "choose_sticker", "find_location"];
    if !ACTIONS.contains(&args.text("action")) {
        return Err(Failure::bad("Wrong parameter action in request"));
    }
    state.writable_chat(args).map(|_| json!(true))
}

/// A tap may be answered once, and not when it is old.
fn answer_tap(state: &mut State, args: &Args) -> Result<Value, Failure> {
    if args.text("text").chars().count() > TOAST_MAX {
        return Err(Failure::bad("MESSAGE_TOO_LONG"));
    }
    match state.taps.get_mut(args.text("callback_query_id")) {
        Some(tap) if !tap.expired && tap.answer.is_none() => {
            tap.answer = Some(json!({ "text": args.text("text"), "show_alert": args.flag("show_alert"), "url": args.text("url") }));
            Ok(json!(true))
        }
        _ => Err(Failure::bad("query is too old and response timeout expired or query ID is invalid")),
    }
}

/// Commands belong to a scope and a language.
fn scope(args: &Args) -> String {
    let scope: Value = serde_json::from_str(args.text("scope")).unwrap_or_else(|_| json!({ "type": "default" }));
    let number = |name: &str| scope[name].as_i64().map(|number| format!(":{number}")).unwrap_or_default();
    let language = args.text("language_code");
    format!("{}{}{}/{language}", scope["type"].as_str().unwrap_or("default"), number("chat_id"), number("user_id"))
}

fn set_commands(state: &mut State, args: &Args) -> Result<Value, Failure> {
    let commands = args.object("commands", "commands")?.unwrap_or_else(|| json!([]));
    let list = commands.as_array().ok_or_else(|| Failure::bad("Expected an Array of BotCommand"))?;
    if list.len() > 100 {
        return Err(Failure::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    for command in list {
        let word = |name: &str| command[name].as_str().unwrap_or_default().to_owned();
        let (name, about) = (word("command"), word("description"));
        let name = name.strip_prefix('/').unwrap_or(&name);
        let letters = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if name.is_empty() || name.len() > 32 || !letters {
            return Err(Failure::bad("BOT_COMMAND_INVALID"));
        }
        if about.is_empty() || about.chars().count() > 256 {
            return Err(Failure::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    if let Ok(Value::Object(scope)) = serde_json::from_str::<Value>(args.text("scope"))
        && let Some(chat) = scope.get("chat_id").and_then(Value::as_i64)
        && !state.chats.contains_key(&chat)
    {
        return Err(Failure::bad("chat not found"));
    }
    state.commands.insert(scope(args), commands);
    Ok(json!(true))
}

fn chat(state: &State, args: &Args) -> Result<Value, Failure> {
    let id = state.visible_chat(args)?;
    let mut chat = state.chat_json(id);
    // What the full form of a chat always has.
    chat["accent_color_id"] = json!(0);
    chat["max_reaction_count"] = json!(11);
    let gifts = ["unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"];
    chat["accepted_gift_types"] = gifts.iter().map(|kind| ((*kind).to_owned(), json!(false))).collect::<serde_json::Map<_, _>>().into();
    Ok(chat)
}

fn member(state: &State, args: &Args) -> Result<Value, Failure> {
    let chat = state.visible_chat(args)?;
    let user = args.int("user_id").filter(|id| *id > 0).ok_or_else(|| Failure::bad("Invalid user_id specified"))?;
    let person = if user == state.bot.id { Some(&state.bot) } else { state.people.get(&user) };
    let person = person.ok_or_else(|| Failure::bad("PARTICIPANT_ID_INVALID"))?;
    let private = state.chats.get(&chat).is_some_and(|chat| chat.kind == ChatKind::Private);
    let status = if private || user != state.bot.id { "member" } else { "administrator" };
    let mut member = json!({ "user": person.json(), "status": status });
    if status == "administrator" {
        const RIGHTS: &[&str] = &[
            "can_be_edited",
            "can_manage_chat",
            "can_change_info",
            "can_delete_messages",
            "can_invite_users",
            "can_restrict_members",
            "can_pin_messages",
            "can_manage_topics",
            "can_promote_members",
            "can_manage_video_chats",
            "can_post_stories",
            "can_edit_stories",
            "can_delete_stories",
            "is_anonymous",
        ];
        for right in RIGHTS {
            member[*right] = json!(!matches!(*right, "can_be_edited" | "is_anonymous"));
        }
    }
    Ok(member)
}
