import { assert, assertEquals, assertThrows } from "@std/assert";
import type { LogRow, Room } from "../store/store.ts";
import { STRANGER } from "../store/store.ts";
import { Audience } from "./audience.ts";
import { Delivery, GAP_MAX } from "./delivery.ts";
import { FakeSession, user } from "./fake_session.ts";

const ROOM: Room = { id: 1, name: "lobby", kind: "public", seq: 10, createdAt: 0 };
const alice = user("alice");

function row(seq: number): LogRow {
  return { type: "message", room: 1, seq, at: 1, from: "bob", fromId: "bob", content: `m${seq}` };
}

function rows(...seqs: number[]): LogRow[] {
  return seqs.map(row);
}

function setUp() {
  const audience = new Audience(ROOM);
  const session = new FakeSession(alice);
  audience.add(session, { user: alice, places: new Set(), standing: STRANGER }, ROOM.seq);
  const applied: number[] = [];
  const asked: string[] = [];
  const delivery: Delivery = new Delivery(
    audience,
    ROOM.seq,
    ({ seq }) => applied.push(seq),
    () => asked.push(`${delivery.gap?.after}..${delivery.gap?.before}`),
  );
  /** What the member was sent, after the turn is flushed. */
  const sent = () => {
    delivery.flush();
    return session.events().map((event) => "seq" in event ? event.seq : undefined);
  };
  return { delivery, session, applied, asked, sent };
}

Deno.test("the next row goes at once, an older one never", () => {
  const { delivery, applied, sent } = setUp();
  for (const each of rows(11, 12, 12, 11, 10, 3, 13)) delivery.accept(each);
  assertEquals(sent(), [11, 12, 13]);
  assertEquals(applied, [11, 12, 13]);
  assertEquals([delivery.delivered, delivery.flushed], [13, 13]);
});

Deno.test("a turn's rows leave as one frame, and a turn without any as none", () => {
  const { delivery, session } = setUp();
  for (const each of rows(11, 12, 13)) delivery.accept(each);
  assertEquals(delivery.flushed, 10, "nothing is sent before the turn ends");
  delivery.flush();
  delivery.flush();
  assertEquals(session.writer.told.length, 1);
});

Deno.test("whoever wrote in the turn hears first, then the others", () => {
  const audience = new Audience(ROOM);
  const order: string[] = [];
  for (const name of ["ada", "bob", "cyd"]) {
    const session = new FakeSession(user(name));
    const { writer } = session;
    const tell = writer.tell.bind(writer);
    writer.tell = (message) => {
      order.push(name);
      return tell(message);
    };
    const person = { user: session.user, places: new Set<never>(), standing: STRANGER };
    audience.add(session, person, ROOM.seq);
  }
  const delivery = new Delivery(audience, ROOM.seq, () => {}, () => {});
  delivery.accept({ ...row(11), from: "cyd", fromId: user("cyd").id } as LogRow);
  delivery.flush();
  assertEquals(order, ["cyd", "ada", "bob"]);
});

Deno.test("a gap is asked for once, and nothing passes it before it is filled", () => {
  const { delivery, asked, sent } = setUp();
  for (const each of rows(11, 14, 15, 17)) delivery.accept(each);
  assertEquals(asked, ["11..14"]);
  assertEquals(sent(), [11]);
  delivery.filled(11, rows(12, 13));
  assertEquals(sent(), [12, 13, 14, 15]);
  assertEquals(asked, ["11..14", "15..17"]);
  delivery.filled(15, rows(16));
  assertEquals(sent(), [16, 17]);
});

Deno.test("a gap that closes by itself before it is filled doubles nothing", () => {
  const { delivery, asked, sent } = setUp();
  for (const each of rows(12, 11, 13)) delivery.accept(each);
  assertEquals(sent(), [11, 12, 13]);
  delivery.filled(10, rows(11));
  assertEquals(sent(), []);
  for (const each of rows(15)) delivery.accept(each);
  assertEquals(asked, ["10..12", "13..15"], "a later gap is asked for again");
});

Deno.test("rows swapped and doubled come once and in order", () => {
  const { delivery, sent } = setUp();
  for (const each of rows(13, 11, 13, 12, 16, 14, 11, 15, 15)) delivery.accept(each);
  assertEquals(sent(), [11, 12, 13, 14, 15, 16]);
});

Deno.test("a gap that is filled in parts is asked for until it is full", () => {
  const { delivery, asked, sent } = setUp();
  delivery.accept(row(15));
  delivery.filled(10, rows(11, 12));
  delivery.filled(12, rows(13, 14));
  assertEquals(asked, ["10..15", "12..15"]);
  assertEquals(sent(), [11, 12, 13, 14, 15]);
});

Deno.test("a fill that brings nothing throws: the row is not in the store", () => {
  const { delivery } = setUp();
  delivery.accept(row(12));
  assertThrows(() => delivery.filled(10, []), Error, "expected event 11");
});

Deno.test("rows far ahead are not kept without bound, and come from the store", () => {
  const { delivery, asked, applied } = setUp();
  // More than are kept.
  const last = 12_000;
  for (let seq = last; seq >= 12; seq--) delivery.accept(row(seq));
  for (let gaps = 0; delivery.delivered < last; gaps++) {
    assert(gaps < last / GAP_MAX, `at ${delivery.delivered} after ${asked.join(" ")}`);
    const [after, before] = (asked.at(-1) ?? "").split("..").map(Number);
    assert(after !== undefined && before !== undefined);
    delivery.filled(
      after,
      Array.from({ length: before - 1 - after }, (_, index) => row(after + 1 + index)),
    );
  }
  assertEquals(applied, Array.from({ length: last - ROOM.seq }, (_, index) => 11 + index));
});

Deno.test("what a row does is done in its place: a flush there sends up to that row", () => {
  const audience = new Audience(ROOM);
  const session = new FakeSession(alice);
  const place = audience.add(
    session,
    { user: alice, places: new Set(), standing: STRANGER },
    ROOM.seq,
  );
  const delivery: Delivery = new Delivery(audience, ROOM.seq, ({ seq }) => {
    if (seq !== 12) return;
    delivery.flush();
    audience.remove(place);
  }, () => {});
  for (const each of rows(11, 12, 13)) delivery.accept(each);
  delivery.flush();
  assertEquals(session.events().map((event) => "seq" in event && event.seq), [11, 12]);
});

Deno.test("when a row cannot be shown, nobody was sent it and it counts as not sent", () => {
  const { delivery, session } = setUp();
  const broken = {
    ...row(11),
    get content(): string {
      throw new Error("cannot be shown");
    },
  };
  delivery.accept(broken);
  assertThrows(() => delivery.flush(), Error, "cannot be shown");
  assertEquals({ flushed: delivery.flushed, sent: session.lines() }, { flushed: 10, sent: [] });
});
