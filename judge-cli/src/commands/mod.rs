//! The subcommands.

mod bar;
mod batch;
mod calibrate;
mod config_check;
mod config_try;
mod exit;
mod fetch;
mod judges;
mod report;
#[cfg(feature = "retro")]
mod retro;
mod run;
mod stop;
mod test;
mod watch;

use clap::CommandFactory;

pub(crate) use exit::Exit;

use crate::args::{Args, Command, ConfigCommand};
use crate::output::Console;

/// Runs a subcommand.
pub(crate) fn run(command: Command, console: &Console) -> anyhow::Result<Exit> {
    #[cfg(feature = "retro")]
    retro::hide_caught_panics();
    match command {
        Command::Run(args) => run::run(*args, console),
        Command::Watch(args) => watch::run(&args, console),
        Command::Test(args) => test::run(&args, console),
        Command::Batch(args) => batch::run(args),
        Command::Calibrate(args) => calibrate::run(args, console),
        Command::Fetch(args) => fetch::run(&args, console),
        #[cfg(feature = "retro")]
        Command::Retro(args) => retro::run(&args, console),
        #[cfg(not(feature = "retro"))]
        Command::Retro(_) => {
            let problem = crate::input::InputProblem::LeftOut;
            Err(crate::input::InputError { origin: "judge retro".to_owned(), problem }.into())
        }
        Command::Report(args) => report::run(args),
        Command::Config(ConfigCommand::Check(args)) => config_check::run(&args, console),
        Command::Config(ConfigCommand::Try(args)) => config_try::run(&args, console),
        Command::Judges(args) => judges::run(&args, console),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "judge", &mut script);
            console.own_text(&script)?;
            Ok(Exit::Done)
        }
    }
}
