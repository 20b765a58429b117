import type { Report } from "./table.ts";
import type { CellSummary, Row } from "./summary.ts";

/** The throughput cells as bars, each cell to its own scale: the best peer of a cell is the line. */

const WIDTH = 960;
const LABEL_WIDTH = 280;
const VALUE_WIDTH = 130;
const BAR_HEIGHT = 16;
const BAR_STEP = 20;
const TITLE_STEP = 34;
const TOP = 64;
const MARGIN = 20;

const HUBBUB_COLOR = "#0f766e";
const PEER_COLOR = "#94a3b8";

export function picture({ date, machine, cells }: Report): string {
  const shown = cells.filter(({ measure }) => measure === "throughput");
  let y = TOP;
  const groups = shown.map((cell) => {
    const group = bars(cell, y);
    y += TITLE_STEP + cell.rows.length * BAR_STEP + MARGIN;
    return group;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" ` +
    `height="${y}" font-family="system-ui, sans-serif" font-size="12" fill="#1e293b">`,
    `<rect width="${WIDTH}" height="${y}" fill="#ffffff"/>`,
    text(MARGIN, 28, "Deliveries a second, in millions", 'font-size="18" font-weight="600"'),
    text(
      MARGIN,
      48,
      `${date} · ${machine.cpu}, one core for the server · Deno ${machine.deno} · ` +
        "the line is the best peer",
      'fill="#64748b"',
    ),
    ...groups,
    "</svg>",
    "",
  ].join("\n");
}

function bars(cell: CellSummary, top: number): string {
  const rate = ({ figures }: Row) => figures.deliveriesPerSecond ?? 0;
  const longest = Math.max(...cell.rows.map(rate), 1);
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH - MARGIN) / longest;
  const bestPeer = Math.max(...cell.rows.filter(({ kind }) => kind === "peer").map(rate), 0);
  const parts = [text(MARGIN, top + 18, cell.title, 'font-size="14" font-weight="600"')];
  const start = top + TITLE_STEP - 6;
  cell.rows.forEach((row, n) => {
    const y = start + n * BAR_STEP;
    const width = rate(row) * scale;
    const ratio = row.kind === "hubbub" && row.ratio !== null ? ` · ${row.ratio.toFixed(2)} ×` : "";
    parts.push(
      text(LABEL_WIDTH - 8, y + 12, row.label, 'text-anchor="end"'),
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" ` +
        `fill="${row.kind === "hubbub" ? HUBBUB_COLOR : PEER_COLOR}"/>`,
      text(LABEL_WIDTH + width + 6, y + 12, `${(rate(row) / 1e6).toFixed(2)}${ratio}`),
    );
  });
  if (bestPeer > 0) {
    const x = (LABEL_WIDTH + bestPeer * scale).toFixed(1);
    const end = start + cell.rows.length * BAR_STEP;
    parts.push(
      `<line x1="${x}" x2="${x}" y1="${start - 4}" y2="${end}" stroke="#b91c1c" ` +
        'stroke-dasharray="3 3"/>',
    );
  }
  return parts.join("\n");
}

function text(x: number, y: number, content: string, attributes = ""): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escaped}</text>`;
}
