//! Real stores with known history. `.ci/sources` installs them and runs these tests.

mod prometheus;
mod server;
