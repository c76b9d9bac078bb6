/*
 * execs SECONDS [PROGRAM]
 *
 * Forks, executes PROGRAM (/bin/true) in the child and waits for it, one after the other.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

extern char **environ;

int main(int argc, char **argv)
{
	const int64_t length = number_at(argc, argv, 1, 1) * 1e9;
	char *program = argc > 2 ? argv[2] : "/bin/true";
	char *const arguments[] = { program, NULL };
	const int64_t begin = now();
	uint64_t count = 0;
	int64_t time;

	do {
		int status;
		pid_t child = fork();

		if (child == 0) {
			execve(program, arguments, environ);
			_exit(127);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
			perror(program);
			return 1;
		}
		count++;
		time = now();
	} while (time - begin < length);

	print_result(count, time - begin);
	return 0;
}
