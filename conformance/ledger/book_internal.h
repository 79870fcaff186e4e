/* Between the two halves of the ledger.
 * Read first: book.h. */
#ifndef LEDGER_BOOK_INTERNAL_H
#define LEDGER_BOOK_INTERNAL_H

#include "ledger/book.h"

#define LEDGER_NONE UINT32_MAX

/* Counts something that must not be; the first is kept as a sentence. */
__attribute__((format(printf, 3, 4))) void ledger_book_blame(ledger_book *book, uint64_t *count,
                                                             const char *format, ...);

#endif
