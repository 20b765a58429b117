import { assert, assertEquals } from "@std/assert";
import { systemClock } from "../../actors/clock.ts";
import { freePort, missingPrograms, runProgram } from "../../backends/program.ts";
import { REDIS_PROGRAMS, startRedis } from "../../backends/redis.ts";
import { openRedis } from "../../redis/redis.ts";
import { startProxy, type Tamper } from "./harness/tcp_proxy.ts";

const ignore = missingPrograms(...REDIS_PROGRAMS, "openssl").length > 0;

/** Has a user of Redis that may do what nodes do, and nothing else. */
const DOCUMENT = `${import.meta.dirname}/../../docs/operations.md`;
const PASSWORD = "p@ss/w%";

interface Secured extends AsyncDisposable {
  /** Where it listens with TLS. */
  readonly port: number;
  /** Of the authority that signed its certificate, which is made out to `localhost`. */
  readonly ca: string;
}

async function startSecured(): Promise<Secured> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "hubbub-tls-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  await makeCertificate(folder);
  const port = freePort();
  stack.use(
    await startRedis({
      options: [
        ...["--tls-port", String(port), "--tls-auth-clients", "no"],
        ...["--tls-cert-file", `${folder}/server.pem`, "--tls-key-file", `${folder}/server.key`],
        ...["--tls-ca-cert-file", `${folder}/ca.pem`],
        ...["--user", ...await documentedUser()],
      ],
    }),
  );
  const ca = await Deno.readTextFile(`${folder}/ca.pem`);
  const whole = stack.move();
  return { port, ca, [Symbol.asyncDispose]: () => whole.disposeAsync() };
}

async function documentedUser(): Promise<string[]> {
  const text = await Deno.readTextFile(DOCUMENT);
  const rules = /^user (hubbub on .+)$/m.exec(text)?.[1];
  assert(rules, "expected a user for Redis in docs/operations.md");
  return rules.replace(">PASSWORD", `>${PASSWORD}`).split(" ");
}

async function makeCertificate(folder: string): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const at = (name: string) => `${folder}/${name}`;
  await runProgram(
    ...["openssl", "req", "-x509", ...key, "-days", "1", "-subj", "/CN=authority"] as const,
    ...["-keyout", at("ca.key"), "-out", at("ca.pem")],
  );
  await runProgram(
    ...["openssl", "req", ...key, "-subj", "/CN=localhost"] as const,
    ...["-keyout", at("server.key"), "-out", at("server.csr")],
  );
  await Deno.writeTextFile(at("names"), "subjectAltName=DNS:localhost\n");
  await runProgram(
    ...["openssl", "x509", "-req", "-in", at("server.csr"), "-days", "1"] as const,
    ...["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"],
    ...["-extfile", at("names"), "-out", at("server.pem")],
  );
}

/** Opens a bus until it is up or says why not; answers that, and what came to channel `a`. */
async function meet(address: { url: string; ca?: string }, say?: string) {
  const { bus, keys } = openRedis({ ...address, clock: systemClock });
  const met = Promise.withResolvers<string>();
  const heard = Promise.withResolvers<string>();
  bus.subscribe("a");
  bus.open({
    received: (_, text) => heard.resolve(text),
    subscribed() {},
    changed: (state) => met.resolve(state.up ? "up" : state.why),
    took() {},
  });
  try {
    const outcome = await met.promise;
    if (outcome !== "up" || say === undefined) return { outcome };
    assert(bus.publish("a", say));
    return { outcome, heard: await heard.promise };
  } finally {
    await bus.close();
    await keys.close();
  }
}

Deno.test({
  name: "Redis over TLS, as a user that may do nothing else: words and keys go through",
  ignore,
  async fn() {
    await using server = await startSecured();
    const url = `rediss://hubbub:${encodeURIComponent(PASSWORD)}@localhost:${server.port}/2`;
    const { ca } = server;
    assertEquals(await meet({ url, ca }, "hello"), { outcome: "up", heard: "hello" });
    const { keys, bus } = openRedis({ url, ca, clock: systemClock });
    try {
      while (!await keys.put("ticket:t", "value", 10_000).then(() => true, () => false)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assertEquals(await keys.takeOut("ticket:t"), "value");
      assertEquals(await keys.claim("name:a", "alice", 10_000), true);
      assertEquals(await keys.claim("name:a", "bob", 10_000), false);
      await keys.release("name:a", "alice");
      assertEquals(await keys.claim("name:a", "bob", 10_000), true);
    } finally {
      await keys.close();
      await bus.close();
    }
  },
});

Deno.test({
  name: "a Redis that is not who it should be, or a wrong password, is told of",
  ignore,
  async fn() {
    await using server = await startSecured();
    const { port, ca } = server;
    const why = async (host: string, password: string, authority?: string) => {
      const url = `rediss://hubbub:${encodeURIComponent(password)}@${host}:${port}`;
      return (await meet({ url, ...(authority && { ca: authority }) })).outcome;
    };
    assert(/certificate/i.test(await why("localhost", PASSWORD)), "an unknown authority");
    assert(/altnames|not valid for/i.test(await why("127.0.0.1", PASSWORD, ca)), "another's name");
    assert(/WRONGPASS/.test(await why("localhost", "wrong", ca)), "a wrong password");
  },
});

Deno.test({
  name: "a Redis that is too old is told of, and not used",
  ignore,
  async fn() {
    await using redis = await startRedis();
    await using old = startProxy(redis, pretendOld);
    const { outcome } = await meet({ url: redis.url(old) });
    assertEquals(outcome, "expected Redis 6.2 or later, got 5.0.14");
  },
});

/** The version in the answer to HELLO becomes another. */
function pretendOld(): Tamper {
  return (bytes) => {
    const text = new TextDecoder("latin1").decode(bytes);
    const older = text.replace(/(version\r\n)\$\d+\r\n[^\r]+/, "$1$6\r\n5.0.14");
    return [Uint8Array.from(older, (char) => char.charCodeAt(0))];
  };
}
