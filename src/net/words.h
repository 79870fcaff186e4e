/* Floor 5, net. Where one sentence about trouble goes: memory of the caller, cut to its length.
 * Read first: epigeon.h (ep_serve, ep_dial). */
#ifndef EP_NET_WORDS_H
#define EP_NET_WORDS_H

#include <stdio.h>

#include "epigeon.h"

typedef struct ep_words {
  char *text;
  size_t len;
} ep_words;

static inline ep_status ep_say(ep_words to, ep_status status, const char *sentence) {
  (void)snprintf(to.text, to.len, "%s", sentence);
  return status;
}

#endif
