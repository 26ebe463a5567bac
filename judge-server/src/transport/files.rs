//! The system's limit on open files, of which each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// Files that the server has open besides connections, with a reserve.
const OTHERS: u64 = 64;

/// Raises the limit on open files to what `connections` need, as far as the system allows, and warns if that is not enough.
pub(crate) fn raise_limit(connections: usize) {
    let needed = (connections as u64).saturating_add(OTHERS);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Without a limit there is nothing to raise.
    let Some(soft) = current.filter(|current| *current < needed) else { return };
    let raised = maximum.map_or(needed, |maximum| maximum.min(needed));
    let set = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum });
    let files = if set.is_ok() { raised } else { soft };
    if files < needed {
        warn!(
            files,
            max_connections = connections,
            "the system lets this process open fewer files than max-connections may need: raise its \
             hard limit (LimitNOFILE, ulimit -Hn) or lower max-connections"
        );
    }
}
