//! Load, for a while, and what came of it.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use super::{
    http::Client,
    texts::{Texts, Typed},
};

/// Threads that keep the connections of [`pages_a_second`] busy: more would only take turns.
const THREADS: usize = 2;

/// How often something was done, and in what time.
pub struct Done {
    pub count: usize,
    time: Duration,
}

impl Done {
    pub fn a_second(&self) -> f64 {
        self.count as f64 / self.time.as_secs_f64()
    }
}

/// Has this many threads do their work again and again until the time is over. `work` makes the
/// work of each thread. What is under way at the end is finished and counts, with its time.
pub fn for_a_while<W: FnMut()>(
    threads: usize,
    time: Duration,
    work: impl Fn(usize) -> W + Sync,
) -> Done {
    let started = Instant::now();
    let until = started + time;
    let count = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (work, count) = (&work, &count);
            scope.spawn(move || {
                let mut work = work(thread);
                while Instant::now() < until {
                    work();
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    Done {
        count: count.into_inner(),
        time: started.elapsed(),
    }
}

/// People who send forms: each number is one person's answers.
pub struct People {
    texts: Texts,
    next: AtomicUsize,
}

impl People {
    pub fn new() -> Self {
        Self {
            texts: Texts::new(),
            next: AtomicUsize::new(0),
        }
    }

    pub fn next(&self) -> Typed {
        self.texts.typed(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Has this many clients at once send to a service.
    pub fn send<T>(
        &self,
        address: SocketAddr,
        clients: usize,
        time: Duration,
        send: impl Fn(&mut Client, &Typed) -> T + Sync,
    ) -> Done {
        for_a_while(clients, time, |_| {
            let mut client = Client::new(address);
            let send = &send;
            move || {
                send(&mut client, &self.next());
            }
        })
    }
}

/// How many times in a second a service answers with this page, over this many connections. Each
/// of them always has a request under way.
pub fn pages_a_second(address: SocketAddr, path: &str, connections: usize, time: Duration) -> f64 {
    let done = for_a_while(THREADS, time, |_| {
        let mut clients: Vec<Client> = (0..connections / THREADS)
            .map(|_| {
                let mut client = Client::new(address);
                client.ask(path);
                client
            })
            .collect();
        let mut turn = 0;
        move || {
            let client = &mut clients[turn];
            client.answer().expect(200);
            client.ask(path);
            turn = (turn + 1) % (connections / THREADS);
        }
    });
    done.a_second()
}

/// How long these pages take, one after the other over one connection: the 99th percentile of as
/// many requests, or of as many as there is time for. In milliseconds.
pub fn slowest(client: &mut Client, paths: &[String], requests: usize, time: Duration) -> f64 {
    let until = Instant::now() + time;
    let mut times = Vec::new();
    // The first is for the connection.
    client.get(&paths[0]).expect(200);
    for path in paths.iter().cycle().take(requests) {
        let started = Instant::now();
        client.get(path).expect(200);
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        if Instant::now() > until {
            break;
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    times[(times.len() * 99).div_ceil(100) - 1]
}

/// Measures in turn, so that what else the machine does meets all alike: for each round one figure
/// of each.
pub fn in_turn<const N: usize>(
    rounds: usize,
    mut measures: [&mut dyn FnMut() -> f64; N],
) -> [Vec<f64>; N] {
    let mut figures = [const { Vec::new() }; N];
    for _ in 0..rounds {
        for (measure, figures) in measures.iter_mut().zip(&mut figures) {
            figures.push(measure());
        }
    }
    figures
}

/// The median.
pub fn median(figures: &[f64]) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_unstable_by(f64::total_cmp);
    let half = figures.len() / 2;
    if figures.len().is_multiple_of(2) {
        f64::midpoint(figures[half - 1], figures[half])
    } else {
        figures[half]
    }
}

/// The median of how many times the others' figure ours is, round by round.
pub fn ratio(ours: &[f64], others: &[f64]) -> f64 {
    let ratios: Vec<f64> = std::iter::zip(ours, others)
        .map(|(ours, others)| ours / others)
        .collect();
    median(&ratios)
}
