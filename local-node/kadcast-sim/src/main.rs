//! Measures Kadcast beside gossip and flooding, and prints a table.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use local_node_kadcast_sim::measure::{Figures, Plan, mean_peers, measure, network};
use local_node_kadcast_sim::net::{Links, Net, Strategy};
use local_node_kadcast_sim::plot;
use local_node_kadcast_sim::report::{HEAD, figures_in, row, title};

const USAGE: &str = "usage: local-node-kadcast-sim [--nodes N,N,...] [--messages N] [--seed N] [--svg FILE]
       local-node-kadcast-sim --from FILE --svg FILE

--nodes N,...   the sizes of networks, at most 20000 each (100,1000,10000)
--messages N    short messages for each row (50000 / nodes, at least 10 and at most 100)
--seed N        where all random choices come from (1)
--svg FILE      draws the figures of short messages, too
--from FILE     measures nothing, and draws the tables that a file holds";

/// A vote with its frame has about so many bytes.
const SHORT_BYTES: usize = 300;
/// A block with some transactions.
const LONG_BYTES: usize = 100_000;
/// Long messages are sent in networks of at most so many nodes, and flooded in smaller ones: floods of them take long.
const MAX_NODES_OF_LONG: usize = 1_000;
const MAX_NODES_OF_LONG_FLOODS: usize = 200;
const MAX_NODES: usize = 20_000;
/// Of a thousand datagrams, so many are lost.
const LOSSES_PERMILLE: [u32; 3] = [0, 50, 200];
const STRATEGIES: [Strategy; 4] = [Strategy::Kadcast, Strategy::Gossip(3), Strategy::Gossip(10), Strategy::Flooding];

struct Command {
    nodes: Vec<usize>,
    messages: Option<u32>,
    seed: u64,
    svg: Option<PathBuf>,
    from: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(command) = parse(&arguments) else {
        let _ = writeln!(io::stderr(), "{USAGE}");
        return ExitCode::from(2);
    };
    match run(&command, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: &[String]) -> Option<Command> {
    let mut command = Command { nodes: vec![100, 1000, 10_000], messages: None, seed: 1, svg: None, from: None };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let value = arguments.next()?;
        match argument.as_str() {
            "--nodes" => command.nodes = value.split(',').map(|it| it.parse().ok()).collect::<Option<_>>()?,
            "--messages" => command.messages = Some(value.parse().ok().filter(|messages| *messages > 0)?),
            "--seed" => command.seed = value.parse().ok()?,
            "--svg" => command.svg = Some(value.into()),
            "--from" => command.from = Some(value.into()),
            _ => return None,
        }
    }
    let fits = command.nodes.iter().all(|nodes| (2..=MAX_NODES).contains(nodes)) && !command.nodes.is_empty();
    // Figures that are read are drawn.
    let fits = fits && (command.from.is_none() || command.svg.is_some());
    fits.then_some(command)
}

fn run(command: &Command, out: &mut impl Write) -> io::Result<()> {
    if let (Some(from), Some(svg)) = (&command.from, &command.svg) {
        return draw(from, svg);
    }
    let (mut short, mut long) = (Vec::new(), Vec::new());
    // One thread for each size; the results do not depend on their number.
    std::thread::scope(|scope| {
        let threads: Vec<_> = command.nodes.iter().map(|nodes| scope.spawn(|| measure_size(*nodes, command))).collect();
        for thread in threads {
            let (next_short, next_long) = thread.join().map_err(|_| io::Error::other("a measurement has failed"))?;
            short.extend(next_short);
            long.extend(next_long);
            // Drawn again for each size, so that a run that is interrupted leaves something.
            if let Some(path) = &command.svg {
                std::fs::write(path, plot::svg(&short))?;
            }
        }
        io::Result::Ok(())
    })?;
    for (bytes, figures) in [(SHORT_BYTES, &short), (LONG_BYTES, &long)] {
        if !figures.is_empty() {
            writeln!(out, "{}\n\n{HEAD}", title(bytes))?;
            figures.iter().try_for_each(|figures| writeln!(out, "{}", row(figures)))?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// Draws the tables in a file, which may come from several runs.
fn draw(from: &Path, svg: &Path) -> io::Result<()> {
    let figures = figures_in(&std::fs::read_to_string(from)?, SHORT_BYTES).unwrap_or_default();
    if figures.is_empty() {
        let problem = format!("{} holds no table of messages of {SHORT_BYTES} bytes", from.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
    }
    std::fs::write(svg, plot::svg(&figures))
}

/// Measures networks of one size, with short and with long messages.
fn measure_size(nodes: usize, command: &Command) -> (Vec<Figures>, Vec<Figures>) {
    let begun = Instant::now();
    let mut net = network(nodes, command.seed);
    let (peers, seconds) = (mean_peers(&net), begun.elapsed().as_secs_f64());
    tell(&format!("{nodes} nodes know {peers:.1} peers each on average; built in {seconds:.0} s"));
    let most = u32::try_from(50_000 / nodes).unwrap_or(u32::MAX);
    let messages = command.messages.unwrap_or(most.clamp(10, 100));
    let short = rows(&mut net, messages, SHORT_BYTES, command.seed);
    let has_long = nodes <= MAX_NODES_OF_LONG;
    let long = if has_long { rows(&mut net, messages.div_ceil(10), LONG_BYTES, command.seed) } else { Vec::new() };
    (short, long)
}

/// Measures every strategy at every loss, on one network, so that all have the same tables.
fn rows(net: &mut Net, messages: u32, message_bytes: usize, seed: u64) -> Vec<Figures> {
    let mut figures = Vec::new();
    let is_long = message_bytes > SHORT_BYTES;
    let may_flood = !is_long || net.nodes.len() <= MAX_NODES_OF_LONG_FLOODS;
    for strategy in STRATEGIES.into_iter().filter(|strategy| may_flood || *strategy != Strategy::Flooding) {
        for loss in LOSSES_PERMILLE {
            // Endpoints take a message once, so each row has messages of its own.
            let row_seed = seed.wrapping_mul(1_000_003).wrapping_add((message_bytes + figures.len()) as u64);
            let plan = Plan { strategy, links: Links::lossy(loss), messages, message_bytes, seed: row_seed };
            let begun = Instant::now();
            let measured = measure(net, &plan);
            tell(&format!("{} {:.0} s", row(&measured), begun.elapsed().as_secs_f64()));
            figures.push(measured);
        }
    }
    figures
}

/// Says how far the measurement is. A closed pipe does not end it.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
