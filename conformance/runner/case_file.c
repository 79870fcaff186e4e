/* Reads the documents of conformance/cases: headings, the line of facts, prose, case blocks.
 * Read first: case.h. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "requirements.h"
#include "runner/case.h"

static const struct {
  const char *id, *sentence;
  case_level level;
} registry[] = {
#define REQUIREMENT_ROW(id, level, chapter, sentence, line) {id, sentence, LEVEL_##level},
    EP_REQUIREMENTS(REQUIREMENT_ROW)
#undef REQUIREMENT_ROW
};

static const char *const level_names[] = {"MUST", "SHOULD", "MAY"};

const char *case_level_name(case_level level) { return level_names[level]; }

const char *requirement_sentence(const char *id) {
  for (size_t i = 0; i < sizeof registry / sizeof *registry; i++) {
    if (strcmp(registry[i].id, id) == 0) return registry[i].sentence;
  }
  return NULL;
}

case_level requirement_level(const char *id) {
  for (size_t i = 0; i < sizeof registry / sizeof *registry; i++) {
    if (strcmp(registry[i].id, id) == 0) return registry[i].level;
  }
  return LEVEL_MUST;
}

bool case_fail(case_list *list, const char *file, unsigned line, const char *format, ...) {
  text out = {0};
  va_list args, again;
  text_putf(&out, "%s:%u: ", file, line);
  va_start(args, format);
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  char *words = text_alloc((size_t)(len < 0 ? 0 : len) + 1);
  (void)vsnprintf(words, (size_t)(len < 0 ? 0 : len) + 1, format, again);
  va_end(again);
  va_end(args);
  text_put(&out, words);
  free(words);
  list->trouble = out.at;
  return false;
}

test_case *case_add(case_list *list) {
  list->cases = text_grow(list->cases, (list->count + 1) * sizeof *list->cases);
  test_case *made = &list->cases[list->count++];
  *made = (test_case){.level = LEVEL_MUST};
  return made;
}

void case_add_requirement(test_case *one, const char *id) {
  one->requirements =
      text_grow(one->requirements, (one->requirement_count + 1) * sizeof *one->requirements);
  one->requirements[one->requirement_count++] = text_same(id);
}

char *case_load(const char *path, size_t *len) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return NULL;
  text content = {0};
  char part[65536];
  size_t got;
  text_add(&content, "", 0);
  while ((got = fread(part, 1, sizeof part, file)) > 0) text_add(&content, part, got);
  bool failed = ferror(file) != 0;
  (void)fclose(file);
  if (failed) return NULL;
  if (len != NULL) *len = content.len;
  return content.at;
}

/* Where the reading of one document stands. */
typedef struct reader {
  case_list *list;
  const char *file;
  char *slug; /* of the file */
  unsigned line;
  test_case *now; /* the case whose heading was read last; NULL: prose of the document */
  bool has_facts, in_block, in_other_block;
  text prose;
} reader;

/* 05-json.md, with folders before it, is `json`. */
static char *slug_of(const char *path) {
  const char *name = strrchr(path, '/');
  name = name == NULL ? path : name + 1;
  while (isdigit((unsigned char)*name)) name++;
  if (*name == '-') name++;
  const char *dot = strrchr(name, '.');
  return text_copy(name, dot == NULL ? strlen(name) : (size_t)(dot - name));
}

static bool end_case(reader *r) {
  test_case *one = r->now;
  r->now = NULL;
  if (one == NULL) return true;
  if (!r->has_facts)
    return case_fail(r->list, r->file, one->line,
                     "Under the heading of a case comes a line `EP-… · MUST · server · EP/2`.");
  if (one->step_count == 0)
    return case_fail(r->list, r->file, one->line, "The case has no block of steps.");
  bool judges = false;
  for (size_t i = 0; i < one->step_count; i++) judges = judges || step_judges(&one->steps[i]);
  if (!judges)
    return case_fail(r->list, r->file, one->line,
                     "No step of this case can fail, so it would prove nothing.");
  one->prose = text_same(text_trim(text_same(text_words(&r->prose))));
  return true;
}

/* ## slug — Title; a heading without the dash is one of the document. */
static bool read_heading(reader *r, char *words) {
  if (!end_case(r)) return false;
  char *dash = strstr(words, " — ");
  if (dash == NULL) return true;
  *dash = '\0';
  char *slug = text_trim(words);
  if (strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(slug) || *slug == '\0')
    return case_fail(r->list, r->file, r->line,
                     "`%s` is not a name for a case: small letters, digits and `-` only.", slug);
  char *id = text_format("%s/%s", r->slug, slug);
  for (size_t i = 0; i < r->list->count; i++) {
    if (strcmp(r->list->cases[i].id, id) == 0)
      return case_fail(r->list, r->file, r->line, "There is a case %s already, on line %u.", id,
                       r->list->cases[i].line);
  }
  r->now = case_add(r->list);
  r->now->id = id;
  r->now->title = text_same(text_trim(dash + strlen(" — ")));
  r->now->file = text_same(r->file);
  r->now->line = r->line;
  r->has_facts = false;
  r->prose = (text){0};
  return true;
}

