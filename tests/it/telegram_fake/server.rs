//! From an HTTP request to its answer: the path, the token, the scripted trouble, the limits, the method, the journal.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::{Response, header};
use serde_json::{Value, json};

use super::failure::{Failure, envelope};
use super::faults::Trouble;
use super::journal::{Call, Shown};
use super::request::Args;
use super::state::State;
use super::wire::{Cord, Wire};
use super::{methods, polling};

/// Most bytes of a request: a file of 50 MB and its form.
const BODY_MAX: usize = 52 << 20;

/// What becomes of a call.
enum Outcome {
    Answer(Result<Value, Failure>),
    Page,
    Cut,
}

/// Answers one request.
pub async fn serve(Shared(wire): Shared<Arc<Wire>>, ConnectInfo(cord): ConnectInfo<Cord>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, BODY_MAX).await.unwrap_or_default();
    if wire.with(|state| state.faults.down) {
        cord.cut();
        return Response::new(Body::empty());
    }
    let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let outcome = call(&wire, head.uri.path(), head.uri.query(), content_type, &body).await;
    match outcome {
        Outcome::Answer(answer) => response(&answer),
        Outcome::Page => Response::builder().header(header::CONTENT_TYPE, "text/html").body(Body::from("<html>hello</html>")).unwrap(),
        Outcome::Cut => {
            cord.cut();
            Response::new(Body::empty())
        }
    }
}

fn response(answer: &Result<Value, Failure>) -> Response<Body> {
    let (status, body) = envelope(answer);
    let mut response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
    if let Some(seconds) = body["parameters"]["retry_after"].as_u64() {
        response = response.header(header::RETRY_AFTER, seconds);
    }
    response.body(Body::from(body.to_string())).unwrap()
}

async fn call(wire: &Wire, path: &str, query: Option<&str>, content_type: &str, body: &Bytes) -> Outcome {
    let (token, method) = match split(path) {
        Ok(parts) => parts,
        Err(failure) => return Outcome::Answer(Err(failure)),
    };
    if let Err(failure) = wire.with(|state| admitted(state, &token)) {
        return Outcome::Answer(Err(failure));
    }
    let args = match Args::read(query, content_type, body) {
        Ok(args) => args,
        Err(failure) => return Outcome::Answer(Err(failure)),
    };
    let trouble = wire.with(|state| state.faults.next(&method, args.int("chat_id")));
    let answer = match &trouble {
        Some(Trouble::TooMany(seconds)) => Some(Err(Failure::too_many(*seconds))),
        Some(Trouble::Server(code)) => Some(Err(Failure::server(*code))),
        Some(Trouble::Refuse(failure)) => Some(Err(failure.clone())),
        Some(Trouble::Page | Trouble::CutBefore) => None,
        Some(Trouble::Slow(_) | Trouble::CutAfter) | None => Some(act(wire, &method, &args).await),
    };
    let noted = if trouble == Some(Trouble::CutAfter) { None } else { answer.clone() };
    wire.with(|state| note(state, &method, args, answer.as_ref(), noted));
    match (trouble, answer) {
        (Some(Trouble::Slow(delay)), Some(answer)) => {
            tokio::time::sleep(delay).await;
            Outcome::Answer(answer)
        }
        (Some(Trouble::Page), _) => Outcome::Page,
        (Some(Trouble::CutBefore | Trouble::CutAfter), _) | (_, None) => Outcome::Cut,
        (_, Some(answer)) => Outcome::Answer(answer),
    }
}

/// `/bot<token>/<method>`, the method in any letters.
fn split(path: &str) -> Result<(String, String), Failure> {
    let rest = path.strip_prefix("/bot").ok_or_else(Failure::not_found)?;
    let (token, method) = rest.split_once('/').ok_or_else(Failure::not_found)?;
    let token = token.replace("%3A", ":");
    let number = token.split_once(':').and_then(|(number, _)| number.parse::<i64>().ok());
    // The public address says 404 where the server by itself says 401: what has not the form of a token is no path.
    number.filter(|number| *number > 0).ok_or_else(Failure::not_found)?;
    Ok((token, method.to_lowercase()))
}

fn admitted(state: &State, token: &str) -> Result<(), Failure> {
    if token == state.token && !state.revoked { Ok(()) } else { Err(Failure::unauthorized()) }
}

async fn act(wire: &Wire, method: &str, args: &Args) -> Result<Value, Failure> {
    if method == "getupdates" {
        return polling::get_updates(wire, args).await;
    }
    wire.with(|state| {
        if methods::is_limited(method) {
            let chat = args.int("chat_id").unwrap_or_default();
            let now = std::time::Instant::now();
            state.limiter.take(chat, now).map_err(Failure::too_many)?;
        }
        methods::answer(state, method, args)
    })
}

/// Writes the call down. `answer` is what it did, `noted` what the bot heard.
fn note(state: &mut State, method: &str, args: Args, answer: Option<&Result<Value, Failure>>, noted: Option<Result<Value, Failure>>) {
    if state.forgetful {
        return;
    }
    let at: Duration = state.began.elapsed();
    let done = answer.and_then(|answer| answer.as_ref().ok());
    let shown = done.and_then(|done| {
        let key = (done["chat"]["id"].as_i64()?, done["message_id"].as_i64()?);
        Some(Shown::of(state.messages.get(&key)?, method, &args, at))
    });
    let noted =
        if method == "getupdates" { noted.map(|answer| answer.map(|updates| json!(updates.as_array().map(Vec::len)))) } else { noted };
    state.calls.push(Call { at, method: method.to_owned(), args, answer: noted, shown });
}
