//! One message's turn: what it means beside the card and the question that are open in its chat, and what follows.
//!
//! A turn decides nothing about trading: it answers from committed state, asks back, or hands one input to the Desk.

use crate::domain::act::{Act, ActKind, ActOutcome};
use crate::domain::actor::ChatId;
use crate::domain::amend::AmendRequest;
use crate::domain::evidence::{Evidence, EvidenceKind, EvidenceMap};
use crate::domain::ids::Nonce;
use crate::domain::notice::NoticeBody;
use crate::domain::proposal::{Origin, Proposal, Want};
use crate::domain::refusal::Refusal;
use crate::domain::request::{CancelWhich, CloseRequest, Command, OpenRequest, ProtectRequest, Query, Reply, Request, TradingWord};
use crate::domain::rows::PendingRow;
use crate::engine::desk::door::DoorError;
use crate::engine::desk::input::{Input, TapVerb};
use crate::engine::ports::{InboxMessage, JournalError};

use super::answers::AnswerError;
use super::dialogue::{Choice, OpenQuestion};
use super::intake::{Intake, MESSAGE_CHARS_MAX, Outcome, WAIT_MAX_MS};
use super::replies::{self, Meaning};
use super::{roles, taps};
use crate::nlp::reading::{NotUnderstood, Question, Reading};

/// A message that was claimed and is short and young enough to be acted on.
pub struct Turn<'a> {
    intake: &'a Intake,
    message: &'a InboxMessage,
    question: Option<OpenQuestion>,
    /// Whether a button said the words.
    pressed: bool,
}

impl<'a> Turn<'a> {
    /// Returns the turn of a message, with the question that is open in its chat.
    ///
    /// # Errors
    /// [`JournalError`] if the question cannot be read.
    pub async fn new(intake: &'a Intake, message: &'a InboxMessage) -> Result<Self, JournalError> {
        let stored = intake.journal.open_question(message.actor.chat).await?;
        let question = stored.and_then(|stored| OpenQuestion::parse(&stored, intake.clock.now()));
        Ok(Self { intake, message, question, pressed: false })
    }

    /// Returns the same turn for words that a button said, as their evidence will tell.
    #[must_use]
    pub fn by_button(self) -> Self {
        Self { pressed: true, ..self }
    }

    /// Reads the message's words and does what they ask.
    ///
    /// # Errors
    /// [`DoorError`] if nothing, or perhaps nothing, was committed.
    pub async fn read(&self) -> Result<Outcome, DoorError> {
        let text = self.message.body.trim();
        let reading = (self.intake.read)(text);
        match &reading {
            Reading::Request(Request::Reply(reply)) => return self.answer_open(reply).await,
            Reading::Request(_) => return self.go_on(text, reading).await,
            Reading::Question(_) | Reading::NotUnderstood(_) => {}
        }
        if let Some(choice) = self.question.as_ref().and_then(|question| question.labelled(text)) {
            return self.choose(choice).await;
        }
        match self.joined(text) {
            Some((whole, reading)) => self.go_on(&whole, reading).await,
            None => self.go_on(text, reading).await,
        }
    }

    /// What was said before the question, and the answer in words, may make a whole.
    fn joined(&self, text: &str) -> Option<(String, Reading)> {
        let question = self.question.as_ref().filter(|question| !question.said.is_empty())?;
        let whole = format!("{} {text}", question.said);
        if whole.chars().count() > MESSAGE_CHARS_MAX {
            return None;
        }
        match (self.intake.read)(&whole) {
            Reading::NotUnderstood(_) | Reading::Request(Request::Reply(_)) => None,
            // The same question once more: what was said now is no answer to it, so it is taken by itself.
            Reading::Question(again) if self.asks(&question.said, &again.text) => None,
            reading => Some((whole, reading)),
        }
    }

    fn asks(&self, said: &str, text: &str) -> bool {
        matches!((self.intake.read)(said), Reading::Question(question) if question.text == text)
    }

    async fn go_on(&self, text: &str, reading: Reading) -> Result<Outcome, DoorError> {
        match reading {
            Reading::Request(request) => self.perform(text, &request).await,
            Reading::Question(question) => self.ask(text, question).await,
            Reading::NotUnderstood(lost) => self.not_understood(text, lost).await,
        }
    }

