-- What an account's server last wanted the user to read (ALERT), and when it said so.
ALTER TABLE account ADD COLUMN alerts TEXT NOT NULL DEFAULT '[]';  -- JSON: sentences, cleaned
ALTER TABLE account ADD COLUMN alerted INTEGER;
