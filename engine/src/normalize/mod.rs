//! Two schemas in one spelling, so that what still differs is a difference.
