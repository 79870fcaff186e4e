/* epigeon-bench: failing, time, pinning, process figures. See util.h. */
#define _GNU_SOURCE
#include "util.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t signalled;

_Noreturn void die(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fflush(stdout);
  fputs("epigeon-bench: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  exit(1);
}

static void on_signal(int number) { signalled = number; }

void catch_signals(void) {
  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, NULL);
}

void check_signals(void) {
  if (signalled) die("stopped by a signal");
}

static uint64_t clock_ns(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t)) return 0;
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

uint64_t own_cpu_ns(void) { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

uint64_t process_cpu_ns(pid_t pid) {
  clockid_t clock;
  int status = clock_getcpuclockid(pid, &clock);
  if (status) die("the server has gone: %s", strerror(status));
  return clock_ns(clock);
}

void progress(const char *format, ...) {
  if (!isatty(STDERR_FILENO)) return;
  va_list args;
  va_start(args, format);
  fputc('\r', stderr);
  vfprintf(stderr, format, args);
  fputs("\033[K", stderr);
  va_end(args);
}

void sleep_ms(unsigned ms) {
  struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
  nanosleep(&t, NULL);
  check_signals();
}

void *must_alloc(void *old, size_t size) {
  assert(size > 0);
  void *memory = realloc(old, size);
  if (!memory) die("out of memory (%zu bytes)", size);
  return memory;
}

uint64_t random_u64(void) {
  uint64_t value = 0;
  if (getrandom(&value, sizeof value, 0) != (ssize_t)sizeof value) die("no random numbers");
  return value;
}

struct cpus cpus_choose(void) {
  struct cpus chosen = {.server = -1, .driver = -1};
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed)) return chosen;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET((size_t)cpu, &allowed)) continue;
    if (chosen.server < 0) {
      chosen.server = cpu;
    } else {
      chosen.driver = cpu;
      return chosen;
    }
  }
  chosen.server = -1; /* a single CPU: there is nothing to separate */
  return chosen;
}

void cpu_pin(int cpu) {
  if (cpu < 0) return;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET((size_t)cpu, &only);
  if (sched_setaffinity(0, sizeof only, &only))
    die("cannot pin to CPU %d: %s", cpu, strerror(errno));
}

size_t raise_open_files(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit)) getrlimit(RLIMIT_NOFILE, &limit);
  }
  return limit.rlim_cur > 1u << 20 ? 1u << 20 : (size_t)limit.rlim_cur;
}

/* One "Name:   123 kB" line of a /proc file, in bytes. */
static uint64_t proc_kilobytes(pid_t pid, const char *file, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
  FILE *stream = fopen(path, "r");
  if (!stream) return 0;
  char line[256];
  uint64_t bytes = 0;
  size_t length = strlen(name);
  while (fgets(line, sizeof line, stream)) {
    if (strncmp(line, name, length) != 0) continue;
    bytes = strtoull(line + length, NULL, 10) * 1024;
    break;
  }
  fclose(stream);
  return bytes;
}

uint64_t process_rss(pid_t pid) {
  uint64_t exact = proc_kilobytes(pid, "smaps_rollup", "Rss:");
  return exact ? exact : proc_kilobytes(pid, "status", "VmRSS:");
}

uint64_t process_rss_peak(pid_t pid) { return proc_kilobytes(pid, "status", "VmHWM:"); }

uint64_t process_anonymous(pid_t pid) { return proc_kilobytes(pid, "status", "RssAnon:"); }

static double seconds_of(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

static double own_and_children(void) {
  struct rusage self, children;
  if (getrusage(RUSAGE_SELF, &self) || getrusage(RUSAGE_CHILDREN, &children)) return 0;
  return seconds_of(self.ru_utime) + seconds_of(self.ru_stime) + seconds_of(children.ru_utime) +
         seconds_of(children.ru_stime);
}

double others_busy(void) {
  static double used_before, busy_before, total_before;
  unsigned long long ticks[8] = {0}; /* user nice system idle iowait irq softirq steal */
  FILE *stat = fopen("/proc/stat", "r");
  if (!stat) return 0;
  int read = fscanf(stat, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &ticks[0], &ticks[1],
                    &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6], &ticks[7]);
  fclose(stat);
  if (read != 8) return 0;
  double total = 0;
  for (int i = 0; i < 8; i++) total += (double)ticks[i] / (double)sysconf(_SC_CLK_TCK);
  double busy = total - (double)(ticks[3] + ticks[4]) / (double)sysconf(_SC_CLK_TCK);
  double used = own_and_children();
  double others = (busy - busy_before) - (used - used_before);
  double share = total > total_before ? others / (total - total_before) : 0;
  used_before = used;
  busy_before = busy;
  total_before = total;
  return share > 0 ? share : 0;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;
  return (x > y) - (x < y);
}

double median(double *values, size_t count) {
  assert(count > 0);
  qsort(values, count, sizeof *values, compare_doubles);
  if (count % 2) return values[count / 2];
  return (values[count / 2 - 1] + values[count / 2]) / 2;
}
