/* Floor 6, programs. Options as a table: long options on the command line, and the same names in a
 * file of `name = value` lines that --config names. The command line wins. What does not fit is
 * told in one sentence.
 * Read first: epigeond_options.c, which has such a table. */
#ifndef EP_CMD_OPTIONS_H
#define EP_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "epigeon.h"

typedef enum ep_option_kind {
  EP_OPTION_FLAG,     /* bool; in a file: yes or no */
  EP_OPTION_TEXT,     /* const char * */
  EP_OPTION_LIST,     /* ep_option_list; may be given more than once */
  EP_OPTION_NUMBER,   /* uint64_t */
  EP_OPTION_SIZE,     /* uint64_t, bytes: 1000, 64KiB, 32MiB, 1GiB */
  EP_OPTION_DURATION, /* uint64_t, milliseconds: 500ms, 10s, 2m */
  EP_OPTION_COMMAND   /* bool; on the command line only: --help */
} ep_option_kind;

typedef struct ep_option {
  const char *name; /* without the dashes */
  ep_option_kind kind;
  void *value;       /* of the type of the kind; holds the default */
  const char *word;  /* stands for the value in the help; NULL for flags */
  const char *help;  /* one line */
  const char *usual; /* the default, for the help; NULL: none */
} ep_option;

typedef struct ep_option_list {
  const char **items;
  size_t count;
  int source; /* from which of default, file, command line the items are */
} ep_option_list;

typedef struct ep_options {
  const ep_option *table;
  size_t count;
  const char *config; /* the file named by --config, or NULL */
  char message[512];  /* the sentence, when reading failed */
  char **kept;        /* texts out of the file */
  size_t kept_count;
} ep_options;

/* False: message says why. Texts and lists are good until ep_options_free. */
bool ep_options_read(ep_options *options, int argc, char **argv);
void ep_options_free(ep_options *options);

/* One value by itself, at least 1: a count, and bytes as 1000, 64KiB or 32MiB. False: it is none.
 */
bool ep_options_number(uint64_t *out, const char *text);
bool ep_options_size(uint64_t *out, const char *text);

/* Adds one more to a list. False: no memory. */
bool ep_options_list_add(ep_option_list *list, const char *text);

/* One line for each option. */
void ep_options_help(const ep_options *options, FILE *out);

/* The first line of a file as text (malloc), for secrets and tokens, which do not belong on a
 * command line. `what` names it in sentences. SYSTEM: there is no such line; INVALID_ARGUMENT: it
 * cannot be a credential; NO_MEMORY; each with a sentence in message. OK: message is empty, or says
 * that this one is so short that it may be guessed. */
ep_status ep_options_credential(char **out, const char *path, const char *what, char *message,
                                size_t message_len);

#endif
