/** The child of `child.ts`: runs one program and ends. CommonJS, because it starts fastest. */
const { Script } = require("node:vm");

const PREFIX = "(async (tools) => {";
const pending = new Map();
let calls = 0;

const tools = new Proxy(
  {},
  {
    get: (_, name) => (args) =>
      new Promise((resolve, reject) => {
        const id = calls++;
        pending.set(id, { resolve, reject });
        process.send({ id, name, args });
      }),
  },
);

process.on("message", (message) => {
  if ("code" in message) return void execute(message.code);
  const call = pending.get(message.id);
  pending.delete(message.id);
  if ("error" in message) call.reject(new Error(message.error));
  else call.resolve(message.value);
});

async function execute(code) {
  let answer;
  try {
    const options = { filename: "program.js", columnOffset: -PREFIX.length };
    const main = new Script(`${PREFIX}${code}\n})`, options).runInThisContext();
    answer = { done: true, value: await main(tools) };
  } catch (error) {
    answer = { done: true, error: error?.message ?? String(error), stack: error?.stack };
  }
  process.send(answer); // the parent ends this process when it has read it
}
