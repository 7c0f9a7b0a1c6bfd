//! Reads what `CREATE TABLE` and `ALTER TABLE` say of a table.

use super::{Read, Reader, beyond};
use crate::sql::Kind;

impl Reader<'_> {
    /// Reads an `ALTER TABLE` and returns the new name that it gives, if any.
    ///
    /// # Errors
    /// Refuses a part that isn't known to keep to the table.
    pub(in crate::sql::mysql::writes) fn alterations(mut self) -> Read<Option<String>> {
        const KNOWN: [&str; 38] = [
            "add",
            "algorithm",
            "alter",
            "analyze",
            "auto_increment",
            "avg_row_length",
            "change",
            "character",
            "charset",
            "check",
            "checksum",
            "coalesce",
            "collate",
            "comment",
            "convert",
            "default",
            "delay_key_write",
            "disable",
            "drop",
            "enable",
            "engine",
            "force",
            "key_block_size",
            "lock",
            "max_rows",
            "min_rows",
            "modify",
            "optimize",
            "order",
            "page_checksum",
            "partition",
            "rebuild",
            "remove",
            "reorganize",
            "repair",
            "row_format",
            "truncate",
            "with",
        ];
        let mut new = None;
        loop {
            if self.take(&["rename"]) {
                if !self.take(&["column", "index", "key"]) {
                    self.take(&["to", "as"]);
                    self.take_mark("=");
                    new = Some(self.name()?);
                }
            } else if !self.here(&KNOWN) {
                return Err(beyond(&format!("`ALTER TABLE … {}` isn't known to keep to the table", self.shown())));
            } else if self.take(&["convert"]) && !self.here(&["to"]) {
                return Err(beyond("it moves a partition"));
            }
            while !(self.is_at_end() || self.here_mark(",") || self.here_mark(";")) {
                self.skip()?;
            }
            if !self.take_mark(",") {
                return Ok(new);
            }
        }
    }

    /// Checks whether the statement sets the place of a table's or partition's file: `DATA DIRECTORY =
    /// '...'`.
    fn places_file(&self) -> bool {
        let mut ahead = self.clone();
        let is_place = ahead.take(&["data", "index"]) && ahead.take(&["directory"]);
        is_place && (ahead.take_mark("=") || ahead.tokens.first().is_some_and(|token| token.kind == Kind::Text))
    }

    /// Reads the rest of `CREATE TABLE`: columns, rules and options of a table that keeps its own rows.
    pub(in crate::sql::mysql::writes) fn definition(self) -> Read<()> {
        self.options(false)
    }

    /// Reads the rest of `ALTER TABLE`, as [`definition`](Self::definition) does.
    pub(in crate::sql::mysql::writes) fn alteration(self) -> Read<()> {
        self.options(true)
    }

    fn options(mut self, alters: bool) -> Read<()> {
        let mut depth = 0_usize;
        let (mut begins, mut is_of_part, mut has_partitions) = (alters, false, false);
        while !self.is_at_end() {
            if begins {
                // What is done to a column or a rule has no options of the table behind it.
                is_of_part =
                    self.take(&["add", "modify", "change", "drop", "alter", "rename"]) && !self.here(&["partition"]);
            }
            begins = alters && depth == 0 && self.here_mark(",");
            depth += usize::from(self.here_mark("("));
            depth -= usize::from(self.here_mark(")") && depth > 0);
            has_partitions |= depth == 0 && !is_of_part && self.here(&["partition"]);
            let is_option = if depth == 0 { !is_of_part } else { has_partitions };
            if is_option && self.take(&["engine"]) {
                self.engine(depth > 0)?;
            } else if self.places_file() {
                return Err(beyond("it places a file"));
            } else if is_option && depth == 0 && self.here(&["tablespace", "connection", "insert_method", "union"]) {
                return Err(beyond(&format!("`{}` reaches beyond the table", self.shown())));
            } else if self.take(&["references"]) {
                self.name()?;
            } else if !alters && depth == 0 && self.here(&["select"]) {
                return self.rest();
            } else if self.take_mark(";") {
                return self.ends();
            } else {
                self.value()?;
            }
        }
        Ok(())
    }

    /// Reads the engine that a table or partition has, behind that word. In an expression about partitions it may be the
    /// name of a column.
    fn engine(&mut self, may_be_column: bool) -> Read<()> {
        const ENGINES: [&str; 5] = ["innodb", "aria", "myisam", "memory", "rocksdb"];
        let is_stated = self.take_mark("=");
        let is_column = may_be_column && !is_stated && self.here_any_mark() && !self.here_text();
        if is_column || self.take_texts(&ENGINES) {
            return Ok(());
        }
        Err(beyond(&format!("a table of the engine {} may be part of others", self.shown())))
    }

    fn here_text(&self) -> bool {
        self.tokens.first().is_some_and(|token| token.kind == Kind::Text)
    }
}
