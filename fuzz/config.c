/* Harness: the settings of the server, from a command line and a file. They are taken, or refused
 * with one sentence; those of a file, written as a file, are read again as the same.
 * Input: words of the command line, each ended by a zero byte, then an empty one, then the file. */
#include "cmd/epigeond_options.h"
#include "fuzz.h"
#include "settings.h"

enum { WORDS_MOST = 8, INPUT_MOST = 2048 };

typedef struct settings {
  epigeond_settings all;
  ep_option table[EPIGEOND_OPTIONS_MOST];
  ep_options options;
} settings;

static bool read_settings(settings *out, int count, char **words) {
  memset(out, 0, sizeof *out);
  out->options.count = epigeond_options(out->table, &out->all);
  out->options.table = out->table;
  bool good = ep_options_read(&out->options, count, words);
  size_t len = strlen(out->options.message);
  bool is_sentence = len > 0 && (out->options.message[len - 1] == '.' || len > 200); /* cut */
  FUZZ_MUST(good || is_sentence, "No sentence says what is wrong.");
  return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static settings one, again;
  char text[INPUT_MOST + 1], path[] = SETTINGS_FILE, config[] = "--config", program[] = "epigeond";
  char *words[WORDS_MOST] = {program, config, path}, *at = text;
  size_t len = size < INPUT_MOST ? size : INPUT_MOST, first_len, again_len;
  int count = 3;
  memcpy(text, data, len);
  text[len] = '\0';
  for (; count < WORDS_MOST && *at != '\0' && at < text + len; at += strlen(at) + 1)
    if (strncmp(at, config, 8) != 0) words[count++] = at;
  size_t rest = at < text + len ? (size_t)(text + len - at) - 1 : 0;
  settings_place(at + 1, rest);
  (void)read_settings(&one, count, words);
  ep_options_free(&one.options);
  if (read_settings(&one, 3, words)) {
    char *first = settings_write(&one.options, &first_len), *second;
    settings_place(first, first_len);
    FUZZ_MUST(read_settings(&again, 3, words), "Settings that were written are refused.");
    second = settings_write(&again.options, &again_len);
    FUZZ_MUST(first_len == again_len && memcmp(first, second, first_len) == 0,
              "Settings that were written are read as others.");
    free(first);
    free(second);
    ep_options_free(&again.options);
  }
  ep_options_free(&one.options);
  return 0;
}
