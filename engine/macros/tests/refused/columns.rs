extern crate autogen_macros as autogen;

autogen::table! {
    #[unique(seriall)]
    #[index(desc(gone), serial, serial)]
    #[foreign_key((id, serial) => kinds(id))]
    devices (key) {
        id -> Integer,
        serial -> Text,
        #[sql_name = "Kind"]
        kind -> Text,
        kind -> Text,
    }
}

autogen::table! {
    devices {
        serial -> Text,
    }
}

fn main() {}
