/* The model's world: its bounds, who sends what, and everything that has a value. Each bound can be
 * set with -D; check.sh lists the worlds that are searched.
 * Read first: README.md. Then: network.pml, client.pml, server.pml, guarantees.pml, model.pml. */

#ifndef LOSSY
#define LOSSY 0 /* 1: whole frames are lost, doubled, reordered; 0: a stream transport */
#endif
#ifndef LOSSES
#define LOSSES 0 /* frames lost */
#endif
#ifndef DOUBLES
#define DOUBLES 0 /* frames that arrive and stay under way */
#endif
#ifndef CUTS
#define CUTS 0 /* connections that end by themselves */
#endif
#ifndef SERVER_KILLS
#define SERVER_KILLS 0 /* the server stops and starts again from what it had stored */
#endif
#ifndef SERVER_LOSSES
#define SERVER_LOSSES 0 /* the server starts again with nothing: a new epoch */
#endif
#ifndef CLIENT_KILLS
#define CLIENT_KILLS 0 /* a client stops and starts again from what it had stored */
#endif
#ifndef CLIENT_LOSSES
#define CLIENT_LOSSES 0 /* a client starts again with nothing: a new instance */
#endif
#ifndef LATE
#define LATE 0 /* 1: applications send at any moment; 0: all messages are queued at the start */
#endif
#ifndef SCENE
#define SCENE 1
#endif
#ifndef ROOM
#define ROOM 2 /* frames under way on one connection in one direction: how far they overtake */
#endif

#define WINDOW 2
#define CLIENTS 2
#define CONNECTIONS 4 /* two of each client: the newest, and one that the server may still hold */

/* Messages are numbers; a sender's are consecutive and sent in that order. */
#if SCENE == 1 /* everybody is written to by both, so that there are two orders to mix up */
#define MESSAGES 3
#define FROM(m) ((m) == 2)                   /* 0 and 1 from client 0; 2 from client 1 */
#define TO(m) ((m) == 1 -> 1 : EVERYBODY)
#define FIRST(c) ((c) * 2)
#define END(c) (2 + (c))
#elif SCENE == 2 /* one sender, one receiver, more than a window */
#define MESSAGES 3
#define FROM(m) 0
#define TO(m) 1
#define FIRST(c) ((c) * 3)
#define END(c) 3
#elif SCENE == 3 /* the shortest that has an order */
#define MESSAGES 2
#define FROM(m) 0
#define TO(m) 1
#define FIRST(c) ((c) * 2)
#define END(c) 2
#else /* one to one and one to all, from one sender */
#define MESSAGES 2
#define FROM(m) 0
#define TO(m) ((m) == 0 -> 1 : EVERYBODY)
#define FIRST(c) ((c) * 2)
#define END(c) 2
#endif
#define EVERYBODY 9
#define NOTHING 15 /* in a client's queue: an item that is confirmed in its turn and not shown */

/* ---- A client ---- */

mtype machine[CLIENTS];
byte at[CLIENTS];       /* its connection; CONNECTIONS: none */
bit wants[CLIENTS];     /* its application wants a connection */
byte instance[CLIENTS]; /* the name of its stream state */
byte epoch[CLIENTS];    /* the server's, as far as it knows; 0: none */
/* Up. Messages first to next - 1 are unconfirmed; first has the number base. */
byte first[CLIENTS], next[CLIENTS], base[CLIENTS], written[CLIENTS];
byte again[CLIENTS]; /* 1 + the id that the server asked for */
/* Down. Items below `taken` were put into the queue, those below `safe` were given to the
 * application, and what it then knows is stored. */
byte safe[CLIENTS], taken[CLIENTS];
byte held[CLIENTS]; /* 1 + the message that came one too early */
bit confirm_due[CLIENTS], ask_due[CLIENTS];
#define QUEUE 4
byte queue[CLIENTS * QUEUE], queued[CLIENTS];
byte old[CLIENTS]; /* so many of the queue have numbers of an older numbering */

/* ---- The server ---- */

mtype conn_machine[CONNECTIONS];
byte server_epoch = 1;
byte latest[CLIENTS];      /* its connection that was opened last */
bit outdated[CONNECTIONS]; /* one that was opened later has joined */
byte link[CLIENTS];  /* the connection that this client belongs to; CONNECTIONS: none */
byte known[CLIENTS]; /* its instance; 0: the client is not known */
byte expected[CLIENTS], server_held[CLIENTS];
#define BOX (MESSAGES + 1) /* one more than is possible, so that a mistake can be seen */
byte box[CLIENTS * BOX], boxed[CLIENTS]; /* the mailbox: what is unconfirmed, in order */
byte box_base[CLIENTS], box_written[CLIENTS], box_again[CLIENTS];
bit welcome_due[CLIENTS], accept_due[CLIENTS], server_ask_due[CLIENTS];
byte parked[BOX], parked_count;
byte unstored; /* 2: something that may not leave before it is stored; 1: confirms only */

/* What the server has stored. */
byte store_known[CLIENTS], store_expected[CLIENTS];
byte store_box[CLIENTS * BOX], store_boxed[CLIENTS], store_base[CLIENTS];
byte store_parked[BOX], store_parked_count;

/* ---- Faults that may still come ---- */

byte losses = LOSSES, doubles = DOUBLES, cuts = CUTS;
byte server_kills = SERVER_KILLS, server_losses = SERVER_LOSSES;
byte client_kills = CLIENT_KILLS, client_losses = CLIENT_LOSSES;

/* In a search faults come and stop at any moment. With -DALL_FAULTS, which is for simulations, one
 * can come after every few steps, so that they are spread over the run, and they stop when all have
 * come. */
#ifdef ALL_FAULTS
byte luck = 1;
#define MAY_FAIL (luck == 0)
#define MAY_HEAL \
    (losses + doubles + cuts + server_kills + server_losses + client_kills + client_losses == 0)
#else
#define MAY_FAIL true
#define MAY_HEAL true
#endif

/* ---- What only the judge knows ---- */

byte sent;              /* messages that were sent: a bit each */
byte gone;              /* … that a sender lost with its state */
byte accepted; /* … that the server ever accepted */
byte rerouted; /* … and accepted once more */
byte told;              /* … of which the sender learned that they are accepted */
byte may[MESSAGES];     /* who was addressed by it, ever */
byte must[MESSAGES];    /* who was addressed by it in the present state of the server */
byte shown[CLIENTS];    /* what a client has delivered, ever */
byte log[CLIENTS * MESSAGES], logged[CLIENTS]; /* … and in which order, since it lost its state */
bit new_order;          /* the server lost its state: G4 begins again */
bit finished;

/* Scratch: 0 between two steps. */
byte i, j, k, m, w;
short frame, got;
inline rest()
{
    i = 0;
    j = 0;
    k = 0;
    m = 0;
    w = 0;
    frame = 0;
    got = 0
#ifdef ALL_FAULTS
    ; luck = (luck + 1) % 7
#endif
}

#define BIT(x) (1 << (x))