static bool read_word(test_case *one, const char *word) {
  if (strcmp(word, "MUST") == 0)
    one->level = LEVEL_MUST;
  else if (strcmp(word, "SHOULD") == 0)
    one->level = LEVEL_SHOULD;
  else if (strcmp(word, "MAY") == 0)
    one->level = LEVEL_MAY;
  else if (strcmp(word, "server") == 0)
    one->role = ROLE_SERVER;
  else if (strcmp(word, "client") == 0)
    one->role = ROLE_CLIENT;
  else if (strcmp(word, "EP/1") == 0)
    one->in_v1 = true;
  else if (strcmp(word, "EP/2") == 0)
    one->in_v2 = true;
  else if (strcmp(word, "both") == 0)
    one->in_v1 = one->in_v2 = true;
  else if (strcmp(word, "start") == 0)
    one->needs_start = true;
  else if (strcmp(word, "slow") == 0)
    one->is_slow = true;
  else if (strcmp(word, "lossy") == 0)
    one->is_lossy = true;
  else if (strcmp(word, "alone") == 0)
    one->is_alone = true;
  else if (strcmp(word, "token") == 0)
    one->needs_token = true;
  else
    return false;
  return true;
}

/* EP-RECV-4, EP-RECV-3 · SHOULD · server · EP/2 · slow */
static bool read_facts(reader *r, char *words) {
  for (char *dot = strstr(words, "·"); dot != NULL; dot = strstr(words, "·")) {
    memset(dot, ' ', strlen("·"));
  }
  for (char *word = strtok(words, " ,"); word != NULL; word = strtok(NULL, " ,")) {
    if (text_begins(word, "EP-")) {
      if (requirement_sentence(word) == NULL)
        return case_fail(r->list, r->file, r->line, "The spec has no requirement %s.", word);
      case_add_requirement(r->now, word);
    } else if (!read_word(r->now, word)) {
      return case_fail(r->list, r->file, r->line,
                       "`%s` is neither a requirement nor a level, role, version or word.", word);
    }
  }
  if (r->now->requirement_count == 0)
    return case_fail(r->list, r->file, r->line, "The case names no requirement.");
  if (!r->now->in_v1 && !r->now->in_v2)
    return case_fail(r->list, r->file, r->line, "Say for which version: EP/1, EP/2 or both.");
  r->has_facts = true;
  return true;
}

static bool read_block_line(reader *r, const char *line) {
  const char *trouble = step_add(r->now, line, r->line);
  return trouble == NULL || case_fail(r->list, r->file, r->line, "%s", trouble);
}

static bool read_line(reader *r, char *line) {
  if (text_begins(line, "```")) {
    bool inside = r->in_block || r->in_other_block;
    bool is_case = !inside && strcmp(text_trim(line + 3), "case") == 0;
    r->in_block = is_case;
    r->in_other_block = !inside && !is_case;
    if (is_case && (r->now == NULL || !r->has_facts))
      return case_fail(r->list, r->file, r->line, "This block does not belong to a case.");
    return true;
  }
  if (r->in_block) return read_block_line(r, line);
  if (r->in_other_block) return true;
  if (text_begins(line, "## ")) return read_heading(r, line + 3);
  if (text_begins(line, "# ")) return end_case(r);
  if (r->now == NULL) return true;
  if (!r->has_facts) return *text_trim(line) == '\0' || read_facts(r, text_trim(line));
  text_put(&r->prose, line);
  text_put(&r->prose, "\n");
  return true;
}

bool case_read_text(case_list *list, const char *file, char *content) {
  reader r = {.list = list, .file = file, .slug = slug_of(file)};
  for (char *at = content; at != NULL && *at != '\0';) {
    char *end = strchr(at, '\n');
    if (end != NULL) *end = '\0';
    r.line++;
    if (!read_line(&r, at)) return false;
    at = end == NULL ? NULL : end + 1;
  }
  if (r.in_block || r.in_other_block)
    return case_fail(list, file, r.line, "The last block of the file is not closed.");
  return end_case(&r);
}

bool case_read_file(case_list *list, const char *path) {
  size_t len = 0;
  char *content = case_load(path, &len);
  if (content == NULL) return case_fail(list, path, 0, "The file cannot be read.");
  if (strlen(content) != len) return case_fail(list, path, 0, "The file holds a zero byte.");
  return case_read_text(list, path, content);
}

static int is_document(const struct dirent *entry) {
  size_t len = strlen(entry->d_name);
  return len > 3 && strcmp(entry->d_name + len - 3, ".md") == 0 &&
         strcmp(entry->d_name, "README.md") != 0;
}

bool case_read_folder(case_list *list, const char *folder) {
  struct dirent **entries = NULL;
  int count = scandir(folder, &entries, is_document, alphasort);
  if (count < 0)
    return case_fail(list, folder, 0, "The cases cannot be read; --cases says where they are.");
  bool good = true;
  for (int i = 0; i < count; i++) {
    if (good) good = case_read_file(list, text_format("%s/%s", folder, entries[i]->d_name));
    free(entries[i]);
  }
  free(entries);
  char *vectors = text_format("%s/json-vectors.tsv", folder);
  FILE *file = good ? fopen(vectors, "rb") : NULL;
  if (file == NULL) return good;
  (void)fclose(file);
  return case_read_vectors(list, vectors);
}
