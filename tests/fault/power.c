#include "tests/fault/power.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 512

/* A name in a folder, now or safe. */
struct entry {
	char name[160];
	struct node *node;
};

struct entries {
	struct entry *at;
	size_t n, room;
};

/* A change of a folder's names that was not synced: removes 'gone', sets 'name'; an empty one is not used. */
struct renaming {
	char gone[160], name[160];
	struct node *node;
	long order;
};

/* A change of a file's content that was not synced. */
struct change {
	const struct disk_op *op;
	long order;
};

struct content {
	uint8_t *p;
	size_t n, room;
};

struct node {
	uint64_t inode;
	bool is_folder;
	mode_t mode;
	struct content now, safe;
	struct change *changes;
	size_t n_changes, changes_room;
	struct entries names, safe_names;
	struct renaming *renamings;
	size_t n_renamings, renamings_room;
};

struct power {
	struct node **nodes;
	size_t n, room;
	size_t played;
	long order;
};

/* ---- small parts ---- */

static void die(const char *what, const char *name)
{
	fprintf(stderr, "power: cannot %s '%s'\n", what, name);
	perror("power");
	exit(1);
}

/* Room for one more. */
static void *grow(void *p, size_t n, size_t *room, size_t one)
{
	if (n < *room)
		return p;
	*room = *room ? 2 * *room : 8;
	p = realloc(p, *room * one);
	if (p == NULL)
		die("hold", "a table");
	return p;
}

static void content_resize(struct content *c, size_t n)
{
	if (n > c->room) {
		c->room = n + n / 2 + 64;
		c->p = realloc(c->p, c->room);
		if (c->p == NULL)
			die("hold", "a file");
	}
	if (n > c->n)
		memset(c->p + c->n, 0, n - c->n);
	c->n = n;
}

static void content_put(struct content *c, const uint8_t *p, size_t n, uint64_t at)
{
	if (at + n > c->n)
		content_resize(c, (size_t)at + n);
	memcpy(c->p + at, p, n);
}

static void content_copy(struct content *to, const struct content *from)
{
	content_resize(to, from->n);
	if (from->n > 0)
		memcpy(to->p, from->p, from->n);
}

static struct entry *entry_find(const struct entries *e, const char *name)
{
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->at[i].name, name) == 0)
			return &e->at[i];
	return NULL;
}

static void entry_set(struct entries *e, const char *name, struct node *node)
{
	struct entry *there = entry_find(e, name);

	if (there == NULL) {
		e->at = grow(e->at, e->n, &e->room, sizeof(*e->at));
		there = &e->at[e->n++];
		snprintf(there->name, sizeof(there->name), "%s", name);
	}
	there->node = node;
}

static void entry_remove(struct entries *e, const char *name)
{
	struct entry *there = entry_find(e, name);

	if (there != NULL)
		*there = e->at[--e->n];
}

static void entries_copy(struct entries *to, const struct entries *from)
{
	to->n = 0;
	for (size_t i = 0; i < from->n; i++)
		entry_set(to, from->at[i].name, from->at[i].node);
}

static struct node *node_new(struct power *p, uint64_t inode, bool is_folder, mode_t mode)
{
	struct node *x = calloc(1, sizeof(*x));

	if (x == NULL)
		die("hold", "a file");
	x->inode = inode;
	x->is_folder = is_folder;
	x->mode = mode;
	p->nodes = grow(p->nodes, p->n, &p->room, sizeof(struct node *));
	p->nodes[p->n++] = x;
	return x;
}

/* The latest one: a number is used again after a file is gone. */
static struct node *node_find(const struct power *p, uint64_t inode)
{
	for (size_t i = p->n; i > 0; i--)
		if (p->nodes[i - 1]->inode == inode)
			return p->nodes[i - 1];
	return NULL;
}

/* ---- the folder as it was ---- */

static void load_file(struct node *x, const char *path, size_t n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	content_resize(&x->safe, n);
	if (fd < 0 || (n > 0 && read(fd, x->safe.p, n) != (ssize_t)n))
		die("read", path);
	close(fd);
	content_copy(&x->now, &x->safe);
}

static struct node *load(struct power *p, const char *path)
{
	struct stat st;
	struct node *x;
	struct dirent *e;
	char below[4096];
	DIR *d;

	if (stat(path, &st) != 0)
		die("look at", path);
	x = node_new(p, st.st_ino, S_ISDIR(st.st_mode), st.st_mode & 07777);
	if (!x->is_folder) {
		load_file(x, path, (size_t)st.st_size);
		return x;
	}
	d = opendir(path);
	if (d == NULL)
		die("open", path);
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, e->d_name) >= (int)sizeof(below))
			die("name", path);
		entry_set(&x->safe_names, e->d_name, load(p, below));
	}
	closedir(d);
	entries_copy(&x->names, &x->safe_names);
	return x;
}

