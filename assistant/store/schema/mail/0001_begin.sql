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
  marks INTEGER NOT NULL       -- 1 answered, 2 flagged, 4 labelled sent, 8 labelled inbox
);
CREATE UNIQUE INDEX message_uid ON message (mailbox, uid);
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
