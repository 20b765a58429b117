import { freePort, Program } from "../../../backends/program.ts";

const DOCUMENT = `${import.meta.dirname}/../../../docs/operations.md`;

/** A proxy in front of the nodes, set up as docs/operations.md says. */
export interface Front extends AsyncDisposable {
  readonly http: string;
  readonly ws: string;
}

export const FRONTS = ["nginx", "haproxy"] as const;

/** @param nodes the ports of at most three nodes on this machine. */
export async function startFront(
  kind: typeof FRONTS[number],
  nodes: readonly number[],
): Promise<Front> {
  const folder = await Deno.makeTempDir({ prefix: `hubbub-${kind}-` });
  const remove = () => Deno.remove(folder, { recursive: true });
  const port = freePort();
  const file = `${folder}/${kind}.conf`;
  const documented = await example(kind, nodes);
  try {
    await Deno.writeTextFile(
      file,
      kind === "nginx" ? nginx(documented, port, folder) : haproxy(documented, port),
    );
    const command = kind === "nginx"
      ? ["nginx", "-p", folder, "-e", `${folder}/error.log`, "-c", file]
      : ["haproxy", "-db", "-f", file];
    const program = new Program(command);
    try {
      await program.ready(() => isListening(port));
    } catch (error) {
      await program.kill();
      throw error;
    }
    return {
      http: `http://127.0.0.1:${port}`,
      ws: `ws://127.0.0.1:${port}/ws`,
      async [Symbol.asyncDispose]() {
        await program.stop();
        await remove();
      },
    };
  } catch (error) {
    const log = await Deno.readTextFile(`${folder}/error.log`).catch(() => "");
    await remove();
    throw new Error(`${kind} did not start: ${log}`, { cause: error });
  }
}

/** The document's configuration with nodes of this machine, as many as there are. */
async function example(kind: string, nodes: readonly number[]): Promise<string> {
  const blocks = [...(await Deno.readTextFile(DOCUMENT)).matchAll(/```(\w+)\n(.*?)```/gs)];
  const block = blocks.find(([, language, text]) =>
    language === kind && text?.includes("10.0.0.11")
  );
  if (!block) throw new Error(`expected a configuration of ${kind} in docs/operations.md`);
  return block[2]!.split("\n").flatMap((line) => {
    const index = /10\.0\.0\.1(\d):8080/.exec(line)?.[1];
    if (index === undefined) return [line];
    const node = nodes[Number(index) - 1];
    return node === undefined ? [] : [line.replace(/10\.[\d.]+:8080/, `127.0.0.1:${node}`)];
  }).join("\n");
}

function nginx(documented: string, port: number, folder: string): string {
  return [
    "daemon off;",
    "worker_processes 1;",
    `pid ${folder}/nginx.pid;`,
    "events { worker_connections 4096; }",
    "http {",
    "access_log off;",
    ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((each) =>
      `${each}_temp_path ${folder}/${each};`
    ),
    swap(documented, "listen 443 ssl;", `listen 127.0.0.1:${port};`),
    "}",
  ].join("\n");
}

function haproxy(documented: string, port: number): string {
  const bound = swap(documented, /bind :443 .*/, `bind 127.0.0.1:${port}`);
  return swap(bound, "maxconn 100000", "maxconn 4000");
}

/** A test has no certificate and few descriptors; all else is as it is written. */
function swap(text: string, from: string | RegExp, to: string): string {
  const swapped = text.replace(from, to);
  if (swapped === text) throw new Error(`expected ${from} in the configuration`);
  return swapped;
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
