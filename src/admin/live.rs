//! `/ws`: fills, positions and notices as they are committed.
//!
//! Invariant I3: a line is told after its commit and never before. I12: a listener that falls [`BEHIND_MAX`] lines behind,
//! or takes no line within the deadline, is dropped; nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::domain::event::Change;
use crate::engine::deadline::{pause, within};
use crate::engine::ports::Commit;

use super::account::trade;
use super::refused::Refused;
use super::window::Window;

/// Lines that a listener may be behind.
pub const BEHIND_MAX: usize = 256;
/// Listeners at once.
pub const LISTENERS_MAX: usize = 16;
/// How long a listener may take to accept a line.
const SEND_MAX: Duration = Duration::from_secs(5);
/// Longest silence before a listener is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(30);
/// Longest message of a listener; what it says is not read.
const MESSAGE_BYTES_MAX: usize = 1_024;

/// Where lines are told. Clones tell the same listeners.
#[derive(Clone)]
pub struct Live(broadcast::Sender<Utf8Bytes>);

impl Default for Live {
    fn default() -> Self {
        Self(broadcast::Sender::new(BEHIND_MAX))
    }
}

impl Live {
    /// Tells what a commit brought about. Never waits.
    pub fn tell(&self, commit: &Commit) {
        if self.0.receiver_count() == 0 {
            return;
        }
        let changes = commit.events.iter().filter_map(|event| match &event.change {
            Change::Fill(row) => Some(json!({ "kind": "fill", "at_ms": event.at.ms(), "fill": trade(row) })),
            Change::Position(row) => Some(json!({ "kind": "position", "at_ms": event.at.ms(), "position": row })),
            _ => None,
        });
        let notices = commit.notices.iter();
        let notices = notices.map(|notice| json!({ "kind": "notice", "at_ms": notice.at.ms(), "notice": notice.body }));
        for line in changes.chain(notices) {
            self.line(&line);
        }
    }

    fn line(&self, line: &Value) {
        // Nobody listens any more: then nobody misses it.
        let _ = self.0.send(Utf8Bytes::from(line.to_string()));
    }

    /// Returns how many listen.
    pub fn listeners(&self) -> usize {
        self.0.receiver_count()
    }
}

/// Lets an operator listen.
///
/// # Errors
/// A refusal if this is no WebSocket, or there is no room.
pub async fn listen(
    State(window): State<Arc<Window>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refused> {
    let upgrade = upgrade.map_err(|_| Refused::BadRequest("this route speaks WebSocket only".to_owned()))?;
    let place = Arc::clone(&window.listeners).try_acquire_owned();
    let place = place.map_err(|_| Refused::Unavailable(format!("{LISTENERS_MAX} listen already")))?;
    // Subscribed before the answer: what is committed after it is told.
    let lines = window.live.0.subscribe();
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES_MAX).max_frame_size(MESSAGE_BYTES_MAX);
    Ok(upgrade.on_upgrade(async move |socket| {
        let dropped = attend(socket, lines).await;
        if dropped {
            window.metrics.listeners_dropped.inc();
        }
        drop(place);
    }))
}

/// Tells lines to a listener until it leaves (false) or is too slow (true).
async fn attend(mut socket: WebSocket, mut lines: broadcast::Receiver<Utf8Bytes>) -> bool {
    loop {
        let message = tokio::select! {
            line = lines.recv() => match line {
                Ok(line) => Message::Text(line),
                Err(RecvError::Lagged(_)) => {
                    let frame = CloseFrame { code: close_code::POLICY, reason: Utf8Bytes::from_static("too slow") };
                    // It may not even take this; it is dropped either way.
                    let _ = within(SEND_MAX, socket.send(Message::Close(Some(frame)))).await;
                    return true;
                }
                Err(RecvError::Closed) => return false,
            },
            said = socket.recv() => match said {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
                Some(Ok(_)) => continue,
            },
            () = pause(SILENCE) => Message::Ping(Default::default()),
        };
        match within(SEND_MAX, socket.send(message)).await {
            Some(Ok(())) => {}
            Some(Err(_)) => return false,
            None => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::ws::WebSocketUpgrade;
    use axum::routing::get;
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::mpsc;

    use super::{Live, attend};

    const HELLO: &str = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    /// More than the system keeps of what is not read.
    const LINES: usize = 3_000;

    #[tokio::test]
    async fn a_listener_that_does_not_read_is_dropped_and_holds_up_nobody() {
        let live = Live::default();
        let (ended, mut end) = mpsc::channel(1);
        let told = live.clone();
        let listen = move |upgrade: WebSocketUpgrade| {
            let (lines, ended) = (told.0.subscribe(), ended.clone());
            async move {
                upgrade.on_upgrade(async move |socket| {
                    let _ = ended.send(attend(socket, lines).await).await;
                })
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = axum::serve(listener, Router::new().route("/ws", get(listen)));
        let slow = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(HELLO.as_bytes()).await.unwrap();
            let mut head = [0; 12];
            stream.read_exact(&mut head).await.unwrap();
            assert_eq!(&head, b"HTTP/1.1 101");
            for _ in 0..LINES {
                // Telling is no future: there is nothing to wait for.
                live.line(&json!("x".repeat(10_000)));
                tokio::task::yield_now().await;
            }
            assert_eq!(end.recv().await, Some(true), "dropped for being slow");
            drop(stream);
        };
        tokio::select! {
            _ = serving.into_future() => panic!("the endpoint ended"),
            () = slow => {}
        }
    }
}
