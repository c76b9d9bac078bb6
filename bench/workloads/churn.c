/*
 * churn SECONDS RATE
 *
 * RATE times a second: a child that makes a grandchild and ends before it, so that the grandchild gets another parent;
 * the grandchild opens a file with a name of its own, names itself and a thread of its own anew, and executes /bin/true
 * with arguments of its own. Nothing comes twice: what an agent keeps for names, processes and threads, and does not
 * give up, grows.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workload.h"

static char text[64];

static void *thread(void *unused)
{
	prctl(PR_SET_NAME, text);
	close(open(text, O_RDONLY));
	return unused;
}

static void grandchild(uint64_t number)
{
	char *const arguments[] = { "/bin/true", text, NULL };
	pthread_t id;

	snprintf(text, sizeof text, "/tmp/churn-%llu", (unsigned long long)number);
	close(open(text, O_RDONLY | O_CREAT, 0600));
	unlink(text);
	prctl(PR_SET_NAME, text + 5);
	if (pthread_create(&id, NULL, thread, NULL) == 0)
		pthread_join(id, NULL);
	execv(arguments[0], arguments);
	_exit(127);
}

int main(int argc, char **argv)
{
	const int64_t length = number_at(argc, argv, 1, 1) * 1e9;
	const double rate = number_at(argc, argv, 2, 100);
	const int64_t begin = now();
	uint64_t count = 0;
	int64_t time;

	/* Grandchildren are nobody's to wait for here. */
	do {
		int status;
		pid_t child = fork();

		if (child == 0) {
			if (fork() == 0)
				grandchild(count);
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) != child) {
			perror("fork");
			return 1;
		}
		count++;
		wait_until(begin + (int64_t)(count * (1e9 / rate)));
		time = now();
	} while (time - begin < length);

	print_result(count, time - begin);
	return 0;
}
