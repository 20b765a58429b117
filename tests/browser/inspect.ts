import type { Page } from "playwright-core";
import { DESKTOP, PHONE } from "./people.ts";

/** Where pictures go when this is set; otherwise none are kept. */
const PICTURES = Deno.env.get("HUBBUB_PICTURES");
const AXE = await Deno.readTextFile(new URL(import.meta.resolve("axe-core/axe.min.js")));

/** Keeps a picture of the page as it is. */
export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png` });
}

/** Everything axe knows to complain about, in a line each. */
export async function complaints(page: Page, where: string): Promise<string[]> {
  // Evaluated by the driver, not as a script of the page: its CSP allows none.
  if (!await page.evaluate(() => "axe" in globalThis)) await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(context: unknown, options: unknown): Promise<{
          violations: { id: string; help: string; nodes: { html: string }[] }[];
        }>;
      };
    };
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes[0]?.html}`);
  });
  return found.map((complaint) => `${where}: ${complaint}`);
}

/** Both sizes and both themes. */
export const LOOKS = [DESKTOP, PHONE].flatMap((size) =>
  (["light", "dark"] as const).map((colorScheme) => {
    const isPhone = size === PHONE;
    return {
      look: `${size.width}-${colorScheme}`,
      isPhone,
      options: { size, colorScheme, reducedMotion: true, isTouch: isPhone },
    };
  })
);
