#include "notary/json_log.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "notary/buf.h"
#include "verify/text.h"

#define DEFAULT_LINES 8192
#define MAX_LINE 4096 /* PIPE_BUF: a write of at most this much to a pipe is not mixed with others */
#define TAIL 16       /* ,"cut":true} LF */
#define MAX_TEXT 1024 /* of one value, as shown */
#define GRACE_SECONDS 2

struct slot {
	uint8_t *p;
	size_t n;
	uint64_t lost_before; /* lines that found no room since the slot before */
};

struct nt_json_log {
	int fd;
	bool human;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work, over;
	/* under the lock: the ring, from first on; lost lines after the newest slot */
	struct slot *slots;
	size_t n_slots, first, n;
	uint64_t lost;
	bool stop, stopped;
	struct slot writing; /* the thread's own; freed after it ended */
	atomic_uint_least64_t dropped;
};

/* ---- a line ---- */

static void put_time(struct nt_buf *out)
{
	struct timespec now;
	struct vf_time t;

	clock_gettime(CLOCK_REALTIME, &now);
	vf_time_to((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, &t);
	nt_buf_putf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.year, t.month, t.day, t.hour, t.minute, t.second,
		t.ms); /* vf_time_put() would leave out ".000" */
}

/* Text as a person may see it in a terminal, too: controls and what is not UTF-8 as \xHH, then as JSON. */
static void put_text(struct nt_buf *out, bool human, struct vf_bytes text)
{
	char shown[MAX_TEXT];

	vf_text_escape(shown, sizeof(shown), text);
	if (human)
		nt_buf_put_str(out, shown);
	else
		nt_buf_put_json(out, vf_bytes_str(shown));
}

static void put_name(struct nt_buf *out, bool human, const char *name)
{
	nt_buf_putf(out, human ? " %s=" : ",\"%s\":", name);
}

static void put_field(struct nt_buf *out, bool human, const struct nt_json_log_field *f)
{
	put_name(out, human, f->name);
	if (f->is_number)
		nt_buf_putf(out, "%" PRId64, f->number);
	else
		put_text(out, human, f->text);
}

static void put_begin(struct nt_buf *out, bool human, enum nt_json_log_level level, const char *event)
{
	static const char *const levels[] = {"debug", "info", "warn", "error"};
	const char *name = (unsigned)level < 4 ? levels[level] : "error";

	nt_buf_put_str(out, human ? "" : "{\"ts\":\"");
	put_time(out);
	if (human) {
		nt_buf_putf(out, " %-5s %s", name, event);
		return;
	}
	nt_buf_putf(out, "\",\"level\":\"%s\",\"event\":", name);
	put_text(out, human, vf_bytes_str(event));
}

static void put_line(struct nt_buf *out, bool human, const struct nt_json_log_line *line)
{
	put_begin(out, human, line->level, line->event);
	if (line->code != VF_NOT_CHECKED) {
		put_name(out, human, "code");
		put_text(out, human, vf_bytes_str(vf_rc_name(line->code)));
	}
	if (line->request_id != 0) {
		put_name(out, human, "request_id");
		nt_buf_putf(out, "%" PRIu64, line->request_id);
	}
	for (size_t i = 0; i < line->n_fields; i++) {
		size_t before = out->n;

		put_field(out, human, &line->fields[i]);
		if (out->n <= MAX_LINE - TAIL && !out->full)
			continue;
		out->failed = out->full = false;
		out->n = before;
		put_name(out, human, "cut");
		nt_buf_put_str(out, "true");
		break;
	}
	nt_buf_put_str(out, human ? "\n" : "}\n");
}

/* ---- the writing thread ---- */

/* The output may be one that does not wait; a reader that went away loses the line. */
static bool write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			struct pollfd w = {.fd = fd, .events = POLLOUT};

			if (poll(&w, 1, -1) < 0 && errno != EINTR)
				return false;
			continue;
		}
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

/* Cancelled only here, where nothing is held: nt_json_log_free() does it when the output does not move. */
static bool write_out(struct nt_json_log *log, const uint8_t *p, size_t n)
{
	bool ret;

	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	ret = write_all(log->fd, p, n);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	return ret;
}

static void write_lost(struct nt_json_log *log, uint64_t lost)
{
	uint8_t room[256];
	struct nt_buf b = nt_buf(sizeof(room));
	size_t n;

	put_begin(&b, log->human, NT_LOG_WARN, "log_lines_dropped");
	put_name(&b, log->human, "lines");
	nt_buf_putf(&b, log->human ? "%" PRIu64 "\n" : "%" PRIu64 "}\n", lost);
	/* on the stack, so that a cancelled write leaves nothing behind */
	n = b.failed ? 0 : b.n;
	if (n)
		memcpy(room, b.p, n);
	nt_buf_done(&b);
	(void)write_out(log, room, n); /* the counter has them already */
}

