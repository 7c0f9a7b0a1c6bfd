extern crate autogen_macros as autogen;

autogen::table! {
    #[uniqe(id)]
    #[unique(id, nmae = "x")]
    #[default = 1]
    #[allow(drop_table, dead_code)]
    devices {
        #[primary_key]
        id -> Integer,
        #[default = maybe]
        a -> Bool,
        #[cfg_attr(any(), autogen(chek("a > 0")))]
        b -> Integer,
    }
}

fn main() {}
