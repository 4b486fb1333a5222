/*
 * eval_register.c - the 64 bytes that expressions hand to each other
 *
 * Purpose  store values, known or not; say why one is not known
 * Input    registers and lengths of expressions: hostile, checked here
 * Errors   a register that is not there makes the rule not understood
 * Runs as  observer, planner, tests
 * Source   struct nft_regs; a load fills the last slot with zeros
 */
#include <string.h>

#include "agent/firewall/eval_parts.h"

const struct eval_note eval_note_client = {
    NF_MAYBE, "a field that each client fills as it likes", false};

bool
eval_span(uint8_t slot, size_t length)
{
	return slot < NF_SLOT_COUNT && length > 0 &&
	       length <= EVAL_REGISTER_BYTES - slot * (size_t)NF_SLOT_BYTES;
}

enum eval_result
eval_doubt(struct nf_eval *eval, enum nf_truth truth, const char *reason,
    bool is_usual)
{
	eval->match = (struct nf_match){
	    .truth = truth, .reason = reason, .is_usual = is_usual};
	eval->narrow.is_set = false;
	eval->has_verdict = false;
	eval->next_hit = 0;
	return EVAL_DOUBT;
}

enum eval_result
eval_not_understood(struct nf_eval *eval, const char *what)
{
	eval->branch->chain = eval->branch->state.chain;
	eval->branch->rule = eval->context.rule;
	eval_end(eval, NF_NOT_KNOWN,
	    arena_printf(eval->context.arena,
	        "an expression that is not understood (%s)", what));
	return EVAL_STOP;
}

static size_t
padded(size_t length)
{
	return (length + NF_SLOT_BYTES - 1) / NF_SLOT_BYTES * NF_SLOT_BYTES;
}

enum eval_result
eval_store(struct nf_eval *eval, uint8_t slot, const void *data, size_t length)
{
	struct eval_registers *registers = eval->registers;
	size_t at = slot * (size_t)NF_SLOT_BYTES, end = padded(length);

	if (!eval_span(slot, length))
		return eval_not_understood(eval, "register");
	(void)memcpy(registers->bytes + at, data, length);
	(void)memset(registers->bytes + at + length, 0, end - length);
	if (registers->has_unknown)
		(void)memset(registers->known + at, 0xff, end);
	if (registers->address_slot == slot)
		registers->address_slot = NF_SLOT_NONE;
	return EVAL_NEXT;
}

enum eval_result
eval_store_doubt(struct nf_eval *eval, uint8_t slot, const uint8_t *data,
    const uint8_t *known, size_t length, const struct eval_note *note)
{
	static const uint8_t nothing[EVAL_REGISTER_BYTES];
	struct eval_registers *registers = eval->registers;
	size_t at = slot * (size_t)NF_SLOT_BYTES;

	if (!eval_span(slot, length))
		return eval_not_understood(eval, "register");
	if (!registers->has_unknown) {
		(void)memset(registers->known, 0xff, sizeof(registers->known));
		registers->has_unknown = true;
	}
	(void)eval_store(eval, slot, known == NULL ? nothing : data, length);
	(void)memcpy(
	    registers->known + at, known == NULL ? nothing : known, length);
	/* an unknown bit is 0, for compares */
	for (size_t i = at; i < at + length; i++)
		registers->bytes[i] &= registers->known[i];
	for (size_t i = 0; i < padded(length) / NF_SLOT_BYTES; i++)
		registers->notes[slot + i] = note;
	return EVAL_NEXT;
}

enum eval_result
eval_store_number(
    struct nf_eval *eval, const struct nf_expr *expr, uint32_t value)
{
	return eval_store(eval, expr->dreg, &value, sizeof(value));
}

bool
eval_is_known(
    const struct eval_registers *registers, uint8_t slot, size_t length)
{
	const uint8_t *known = registers->known + slot * (size_t)NF_SLOT_BYTES;

	if (!registers->has_unknown)
		return true;
	for (size_t i = 0; i < length; i++)
		if (known[i] != 0xff)
			return false;
	return true;
}

const struct eval_note *
eval_note_of(
    const struct eval_registers *registers, uint8_t slot, size_t length)
{
	const struct eval_note *found = NULL;

	for (size_t i = 0; i < padded(length) / NF_SLOT_BYTES; i++) {
		const struct eval_note *note = registers->notes[slot + i];
		uint8_t at = (uint8_t)(slot + i);

		if (eval_is_known(registers, at, NF_SLOT_BYTES))
			continue;
		if (found == NULL || note->truth == NF_UNKNOWN)
			found = note;
	}
	return found != NULL ? found : &eval_note_client;
}

enum eval_result
eval_doubt_of(struct nf_eval *eval, uint8_t slot, size_t length, bool is_usual)
{
	const struct eval_note *note =
	    eval_note_of(eval->registers, slot, length);

	return eval_doubt(eval, note->truth, note->reason, is_usual);
}
