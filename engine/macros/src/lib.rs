//! `autogen::table!`: `diesel::table!` with checked attributes; `autogen::plugin!`: a crate's migrations.
//!
//! Use it through the crate `autogen`. What an attribute means is not decided here: the grammar
//! and all checks are [`autogen_syntax`], which the scanner reads by too.

mod plugin;

use std::path::Path;

use proc_macro::TokenStream;

/// Makes a plugin with the migrations of the crate that calls this. The result is an expression of the type
/// `autogen::Plugin`.
///
/// ```ignore
/// pub fn plugin() -> autogen::Plugin {
///     autogen::plugin!()
/// }
/// ```
///
/// The plugin is named after its crate's folder, as in the program `autogen`, unless a name is given:
/// `plugin!(core)` in the host's own crate, `plugin!("usb-devices")`. Migrations are read from the folder
/// `migrations` beside `Cargo.toml`, or from a named one: `plugin!(usb, migrations = "db")`. If it has the
/// folders `sqlite`, `postgres` and `mysql`, the database chooses one of them.
///
/// Every file becomes part of the program. Cargo notices when a file changes, but not when one is added or
/// removed. So a crate with migrations needs a `build.rs` that tells cargo to look, and doesn't compile
/// without one.
///
/// ```text
/// fn main() {
///     println!("cargo::rerun-if-changed=migrations");
/// }
/// ```
#[proc_macro]
pub fn plugin(arguments: TokenStream) -> TokenStream {
    // Only cargo knows which crate this is, and whether a build script looks after it.
    let root = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let has_build_script = std::env::var_os("OUT_DIR").is_some();
    plugin::expand(arguments.into(), Path::new(&root), has_build_script)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Defines an enum whose values a database knows: an enumerated type where there are such types, else a text.
///
/// It gives the enum, with all that Diesel needs to read and write it, and its SQL type, which is called as the
/// enum with `Mapping` behind it and stands in tables. Derive `Debug` at least: Diesel asks for it.
///
/// ```
/// # extern crate autogen_macros as autogen;
/// # fn main() {}
/// # mod schema {
/// autogen::sql_enum! {
///     /// What has become of an order.
///     #[derive(Debug, Clone, Copy, PartialEq, Eq)]
///     pub enum OrderState {
///         New,
///         #[renamed_from(sent)]
///         Shipped,
///         #[sql_name = "paid in full"]
///         Paid,
///     }
/// }
///
/// autogen::table! {
///     use diesel::sql_types::*;
///     use super::OrderStateMapping;
///     orders {
///         id -> Integer,
///         #[default = "new"]
///         state -> OrderStateMapping,
///     }
/// }
/// # }
///
/// use diesel::prelude::*;
/// # use schema::*;
/// let _shipped = orders::table.filter(orders::state.eq(OrderState::Shipped));
/// ```
///
/// On the **enum**: `sql_name`, `sql_schema`, `rename_all`, `renamed_from`, `allow`; on a **variant**: `sql_name`,
/// `renamed_from`. The doc comment is the type's comment. The exact forms are the first page of the crate
/// `autogen-syntax`.
#[proc_macro]
pub fn sql_enum(body: TokenStream) -> TokenStream {
    autogen_syntax::expand_enum(body.into()).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Defines a table for Diesel, and says everything else about it that a database should know.
///
/// The grammar is that of `diesel::table!` plus attributes for rules, defaults, indexes and hints.
/// They are checked here, so that a column that doesn't exist is an error at its name, and stripped; the
/// rest goes to `diesel::table!` as it stands. The program `autogen` reads the same source
/// and writes the migrations.
///
/// ```
/// # extern crate autogen_macros as autogen;
/// autogen::table! {
///     /// A device that somebody can check out.
///     #[unique(serial)]
///     #[index(type_id, retired, name = "ix_usbdevices_type")]
///     #[check("length(serial) > 0")]
///     usbdevices (id) {
///         #[auto_increment]
///         id -> Integer,
///         #[max_length = 64]
///         serial -> Varchar,
///         #[references(usbdevicetypes(id), on_delete = cascade)]
///         type_id -> Integer,
///         #[default = false]
///         retired -> Bool,
///         #[default(now)]
///         created_at -> Timestamp,
///         #[renamed_from(remark)]
///         notes -> Nullable<Text>,
///     }
/// }
///
/// use diesel::prelude::*;
/// let _all_in_use = usbdevices::table.filter(usbdevices::retired.eq(false));
/// ```
///
/// Attributes stand on the table or on a column. Doc comments are their comments in the database. The first page of the
/// crate `autogen-syntax` lists all attributes with their exact forms.
///
/// ```compile_fail
/// # extern crate autogen_macros as autogen;
/// autogen::table! {
///     #[unique(seriall)] // table `usbdevices` has no column `seriall`; it has: id, serial
///     usbdevices {
///         id -> Integer,
///         serial -> Text,
///     }
/// }
/// ```
///
/// `joinable!` and `allow_tables_to_appear_in_same_query!` are Diesel's and are used with these
/// tables as with any other. The crate that calls this macro needs `diesel` among its dependencies.
#[proc_macro]
pub fn table(body: TokenStream) -> TokenStream {
    autogen_syntax::expand(body.into()).unwrap_or_else(|error| error.to_compile_error()).into()
}
