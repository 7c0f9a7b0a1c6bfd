//! What differs between two comparable schemas.
