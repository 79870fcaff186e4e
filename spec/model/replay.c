/* model-replay: reads the lines "EV …" that a run of the model prints, and does the same to the
 * real client and server. It says at which step, if at any, the cores do something else than the
 * model; then it lets them go on without faults, and says whether they keep the guarantees.
 * Read first: replay.h. */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AGREES = 0, DIVERGES = 1, BREAKS = 2, UNREADABLE = 3 };

/* ---- Steps: false, and `why` says what the cores do instead ---- */

static char why[1024];

static bool differs(const char *who, const replay_frames *offered) {
  int at = snprintf(why, sizeof why, "%s offers", who);
  for (size_t i = 0; i < offered->count && at < (int)sizeof why - 64; i++) {
    char text[48];
    frame_say(&offered->frame[i], text, sizeof text);
    at += snprintf(why + at, sizeof why - (size_t)at, "%s %s", i == 0 ? "" : ",", text);
  }
  if (offered->count == 0) snprintf(why + at, sizeof why - (size_t)at, " nothing");
  return false;
}

static frame_kind kind_of(const char *word) {
  static const char *const words[] = {"auth", "item", "confirm", "retry", "replaced"};
  for (unsigned kind = 0; kind < OTHER; kind++) {
    if (strcmp(word, words[kind]) == 0) return (frame_kind)kind;
  }
  return OTHER;
}

static bool client_writes(replay_state *replay, unsigned c, unsigned q, const replay_frame *like) {
  replay_frame frame;
  if (!frames_take(&replay->client[c].offered, like, &frame, false)) {
    return differs("the client", &replay->client[c].offered);
  }
  frames_put(&replay->up[q], &frame);
  if (frame.kind != AUTH || frame.id == like->id) return true;
  snprintf(why, sizeof why, "the client expects %u", frame.id);
  return false;
}

static bool server_writes(replay_state *replay, unsigned q, const replay_frame *like) {
  replay_frame frame;
  if (!replay->unstored) replay_turn(replay);
  replay->unstored = false;
  if (!frames_take(&replay->offered[q], like, &frame, false)) {
    return differs("the server", &replay->offered[q]);
  }
  frames_put(&replay->down[q], &frame);
  return true;
}

enum { ARRIVES, STAYS, LOST };

static bool arrives(replay_state *replay, bool up, unsigned c, unsigned q, unsigned fate,
                    const replay_frame *like) {
  replay_frame frame;
  replay_frames *list = up ? &replay->up[q] : &replay->down[q];
  bool found = frames_take(list, like, &frame, fate == STAYS);
  if (!found && like->kind == REPLACED) {
    found = frames_take(&replay->offered[q], like, &frame, false);
  }
  if (!found) return differs("the network", list);
  if (fate == LOST) return true;
  if (up)
    replay_to_server(replay, q, &frame);
  else
    replay_to_client(replay, c, &frame);
  return true;
}

static bool connects(replay_state *replay, unsigned c, unsigned q) {
  if (replay_connect(replay, c, q)) return true;
  snprintf(why, sizeof why, "the client wants no connection");
  return false;
}

static bool gives(replay_state *replay, unsigned c, unsigned m) {
  unsigned given = NOTHING;
  if (m == NOTHING) return true; /* the core does that by itself */
  bool any = replay_give(replay, c, &given);
  if (any && given == m) return true;
  if (any)
    snprintf(why, sizeof why, "the client gives message %u", given);
  else
    snprintf(why, sizeof why, "the client gives nothing");
  return false;
}

/* ---- What nobody sees: how many items wait to be confirmed ---- */

static bool counts(const char *what, size_t model, size_t core) {
  if (model == core) return true;
  snprintf(why, sizeof why, "the core has %zu in its %s", core, what);
  return false;
}

static bool boxes(const replay_state *replay, unsigned count) {
  return !replay->counted || counts("mailboxes", count, replay_boxes(replay));
}

static bool outbox(const replay_state *replay, unsigned c, unsigned count) {
  return counts("outbox", count, ep_client_unconfirmed(replay->client[c].core));
}

/* The model says that nothing can happen any more. */
static bool ends(const replay_state *replay) {
  bool ended = boxes(replay, 0);
  for (unsigned c = 0; c < CLIENTS; c++) {
    const ep_client *core = replay->client[c].core;
    ended = ended && ep_client_authenticated(core) && ep_client_unconfirmed(core) == 0;
  }
  if (!ended) snprintf(why, sizeof why, "the cores are not ready");
  return ended;
}

/* ---- Timers ---- */

static bool client_repeats(replay_state *replay, unsigned c) {
  replay_frames *offered = &replay->client[c].offered;
  offered->count = 0; /* what was not written until now is lost */
  for (int i = 0; i < 8 && offered->count == 0; i++) replay_client_timer(replay, c);
  return true;
}

static bool server_repeats(replay_state *replay, unsigned q) {
  replay_frames *offered = &replay->offered[q];
  offered->count = 0;
  for (int i = 0; i < 8 && offered->count == 0; i++) replay_server_timer(replay);
  return true;
}

