-- How often a message put aside was asked for, and when it is asked for again; NULL: never. Texts of before: once more.
ALTER TABLE aside ADD COLUMN tries INTEGER NOT NULL DEFAULT 1;
ALTER TABLE aside ADD COLUMN again INTEGER;
UPDATE aside SET again = 0;
