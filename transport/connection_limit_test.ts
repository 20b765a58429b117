import { assertEquals } from "@std/assert";
import { EventEmitter } from "node:events";
import type { Socket as TcpSocket } from "node:net";
import { ConnectionLimit, SURPLUS_MAX } from "./connection_limit.ts";

/** As much of a TCP socket as the limit uses. */
class Connection extends EventEmitter {
  destroy(): void {
    this.emit("close");
  }
}

function limited(max: number) {
  const gate: string[] = [];
  const limit = new ConnectionLimit(max, {
    shut: () => gate.push("shut"),
    open: () => gate.push("open"),
  });
  const connect = () => {
    const connection = new Connection() as unknown as TcpSocket;
    limit.add(connection);
    return connection;
  };
  return { gate, limit, connect };
}

Deno.test("one connection too many is surplus until a regular one has left", () => {
  const { limit, connect } = limited(1);
  const first = connect();
  const second = connect();
  assertEquals([limit.isSurplus(first), limit.isSurplus(second)], [false, true]);
  first.destroy();
  second.destroy();
  assertEquals(limit.isSurplus(connect()), false);
});

Deno.test("the gate is shut when the surplus is used up, and opened once when half is gone", () => {
  const { gate, connect } = limited(0);
  const surplus = Array.from({ length: SURPLUS_MAX + 5 }, connect);
  assertEquals(gate, ["shut"]);
  for (const connection of surplus) connection.destroy();
  assertEquals(gate, ["shut", "open"]);
});

Deno.test("drained resolves when the last connection has gone, and at once without any", async () => {
  const { limit, connect } = limited(1);
  const connections = [connect(), connect()];
  let drained = false;
  const done = limit.drained().then(() => drained = true);
  for (const connection of connections) {
    await Promise.resolve();
    assertEquals(drained, false);
    connection.destroy();
  }
  await done;
  await limited(1).limit.drained();
});
