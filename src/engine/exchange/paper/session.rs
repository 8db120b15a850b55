//! One client of a venue's process: its requests one after the other, and what is pushed in between.
//!
//! Invariant: a client that does not read, floods or talks nonsense is disconnected; it never holds the venue up.

use std::io;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::broadcast;

use super::frame::{
    BARS_MAX, Method, PAGE_BYTES_MAX, PAGE_ROWS, Push, REQUEST_BYTES_MAX, Request, VenueLine, WireAccount, WireCancel, WireSubmit,
};
use super::line::LineReader;
use super::server::SharedFeed;
use super::venue::PaperVenue;
use crate::engine::deadline::{pause, within};
use crate::engine::ports::{Clock, Exchange};

/// How long a client may take to read a line.
pub const WRITE_DEADLINE: Duration = Duration::from_secs(4);

/// How long a client that did not subscribe may be silent.
pub const IDLE_MAX: Duration = Duration::from_secs(60);

/// What all clients of a venue's process share.
pub(super) struct Floor {
    pub(super) venue: Arc<PaperVenue>,
    pub(super) feed: SharedFeed,
    pub(super) clock: Arc<dyn Clock>,
}

/// Serves one client until it leaves or has to go.
pub(super) async fn serve(stream: TcpStream, floor: Arc<Floor>, mut pushes: broadcast::Receiver<Arc<Push>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.into_split();
    let mut lines = LineReader::new(reader, REQUEST_BYTES_MAX);
    let mut subscribed = false;
    // A subscriber shows that it lives by reading; anybody else has to ask something now and then.
    let mut idle = std::pin::pin!(pause(IDLE_MAX));
    loop {
        let line = tokio::select! {
            biased;
            line = lines.next() => line,
            () = &mut idle, if !subscribed => return Err(io::ErrorKind::TimedOut.into()),
            push = pushes.recv() => {
                match push {
                    Ok(push) if subscribed => write(&mut writer, &VenueLine { push: Some(Push::clone(&push)), ..VenueLine::default() }).await?,
                    Ok(_) => {}
                    // It would miss events without knowing: it has to come back and ask.
                    Err(broadcast::error::RecvError::Lagged(_)) if subscribed => return Err(io::ErrorKind::TimedOut.into()),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return Ok(()),
                }
                continue;
            }
        };
        let request = match line {
            Ok(None) => return Ok(()),
            Ok(Some(line)) => serde_json::from_slice::<Request>(&line).map_err(io::Error::from),
            Err(error) => Err(error),
        };
        match request {
            Ok(request) => {
                subscribed |= request.method == Method::Subscribe;
                idle.set(pause(IDLE_MAX));
                write(&mut writer, &reply(&floor, request).await).await?;
            }
            Err(error) => {
                write(&mut writer, &VenueLine { error: Some(error.to_string()), ..VenueLine::default() }).await?;
                return Err(error);
            }
        }
    }
}

async fn write(writer: &mut OwnedWriteHalf, line: &VenueLine) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    within(WRITE_DEADLINE, writer.write_all(&bytes)).await.ok_or_else(|| io::Error::from(io::ErrorKind::TimedOut))?
}

async fn reply(floor: &Floor, request: Request) -> VenueLine {
    let answer = answer(floor, request.method).await;
    let id = Some(request.id);
    match answer {
        Ok(result) => VenueLine { id, result: Some(result), ..VenueLine::default() },
        Err(error) => VenueLine { id, error: Some(error), ..VenueLine::default() },
    }
}

async fn answer(floor: &Floor, method: Method) -> Result<serde_json::Value, String> {
    let venue = &floor.venue;
    match method {
        Method::Subscribe => json(Ok::<_, String>(venue.name())),
        Method::Submit(spec) => json(Ok::<_, String>(WireSubmit::from(venue.submit(spec).await))),
        Method::Cancel { instrument, id } => json(Ok::<_, String>(WireCancel::from(venue.cancel(&instrument, &id).await))),
        Method::Order { instrument, id } => json(venue.order(&instrument, &id).await),
        Method::OpenOrders => json(venue.open_orders().await),
        Method::Fills { since, after } => json(venue.fills_page(since, after, PAGE_ROWS).await),
        Method::Fundings { since, after } => json(venue.fundings_page(since, after, PAGE_ROWS).await),
        Method::Account => json(venue.account().await.map(WireAccount::from)),
        Method::Instruments => json(venue.instruments().await),
        Method::Log { after } => page(&venue.log(after, PAGE_ROWS).await.map_err(|error| error.to_string())?),
        Method::Bars { instrument, count } => {
            let feed = floor.feed.lock().unwrap_or_else(PoisonError::into_inner);
            json(Ok::<_, String>(feed.hourly_bars(&instrument, floor.clock.now(), count.min(BARS_MAX))))
        }
        Method::Now => json(Ok::<_, String>(floor.clock.now())),
    }
}

/// Returns the first rows of a page, as many as stay within [`PAGE_BYTES_MAX`] (refused orders may be long), at least one.
fn page<T: Serialize>(rows: &[T]) -> Result<serde_json::Value, String> {
    let (mut page, mut bytes) = (Vec::new(), 0);
    for row in rows {
        let value = json(Ok::<_, String>(row))?;
        bytes += value.to_string().len();
        if bytes > PAGE_BYTES_MAX && !page.is_empty() {
            break;
        }
        page.push(value);
    }
    Ok(serde_json::Value::Array(page))
}

fn json<T: Serialize, E: std::fmt::Display>(answer: Result<T, E>) -> Result<serde_json::Value, String> {
    let value = answer.map_err(|error| error.to_string())?;
    serde_json::to_value(value).map_err(|error| error.to_string())
}
