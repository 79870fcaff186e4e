/* Test support. See test_server_talk.h. */
#include "test/test_server_talk.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

server_driver *driver;

void server_setup(void) { driver = server_driver_new(); }
void server_teardown(void) { server_driver_free(driver); }

void restart_with(const ep_server_config *config) {
  server_driver_free(driver);
  driver = server_driver_new_with(config);
}

ep_conn auth1(const char *id) {
  char text[300];
  ep_conn conn = server_driver_open(driver);
  snprintf(text, sizeof text, "{'action':'auth','payload':'%s'}", id);
  say1(driver, conn, text);
  return conn;
}

ep_conn auth2(const char *id, const char *more) {
  char text[400];
  ep_conn conn = server_driver_open(driver);
  snprintf(text, sizeof text, "{'action':'auth','payload':'%s','version':2,'instance':'i-%s'%s}",
           id, id, more);
  say1(driver, conn, text);
  return conn;
}

ep_conn fresh1(const char *id) {
  ep_conn conn = auth1(id);
  skip_frames(driver, conn);
  return conn;
}

ep_conn fresh2(const char *id) {
  ep_conn conn = auth2(id, ",'expect':0");
  skip_frames(driver, conn);
  return conn;
}

/* Message number id to `to` (JSON), uid "u<uid>", payload the uid's number. */
void send2(ep_conn conn, const char *to, int id, int uid) {
  char text[300];
  snprintf(text, sizeof text,
           "{'action':'message.new','payload':{'to':%s,'id':%d,'uid':'u%d','payload':%d}}", to, id,
           uid, uid);
  say(driver, conn, text);
}

void send1(ep_conn conn, const char *to, int id, int uid) {
  char text[300];
  snprintf(
      text, sizeof text,
      "{'action':'message.new','payload':{'from':'x','to':%s,'id':%d,'uid':'u%d','payload':%d}}",
      to, id, uid, uid);
  say1(driver, conn, text);
}

void confirm2(ep_conn conn, int id) {
  char text[100];
  snprintf(text, sizeof text, "{'action':'message.confirm','payload':%d}", id);
  say(driver, conn, text);
}

void hear_confirm2(ep_conn conn, int id) {
  char text[100];
  snprintf(text, sizeof text, "{'action':'message.confirm','payload':%d}", id);
  hear(driver, conn, text);
}

void hear_confirm1(ep_conn conn, int uid) {
  char text[100];
  snprintf(text, sizeof text, "{'action':'message.confirm','payload':'u%d'}", uid);
  hear1(driver, conn, text);
}

void hear_message(ep_conn conn, bool enveloped, const char *from, const char *to, int id, int uid,
                  int from_id) {
  char text[400];
  snprintf(
      text, sizeof text,
      "{'action':'message.new','payload':{'from':'%s','to':%s,'id':%d,'uid':'u%d','payload':%d,"
      "'fromId':%d}}",
      from, to, id, uid, uid, from_id);
  (enveloped ? hear1 : hear)(driver, conn, text);
}

ep_conn enter2(const char *id, const char *more) {
  char text[300];
  snprintf(text, sizeof text, ",'expect':0%s", more);
  ep_conn conn = auth2(id, text);
  skip_frames(driver, conn);
  return conn;
}

enum { NAMES = 64 };

static uint64_t of(size_t (*ask)(const ep_server *, const char **, uint64_t *, size_t),
                   const char *name) {
  const char *names[NAMES];
  uint64_t values[NAMES];
  size_t count = ask(server_driver_core(driver), names, values, NAMES);
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i], name) == 0) return values[i];
  ck_abort_msg("there is no %s", name);
}

uint64_t reached(const char *limit) { return of(ep_server_limits, limit); }
uint64_t refused(const char *code) { return of(ep_server_refusals, code); }

/* A frame with `len` filler bytes in it; turns ' into ". */
void say_long(ep_conn conn, const char *before, size_t len, const char *after) {
  size_t head = strlen(before), tail = strlen(after);
  char *text = malloc(head + len + tail + 1);
  memcpy(text, before, head);
  memset(text + head, 'x', len);
  memcpy(text + head + len, after, tail);
  for (size_t i = 0; i < head + len + tail; i++)
    if (text[i] == '\'') text[i] = '"';
  text[head + len + tail] = '\f';
  server_driver_feed(driver, conn, text, head + len + tail + 1, 4096);
  server_driver_turn(driver);
  free(text);
}
