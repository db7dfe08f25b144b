-- Which mailbox an account's name led to last ("user@host"): another one under the same name is not confirmed.
ALTER TABLE account ADD COLUMN place TEXT;