/* ---- Lines ---- */

typedef struct replay_step {
  char verb[16], word[16];
  unsigned a, b, d;
  replay_frame frame;
} replay_step;

/* What follows a verb: w a frame that is written, a one that arrives, q client and connection, m
 * client and message, c a client, n numbers. */
static char shape_of(const char *verb) {
  static const struct {
    const char *verb;
    char shape;
  } verbs[] = {{"world", 'n'},   {"send", 'm'},   {"connect", 'q'}, {"cclosed", 'q'},
               {"shangup", 'q'}, {"cwrite", 'w'}, {"swrite", 'w'},  {"up", 'a'},
               {"down", 'a'},    {"give", 'm'},   {"crepeat", 'c'}, {"srepeat", 'q'},
               {"outbox", 'c'},  {"boxes", 'n'},  {"commit", 'n'},  {"unstored", 'n'},
               {"ckill", 'c'},   {"close", 'c'},  {"skill", 'n'},   {"slose", 'n'},
               {"heal", 'n'},    {"end", 'n'}};
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if (strcmp(verb, verbs[i].verb) == 0) return verbs[i].shape;
  }
  return 0;
}

static bool in_bounds(char shape, const replay_step *step) {
  if (shape == 'n') return true;
  if (step->a >= CLIENTS) return false;
  if (shape == 'c') return true;
  if (shape != 'm') return step->b < CONNECTIONS && step->b / 2 == step->a;
  if (strcmp(step->verb, "give") == 0) return step->b < MESSAGES || step->b == NOTHING;
  return step->b < MESSAGES && (step->d < CLIENTS || step->d == EVERYBODY);
}

static bool read_step(const char *line, replay_step *out) {
  unsigned id = 0, message = 0;
  memset(out, 0, sizeof *out);
  if (sscanf(line, "EV %15s %u %u %u", out->verb, &out->a, &out->b, &out->d) < 1) return false;
  char shape = shape_of(out->verb);
  const char *pattern =
      shape == 'w' ? "EV %*s %*u %*u %15s %u %u" : "EV %*s %*u %*u %*u %15s %u %u";
  bool has_frame = shape == 'w' || shape == 'a';
  if (has_frame && sscanf(line, pattern, out->word, &id, &message) != 3) return false;
  out->frame = (replay_frame){.kind = kind_of(out->word), .id = id, .message = message};
  return shape != 0 && in_bounds(shape, out);
}

static bool is(const replay_step *step, const char *verb) { return strcmp(step->verb, verb) == 0; }

static bool do_step(replay_state *replay, const replay_step *s) {
  if (is(s, "cwrite")) return client_writes(replay, s->a, s->b, &s->frame);
  if (is(s, "swrite")) return server_writes(replay, s->b, &s->frame);
  if (is(s, "up")) return arrives(replay, true, s->a, s->b, s->d, &s->frame);
  if (is(s, "down")) return arrives(replay, false, s->a, s->b, s->d, &s->frame);
  if (is(s, "give")) return gives(replay, s->a, s->b);
  if (is(s, "crepeat")) return client_repeats(replay, s->a);
  if (is(s, "srepeat")) return server_repeats(replay, s->b);
  if (is(s, "boxes")) return boxes(replay, s->a);
  if (is(s, "outbox")) return outbox(replay, s->a, s->b);
  if (is(s, "end")) return ends(replay);
  if (is(s, "connect")) return connects(replay, s->a, s->b);
  if (is(s, "send")) replay_send(replay, s->a, s->b, s->d);
  if (is(s, "cclosed")) replay_client_closed(replay, s->a);
  if (is(s, "shangup")) replay_hangup(replay, s->b);
  if (is(s, "unstored")) replay->unstored = true;
  if (is(s, "commit")) replay_commit(replay);
  if (is(s, "ckill")) replay_restart_client(replay, s->a, false);
  if (is(s, "close")) replay_restart_client(replay, s->a, true);
  if (is(s, "skill")) replay_restart_server(replay, false);
  if (is(s, "slose")) replay_restart_server(replay, true);
  return true;
}

/* ---- To the end, without faults ---- */

/* What the model did not write is written now, in the order in which the core offered it. */
static bool pass_up(replay_state *replay, unsigned c) {
  client_side *client = &replay->client[c];
  unsigned q = client->at;
  if (q == CONNECTIONS) return false;
  replay_frame frame;
  bool any = false;
  replay_frames *lists[] = {&replay->up[q], &client->offered};
  for (size_t i = 0; i < 2; i++) {
    while (client->at == q && lists[i]->count > 0) {
      frame = lists[i]->frame[0];
      memmove(&lists[i]->frame[0], &lists[i]->frame[1], --lists[i]->count * sizeof frame);
      replay_to_server(replay, q, &frame);
      replay_turn(replay);
      any = true;
    }
  }
  return any;
}