    async fn perform(&self, text: &str, request: &Request) -> Result<Outcome, DoorError> {
        let actor = self.message.actor;
        if let Err(refusal) = roles::check_place(actor.chat, request).and_then(|()| roles::check(actor.role, roles::least(request))) {
            return self.deny(text, refusal).await;
        }
        match request {
            Request::Query(query) => self.look_up(query).await,
            Request::Command(command) => self.command(text, command).await,
            // Replies are resolved before; what is left is one that stands inside another answer.
            Request::Reply(_) => self.reply(NoticeBody::Error("There is nothing open to answer.".to_owned())).await,
            Request::Wait(_) | Request::Quit if self.message.actor.chat != ChatId::TERMINAL => {
                self.reply(NoticeBody::Error("That word works in the terminal only.".to_owned())).await
            }
            Request::Wait(ms) if (1..=WAIT_MAX_MS).contains(ms) => Ok(Outcome::Wait(*ms)),
            Request::Wait(_) => {
                let text = "I can wait for a time above zero and up to 31 days, e.g. `wait 10m`.";
                self.reply(NoticeBody::Error(text.to_owned())).await
            }
            Request::Quit => self.intake.close(self.message, Vec::new()).await.map(|()| Outcome::Quit),
        }
    }

    async fn look_up(&self, query: &Query) -> Result<Outcome, DoorError> {
        match self.intake.answers.answer(query, self.message.actor.chat, self.intake.clock.now()).await {
            Ok(body) => self.reply(body).await,
            Err(AnswerError::Journal(error)) => Err(error.into()),
            Err(error) => self.reply(NoticeBody::Error(format!("No answer: {error}."))).await,
        }
    }

    async fn command(&self, text: &str, command: &Command) -> Result<Outcome, DoorError> {
        let (actor, key) = (self.message.actor, self.message.key.clone());
        let propose = |want| Input::Propose(Proposal { key: key.clone(), origin: Origin::Person(actor), want, text: text.to_owned() });
        let input = match command {
            Command::Cancel(CancelWhich::Only) => match self.card().await? {
                // With a card open, a bare "cancel" means the card.
                Some(card) => return self.tap(card.nonce, TapVerb::Decline).await,
                None => Input::Cancel { which: CancelWhich::Only, actor, key },
            },
            Command::Cancel(which) => Input::Cancel { which: which.clone(), actor, key },
            Command::Open(request) => propose(Want::Open(OpenRequest { evidence: self.told(&request.evidence, text), ..request.clone() })),
            Command::Close(request) => {
                propose(Want::Close(CloseRequest { evidence: self.told(&request.evidence, text), ..request.clone() }))
            }
            Command::Amend(request) => {
                propose(Want::Amend(AmendRequest { evidence: self.told(&request.evidence, text), ..request.clone() }))
            }
            Command::Protect(request) => {
                propose(Want::Protect(ProtectRequest { evidence: self.told(&request.evidence, text), ..request.clone() }))
            }
            Command::Trading(TradingWord::Resume) => propose(Want::Resume),
            Command::Trading(word) => Input::Trading { word: *word, actor, key },
        };
        self.move_on(command).await;
        self.intake.door.send(input).await?;
        Ok(Outcome::Done)
    }

    /// Returns the evidence of words, which a button may have said instead of the person.
    fn told(&self, evidence: &EvidenceMap, text: &str) -> EvidenceMap {
        let of_button = |evidence: &Evidence| match (evidence.kind, evidence.span) {
            (EvidenceKind::Said, Some((start, end))) if self.pressed => {
                let words = text.get(start..end).unwrap_or_default();
                Evidence::of(EvidenceKind::Context, format!("button “{words}”"))
            }
            _ => evidence.clone(),
        };
        evidence.iter().map(|(field, evidence)| (field.clone(), of_button(evidence))).collect()
    }

    /// Whoever goes on to something else has left the open question behind; `stop` brings its own.
    async fn move_on(&self, command: &Command) {
        let next = matches!(command, Command::Trading(TradingWord::Stop)).then(|| OpenQuestion::after_stop(self.intake.clock.now()));
        if next.is_none() && self.question.is_none() {
            return;
        }
        if let Err(error) = self.keep_question(next.as_ref()).await {
            // A stop must not fail because its question could not be kept: its choices work as words too.
            tracing::warn!(%error, "the open question could not be stored");
        }
    }

    async fn answer_open(&self, reply: &Reply) -> Result<Outcome, DoorError> {
        let card = self.card().await?;
        match replies::meaning(reply, card.as_ref(), self.question.as_ref()) {
            Meaning::Tap(nonce, verb) => self.tap(nonce, verb).await,
            Meaning::Choice(choice) => self.choose(&choice).await,
            Meaning::Dropped => {
                self.keep_question(None).await?;
                self.reply(NoticeBody::Text("Dropped. Nothing was done.".to_owned())).await
            }
            // "How much?" may be answered by a bare number that looks like a choice.
            Meaning::NoChoice(text) => match self.joined(self.message.body.trim()) {
                Some((whole, reading)) => self.go_on(&whole, reading).await,
                None => self.reply(NoticeBody::Error(text)).await,
            },
            Meaning::Nothing(text) => self.reply(NoticeBody::Error(text)).await,
        }
    }

