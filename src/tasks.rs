//! The only place that spawns. Tasks are named and owned: dropping their owner ends them, and an end is never silent.

use std::future::Future;

use tokio::task::JoinSet;

/// Tasks of one owner.
#[derive(Default)]
pub struct Tasks {
    set: JoinSet<(&'static str, Result<(), String>)>,
}

impl Tasks {
    /// Starts a task. It may end with a sentence that says what is wrong.
    #[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
    pub fn spawn<E: std::fmt::Display>(&mut self, name: &'static str, work: impl Future<Output = Result<(), E>> + Send + 'static) {
        self.set.spawn(async move { (name, work.await.map_err(|error| error.to_string())) });
    }

    /// Waits until a task ends, and returns its name and its end; `None` when none is left.
    pub async fn first_end(&mut self) -> Option<(&'static str, Result<(), String>)> {
        match self.set.join_next().await? {
            Ok(end) => Some(end),
            Err(error) => Some(("task", Err(error.to_string()))),
        }
    }

    /// Waits until a task ends with a sentence of what is wrong; those that end well are passed over.
    pub async fn first_failure(&mut self) -> String {
        loop {
            match self.first_end().await {
                Some((name, Err(error))) => return format!("{name}: {error}"),
                Some((_, Ok(()))) => {}
                None => std::future::pending::<()>().await,
            }
        }
    }

    /// Ends all tasks and waits until they are gone.
    pub async fn stop(&mut self) {
        self.set.shutdown().await;
    }
}

/// Starts a thread for work that blocks (reading a terminal). It ends with the process.
#[expect(clippy::disallowed_methods, reason = "the one place that starts a thread")]
pub fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}
