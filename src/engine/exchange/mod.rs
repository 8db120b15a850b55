//! Trading venues behind the [`Exchange`](super::ports::Exchange) port. Wire types never leave this room.

pub mod paper;
