/**
 * The log is two tables. `messages` holds what people said and is changed by edits and deletions;
 * `changes` holds every other event and is only added to (a deletion empties the texts its message
 * once had). A `seq` is in one of them. So a page of history never has to step over a million
 * reactions, and a message costs three index entries and no more.
 *
 * `messages.id` orders the messages of all rooms by age. `ordinal` is the message's number among
 * the room's messages, written once. Unread is
 *   rooms.messages − people.read_ordinal − my own messages after my mark − others' deleted ones:
 * two short index ranges, no counter of unread messages that could drift.
 *
 * `people` is what a user is in a room: role 0 none, 1 member, 2 moderator, 3 owner.
 * Users are numbered (`no`) because a number is a quarter of an id in every index.
 * The full-text tables `search_<n>` are made as they are needed (search_index.ts).
 */
export default `
CREATE TABLE users (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  canonical TEXT UNIQUE,
  guest INTEGER NOT NULL,
  admin INTEGER NOT NULL DEFAULT 0,
  password_hash TEXT,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  deleted_at INTEGER
);
CREATE INDEX users_named_guests ON users (no) WHERE guest = 1 AND canonical IS NOT NULL;

CREATE TABLE rooms (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  canonical TEXT UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('public', 'group', 'direct')),
  title TEXT,
  topic TEXT,
  icon TEXT,
  seq INTEGER NOT NULL DEFAULT 0,
  messages INTEGER NOT NULL DEFAULT 0,
  user_a INTEGER,
  user_b INTEGER,
  created_at INTEGER NOT NULL,
  dissolved_at INTEGER
);
CREATE INDEX rooms_public ON rooms (canonical) WHERE kind = 'public' AND canonical IS NOT NULL;

CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  room INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  sender INTEGER NOT NULL,
  at INTEGER NOT NULL,
  content TEXT NOT NULL,
  key TEXT,
  reply INTEGER,
  edited_at INTEGER,
  deleted_at INTEGER
);
CREATE UNIQUE INDEX messages_log ON messages (room, seq);
CREATE UNIQUE INDEX messages_key ON messages (sender, key) WHERE key IS NOT NULL;
CREATE INDEX messages_own ON messages (room, sender, seq);
CREATE INDEX messages_deleted ON messages (room, seq, sender) WHERE deleted_at IS NOT NULL;

CREATE TABLE changes (
  room INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('edited', 'deleted', 'reacted', 'room', 'member')),
  sender INTEGER NOT NULL,
  at INTEGER NOT NULL,
  target INTEGER,
  subject INTEGER,
  content TEXT,
  data TEXT,
  PRIMARY KEY (room, seq)
) WITHOUT ROWID;
CREATE INDEX changes_edits ON changes (room, target) WHERE type = 'edited';

CREATE TABLE reactions (
  room INTEGER NOT NULL,
  target INTEGER NOT NULL,
  emoji TEXT NOT NULL,
  user INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (room, target, emoji, user)
) WITHOUT ROWID;

CREATE TABLE people (
  room INTEGER NOT NULL,
  user INTEGER NOT NULL,
  role INTEGER NOT NULL DEFAULT 0,
  member_since INTEGER NOT NULL DEFAULT 0,
  banned INTEGER NOT NULL DEFAULT 0,
  muted_until INTEGER NOT NULL DEFAULT 0,
  read INTEGER NOT NULL DEFAULT 0,
  read_ordinal INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (room, user)
) WITHOUT ROWID;
CREATE INDEX people_rooms ON people (user, room) WHERE role > 0;
CREATE INDEX people_members ON people (room, role DESC, member_since, user) WHERE role > 0;

CREATE TABLE blocks (
  user INTEGER NOT NULL,
  blocked INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (user, blocked)
) WITHOUT ROWID;

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (user);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`;
