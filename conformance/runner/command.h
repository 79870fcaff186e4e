/* The words that can stand after `NAME:` in a step, and whether such a step judges.
 * Read first: conformance/README.md. */
#ifndef COMMAND_H
#define COMMAND_H

/* Where one is the beginning of another, the longer one comes first. */
#define COMMANDS(X)                        \
  X(OPEN_STILL, "open still", 1)           \
  X(OPEN, "open", 0)                       \
  X(JOIN, "join", 0)                       \
  X(AUTH, "auth", 0)                       \
  X(SENDS, "sends", 0)                     \
  X(CONFIRMS, "confirms", 0)               \
  X(CONFIRMED, "confirmed", 1)             \
  X(GETS_NOTHING, "gets nothing", 1)       \
  X(GETS, "gets", 1)                       \
  X(TAKES, "takes", 1)                     \
  X(REFUSED, "refused", 1)                 \
  X(CLOSED, "closed", 1)                   \
  X(SAYS_NOTHING, "says nothing", 1)       \
  X(HAS, "has", 0)                         \
  X(HOLDS_BACK, "holds back", 0)           \
  X(IS_SILENT, "is silent", 0)             \
  X(STOPS_READING, "stops reading", 0)     \
  X(READS, "reads", 0)                     \
  X(CUT, "cut", 0)                         \
  X(CLOSE, "close", 0)                     \
  X(SPLIT, "split", 0)                     \
  X(FLUSH, "flush", 0)                     \
  X(ACCEPT, "accept", 1)                   \
  X(WELCOME, "welcome", 0)                 \
  X(NOBODY_COMES, "nobody comes", 1)       \
  X(STOPS_LISTENING, "stops listening", 0) \
  X(LISTENS, "listens", 0)                 \
  X(ERROR, "error", 0)                     \
  X(KILL, "kill", 0)                       \
  X(STOP, "stop", 0)                       \
  X(START, "start", 0)

typedef enum command {
#define COMMAND_ENUM(id, name, judges) COMMAND_##id,
  COMMANDS(COMMAND_ENUM)
#undef COMMAND_ENUM
      COMMAND_NONE
} command;

/* Which command words begin with; *rest is what follows it, without blanks before it. */
command command_of(const char *words, const char **rest);
int command_judges(command which);

#endif
