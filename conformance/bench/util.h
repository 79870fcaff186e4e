/* epigeon-bench: small things that every other file here uses: failing, time, CPU pinning, and what
 * /proc and the CPU clocks tell about another process. No protocol knowledge. Read first: nothing.
 */
#ifndef BENCH_UTIL_H
#define BENCH_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Prints one sentence to stderr and exits 1 (children are stopped and files removed on the way
 * out). */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What is being done, on a terminal only; "" wipes it out. */
void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Exits when SIGINT or SIGTERM has come; called once per loop turn. */
void catch_signals(void);
void check_signals(void);

uint64_t now_ns(void);
void sleep_ms(unsigned ms);
void *must_alloc(void *old, size_t size);
uint64_t random_u64(void);

/* The CPUs for the two sides; -1 when there is only one and nothing is pinned. */
struct cpus {
  int server;
  int driver;
};
struct cpus cpus_choose(void);
void cpu_pin(int cpu);

/* Soft limit of open files raised to the hard one; returns it. */
size_t raise_open_files(void);

uint64_t process_cpu_ns(pid_t pid); /* user and system time, all threads */
uint64_t own_cpu_ns(void);
uint64_t process_rss(pid_t pid);       /* bytes; 0 when unknown */
uint64_t process_rss_peak(pid_t pid);  /* the most that it ever was */
uint64_t process_anonymous(pid_t pid); /* the same without mapped files, such as a store */

/* The share of all CPU time since the last call that neither this process nor its (ended) children
 * used: what else ran on the machine. */
double others_busy(void);

double median(double *values, size_t count); /* sorts them */

#endif
