/* Makes the system calls that its arguments name, as a test wants them, and prints what each returned as a JSON
 * array. Calls are separated by "--": NUMBER ARGUMENT... An argument is
 *   123, -1        a number
 *   s:TEXT         address of the text
 *   b:HEX          address of the bytes
 *   w:A,B,#HEX     address of words of this program's width (or 32 bits with -80); #HEX is an address of bytes
 *   m:HEX:TEXT     address of a struct msghdr with that name and one piece of data
 *   @N             what call N returned
 * Options before the calls: -80 goes through int 0x80 with the 32-bit numbers; -t makes the calls in a second
 * thread; -n NUMBER repeats the last call.
 * After a call that made a child, the child ends with status 7 and the parent waits for it. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *arena, *arena_end;
static int through_gate;
static long results[64];
static int count;

static void *take(size_t size)
{
	void *at = arena;

	arena += (size + 15) & ~15UL;
	if (arena > arena_end)
		exit(9);
	return at;
}

static void *text(const char *from)
{
	return strcpy(take(strlen(from) + 1), from);
}

static void *bytes(const char *hex, size_t *length)
{
	size_t n = strcspn(hex, ":,") / 2;
	unsigned char *to = take(n + 1);

	for (size_t i = 0; i < n; i++)
		sscanf(hex + 2 * i, "%2hhx", to + i);
	if (length)
		*length = n;
	return to;
}

static void *words(char *list)
{
	int narrow = through_gate || sizeof(long) == 4, n = 0;
	char *to = take(16 * 8);

	for (char *item = strtok(list, ","); item; item = strtok(NULL, ",")) {
		uint64_t value = item[0] == '#'   ? (uint64_t)(uintptr_t)bytes(item + 1, NULL)
				 : item[0] == '@' ? (uint64_t)results[atoi(item + 1)]
						  : (uint64_t)strtoll(item, NULL, 0);

		if (narrow)
			((uint32_t *)to)[n++] = (uint32_t)value;
		else
			((uint64_t *)to)[n++] = value;
	}
	return to;
}

static void *message(char *spec)
{
	char *data = strchr(spec, ':') + 1;
	size_t length;
	void *name = bytes(spec, &length);
	char list[200];
	void *vector;

	sprintf(list, "%llu,%zu", (unsigned long long)(uintptr_t)text(data), strlen(data));
	vector = words(list);
	sprintf(list, "%llu,%zu,%llu,1,0,0,0", (unsigned long long)(uintptr_t)(length ? name : NULL), length,
		(unsigned long long)(uintptr_t)vector);
	return words(list);
}

static long value_of(char *argument)
{
	switch (argument[1] == ':' ? argument[0] : argument[0] == '@' ? '@' : 0) {
	case 's':
		return (long)text(argument + 2);
	case 'b':
		return (long)bytes(argument + 2, NULL);
	case 'w':
		return (long)words(argument + 2);
	case 'm':
		return (long)message(argument + 2);
	case '@':
		return results[atoi(argument + 1)];
	default:
		return (long)strtoll(argument, NULL, 0);
	}
}

static long gate(long number, long *a)
{
#if defined(__x86_64__)
	long result;
	register long sixth asm("r8") = a[5];

	asm volatile("push %%rbp\n\tmov %%r8d, %%ebp\n\tint $0x80\n\tpop %%rbp"
		     : "=a"(result), "+r"(sixth)
		     : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
		     : "memory", "r9", "r10", "r11");
	return (int)result;
#else
	(void)number;
	(void)a;
	return -38;
#endif
}

static void call(int argc, char **argv)
{
	long number = atol(argv[0]), a[6] = {0}, result;
	pid_t self = getpid();

	for (int i = 1; i < argc && i <= 6; i++)
		a[i - 1] = value_of(argv[i]);
	if (through_gate) {
		result = gate(number, a);
	} else {
		result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
		if (result < 0)
			result = -(*__extension__({ extern int *__errno_location(void); __errno_location(); }));
	}
	if (syscall(SYS_getpid) != self)
		syscall(SYS_exit_group, 7);
	results[count++] = result;
}

static void *run(void *arguments)
{
	char **argv = arguments;

	while (*argv) {
		int n = 0;

		while (argv[n] && strcmp(argv[n], "--") != 0)
			n++;
		call(n, argv);
		argv += n + (argv[n] != NULL);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int in_thread = 0, at = 1;

	arena = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS
#ifdef MAP_32BIT
		     | MAP_32BIT
#endif
		     , -1, 0);
	arena_end = arena + (1 << 20);
	for (; at < argc && argv[at][0] == '-' && argv[at][1] != '-'; at++) {
		through_gate |= strcmp(argv[at], "-80") == 0;
		in_thread |= strcmp(argv[at], "-t") == 0;
	}
	if (in_thread) {
		pthread_t thread;

		pthread_create(&thread, NULL, run, argv + at);
		pthread_join(thread, NULL);
	} else {
		run(argv + at);
	}
	while (wait(NULL) > 0)
		;
	printf("[");
	for (int i = 0; i < count; i++)
		printf("%s%ld", i ? "," : "", results[i]);
	printf("]\n");
	return 0;
}
