CREATE TABLE assets (id INTEGER PRIMARY KEY AUTOINCREMENT, tag TEXT);
CREATE UNIQUE INDEX by_tag ON assets (tag);
CREATE TABLE audit (what TEXT);
CREATE TABLE w_stat (id INTEGER PRIMARY KEY, value BLOB);
CREATE VIEW tags AS SELECT tag, n FROM assets LEFT JOIN notes ON notes.id = assets.id;
CREATE TRIGGER tagging INSTEAD OF INSERT ON tags BEGIN INSERT INTO assets (tag) VALUES (NEW.tag); END;
INSERT INTO assets (tag) VALUES ('one'), ('two'); INSERT INTO w_stat VALUES (1, 'kept');