/* Waits for a line, or for lost ones after the last line; false: nothing is left and it is time to end. */
static bool take(struct nt_json_log *log)
{
	bool ret = true;

	pthread_mutex_lock(&log->lock);
	free(log->writing.p);
	log->writing = (struct slot){0};
	while (log->n == 0 && log->lost == 0 && !log->stop)
		pthread_cond_wait(&log->work, &log->lock);
	if (log->n > 0) {
		log->writing = log->slots[log->first];
		log->first = (log->first + 1) % log->n_slots;
		log->n--;
	} else if (log->lost > 0) {
		log->writing.lost_before = log->lost;
		log->lost = 0;
	} else {
		ret = false;
	}
	pthread_mutex_unlock(&log->lock);
	return ret;
}

static void *run(void *arg)
{
	struct nt_json_log *log = arg;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	while (take(log)) {
		if (log->writing.lost_before > 0)
			write_lost(log, log->writing.lost_before);
		if (log->writing.n > 0 && !write_out(log, log->writing.p, log->writing.n))
			atomic_fetch_add(&log->dropped, 1);
	}
	pthread_mutex_lock(&log->lock);
	log->stopped = true;
	pthread_cond_signal(&log->over);
	pthread_mutex_unlock(&log->lock);
	return NULL;
}

/* ---- for the others ---- */

/* With all signals blocked: SIGTERM is for the main thread, and SIGPIPE for nobody. */
static int start(struct nt_json_log *log)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&log->thread, NULL, run, log);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err;
}

static void release(struct nt_json_log *log)
{
	for (; log->n > 0; log->n--) {
		free(log->slots[log->first].p);
		log->first = (log->first + 1) % log->n_slots;
	}
	free(log->writing.p);
	free(log->slots);
	pthread_cond_destroy(&log->work);
	pthread_cond_destroy(&log->over);
	pthread_mutex_destroy(&log->lock);
	free(log);
}

VF_RC nt_json_log_new(int fd, size_t lines, struct nt_json_log **ret, struct vf_err *reterr)
{
	struct nt_json_log *log = calloc(1, sizeof(*log));
	pthread_condattr_t attr;

	if (log == NULL)
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the log");
	log->fd = fd;
	log->human = isatty(fd) == 1;
	log->n_slots = lines ? lines : DEFAULT_LINES;
	log->slots = calloc(log->n_slots, sizeof(*log->slots));
	pthread_mutex_init(&log->lock, NULL);
	pthread_cond_init(&log->work, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&log->over, &attr);
	pthread_condattr_destroy(&attr);
	if (log->slots == NULL || start(log) != 0) {
		release(log);
		return vf_fail(reterr, VF_NO_MEMORY, "no memory for the log's ring or thread");
	}
	*ret = log;
	return VF_OK;
}

struct nt_json_log *nt_json_log_free(struct nt_json_log *log)
{
	struct timespec until;

	if (log == NULL)
		return NULL;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += GRACE_SECONDS;
	pthread_mutex_lock(&log->lock);
	log->stop = true;
	pthread_cond_signal(&log->work);
	while (!log->stopped && pthread_cond_timedwait(&log->over, &log->lock, &until) == 0)
		;
	if (!log->stopped)
		pthread_cancel(log->thread);
	pthread_mutex_unlock(&log->lock);
	pthread_join(log->thread, NULL);
	release(log);
	return NULL;
}

void nt_json_log_put(struct nt_json_log *log, const struct nt_json_log_line *line)
{
	struct nt_buf b = nt_buf(MAX_LINE);
	bool lost;

	if (log == NULL)
		return;
	put_line(&b, log->human, line);
	pthread_mutex_lock(&log->lock);
	lost = b.failed || log->n == log->n_slots;
	if (lost) {
		log->lost++;
	} else {
		log->slots[(log->first + log->n++) % log->n_slots] = (struct slot){b.p, b.n, log->lost};
		log->lost = 0;
	}
	pthread_cond_signal(&log->work);
	pthread_mutex_unlock(&log->lock);
	if (lost) {
		atomic_fetch_add(&log->dropped, 1);
		nt_buf_done(&b);
	}
}

uint64_t nt_json_log_dropped(struct nt_json_log *log)
{
	return log == NULL ? 0 : atomic_load(&log->dropped);
}
