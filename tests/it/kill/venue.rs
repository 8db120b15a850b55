//! `outcry paper-venue` as a process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A venue's process.
pub struct VenueProcess {
    child: Child,
    address: SocketAddr,
}

impl VenueProcess {
    /// Starts a venue with a new file, on a market of this seed.
    pub fn start(folder: &Path, seed: u64) -> Self {
        Self::run(folder, "127.0.0.1:0", &["--seed", &seed.to_string()])
    }

    /// Starts it again on its file, where it listened before.
    pub fn again(folder: &Path, address: SocketAddr) -> Self {
        Self::run(folder, &address.to_string(), &[])
    }

    fn run(folder: &Path, listen: &str, more: &[&str]) -> Self {
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("venue.log")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_outcry"))
            .current_dir(folder)
            .args(["paper-venue", "--market", "simulated", "--speed", super::SPEED, "--listen", listen, "--file"])
            .arg(folder.join("venue.db"))
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line
            .trim()
            .parse()
            .unwrap_or_else(|_| panic!("the venue did not start: {}", std::fs::read_to_string(folder.join("venue.log")).unwrap()));
        Self { child, address }
    }

    /// Returns where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Kills it with SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for VenueProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
