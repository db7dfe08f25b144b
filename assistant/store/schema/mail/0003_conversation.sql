-- Gmail's conversation (X-GM-THRID), a hint at what References lost; NULL on every other server, and then it costs nothing.
ALTER TABLE message ADD COLUMN conversation INTEGER;
