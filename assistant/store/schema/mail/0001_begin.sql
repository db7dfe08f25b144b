-- Facts that can be read again from the mailboxes at any time. Times are seconds since 1970, UTC.
CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  read_at INTEGER              -- the last time everything in it was read without trouble
);
CREATE TABLE mailbox (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account (id),
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  uidvalidity INTEGER NOT NULL,
  uidnext INTEGER NOT NULL,    -- everything from floor up to here (exclusive) was read
  floor INTEGER NOT NULL,      -- 0 once the look-back is read completely
  messages INTEGER NOT NULL,   -- how many lay in it when it was read to the end
  UNIQUE (account, name)
);
CREATE TABLE address (
  id INTEGER PRIMARY KEY,
  address TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  named INTEGER NOT NULL       -- the time of the mail the name is from; less a lot when others wrote it
);
CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  mailbox INTEGER NOT NULL REFERENCES mailbox (id),
  uid INTEGER,                 -- NULL: it has left its mailbox, or that was made anew and it was not seen since
  message_id TEXT,
  thread INTEGER NOT NULL,
  sender INTEGER,
  reply_to INTEGER,
  recipients TEXT NOT NULL,    -- address numbers: To, a semicolon, Cc
  subject TEXT NOT NULL,
  time INTEGER,
  kind TEXT NOT NULL,
  signals INTEGER NOT NULL,
  size INTEGER NOT NULL,
  marks INTEGER NOT NULL,      -- 1 answered, 2 flagged, 4 labelled sent, 8 labelled inbox
  parent INTEGER               -- the hash of In-Reply-To
);
CREATE UNIQUE INDEX message_uid ON message (mailbox, uid);
CREATE INDEX message_thread ON message (thread);
-- Who takes part in a message: senders and recipients, of list mail the senders; of machines' mail only in Sent.
CREATE TABLE party (address INTEGER NOT NULL, message INTEGER NOT NULL, PRIMARY KEY (address, message)) WITHOUT ROWID;
-- The groups linked by Message-ID and References: each id's hash leads to a thread number,
-- and a thread number that was joined to another leads there.
CREATE TABLE reference (hash INTEGER PRIMARY KEY, thread INTEGER NOT NULL);
CREATE TABLE joined (thread INTEGER PRIMARY KEY, into_thread INTEGER NOT NULL);
-- What was noted of a message's own words; never their text.
CREATE TABLE reading (
  message INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
  language TEXT,
  words INTEGER NOT NULL,
  sentences INTEGER NOT NULL,
  cues TEXT NOT NULL
);
-- Messages that could not be read, with the reason.
CREATE TABLE aside (
  mailbox INTEGER NOT NULL REFERENCES mailbox (id),
  uid INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (mailbox, uid)
);
-- What the last weighing of everybody found, until something makes it void.
CREATE TABLE weighed (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  digest TEXT NOT NULL,        -- what it was done under: day, settings, choices, program
  time INTEGER NOT NULL,
  newest INTEGER NOT NULL,     -- messages with a higher number came later
  found TEXT NOT NULL          -- JSON: what is usual among all, the user's addresses, lists, who may be due
);
CREATE TABLE person (address TEXT PRIMARY KEY, person INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX person_addresses ON person (person);
-- Messages that changed since then: read, moved, flagged.
CREATE TABLE touched (change INTEGER PRIMARY KEY AUTOINCREMENT, message INTEGER NOT NULL);
CREATE TRIGGER message_changed AFTER UPDATE OF mailbox, uid, kind, signals, marks ON message
BEGIN INSERT INTO touched (message) VALUES (new.id); END;
CREATE TRIGGER message_read AFTER INSERT ON reading
BEGIN INSERT INTO touched (message) VALUES (new.message); END;
CREATE TRIGGER message_erased AFTER DELETE ON message
BEGIN DELETE FROM weighed; END;
CREATE TRIGGER role_changed AFTER UPDATE OF role ON mailbox WHEN old.role <> new.role
BEGIN DELETE FROM weighed; END;
