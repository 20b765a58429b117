import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { PATIENCE_MS } from "../../patience.ts";
import { type Proxy, startProxy } from "./tcp_proxy.ts";

const STALLED_MS = 60;

Deno.test("a stalled line passes nothing and ends nothing; healed, it passes what was held", async () => {
  await using line = await openLine();
  assertEquals(await line.echo("one"), "one");
  line.proxy.stall();
  const late = line.echo("two");
  const soon = await Promise.race([late, wait(STALLED_MS)]);
  assertEquals(soon, undefined, "something came through a stalled line");
  line.proxy.heal();
  assertEquals(await late, "two");
});

Deno.test("a cut line ends its connections and lets in none until it is healed", async () => {
  await using line = await openLine();
  assertEquals(await line.echo("one"), "one");
  line.proxy.cut();
  await assertRejects(() => line.echo("two"));
  await assertRejects(() => line.again());
  line.proxy.heal();
  await line.again();
  assertEquals(await line.echo("three"), "three");
});

Deno.test("a delayed line keeps order and takes its time", async () => {
  await using line = await openLine();
  line.proxy.delayMs = 20;
  const startMs = performance.now();
  assertEquals(await line.echo("one"), "one");
  assertEquals(await line.echo("two"), "two");
  assertEquals(performance.now() - startMs >= 75, true, "it was there too early");
});

interface Line extends AsyncDisposable {
  readonly proxy: Proxy;
  /** Says it and answers what comes back; rejects on a connection that has ended. */
  echo(text: string): Promise<string>;
  /** Connects anew, and shows that it is. */
  again(): Promise<void>;
}

async function openLine(): Promise<Line> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    const echoes: Promise<void>[] = [];
    try {
      for await (const each of listener) {
        echoes.push(each.readable.pipeTo(each.writable).catch(() => {}));
      }
    } catch {
      // Closed.
    }
    await Promise.all(echoes);
  })();
  const proxy = startProxy(listener.addr);
  let connection = await Deno.connect(proxy);
  const echo = async (text: string) => {
    await connection.write(new TextEncoder().encode(text));
    const buffer = new Uint8Array(64);
    const count = await deadline(connection.read(buffer), PATIENCE_MS);
    if (count === null) throw new Error("expected an answer; the connection ended");
    return new TextDecoder().decode(buffer.subarray(0, count));
  };
  return {
    proxy,
    echo,
    async again() {
      connection.close();
      connection = await Deno.connect(proxy);
      await echo("hello");
    },
    async [Symbol.asyncDispose]() {
      connection.close();
      await proxy[Symbol.asyncDispose]();
      listener.close();
      await serving;
    },
  };
}

function wait(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms));
}
