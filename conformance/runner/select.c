/* Which runs there are, and which of them are wanted.
 * Read first: options.h, case.h. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "runner/options.h"

/* By the name of the run, of its case, or by one of its requirements. */
static bool is_named(const test_run *run, const char *const list[], size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (fnmatch(list[i], run->id, 0) == 0 || fnmatch(list[i], run->of->id, 0) == 0) return true;
    for (size_t k = 0; k < run->of->requirement_count; k++) {
      if (fnmatch(list[i], run->of->requirements[k], 0) == 0) return true;
    }
  }
  return false;
}

static bool is_wanted(const options *how, const test_run *run) {
  if (how->is_role_given && how->is_client != (run->of->role == ROLE_CLIENT)) return false;
  if (how->version != 0 && how->version != run->version) return false;
  if (how->level >= 0 && (int)run->of->level > how->level) return false;
  if (how->select_count > 0 && !is_named(run, how->select, how->select_count)) return false;
  return !is_named(run, how->exclude, how->exclude_count);
}

test_run *select_runs(const options *how, const case_list *list, size_t *count) {
  test_run *runs = text_alloc(list->count * 2 * sizeof *runs);
  *count = 0;
  for (size_t i = 0; i < list->count; i++) {
    const test_case *one = &list->cases[i];
    bool both = one->in_v1 && one->in_v2;
    for (unsigned version = 1; version <= 2; version++) {
      if (!(version == 1 ? one->in_v1 : one->in_v2)) continue;
      test_run *run = &runs[*count];
      *run = (test_run){.of = one, .version = version};
      run->id = both ? text_format("%s@v%u", one->id, version) : one->id;
      if (is_wanted(how, run)) (*count)++;
    }
  }
  return runs;
}
