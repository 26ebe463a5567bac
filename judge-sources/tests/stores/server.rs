//! Processes that end with their test.

use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A process that is killed when it goes out of scope.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Waits until the process answers at `url`.
    pub(crate) fn await_answer(&mut self, url: &str) {
        let end = Instant::now() + Duration::from_mins(1);
        while Instant::now() < end {
            let ended = self.0.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {ended:?}");
            if run(Command::new("curl").args(["-sf", "-o", "/dev/null", url])).status.success() {
                return;
            }
            // The process says nowhere else that it is ready.
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("no answer at {url}");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// What a command writes; it must succeed.
pub(crate) fn stdout(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = run(command);
    assert!(status.success(), "{command:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}
