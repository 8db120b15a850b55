//! Ids that follow from their cause and from the install key, so that the same cause always names the same thing.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;

use crate::domain::ids::{AccountId, ClientOrderId, Nonce, PlanId, SourceKey};
use crate::domain::order::Leg;

/// Makes ids. The key is this installation's secret: nobody else can name our orders or guess a card's number.
pub struct IdMaker {
    key: hmac::Key,
    tag: String,
    account: AccountId,
}

impl IdMaker {
    /// Returns a maker for one account.
    pub fn new(install_key: &[u8], account: AccountId) -> Self {
        let tag = hex::encode(digest(&SHA256, install_key)).chars().take(4).collect();
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, install_key), tag, account }
    }

    fn mac(&self, text: &str) -> String {
        hex::encode(hmac::sign(&self.key, text.as_bytes()))
    }

    /// Returns the id of the plan that `key` causes.
    pub fn plan(&self, key: &SourceKey) -> PlanId {
        PlanId::new(self.mac(&format!("plan|{}|{key}", self.account)).chars().take(16).collect::<String>())
    }

    /// Returns the number behind the buttons of the card that `key` causes.
    pub fn nonce(&self, key: &SourceKey, look: &str) -> Nonce {
        Nonce::new(self.mac(&format!("card|{}|{key}|{look}", self.account)).chars().take(32).collect::<String>())
    }

    /// Returns the id of an order: 36 characters in UUID form that begin with the install tag, as every venue accepts.
    pub fn order(&self, plan: &PlanId, leg: Leg, generation: u32) -> ClientOrderId {
        let leg = match leg {
            Leg::Entry => "entry".to_owned(),
            Leg::Stop => "stop".to_owned(),
            Leg::Target(n) => format!("target{n}"),
            Leg::Close => "close".to_owned(),
        };
        let mac = self.mac(&format!("order|{}|{plan}|{leg}|{generation}", self.account));
        let digits: String = self.tag.chars().chain(mac.chars()).take(32).collect();
        let cut = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        ClientOrderId::new(format!("{}-{}-{}-{}-{}", cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 20), cut(20, 32)))
    }

    /// Tells whether an order id carries this installation's tag.
    pub fn is_ours(&self, id: &ClientOrderId) -> bool {
        id.as_str().starts_with(&self.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maker(secret: &[u8]) -> IdMaker {
        IdMaker::new(secret, AccountId::new("paper"))
    }

    #[test]
    fn the_same_cause_names_the_same_order_and_another_key_does_not() {
        let (a, b) = (maker(b"one"), maker(b"two"));
        let plan = a.plan(&SourceKey::new("term:1:1"));
        let id = a.order(&plan, Leg::Entry, 0);
        assert_eq!(id, a.order(&plan, Leg::Entry, 0));
        assert_ne!(id, b.order(&plan, Leg::Entry, 0));
        assert_ne!(id, a.order(&plan, Leg::Stop, 0));
        assert_ne!(id, a.order(&plan, Leg::Entry, 1));
        assert_eq!(id.as_str().len(), 36);
        assert!(a.is_ours(&id) && !b.is_ours(&id));
    }

    #[test]
    fn a_card_number_has_128_bits() {
        assert_eq!(maker(b"k").nonce(&SourceKey::new("term:1:1"), "").as_str().len(), 32);
    }
}
