/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel knows about sockets. */
#ifndef TIERCEL_SOCKET_H
#define TIERCEL_SOCKET_H

#include "file.h"

/* The file behind a descriptor with all that is known about it. */
static __always_inline void put_fd(struct record *r, __s32 fd)
{
	struct file *file = file_of(fd);

	if (file == NULL)
		return;
	put_file(r, file);
}

#endif
