/* The graph of order.h. A topological order of the nodes is kept while edges come, by the method of
 * Pearce and Kelly: only the nodes between the two ends of a new edge are looked at. A node that no
 * mailbox will get any more is dropped when at most one edge leads to it.
 * Read first: order.h. */
#include "oracle/order.h"

#include <stdlib.h>
#include <string.h>

#include "oracle/judge_pool.h"

enum { FIRST_ROOM = 16 };

typedef uint32_t edge_at; /* 0: none */

/* Where it was seen that something comes before something else: in one mailbox, or only by putting
 * several together. */
typedef struct source {
  uint32_t mailbox;
  bool mixed;
} source;

typedef struct edge {
  order_node from, to;
  source seen;
  edge_at next_out, next_in; /* the next one of `from`, of `to` */
  edge_at before_out, before_in;
} edge;

typedef struct node {
  uint64_t label;
  uint64_t rank; /* every edge goes from a lower to a higher one */
  edge_at out, in;
  uint32_t in_count;
  uint32_t chains; /* the first mailbox whose last message this is, and 1 */
  uint32_t mark;
  edge_at by; /* the edge by which a search came here */
  bool live, complete;
} node;

typedef struct chain {
  order_node last; /* the last message, or, when that was forgotten, the one it came after */
  bool moved;
  source seen;           /* moved: that it came after that one */
  uint64_t label;        /* of the last message */
  uint32_t next, before; /* others with the same node: index and 1 */
} chain;

typedef struct node_list {
  order_node *at;
  size_t count, room;
} node_list;

struct order {
  node *nodes;
  size_t nodes_count, nodes_room; /* node 0 is none */
  edge *edges;
  size_t edges_count, edges_room;
  chain *chains;
  size_t chains_room;
  order_node free_node; /* linked by `out` */
  edge_at free_edge;    /* linked by next_out */
  uint64_t next_rank;
  uint32_t mark;
  size_t live;
  node_list ahead, behind, doubtful;
  uint64_t *ranks;
  size_t ranks_room;
};

order *order_new(void) {
  order *o = pool_take(sizeof *o);
  order_reset(o);
  return o;
}

void order_free(order *o) {
  if (o == NULL) return;
  free(o->nodes);
  free(o->edges);
  free(o->chains);
  free(o->ahead.at);
  free(o->behind.at);
  free(o->doubtful.at);
  free(o->ranks);
  free(o);
}

void order_reset(order *o) {
  o->nodes_count = 1;
  o->edges_count = 1;
  o->free_node = 0;
  o->free_edge = 0;
  o->live = 0;
  for (size_t i = 0; i < o->chains_room; i++) o->chains[i] = (chain){.last = 0};
}

size_t order_live(const order *o) { return o->live; }

/* An array that has room for at least `needed` items; new ones are zero. */
static void *room_for(void *array, size_t *room, size_t needed, size_t size) {
  if (*room >= needed) return array;
  size_t more = *room == 0 ? FIRST_ROOM : *room;
  while (more < needed) more *= 2;
  char *grown = pool_resize(array, more * size);
  memset(grown + *room * size, 0, (more - *room) * size);
  *room = more;
  return grown;
}

static void push(node_list *list, order_node at) {
  list->at = room_for(list->at, &list->room, list->count + 1, sizeof *list->at);
  list->at[list->count++] = at;
}

order_node order_add(order *o, uint64_t label) {
  order_node at = o->free_node;
  if (at != 0) {
    o->free_node = o->nodes[at].out;
  } else {
    o->nodes = room_for(o->nodes, &o->nodes_room, o->nodes_count + 1, sizeof *o->nodes);
    at = (order_node)o->nodes_count++;
  }
  o->nodes[at] = (node){.label = label, .rank = ++o->next_rank, .live = true};
  o->live++;
  return at;
}

/* ---- Edges ---- */

static edge_at find_edge(const order *o, order_node from, order_node to) {
  for (edge_at at = o->nodes[from].out; at != 0; at = o->edges[at].next_out) {
    if (o->edges[at].to == to) return at;
  }
  return 0;
}

