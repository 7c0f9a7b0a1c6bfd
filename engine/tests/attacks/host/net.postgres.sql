CREATE TABLE notes (id int PRIMARY KEY, n int, "Two Words" text);
INSERT INTO notes VALUES (1, 1), (2, 2);
CREATE FUNCTION own() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE SEQUENCE own_runs;
