/**
 * Own messages are counted in a table that is filled in bulk (authorship.ts) instead of in an index
 * that every message writes to.
 */
export default `
CREATE TABLE authors (
  room INTEGER NOT NULL,
  sender INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (room, sender, seq)
) WITHOUT ROWID;
INSERT INTO authors (room, sender, seq)
  SELECT room, sender, seq FROM messages ORDER BY room, sender, seq;
INSERT INTO marks (name, value) SELECT 'authored', coalesce(max(id), 0) FROM messages;
DROP INDEX messages_own;
`;
