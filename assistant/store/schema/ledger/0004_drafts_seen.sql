-- What was last seen in an account's Drafts mailbox, so that it need not be fetched again while it stays the same.
CREATE TABLE drafts_seen (
  account TEXT PRIMARY KEY,
  seen TEXT NOT NULL           -- JSON: name, UIDVALIDITY, flags by UID, what that showed of our drafts
);
