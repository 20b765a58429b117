/**
 * The tables and columns of SQLite's schema (../../migrations/0001_start.ts, which says what they
 * mean), so that rows are copied between the two as they are. What differs:
 *
 * - A message's place is its key: InnoDB keeps rows in the order of the primary key, so a page of
 *   history is read in one piece. `id` still orders the messages of all rooms by age; of two
 *   commits under way the later may have the lower one, within a room it rises with `seq`.
 * - There are no partial indexes: unread finds deletions among the changes.
 * - Texts are compared byte by byte, trailing spaces too; the caller gives MySQL's or MariaDB's
 *   collation for that.
 *
 * And what is added: `writers` says which transaction a node committed last (transactions.ts),
 * `search_queue` which events have still to be indexed for search and `search_grams` what is
 * (search_index.ts); `secrets` has the keys that sign tokens, so that all nodes have the same. Whoever fills the tables by other means queues what it wrote:
 *   INSERT INTO search_queue (room, first_seq, last_seq) SELECT id, 1, seq FROM rooms WHERE seq > 0
 *
 * Each statement is made to be run again: DDL has no transaction (migrate.ts).
 */
export default (collation: string): readonly string[] => {
  const table = (name: string, ...lines: readonly string[]) =>
    `CREATE TABLE IF NOT EXISTS ${name} (\n  ${lines.join(",\n  ")}\n) ENGINE = InnoDB ` +
    `ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation}`;
  return [
    table(
      "users",
      "no BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
      "id VARCHAR(64) NOT NULL",
      "name VARCHAR(255) NOT NULL",
      "canonical VARCHAR(255)",
      "guest TINYINT NOT NULL",
      "admin TINYINT NOT NULL DEFAULT 0",
      "password_hash VARCHAR(1000)",
      "created_at BIGINT NOT NULL",
      "seen_at BIGINT NOT NULL",
      "deleted_at BIGINT",
      "UNIQUE KEY users_id (id)",
      "UNIQUE KEY users_canonical (canonical)",
      "KEY users_named_guests (guest, canonical)",
    ),
    table(
      "rooms",
      "id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
      "name VARCHAR(255) NOT NULL",
      "canonical VARCHAR(255)",
      "kind VARCHAR(8) NOT NULL CHECK (kind IN ('public', 'group', 'direct'))",
      "title VARCHAR(1000)",
      "topic VARCHAR(4000)",
      "icon VARCHAR(1000)",
      "seq BIGINT NOT NULL DEFAULT 0",
      "messages BIGINT NOT NULL DEFAULT 0",
      "user_a BIGINT",
      "user_b BIGINT",
      "created_at BIGINT NOT NULL",
      "dissolved_at BIGINT",
      "UNIQUE KEY rooms_canonical (canonical)",
      "KEY rooms_public (kind, canonical)",
    ),
    table(
      "messages",
      "id BIGINT NOT NULL AUTO_INCREMENT",
      "room BIGINT NOT NULL",
      "seq BIGINT NOT NULL",
      "ordinal BIGINT NOT NULL",
      "sender BIGINT NOT NULL",
      "at BIGINT NOT NULL",
      "content MEDIUMTEXT NOT NULL",
      "`key` VARCHAR(255)",
      "reply BIGINT",
      "edited_at BIGINT",
      "deleted_at BIGINT",
      "PRIMARY KEY (room, seq)",
      "UNIQUE KEY messages_id (id)",
      "UNIQUE KEY messages_key (sender, `key`)",
      "KEY messages_own (room, sender, seq)",
    ),
    table(
      "changes",
      "room BIGINT NOT NULL",
      "seq BIGINT NOT NULL",
      "type VARCHAR(8) NOT NULL CHECK (type IN ('edited', 'deleted', 'reacted', 'room', 'member'))",
      "sender BIGINT NOT NULL",
      "at BIGINT NOT NULL",
      "target BIGINT",
      "subject BIGINT",
      "content MEDIUMTEXT",
      "data TEXT",
      "PRIMARY KEY (room, seq)",
      "KEY changes_targets (room, type, target)",
    ),
    table(
      "reactions",
      "room BIGINT NOT NULL",
      "target BIGINT NOT NULL",
      "emoji VARCHAR(255) NOT NULL",
      "user BIGINT NOT NULL",
      "seq BIGINT NOT NULL",
      "PRIMARY KEY (room, target, emoji, user)",
    ),
    table(
      "people",
      "room BIGINT NOT NULL",
      "user BIGINT NOT NULL",
      "role TINYINT NOT NULL DEFAULT 0",
      "member_since BIGINT NOT NULL DEFAULT 0",
      "banned TINYINT NOT NULL DEFAULT 0",
      "muted_until BIGINT NOT NULL DEFAULT 0",
      "`read` BIGINT NOT NULL DEFAULT 0",
      "read_ordinal BIGINT NOT NULL DEFAULT 0",
      "PRIMARY KEY (room, user)",
      "KEY people_rooms (user, role)",
      "KEY people_members (room, role DESC, member_since, user)",
    ),
    table(
      "blocks",
      "user BIGINT NOT NULL",
      "blocked BIGINT NOT NULL",
      "at BIGINT NOT NULL",
      "PRIMARY KEY (user, blocked)",
    ),
    table(
      "sessions",
      "id VARCHAR(255) NOT NULL PRIMARY KEY",
      "user BIGINT NOT NULL",
      "created_at BIGINT NOT NULL",
      "expires_at BIGINT NOT NULL",
      "KEY sessions_user (user)",
      "KEY sessions_expiry (expires_at)",
    ),
    table(
      "secrets",
      "id VARCHAR(64) NOT NULL PRIMARY KEY",
      "secret VARBINARY(64) NOT NULL",
      "created_at BIGINT NOT NULL",
    ),
    table("marks", "name VARCHAR(64) NOT NULL PRIMARY KEY", "value BIGINT NOT NULL"),
    table(
      "writers",
      "id CHAR(32) NOT NULL PRIMARY KEY",
      "done BIGINT NOT NULL",
      "at BIGINT NOT NULL",
      "KEY writers_at (at)",
    ),
    table(
      "search_queue",
      "no BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
      "room BIGINT NOT NULL",
      "first_seq BIGINT NOT NULL",
      "last_seq BIGINT NOT NULL",
      "dropped MEDIUMBLOB",
    ),
    table(
      "search_grams",
      "volume BIGINT NOT NULL",
      "gram INT UNSIGNED NOT NULL",
      "places MEDIUMBLOB NOT NULL",
      "PRIMARY KEY (volume, gram)",
    ),
    "INSERT IGNORE INTO marks (name, value) VALUES ('indexing', 0), ('probe', 0), ('secrets', 0)",
  ];
};
