/*
 * opens [unread] SECONDS FILE [RATE [WANTED EVERY]]
 *
 * Opens, reads and closes FILE as fast as it can, or RATE times a second; with `unread` it does not read. Every EVERYth
 * time it opens WANTED instead, which is what a rule asks for. Prints when each of those was opened (ns, monotonic), a line
 * each, then the result.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "workload.h"

#define BATCH 64
#define MAX_WANTED 100000

static int64_t opened_at[MAX_WANTED];

static int reads = 1;

static void use(const char *file)
{
	static char content[512];
	int fd = open(file, O_RDONLY);

	if (fd < 0 || (reads && read(fd, content, sizeof content) < 0)) {
		perror(file);
		exit(1);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "unread") == 0) {
		reads = 0;
		argc--;
		argv++;
	}
	if (argc < 3)
		return 2;

	const int64_t length = number_at(argc, argv, 1, 0) * 1e9;
	const char *file = argv[2];
	const double rate = number_at(argc, argv, 3, 0);
	const char *wanted = argc > 5 ? argv[4] : NULL;
	const uint64_t every = number_at(argc, argv, 5, 0);
	const int64_t begin = now();
	uint64_t count = 0, marks = 0;
	int64_t time;

	do {
		for (int i = 0; i < BATCH; i++) {
			count++;
			if (wanted && count % every == 0 && marks < MAX_WANTED) {
				opened_at[marks++] = now();
				use(wanted);
			} else {
				use(file);
			}
		}
		if (rate > 0)
			wait_until(begin + (int64_t)(count * (1e9 / rate)));
		time = now();
	} while (time - begin < length);

	for (uint64_t i = 0; i < marks; i++)
		printf("%lld\n", (long long)opened_at[i]);
	print_result(count, time - begin);
	return 0;
}
