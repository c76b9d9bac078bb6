/* What all workloads share: the clock, the result line, a pace. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static inline int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Waits until `at` (ns, monotonic): sleeping while it is far, so that a paced workload leaves the processor alone. */
static inline void wait_until(int64_t at)
{
	for (;;) {
		int64_t left = at - now();
		struct timespec t = { 0, left - 60000 };

		if (left <= 0)
			return;
		if (left > 100000) {
			t.tv_sec = t.tv_nsec / 1000000000;
			t.tv_nsec %= 1000000000;
			nanosleep(&t, NULL);
		}
	}
}

/* Argument `index` as number, or `otherwise` where it is not given. */
static inline double number_at(int argc, char **argv, int index, double otherwise)
{
	return index < argc ? atof(argv[index]) : otherwise;
}

/* Processor time of this process or its children, ns. */
static inline int64_t processor_time(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
}

/* The one line on stdout that the bench reads. */
static inline void print_result(uint64_t operations, int64_t nanoseconds)
{
	printf("{\"operations\":%llu,\"nanoseconds\":%lld,\"processor\":%lld}\n", (unsigned long long)operations,
	       (long long)nanoseconds,
	       (long long)(processor_time(RUSAGE_SELF) + processor_time(RUSAGE_CHILDREN)));
}

#endif