static bool pass_down(replay_state *replay, unsigned c) {
  client_side *client = &replay->client[c];
  unsigned q = client->at;
  if (q == CONNECTIONS) return false;
  replay_frame frame;
  bool any = false;
  replay_frames *lists[] = {&replay->down[q], &replay->offered[q]};
  for (size_t i = 0; i < 2; i++) {
    while (client->at == q && lists[i]->count > 0) {
      frame = lists[i]->frame[0];
      memmove(&lists[i]->frame[0], &lists[i]->frame[1], --lists[i]->count * sizeof frame);
      replay_to_client(replay, c, &frame);
      any = true;
    }
  }
  return any;
}

static bool mend_connection(replay_state *replay, unsigned c) {
  client_side *client = &replay->client[c];
  for (unsigned q = 2 * c; q < 2 * c + 2; q++) {
    if (replay->conn[q] != 0 && client->at != q) replay_hangup(replay, q);
  }
  if (client->at != CONNECTIONS && replay->conn[client->at] == 0) replay_client_closed(replay, c);
  if (client->at != CONNECTIONS || client->given_up) return false;
  replay_turn(replay);
  return replay_connect(replay, c, 2 * c);
}

static void go_on(replay_state *replay) {
  unsigned m;
  for (int quiet = 0, rounds = 0; quiet < 12 && rounds < 200; rounds++) {
    bool any = false;
    for (unsigned c = 0; c < CLIENTS; c++) {
      any = mend_connection(replay, c) || any;
      any = pass_up(replay, c) || any;
      any = pass_down(replay, c) || any;
      while (replay_give(replay, c, &m)) any = true;
    }
    quiet = any ? 0 : quiet + 1;
    if (any || !replay->lossy) continue;
    replay_server_timer(replay);
    for (unsigned c = 0; c < CLIENTS; c++) replay_client_timer(replay, c);
  }
}

/* ---- The guarantees, as far as two clients show them ---- */

static int place(const client_side *client, unsigned m) {
  for (unsigned i = 0; i < client->delivered_count; i++) {
    if (client->delivered[i] == m) return (int)i;
  }
  return -1;
}

static const char *judge_pair(const replay_state *replay, const client_side *one,
                              const client_side *other, unsigned m, unsigned n) {
  int at_m = place(one, m), at_n = place(one, n);
  if (at_m < 0 || at_n < 0) return NULL;
  if (replay->message[m].from == replay->message[n].from && at_m > at_n) return "G3";
  int there_m = place(other, m), there_n = place(other, n);
  if (there_m < 0 || there_n < 0 || replay->server_lost) return NULL;
  return (at_m < at_n) == (there_m < there_n) ? NULL : "G4";
}

static const char *judge_client(const replay_state *replay, unsigned c) {
  const client_side *client = &replay->client[c];
  if (client->given_up || ep_client_unconfirmed(client->core) != 0) return "G8";
  for (unsigned i = 0; i < client->delivered_count; i++) {
    unsigned m = client->delivered[i];
    if (m >= MESSAGES) return "G1";
    if (place(client, m) != (int)i) return "G2";
    if (replay->message[m].to != EVERYBODY && replay->message[m].to != c) return "G7";
  }
  for (unsigned m = 0; m < MESSAGES; m++) {
    const replay_message *message = &replay->message[m];
    bool owed = message->sent && !message->gone && !replay->server_lost && message->to == c;
    if (owed && !client->shown[m]) return "G5";
    for (unsigned n = m + 1; n < MESSAGES; n++) {
      const char *broken = judge_pair(replay, client, &replay->client[1 - c], m, n);
      if (broken != NULL) return broken;
    }
  }
  return NULL;
}

/* ---- main ---- */

int main(int argc, char **argv) {
  static replay_state run;
  char line[256];
  replay_step step;
  unsigned steps = 0;
  bool agrees = true, begun = false;
  FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
  if (in == NULL) {
    fprintf(stderr, "usage: model-replay FILE   (the lines \"EV …\" of a run of the model)\n");
    return UNREADABLE;
  }
  while (agrees && fgets(line, sizeof line, in) != NULL) {
    line[strcspn(line, "\n")] = 0;
    if (!read_step(line, &step) || begun == is(&step, "world")) {
      printf("%s:%u: this is no step of the model: %s\n", argv[1], steps + 1, line);
      return UNREADABLE;
    }
    steps++;
    if (!begun) replay_begin(&run, step.a == 1, step.b == 1);
    begun = true;
    agrees = do_step(&run, &step);
    if (!agrees) printf("diverges at step %u: the model says \"%s\", %s\n", steps, line + 3, why);
  }
  fclose(in);
  if (!begun) return UNREADABLE;
  if (agrees) printf("agrees in all %u steps\n", steps);
  go_on(&run);
  const char *broken = NULL;
  for (unsigned c = 0; c < CLIENTS && broken == NULL; c++) broken = judge_client(&run, c);
  if (broken != NULL)
    printf("the cores break %s\n", broken);
  else
    printf("the cores keep the guarantees\n");
  replay_end(&run);
  return broken != NULL ? BREAKS : agrees ? AGREES : DIVERGES;
}
