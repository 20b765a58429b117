/** Bundles once: `deno task dev` runs it with `--watch=web`, so again at every change there. */
const { code } = await new Deno.Command("deno", { args: ["task", "--quiet", "web"] }).spawn()
  .status;
if (code !== 0) console.error("The page could not be bundled; it stays as it was");