struct power *power_new(const char *folder)
{
	struct power *p = calloc(1, sizeof(*p));

	if (p == NULL)
		die("hold", folder);
	load(p, folder);
	return p;
}

void power_free(struct power *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct node *x = p->nodes[i];

		free(x->now.p);
		free(x->safe.p);
		free(x->changes);
		free(x->names.at);
		free(x->safe_names.at);
		free(x->renamings);
		free(x);
	}
	free(p->nodes);
	free(p);
}

/* ---- playing the journal ---- */

static const uint8_t *octets_of(const struct disk_op *op)
{
	return (const uint8_t *)(op + 1);
}

static void apply_change(struct content *c, const struct disk_op *op)
{
	if (op->kind == DISK_WRITE)
		content_put(c, octets_of(op), op->n, op->at);
	else
		content_resize(c, (size_t)op->at);
}

static void apply_renaming(struct entries *e, const struct renaming *r)
{
	if (r->gone[0])
		entry_remove(e, r->gone);
	if (r->name[0])
		entry_set(e, r->name, r->node);
}

static void sync_node(struct node *x)
{
	for (size_t i = 0; i < x->n_changes; i++)
		apply_change(&x->safe, x->changes[i].op);
	for (size_t i = 0; i < x->n_renamings; i++)
		apply_renaming(&x->safe_names, &x->renamings[i]);
	x->n_changes = x->n_renamings = 0;
}

static void put_renaming(struct power *p, struct node *folder, const char *gone, const char *name, struct node *node)
{
	struct renaming *r;

	if (folder == NULL)
		return;
	folder->renamings = grow(folder->renamings, folder->n_renamings, &folder->renamings_room, sizeof(*r));
	r = &folder->renamings[folder->n_renamings++];
	*r = (struct renaming){.node = node, .order = p->order};
	snprintf(r->gone, sizeof(r->gone), "%s", gone);
	snprintf(r->name, sizeof(r->name), "%s", name);
	apply_renaming(&folder->names, r);
}

static void put_change(struct power *p, struct node *x, const struct disk_op *op)
{
	if (x == NULL)
		return;
	x->changes = grow(x->changes, x->n_changes, &x->changes_room, sizeof(*x->changes));
	x->changes[x->n_changes++] = (struct change){op, p->order};
	apply_change(&x->now, op);
}

static void play_op(struct power *p, const struct disk_op *op)
{
	struct node *folder = node_find(p, op->folder), *x = node_find(p, op->inode), *to;
	const char *name = (const char *)octets_of(op), *second = name + op->names;

	switch ((enum disk_op_kind)op->kind) {
	case DISK_CREATE:
	case DISK_MKDIR:
		x = node_new(p, op->inode, op->kind == DISK_MKDIR, (mode_t)op->at & 07777);
		put_renaming(p, folder, "", name, x);
		return;
	case DISK_WRITE:
	case DISK_TRUNCATE:
		put_change(p, x, op);
		return;
	case DISK_SYNC:
		if (x != NULL)
			sync_node(x);
		return;
	case DISK_SYNC_ALL:
		for (size_t i = 0; i < p->n; i++)
			sync_node(p->nodes[i]);
		return;
	case DISK_LINK:
		put_renaming(p, node_find(p, op->to_folder), "", second, x);
		return;
	case DISK_REMOVE:
		put_renaming(p, folder, name, "", NULL);
		return;
	case DISK_RENAME:
		to = node_find(p, op->to_folder);
		if (to == folder) {
			put_renaming(p, folder, name, second, x);
			return;
		}
		put_renaming(p, to, "", second, x);
		put_renaming(p, folder, name, "", NULL);
		return;
	}
}

void power_play(struct power *p, const struct disk_journal *j)
{
	while (p->played < j->used) {
		const struct disk_op *op = (const struct disk_op *)(const void *)(j->bytes + p->played);

		p->order++;
		play_op(p, op);
		p->played += (sizeof(*op) + op->n + 7) / 8 * 8;
	}
}

/* ---- comparing ---- */

static bool same_file(const struct node *x, const char *path, size_t n)
{
	struct content there = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool same;

	content_resize(&there, n + 1);
	same = fd >= 0 && n == x->now.n && (n == 0 || read(fd, there.p, n) == (ssize_t)n) &&
		(n == 0 || memcmp(there.p, x->now.p, n) == 0);
	if (fd >= 0)
		close(fd);
	free(there.p);
	if (!same)
		fprintf(stderr, "power: '%s' is not what was written to it (%zu octets, not %zu)\n", path, n, x->now.n);
	return same;
}

