/* Floor 2, wire. The errors of the spec, chapter 12, by name and with their sentences.
 * Read first: wire/message.h. */
#include "base/assert.h"
#include "wire/message.h"

static const struct {
  const char *name;
  ep_bytes sentence;
} errors[EP_ERROR_COUNT] = {{"", {NULL, 0}},
#define ERROR(id, name, closes, sentence) \
  {name, {(const uint8_t *)(sentence), sizeof(sentence) - 1}},
                            EP_ERRORS(ERROR)
#undef ERROR
};

const char *ep_error_name(ep_error error) {
  EP_ASSERT(error < EP_ERROR_COUNT);
  return errors[error].name;
}

ep_bytes ep_error_sentence(ep_error error) {
  EP_ASSERT(error < EP_ERROR_COUNT);
  return errors[error].sentence;
}
