/*
 * signer.h - which keys the signers of this host use, as their configuration
 * says
 *
 * Selectors are never guessed: what a configuration says in a way that is not
 * understood here (a database, a script) is said in `unknown`.
 *
 * What observers inherit must hold no secret, and a table may have private keys
 * in it, or be another file than it seems. So the texts of all files, and what
 * is made of them, are in `scratch`, which is wiped before the finders return;
 * only names, paths and reasons are copied out of it, when they are such.
 */
#ifndef MAILFIX_PROBES_SIGNER_H
#define MAILFIX_PROBES_SIGNER_H

#include "agent/mta/mta.h"
#include "agent/sys/bundle.h"

/* As the table of facts. */
#define SIGNER_KEYS_MAX 128U

/* RSA of 16,384 bits has 13 kB. */
#define SIGNER_KEY_BYTES_MAX 32768U

struct signer_key {
	const char *selector, *domain; /* the domain in lower case */
	const char *signer;
	const char *path; /* of the private key; NULL: not told */
	/* the key itself, in a configuration; NULL outside of the finders */
	const char *inside;
	bool is_inside; /* it is in `file`; others have that from their path */
	struct bundle_file file;
	const char *source; /* the file that says so */
};

struct signer {
	const char *name;   /* "opendkim" */
	const char *config; /* what it reads first; NULL: it is not here */
	const char
	    *unknown; /* why there may be more keys; NULL: all are told */
	bool in_use;
	size_t key_count;
};

#define SIGNERS_MAX 4

struct signers {
	struct arena *arena;
	struct arena *scratch; /* of the finders, who wipe it */
	int bundle;            /* that keys are put in */
	const char *root;      /* before every path: "" but for tests */
	const struct mta *mta;
	struct signer all[SIGNERS_MAX];
	size_t count;
	struct signer_key *keys; /* of SIGNER_KEYS_MAX */
	size_t key_count;
};

/* signers_find - all signers that are here, and the keys of those in use */
void signers_find(struct signers *signers);

/* signers_configured - "selector:domain[:file], ..." of mailfix.conf instead */
void signers_configured(struct signers *signers, const char *list);

/* One file each; *signer is at hand. */
void signer_opendkim(struct signers *signers, struct signer *signer);
void signer_dkimpy(struct signers *signers, struct signer *signer);
void signer_rspamd(struct signers *signers, struct signer *signer);

/*
 * signer_read - a file of the configuration; 0, or a negative errno
 *
 * Links are followed where nobody but root can have put them. Below a folder
 * that others may change, it must be a regular file of root's or of the owner
 * of that folder.
 * ret  in scratch
 */
int signer_read(struct signers *signers, const char *path, const char **ret,
    struct why *why);

/*
 * signer_key_add - one more, unless it is there or no name of a record
 * Its texts are copied; what is no absolute path is not.
 */
void signer_key_add(
    struct signers *signers, struct signer *signer, struct signer_key key);

/* signer_doubt - why there may be more keys; the first reason stays */
void signer_doubt(struct signers *signers, struct signer *signer,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* signer_rows - lines of blank-separated words, without comments */
struct signer_row {
	const char *key, *value; /* the first word, and the rest; or "" */
};
const struct signer_row *signer_rows(
    struct arena *arena, const char *text, size_t *ret_count);

/*
 * signer_index - rows in the order of their keys; of one key the first first
 * Tables have thousands of rows, and each of one is looked for in another.
 */
struct signer_index {
	const struct signer_row **rows;
	size_t count;
};
struct signer_index signer_index(
    struct arena *arena, const struct signer_row *rows, size_t count);

/* signer_value - of the first row with that key; NULL: there is none */
const char *signer_value(const struct signer_index *index, const char *key);

#endif
