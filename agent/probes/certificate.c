/*
 * certificate.c - certificates that the mail system shows to its clients
 *
 * Purpose  one read-only probe; row PROBE(certificate) in probe_table.def
 * Input    files that the mail system's configuration names; there may be
 *          private keys beside the certificates
 * Yields   table certificate, a row for each certificate
 * Unknown  a file that cannot be read: a row with the problem; without the
 *          configuration, or libcrypto, all
 * Errors   none
 * Runs as  observer, without files: their bytes come in one descriptor
 * Cost     2 ms for libcrypto
 * Source   RFC 5280 section 4.1, RFC 6698 section 2.1
 */
#include <sys/types.h>

#include <string.h>
#include <time.h>

#include "agent/base/clock.h"
#include "agent/probes/probe.h"
#include "agent/sys/bundle.h"
#include "agent/sys/pem.h"

/* What all kinds of private keys in PEM form end their first line with. */
#define KEY_MARK "PRIVATE KEY-----"

enum { FD_BUNDLE };

/* A chain has some 6 kB; one with all roots of the world, 200. */
#define FILE_BYTES_MAX (256U * 1024U)

struct certificate_state {
	struct mta_identity identity;
	struct bundle_file *files;
	const char *unknown; /* why nothing can be told */
};

static int
certificate_prepare(struct probe_job *job, struct why *why)
{
	struct certificate_state *state =
	    arena_alloc(job->arena, 1, sizeof(*state));
	const struct mta *mta = job->mta;
	struct why reason = {0};

	(void)why;
	job->state = state;
	if (mta == NULL || job->mta_error != NULL)
		state->unknown =
		    job->mta_error != NULL ? job->mta_error : "not looked for";
	else if (mta->ops != NULL && mta->ops->certificates == NULL)
		state->unknown =
		    "the settings of the mail system are not read here";
	else if (mta->ops != NULL && mta->ops->certificates(job->arena, mta,
	                                 &state->identity, &reason) < 0)
		state->unknown = arena_dup(job->arena, reason.text);
	else if ((job->fds[FD_BUNDLE] = bundle_new(&reason)) < 0)
		state->unknown = arena_dup(job->arena, reason.text);
	if (state->unknown != NULL)
		return 0;
	state->files = arena_alloc(job->arena,
	    state->identity.certificate_count + 1, sizeof(*state->files));
	for (size_t i = 0; i < state->identity.certificate_count; i++)
		bundle_add(job->fds[FD_BUNDLE],
		    state->identity.certificates[i].path, FILE_BYTES_MAX,
		    &state->files[i]);
	return 0;
}

static int
certificate_enter(struct probe_job *job, struct why *why)
{
	struct certificate_state *state = job->state;

	if (state->unknown != NULL || state->identity.certificate_count == 0)
		return 0;
	return pem_load(why);
}

static void
row_begin(const struct mta_certificate *file, const char *key, size_t position,
    struct fact_out *out)
{
	fact_out_row(out, "certificate", key);
	fact_out_text(out, "file", file->path);
	fact_out_number(out, "position", (double)position);
	fact_out_bool(out, "is_mx", file->is_mx);
}

static void
problem_out(struct arena *arena, const struct mta_certificate *file,
    const char *problem, struct fact_out *out)
{
	static const char *const columns[] = {"is_leaf", "names", "not_after",
	    "left", "sha256", "sha512", "spki_sha256", "spki_sha512"};

	row_begin(file, arena_printf(arena, "%s#1", file->path), 1, out);
	fact_out_text(out, "problem", problem);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		fact_out_unknown(out, columns[i], "%s", problem);
}

static void
date_out(int64_t not_after_s, int64_t now_s, struct fact_out *out)
{
	const time_t until = (time_t)not_after_s;
	const double left = (double)(not_after_s - now_s);
	char text[32];
	struct tm tm;

	if (not_after_s == 0 || gmtime_r(&until, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0) {
		fact_out_unknown(out, "not_after", "its date cannot be read");
		fact_out_unknown(out, "left", "its date cannot be read");
		return;
	}
	fact_out_text(out, "not_after", text);
	fact_out_number(out, "left", left > 0 ? left : 0);
}

static void
certificate_out(const struct pem_certificate *certificate, size_t position,
    int64_t now_s, struct fact_out *out)
{
	/* one that is signed by itself is its own issuer, and the server's */
	fact_out_bool(out, "is_leaf", position == 1 || !certificate->is_issuer);
	fact_out_text(out, "names", certificate->names);
	date_out(certificate->not_after_s, now_s, out);
	fact_out_text(out, "sha256", certificate->sha256);
	fact_out_text(out, "sha512", certificate->sha512);
	fact_out_text(out, "spki_sha256", certificate->spki_sha256);
	fact_out_text(out, "spki_sha512", certificate->spki_sha512);
	fact_out_text(out, "problem", "");
}

/*
 * Files of a list are read as one: a key, what certifies it, the next key.
 * What has no key of its own goes on where the one before it ended.
 */
struct chain {
	const struct mta_certificate *file; /* with the leaf; NULL: none yet */
	size_t count;                       /* of its certificates so far */
	bool has_key;                       /* and its leaf is to come */
};

static bool
has_key(const struct buf *text)
{
	return text->length > 0 && memmem(text->text, text->length, KEY_MARK,
	                               strlen(KEY_MARK)) != NULL;
}

static void
file_out(
    struct probe_job *job, size_t at, struct chain *chain, struct fact_out *out)
{
	const struct certificate_state *state = job->state;
	const struct mta_certificate *file = &state->identity.certificates[at];
	struct pem_certificate found[PEM_CERTIFICATES_MAX];
	AUTO_BUF struct buf text = {0};
	struct why why = {0};
	size_t count = 0;
	bool is_key;
	int r = bundle_read(job->fds[FD_BUNDLE], &state->files[at], &text);

	if (r < 0)
		(void)why_set(&why, r, "%s", strerror(-r));
	else
		r = pem_certificates_read(
		    job->arena, text.text, text.length, found, &count, &why);
	is_key = file->is_chain && has_key(&text);
	chain->has_key = chain->has_key || is_key;
	if (r < 0) {
		if (!is_key)
			problem_out(job->arena, file, why.text, out);
		return;
	}
	if (!file->is_chain || chain->has_key || chain->file == NULL)
		*chain = (struct chain){.file = file};
	for (size_t i = 0; i < count; i++) {
		const size_t position = ++chain->count;

		row_begin(chain->file,
		    arena_printf(
		        job->arena, "%s#%zu", chain->file->path, position),
		    position, out);
		certificate_out(&found[i], position, clock_now_s(), out);
	}
}

static void
certificate_collect(struct probe_job *job, struct fact_out *out)
{
	const struct certificate_state *state = job->state;
	struct chain chain = {0};

	if (state->unknown != NULL) {
		fact_out_table_unknown(
		    out, "certificate", "%s", state->unknown);
		return;
	}
	for (size_t i = 0; i < state->identity.certificate_count; i++)
		file_out(job, i, &chain, out);
	fact_out_table_end(out, "certificate");
}

static const char *const certificate_tables[] = {"certificate", NULL};

const struct probe probe_certificate = {
    .name = "certificate",
    .tables = certificate_tables,
    .deadline_ms = 3000,
    .prepare = certificate_prepare,
    .enter = certificate_enter,
    .collect = certificate_collect,
};
