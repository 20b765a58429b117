import { assert, assertEquals } from "@std/assert";
import { Client } from "../../chat/chat_client.ts";
import { startProcess } from "../../chat/server_process.ts";
import { rest } from "../rest.ts";
import { percentile } from "./vitals.ts";

const LOG_INS = 20;
Deno.test("twenty log-ins at once are queued or refused by name, and the chat goes on", async () => {
  await using server = await startProcess(["--store", "memory:", "--rate", "0"]);
  const account = { name: "Alice", password: "correct horse" };
  assertEquals((await rest(server, "/api/accounts", { body: account })).status, 201);
  const aloneMs = performance.now();
  assertEquals((await rest(server, "/api/sessions", { body: account })).status, 201);
  const logInMs = performance.now() - aloneMs;
  await using talker = await Client.connect(server, "Talker");
  await talker.join("lobby");
  let done = false;
  const logIns = Promise.all(
    Array.from({ length: LOG_INS }, () => rest(server, "/api/sessions", { body: account })),
  ).finally(() => done = true);
  const times: number[] = [];
  while (!done) {
    const startMs = performance.now();
    assertEquals((await talker.say("lobby", "x")).type, "sent");
    times.push(performance.now() - startMs);
  }
  const answers = (await logIns).map(({ status, json }) => `${status} ${json.code ?? "in"}`);
  const expected = new Set(["201 in", "503 busy"]);
  for (const answer of answers) assert(expected.has(answer), answer);
  assert(answers.includes("201 in"), answers.join());
  const [half, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
  const letIn = answers.filter((answer) => answer === "201 in").length;
  console.log(
    `  ${letIn} of ${LOG_INS} were let in at once; p99 of a message: ${p99.toFixed(1)} ms`,
  );
  // Hashed on the event loop, each message would wait for a password; a machine has few long pauses.
  assert(
    times.length > 5 && half < logInMs / 2,
    `half of ${times.length} within ${half} ms, a log-in alone in ${logInMs} ms`,
  );
});
