//! `autogen man`: manual pages.

use autogen_engine::error::{Code, Error, Result};

use crate::Outcome;
use crate::args::Man;
use crate::help;
use crate::ui::Ui;

pub(crate) fn run(args: &Man, ui: &Ui) -> Result<Outcome> {
    let folder = &args.folder;
    let refused = |cause: std::io::Error| {
        Error::new(Code::CantWrite, format!("can't write manual pages into `{}`: {cause}", folder.display()))
            .help("name a folder that you may write to; it is made if need be")
            .caused_by(cause)
    };
    std::fs::create_dir_all(folder).map_err(refused)?;
    clap_mangen::generate_to(help::with_examples(), folder).map_err(refused)?;
    ui.text(format!("wrote manual pages into {}", folder.display()));
    Ok(Outcome::Clean)
}
