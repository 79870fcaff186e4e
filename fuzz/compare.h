/* Support of the harness messages.c: is a message the same as another, and does a text say no more
 * than another?
 * Read first: src/wire/message.h. */
#ifndef FUZZ_COMPARE_H
#define FUZZ_COMPARE_H

#include "wire/message.h"

/* Whether it can be written as it is: numbered and addressed, where its action asks for that. */
bool compare_is_whole(const ep_message *message);

/* Ends the program where a member of the one is not that of the other. */
void compare_messages(const ep_message *one, const ep_message *other);

/* Ends the program where `written` has a member that `read` has not, or not with this value. What
 * jansson cannot read is not compared. */
void compare_texts(ep_bytes read, ep_bytes written);

#endif
