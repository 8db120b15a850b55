//! `outcry serve`: the Telegram face on a paper account.
//!
//! The way of updates into the inbox opens first, and works whether or not this process owns the desk; everything that
//! acts on them starts once it does.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::bot::telegram::me::GetMe;
use prometheus_client::metrics::counter::Counter;
use rust_decimal::Decimal;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};

use crate::admin::listen;
use crate::app::pacer::Pacer;
use crate::bot::render::place::Place;
use crate::bot::telegram::api::{Api, CallError};
use crate::bot::telegram::chats::Chats;
use crate::bot::telegram::face::bot_wire::BotWire;
use crate::bot::telegram::face::delivery::Delivery;
use crate::bot::telegram::face::doorman::TelegramFace;
use crate::bot::telegram::face::sender::Sender;
use crate::bot::telegram::face::window::Rates;
use crate::bot::telegram::poll::{Poll, backoff};
use crate::bot::telegram::reception::{BATCHES_WAITING_MAX, Handed, Reception};
use crate::bot::telegram::vigil::Vigil;
use crate::bot::telegram::webhook::{self, Webhook};
use crate::clock::{WallClock, wall_now};
use crate::config::Settings;
use crate::config::telegram_pace::TelegramPace;
use crate::domain::actor::{Actor, ChatId, Role, UserId};
use crate::domain::ids::AccountId;
use crate::engine::deadline::{pause, within};
use crate::engine::ports::{Exchange, Quotes as _};
use crate::store::open::Store;
use crate::tasks::Tasks;

use super::chat::ground::{Ground, Own, WhileDown};
use super::chat::pace::Pace;
use super::chat::random_key;
use super::operators::Operators;
use super::stop_signal::{StopSignal, StopSignals};
use super::tenured_exchange::TenuredExchange;
use super::{Files, House, HouseOptions, LANES, PAPER_ACCOUNT, Ports, StartError, assemble, limits, role, state_folder};

/// How long Telegram may take to answer, besides a question that it holds open.
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// How long Telegram may hold up the start; it goes on without.
const GREETING_MAX: Duration = Duration::from_secs(3);
/// How long orders on the wire may hold up the end of the program.
const END_MAX: Duration = Duration::from_secs(5);

/// What the command line says.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The settings, command line included.
    pub settings: Settings,
    /// The database file, if one is named.
    pub database: Option<PathBuf>,
    /// A paper venue in another process, to trade on instead of one's own.
    pub venue: Option<SocketAddr>,
}

/// Serves until it is asked to stop. It then takes no further update, lets what is on the wire come to its end, and closes
/// its files.
///
/// # Errors
/// [`StartError`] if it cannot start, or comes to a bad end.
pub async fn run(options: ServeOptions) -> Result<StopSignal, StartError> {
    let mut signals = StopSignals::listen().map_err(StartError::failed)?;
    let bot = Bot::of(&options.settings)?;
    let name = Arc::new(OnceLock::new());
    bot.greet(&name).await?;
    let files = files(&options)?;
    let store = Arc::new(Store::open(&files.desk_url).await.map_err(StartError::failed)?);
    if let Some(path) = options.settings.store.head_file.clone() {
        store.keep_heads_in(path);
    }
    let (onward, inward) = mpsc::channel(BATCHES_WAITING_MAX);
    let bell = Arc::new(Notify::new());
    let vigil = Arc::new(Vigil::new(Arc::<Store>::clone(&store), AccountId::new(PAPER_ACCOUNT), wall_now));
    let reception = Arc::new(Reception {
        face: bot.face(&store, &bell),
        mailroom: Arc::<Store>::clone(&store),
        users: Arc::<Store>::clone(&store),
        owner: bot.owner,
        bot: bot.api.bot_id(),
        name: Arc::clone(&name),
        wall: wall_now,
        vigil: Arc::clone(&vigil),
        onward,
    });
    let mut entrance = Tasks::default();
    bot.know(&mut entrance, name);
    bot.open_webhook(&mut entrance, &reception).await?;
    let stopped = tokio::select! {
        stopped = signals.first() => Some(stopped),
        obtained = role::obtain(&store) => obtained.map(|()| None)?,
        failed = entrance.first_failure() => return Err(StartError::Failed(failed)),
    };
    if let Some(stopped) = stopped {
        entrance.stop().await;
        store.close().await;
        return Ok(stopped);
    }
    let mut desk = Service::open(&options, &files, &store, &bot).await?;
    vigil.begin(Arc::clone(&desk.pacer.clock));
    desk.begin(&bot, &options.settings.telegram_pace, inward, &mut entrance, reception).await;
    let outcome = tokio::select! {
        stopped = signals.first() => Ok(stopped),
        failed = desk.house.tasks.first_failure() => Err(StartError::Failed(failed)),
        failed = entrance.first_failure() => Err(StartError::Failed(failed)),
    };
    entrance.stop().await;
    desk.close(&store).await;
    outcome
}