static void link_edge(order *o, order_node from, order_node to, source seen) {
  edge_at at = o->free_edge;
  if (at != 0) {
    o->free_edge = o->edges[at].next_out;
  } else {
    o->edges = room_for(o->edges, &o->edges_room, o->edges_count + 1, sizeof *o->edges);
    at = (edge_at)o->edges_count++;
  }
  node *origin = &o->nodes[from], *target = &o->nodes[to];
  o->edges[at] = (edge){from, to, seen, origin->out, target->in, 0, 0};
  if (origin->out != 0) o->edges[origin->out].before_out = at;
  if (target->in != 0) o->edges[target->in].before_in = at;
  origin->out = at;
  target->in = at;
  target->in_count++;
}

static void unlink_edge(order *o, edge_at at) {
  edge *e = &o->edges[at];
  if (e->before_out != 0) {
    o->edges[e->before_out].next_out = e->next_out;
  } else {
    o->nodes[e->from].out = e->next_out;
  }
  if (e->next_out != 0) o->edges[e->next_out].before_out = e->before_out;
  if (e->before_in != 0) {
    o->edges[e->before_in].next_in = e->next_in;
  } else {
    o->nodes[e->to].in = e->next_in;
  }
  if (e->next_in != 0) o->edges[e->next_in].before_in = e->before_in;
  o->nodes[e->to].in_count--;
  e->next_out = o->free_edge;
  o->free_edge = at;
}

/* ---- Chains: the last message of each mailbox ---- */

static void leave_chain(order *o, uint32_t mailbox) {
  chain *c = &o->chains[mailbox];
  if (c->last == 0) return;
  if (c->before != 0) {
    o->chains[c->before - 1].next = c->next;
  } else {
    o->nodes[c->last].chains = c->next;
  }
  if (c->next != 0) o->chains[c->next - 1].before = c->before;
  *c = (chain){.last = 0};
}

static source both(source a, source b) {
  return (source){a.mailbox, a.mixed || b.mixed || a.mailbox != b.mailbox};
}

static void end_chain_at(order *o, uint32_t mailbox, chain end) {
  order_node last = end.last;
  leave_chain(o, mailbox);
  if (last == 0) return;
  uint32_t next = o->nodes[last].chains;
  end.next = next;
  end.before = 0;
  o->chains[mailbox] = end;
  if (next != 0) o->chains[next - 1].before = mailbox + 1;
  o->nodes[last].chains = mailbox + 1;
}

/* ---- Pearce and Kelly ---- */

static void visit(order *o, node_list *list, order_node at, edge_at by) {
  o->nodes[at].mark = o->mark;
  o->nodes[at].by = by;
  push(list, at);
}

/* All nodes that come after `from`, up to the rank of `goal`. True: goal is among them. */
static bool search_ahead(order *o, order_node from, order_node goal) {
  uint64_t most = o->nodes[goal].rank;
  o->ahead.count = 0;
  visit(o, &o->ahead, from, 0);
  for (size_t i = 0; i < o->ahead.count; i++) {
    for (edge_at at = o->nodes[o->ahead.at[i]].out; at != 0; at = o->edges[at].next_out) {
      order_node to = o->edges[at].to;
      if (o->nodes[to].mark == o->mark || o->nodes[to].rank > most) continue;
      visit(o, &o->ahead, to, at);
      if (to == goal) return true;
    }
  }
  return false;
}

static void search_behind(order *o, order_node from, order_node limit) {
  uint64_t least = o->nodes[limit].rank;
  o->behind.count = 0;
  visit(o, &o->behind, from, 0);
  for (size_t i = 0; i < o->behind.count; i++) {
    for (edge_at at = o->nodes[o->behind.at[i]].in; at != 0; at = o->edges[at].next_in) {
      order_node origin = o->edges[at].from;
      if (o->nodes[origin].mark == o->mark || o->nodes[origin].rank < least) continue;
      visit(o, &o->behind, origin, at);
    }
  }
}

static const node *sorting; /* qsort has no argument of its own */

static int by_rank(const void *a, const void *b) {
  uint64_t one = sorting[*(const order_node *)a].rank, other = sorting[*(const order_node *)b].rank;
  return one < other ? -1 : one > other;
}

static int by_number(const void *a, const void *b) {
  uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;
  return one < other ? -1 : one > other;
}

static size_t collect_ranks(order *o, node_list *list, size_t count) {
  sorting = o->nodes;
  qsort(list->at, list->count, sizeof *list->at, by_rank);
  for (size_t i = 0; i < list->count; i++) o->ranks[count++] = o->nodes[list->at[i]].rank;
  return count;
}

