extern crate autogen_macros as autogen;

autogen::table! {
    #[check("")]
    devices (id, a) {
        #[auto_increment]
        id -> Integer,
        #[default = 1]
        #[default = 2]
        a -> Integer,
        #[default = 1]
        #[generated("a + 1", stored)]
        b -> Integer,
        #[references(kinds(id), on_delete = explode)]
        #[generated("a")]
        c -> Integer,
        #[precision(2, 4)]
        d -> Numeric,
        #[default(null)]
        e -> Text,
    }
}

fn main() {}
