/* A client to be tested, driven by an adapter: a program that reads commands and writes events, one
 * a line, words separated by tabs. Read first: conformance/README.md, "Testing a client". */
#ifndef ADAPTER_H
#define ADAPTER_H

#include "runner/play.h"

/* Listens, and starts the command of the setup. NULL: *why says why not. */
adapter *adapter_start(play *p, char **why);
/* Listens again on the port that the adapter knows. -1: it is taken. */
int adapter_listen(adapter *of);
bool adapter_restart(adapter *of, play *p, char **why);
void adapter_kill(adapter *of, play *p);
/* Closes what it reads, hears what it still says for a moment, and ends it. */
void adapter_end(adapter *of, play *p);
/* A connection of the client has come. */
void adapter_connected(adapter *of);
/* How much longer, in ms, the first thing that it does may take: as long as a program takes to
 * start. */
double adapter_grace(const adapter *of);
int adapter_fd(const adapter *of); /* -1: it has ended */
void adapter_read(adapter *of, play *p);
/* Writes a command; its words are in a list. False: the adapter has ended. */
bool adapter_write(adapter *of, play *p, char *const words[], size_t count);

/* The next event that was not consumed; NULL: none yet. Words separated by tabs. */
const char *adapter_event(adapter *of, size_t *at);
/* Everything before `at` is consumed. */
void adapter_consume(adapter *of, size_t at);
size_t adapter_first(const adapter *of);
bool adapter_says_unsupported(const adapter *of);

#endif
