//! Troubles on demand: what goes wrong, at which call, how often.

use std::time::Duration;

use super::failure::Failure;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// 429 with these seconds to wait; the call has no effect.
    TooMany(u64),
    /// A server error with this HTTP status; the call has no effect.
    Server(u16),
    /// Any other refusal.
    Refuse(Failure),
    /// The answer takes so long; the call has its effect before.
    Slow(Duration),
    /// The connection is cut before the call has an effect.
    CutBefore,
    /// The call has its effect; the connection is cut before the answer.
    CutAfter,
    /// 200 with a page that is no JSON, as a proxy answers; the call has no effect.
    Page,
}

#[derive(Debug)]
struct Fault {
    method: String,
    chat: Option<i64>,
    /// Calls to let pass before.
    skip: u32,
    times: u32,
    trouble: Trouble,
}

/// The script of troubles, in the order they were written.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Fault>,
    /// No connection lives.
    pub down: bool,
}

impl Faults {
    /// Adds a trouble for the next `times` calls of `method` (`*` is any), after `skip` of them.
    pub fn add(&mut self, method: &str, chat: Option<i64>, skip: u32, times: u32, trouble: Trouble) {
        self.list.push(Fault { method: method.to_lowercase(), chat, skip, times, trouble });
    }

    pub fn clear(&mut self) {
        self.list.clear();
    }

    /// The trouble of this call, used up.
    pub fn next(&mut self, method: &str, chat: Option<i64>) -> Option<Trouble> {
        let fits = |fault: &Fault| {
            fault.times > 0 && (fault.method == "*" || fault.method == method) && (fault.chat.is_none() || fault.chat == chat)
        };
        let fault = self.list.iter_mut().find(|fault| fits(fault))?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times -= 1;
        Some(fault.trouble.clone())
    }
}