/// Returns where facts are kept.
fn files(options: &ServeOptions) -> Result<Files, StartError> {
    match (&options.database, &options.settings.store.url) {
        (Some(database), _) => Ok(Files::beside(database, &state_folder())),
        (None, Some(url)) => Ok(Files { desk_url: url.expose().to_owned(), ..Files::in_folder(&state_folder())? }),
        (None, None) => Files::in_folder(&state_folder()),
    }
}

/// The bot, as the settings name it.
struct Bot {
    api: Api,
    owner: UserId,
    webhook: Option<(String, SecretString, SocketAddr)>,
}

impl Bot {
    fn of(settings: &Settings) -> Result<Self, StartError> {
        let telegram = &settings.telegram;
        let missing = |name: &str, what: &str| StartError::Usage(format!("{name} is not set: {what}"));
        let token = telegram.bot_token.as_ref();
        let token = token.ok_or_else(|| missing("TELEGRAM_BOT_TOKEN", "make a bot with @BotFather and give its token here"))?;
        let owner =
            telegram.owner_id.ok_or_else(|| missing("TELEGRAM_OWNER_ID", "give your numeric Telegram id (@userinfobot tells it)"))?;
        let api = Api::new(token, &telegram.api_url, ANSWER_MAX).map_err(|error| StartError::Usage(error.to_string()))?;
        let webhook = match (&telegram.webhook_url, &telegram.webhook_secret) {
            (Some(url), Some(secret)) => Some((url.clone(), secret.clone(), telegram.webhook_addr)),
            _ => None,
        };
        Ok(Self { api, owner: UserId(owner), webhook })
    }

    fn wire(&self) -> Arc<BotWire> {
        Arc::new(BotWire::new(self.api.bot().clone(), ANSWER_MAX))
    }

    fn face(&self, store: &Arc<Store>, committed: &Arc<Notify>) -> Arc<TelegramFace> {
        Arc::new(TelegramFace::new(self.wire(), Arc::<Store>::clone(store), ChatId(self.owner.0), Arc::clone(committed)))
    }

