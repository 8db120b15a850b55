use std::ffi::OsString;

use proptest::prelude::*;
use rust_decimal::dec;

use super::*;
use sources::ConfigFile;

fn with_file(text: &str) -> Result<Settings, ConfigError> {
    Settings::from_sources(&Sources { file: Some(file_of(text.as_bytes())), ..Sources::default() })
}

fn with_environment(pairs: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let environment = pairs.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
    Settings::from_sources(&Sources { environment, ..Sources::default() })
}

fn file_of(bytes: &[u8]) -> ConfigFile {
    ConfigFile { name: "outcry.toml".to_owned(), bytes: bytes.to_vec() }
}

fn refusal(result: Result<Settings, ConfigError>) -> String {
    result.expect_err("these settings must be refused").to_string()
}

fn listed(settings: &Settings, name: &str) -> (String, String) {
    let view = settings.listing().into_iter().find(|view| view.name == name).expect("every key is listed");
    (view.value, view.origin)
}

#[test]
fn nothing_said_gives_the_paper_profile_on_the_simulated_market() {
    let settings = Settings::from_sources(&Sources::default()).expect("defaults");
    assert_eq!(settings.limits(), Limits::paper());
    assert_eq!(settings.paper.initial_capital, dec!(100000));
    assert_eq!(settings.market.source, crate::domain::market::MarketSource::Simulated);
    assert_eq!(listed(&settings, "risk.require_stop"), ("true".to_owned(), "default".to_owned()));
}

#[test]
fn later_sources_win_and_are_remembered() {
    let sources = Sources {
        file: Some(file_of(b"[market]\nseed = 1\nspeed = 2\n[paper]\ninitial_capital = 5_000.50\ntaker_fee = 0.0004")),
        environment: vec![("OUTCRY_SEED".into(), "2".into()), ("OUTCRY_MARKET__SPEED".into(), "3".into())],
        overrides: vec![("market.seed".to_owned(), "3".to_owned())],
    };
    let settings = Settings::from_sources(&sources).expect("valid");
    assert_eq!(listed(&settings, "market.seed"), ("3".to_owned(), "command line".to_owned()));
    assert_eq!(listed(&settings, "market.speed"), ("3".to_owned(), "environment".to_owned()));
    assert_eq!(listed(&settings, "paper.initial_capital"), ("5000.5".to_owned(), "file".to_owned()));
    assert_eq!(settings.paper.taker_fee, dec!(0.0004), "the digits of the file, not of a binary float");
}

#[test]
fn the_names_of_the_earlier_systems_still_work() {
    let settings = with_environment(&[
        ("DATABASE_URL", "postgres://desk:s3cret@db.example.org/outcry?sslmode=require"),
        ("INITIAL_CAPITAL", "2500"),
        ("COMMISSION_RATE", "0.002"),
        ("OUTCRY_PAPER__MAKER_FEE", "0.0001"),
        ("MAX_POSITIONS", "7"),
        ("LEVERAGE", "15"),
        ("OUTCRY_MARKET", "replay"),
        ("OUTCRY_CANDLES", "candles"),
        ("OUTCRY_REQUIRE_SHARED", "1"),
        ("PATH", "/bin"),
    ])
    .expect("valid");
    assert_eq!((settings.paper.maker_fee, settings.paper.taker_fee), (dec!(0.0001), dec!(0.002)), "the long name wins");
    assert_eq!(settings.limits().open_positions_max, 7);
    assert_eq!(settings.limits().default_leverage, dec!(1), "LEVERAGE is the autopilot's, not the person's");
    assert_eq!(listed(&settings, "autopilot.leverage").0, "15 (not used yet)");
    assert_eq!(listed(&settings, "store.url").0, "postgres://desk:***@db.example.org/outcry?sslmode=require");
    assert_eq!(
        settings.store.url.as_ref().map(store::StoreUrl::expose),
        Some("postgres://desk:s3cret@db.example.org/outcry?sslmode=require")
    );
}

