import { computed, signal } from "@preact/signals";
import { text } from "./text.ts";

const DAY_MS = 24 * 3600 * 1000;

/** The browser's own variety of the page's language: en-GB writes times unlike en-US. */
function localeOf(tag: string): string {
  const language = tag.split("-")[0]!;
  return navigator.languages.find((locale) => locale.split("-")[0] === language) ?? tag;
}

const formats = computed(() => {
  const tag = localeOf(text.value.tag);
  return {
    clock: new Intl.DateTimeFormat(tag, { hour: "2-digit", minute: "2-digit" }),
    day: new Intl.DateTimeFormat(tag, { weekday: "long", month: "long", day: "numeric" }),
    dayOfYear: new Intl.DateTimeFormat(tag, { year: "numeric", month: "long", day: "numeric" }),
    full: new Intl.DateTimeFormat(tag, { dateStyle: "full", timeStyle: "medium" }),
    seconds: new Intl.NumberFormat(tag, { style: "unit", unit: "second", unitDisplay: "narrow" }),
    number: new Intl.NumberFormat(tag),
    list: new Intl.ListFormat(tag, { style: "long", type: "conjunction" }),
  };
});

/** `09:41` */
export const clockTime = (at: number) => formats.value.clock.format(at);
/** All of it, for a title. */
export const fullTime = (at: number) => formats.value.full.format(at);
export const seconds = (count: number) => formats.value.seconds.format(count);
export const number = (count: number) => formats.value.number.format(count);
export const listOf = (names: readonly string[]) => formats.value.list.format(names);

/** The number of the local day, for telling days apart. */
export function dayNumber(at: number): number {
  const date = new Date(at);
  return Math.floor((at - date.getTimezoneOffset() * 60_000) / DAY_MS);
}

const today = signal(dayNumber(Date.now()));

/** To be called now and then: after midnight, "Today" is another day. */
export function lookAtTheCalendar(): void {
  today.value = dayNumber(Date.now());
}

/** "Today", "Yesterday", "Monday, 5 May", "5 May 2025". */
export function dayName(at: number): string {
  const days = today.value - dayNumber(at);
  if (days === 0) return text.value.today;
  if (days === 1) return text.value.yesterday;
  const { day, dayOfYear } = formats.value;
  return (days > 0 && days < 300 ? day : dayOfYear).format(at);
}