    /// Asks Telegram who the bot is. A token that is not accepted ends the start; silence does not.
    async fn greet(&self, name: &OnceLock<String>) -> Result<(), StartError> {
        match within(GREETING_MAX, self.api.ask(GetMe {}, Duration::ZERO)).await {
            Some(Ok(me)) => {
                let _ = name.set(me.username);
                Ok(())
            }
            Some(Err(CallError::Unauthorized)) => Err(StartError::Usage(format!("TELEGRAM_BOT_TOKEN: {}", CallError::Unauthorized))),
            Some(Err(error)) => {
                tracing::warn!(%error, "Telegram is not there yet");
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Goes on asking for the bot's name, which commands in groups carry.
    fn know(&self, tasks: &mut Tasks, name: Arc<OnceLock<String>>) {
        let api = self.api.clone();
        tasks.spawn("greeting", async move {
            let mut failures = 0;
            while name.get().is_none() {
                match api.ask(GetMe {}, Duration::ZERO).await {
                    Ok(me) => drop(name.set(me.username)),
                    Err(_) => pause(backoff(failures)).await,
                }
                failures = failures.saturating_add(1);
            }
            Ok::<(), CallError>(())
        });
    }

    async fn open_webhook(&self, tasks: &mut Tasks, reception: &Arc<Reception>) -> Result<(), StartError> {
        let Some((url, secret, address)) = &self.webhook else { return Ok(()) };
        let listener =
            TcpListener::bind(address).await.map_err(|error| StartError::Failed(format!("cannot listen on {address}: {error}")))?;
        let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or_else(String::new, |(_, path)| path.to_owned());
        let route = Webhook::new(Arc::clone(reception), &format!("/{path}"), secret).route();
        // Deliveries open before the house and its figures do; who finds no room there is Telegram's to try again.
        tasks.spawn("webhook", listen::run(listener, route, Counter::default()));
        let (api, url, secret) = (self.api.clone(), url.clone(), secret.clone());
        tasks.spawn("webhook address", async move { webhook::announce(&api, &url, &secret).await });
        Ok(())
    }
}

/// What acts, in the process that owns the desk.
struct Service {
    house: House,
    place: Place,
    pacer: Arc<Pacer>,
    own: Option<Own>,
    connection: Tasks,
    store: Arc<Store>,
    /// Counts the messages that were more than their people may say.
    refused: Counter,
}

impl Service {
    async fn open(options: &ServeOptions, files: &Files, store: &Arc<Store>, bot: &Bot) -> Result<Self, StartError> {
        let settings = &options.settings;
        let ground = match options.venue {
            Some(address) => Ground::elsewhere(settings, address).await?,
            None => {
                let pace = |now| Pace::running(now, settings.market.speed);
                Ground::own(settings, &files.venue, false, WhileDown::GoesOn, pace).await?
            }
        };
        let Ground { exchange, instruments, board, pace, own, connection } = ground;
        let exchange: Arc<dyn Exchange> = Arc::new(TenuredExchange { inner: exchange, tenure: store.tenure() });
        let ports = Ports {
            journal: Arc::<Store>::clone(store),
            views: Arc::<Store>::clone(store),
            users: Arc::<Store>::clone(store),
            exchange: Arc::clone(&exchange),
            quotes: board.clone(),
            clock: pace.clock(),
        };
        let place = Place { venue: exchange.name().to_owned(), live: exchange.is_live(), source: board.source() };
        let (ports, operators) = Operators::around(settings, ports, &instruments);
        let refused = operators.as_ref().map(Operators::messages_refused).unwrap_or_default();
        let house = HouseOptions {
            limits: limits(settings),
            instruments,
            lanes: LANES,
            settings: settings.listing(),
            snapshots_kept_ms: settings.reports.snapshots_kept_ms(),
            fresh_key: random_key()?,
        };
        let mut house = assemble(ports, house).await.map_err(StartError::failed)?;
        let pacer = Arc::new(Pacer {
            feed: own.as_ref().map(|own| Arc::clone(&own.feed)),
            board,
            venue: own.as_ref().map(|own| Arc::clone(&own.venue)),
            clock: pace.clock(),
            door: house.door.clone(),
            wake: house.wake.clone(),
        });
        pacer.begin().await.map_err(StartError::failed)?;
        if let Some(operators) = operators {
            let owner = Actor { user: bot.owner, chat: ChatId(bot.owner.0), role: Role::Owner };
            operators.start(&mut house, store, owner).await?;
        }
        tracing::info!(bot = bot.api.bot_id(), epoch = house.epoch, "the desk is open");
        Ok(Self { house, place, pacer, own, connection, store: Arc::clone(store), refused })
    }

    /// Starts the loops; those that take in what people say among the `entrance`, so that they end first.
    async fn begin(
        &mut self,
        bot: &Bot,
        pace: &TelegramPace,
        inward: mpsc::Receiver<Vec<Handed>>,
        entrance: &mut Tasks,
        reception: Arc<Reception>,
    ) {
        let tasks = &mut self.house.tasks;
        tasks.spawn("pacer", Arc::clone(&self.pacer).run());
        tasks.spawn("role", role::keep(Arc::clone(&self.store)));
        if let Some(own) = self.own.clone() {
            tasks.spawn("market keeper", own.keep_running());
        }
        let face = bot.face(&self.store, &self.house.committed);
        let delivery = Delivery {
            wire: bot.wire(),
            marks: Arc::<Store>::clone(&self.store),
            views: Arc::<Store>::clone(&self.store),
            account: AccountId::new(PAPER_ACCOUNT),
            place: self.place.clone(),
            clock: Arc::new(WallClock::new(wall_now(), Decimal::ONE)),
            reply_keyboard: pace.reply_keyboard.clone().unwrap_or_default(),
        };
        let committed = Arc::clone(&self.house.committed);
        let rates = Rates::of(pace.overall_per_second, pace.chat_per_second, pace.group_per_minute);
        let sender = Sender::new(delivery, Arc::<Store>::clone(&self.store), ChatId(bot.owner.0), committed, rates);
        tasks.spawn("outbox", async move {
            sender.run().await;
            Ok::<(), StartError>(())
        });
        tasks.spawn("menu", set_menu(Arc::clone(&face)));
        let chats = Chats {
            face,
            intake: Arc::clone(&self.house.intake),
            mailroom: Arc::<Store>::clone(&self.store),
            owner: bot.owner,
            bot: bot.api.bot_id(),
            api: bot.api.clone(),
            wall: wall_now,
            committed: Arc::clone(&self.house.committed),
            rate: pace.user_per_minute,
            refused: self.refused.clone(),
        };
        entrance.spawn("chats", chats.run(inward));
        if bot.webhook.is_none() {
            entrance.spawn("updates", Poll { api: bot.api.clone(), reception }.run());
        }
    }

    /// Lets what is on the wire come to its end, keeps the market, gives the role back, and closes the files.
    async fn close(mut self, store: &Store) {
        let busy = self.house.door.busy().clone();
        if within(END_MAX, busy.idle()).await.is_none() {
            tracing::warn!("orders were still on the wire at the end; their outcome is asked for at the next start");
        }
        self.house.tasks.stop().await;
        self.connection.stop().await;
        if let Some(own) = self.own {
            own.keep().await;
            own.venue.close().await;
        }
        role::give_back(store).await;
        store.close().await;
    }
}

/// Sets the menu of commands, and tries again until Telegram has it.
async fn set_menu(face: Arc<TelegramFace>) -> Result<(), StartError> {
    let mut failures = 0;
    while let Err(error) = face.set_menu().await {
        tracing::debug!(%error, "the menu is not set yet");
        pause(backoff(failures)).await;
        failures = failures.saturating_add(1);
    }
    Ok(())
}