#[test]
fn secrets_are_never_shown() {
    let canary = "canary-7c1f";
    let url = format!("postgres://desk:{canary}@host/db?sslpassword={canary}");
    let redis = format!("redis://:{canary}@host");
    let settings =
        with_environment(&[("TELEGRAM_BOT_TOKEN", canary), ("OPENROUTER_API_KEY", canary), ("DATABASE_URL", &url), ("REDIS_URL", &redis)])
            .expect("valid");
    assert_eq!(listed(&settings, "telegram.bot_token").0, "set");
    assert_eq!(listed(&settings, "binance.api_key").0, "not set (not used yet)");
    assert!(!format!("{:?}", settings.store).contains(canary));
    assert!(settings.listing().iter().all(|view| !view.value.contains(canary)));
    let broken = refusal(with_environment(&[("DATABASE_URL", &format!("postgre://x:{canary}@h"))]));
    assert!(broken.contains("store.url") && !broken.contains(canary), "{broken}");
    let line = refusal(with_file(&format!("[telegram]\nbot_token = \"{canary}")));
    assert!(line.contains("line 2") && !line.contains(canary), "{line}");
    let debug = format!("{:?} {:?}", settings.later, settings.telegram);
    assert!(debug.contains("llm.api_key") && debug.contains("bot_token") && !debug.contains(canary), "{debug}");
    let secret = refusal(with_environment(&[("TELEGRAM_WEBHOOK_SECRET", &format!("{canary} with a space"))]));
    assert!(secret.contains("telegram.webhook_secret") && !secret.contains(canary), "{secret}");
    let open = refusal(with_environment(&[("TELEGRAM_WEBHOOK_URL", "https://desk.example.org/hook")]));
    assert!(open.contains("TELEGRAM_WEBHOOK_SECRET"), "{open}");
}

#[test]
fn each_wrong_value_gets_a_sentence_that_says_what_would_work() {
    let table = [
        (
            "[paper]\ntaker_fee = \"5%\"",
            "paper.taker_fee (outcry.toml, line 2): \"5%\" is a percentage; as a fraction it is 0.05, but a fee rate",
        ),
        ("[paper]\ninitial_capital = -1", "\"-1\" is below zero, but an amount in USDT above 0"),
        ("[paper]\ninitial_capital = 0", "\"0\" is not above 0"),
        ("[paper]\ninitial_capital = 1e3", "is not a number in plain digits"),
        ("[paper]\ninitial_capital = nan", "is not a number in plain digits"),
        ("[paper]\ninitial_capital = 1111111111111111111111111111111111111111", "is not a number that can be held exactly"),
        ("[risk]\nleverage_max = 126", "\"126\" is above 125, but a leverage from 1 to 125"),
        ("[risk]\nleverage_max = 0.5", "is below 1"),
        ("[risk]\nopen_positions_max = 1.5", "is not a whole number"),
        ("[risk]\nrequire_stop = \"false\"", "\"false\" is a text, but true or false is expected"),
        ("[risk]\nrequire_stop = 0", "is a number without quotes"),
        ("[risk]\ncard_life_ms = \"60s\"", "but a duration in whole milliseconds"),
        ("[risk]\ndaily_loss_share_max = 20", "\"20\" is above 1, but a fraction above 0 and at most 1 (0.05 means five percent)"),
        ("[risk]\nsymbols = [\"BTCUSDT\"]", "holds \"BTCUSDT\", which is no pair"),
        ("[risk]\nsymbols = [1]", "is a table or a list of other things than texts"),
        ("[market]\nsource = \"moon\"", "\"moon\" is none of them, but one of simulated, replay, live is expected"),
        ("[market]\ntimeframe = \"7m\"", "or \"none\""),
        ("[market]\nfrom = 1760000000", "is too short for milliseconds since 1970"),
        ("[store]\nurl = \"\"", "store.url (outcry.toml, line 2): the value is empty"),
        ("[log]\nfilter = \"verbose\"", "is no such filter"),
        ("[market]\nsede = 7", "market.sede (outcry.toml, line 2): there is no such setting. Did you mean market.seed?"),
        ("[marquet]\nseed = 7", "marquet (outcry.toml, line 1): there is no such setting."),
        ("market = 7", "market (outcry.toml, line 1): there is no such setting."),
        ("seed = 7\nseed = 8", "is not valid TOML (duplicate key)"),
        ("live = true", "live trading comes with the exchange adapters; this version trades on paper only"),
        ("[market]\nsource = \"replay\"", "replay needs candle files"),
        ("[risk]\nstop_distance_min = 0.5", "risk.stop_distance_min (outcry.toml, line 2): must be below risk.stop_distance_max"),
        ("[risk]\nleverage_max = 2\ndefault_leverage = 3", "must not be above risk.leverage_max, which is 2"),
    ];
    for (text, expected) in table {
        let said = refusal(with_file(text));
        assert!(said.contains(expected), "{text:?} gave\n{said}");
    }
}

