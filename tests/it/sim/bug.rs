//! Planted bugs: each is one known way to lose or double money, put between the house and its ports. A simulation that
//! does not find them proves nothing.

/// One planted bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// An order whose answer was lost is sent once more.
    RetryOnUnknown,
    /// A question that failed is read as "not found".
    ErrorIsNotFound,
    /// A licence whose commit is not certain counts as given.
    UnknownLicenceIsGiven,
    /// A commit is acknowledged before it is durable.
    AckBeforeDurable,
    /// An execution comes again under another trade id.
    FillTwice,
    /// A stop that the venue refused is reported as accepted.
    RefusedStopAccepted,
    /// The outbox forgets a notice before it was shown.
    OutboxForgetsFirst,
}

impl Bug {
    /// All bugs.
    pub const ALL: [Self; 7] = [
        Self::RetryOnUnknown,
        Self::ErrorIsNotFound,
        Self::UnknownLicenceIsGiven,
        Self::AckBeforeDurable,
        Self::FillTwice,
        Self::RefusedStopAccepted,
        Self::OutboxForgetsFirst,
    ];
}
