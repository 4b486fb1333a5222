/*
 * quarantine_tar.c - headers of the archive that a quarantine is
 *
 * Purpose  an admin can look into a quarantine with tar(1) alone
 * Input    attributes of a file
 * Errors   -EOVERFLOW: 8 GiB, or a user id beyond 2,097,151
 * Runs as  actor
 * Source   POSIX.1-2017 pax, "ustar Interchange Format"
 */
#include "agent/change/quarantine_tar.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char checksum[8], type, link[100], magic[6], version[2];
	char user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};

_Static_assert(sizeof(struct header) == QUARANTINE_BLOCK, "ustar");

/* Octal digits with leading zeros and a NUL. Returns whether it fits. */
static bool
put_octal(char *field, size_t size, uint64_t number)
{
	for (size_t i = size - 1; i-- > 0; number >>= 3)
		field[i] = (char)('0' + (number & 7));
	field[size - 1] = '\0';
	return number == 0;
}

int
quarantine_tar_header(const struct quarantine_file *file,
    unsigned char ret[static QUARANTINE_BLOCK], struct why *why)
{
	struct header header = {0};
	const unsigned char *bytes = (const unsigned char *)&header;
	uint64_t sum = 0;
	bool fits;

	_Static_assert(sizeof(file->path) <= sizeof(header.name), "name");
	memcpy(header.name, file->path, strlen(file->path));
	fits = put_octal(header.mode, sizeof(header.mode), file->mode) &&
	       put_octal(header.uid, sizeof(header.uid), file->uid) &&
	       put_octal(header.gid, sizeof(header.gid), file->gid) &&
	       put_octal(header.size, sizeof(header.size), file->size) &&
	       put_octal(header.mtime, sizeof(header.mtime),
	           file->mtime_s > 0 ? (uint64_t)file->mtime_s : 0);
	if (!fits)
		return why_set(why, -EOVERFLOW,
		    "%s does not fit into an archive", file->path);
	header.type = '0';
	memcpy(header.magic, "ustar", sizeof(header.magic));
	memcpy(header.version, "00", sizeof(header.version));
	memset(header.checksum, ' ', sizeof(header.checksum));
	for (size_t i = 0; i < sizeof(header); i++)
		sum += bytes[i];
	(void)put_octal(header.checksum, sizeof(header.checksum) - 1, sum);
	memcpy(ret, &header, sizeof(header));
	return 0;
}
