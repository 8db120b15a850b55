//! The buttons of a card, in the order they are shown. Rendering and numbered replies use this one list, so that
//! number three always means the third button on the screen.

use crate::domain::proposal::Want;
use crate::domain::rows::PendingRow;
use crate::engine::desk::input::TapVerb;

/// A button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Button {
    /// What a tap on it asks the Desk to do.
    pub verb: TapVerb,
    /// What is written on it.
    pub label: &'static str,
}

const CONFIRM: Button = Button { verb: TapVerb::Confirm, label: "Confirm" };
const CANCEL: Button = Button { verb: TapVerb::Decline, label: "Cancel" };
const HALF: Button = Button { verb: TapVerb::Half, label: "½" };
const DOUBLE: Button = Button { verb: TapVerb::Double, label: "×2" };
const LIMIT: Button = Button { verb: TapVerb::ToLimit, label: "Limit" };
const MARKET: Button = Button { verb: TapVerb::ToMarket, label: "Market" };

/// Returns the buttons of a card. Only a card that opens can be resized or change its order type.
pub fn of_card(card: &PendingRow) -> Vec<Button> {
    let mut buttons = vec![CONFIRM, CANCEL];
    if matches!(card.proposal.want, Want::Open(_)) {
        buttons.extend([HALF, DOUBLE]);
        if let Some(order) = card.plans.first().and_then(|plan| plan.order.as_ref()) {
            buttons.push(if order.at_market { LIMIT } else { MARKET });
        }
    }
    buttons
}
