// Opens files in yaml-language-server, as an editor would, and tells what it says about each.
//
//   node editor.mjs SCHEMAS.json FILE...
//
// SCHEMAS.json maps schema paths to lists of files, all absolute. The answer on standard output is a JSON object from file
// to a list of {line, message}; lines count from 1.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const QUIET_MS_MAX = 60_000;

const [schemasFile, ...files] = process.argv.slice(2);
const schemas = Object.fromEntries(
  Object.entries(JSON.parse(readFileSync(schemasFile, "utf8"))).map(([schema, of]) => [
    pathToFileURL(schema).href,
    of.map((file) => pathToFileURL(file).href),
  ]),
);
const settings = {
  yaml: { validate: true, hover: false, completion: false, schemaStore: { enable: false }, schemas },
  http: {},
  "[yaml]": {},
};

const server = spawn(
  process.execPath,
  [createRequire(import.meta.url).resolve("yaml-language-server/bin/yaml-language-server"), "--stdio"],
  { stdio: ["pipe", "pipe", "inherit"] },
);
const waiting = new Map();
const found = new Map();
let nextId = 1;
let received = Buffer.alloc(0);

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
  server.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
  server.stdin.write(body);
}

function request(method, params) {
  const id = nextId++;
  send({ id, method, params });
  return new Promise((resolve) => waiting.set(id, resolve));
}

// What the server asks of its client; everything that it asks for must be answered.
function answer({ id, method, params }) {
  if (method === "workspace/configuration") {
    return send({ id, result: params.items.map((item) => settings[item.section] ?? null) });
  }
  send({ id, result: null });
}

server.stdout.on("data", (chunk) => {
  received = Buffer.concat([received, chunk]);
  for (;;) {
    const end = received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(received.toString("ascii", 0, end))[1]);
    if (received.length < end + 4 + length) return;
    const message = JSON.parse(received.toString("utf8", end + 4, end + 4 + length));
    received = received.subarray(end + 4 + length);
    if (message.method && message.id !== undefined) answer(message);
    else if (message.method === "textDocument/publishDiagnostics") {
      const resolve = found.get(message.params.uri);
      if (resolve) resolve(message.params.diagnostics);
    } else if (waiting.has(message.id)) waiting.get(message.id)(message.result);
  }
});

const late = setTimeout(() => {
  console.error("yaml-language-server did not answer in time");
  process.exit(1);
}, QUIET_MS_MAX);

await request("initialize", {
  processId: process.pid,
  rootUri: null,
  capabilities: {
    workspace: { configuration: true },
    textDocument: { publishDiagnostics: { relatedInformation: false } },
  },
});
send({ method: "initialized", params: {} });
send({ method: "workspace/didChangeConfiguration", params: { settings } });

const answers = {};
for (const file of files) {
  const uri = pathToFileURL(file).href;
  const said = new Promise((resolve) => found.set(uri, resolve));
  const text = readFileSync(file, "utf8");
  send({
    method: "textDocument/didOpen",
    params: { textDocument: { uri, languageId: "yaml", version: 1, text } },
  });
  answers[file] = (await said).map(({ range, message }) => ({ line: range.start.line + 1, message }));
}
clearTimeout(late);
console.log(JSON.stringify(answers, null, 1));
server.kill();
