//! Throwaway databases: replay chains, evaluate expressions, prove migrations.
