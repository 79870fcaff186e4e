/* For what many get wrong, one sentence about what to do; and the runs that did not pass, those of
 * one requirement together. Read first: results.h. */
#include <stdlib.h>
#include <string.h>

#include "runner/results.h"

static const struct {
  const char *requirement, *advice;
} table[] = {
    {"EP-SYS-1", "Keep the bytes of an unfinished frame for each connection, not for all of them."},
    {"EP-FRAME-1", "End each frame with one byte 0x0C, and write that byte nowhere else."},
    {"EP-FRAME-2", "Collect bytes for each connection until 0x0C comes, however they are cut."},
    {"EP-FRAME-3", "Look at the members of each frame, not at the version, to tell the two forms."},
    {"EP-FRAME-4", "Write envelopes until the auth reply has selected EP/2."},
    {"EP-FRAME-5", "Write the bare message as soon as the auth reply has selected EP/2."},
    {"EP-FRAME-6", "Write compact JSON, action first; this one is a SHOULD."},
    {"EP-JSON-1", "Parse strictly and decode UTF-8 strictly; catch what the parser throws."},
    {"EP-JSON-2", "Take the last of several members of one name."},
    {"EP-JSON-3", "Undo the escapes of member names before comparing them."},
    {"EP-JSON-4", "Carry lone surrogate escapes as text; do not decode and encode payloads."},
    {"EP-JSON-5",
     "Accept an id in plain decimal digits alone, and compare its text or a 64-bit number."},
    {"EP-G1-1",
     "Cut the payload's text out of the frame and pass it on; do not parse and write it anew."},
    {"EP-G1-2", "Write `from` from the connection's auth request; ignore what the message says."},
    {"EP-G2-1", "Make one copy for each recipient, however often it is matched."},
    {"EP-G5-1", "Confirm only what is accepted and stored, and nothing beyond it."},
    {"EP-G5-2", "Keep a copy until its recipient has confirmed it, not until it is written."},
    {"EP-MSG-4",
     "Build what goes to an EP/1 peer from the members that EP/1 has; do not forward objects."},
    {"EP-MSG-5",
     "Build the message from from, to, id, uid, payload and fromId; do not forward the object."},
    {"EP-MSG-6", "Pass on the text of `to` and `uid` as it was written."},
    {"EP-AUTH-1", "Write the auth request before anything else, also before what waits."},
    {"EP-AUTH-3",
     "Ignore whatever comes before the auth request: no answer, no close, no exception."},
    {"EP-AUTH-4",
     "Start a timer when a connection opens, and close it when nobody has authenticated."},
    {"EP-AUTH-5", "Check the auth request before using it, and close on one that is not usable."},
    {"EP-AUTH-6",
     "Write the reply, then the list where it is due, then the mailbox, and only then events."},
    {"EP-AUTH-9",
     "Answer a repeated auth request with its reply alone: no list, no mail, no events."},
    {"EP-AUTH-10",
     "Remember for whom a connection authenticated, and close it when it says another name."},
    {"EP-NEG-3", "Answer `version` 2 with all five members of an EP/2 reply, or speak EP/1 alone."},
    {"EP-TAKE-1",
     "When a client joins again, hand it to the new connection and close the old one."},
    {"EP-TAKE-2", "Throw away what a connection sent and was not accepted when it ends."},
    {"EP-TAKE-3", "Tell nobody of a connection that merely replaces another."},
    {"EP-TAKE-4",
     "Number connections as they are accepted, and refuse an older one that joins later."},
    {"EP-SEND-1",
     "Number items for each receiver from 0, without a gap, when they enter the mailbox."},
    {"EP-SEND-2", "Keep the mailbox ordered by id and write from its beginning."},
    {"EP-SEND-3", "Write each item once on a connection; repeat only after a reconnect."},
    {"EP-SEND-4", "Take a confirm in EP/2 for everything up to its id, and confirm by id."},
    {"EP-SEND-5", "Let a confirm in EP/1 remove the oldest message of that uid, and nothing else."},
    {"EP-SEND-6", "Answer message.retry for what is in the mailbox; ignore the rest in EP/1."},
    {"EP-SEND-9", "Stop writing items when `window` of them are unconfirmed."},
    {"EP-RECV-1", "Take items in the order of their ids; one that is early waits."},
    {"EP-RECV-2",
     "Compare with the expected id first: what is below it is confirmed again and dropped."},
    {"EP-RECV-3", "Hold what comes above a gap, and do not confirm it."},
    {"EP-RECV-5", "In EP/1 remember uids: the uid tells a duplicate, not the id."},
    {"EP-RECV-8", "Confirm after the application has the message, and only that one."},
    {"EP-RECV-10", "Confirm each message of EP/1 by its uid, once each time it comes."},
    {"EP-RES-2", "Keep the mailbox and both numbers with the client, not with the connection."},
    {"EP-ADDR-1", "All members of a selector have to match, not any one."},
    {"EP-ADDR-2", "Compare by type and value; an array or object matches nothing."},
    {"EP-ADDR-3", "Check `to` before using it: a client id, or an object of scalars."},
    {"EP-ROUTE-1", "Route to everybody who matches: the sender, and those who are away."},
    {"EP-ROUTE-2", "Write the confirm to the sender before the message itself."},
    {"EP-ROUTE-3", "Check uid and id before using a message; count one that has none, and go on."},
    {"EP-PARK-1",
     "Keep a message that nobody matches, and try it whenever a session or client is new."},
    {"EP-SESS-4", "Check the size of a session before taking it over."},
    {"EP-ERR-2", "Answer an unknown action with `unknown-action`, and go on."},
    {"EP-ERR-3",
     "Catch malformed frames: EP/2 is told and closed, EP/1 counted and closed after 16."},
    {"EP-ERR-4",
     "Check the form of every message before using it; count an invalid one, and go on."},
    {"EP-COMPAT-1", "Ignore actions that EP/1 does not have, and write none of them."},
    {"EP-LIM-1", "Give every queue a limit and an answer for when it is full."},
    {"EP-LIM-2", "Skip a frame over the limit to its end byte instead of collecting it."},
    {"EP-LIM-4", "Let an EP/1 sender wait for a full mailbox, and nobody else."},
    {"EP-SEC-5", "Write nothing but the auth reply, or an error, to who is not authenticated."},
    {"EP-TIME-2", "Answer each ping with a pong of the same payload, and ping after silence."},
};

