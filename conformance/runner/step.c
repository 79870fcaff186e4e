/* One line of a case: who, which sign, what, which requirement, how long.
 * Read first: case.h, conformance/README.md. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runner/case.h"
#include "runner/command.h"
#include "runner/pattern.h"

static const struct {
  const char *name;
  int judges;
} commands[] = {
#define COMMAND_ROW(id, name, judges) {name, judges},
    COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
};

command command_of(const char *words, const char **rest) {
  for (int i = 0; i < COMMAND_NONE; i++) {
    size_t len = strlen(commands[i].name);
    if (strncmp(words, commands[i].name, len) != 0) continue;
    if (words[len] != '\0' && words[len] != ' ') continue;
    *rest = words + len + strspn(words + len, " ");
    return (command)i;
  }
  *rest = words;
  return COMMAND_NONE;
}

int command_judges(command which) { return which != COMMAND_NONE && commands[which].judges; }

bool step_judges(const step *one) {
  const char *rest;
  switch (one->kind) {
    case STEP_EXPECT:
    case STEP_EXPECT_BYTES:
    case STEP_ANY_ORDER:
    case STEP_NOT:
    case STEP_APP_EXPECT:
    case STEP_APP_NOT: return true;
    case STEP_COMMAND: return command_judges(command_of(one->words, &rest));
    default: return false;
  }
}

/* Cuts a remark off: a blank, `#`, a blank, outside of a JSON string. */
static void cut_remark(char *line) {
  bool in_string = false;
  for (char *at = line; *at != '\0'; at++) {
    if (*at == '\\' && in_string && at[1] != '\0')
      at++;
    else if (*at == '"')
      in_string = !in_string;
    else if (*at == '#' && !in_string && (at[1] == ' ' || at[1] == '\0') &&
             (at == line || at[-1] == ' '))
      *at-- = '\0';
    if (*at == '\0') break;
  }
}

/* Takes `[EP-…]` off the end of the line. */
static char *cut_requirement(char *line) {
  size_t len = strlen(line);
  char *from = strrchr(line, '[');
  if (len == 0 || line[len - 1] != ']' || from == NULL || !text_begins(from, "[EP-")) {
    return text_same("");
  }
  char *id = text_copy(from + 1, (size_t)(line + len - 1 - from) - 1);
  *from = '\0';
  (void)text_trim(line);
  return id;
}

/* Takes ` WORD TIME ms` off the end; NULL when it does not stand there. */
static char *cut_time(char *words, const char *word) {
  size_t len = strlen(words), width = strlen(word);
  if (len < 4 || strcmp(words + len - 3, " ms") != 0) return NULL;
  for (char *at = words + len - 3; at > words; at--) {
    if (at[0] != ' ' || strncmp(at + 1, word, width) != 0 || at[width + 1] != ' ') continue;
    char *value = text_copy(at + width + 2, (size_t)(words + len - 3 - (at + width + 2)));
    if (*value != '$' && !isdigit((unsigned char)*value)) return NULL;
    if (strstr(value, " ms") != NULL || (*value != '$' && strchr(value, ' ') != NULL)) return NULL;
    *at = '\0';
    return value;
  }
  return NULL;
}

/* The times, in any order at the end of the words. */
static void cut_times(step *one) {
  for (int turn = 0; turn < 3; turn++) {
    char *found = cut_time(one->words, "within");
    if (found != NULL && one->within == NULL) one->within = found;
    found = cut_time(one->words, "after");
    if (found != NULL && one->after == NULL) one->after = found;
    found = cut_time(one->words, "for");
    if (found != NULL && one->during == NULL) one->during = found;
  }
}

typedef struct sign {
  const char *spelled;
  step_kind kind, for_app;
} sign;

/* The longer ones first. */
static const sign signs[] = {{">>", STEP_WRITE_AS, STEP_WRITE_AS},
                             {">", STEP_WRITE, STEP_APP_COMMAND},
                             {"<<", STEP_EXPECT_BYTES, STEP_EXPECT_BYTES},
                             {"<?", STEP_MAY_COME, STEP_APP_MAY_COME},
                             {"<&", STEP_ANY_ORDER, STEP_ANY_ORDER},
                             {"<", STEP_EXPECT, STEP_APP_EXPECT},
                             {"!", STEP_NOT, STEP_APP_NOT},
                             {":", STEP_COMMAND, STEP_COMMAND}};

static const char *check_command(step *one, const test_case *of) {
  const char *rest;
  command which = command_of(one->words, &rest);
  if (strcmp(one->who, "server") == 0) {
    one->kind = STEP_SERVER;
    if (which != COMMAND_KILL && which != COMMAND_STOP && which != COMMAND_START)
      return "The server can be told `kill`, `stop` or `start`.";
    return of->needs_start ? NULL : "A case that touches the server needs the word `start` above.";
  }
  if (which == COMMAND_NONE) return "There is no such command; conformance/README.md lists them.";
  return NULL;
}

