//! A strict Telegram of our own: the Bot API on a local port, and people for tests to play.
//!
//! It refuses what the real server refuses, in the same words (read from tdlib/telegram-bot-api and tdlib/td), and it
//! runs on a thread of its own: a test may block, await, or start programs that talk to it. Where it is laxer than the
//! real one: webhooks may be `http` on this machine, retries come after 50 ms, polls are not slowed down for asking the
//! same again, and Markdown is not read at all.

pub mod access;
pub mod chat;
pub mod driver;
pub mod failure;
pub mod faults;
pub mod html;
pub mod journal;
pub mod limits;
pub mod markup;
pub mod message;
pub mod methods;
pub mod polling;
pub mod request;
pub mod said;
pub mod send;
pub mod server;
pub mod state;
pub mod text;
pub mod webhook;
pub mod wire;

mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use state::State;
use wire::{Cord, Lines, Wire};

/// The token of the fake's one bot.
pub const TOKEN: &str = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0";

/// A running fake; dropped it stops and cuts its connections.
pub struct FakeTelegram {
    wire: Arc<Wire>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
}

impl FakeTelegram {
    /// Starts on a free port.
    pub fn start() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let wire = Arc::new(Wire::new(State::new(TOKEN)));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&wire);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let lines = Lines(TcpListener::from_std(listener).unwrap());
                let app = Router::new().fallback(server::serve).with_state(Arc::clone(&served));
                let app = app.into_make_service_with_connect_info::<Cord>();
                tokio::select! {
                    _ = stopped => {}
                    () = webhook::deliver(served) => {}
                    _ = axum::serve(lines, app) => {}
                }
            });
        });
        Self { wire, address, stop: Some(stop) }
    }

    /// What `TELEGRAM_API_URL` is to be.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The bot's token.
    pub fn token(&self) -> &'static str {
        TOKEN
    }
}

impl Drop for FakeTelegram {
    fn drop(&mut self) {
        // The thread may have ended by itself.
        self.stop.take().map(|stop| stop.send(()));
    }
}
