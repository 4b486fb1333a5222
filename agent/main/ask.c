/*
 * ask.c - ask before each fix
 *
 * Purpose  show a fix and take one answer: yes, no, diff, all, quit
 * Input    lines that a person types; anything else than an answer asks again
 * Errors   the end of the input, or a signal, is "quit"
 * Runs as  the actor
 * Source   SPEC section 2
 */
#include "agent/main/ask.h"

#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/main/stop.h"
#include "agent/report/report_parts.h"

/* An answer is a word; who types more is asked again. */
#define ASK_LINE_MAX 64
/* Somebody who never answers is not there. */
#define ASK_TRIES 10
/* Queue ids and the like; the rest is counted. */
#define ASK_ITEMS_SHOWN 40

struct asker
asker_begin(int columns, bool is_colour)
{
	return (struct asker){.columns = columns, .is_colour = is_colour};
}

static void
say(const struct buf *text)
{
	(void)file_write_all(STDERR_FILENO, buf_text(text), text->length, NULL);
}

/* First letter of the answer in lower case, or 'q'. */
static char
answer_read(void)
{
	char line[ASK_LINE_MAX];
	ssize_t n = stop_or_input(STDIN_FILENO)
	                ? read(STDIN_FILENO, line, sizeof(line) - 1)
	                : 0;
	size_t start;

	if (n <= 0 || stop_is_asked(NULL))
		return 'q';
	line[n] = '\0';
	start = strspn(line, " \t");
	return (char)(line[start] | 0x20);
}

static void
fix_show(const struct asker *asker, const struct planned_fix *planned)
{
	AUTO_BUF struct buf text = {0};
	struct page page = page_begin(&text, asker->columns, asker->is_colour);

	page_gap(&page);
	page_line(&page, PAGE_BOLD, "x ", planned->finding->title, NULL);
	report_evidence_lines(&page, planned->finding);
	report_fix_lines(&page, planned, 0);
	say(&text);
}

static void
items_show(struct page *page, const struct change *change)
{
	AUTO_BUF struct buf line = {0};
	size_t shown = change->item_count;

	if (shown > ASK_ITEMS_SHOWN)
		shown = ASK_ITEMS_SHOWN;
	for (size_t i = 0; i < shown; i++)
		buf_addf(&line, "%s%s", i > 0 ? " " : "", change->items[i]);
	if (shown < change->item_count)
		buf_addf(&line, " and %zu more", change->item_count - shown);
	if (shown > 0)
		page_line(
		    page, PAGE_PLAIN, "          ", buf_text(&line), NULL);
}

static void
diff_show(const struct asker *asker, const struct planned_fix *planned)
{
	AUTO_BUF struct buf text = {0};
	struct page page = page_begin(&text, asker->columns, asker->is_colour);

	for (size_t i = 0; i < planned->change_count; i++) {
		const struct change *change = &planned->changes[i];

		page_line(&page, PAGE_BOLD, "        ", change->text, NULL);
		report_change_lines(&page, change);
		items_show(&page, change);
	}
	say(&text);
}

bool
asker_wants(struct asker *asker, const struct planned_fix *planned)
{
	AUTO_BUF struct buf prompt = {0};

	if (asker->is_all || asker->is_over)
		return asker->is_all;
	fix_show(asker, planned);
	buf_add(&prompt, "  Apply this? [y]es [n]o [d]iff [a]ll [q]uit: ");
	for (int i = 0; i < ASK_TRIES; i++) {
		say(&prompt);
		switch (answer_read()) {
		case 'y':
			return true;
		case 'n':
			return false;
		case 'd':
			diff_show(asker, planned);
			break;
		case 'a':
			asker->is_all = true;
			return true;
		case 'q':
			asker->is_over = true;
			return false;
		default:
			break;
		}
	}
	asker->is_over = true;
	return false;
}
