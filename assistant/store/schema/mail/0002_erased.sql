-- The highest number of a message that was erased: no number is given twice, since threads go by these numbers.
CREATE TABLE erased (highest INTEGER NOT NULL);
INSERT INTO erased VALUES (0);
CREATE TRIGGER number_kept AFTER DELETE ON message
BEGIN UPDATE erased SET highest = max(highest, old.id); END;
