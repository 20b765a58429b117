import type { Machine } from "../report/machine.ts";
import type { FirstLoad } from "./first_load.ts";
import { type Frames, LATE_MS } from "./frames.ts";
import { LIGHTHOUSE, type Lighthouse } from "./lighthouse.ts";

export interface Figures {
  readonly firstLoad: FirstLoad;
  readonly lighthouse: Lighthouse | undefined;
  readonly fresh: Frames;
  readonly flooded: Frames;
  readonly weight: { readonly heapMB: number; readonly elements: number };
  readonly jump: { readonly worst: number; readonly rows: number };
  readonly switches: readonly number[];
  /** Processor time of the page's main thread for one of them. */
  readonly switchWorkMs: number;
  readonly own: { readonly inTime: number; readonly times: number };
}

export interface Circumstances {
  readonly date: string;
  readonly machine: Machine;
  readonly chromium: string;
  readonly seconds: number;
  readonly rate: number;
  readonly flood: number;
}

type Line = readonly [what: string, here: string, wanted: string, others: string];

const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1);
const percent = (part: number, whole: number) => (100 * part / whole).toFixed(2);
const ms = (value: number) => `${Math.round(value)} ms`;
const lateness = ({ late, count, worstMs }: Frames) =>
  `${percent(late, count)} % (${late} of ${count}; worst ${worstMs.toFixed(0)} ms)`;

/** What others need was measured once, in the same browser on the same kind of machine. */
function lines(figures: Figures, { rate, seconds, flood }: Circumstances): Line[] {
  const { firstLoad, lighthouse, fresh, flooded, weight, jump, switches, own } = figures;
  const sorted = switches.toSorted((a, b) => a - b);
  const scores = lighthouse &&
    [lighthouse.performance, lighthouse.accessibility, lighthouse.bestPractices].join(" / ");
  return [
    [
      "first load, gzip (brotli)",
      `${kilobytes(firstLoad.gzipBytes)} KB (${kilobytes(firstLoad.brotliBytes)} KB)`,
      "≤ 45 KB",
      "The Lounge 208 KB, gamja 99 KB",
    ],
    ["requests at first load", String(firstLoad.requests), "≤ 4", ""],
    [
      "Lighthouse, mobile: performance / accessibility / best practices",
      scores ?? "not measured",
      "≥ 98 / 100 / 100",
      "The Lounge 90 / 63 / 100, gamja 98 / 92 / 96",
    ],
    ["LCP, Lighthouse's phone", lighthouse ? ms(lighthouse.lcpMs) : "not measured", "≤ 1.0 s", ""],
    ["TBT, Lighthouse's phone", lighthouse ? ms(lighthouse.tbtMs) : "not measured", "≤ 50 ms", ""],
    ["LCP, slow line and processor", ms(firstLoad.lcpMs), "", ""],
    ["TBT, slow line and processor", ms(firstLoad.tbtMs), "≤ 50 ms", ""],
    ["CLS, slow line and processor", firstLoad.cls.toFixed(3), "0", ""],
    [
      `frames later than ${LATE_MS} ms at ${rate} messages/s for ${seconds} s`,
      lateness(fresh),
      "≤ 1 %",
      "The Lounge 30 %",
    ],
    [
      "the same after 10,000 messages",
      lateness(flooded),
      "≤ 1 %",
      "gamja and hack.chat all",
    ],
    [
      "a frame of these: script, style and layout, all",
      `${flooded.scriptMs.toFixed(1)}, ${flooded.layoutMs.toFixed(1)}, ` +
      `${flooded.taskMs.toFixed(1)} ms`,
      "",
      "",
    ],
    [
      `heap after ${flood.toLocaleString("en")} messages`,
      `${weight.heapMB.toFixed(1)} MB`,
      "≤ 40 MB",
      "",
    ],
    ["elements in the page then", String(weight.elements), "≤ 3,000", ""],
    [
      "anchor jump, 1,900 rows back",
      `${jump.worst.toFixed(2)} px (at most ${jump.rows} rows in the page)`,
      "≤ 1 px",
      "",
    ],
    [
      "my message on screen within a frame",
      `${own.inTime} of ${own.times}`,
      "all",
      "",
    ],
    [
      "room switch, click to frame: median, worst",
      `${ms(sorted[sorted.length >> 1] ?? NaN)}, ${ms(sorted.at(-1) ?? NaN)}`,
      "≤ 50 ms",
      "",
    ],
    ["processor time of a room switch", ms(figures.switchWorkMs), "", ""],
  ];
}

export function table(figures: Figures, circumstances: Circumstances): string {
  const { date, machine, chromium } = circumstances;
  const [before, after] = machine.loadAverage;
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    `${date}, ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ` +
    `${machine.kernel}, Chromium ${chromium} without a graphics processor, server and browser on ` +
    `the same machine; load average before ${before}, after ${after}.`,
    "",
    row(["", "Hubbub", "to reach", "others"]),
    row(["---", "---", "---", "---"]),
    ...lines(figures, circumstances).map(row),
    "",
    `Lighthouse is \`npx ${LIGHTHOUSE}\` with its defaults; "slow line and processor" is Chromium's ` +
    "own emulation of a phone: a quarter of the processor, 150 ms to each answer, 1.6 Mbit/s.",
  ].join("\n");
}
