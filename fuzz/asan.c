/* Support: how the address sanitizer runs. What was freed is remembered for a few blocks, not for
 * 256 MB: a harness ends within milliseconds, and new pages would be most of its time.
 * Read first: fuzz.h. */
const char *__asan_default_options(void);

const char *__asan_default_options(void) {
  return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64:abort_on_error=1:"
         "malloc_context_size=8:allocator_release_to_os_interval_ms=-1";
}
