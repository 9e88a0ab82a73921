//! `axis completions <shell>`

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use serde_json::json;

use crate::{Answer, Axis};

/// For which shell.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell; `axis completions bash > ~/.local/share/bash-completion/completions/axis`
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completion script.
pub fn run(arguments: &Arguments) -> anyhow::Result<Answer> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Axis::command(), "axis", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let value = json!({ "script": script });
    Answer::new(script, &value)
}
