/**
 * What a store holds that is not made again from the rest, table by table. Every store keeps these
 * tables with these columns; a test compares the list with each schema, so that a table or a
 * column that is added there and forgotten here is noticed.
 */
export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Where in `columns` the key is: unique, in every row, and what rows are ordered by. */
  readonly key: readonly number[];
  /** A condition, in the SQL of every store, that leaves out what is derived. */
  readonly only?: string;
}

export interface Column {
  readonly name: string;
  readonly kind: "integer" | "text";
}

/** Marks that say how far something derived is, or are there to be written or locked. */
const DERIVED_MARKS = ["authored", "indexed", "indexing", "probe", "secrets"];

/** In the order in which they are filled. */
export const TABLES: readonly Table[] = [
  table(
    "users",
    "no",
    "no id:text name:text canonical:text guest admin password_hash:text created_at seen_at deleted_at",
  ),
  table(
    "rooms",
    "id",
    "id name:text canonical:text kind:text title:text topic:text icon:text seq messages user_a user_b created_at dissolved_at",
  ),
  // By age and not by room: in that order both reading and writing stay near the rooms' ends.
  table(
    "messages",
    "id",
    "id room seq ordinal sender at content:text key:text reply edited_at deleted_at",
  ),
  table(
    "changes",
    "room seq",
    "room seq type:text sender at target subject content:text data:text",
  ),
  table("reactions", "room target emoji user", "room target emoji:text user seq"),
  table("people", "room user", "room user role member_since banned muted_until read read_ordinal"),
  table("blocks", "user blocked", "user blocked at"),
  table("sessions", "id", "id:text user created_at expires_at"),
  {
    ...table("marks", "name", "name:text value"),
    only: `name NOT IN (${DERIVED_MARKS.map((name) => `'${name}'`).join(", ")})`,
  },
];

/** `columns` and `key` are names with spaces between; what has no kind is an integer. */
function table(name: string, key: string, columns: string): Table {
  const all = columns.split(" ").map((column): Column => {
    const [name = "", kind] = column.split(":");
    return { name, kind: kind === "text" ? "text" : "integer" };
  });
  return {
    name,
    columns: all,
    key: key.split(" ").map((name) => all.findIndex((column) => column.name === name)),
  };
}
