//! The macro that makes the enum of all codes from a table of them.

macro_rules! codes {
    ($($section:literal { $($(#[doc = $meaning:literal])+ $name:ident = $code:literal => $next_step:literal,)+ })+) => {
        /// What a message is about: a stable dashed word that scripts may look for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($($(#[doc = $meaning])+ $name,)+)+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$($(Self::$name,)+)+];

            /// Returns the code's word: `no-such-plugin`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($(Self::$name => $code,)+)+
                }
            }

            /// Returns the section of the documentation that lists the code.
            pub const fn section(self) -> &'static str {
                match self {
                    $($(Self::$name => $section,)+)+
                }
            }

            /// Returns what is wrong, in a sentence or two.
            pub fn meaning(self) -> &'static str {
                match self {
                    $($(Self::$name => concat!($($meaning),+).trim_start(),)+)+
                }
            }

            /// Returns what to do about it.
            pub const fn next_step(self) -> &'static str {
                match self {
                    $($(Self::$name => $next_step,)+)+
                }
            }
        }
    };
}
