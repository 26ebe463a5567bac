//! `judge batch`: a pipeline that keeps the order of its input.
//!
//! ```text
//! reader ── lines ──> workers        each line with a channel for its one result
//!    └───── results, in order ──> writer
//! ```
//! Both channels are bounded, so that an endless input needs a bounded number of lines in memory.

mod lines;
mod progress;
mod work;

use std::io::{self, BufWriter, Write};
use std::num::NonZero;
use std::thread;

use anyhow::Context;
use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded};

use self::lines::{Line, Lines};
use self::progress::Progress;
use self::work::{OutputLine, Worker};
use super::exit::Exit;
use crate::args::{BatchArgs, Overrides};
use crate::input::{InputError, InputProblem, Source};

/// A line on its way to a worker.
struct Job {
    number: u64,
    bytes: Vec<u8>,
    result: Sender<OutputLine>,
}

/// A place in the output.
enum Place {
    /// Will be sent by a worker.
    Pending(Receiver<OutputLine>),
    /// Known without a worker.
    Ready(OutputLine),
    /// The input ends here because it cannot be read.
    Failed(InputError),
}

/// Lines in memory for each worker: one in work, and enough waiting to even out long and short ones.
const LINES_PER_WORKER: usize = 8;
/// A buffer that has grown beyond this is not used for another line.
const LARGEST_KEPT_BUFFER: usize = 1 << 20;
const WRITE: &str = "cannot write to standard output";
const OUTPUT_BUFFER: usize = 1 << 16;

/// Judges every line of the input.
pub(crate) fn run(args: BatchArgs) -> anyhow::Result<Exit> {
    let named = Overrides { judge: args.judge, ..Overrides::default() }.named_judge()?;
    let longest = usize::try_from(args.max_line_bytes).unwrap_or(usize::MAX);
    let lines = Lines::new(args.requests.open()?, longest);
    let workers = args.threads.map_or_else(all_cores, usize::from);
    let (jobs, work) = bounded::<Job>(workers * LINES_PER_WORKER);
    let (places, order) = bounded::<Place>(workers * LINES_PER_WORKER);
    let (used, unused) = bounded::<Vec<u8>>(workers * LINES_PER_WORKER);
    // None of these threads is waited for: when the writer has everything, or can write no more, the
    // process ends, even while the reader waits for a line that may never come.
    for _ in 0..workers {
        let (work, used) = (work.clone(), used.clone());
        thread::Builder::new().spawn(move || {
            let mut worker = Worker::new(named);
            for Job { number, mut bytes, result } in work {
                // The writer may have stopped; then nobody wants the result.
                let _ = result.send(worker.judge(number, &bytes));
                if bytes.capacity() <= LARGEST_KEPT_BUFFER {
                    bytes.clear();
                    let _ = used.try_send(bytes);
                }
            }
        })?;
    }
    drop(work);
    let source = args.requests;
    thread::Builder::new().spawn(move || read(&source, lines, &jobs, &places, &unused))?;
    write(&order, &mut Progress::start())
}

fn all_cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Hands out lines until the input ends or the writer has stopped.
fn read(
    source: &Source,
    mut lines: Lines,
    jobs: &Sender<Job>,
    places: &Sender<Place>,
    unused: &Receiver<Vec<u8>>,
) {
    loop {
        let place = match lines.next(unused.try_recv().unwrap_or_default()) {
            Ok(None) => return,
            Ok(Some(Line::Complete { number, bytes })) => {
                let (result, pending) = bounded(1);
                if places.send(Place::Pending(pending)).is_err() {
                    return;
                }
                if jobs.send(Job { number, bytes, result }).is_err() {
                    return;
                }
                continue;
            }
            Ok(Some(Line::TooLong { number, longest })) => {
                let message = format!(
                    "longer than {longest} bytes, the longest line allowed; allow more with \
                     --max-line-bytes"
                );
                Place::Ready(work::bad_line(number, "", &message))
            }
            Err(error) => Place::Failed(source.error(InputProblem::Io(error))),
        };
        let last = matches!(place, Place::Failed(_));
        if places.send(place).is_err() || last {
            return;
        }
    }
}

/// Writes results in order, and at once when none is waiting behind them.
fn write(order: &Receiver<Place>, progress: &mut Progress) -> anyhow::Result<Exit> {
    let mut out = BufWriter::with_capacity(OUTPUT_BUFFER, io::stdout().lock());
    let mut exit = Exit::Done;
    while let Some(place) = next(order, &mut out).context(WRITE)? {
        let judged = match place {
            Place::Ready(judged) => judged,
            Place::Pending(result) => next(&result, &mut out)
                .context(WRITE)?
                .context("a judge stopped without an answer")?,
            Place::Failed(error) => {
                out.flush().context(WRITE)?;
                return Err(error.into());
            }
        };
        out.write_all(&judged.text).context(WRITE)?;
        if judged.bad {
            exit = Exit::BadInput;
        }
        progress.one_more(judged.bad);
    }
    out.flush().context(WRITE)?;
    Ok(exit)
}

/// The next message; what is written so far is flushed before waiting for it.
fn next<T>(messages: &Receiver<T>, out: &mut impl Write) -> io::Result<Option<T>> {
    match messages.try_recv() {
        Ok(message) => Ok(Some(message)),
        Err(TryRecvError::Disconnected) => Ok(None),
        Err(TryRecvError::Empty) => {
            out.flush()?;
            Ok(messages.recv().ok())
        }
    }
}
