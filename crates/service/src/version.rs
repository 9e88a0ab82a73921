//! Which build this is.

use std::sync::LazyLock;

use metrics::{describe_gauge, gauge};

const NUMBER: &str = env!("CARGO_PKG_VERSION");

/// The commit that this was built from, if whoever builds it says so, as the `Dockerfile` does. It is not looked for in
/// the folder: then each commit would have everything built anew, and without git nothing could be built.
const COMMIT: &str = match option_env!("AXIS_COMMIT") {
    Some(commit) if !commit.is_empty() => commit,
    _ => "unknown",
};

static VERSION: LazyLock<String> = LazyLock::new(|| format!("{NUMBER} (commit {COMMIT})"));

/// The version with its commit, for `--version` and logs.
pub(crate) fn version() -> &'static str {
    &VERSION
}

/// Tells the metrics which build of the program runs.
pub(crate) fn tell(program: &'static str) {
    describe_gauge!("axis_build_info", "Which build of the program runs; always 1");
    gauge!("axis_build_info", "program" => program, "version" => NUMBER, "commit" => COMMIT).set(1);
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn the_metrics_tell_which_build_runs() {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || tell("some-worker"));
        let told = recorder.handle().render();
        let build = format!(r#"program="some-worker",version="{NUMBER}",commit="{COMMIT}""#);
        assert!(told.contains(&format!("axis_build_info{{{build}}} 1\n")), "{told}");
        assert_eq!(version(), format!("{NUMBER} (commit {COMMIT})"));
    }
}
