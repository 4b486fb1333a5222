/*
 * keys.c - the keys that mail of this host is signed with
 *
 * Purpose  one read-only probe; row PROBE(keys) in probe_table.def
 * Input    configuration of signers, in the actor, which keeps names and paths
 *          of it; private keys, in a sealed observer that nobody else's facts
 *          reach
 * Yields   tables signer and signing_key
 * Unknown  what a signer has in a database; a key that cannot be read has its
 *          row, with the problem
 * Errors   none
 * Runs as  observer, without files: their bytes, and those of keys within a
 *          configuration, come in one descriptor
 * Cost     2 ms for libcrypto, where there are keys
 * Source   RFC 6376 section 3.6.1, RFC 8463
 */
#include <errno.h>
#include <string.h>

#include "agent/base/base64.h"
#include "agent/probes/probe.h"
#include "agent/probes/signer.h"
#include "agent/sys/bundle.h"
#include "agent/sys/pem.h"

enum { FD_BUNDLE };

struct keys_state {
	struct signers signers;
};

static int
keys_prepare(struct probe_job *job, struct why *why)
{
	struct keys_state *state = arena_alloc(job->arena, 1, sizeof(*state));
	struct signers *signers = &state->signers;
	const char *list = job->config->dkim_selectors;

	job->state = state;
	job->fds[FD_BUNDLE] = bundle_new(why);
	if (job->fds[FD_BUNDLE] < 0)
		return job->fds[FD_BUNDLE];
	*signers = (struct signers){.arena = job->arena,
	    .bundle = job->fds[FD_BUNDLE],
	    .root = "",
	    .mta = job->mta_error == NULL ? job->mta : NULL};
	if (list == NULL || strcmp(list, "auto") == 0)
		signers_find(signers);
	else
		signers_configured(signers, list);
	for (size_t i = 0; i < signers->key_count; i++)
		if (signers->keys[i].path != NULL)
			bundle_add(signers->bundle, signers->keys[i].path,
			    SIGNER_KEY_BYTES_MAX, &signers->keys[i].file);
	return 0;
}

static int
keys_enter(struct probe_job *job, struct why *why)
{
	struct keys_state *state = job->state;

	return state->signers.key_count > 0 ? pem_load(why) : 0;
}

static int
key_read(const struct keys_state *state, int fd, size_t at, struct pem_key *ret,
    struct why *why)
{
	const struct signer_key *key = &state->signers.keys[at];
	AUTO_BUF struct buf text = {0};
	int r;

	if (key->path == NULL && !key->is_inside)
		return why_set(
		    why, -ENODATA, "it is not told where the key is");
	r = bundle_read(fd, &key->file, &text);
	if (r < 0)
		return why_set(why, r, "%s", strerror(-r));
	return pem_key_read(text.text, text.length, ret, why);
}

static void
key_out(struct probe_job *job, size_t at, struct fact_out *out)
{
	static const char *const types[] = {[PEM_RSA] = "rsa",
	    [PEM_ED25519] = "ed25519",
	    [PEM_OTHER] = "other"};
	const struct keys_state *state = job->state;
	const struct signer_key *key = &state->signers.keys[at];
	AUTO_BUF struct buf text = {0};
	struct pem_key found;
	struct why why = {0};
	int r = key_read(state, job->fds[FD_BUNDLE], at, &found, &why);

	fact_out_row(out, "signing_key",
	    arena_printf(job->arena, "%s/%s", key->selector, key->domain));
	fact_out_text(out, "selector", key->selector);
	fact_out_text(out, "domain", key->domain);
	fact_out_text(out, "signer", key->signer);
	fact_out_text(out, "source", key->source);
	fact_out_text(out, "file", key->path != NULL ? key->path : "");
	if (r < 0) {
		/* one that is not here may be in the hands of somebody else */
		fact_out_text(out, "problem", r == -ENODATA ? "" : why.text);
		fact_out_unknown(out, "type", "%s", why.text);
		fact_out_unknown(out, "bits", "%s", why.text);
		fact_out_unknown(out, "public", "%s", why.text);
		return;
	}
	base64_add(&text, found.spki.text, found.spki.length);
	buf_done(&found.spki);
	fact_out_text(out, "problem", "");
	fact_out_text(out, "type", types[found.type]);
	fact_out_number(out, "bits", found.bits);
	fact_out_text(out, "public", buf_text(&text));
}

static void
signer_out(const struct signer *signer, struct fact_out *out)
{
	fact_out_row(out, "signer", signer->name);
	fact_out_bool(out, "in_use", signer->in_use);
	fact_out_text(out, "config", signer->config);
	if (!signer->in_use)
		fact_out_unknown(out, "keys",
		    "nothing sends mail through it, and its service does not "
		    "run");
	else if (signer->unknown != NULL)
		fact_out_unknown(out, "keys", "%s", signer->unknown);
	else
		fact_out_number(out, "keys", (double)signer->key_count);
}

static void
keys_collect(struct probe_job *job, struct fact_out *out)
{
	const struct keys_state *state = job->state;

	for (size_t i = 0; i < state->signers.count; i++)
		signer_out(&state->signers.all[i], out);
	fact_out_table_end(out, "signer");
	for (size_t i = 0; i < state->signers.key_count; i++)
		key_out(job, i, out);
	fact_out_table_end(out, "signing_key");
}

static const char *const keys_tables[] = {"signer", "signing_key", NULL};

const struct probe probe_keys = {
    .name = "keys",
    .tables = keys_tables,
    .root_for = "the private keys of signers",
    .deadline_ms = 3000,
    .prepare = keys_prepare,
    .enter = keys_enter,
    .collect = keys_collect,
};
