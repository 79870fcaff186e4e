/* Replays inputs without a fuzzer: each argument is a file, or a folder of files. So the corpora
 * and every input that ever crashed a harness run under gcc, under Valgrind and in the tests. Read
 * first: README.md. */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz.h"

enum { INPUT_MOST = 1 << 20, PATH_LEN = 4096 };

static unsigned long replayed;

static void replay_file(const char *path) {
  static uint8_t bytes[INPUT_MOST];
  FILE *file = fopen(path, "rb");
  FUZZ_MUST(file != NULL, path);
  size_t len = fread(bytes, 1, sizeof bytes, file);
  FUZZ_MUST(fclose(file) == 0, path);
  uint8_t *copy = fuzz_copy(ep_bytes_of(bytes, len));
  (void)LLVMFuzzerTestOneInput(copy, len);
  free(copy);
  replayed++;
}

static void replay(const char *path) {
  struct stat what;
  FUZZ_MUST(stat(path, &what) == 0, path);
  if (!S_ISDIR(what.st_mode)) {
    replay_file(path);
    return;
  }
  DIR *folder = opendir(path);
  FUZZ_MUST(folder != NULL, path);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    char inner[PATH_LEN];
    if (entry->d_name[0] == '.') continue;
    (void)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
    replay(inner);
  }
  (void)closedir(folder);
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: %s FILE-OR-FOLDER…   (replays each; ends at the first that fails)\n",
            argv[0]);
    return 2;
  }
  for (int i = 1; i < argc; i++) replay(argv[i]);
  printf("%lu inputs replayed\n", replayed);
  return 0;
}
