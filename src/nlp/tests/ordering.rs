//! Sentences that become requests, each with its whole reading.

use super::compact;
use super::market::lexicon;
use crate::nlp::grammar;

/// Checks a table of sentences and lists all that are read otherwise.
pub fn check<'t>(table: impl Iterator<Item = (&'t str, &'t str)>) {
    let lexicon = lexicon();
    let wrong: Vec<String> = table
        .filter_map(|(text, expected)| {
            let read = compact::reading(text, &lexicon);
            (read != expected).then(|| format!("{text}\n   read     {read}\n   expected {expected}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{} sentences are read otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_example_of_the_grammar_is_read_as_it_says() {
    check(grammar::examples());
}

#[test]
fn opening_orders() {
    check(OPENING.iter().copied());
}

#[test]
fn prices_and_levels() {
    check(LEVELS.iter().copied());
}

#[test]
fn closing_cancelling_and_protecting() {
    check(MANAGING.iter().copied());
}

const OPENING: &[(&str, &str)] = &[
    ("BUY 250 USDT OF BTC", "open buy BTC/USDT quote=250 market"),
    ("buy 250usdt of bitcoin", "open buy BTC/USDT quote=250 market"),
    ("please buy me some eth for $75", "open buy ETH/USDT quote=75 market"),
    ("purchase 40 dollars of doge", "open buy DOGE/USDT quote=40 market"),
    ("grab 3 sol", "open buy SOL/USDT base=3 market"),
    ("get me 120u of $link", "open buy LINK/USDT quote=120 market"),
    ("get 120 u of #link", "open buy LINK/USDT quote=120 market"),
    ("buy 0.25 BTC/USDT", "open buy BTC/USDT base=0.25 market"),
    ("buy 0.25 btc-usdt", "open buy BTC/USDT base=0.25 market"),
    ("buy 0.25 BTC_USDT", "open buy BTC/USDT base=0.25 market"),
    ("buy 0.25 BTC/USD", "open buy BTC/USDT base=0.25 market"),
    ("buy 0.25btc", "open buy BTC/USDT base=0.25 market"),
    ("buy .05 btc", "open buy BTC/USDT base=0.05 market"),
    ("buy 0,5 eth", "open buy ETH/USDT base=0.5 market"),
    ("buy 1.5k usdt of eth", "open buy ETH/USDT quote=1500 market"),
    ("buy 1,500 usdt of eth", "open buy ETH/USDT quote=1500 market"),
    ("buy 2m pepe", "open buy PEPE/USDT base=2000000 market"),
    ("buy 50 1inch", "open buy 1INCH/USDT base=50 market"),
    ("buy 50 of $w", "open buy W/USDT base=50 market"),
    ("buy 50 w/usdt", "open buy W/USDT base=50 market"),
    ("buy b\u{200b}tc for 90", "open buy BTC/USDT quote=90 market"),
    ("spot buy 0.1 btc", "open buy BTC/USDT spot base=0.1 market"),
    ("i want to buy 200 usdt of btc", "open buy BTC/USDT quote=200 market"),
    ("could you buy 200 usdt of btc, please?", "open buy BTC/USDT quote=200 market"),
    ("I'd like to sell 0.2 btc", "open sell BTC/USDT base=0.2 market"),
    ("let's go long sol with 90 at 4x", "open long SOL/USDT margin=90 4x market"),
    ("hey, buy 200 usdt of btc now!", "open buy BTC/USDT quote=200 market"),
    ("btc buy 0.1", "? amount"),
    ("buy eth with half my balance", "open buy ETH/USDT share=0.5 market"),
    ("use 10% of my usdt to buy ada", "open buy ADA/USDT share=0.1 market"),
    ("buy ada using 10% of my usdt", "open buy ADA/USDT share=0.1 market"),
    ("buy max btc", "open buy BTC/USDT share=1 market"),
    ("all in on btc, buy", "open buy BTC/USDT share=1 market"),
    ("buy btc with 200", "open buy BTC/USDT quote=200 market"),
    ("sell all my doge", "open sell DOGE/USDT share=1 market"),
    ("sell 25% of my xrp", "open sell XRP/USDT share=0.25 market"),
    ("sell two thirds of my xrp", "open sell XRP/USDT share=0.666666666666 market"),
    ("sell everything in eth", "open sell ETH/USDT share=1 market"),
    ("sell $300 of avax", "open sell AVAX/USDT quote=300 market"),
    ("long 0.2 btc 5x", "open long BTC/USDT base=0.2 5x market"),
    ("5x long btc $250", "open long BTC/USDT quote=250 5x market"),
    ("long btc x5 $250", "open long BTC/USDT quote=250 5x market"),
    ("long btc ×5 $250", "open long BTC/USDT quote=250 5x market"),
    ("long btc 5 x $250", "open long BTC/USDT quote=250 5x market"),
    ("long btc lev 5 $250", "open long BTC/USDT quote=250 5x market"),
    ("long btc with 5x leverage and 250 usdt margin", "open long BTC/USDT margin=250 5x market"),
    ("short eth 2.5x collateral 400", "open short ETH/USDT margin=400 2.5x market"),
    ("short eth 3x worth $900", "open short ETH/USDT notional=900 3x market"),
    ("open a position of 500 long on sol 2x", "open long SOL/USDT notional=500 2x market"),
    ("long 900 usdt notional of sol at 3x", "open long SOL/USDT notional=900 3x market"),
    ("long btc risking 0.5% with stop 3%", "open long BTC/USDT risk=0.005 stop=3% market"),
    ("short sol 2% risk, sl 5%", "open short SOL/USDT risk=0.02 stop=5% market"),
    ("long ETH-PERP 0.5", "? amount"),
    ("long 0.5 ETH-PERP", "open long ETH/USDT perp base=0.5 market"),
    ("long 0.5 ETH-USDT-SWAP", "open long ETH/USDT perp base=0.5 market"),
    ("long 0.5 ethusdt.p", "open long ETH/USDT perp base=0.5 market"),
    ("buy 0.5 eth perp 2x", "open buy ETH/USDT perp base=0.5 2x market"),
    ("/buy 200 usdt of btc", "open buy BTC/USDT quote=200 market"),
    ("/BUY@outcry_bot 0.1 btc at 61k", "open buy BTC/USDT base=0.1 limit=61000"),
    ("/long sol 5x with 300 stop 4%", "open long SOL/USDT margin=300 5x stop=4% market"),
    ("/short 1 eth", "open short ETH/USDT base=1 market"),
    ("/sell half my eth", "open sell ETH/USDT share=0.5 market"),
];

const LEVELS: &[(&str, &str)] = &[
    ("limit buy 0.1 btc at 61k", "open buy BTC/USDT base=0.1 limit=61000"),
    ("buy 0.1 btc limit at 61.5k", "open buy BTC/USDT base=0.1 limit=61500"),
    ("buy 0.1 btc @61000", "open buy BTC/USDT base=0.1 limit=61000"),
    ("buy 0.1 btc @ $61,250.5", "open buy BTC/USDT base=0.1 limit=61250.5"),
    ("buy 0.1 btc at 61.250,50", "open buy BTC/USDT base=0.1 limit=61250.5"),
    ("buy $200 of btc at a price of 61000", "open buy BTC/USDT quote=200 limit=61000"),
    ("buy 0.1 btc limit price 61000 usdt", "open buy BTC/USDT base=0.1 limit=61000"),
    ("place a limit order to buy 0.1 btc at 61k", "open buy BTC/USDT base=0.1 limit=61000"),
    ("place a limit order, buy 0.1 btc at 61k", "open buy BTC/USDT base=0.1 limit=61000"),
    ("set a limit buy for 0.1 btc at 61k", "open buy BTC/USDT base=0.1 limit=61000"),
    ("sell 2 eth at 2,100 or more", "open sell ETH/USDT base=2 limit=2100"),
    ("buy 0.1 btc at 61k, maker only", "open buy BTC/USDT base=0.1 limit=61000 post-only"),
    ("market buy 0.1 btc", "open buy BTC/USDT base=0.1 market"),
    ("buy 0.1 btc at market price", "open buy BTC/USDT base=0.1 market"),
    ("buy stop 70k 0.1 btc", "open buy BTC/USDT base=0.1 stop-entry=70000"),
    ("buy 0.1 btc on a break above 70k", "open buy BTC/USDT base=0.1 stop-entry=70000"),
    ("buy 0.1 btc once btc crosses 70k", "open buy BTC/USDT base=0.1 stop-entry=70000"),
    ("short 0.1 btc when the price falls below 58k", "open short BTC/USDT base=0.1 stop-entry=58000"),
    ("sell 0.1 btc if it rises to 75k", "open sell BTC/USDT base=0.1 limit=75000"),
    ("buy 0.1 btc stop 58k", "open buy BTC/USDT base=0.1 stop=58000 market"),
    ("buy 0.1 btc, stop-loss: 58,000", "open buy BTC/USDT base=0.1 stop=58000 market"),
    ("buy 0.1 btc stop 4% below entry", "open buy BTC/USDT base=0.1 stop=4% market"),
    ("short 1 eth stop 4% above entry", "open short ETH/USDT base=1 stop=4% market"),
    ("move the stop up to 61k", "protect only stop=61000"),
    ("buy 0.1 btc stop at -4 %", "open buy BTC/USDT base=0.1 stop=4% market"),
    ("buy 0.1 btc with a stop at 4 percent", "open buy BTC/USDT base=0.1 stop=4% market"),
    ("buy 0.1 btc at 61k sl 58k", "open buy BTC/USDT base=0.1 stop=58000 limit=61000"),
    ("buy sol 25% stop 4%", "open buy SOL/USDT share=0.25 stop=4% market"),
    ("buy sol with 200 stop 130", "open buy SOL/USDT quote=200 stop=130 market"),
    ("long sol 3x with 100 tp +6%", "open long SOL/USDT margin=100 3x tp=6% market"),
    ("buy 0.1 btc take-profit at 65k", "open buy BTC/USDT base=0.1 tp=65000 market"),
    ("buy 0.1 btc target: 65k", "open buy BTC/USDT base=0.1 tp=65000 market"),
    ("buy 0.1 btc 6% target 3% stop", "open buy BTC/USDT base=0.1 stop=3% tp=6% market"),
    ("buy 0.1 btc targets 65k 67k", "open buy BTC/USDT base=0.1 tp=65000 tp=67000 market"),
    ("buy 0.1 btc tp 65k / 67k / 70k", "open buy BTC/USDT base=0.1 tp=65000 tp=67000 tp=70000 market"),
    ("buy 0.1 btc tp1 65k tp2 67k sl 58k", "open buy BTC/USDT base=0.1 stop=58000 tp=65000 tp=67000 market"),
    ("buy 0.1 btc tp 65k (40%), 67k (60%)", "open buy BTC/USDT base=0.1 tp=65000*0.4 tp=67000*0.6 market"),
    (
        "buy 0.1 btc take a third at 5%, a third at 8% and the rest at 12%",
        "open buy BTC/USDT base=0.1 tp=5%*0.333333333333 tp=8%*0.333333333333 tp=12%*0.333333333334 market",
    ),
    ("buy 0.1 btc, take half off at 65k, stop 58k", "open buy BTC/USDT base=0.1 stop=58000 tp=65000*0.5 market"),
    ("buy 0.1 btc take half at 6% and sell the other half at 10%", "open buy BTC/USDT base=0.1 tp=6%*0.5 tp=10%*0.5 market"),
    ("short 2 sol trail 1.5%", "open short SOL/USDT base=2 trail=1.5% market"),
    ("short 2 sol with a 3% trailing stop", "open short SOL/USDT base=2 trail=3% market"),
    ("short 2 sol trailing stop by 3%, tp 120", "open short SOL/USDT base=2 tp=120 trail=3% market"),
];

const MANAGING: &[(&str, &str)] = &[
    ("close my eth", "close ETH/USDT share=1"),
    ("close eth now please", "close ETH/USDT share=1"),
    ("close all of my eth", "close ETH/USDT share=1"),
    ("close a quarter of btc", "close BTC/USDT share=0.25"),
    ("close 50 usdt of btc", "close BTC/USDT quote=50"),
    ("close 2 of my sol", "close SOL/USDT base=2"),
    ("close it", "close only share=1"),
    ("close", "close only share=1"),
    ("close half", "close only share=0.5"),
    ("close all", "close everything share=1"),
    ("close half of everything", "close everything share=0.5"),
    ("flatten everything", "close everything share=1"),
    ("flatten btc", "close BTC/USDT share=1"),
    ("exit all positions now", "close everything share=1"),
    ("get out of my sol position", "close SOL/USDT share=1"),
    ("reduce btc by 25%", "close BTC/USDT share=0.25"),
    ("trim my sol by half", "close SOL/USDT share=0.5"),
    ("close btc perp", "close BTC/USDT perp share=1"),
    ("/close eth half", "close ETH/USDT share=0.5"),
    ("/fx eth", "close ETH/USDT share=1 at-once"),
    ("/fx", "? symbol"),
    ("cancel all orders", "cancel all"),
    ("cancel all my btc orders", "cancel BTC/USDT"),
    ("cancel all orders on btc", "cancel BTC/USDT"),
    ("cancel the order", "cancel only"),
    ("cancel order 123456", "cancel id=123456"),
    ("cancel 1f3e", "cancel id=1f3e"),
    ("cancel order no 9a8b7c6d-0001", "cancel id=9a8b7c6d-0001"),
    ("call off my eth orders", "cancel ETH/USDT"),
    ("/cancel eth", "cancel ETH/USDT"),
    ("/cancel 77ab", "cancel id=77ab"),
    ("/coo sol", "cancel SOL/USDT"),
    ("/amend btc to 60k", "amend BTC/USDT price=60000"),
    ("move btc limit to 60,500.5", "amend BTC/USDT price=60500.5"),
    ("can you move my eth limit buy to 2950?", "amend ETH/USDT price=2950"),
    ("modify order #77ab to 0.3 eth", "amend id=77ab base=0.3"),
    ("lower the bid on sol to 120", "amend SOL/USDT price=120"),
    ("move my btc stop to 60k", "protect BTC/USDT stop=60000"),
    ("move my btc stop to 60k", "protect BTC/USDT stop=60000"),
    ("move stop on btc to 60k", "protect BTC/USDT stop=60000"),
    ("raise the stop to 61,500", "protect only stop=61500"),
    ("tighten stop on sol to 2%", "protect SOL/USDT stop=2%"),
    ("set sl 58k", "protect only stop=58000"),
    ("stop 58k", "protect only stop=58000"),
    ("move stop to break even on btc", "protect BTC/USDT stop=breakeven"),
    ("sl to be", "protect only stop=breakeven"),
    ("breakeven", "protect only stop=breakeven"),
    ("trail btc by 3%", "protect BTC/USDT trail=3%"),
    ("set a trailing stop of 2% on eth", "protect ETH/USDT trail=2%"),
    ("add a target at 70k for btc", "protect BTC/USDT tp=70000"),
    ("tp 70k", "protect only tp=70000"),
    ("take profit on eth at 2,200", "protect ETH/USDT tp=2200"),
    ("take a third at 70k and the rest at 75k on btc", "protect BTC/USDT tp=70000*0.333333333333 tp=75000*0.666666666667"),
    ("protect my sol with a stop at 120", "protect SOL/USDT stop=120"),
    ("remove stop and targets on btc", "protect BTC/USDT stop=none tp=none"),
    ("delete my eth tp", "protect ETH/USDT tp=none"),
    ("cancel the stop on sol", "protect SOL/USDT stop=none"),
];
