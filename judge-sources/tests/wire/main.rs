//! A source over real sockets: what goes wrong there, who is told what, how much is read.

mod credentials;
mod faults;
mod limits;
mod server;
mod tls;