static bool same_node(const struct node *x, const char *path)
{
	char below[4096];
	struct stat st;
	struct dirent *e;
	size_t n = 0;
	bool same = true;
	DIR *d;

	if (stat(path, &st) != 0 || (bool)S_ISDIR(st.st_mode) != x->is_folder) {
		fprintf(stderr, "power: '%s' is not there\n", path);
		return false;
	}
	if (!x->is_folder)
		return same_file(x, path, (size_t)st.st_size);
	d = opendir(path);
	if (d == NULL)
		die("open", path);
	while ((e = readdir(d)) != NULL)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	for (size_t i = 0; i < x->names.n; i++) {
		if (snprintf(below, sizeof(below), "%s/%s", path, x->names.at[i].name) >= (int)sizeof(below))
			die("name", path);
		same = same_node(x->names.at[i].node, below) && same;
	}
	if (n == x->names.n)
		return same;
	fprintf(stderr, "power: '%s' holds %zu names, not %zu\n", path, n, x->names.n);
	return false;
}

bool power_agrees(const struct power *p, const char *folder)
{
	return same_node(p->nodes[0], folder);
}

/* ---- the loss ---- */

struct cut {
	enum power_loss loss;
	uint64_t *random;
	unsigned keep; /* of 100 pieces */
	long until, lost;
};

static uint64_t draw(uint64_t *random)
{
	*random = *random * 6364136223846793005u + 1442695040888963407u;
	return *random >> 33;
}

/* Whether a change is there: decided as a whole. */
static bool is_kept(struct cut *c, long order, bool is_name)
{
	bool kept = true;

	if (c->loss == POWER_ALL)
		kept = false;
	if (c->loss == POWER_LATER)
		kept = order <= c->until;
	if (c->loss == POWER_SOME || c->loss == (is_name ? POWER_NAMES : POWER_CONTENTS))
		kept = draw(c->random) % 100 < c->keep;
	c->lost += !kept;
	return kept;
}

/* A write, whole or in pieces; where a piece is lost, the old octets stay, or zeros if the file was shorter. */
static void lose_pieces(struct cut *c, struct content *content, const struct change *change)
{
	const struct disk_op *op = change->op;
	bool torn = (c->loss == POWER_SOME || c->loss == POWER_CONTENTS) && draw(c->random) % 2 == 0;

	if (op->kind != DISK_WRITE || !torn) {
		if (is_kept(c, change->order, false))
			apply_change(content, op);
		return;
	}
	if (draw(c->random) % 4 == 0 && op->at + op->n > content->n)
		content_resize(content, (size_t)op->at + op->n);
	for (uint64_t at = op->at, end = op->at + op->n; at < end;) {
		uint64_t stop = (at / PIECE + 1) * PIECE < end ? (at / PIECE + 1) * PIECE : end;

		if (is_kept(c, change->order, false))
			content_put(content, octets_of(op) + (at - op->at), (size_t)(stop - at), at);
		at = stop;
	}
}

static void cut_file(struct cut *c, const struct node *x, const char *path)
{
	struct content content = {0};
	int fd;

	content_copy(&content, &x->safe);
	for (size_t i = 0; i < x->n_changes; i++)
		lose_pieces(c, &content, &x->changes[i]);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || (content.n > 0 && write(fd, content.p, content.n) != (ssize_t)content.n) || fchmod(fd, x->mode) != 0)
		die("write", path);
	close(fd);
	free(content.p);
}

static void cut_node(struct cut *c, const struct node *x, const char *path)
{
	struct entries names = {0};
	char below[4096];

	if (!x->is_folder) {
		cut_file(c, x, path);
		return;
	}
	entries_copy(&names, &x->safe_names);
	for (size_t i = 0; i < x->n_renamings; i++)
		if (is_kept(c, x->renamings[i].order, true))
			apply_renaming(&names, &x->renamings[i]);
	if (mkdir(path, x->mode | 0700) != 0)
		die("make", path);
	for (size_t i = 0; i < names.n; i++) {
		if (snprintf(below, sizeof(below), "%s/%s", path, names.at[i].name) >= (int)sizeof(below))
			die("name", path);
		cut_node(c, names.at[i].node, below);
	}
	free(names.at);
}

long power_cut(const struct power *p, const char *to, enum power_loss loss, uint64_t *random)
{
	static const unsigned keeps[] = {10, 50, 90};
	struct cut c = {.loss = loss, .random = random};

	c.keep = keeps[draw(random) % 3];
	/* Mostly a moment near the end: what is older was synced long ago. */
	c.until = p->order - (long)(draw(random) % 60);
	cut_node(&c, p->nodes[0], to);
	return c.lost;
}
