//! The `judge` command: judges canary releases from their metrics.

mod args;
mod commands;
mod input;
mod output;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let args = args::Args::parse();
    let console = output::Console::new(args.color);
    match commands::run(args.command, &console) {
        Ok(exit) => exit.into(),
        Err(error) => {
            let exit = commands::Exit::from_error(&error);
            if !output::reader_went_away(&error) {
                console.error(&error);
            }
            exit.into()
        }
    }
}
