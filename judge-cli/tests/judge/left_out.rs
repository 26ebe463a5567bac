//! A command without the feature `retro` explains what is missing.

use crate::harness::{TestFolder, config};

#[test]
fn a_command_without_retro_says_how_to_install_it() {
    let folder = TestFolder::with(&[
        ("config.json", &config(&["latency"])),
        ("releases.csv", b"release,start,end\nv1,0,60\n"),
    ]);
    let fetch = "fetch releases.csv -c config.json --prometheus http://127.0.0.1:1";
    for command in [
        "retro",
        "retro --help",
        "retro -c config.json --history history.parquet --interval 10m",
        "calibrate -c config.json --releases history.parquet",
        "calibrate -c config.json --releases good/*.parquet --with-canaries --step 1m",
        &format!("{fetch} -o history.parquet"),
    ] {
        let answer = folder.judge(command);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{command}: {answer:?}");
        let said = "built without the feature retro; `cargo install --path judge-cli`";
        assert!(answer.stderr.contains(said), "{command}: {answer:?}");
    }
    let help = folder.judge("calibrate --help").stdout;
    assert!(help.contains("--history") && !help.contains("--releases"), "{help}");
    assert!(folder.judge("--help").stdout.contains("Not in this build"));
}
