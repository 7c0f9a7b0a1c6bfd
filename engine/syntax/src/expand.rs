//! From `autogen::table!` to `diesel::table!`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::Parser;

use crate::{Macro, parse};

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
    let table = parse::table(Macro::Autogen).parse2(body)?;
    let (uses, attributes, name) = (&table.uses, &table.attributes, &table.name);
    let schema = table.schema.iter();
    let primary_key = table.primary_key.iter().map(|keys| quote!((#(#keys),*)));
    let columns = table.columns.iter().map(|column| {
        let (attributes, name, ty) = (&column.attributes, &column.name, &column.ty);
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
