/* epigeon-sim --small: small worlds, exhaustively. Where the simulator draws a few thousand long
 * runs out of uncountably many, this takes a world small enough that every order of what can happen
 * in it can be tried.
 *
 * Read first: README.md. Then: small_world.h (the world), small_search.h (the search). */
#ifndef SMALL_H
#define SMALL_H

/* The arguments after --small. Returns what main returns: 0 all is well, 1 something was wrong, 2
 * the arguments are. */
int small_main(int argc, char **argv);

#endif
