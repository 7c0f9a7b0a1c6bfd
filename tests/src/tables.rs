//! Definitions for measuring: tables of ten columns, with two indexes and a foreign key each.

/// Returns the definition of a table by its number, which refers to another one or to itself.
pub fn table(number: usize, parent: usize) -> String {
    format!(
        "autogen::table! {{
            #[index(c2, name = \"ix_t{number}_c2\")]
            #[index(c3, c4, name = \"ix_t{number}_c3\")]
            t{number} (id) {{
                #[auto_increment] id -> Integer,
                #[references(t{parent}(id))] parent_id -> Nullable<Integer>,
                #[max_length = 64] c1 -> Varchar,
                c2 -> Integer,
                c3 -> Nullable<Text>,
                c4 -> BigInt,
                #[default = false] c5 -> Bool,
                #[default(now)] c6 -> Timestamp,
                c7 -> Nullable<Double>,
                c8 -> Nullable<Date>,
            }}
        }}\n"
    )
}
