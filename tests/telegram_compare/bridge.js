// Runs telegram-test-api for a test of ours. It prints one JSON line for its address and one for each thing that the bot
// shows; it reads one JSON line for each thing that a person does: {"say": text} or {"tap": data, "message": number}.
'use strict';

const net = require('net');
const readline = require('readline');
const { Mended } = require('./shim');

const HOST = '127.0.0.1';
// Nothing is to be cleaned away while a dialogue lasts.
const KEEP_S = 3600;

const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const freePort = () => new Promise((resolve, reject) => {
  const probe = net.createServer().once('error', reject);
  probe.listen(0, HOST, () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

async function main() {
  const [token, person] = [process.argv[2], Number(process.argv[3])];
  const server = new Mended({ port: await freePort(), host: HOST, storeTimeout: KEEP_S }, tell);
  await server.start();
  tell({ url: server.config.apiURL });
  const from = { id: person, is_bot: false, first_name: 'Ann', language_code: 'en' };
  const common = () => ({ botToken: token, from, chat: server.chatOf(person), date: Math.floor(Date.now() / 1000) });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const step = JSON.parse(line);
    if (step.say === undefined) {
      const message = server.known.get(step.message);
      await server.addUserCallback({ ...common(), message, data: step.tap });
    } else {
      await server.addUserMessage({ ...common(), text: step.say });
    }
  }
  await server.stop();
}

main().then(() => process.exit(0), (error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
