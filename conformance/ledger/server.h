/* The server under test: a process that is started, killed and started again on one port and one
 * folder, and the disk that its folder lies on, which can be made full.
 * Read first: README.md. */
#ifndef LEDGER_SERVER_H
#define LEDGER_SERVER_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

typedef struct ledger_server {
  const char *program;
  char data[512]; /* its folder */
  FILE *log;      /* where its lines are kept */
  unsigned port;  /* 0: not known before it has listened once */
  pid_t pid;      /* 0: it does not run */
  int lines;      /* its standard error */
  bool listening;
  char line[512]; /* the last whole line, or what there is of one */
  size_t line_len;
  char last[512];    /* the last whole line */
  unsigned troubles; /* how often it said that its store takes nothing */
  unsigned cures;    /* … that it does again */
} ledger_server;

/* False: that failed, errno says why. */
bool ledger_server_start(ledger_server *server);
/* Reads what it says, without waiting. */
void ledger_server_read(ledger_server *server);
/* Sends the signal, waits for the end; the wait status. */
int ledger_server_end(ledger_server *server, int signal_number);
/* Whether it has ended by itself. */
bool ledger_server_is_gone(ledger_server *server, int *status);

/* Commits fail from now on (or not any more): no file of the server may grow beyond `most` bytes.
 */
enum { LEDGER_META_LEN = 8192 };
void ledger_server_squeeze(const ledger_server *server, size_t most);
void ledger_server_release(const ledger_server *server);

/* A small disk of its own for the folder `path`, seen by this process and its children only. False:
 * this user may not. */
bool ledger_disk_mount(const char *path, unsigned megabytes);
/* Takes all the room there is left; false: that failed. */
bool ledger_disk_fill(const char *path);
void ledger_disk_free(const char *path);
void ledger_disk_unmount(const char *path);

#endif