    async fn choose(&self, choice: &Choice) -> Result<Outcome, DoorError> {
        match &choice.request {
            Some(request @ Request::Query(_)) => {
                self.keep_question(None).await?;
                self.perform(&choice.text, request).await
            }
            Some(request) => self.perform(&choice.text, request).await,
            None => {
                self.keep_question(None).await?;
                self.reply(NoticeBody::Text(format!("{}: nothing more was changed.", choice.label))).await
            }
        }
    }

    /// Taps a button of a card.
    ///
    /// # Errors
    /// [`DoorError`] if nothing, or perhaps nothing, was committed.
    pub async fn tap(&self, nonce: Nonce, verb: TapVerb) -> Result<Outcome, DoorError> {
        let actor = self.message.actor;
        if let Err(refusal) = roles::check_tap_place(actor.chat).and_then(|()| roles::check(actor.role, roles::TAPS)) {
            return self.deny("a tap on a card", refusal).await;
        }
        self.intake.door.send(Input::Tap { nonce, verb, actor: self.message.actor, key: self.message.key.clone() }).await?;
        Ok(Outcome::Done)
    }

    async fn ask(&self, said: &str, question: Question) -> Result<Outcome, DoorError> {
        let choices = question.choices.iter().map(|label| self.choice(said, label)).collect();
        let open = OpenQuestion { asked_at: self.intake.clock.now(), said: said.to_owned(), choices };
        self.keep_question(Some(&open)).await?;
        self.reply(NoticeBody::Question { text: question.text, choices: question.choices }).await
    }

    async fn not_understood(&self, said: &str, lost: NotUnderstood) -> Result<Outcome, DoorError> {
        let text = if said.is_empty() { "Your message is empty. Try `help`.".to_owned() } else { lost.text };
        let meant = lost.suggestion.map(|label| self.choice("", &label)).filter(|choice| choice.request.is_some());
        let choices: Vec<String> = meant.iter().map(|choice| choice.label.clone()).collect();
        if let Some(choice) = meant {
            let open = OpenQuestion { asked_at: self.intake.clock.now(), said: String::new(), choices: vec![choice] };
            self.keep_question(Some(&open)).await?;
        }
        self.reply(NoticeBody::Question { text, choices }).await
    }

    /// A choice stands for a request if its own words, or what was said with its words added, read as one.
    fn choice(&self, said: &str, label: &str) -> Choice {
        let alone = label.to_owned();
        let added = format!("{said} {label}");
        for text in [alone, added] {
            if let Reading::Request(request @ (Request::Query(_) | Request::Command(_))) = (self.intake.read)(&text) {
                return Choice { label: label.to_owned(), text, request: Some(request) };
            }
        }
        Choice { label: label.to_owned(), text: label.to_owned(), request: None }
    }

    async fn card(&self) -> Result<Option<PendingRow>, DoorError> {
        Ok(self.intake.answers.views.open_pending(&self.intake.answers.account, self.message.actor.chat).await?)
    }

    async fn keep_question(&self, question: Option<&OpenQuestion>) -> Result<(), JournalError> {
        let stored = question.map(OpenQuestion::store).transpose().map_err(|error| JournalError::NotWritten(error.to_string()))?;
        self.intake.journal.set_question(self.message.actor.chat, stored).await
    }

    /// Refuses, and puts the attempt on record. What was said is not repeated there: the inbox has it.
    async fn deny(&self, subject: &str, refusal: Refusal) -> Result<Outcome, DoorError> {
        let outcome = ActOutcome::Refused(refusal.code.as_str().to_owned());
        let (by, source) = (Some(self.message.actor), Some(self.message.key.clone()));
        let about = if taps::parse(&self.message.body).is_some() { "a tap" } else { "a message" };
        let act = Act { kind: ActKind::Message, by, source, about: about.to_owned(), outcome };
        let body = NoticeBody::Denied { subject: subject.to_owned(), refusals: vec![refusal] };
        self.intake.reply_on_record(self.message, body, act).await
    }

    async fn reply(&self, body: NoticeBody) -> Result<Outcome, DoorError> {
        self.intake.reply(self.message, body).await
    }
}