static const char *check_words(step *one, const test_case *of) {
  if (one->kind == STEP_COMMAND) return check_command(one, of);
  if (one->kind == STEP_NOT || one->kind == STEP_APP_NOT)
    if (one->during == NULL) return "`!` needs how long: `for N ms`.";
  bool is_pattern = one->kind == STEP_EXPECT || one->kind == STEP_MAY_COME ||
                    one->kind == STEP_ANY_ORDER || one->kind == STEP_NOT;
  if (is_pattern && strcmp(one->who, "app") != 0) return pattern_check(one->words);
  if (one->kind == STEP_WRITE_AS && !text_begins(one->words, "bare ") &&
      !text_begins(one->words, "enveloped ") && !text_begins(one->words, "raw ") &&
      !text_begins(one->words, "escaped ") && !text_begins(one->words, "$form "))
    return "After `>>` comes `bare`, `enveloped`, `escaped`, `raw` or `$form`, and a text.";
  if (one->kind == STEP_EXPECT_BYTES && !text_begins(one->words, "raw "))
    return "After `<<` comes `raw` and a text.";
  return *one->words == '\0' ? "There is nothing after the sign." : NULL;
}

/* `who` and its sign. */
static const char *read_who(step *one, char *line, const test_case *of) {
  size_t len = 0;
  while (islower((unsigned char)line[len]) || isdigit((unsigned char)line[len])) len++;
  if (len == 0 || !isalpha((unsigned char)line[0]))
    return "A step begins with a name in lower case.";
  one->who = text_copy(line, len);
  bool is_app = strcmp(one->who, "app") == 0;
  if (is_app && of->role != ROLE_CLIENT) return "`app` is there in cases for clients only.";
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
    if (!text_begins(line + len, signs[i].spelled)) continue;
    one->kind = is_app ? signs[i].for_app : signs[i].kind;
    if (is_app && (one->kind == STEP_ANY_ORDER || one->kind == STEP_WRITE_AS ||
                   one->kind == STEP_EXPECT_BYTES))
      return "`app` has no such sign.";
    one->words = text_same(text_trim(line + len + strlen(signs[i].spelled)));
    if (one->kind != STEP_WRITE && one->kind != STEP_WRITE_AS && one->kind != STEP_EXPECT_BYTES)
      cut_times(one);
    return check_words(one, of);
  }
  return "After the name comes one of : > >> < << <? <& !";
}

static const char *read_let(step *one, char *line) {
  char *equals = strstr(line, " = ");
  if (equals == NULL) return "It is written `let NAME = TEXT`.";
  *equals = '\0';
  one->kind = STEP_LET;
  one->who = text_same(text_trim(line + 4));
  one->words = text_same(text_trim(equals + 3));
  return NULL;
}

static const char *read_wait(step *one, char *line) {
  size_t len = strlen(line);
  if (len < 9 || strcmp(line + len - 3, " ms") != 0) return "It is written `wait N ms`.";
  line[len - 3] = '\0';
  one->kind = STEP_WAIT;
  one->who = text_same("");
  one->words = text_same(text_trim(line + 5));
  return NULL;
}

/* `EP/1:`, `EP/2:` and `repeat N:` before the step itself. */
static char *read_prefixes(step *one, char *line) {
  if (text_begins(line, "EP/1: ") || text_begins(line, "EP/2: ")) {
    one->version = (unsigned)(line[3] - '0');
    line = text_trim(line + 6);
  }
  char *colon = text_begins(line, "repeat ") ? strstr(line, ": ") : NULL;
  if (colon == NULL) return line;
  *colon = '\0';
  one->repeat = text_same(text_trim(line + 7));
  return text_trim(colon + 2);
}

const char *step_add(test_case *one, const char *line, unsigned number) {
  char *mine = text_trim(text_same(line));
  bool is_raw = strstr(mine, ">> raw ") != NULL || strstr(mine, "<< raw ") != NULL ||
                strstr(mine, ">> escaped ") != NULL;
  step made = {.line = number, .requirement = NULL};
  if (!is_raw) {
    cut_remark(mine);
    mine = text_trim(mine);
  }
  if (*mine == '\0') return NULL;
  made.requirement = is_raw ? text_same("") : cut_requirement(mine);
  made.source = text_same(mine);
  if (*made.requirement != '\0' && requirement_sentence(made.requirement) == NULL)
    return "The spec has no such requirement.";
  char *rest = read_prefixes(&made, mine);
  const char *trouble = text_begins(rest, "let ")    ? read_let(&made, rest)
                        : text_begins(rest, "wait ") ? read_wait(&made, rest)
                                                     : read_who(&made, rest, one);
  if (trouble != NULL) return trouble;
  one->steps = text_grow(one->steps, (one->step_count + 1) * sizeof *one->steps);
  one->steps[one->step_count++] = made;
  return NULL;
}
