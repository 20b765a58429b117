import { assertEquals } from "@std/assert";
import { Metrics } from "../../metrics/metrics.ts";

const document = await Deno.readTextFile(`${import.meta.dirname}/../../docs/operations.md`);

Deno.test("docs/operations.md lists the metrics that there are, as they describe themselves", async () => {
  const metrics = new Metrics();
  metrics.ofNode("any");
  metrics.watchActors(() => []);
  const there = (await metrics.describe()).map((
    { name, type, help },
  ) => [`\`${name}\``, type, help]);
  const listed = document.split("\n")
    .filter((line) => /^\| `(hubbub|process)_/.test(line))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  assertEquals(listed, there);
});
