/*
 * calls SECONDS
 *
 * Makes a cheap system call that no rule asks for, as fast as it can: what an agent costs programs that are none of its
 * business.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "workload.h"

int main(int argc, char **argv)
{
	const int64_t length = number_at(argc, argv, 1, 1) * 1e9;
	const int64_t begin = now();
	uint64_t count = 0;
	int64_t time;

	do {
		for (int i = 0; i < 256; i++)
			syscall(SYS_getppid);
		count += 256;
		time = now();
	} while (time - begin < length);

	print_result(count, time - begin);
	return 0;
}
