-- Messages to the user about waiting drafts, and what each says of a draft.
ALTER TABLE draft ADD COLUMN standing TEXT NOT NULL DEFAULT '';
CREATE TABLE digest (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  drafts TEXT NOT NULL,        -- the ids of those it names
  message_id TEXT NOT NULL,
  state TEXT NOT NULL,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  mailbox TEXT NOT NULL,
  uidvalidity INTEGER,
  uid INTEGER,
  uidnext INTEGER,
  attempts INTEGER NOT NULL,
  missed INTEGER NOT NULL,
  because TEXT
);
