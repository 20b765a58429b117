import { assert, assertEquals, assertFalse } from "@std/assert";
import { CLOSE } from "../protocol/errors.ts";
import { FakeSocket } from "./fake_socket.ts";
import { Inlet, READER_BOUND, READER_MAX_CHARS, READER_PAUSE_CHARS } from "./inlet.ts";
import { Mailbox } from "./mailbox.ts";

Deno.test("an inlet pauses at either of its bounds and resumes when all is served", () => {
  const socket = new FakeSocket();
  const inlet = new Inlet(socket, new Mailbox(READER_BOUND));
  const long = "x".repeat(READER_PAUSE_CHARS / 2);
  inlet.take(long);
  assertFalse(socket.paused);
  inlet.take(long);
  assert(socket.paused);
  inlet.served(long);
  assert(socket.paused, "half of it waits");
  inlet.served(long);
  assertFalse(socket.paused);
});

Deno.test("who sends on where nothing can be paused is flooding: closed with 1008 by frames or length", () => {
  for (const [text, most] of [["", READER_BOUND], ["x".repeat(1024), READER_MAX_CHARS / 1024]]) {
    assert(typeof text === "string" && typeof most === "number");
    const socket = new FakeSocket();
    const mailbox = new Mailbox<string>(READER_BOUND);
    const inlet = new Inlet(socket, mailbox);
    for (let frame = 0; frame < most; frame++) inlet.take(text);
    assertEquals([socket.closes.length, mailbox.depth], [0, most]);
    inlet.take(text);
    assertEquals(socket.closes.map(({ code }) => code), [CLOSE.policyViolation]);
    mailbox.close();
    inlet.take(text);
    assertEquals(socket.closes.length, 1, "an ended connection is not closed again");
    assertEquals(mailbox.depth, most);
  }
});

Deno.test("one frame may be of any length that the transport lets through", () => {
  const socket = new FakeSocket();
  const mailbox = new Mailbox<string>(READER_BOUND);
  new Inlet(socket, mailbox).take("x".repeat(READER_MAX_CHARS + 1));
  assertEquals([socket.closes.length, mailbox.depth], [0, 1]);
});
