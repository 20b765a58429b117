import { CHROMIUM, FLAGS } from "./visit.ts";

/** Fetched by npx into its own cache: a tool of the bench, not of the repository. */
export const LIGHTHOUSE = "lighthouse@12.8.2";

/** Scores of 100, and the figures of its simulated phone. */
export interface Lighthouse {
  readonly performance: number;
  readonly accessibility: number;
  readonly bestPractices: number;
  readonly lcpMs: number;
  readonly tbtMs: number;
  readonly cls: number;
}

/** Fetching it the first time takes most of it. */
const PATIENCE_MS = 150_000;

interface Report {
  readonly categories: Readonly<Record<string, { readonly score: number | null }>>;
  readonly audits: Readonly<Record<string, { readonly numericValue?: number }>>;
}

function lighthouseArguments(address: string): readonly string[] {
  return [
    "-y",
    LIGHTHOUSE,
    address,
    "--quiet",
    "--output=json",
    "--only-categories=performance,accessibility,best-practices",
    `--chrome-flags=--headless ${FLAGS.join(" ")}`,
  ];
}

/** Undefined where npx or the package cannot be had, or the machine is too busy for a trace. */
export async function lighthouse(address: string): Promise<Lighthouse | undefined> {
  // Away from here: npx would look at this folder's package.json.
  const cwd = await Deno.makeTempDir({ prefix: "hubbub-lighthouse-" });
  try {
    const { stdout } = await new Deno.Command("npx", {
      args: [...lighthouseArguments(address)],
      env: { CHROME_PATH: CHROMIUM },
      cwd,
      signal: AbortSignal.timeout(PATIENCE_MS),
      stderr: "null",
    }).output();
    const { categories, audits } = JSON.parse(new TextDecoder().decode(stdout)) as Report;
    const score = (name: string) => Math.round(100 * (categories[name]?.score ?? NaN));
    const value = (name: string) => audits[name]?.numericValue ?? NaN;
    const result = {
      performance: score("performance"),
      accessibility: score("accessibility"),
      bestPractices: score("best-practices"),
      lcpMs: value("largest-contentful-paint"),
      tbtMs: value("total-blocking-time"),
      cls: value("cumulative-layout-shift"),
    };
    return Number.isNaN(result.performance) ? undefined : result;
  } catch {
    return undefined;
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}
