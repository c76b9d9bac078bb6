/* Opens a path TRIES times while a second thread swaps its text between ONE and TWO, which are of equal length. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[4096];
static char *names[2];
static volatile int done;

/* Two threads on one processor would hardly ever meet. */
static void stay_on(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *swap(void *unused)
{
	size_t length = strlen(names[0]);

	(void)unused;
	stay_on(1);
	for (unsigned i = 0; !done; i++)
		memcpy(path, names[i & 1], length);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int tries = argc > 3 ? atoi(argv[3]) : 1, opened = 0;

	names[0] = argv[1];
	names[1] = argv[2];
	strcpy(path, names[0]);
	pthread_create(&thread, NULL, swap, NULL);
	stay_on(0);
	while (opened < tries) {
		int fd = openat(AT_FDCWD, path, O_RDONLY);

		if (fd >= 0) {
			opened++;
			close(fd);
		}
	}
	done = 1;
	pthread_join(thread, NULL);
	return 0;
}
