-- How far back a mailbox was read when it was read to the end; NULL: not noted, so that it is looked at once more.
ALTER TABLE mailbox ADD COLUMN since INTEGER;
