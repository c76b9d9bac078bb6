// First process of a pod of the test cluster: holds its namespaces, reaps orphans, ends when told to.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t told;

static void on_end(int number)
{
	(void)number;
	told = 1;
}

static void on_child(int number)
{
	(void)number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

int main(void)
{
	sigset_t none, all;

	// A signal that comes between the question and the wait must not be missed.
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	sigemptyset(&none);
	signal(SIGTERM, on_end);
	signal(SIGINT, on_end);
	signal(SIGCHLD, on_child);
	while (!told)
		sigsuspend(&none);
	return 0;
}
