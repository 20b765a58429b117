import { fold } from "../search_text.ts";
import type { Finding, RoomId } from "../store.ts";
import { DAMAGE } from "../damage.ts";
import type { Connection } from "./connection.ts";
import type { Database } from "./database.ts";
import { gramsOf } from "./grams.ts";
import { placeOf, unpackPlaces, VOLUME_MESSAGES, volumeOf } from "./places.ts";
import { raw, sql } from "./sql.ts";

/** As ../check.ts has it. */
interface Check {
  readonly what: string;
  readonly find: string;
  readonly repair?: string;
}

/** Reads the whole store and sets no limit to a question. */
const ALL_THE_TIME_MS = 3_600_000;
