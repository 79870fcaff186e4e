/* epigeon-bench: the raw bounds b1 and b3, a relay that does the least that an acknowledged relay
 * can do. Read first: net.h. */
#ifndef BENCH_RELAY_H
#define BENCH_RELAY_H

/* Runs in a forked child until it is killed. log_path: NULL for b1; for b3 the file to which each
 * read batch of messages is appended and synced before it is forwarded and confirmed. */
_Noreturn void relay_run(int listener, const char *log_path);

#endif