const char *results_advice(const char *requirement) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    if (strcmp(table[i].requirement, requirement) == 0) return table[i].advice;
  }
  return "";
}

/* ---- Groups ---- */

/* Where the server ended, that is what is to be mended, whichever step saw it. */
static results_group *group_of(results_group *groups, size_t *count, const json_t *run) {
  bool is_end = json_is_true(json_object_get(run, "server_died"));
  const char *name = is_end ? "server-ended" : results_text(run, "requirement");
  if (*name == '\0') name = "no-verdict";
  for (size_t i = 0; i < *count; i++) {
    if (strcmp(groups[i].name, name) == 0) return &groups[i];
  }
  groups[*count] = (results_group){.name = name, .is_end = is_end, .runs = json_array()};
  groups[*count].title = is_end ? "The server ended by itself" : name;
  groups[*count].sentence = is_end ? "Nothing that a peer does may end the server for all others."
                                   : results_text(run, "sentence");
  groups[*count].advice = is_end ? "Catch what reading a frame, or the end of a connection, can "
                                   "throw; what the server said last is with each run."
                                 : results_advice(name);
  return &groups[(*count)++];
}

/* What ends the server comes first, then what breaks most. */
static int compare(const void *one, const void *other) {
  const results_group *a = one, *b = other;
  if (a->is_end != b->is_end) return a->is_end ? -1 : 1;
  size_t of_a = json_array_size(a->runs), of_b = json_array_size(b->runs);
  if (of_a != of_b) return of_a > of_b ? -1 : 1;
  return strcmp(a->name, b->name);
}

results_group *results_groups(const json_t *all, size_t *count) {
  json_t *run, *runs = json_object_get(all, "runs");
  size_t i;
  results_group *groups = text_alloc((json_array_size(runs) + 1) * sizeof *groups);
  *count = 0;
  json_array_foreach(runs, i, run) {
    if (!results_is_bad(run)) continue;
    (void)json_array_append(group_of(groups, count, run)->runs, run);
  }
  qsort(groups, *count, sizeof *groups, compare);
  return groups;
}
