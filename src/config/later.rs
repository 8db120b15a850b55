//! Settings of features that are not there yet. They are known, so that one environment serves every version; they are
//! checked and kept, secrets as secrets, and nothing reads them.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::form::{self, Form, Takes, Wrong};
use super::key::{Home, Key};

/// What was given for features to come. All of it is kept as secrets are, for an address may hold a password too.
#[derive(Debug, Clone, Default)]
pub struct Later(BTreeMap<&'static str, SecretString>);

impl Later {
    /// Keeps a value.
    pub fn keep(&mut self, name: &'static str, text: &str) {
        self.0.insert(name, SecretString::from(text));
    }

    /// Returns a value as it may be shown.
    pub fn shown(&self, name: &str, default: &str, secret: bool) -> String {
        match self.0.get(name) {
            Some(_) if secret => "set".to_owned(),
            Some(value) => masked(value.expose_secret()),
            None => default.to_owned(),
        }
    }
}

/// Masks the password of an address, as in `redis://:password@host`.
fn masked(text: &str) -> String {
    match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://***@{host}"),
        _ => text.to_owned(),
    }
}

/// What is asked of a value that nothing reads yet: the same forms, without a field to fill.
struct Check {
    expected: &'static str,
    example: &'static str,
    takes: Takes,
    check: fn(&str) -> Result<(), Wrong>,
}

const fn check<T>(form: &Form<T>, check: fn(&str) -> Result<(), Wrong>) -> Check {
    Check { expected: form.expected, example: form.example, takes: form.takes, check }
}

const TEXT: Check = check(&form::TEXT, |text| form::text(text).map(drop));
const FRACTION: Check = check(&form::FRACTION, |text| (form::FRACTION.read)(text).map(drop));
const LEVERAGE: Check = check(&form::LEVERAGE, |text| (form::LEVERAGE.read)(text).map(drop));
const URL: Check = Check {
    expected: "an address such as https://host/path",
    example: "\"https://api.example.org\"",
    takes: Takes::Text,
    check: |text| if text.contains("://") { form::text(text).map(drop) } else { Err(Wrong("is no address".to_owned())) },
};
const PERCENT: Check = Check {
    expected: "a percentage above 0 and at most 100, without the % sign",
    example: "10",
    takes: Takes::Number,
    check: |text| match form::decimal(text)? {
        value if value <= rust_decimal::Decimal::ZERO => Err(Wrong("is not above 0".to_owned())),
        value if value > rust_decimal::Decimal::ONE_HUNDRED => Err(Wrong("is above 100".to_owned())),
        _ => Ok(()),
    },
};
const MINUTES: Check = Check {
    expected: "a whole number of minutes from 1 to 1440",
    example: "5",
    takes: Takes::Number,
    check: |text| form::whole(text, 1, 1_440).map(drop),
};
const VOTING: Check = Check {
    expected: "one of majority, unanimous, strict, weighted, single",
    example: "\"majority\"",
    takes: Takes::Text,
    check: |text| form::one_of(text, &["majority", "unanimous", "strict", "weighted", "single"]).map(drop),
};
const fn plain(name: &'static str, variable: &'static str, form: &Check, default: &'static str, about: &'static str) -> Key {
    later(name, variable, form, default, about, false)
}

const fn secret(name: &'static str, variable: &'static str, about: &'static str) -> Key {
    later(name, variable, &TEXT, "not set", about, true)
}

const fn later(name: &'static str, variable: &'static str, form: &Check, default: &'static str, about: &'static str, secret: bool) -> Key {
    Key {
        name,
        variable: Some(variable),
        about,
        expected: form.expected,
        example: form.example,
        optional: false,
        takes: form.takes,
        home: Home::Later { check: form.check, default, secret },
    }
}

/// The keys of features to come.
pub const KEYS: &[Key] = &[
    secret("llm.api_key", "OPENROUTER_API_KEY", "Key of the language model service."),
    plain("llm.base_url", "LLM_BASE_URL", &URL, "not set", "Address of an OpenAI-compatible endpoint."),
    plain("llm.model", "LLM_MODEL", &TEXT, "not set", "Model that reads sentences the grammar cannot."),
    plain("ai.model_primary", "AI_MODEL_PRIMARY", &TEXT, "deepseek/deepseek-chat-v3.1", "First voting model."),
    plain("ai.model_secondary", "AI_MODEL_SECONDARY", &TEXT, "qwen/qwen3-vl-235b-a22b-instruct", "Second voting model."),
    plain("ai.voting_strategy", "AI_VOTING_STRATEGY", &VOTING, "majority", "How votes become a decision."),
    plain("ai.confidence_threshold", "CONFIDENCE_THRESHOLD", &FRACTION, "0.60", "Confidence below which nothing is done."),
    plain("ai.interval_minutes", "TRADING_INTERVAL_MINUTES", &MINUTES, "5", "Minutes between two votes."),
    plain("autopilot.leverage", "LEVERAGE", &LEVERAGE, "20", "Leverage of autopilot positions on paper."),
    plain(
        "autopilot.position_size_percent",
        "POSITION_SIZE_PERCENT",
        &PERCENT,
        "10",
        "Percent of free capital an autopilot position takes as margin.",
    ),
    plain("redis.url", "REDIS_URL", &URL, "not set", "Address of Redis, for caches and shared limits."),
    secret("binance.api_key", "BINANCE_API_KEY", "Binance spot key."),
    secret("binance.api_secret", "BINANCE_API_SECRET", "Its secret."),
    plain("binance.rest_url", "BINANCE_REST_URL", &URL, "not set", "Another REST address."),
    plain("binance.ws_url", "BINANCE_WS_URL", &URL, "not set", "Another stream address."),
    secret("binance_usdm.api_key", "BINANCE_USDM_API_KEY", "Binance USDT-margined futures key."),
    secret("binance_usdm.api_secret", "BINANCE_USDM_API_SECRET", "Its secret."),
    plain("binance_usdm.rest_url", "BINANCE_USDM_REST_URL", &URL, "not set", "Another REST address."),
    plain("binance_usdm.ws_url", "BINANCE_USDM_WS_URL", &URL, "not set", "Another stream address."),
    secret("coinbase.api_key", "COINBASE_API_KEY", "Coinbase key."),
    secret("coinbase.api_secret", "COINBASE_API_SECRET", "Its secret."),
    plain("coinbase.rest_url", "COINBASE_REST_URL", &URL, "not set", "Another REST address."),
    plain("coinbase.ws_url", "COINBASE_WS_URL", &URL, "not set", "Another stream address."),
    secret("kraken.api_key", "KRAKEN_API_KEY", "Kraken key."),
    secret("kraken.api_secret", "KRAKEN_API_SECRET", "Its secret."),
    plain("kraken.rest_url", "KRAKEN_REST_URL", &URL, "not set", "Another REST address."),
    plain("kraken.ws_url", "KRAKEN_WS_URL", &URL, "not set", "Another stream address."),
];
