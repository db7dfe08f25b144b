-- Messages that lie nowhere, by what they are known again by: their Message-ID, else their time. Few at most times.
CREATE INDEX message_gone ON message (coalesce(message_id, time, 0)) WHERE uid IS NULL;
