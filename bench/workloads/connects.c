/*
 * connects SECONDS
 *
 * Opens TCP connections on the loopback interface, accepts and closes them, one after the other.
 */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "workload.h"

static int checked(int result, const char *call)
{
	if (result < 0) {
		perror(call);
		exit(1);
	}
	return result;
}

int main(int argc, char **argv)
{
	const int64_t length = number_at(argc, argv, 1, 1) * 1e9;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	/* No TIME_WAIT: the ports would run out. */
	const struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	socklen_t size = sizeof address;
	const int server = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");

	checked(bind(server, (struct sockaddr *)&address, sizeof address), "bind");
	checked(listen(server, 16), "listen");
	checked(getsockname(server, (struct sockaddr *)&address, &size), "getsockname");

	const int64_t begin = now();
	uint64_t count = 0;
	int64_t time;

	do {
		const int client = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");

		checked(connect(client, (struct sockaddr *)&address, sizeof address), "connect");
		close(checked(accept(server, NULL, NULL), "accept"));
		checked(setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), "setsockopt");
		close(client);
		count++;
		time = now();
	} while (time - begin < length);

	print_result(count, time - begin);
	return 0;
}