#[test]
fn unknown_names_of_ours_are_refused_and_others_are_left_alone() {
    let said = refusal(with_environment(&[("OUTCRY_RISK__REQUIRE_STOPS", "false")]));
    assert!(said.contains("OUTCRY_RISK__REQUIRE_STOPS (environment)") && said.contains("OUTCRY_RISK__REQUIRE_STOP?"), "{said}");
    assert!(refusal(with_environment(&[("OUTCRY_", "1")])).contains("no such setting"));
    let overrides = vec![("risk.levrage_max".to_owned(), "3".to_owned())];
    let said = refusal(Settings::from_sources(&Sources { overrides, ..Sources::default() }));
    assert!(said.contains("risk.levrage_max (command line)") && said.contains("risk.leverage_max?"), "{said}");
}

#[test]
fn all_problems_are_reported_together() {
    let said = refusal(with_file("[paper]\ntaker_fee = -1\nmaker_fee = 2\n[risk]\nnone = 1"));
    assert_eq!(said.lines().count(), 4, "{said}");
}

#[test]
fn the_guards_may_be_switched_off_on_paper() {
    let settings = with_environment(&[("OUTCRY_RISK__REQUIRE_STOP", "false"), ("OUTCRY_RISK__LIQUIDATION_GUARD", "false")]).expect("valid");
    assert!(!settings.limits().require_stop && !settings.limits().liquidation_guard);
}

#[test]
fn times_are_read_as_utc_unless_they_say_otherwise() {
    for text in
        ["\"2025-10-10T20:00:00Z\"", "2025-10-10T20:00:00Z", "\"2025-10-10T22:00:00+02:00\"", "\"2025-10-10 20:00\"", "\"1760126400000\""]
    {
        let settings = with_file(&format!("[market]\nfrom = {text}")).expect(text);
        assert_eq!(settings.market.from.map(crate::domain::time::Timestamp::ms), Some(1_760_126_400_000), "{text}");
    }
    assert!(with_file("[market]\nfrom = 2025-10-10").is_ok());
}

#[test]
fn names_are_unique_in_the_file_and_in_the_environment() {
    let mut names = std::collections::BTreeSet::new();
    let mut variables = std::collections::BTreeSet::new();
    for key in key::all() {
        assert!(names.insert(key.name), "{} is declared twice", key.name);
        assert!(variables.insert(key.long_variable()), "{} is declared twice", key.name);
        assert!(key.variable.is_none_or(|short| variables.insert(short.to_owned())), "{:?} is declared twice", key.variable);
    }
}

#[test]
fn what_is_shown_can_be_read_again() {
    let defaults = Settings::default();
    for key in key::all().filter(|key| !key.is_later()) {
        let Home::Now { set, show, .. } = key.home else { continue };
        let mut copy = Settings::default();
        set(&mut copy, &show(&defaults)).unwrap_or_else(|why| panic!("{}: {why:?}", key.name));
        assert_eq!(show(&copy), show(&defaults), "{}", key.name);
    }
}

#[test]
fn a_named_file_must_be_there_and_be_a_file() {
    let missing = Settings::load(Some(Path::new("no/such/outcry.toml")), Vec::new());
    assert!(refusal(missing).contains("no/such/outcry.toml (settings file): cannot be read"));
    assert!(refusal(Settings::load(Some(Path::new("src")), Vec::new())).contains("is not a file"));
}

proptest! {
    #[test]
    fn no_bytes_make_the_settings_file_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Settings::from_sources(&Sources { file: Some(file_of(&bytes)), ..Sources::default() });
    }

    #[test]
    fn no_value_of_any_key_makes_the_start_panic(index in 0_usize..100, value in "\\PC{0,60}|[-+0-9._%einf]{0,45}|\"[^\"]{0,9}\"") {
        let keys: Vec<_> = key::all().collect();
        let key = keys[index % keys.len()];
        let overrides = vec![(key.name.to_owned(), value.clone())];
        let _ = Settings::from_sources(&Sources { overrides, ..Sources::default() });
        let (table, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        let header = if table.is_empty() { String::new() } else { format!("[{table}]\n") };
        let _ = with_file(&format!("{header}{name} = {value}"));
    }

    #[test]
    fn a_fraction_that_is_accepted_is_the_number_that_was_typed(digits in 1_u32..=10_000) {
        let typed = rust_decimal::Decimal::new(i64::from(digits), 4);
        let settings = with_file(&format!("[risk]\ncard_band = {typed}")).expect("in range");
        prop_assert_eq!(settings.limits().card_band, typed);
    }
}

mod examples;
