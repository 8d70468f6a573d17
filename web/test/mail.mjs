// A mail server on loopback: keeps what it is given, or refuses it.
// SPDX-License-Identifier: EUPL-1.2
import { createServer } from "node:net";
import { fail } from "./harness.mjs";

const WAIT_MS = 15000, LOOK_MS = 50;

/* One line at a time: all that SMTP needs. `post.answer` is what RCPT says. */
function talk(socket, post) {
  let rest = "", letter = null, to = "";
  const say = (text) => socket.write(`${text}\r\n`);
  const line = (text) => {
    if (letter !== null) {
      if (text !== ".") return (letter += `${text}\n`);
      post.letters.push({ to, text: letter });
      letter = null;
      return say("250 taken");
    }
    const word = text.slice(0, 4).toUpperCase();
    if (word === "RCPT") to = /<([^>]*)>/.exec(text)?.[1] ?? "";
    if (word === "DATA") letter = "";
    say({ RCPT: post.answer, DATA: "354 speak", QUIT: "221 bye" }[word] ?? "250 good");
    if (word === "QUIT") socket.end();
  };
  socket.setEncoding("utf8");
  socket.on("error", () => {}); // a sender that was stopped
  socket.on("data", (d) => {
    const lines = (rest + d).split("\r\n");
    rest = lines.pop();
    lines.forEach(line);
  });
  say("220 post");
}

/** Begins to receive; `settings` are those of a server that sends here. Call close() in the end. */
export async function receiveMail() {
  const post = { letters: [], answer: "250 good" };
  const server = createServer((socket) => talk(socket, post));
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  server.unref();
  post.settings = { KENTERING_SMTP_URL: `smtp://127.0.0.1:${server.address().port}`,
    KENTERING_MAIL_FROM: "meldpunt@kentering.example" };
  post.close = () => server.close();
  return post;
}

/* What a letter says: its body is base64. */
const words = (letter) => Buffer.from(letter.slice(letter.indexOf("\n\n")), "base64").toString("utf8");

/** The six digits in the `nth` letter to an address, as soon as it is there. */
export async function codeFor(post, address, nth = 1) {
  for (const until = Date.now() + WAIT_MS; Date.now() < until;) {
    const letter = post.letters.filter((l) => l.to === address)[nth - 1];
    if (letter) return /^(\d{6})\s*$/m.exec(words(letter.text))?.[1] ?? fail(`no code in: ${letter.text}`);
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
  return fail(`no letter ${nth} to ${address}; there are ${post.letters.length}`);
}
