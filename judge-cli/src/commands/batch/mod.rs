//! `judge batch`: reads lines, judges them on all cores, writes the results in the order of the lines.

mod lines;
mod progress;
mod work;

use std::io::{self, BufWriter, Write};
use std::num::NonZero;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use anyhow::Context;
use judge_ordered::{Feed, Results, TryNext};

use self::lines::{InputLine, Lines};
use self::progress::BatchProgress;
use self::work::{OutputLine, Worker};
use super::exit::Exit;
use crate::args::{BatchArgs, Overrides};
use crate::input::{InputError, InputProblem, InputSource};

/// A line for a worker.
struct Line {
    number: u64,
    bytes: Vec<u8>,
}

/// A line of output, or the error that ends the input.
type Outcome = Result<OutputLine, InputError>;

/// Lines in memory for each worker: one in work, and enough waiting ones to balance long and short lines.
const LINES_PER_WORKER: usize = 8;
/// A buffer larger than this is not reused.
const LARGEST_KEPT_BUFFER: usize = 1 << 20;
const WRITE: &str = "cannot write to standard output";
const OUTPUT_BUFFER: usize = 1 << 16;

/// Judges every line of the input.
pub(crate) fn run(args: BatchArgs) -> anyhow::Result<Exit> {
    let named = Overrides { judge: args.judge, ..Overrides::default() }.named_judge()?;
    let longest = usize::try_from(args.max_line_bytes).unwrap_or(usize::MAX);
    let lines = Lines::new(args.requests.open()?, longest);
    let threads = args.threads.map_or_else(all_cores, usize::from);
    let capacity = threads * LINES_PER_WORKER;
    let (feed, workers, results) = judge_ordered::bounded::<Line, Outcome>(capacity);
    let (used, unused) = sync_channel::<Vec<u8>>(capacity);
    // These threads are detached. The process ends when the writer has finished or cannot write any more, even if the
    // reader still waits for a line that may never come.
    for _ in 0..threads {
        let (workers, used) = (workers.clone(), used.clone());
        thread::Builder::new().spawn(move || {
            let mut worker = Worker::new(named);
            workers.run(|Line { number, mut bytes }| {
                let judged = worker.judge(number, &bytes);
                if bytes.capacity() <= LARGEST_KEPT_BUFFER {
                    bytes.clear();
                    let _ = used.try_send(bytes);
                }
                Ok(judged)
            });
        })?;
    }
    drop(workers);
    let source = args.requests;
    thread::Builder::new().spawn(move || read(&source, lines, feed, &unused))?;
    write(results, &mut BatchProgress::start())
}

fn all_cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Feeds lines to the workers until the input ends or the writer stops.
fn read(
    source: &InputSource,
    mut lines: Lines,
    mut feed: Feed<Line, Outcome>,
    unused: &Receiver<Vec<u8>>,
) {
    loop {
        let fed = match lines.next(unused.try_recv().unwrap_or_default()) {
            Ok(None) => return,
            Ok(Some(InputLine::Complete { number: 1, bytes }))
                if let Some(problem) = source.binary_problem(&bytes) =>
            {
                let _ = feed.send_result(Err(source.error(problem)));
                return;
            }
            Ok(Some(InputLine::Complete { number, bytes })) => feed.send(Line { number, bytes }),
            Ok(Some(InputLine::TooLong { number, longest })) => {
                let message = format!(
                    "longer than {longest} bytes, the longest line allowed; allow more with \
                     --max-line-bytes"
                );
                feed.send_result(Ok(work::bad_line(number, "", &message)))
            }
            Err(error) => {
                // The writer may have stopped, and then nobody reads this error.
                let _ = feed.send_result(Err(source.error(InputProblem::Io(error))));
                return;
            }
        };
        if fed.is_err() {
            return;
        }
    }
}

/// Writes results in order. Flushes whenever the next result is not ready.
fn write(mut results: Results<Outcome>, progress: &mut BatchProgress) -> anyhow::Result<Exit> {
    let mut out = BufWriter::with_capacity(OUTPUT_BUFFER, io::stdout().lock());
    let mut exit = Exit::Done;
    loop {
        let outcome = match results.try_next()? {
            TryNext::Ready(outcome) => outcome,
            TryNext::Ended => break,
            TryNext::Pending => {
                out.flush().context(WRITE)?;
                match results.next() {
                    Some(outcome) => outcome?,
                    None => break,
                }
            }
        };
        let line = match outcome {
            Ok(line) => line,
            Err(error) => {
                out.flush().context(WRITE)?;
                return Err(error.into());
            }
        };
        out.write_all(&line.text).context(WRITE)?;
        if line.bad {
            exit = Exit::BadInput;
        }
        progress.one_more(line.bad);
    }
    out.flush().context(WRITE)?;
    Ok(exit)
}
