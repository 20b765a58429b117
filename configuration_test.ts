import {
  assert,
  assertEquals,
  assertFalse,
  assertLessOrEqual,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { type Configuration, type Exit, parseConfiguration, VERSION } from "./configuration.ts";
import { flagOf, type Option, OPTIONS, variableOf } from "./configuration/options.ts";

const NOTHING = new Map<string, string>();

function parse(line: string, env: Map<string, string> = NOTHING): Configuration | Exit {
  return parseConfiguration(line.split(" ").filter(Boolean), env);
}

function accepted(line: string, env?: Map<string, string>): Configuration {
  const result = parse(line, env);
  assertFalse("exit" in result, `${line} was refused: ${JSON.stringify(result)}`);
  return result as Configuration;
}

function refused(line: string, env?: Map<string, string>): string {
  const result = parse(line, env);
  assert("exit" in result, `${line} was accepted`);
  assertEquals(result.exit, 2);
  assertFalse(result.text.includes("\n"), "the error is not one line");
  return result.text;
}

Deno.test("without flags it serves this machine alone, from a file in ./data", () => {
  assertEquals(accepted(""), {
    command: { kind: "start" },
    host: "127.0.0.1",
    port: 8080,
    store: { kind: "sqlite", path: "./data/hubbub.db" },
    redis: undefined,
    node: undefined,
    durability: "normal",
    transport: "auto",
    origins: [],
    trustedProxies: [],
    limits: { messageBytes: 4096, joinHistory: 50, ratePerSecond: 30 },
    strangerLimit: 3,
    guests: true,
    registration: "open",
    maxConnections: 10_000,
    maxPerAddress: 0,
    logLevel: "info",
    logFormat: "text",
  });
});

/** Per option: what may be written and where it shows; what may not, and what is said then. */
const CASES: Record<
  keyof typeof OPTIONS,
  { good: [string, (c: Configuration) => unknown, unknown][]; bad: string[]; expected: string }
> = {
  host: {
    good: [
      ["0.0.0.0", (c) => c.host, "0.0.0.0"],
      ["::1", (c) => c.host, "::1"],
      ["chat.example.org", (c) => c.host, "chat.example.org"],
    ],
    bad: ["", "[::1]", "localhost:80", "http://x", "a b", "300.1.2.3", "a..b"],
    expected: "an IP address (such as 0.0.0.0 or ::) or a host name, without a port",
  },
  port: {
    good: [["0", (c) => c.port, 0], ["65535", (c) => c.port, 65_535]],
    bad: ["", "65536", "http", "1.5", "0x50", "1e3"],
    expected: "a whole number from 0 to 65535",
  },
  store: {
    good: [
      ["memory:", (c) => c.store, { kind: "memory" }],
      ["sqlite:/srv/a.db", (c) => c.store, { kind: "sqlite", path: "/srv/a.db" }],
      ["mysql://me:pw@h/chat", (c) => c.store.kind, "mysql"],
    ],
    bad: [
      "",
      "sqlite:",
      "sqlite::memory:",
      "sqlite:file:x?mode=memory",
      "memory",
      "./a.db",
      "ftp://x",
    ],
    expected: "sqlite:PATH, mysql://USER:PASSWORD@HOST[:PORT]/DATABASE or memory:",
  },
  node: {
    good: [["chat-1.example", (c) => c.node ?? "", "chat-1.example"]],
    bad: ["", "a b", "é"],
    expected: "up to 60 letters, digits, dots, - and _",
  },
  redis: {
    good: [
      ["redis://localhost", (c) => c.redis?.url ?? "", "redis://localhost"],
      ["rediss://me:pw@h:6380/2", (c) => c.redis?.url ?? "", "rediss://me:pw@h:6380/2"],
    ],
    bad: ["", "localhost:6379", "http://x", "redis://", "redis://h/db", "redis://h#x"],
    expected: "redis://HOST:PORT or rediss://HOST:PORT, perhaps with /DATABASE",
  },
  durability: {
    good: [["full", (c) => c.durability, "full"], ["normal", (c) => c.durability, "normal"]],
    bad: ["", "FULL", "off"],
    expected: "normal or full",
  },
  transport: {
    good: [["guarded", (c) => c.transport, "guarded"], ["native", (c) => c.transport, "native"]],
    bad: ["", "ws", "toString"],
    expected: "auto or native or guarded",
  },
  origin: {
    good: [
      ["https://chat.example.org", (c) => c.origins, ["https://chat.example.org"]],
      ["HTTP://Chat.Example.org:80/", (c) => c.origins, ["http://chat.example.org"]],
    ],
    bad: [
      "",
      "*",
      "null",
      "https://*.example.org",
      "chat.example.org",
      "https://a/b",
      "ws://a",
      "https://u@a",
    ],
    expected: "one web origin such as https://chat.example.org",
  },
  trustProxy: {
    good: [
      ["10.0.0.0/8", (c) => c.trustedProxies, [{
        address: "10.0.0.0",
        prefixBits: 8,
        family: "ipv4",
      }]],
      ["fd00::/8", (c) => c.trustedProxies, [{ address: "fd00::", prefixBits: 8, family: "ipv6" }]],
      ["192.0.2.7", (c) => c.trustedProxies, [{
        address: "192.0.2.7",
        prefixBits: 32,
        family: "ipv4",
      }]],
    ],
    bad: [
      "",
      "10.0.0.0/33",
      "::1/129",
      "10.0.0.0/",
      "10.0.0/8",
      "proxy",
      "10.0.0.0/8/8",
      "fe80::1%eth0",
    ],
    expected: "an address or a block of them such as 10.0.0.0/8 or fd00::/8",
  },
  maxMessage: {
    good: [["512", (c) => c.limits.messageBytes, 512]],
    bad: ["", "0", "65537", "4k"],
    expected: "a whole number from 1 to 65536",
  },
  history: {
    good: [["0", (c) => c.limits.joinHistory, 0], ["200", (c) => c.limits.joinHistory, 200]],
    bad: ["", "201", "all"],
    expected: "a whole number from 0 to 200",
  },
  rate: {
    good: [["0", (c) => c.limits.ratePerSecond, 0], ["5", (c) => c.limits.ratePerSecond, 5]],
    bad: ["", "2.5", "30/s"],
    expected: "a whole number from 0 to 1000000",
  },
  strangerLimit: {
    good: [["0", (c) => c.strangerLimit, 0], ["10", (c) => c.strangerLimit, 10]],
    bad: ["", "none"],
    expected: "a whole number from 0 to 1000000",
  },
  guests: {
    good: [["off", (c) => c.guests, false], ["on", (c) => c.guests, true]],
    bad: ["", "yes", "true", "On"],
    expected: "on or off",
  },
  registration: {
    good: [["closed", (c) => c.registration, "closed"], ["open", (c) => c.registration, "open"]],
    bad: ["", "off"],
    expected: "open or closed",
  },
  maxConnections: {
    good: [["1000", (c) => c.maxConnections, 1000]],
    bad: ["", "0", "many"],
    expected: "a whole number from 1 to 10000000",
  },
  maxPerAddress: {
    good: [["0", (c) => c.maxPerAddress, 0], ["9", (c) => c.maxPerAddress, 9]],
    bad: ["", "few"],
    expected: "a whole number from 0 to 10000000",
  },
  logLevel: {
    good: [["debug", (c) => c.logLevel, "debug"], ["error", (c) => c.logLevel, "error"]],
    bad: ["", "loud"],
    expected: "debug or info or warning or error",
  },
  logFormat: {
    good: [["json", (c) => c.logFormat, "json"], ["text", (c) => c.logFormat, "text"]],
    bad: ["", "xml"],
    expected: "text or json",
  },
};

for (const [key, { good, bad, expected }] of Object.entries(CASES)) {
  const flag = flagOf(key), variable = variableOf(key);

  Deno.test(`${flag} and ${variable} set the same thing`, () => {
    for (const [text, read, value] of good) {
      assertEquals(read(accepted(`${flag} ${text}`)), value);
      assertEquals(read(accepted(`${flag}=${text}`)), value);
      assertEquals(read(accepted("", new Map([[variable, text]]))), value);
    }
  });

  Deno.test(`${flag} refuses what it does not understand and says what it expected`, () => {
    for (const text of bad) {
      const came = text === ""
        ? "nothing"
        : (OPTIONS[key as keyof typeof OPTIONS] as Option<unknown>).secret?.(text)
        ? "what was given"
        : JSON.stringify(text);
      const result = parseConfiguration([`${flag}=${text}`], NOTHING);
      assert("exit" in result, `${flag}=${text} was accepted`);
      assertEquals(result, {
        exit: 2,
        text: `hubbub: ${flag} takes ${expected}, not ${came}; hubbub --help shows how`,
      });
      // An empty variable counts as not set.
      if (text === "") accepted("", new Map([[variable, text]]));
      else {assertStringIncludes(
          refused("", new Map([[variable, text]])),
          `${variable} takes ${expected}`,
        );}
    }
  });
}

Deno.test("a flag wins over its variable", () => {
  const env = new Map([["HUBBUB_PORT", "1"], ["HUBBUB_ORIGIN", "https://a.example"]]);
  const configuration = accepted("--port 2 --origin https://b.example", env);
  assertEquals([configuration.port, configuration.origins], [2, ["https://b.example"]]);
});

Deno.test("a wrong variable does not matter when its flag is given", () => {
  assertEquals(accepted("--port 2", new Map([["HUBBUB_PORT", "nonsense"]])).port, 2);
});

Deno.test("options that make a list take several flags, or commas in the variable", () => {
  const both = ["https://a.example", "https://b.example"];
  assertEquals(accepted(`--origin ${both[0]} --origin=${both[1]}`).origins, both);
  assertEquals(accepted("", new Map([["HUBBUB_ORIGIN", both.join(" , ")]])).origins, both);
});

Deno.test("an option that makes no list is refused when given twice", () => {
  assertStringIncludes(refused("--port 1 --port 2"), "--port was given twice");
});

Deno.test("a flag without its value is refused, also when another flag follows", () => {
  assertStringIncludes(refused("--port"), "not nothing");
  assertStringIncludes(refused("--port --rate 3"), "--port takes");
  assertStringIncludes(refused("--port -1"), "hubbub: ");
});

Deno.test("unknown flags and words are refused by name", () => {
  for (const flag of ["--prot", "--no-guests", "-p", "--__proto__", "--port.x", "--constructor"]) {
    assertStringIncludes(refused(`${flag} 3`), "there is no option");
  }
  assertStringIncludes(
    refused("serve"),
    'there is no command "serve", only start, check, admin, backup',
  );
  assertStringIncludes(refused("constructor"), "there is no command");
  assertStringIncludes(refused("start now"), "it is hubbub start");
});

Deno.test("commands and their words", () => {
  const read = (line: string) => accepted(line).command;
  assertEquals(read("start"), { kind: "start" });
  assertEquals(read("check"), { kind: "check", repair: false });
  assertEquals(read("check --repair --store memory:"), { kind: "check", repair: true });
  assertEquals(read("admin grant 42"), { kind: "admin", grant: true, name: "42" });
  assertEquals(read("admin revoke alice"), { kind: "admin", grant: false, name: "alice" });
  assertEquals(read("backup out.db"), { kind: "backup", file: "out.db" });
  assertEquals(read("secrets rotate"), { kind: "rotate_secrets" });
  for (const dryRun of [false, true]) {
    assertEquals(read(`migrate sqlite:a sqlite:b${dryRun ? " --dry-run" : ""}`), {
      kind: "migrate",
      from: { kind: "sqlite", path: "a" },
      to: { kind: "sqlite", path: "b" },
      dryRun,
    });
  }
  for (
    const line of [
      "admin",
      "admin grant",
      "admin drop a",
      "admin grant a b",
      "backup",
      "check x",
      "secrets",
      "secrets show",
      "secrets rotate x",
    ]
  ) {
    assertStringIncludes(refused(line), "it is hubbub ");
  }
  assertStringIncludes(refused("--repair"), "--repair belongs to hubbub check");
  assertStringIncludes(refused("check --dry-run"), "--dry-run belongs to hubbub migrate");
  assertStringIncludes(refused("migrate sqlite:a memory:"), "TO takes a store that lasts");
  assertStringIncludes(refused("migrate a sqlite:b"), "FROM takes sqlite:PATH");
  const secret = refused("migrate mysql://a:secret@b sqlite:b");
  assertStringIncludes(secret, "FROM takes mysql://USER");
  assertFalse(secret.includes("secret"), secret);
  const command = read("migrate - mysql://a:b@c/d");
  assert(command.kind === "migrate" && command.to !== "configured");
  assertEquals([command.from, command.to.kind], ["configured", "mysql"]);
});

Deno.test("an error shows hostile input as one short, harmless line", () => {
  const result = parseConfiguration(["--port", `\u001b[31m\r\n\u202e${"x".repeat(5000)}`], NOTHING);
  assert("exit" in result);
  // deno-lint-ignore no-control-regex -- control characters are what must not be there
  assertMatch(result.text, /^[^\u0000-\u001f\u007f-\u009f\u202e]{1,250}$/);
});

Deno.test("--help and --version exit 0 and win over a mistake elsewhere", () => {
  for (const line of ["--help", "-h", "check --help", "--port nonsense --help"]) {
    const result = parse(line);
    assert("exit" in result && result.exit === 0);
    assertStringIncludes(result.text, "hubbub backup FILE");
  }
  assertEquals(parse("--version"), { exit: 0, text: `hubbub ${VERSION}` });
  assertMatch(VERSION, /^\d+\.\d+\.\d+/);
});

Deno.test("the help names every option, its variable and default, aligned in 100 columns", () => {
  const result = parse("--help");
  assert("exit" in result);
  const lines = result.text.split("\n");
  for (const line of lines) assertLessOrEqual(line.length, 100, line);
  const columns = new Set<number>();
  for (const [key, option] of Object.entries(OPTIONS)) {
    const at = lines.findIndex((line) => line.startsWith(`  ${flagOf(key)} ${option.value} `));
    columns.add(lines[at]!.indexOf(option.about));
    columns.add(lines[at + 1]!.indexOf(variableOf(key)));
    if ("fallback" in option) assertStringIncludes(lines[at + 1]!, `default ${option.fallback}`);
  }
  assertEquals(columns.size, 1);
  assert(!columns.has(-1));
});

Deno.test("connections are counted per address as soon as others can connect", () => {
  assertEquals(accepted("--host 0.0.0.0").maxPerAddress, 256);
  assertEquals(accepted("--trust-proxy ::1").maxPerAddress, 256);
  assertEquals(accepted("--origin https://a.example").maxPerAddress, 256);
  assertEquals(accepted("--host localhost --transport guarded").maxPerAddress, 0);
  assertEquals(accepted("--host 0.0.0.0 --max-per-address 7").maxPerAddress, 7);
});
