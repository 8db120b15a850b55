// What telegram-test-api 4.2.1 lacks for a client that reads answers strictly. Each mending names what the package does.
'use strict';

const { routes } = require('telegram-test-api/lib/routes/index');
const { TelegramServer } = require('telegram-test-api/lib/telegramServer');

const OK = { ok: true, result: true };
const POLL_MS = 50;

// A server whose answers have the form of the Bot API's, and which tells of all that the bot does.
class Mended extends TelegramServer {
  constructor(config, tell) {
    super(config);
    this.tell = tell;
    this.known = new Map();
  }

  // It gives dates in milliseconds, leaves `from` out and does not keep the message whole.
  addBotMessage(raw, token) {
    const message = super.addBotMessage(raw, token);
    message.date = Math.floor(message.date / 1000);
    message.from = { id: 666, is_bot: true, first_name: 'Test' };
    message.chat = this.chatOf(message.chat.id);
    delete message.chat_id;
    this.known.set(message.message_id, message);
    this.report('sent', message.message_id, raw);
    return message;
  }

  report(kind, message, { text, parse_mode, reply_markup }) {
    this.tell({ kind, message, text: text || '', parse_mode: parse_mode || '', reply_markup: reply_markup || null });
  }

  chatOf(id) {
    return { id, first_name: 'Ann', type: 'private' };
  }

  edited(raw, kind) {
    const message = this.known.get(Number(raw.message_id));
    if (!message) {
      return undefined;
    }
    if (raw.text !== undefined) {
      message.text = raw.text;
    }
    message.reply_markup = raw.reply_markup;
    message.edit_date = Math.floor(Date.now() / 1000);
    this.report(kind, message.message_id, raw);
    return message;
  }
}

// It gives a tap no `chat_instance`. Its methods call the base class by name, so the mending must stand there.
const formatted = TelegramServer.formatUpdate;
TelegramServer.formatUpdate = (update) => {
  const body = formatted(update);
  if (body.callback_query) {
    body.callback_query.chat_instance = '1';
  }
  return body;
};

function edit(app, server, method, kind) {
  app.all(`/bot:token/${method}`, (req, res) => {
    const message = server.edited(req.body, kind);
    res.sendResult(message ? { ok: true, result: message }
      : { ok: false, error_code: 400, description: 'Bad Request: message to edit not found' });
  });
}

// Routes that stand before the package's own.
routes.unshift((app, server) => {
  // Its getMe lacks the fields that every bot has.
  app.all('/bot:token/getMe', (req, res) => res.sendResult({ ok: true, result: {
    id: Number(req.params.token.split(':')[0]), is_bot: true, first_name: 'Test', username: 'TestNameBot',
    can_join_groups: true, can_read_all_group_messages: true, supports_inline_queries: false, can_connect_to_business: false,
    has_main_web_app: false,
  } }));
  // It has no such method and answers 500.
  app.all('/bot:token/getWebhookInfo', (_req, res) => res.sendResult({ ok: true, result: {
    url: '', has_custom_certificate: false, pending_update_count: 0,
  } }));
  // Its result is null, where the API's is true.
  app.all('/bot:token/answerCallbackQuery', (req, res) => {
    server.report('answered', null, req.body);
    res.sendResult(OK);
  });
  // Their result is null, where the API's is the message.
  edit(app, server, 'editMessageText', 'edited');
  edit(app, server, 'editMessageReplyMarkup', 'marked');
  // It answers at once, and a client that relies on long polls spins.
  app.all('/bot:token/getUpdates', async (req, res) => {
    const end = Date.now() + 1000 * Number(req.body.timeout || req.query.timeout || 0);
    let updates = server.getUpdates(req.params.token);
    while (updates.length === 0 && Date.now() < end && server.started) {
      await new Promise((wake) => setTimeout(wake, POLL_MS));
      updates = server.getUpdates(req.params.token);
    }
    res.sendResult({ ok: true, result: updates });
  });
  // It has none of these, or answers null.
  for (const method of ['setMyCommands', 'deleteMyCommands', 'sendChatAction', 'setChatMenuButton', 'deleteWebhook']) {
    app.all(`/bot:token/${method}`, (_req, res) => res.sendResult(OK));
  }
});

module.exports = { Mended };
