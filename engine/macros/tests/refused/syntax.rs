extern crate autogen_macros as autogen;

autogen::table! {
    #[unique(nothing)]
    devices {
        id -> Integer
        serial -> Text,
    }
}

autogen::table! {
    type {
        id -> Integer,
    }
}

autogen::table! {
    empty {}
}

fn main() {}
