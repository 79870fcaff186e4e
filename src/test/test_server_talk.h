/* Test support. Conversations with the server core, in few words: one driver for the test that
 * runs, and messages by their numbers. A message with uid number 7 has uid "u7" and payload 7. The
 * digit at the end of a name is the version of the protocol. Read first: server_driver.h. */
#ifndef EP_TEST_TEST_SERVER_TALK_H
#define EP_TEST_TEST_SERVER_TALK_H

#include "test/server_driver.h"

#define EPOCH "5f3c9a1e7b2d4068"
#define WELCOME(known, expect)                                                            \
  "{'action':'auth','payload':" known ",'version':2,'epoch':'" EPOCH "','expect':" expect \
  ",'window':4096,'limits':{'frame':33554432,'depth':256,'session':65536}}"

extern server_driver *driver;

void server_setup(void);
void server_teardown(void);
void restart_with(const ep_server_config *config);
ep_conn auth1(const char *id);
/* The next joins as a new client, with more members, and forgets what that led to. */
ep_conn enter2(const char *id, const char *more);
ep_conn auth2(const char *id, const char *more);
ep_conn fresh1(const char *id);
ep_conn fresh2(const char *id);
void send2(ep_conn conn, const char *to, int id, int uid);
void send1(ep_conn conn, const char *to, int id, int uid);
void confirm2(ep_conn conn, int id);
void hear_confirm2(ep_conn conn, int id);
void hear_confirm1(ep_conn conn, int uid);
void hear_message(ep_conn conn, bool enveloped, const char *from, const char *to, int id, int uid,
                  int from_id);

/* How often a limit was reached, an error code was the answer. */
uint64_t reached(const char *limit);
uint64_t refused(const char *code);
/* A bare frame with `len` bytes x between two texts, whose ' are ", and the turn ends. */
void say_long(ep_conn conn, const char *before, size_t len, const char *after);

#endif
