/*
 * The service's own log: one JSON object a line, or plain lines when the output is a terminal.
 *
 * A thread of its own writes, from a ring of lines: whoever logs never waits for the reader of the output
 * (a blocked stdout would stop the service). Lines that do not fit are counted, and after the blockage one
 * line "log_lines_dropped" says how many were lost.
 *
 * What callers may put in: numbers of requests and records, digests, routes, status and outcome codes,
 * sizes, durations, names of parties' tokens (never the tokens). Never names of subjects or documents, titles,
 * contents, tokens, keys, query strings, or addresses of clients unless the operator switched that on.
 *
 *	{"ts":"2026-03-02T14:07:31.042Z","level":"info","event":"request","code":"HTTP_SHAPE","request_id":7}
 */
#ifndef NOTARY_JSON_LOG_H
#define NOTARY_JSON_LOG_H

#include "verify/bytes.h"

struct nt_json_log;

enum nt_json_log_level {
	NT_LOG_DEBUG,
	NT_LOG_INFO,
	NT_LOG_WARN,
	NT_LOG_ERROR,
};

/* A name is a lower-case word of our own. Text that may not be shown as it is becomes \xHH. */
struct nt_json_log_field {
	const char *name;
	bool is_number;
	int64_t number;
	struct vf_bytes text;
};

static inline struct nt_json_log_field nt_log_number(const char *name, int64_t number)
{
	return (struct nt_json_log_field){.name = name, .is_number = true, .number = number};
}

static inline struct nt_json_log_field nt_log_text(const char *name, struct vf_bytes text)
{
	return (struct nt_json_log_field){.name = name, .text = text};
}

struct nt_json_log_line {
	enum nt_json_log_level level;
	const char *event;   /* a lower-case word of our own: "request", "sealed", "started" */
	enum vf_rc code;     /* NOT_CHECKED: none */
	uint64_t request_id; /* 0: none */
	const struct nt_json_log_field *fields;
	size_t n_fields;
};

/*
 * Writes to fd, which stays the caller's, from now on; lines is the size of the ring, 0 takes 8,192. The
 * writing thread takes no signals; a reader that goes away costs lines, not the program.
 */
VF_RC nt_json_log_new(int fd, size_t lines, struct nt_json_log **ret, struct vf_err *reterr);
/* Lets the thread write what is left, for two seconds at most, and ends it. Nobody may log any more. */
struct nt_json_log *nt_json_log_free(struct nt_json_log *log);

/*
 * Logs a line, from any thread; never waits for the output. A line has at most 4,096 octets (so that writers to
 * one pipe do not mix): fields beyond are left out and "cut":true says so. With log NULL nothing happens.
 */
void nt_json_log_put(struct nt_json_log *log, const struct nt_json_log_line *line);

/* Lines lost since the start; for the metric. */
uint64_t nt_json_log_dropped(struct nt_json_log *log);

#endif
