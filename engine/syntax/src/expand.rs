//! Expands `autogen::table!` to `diesel::table!`, and `autogen::sql_enum!` to what Diesel needs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;
use syn::{Ident, ItemEnum};

use crate::{EnumMacro, Macro, SqlEnumType, parse, sql_enum};

/// Turns the body of an `autogen::table!` into a `diesel::table!` without autogen's attributes.
///
/// ```
/// use autogen_syntax::expand;
/// let ours = "users { id -> Integer, #[default = 0] #[max_length = 9] name -> Varchar }".parse().unwrap();
/// let stock = expand(ours).unwrap().to_string();
/// assert!(stock.starts_with(":: diesel :: table !"));
/// assert!(stock.contains("max_length") && !stock.contains("default"));
/// ```
///
/// # Errors
/// Everything that is wrong with the table, combined into one [`syn::Error`].
pub fn expand(body: TokenStream) -> syn::Result<TokenStream> {
    let table = parse::written(Macro::Autogen).parse2(body)?;
    let (uses, attributes, name) = (&table.uses, &table.attributes, &table.name);
    let schema = table.schema.iter();
    let primary_key = table.primary_key.iter().map(|keys| quote!((#(#keys),*)));
    let columns = table.columns.iter().map(|column| {
        let (attributes, name, ty) = (&column.attributes, &column.name, &column.written);
        quote!(#(#attributes)* #name -> #ty)
    });
    Ok(quote! {
        ::diesel::table! {
            #(#uses)*
            #(#attributes)*
            #(#schema.)* #name #(#primary_key)* {
                #(#columns,)*
            }
        }
    })
}

/// Turns the body of an `autogen::sql_enum!` into the enum, its SQL type for Diesel, and the conversions between
/// them.
///
/// # Errors
/// Those of [`sql_enum`].
pub fn expand_enum(body: TokenStream) -> syn::Result<TokenStream> {
    let item: ItemEnum = syn::parse2(body)?;
    let read = sql_enum(&item, EnumMacro::Autogen)?;
    let SqlEnumType::Own { rust, schema, name } = &read.sql_type else {
        return Err(syn::Error::new(item.ident.span(), "an `autogen::sql_enum!` has a type of its own"));
    };
    let (vis, ident, attributes) = (&item.vis, &read.name, &read.attributes);
    let mapping = Ident::new(rust, ident.span());
    let schema = schema.iter();
    let variants = read.values.iter().map(|value| {
        let (attributes, name) = (&value.attributes, &value.name);
        quote!(#(#attributes)* #name)
    });
    let names: Vec<&Ident> = read.values.iter().map(|value| &value.name).collect();
    let values: Vec<&str> = read.values.iter().map(|value| value.value.as_str()).collect();
    let about = format!("The SQL type of [`{ident}`].");
    let unknown = format!("{name} has no value `{{}}`");
    Ok(quote! {
        #(#attributes)*
        #[derive(::diesel::expression::AsExpression, ::diesel::deserialize::FromSqlRow)]
        #[diesel(sql_type = #mapping)]
        #vis enum #ident {
            #(#variants,)*
        }

        #[doc = #about]
        #[derive(Debug, Clone, Copy, ::diesel::sql_types::SqlType, ::diesel::query_builder::QueryId)]
        #[diesel(postgres_type(name = #name #(, schema = #schema)*))]
        #[diesel(sqlite_type(name = "Text"))]
        #[diesel(mysql_type(name = "Enum"))]
        #vis struct #mapping;

        impl<DB> ::diesel::serialize::ToSql<#mapping, DB> for #ident
        where
            DB: ::diesel::backend::Backend,
            str: ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut ::diesel::serialize::Output<'b, '_, DB>,
            ) -> ::diesel::serialize::Result {
                let value: &'static str = match self {
                    #(Self::#names => #values,)*
                };
                <str as ::diesel::serialize::ToSql<::diesel::sql_types::Text, DB>>::to_sql(value, out)
            }
        }

        impl<DB> ::diesel::deserialize::FromSql<#mapping, DB> for #ident
        where
            DB: ::diesel::backend::Backend,
            ::std::string::String: ::diesel::deserialize::FromSql<::diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> ::diesel::deserialize::Result<Self> {
                let value = <::std::string::String as ::diesel::deserialize::FromSql<
                    ::diesel::sql_types::Text,
                    DB,
                >>::from_sql(bytes)?;
                match value.as_str() {
                    #(#values => ::std::result::Result::Ok(Self::#names),)*
                    other => ::std::result::Result::Err(::std::format!(#unknown, other).into()),
                }
            }
        }
    })
}
