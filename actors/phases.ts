import { setImmediate } from "node:timers";

/**
 * A turn of the event loop has phases. Mailboxes fed from outside are woken first, by one
 * macrotask: by then all input that was ready has been read, so what they find is a real batch.
 * Whoever is told something meanwhile is woken in the same turn, once those before it have settled.
 * So all that came in together goes the whole way together, reader, hub, archive, hub, writer, and
 * nothing that comes later overtakes the half of it (docs/performance.md).
 */
let fromOutside: Wake[] = [];
let fromInside: Wake[] = [];
let isTurnAsked = false;
let phasesLeft = 0;
let microtasksLeft = 0;

export type Wake = () => void;

/**
 * Phases of a turn. A message on its way takes five; more are actors that tell each other in a
 * circle, and the event loop must have its turn in between.
 */
const PHASES_MAX = 16;
/**
 * Microtasks that a phase is given to settle: more than an actor's longest way from waking to
 * telling the next. One that takes longer only misses this batch.
 */
const SETTLE_MICROTASKS = 8;

/** For those who are fed from outside. */
export function wakeAtNextTurn(wake: Wake): void {
  fromOutside.push(wake);
  askForTurn();
}

/** For those who are told by others. */
export function wakeWhenSettled(wake: Wake): void {
  if (fromInside.push(wake) > 1) return;
  if (phasesLeft > 0) beginPhase();
  else askForTurn();
}

function askForTurn(): void {
  if (isTurnAsked) return;
  isTurnAsked = true;
  setImmediate(beginTurn);
}

function beginTurn(): void {
  isTurnAsked = false;
  phasesLeft = PHASES_MAX;
  const isOneOverdue = fromInside.length > 0;
  const waking = fromOutside;
  fromOutside = [];
  for (const wake of waking) wake();
  if (isOneOverdue) beginPhase();
}

function beginPhase(): void {
  phasesLeft--;
  microtasksLeft = SETTLE_MICROTASKS;
  queueMicrotask(settle);
}

function settle(): void {
  if (--microtasksLeft > 0) return queueMicrotask(settle);
  const waking = fromInside;
  fromInside = [];
  for (const wake of waking) wake();
}
