/**
 * Fetches and builds the peers: `deno task bench:install`. Needs `npm` for Bun, `ws` and Socket.IO,
 * `node` to run the last two, and Debian's `golang-go` and `golang-github-gorilla-websocket-dev` for
 * the Go hub. What is missing is named; the bench then runs without it.
 */
import { ask, cacheFolder, exists, NPM_PACKAGES } from "./versions.ts";

/** Where Debian puts Go packages; used as GOPATH because there is no network at build time. */
const DEBIAN_GOPATH = "/usr/share/gocode";

async function run(program: string, args: string[], env: Record<string, string> = {}) {
  console.log(`${program} ${args.join(" ")}`);
  const { success, code } = await new Deno.Command(program, {
    args,
    env,
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${program} failed with exit code ${code}`);
}

async function installFromNpm(cache: string): Promise<void> {
  if (await ask("npm", "--version") === undefined) {
    console.warn("npm is missing: no Bun, no ws, no Socket.IO");
    return;
  }
  const packages = Object.entries(NPM_PACKAGES).map(([name, version]) => `${name}@${version}`);
  await run("npm", ["install", "--prefix", cache, "--no-audit", "--no-fund", ...packages]);
}

async function buildGoHub(cache: string): Promise<void> {
  const source = `${import.meta.dirname}/peers/gorilla/main.go`;
  const library = `${DEBIAN_GOPATH}/src/github.com/gorilla/websocket`;
  if (await ask("go", "version") === undefined || !await exists(library)) {
    console.warn(
      "no Go hub; apt-get install golang-go golang-github-gorilla-websocket-dev, then once more",
    );
    return;
  }
  await run("go", ["build", "-o", `${cache}/gorilla-hub`, source], {
    GO111MODULE: "off",
    GOPATH: DEBIAN_GOPATH,
    GOCACHE: `${cache}/go-build`,
  });
}

if (import.meta.main) {
  const cache = cacheFolder();
  await Deno.mkdir(cache, { recursive: true });
  await installFromNpm(cache);
  await buildGoHub(cache);
}
