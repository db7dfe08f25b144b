-- What cannot be read again: drafts of ours, contact by other channels, the state of accounts.
CREATE TABLE draft (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  kind TEXT NOT NULL,
  contact TEXT NOT NULL,
  addresses TEXT NOT NULL,
  identity TEXT NOT NULL,
  subject TEXT NOT NULL,
  message_id TEXT NOT NULL,
  in_reply_to TEXT,
  thread_subject TEXT NOT NULL,
  silence TEXT NOT NULL,
  state TEXT NOT NULL,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  language TEXT NOT NULL,
  template TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  needs_word TEXT,
  reason TEXT NOT NULL,
  mailbox TEXT,
  uidvalidity INTEGER,
  uid INTEGER,
  uidnext INTEGER,
  attempts INTEGER NOT NULL,
  missed INTEGER NOT NULL,
  because TEXT,
  gift TEXT
);
CREATE INDEX draft_contact ON draft (contact);
CREATE TABLE other_channel (
  address TEXT NOT NULL,
  happened INTEGER NOT NULL,
  text TEXT NOT NULL,
  balance TEXT
);
CREATE TABLE account (
  name TEXT PRIMARY KEY,
  confirmed INTEGER,           -- since when the daemon may write here
  swept INTEGER,               -- the last sweep that ended without trouble
  next INTEGER,                -- when the daemon means to look again
  code TEXT,                   -- the present trouble, NULL when there is none
  message TEXT,
  cure TEXT,
  since INTEGER,
  tried INTEGER,               -- the last attempt that met this trouble
  attempts INTEGER NOT NULL DEFAULT 0,
  retry INTEGER,               -- not before this; NULL: not before the settings or the secret change
  settings TEXT                -- a salted digest of the settings and secret that met the trouble
);
