import type { Inspection } from "../actors/actor.ts";
import { Gauge, type Registry } from "./exposition.ts";
import { groupByKind } from "./kinds.ts";

/** Figures of the living actors, looked at when they are asked for. */
export function actorMetrics(registry: Registry, inspect: () => readonly Inspection[]): void {
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ["kind"], registers: [registry] });
  // It is the first to be collected, and asks for all of them: one walk over the tree.
  new Gauge({
    name: "hubbub_actors",
    help: "Living actors by kind; hubs are active rooms",
    labelNames: ["kind"],
    registers: [registry],
    collect() {
      for (const each of [this, waiting, fullest]) each.reset();
      for (const group of groupByKind(inspect())) {
        const { kind } = group;
        this.set({ kind }, group.count);
        waiting.set({ kind }, group.depth);
        fullest.set({ kind }, group.fullest);
      }
    },
  });
  const waiting = gauge("hubbub_mailbox_messages", "Messages that wait, by kind of actor");
  const fullest = gauge(
    "hubbub_mailbox_fullest_ratio",
    "The fullest mailbox of a kind of actor: messages that wait to most that may",
  );
}