/* Gives the ranks of both searches out again: first to those behind, then to those ahead. */
static void rank_again(order *o) {
  size_t all = o->ahead.count + o->behind.count, next = 0;
  o->ranks = room_for(o->ranks, &o->ranks_room, all, sizeof *o->ranks);
  size_t count = collect_ranks(o, &o->behind, 0);
  count = collect_ranks(o, &o->ahead, count);
  qsort(o->ranks, count, sizeof *o->ranks, by_number);
  for (size_t i = 0; i < o->behind.count; i++) o->nodes[o->behind.at[i]].rank = o->ranks[next++];
  for (size_t i = 0; i < o->ahead.count; i++) o->nodes[o->ahead.at[i]].rank = o->ranks[next++];
}

/* The mailbox has its last message before `second`; a path leads from `second` to its node. */
static void tell(const order *o, uint32_t mailbox, order_node second, order_conflict *out) {
  const chain *end = &o->chains[mailbox];
  edge_at by = end->last == second ? 0 : o->nodes[end->last].by;
  source seen = by == 0 ? end->seen : o->edges[by].seen;
  if (end->moved) seen = both(seen, end->seen);
  for (edge_at at = by; at != 0; at = o->nodes[o->edges[at].from].by) {
    seen = both(o->edges[at].seen, seen);
  }
  *out = (order_conflict){.first = end->label,
                          .second = o->nodes[second].label,
                          .mailbox = mailbox,
                          .other_mailbox = seen.mailbox,
                          .direct = !seen.mixed};
}

/* Makes room in the ranks for an edge; false: it would close a cycle. */
static bool can_come_before(order *o, order_node last, order_node at) {
  if (last == at) return false;
  if (o->nodes[last].rank < o->nodes[at].rank) return true;
  o->mark++;
  if (search_ahead(o, at, last)) return false;
  search_behind(o, last, at);
  rank_again(o);
  return true;
}

bool order_append(order *o, uint32_t mailbox, order_node at, order_conflict *conflict) {
  o->chains = room_for(o->chains, &o->chains_room, (size_t)mailbox + 1, sizeof *o->chains);
  const chain *end = &o->chains[mailbox];
  order_node last = end->last;
  if (last != 0 && find_edge(o, last, at) == 0) {
    if (!can_come_before(o, last, at)) {
      tell(o, mailbox, at, conflict);
      return false;
    }
    source seen = {mailbox, false};
    link_edge(o, last, at, end->moved ? both(seen, end->seen) : seen);
  }
  end_chain_at(o, mailbox, (chain){.last = at, .label = o->nodes[at].label});
  return true;
}

/* ---- Forgetting ---- */

static void may_go(order *o, order_node at) {
  if (o->nodes[at].complete && o->nodes[at].in_count <= 1) push(&o->doubtful, at);
}

/* Nothing will come right before it any more. What came before it now comes before what it came
 * before, and says as much. */
static void drop(order *o, order_node at) {
  edge_at in = o->nodes[at].in;
  order_node before = in == 0 ? 0 : o->edges[in].from;
  source seen = in == 0 ? (source){.mixed = false} : o->edges[in].seen;
  while (o->nodes[at].chains != 0) {
    uint32_t mailbox = o->nodes[at].chains - 1;
    chain end = o->chains[mailbox];
    end.seen = end.moved ? both(seen, end.seen) : seen;
    end.moved = true;
    end.last = before;
    end_chain_at(o, mailbox, end);
  }
  while (o->nodes[at].out != 0) {
    edge gone = o->edges[o->nodes[at].out];
    unlink_edge(o, o->nodes[at].out);
    if (before != 0 && find_edge(o, before, gone.to) == 0) {
      link_edge(o, before, gone.to, both(seen, gone.seen));
    }
    may_go(o, gone.to);
  }
  if (in != 0) unlink_edge(o, in);
  o->nodes[at] = (node){.out = o->free_node};
  o->free_node = at;
  o->live--;
}

void order_complete(order *o, order_node at) {
  o->nodes[at].complete = true;
  o->doubtful.count = 0;
  may_go(o, at);
  while (o->doubtful.count > 0) {
    order_node next = o->doubtful.at[--o->doubtful.count];
    if (o->nodes[next].live && o->nodes[next].in_count <= 1) drop(o, next);
  }
}
