//! The expanded table is one of Diesel's: names, nullability and joins are as they were written.

extern crate autogen_macros as autogen;

use diesel::prelude::*;

autogen::table! {
    /// Kinds of devices.
    #[strict]
    kinds {
        id -> Integer,
        #[unique]
        label -> Text,
    }
}

autogen::table! {
    use diesel::sql_types::*;

    /// Devices.
    #[sql_name = "USB devices"]
    #[unique(r#type, serial)]
    #[index(desc(serial), expr("lower(serial)"), name = "ix", where = "kind_id > 0")]
    #[check("length(serial) > 0")]
    #[foreign_key(kind_id => kinds(id), on_delete = cascade, deferrable)]
    #[renamed_from(gadgets)]
    #[allow(rebuild, reason = "few rows")]
    #[allow(non_snake_case)]
    devices (key) {
        #[auto_increment]
        key -> Integer,
        #[sql_name = "Serial Number"]
        #[max_length = 64]
        serial -> Varchar,
        #[default = "hub"]
        r#type -> Text,
        kind_id -> Nullable<Integer>,
        #[default(now)]
        madeAt -> Timestamp,
        #[cfg_attr(any(), autogen(default = 0))]
        #[precision(10, 2)]
        price -> Numeric,
    }
}

diesel::joinable!(devices -> kinds (kind_id));
diesel::allow_tables_to_appear_in_same_query!(devices, kinds);

fn main() {
    use diesel::Column;
    assert_eq!(<devices::r#type as Column>::NAME, "type");
    assert_eq!(<devices::serial as Column>::NAME, "Serial Number");

    let _query = devices::table
        .inner_join(kinds::table)
        .filter(devices::r#type.eq("hub").and(devices::kind_id.is_not_null()))
        .order(devices::madeAt.desc())
        .select((devices::key, kinds::label));
}
