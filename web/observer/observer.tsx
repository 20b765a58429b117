import { useSignal } from "@preact/signals";
import type { Feed } from "./feed.ts";
import type { Actor, Report } from "./report.ts";
import { type Branch, branches } from "./tree.ts";

/** Rows of a kind before somebody asks for more. */
const SHOWN = 10;

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const rate = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

export function Observer({ feed }: { readonly feed: Feed }) {
  const report = feed.report.value;
  return (
    <>
      <header class="observer-head">
        <h1>
          <a href="./">Hubbub</a> observer
        </h1>
        {report && <span title="The node that answered">{report.node}</span>}
        <Status feed={feed} />
        {report && (
          <button
            type="button"
            class="plain"
            onClick={() => feed.pause(!feed.paused.value)}
          >
            {feed.paused.value ? "Go on" : "Pause"}
          </button>
        )}
      </header>
      {report ? <Tree report={report} /> : <Nothing feed={feed} />}
    </>
  );
}

function Status({ feed }: { readonly feed: Feed }) {
  const said = feed.trouble.value === "away"
    ? "The server does not answer; asking again"
    : feed.paused.value
    ? "Paused"
    : feed.report.value
    ? "Live"
    : "";
  return <span role="status" class={`status ${feed.trouble.value ?? ""}`}>{said}</span>;
}

function Nothing({ feed }: { readonly feed: Feed }) {
  if (feed.trouble.value !== "not_allowed") return <p class="hint">Asking the server…</p>;
  return (
    <p class="hint">
      This page is for administrators. <a href="./">Log in</a> with an account that is one;{" "}
      <code>hubbub admin grant NAME</code> on the server makes one.
    </p>
  );
}

function Tree({ report }: { readonly report: Report }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Living actors">
      <table>
        <thead>
          <tr>
            <th scope="col">Actor</th>
            <th scope="col">Parent</th>
            <th scope="col" class="number">Waiting</th>
            <th scope="col" class="number">Bound</th>
            <th scope="col">Mailbox</th>
            <th scope="col" class="number">Per second</th>
            <th scope="col" class="number">Handled</th>
            <th scope="col" class="number">Restarts</th>
            <th scope="col">Last error</th>
          </tr>
        </thead>
        {branches(report).map((branch) => <Kin key={branch.kind.kind} branch={branch} />)}
      </table>
    </div>
  );
}

/** A kind with all its actors in figures, and the busiest of them; one alone is just itself. */
function Kin({ branch }: { readonly branch: Branch }) {
  const { kind, actors, level, parent } = branch;
  const isOpen = useSignal(true);
  const showsAll = useSignal(false);
  const [only] = actors;
  if (kind.count === 1 && only?.name === kind.kind) {
    return (
      <tbody>
        <Row actor={only} level={level} />
      </tbody>
    );
  }
  const shown = isOpen.value ? actors.slice(0, showsAll.value ? actors.length : SHOWN) : [];
  const more = actors.length - shown.length;
  return (
    <tbody>
      <tr class="kind">
        <th scope="row" class={`level-${level}`}>
          <button
            type="button"
            aria-expanded={isOpen.value}
            onClick={() => isOpen.value = !isOpen.value}
          >
            {kind.kind} × {whole.format(kind.count)}
          </button>
        </th>
        <td>{parent}</td>
        <td class="number">{whole.format(kind.depth)}</td>
        <td />
        <td>
          <meter min={0} max={1} high={0.5} value={kind.fullest} title="The fullest of them" />
        </td>
        <td class="number">{perSecond(kind.perSecond)}</td>
        <td class="number">{whole.format(kind.handled)}</td>
        <td />
        <td />
      </tr>
      {shown.map((actor) => <Row key={actor.name} actor={actor} level={level + 1} />)}
      {isOpen.value && (more > 0 || kind.count > actors.length) && (
        <tr class="more">
          <td colSpan={9} class={`level-${level + 1}`}>
            {more > 0 && (
              <button type="button" class="link" onClick={() => showsAll.value = true}>
                Show {more} more
              </button>
            )}
            {kind.count > actors.length &&
              `the busiest ${actors.length} of ${whole.format(kind.count)} are listed`}
          </td>
        </tr>
      )}
    </tbody>
  );
}

function Row({ actor, level }: { readonly actor: Actor; readonly level: number }) {
  const { name, parent, depth, bound, handled, restarts, lastError, state } = actor;
  return (
    <tr class={state === "running" ? "" : "not-running"}>
      <th scope="row" class={`level-${level}`} title={name}>
        <span class="name">{name}</span>
        {state !== "running" && <span class="state">{state}</span>}
      </th>
      <td title={parent}>
        <span class="name">{parent}</span>
      </td>
      <td class="number">{whole.format(depth)}</td>
      <td class="number">{whole.format(bound)}</td>
      <td>
        <meter min={0} max={bound} high={bound / 2} value={depth} title={`${depth} of ${bound}`} />
      </td>
      <td class="number">{perSecond(actor.perSecond)}</td>
      <td class="number">{whole.format(handled)}</td>
      <td class={restarts > 0 ? "number troubled" : "number"}>{restarts}</td>
      <td class="error" title={lastError}>{lastError ?? ""}</td>
    </tr>
  );
}

function perSecond(value: number | undefined): string {
  return value === undefined ? "–" : (value < 10 ? rate : whole).format(value);
}
