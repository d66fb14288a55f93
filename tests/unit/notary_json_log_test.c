/* The service's log: its lines, a reader that stands still, one that goes away, and a terminal. */
#include "notary/json_log.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "notary/buf.h"
#include "tests/check.h"

struct pipe_ends {
	int in, out;
};

static struct pipe_ends make_pipe(int flags)
{
	int fds[2];

	if (pipe2(fds, flags | O_CLOEXEC) != 0)
		exit(1);
	return (struct pipe_ends){fds[0], fds[1]};
}

/* A pipe that takes nothing any more; it is full of empty lines. */
static struct pipe_ends make_full(int flags)
{
	struct pipe_ends p = make_pipe(O_NONBLOCK);
	char empty[4096];

	memset(empty, '\n', sizeof(empty));
	while (write(p.out, empty, sizeof(empty)) > 0)
		;
	if (fcntl(p.out, F_SETFL, flags) != 0 || fcntl(p.in, F_SETFL, 0) != 0)
		exit(1);
	return p;
}

static struct nt_json_log *make_log(int fd, size_t lines)
{
	struct nt_json_log *log = NULL;

	CHECK_RC(nt_json_log_new(fd, lines, &log, NULL), VF_OK);
	if (log == NULL)
		exit(1);
	return log;
}

static int64_t ms_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Everything until the other end is closed, as a string. */
static char *read_end(int fd)
{
	static struct nt_buf all;
	uint8_t piece[65536];
	ssize_t n;

	all.cap = 1 << 26;
	nt_buf_reset(&all);
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		nt_buf_put(&all, vf_bytes(piece, (size_t)n));
	nt_buf_put_u8(&all, 0);
	return (char *)all.p;
}

static const char *text_at(json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "(none)";
}

static json_t *load(const char *line)
{
	json_t *o = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	int64_t at;

	CHECK(json_is_object(o));
	CHECK_INT(strlen(text_at(o, "ts")), 24);
	CHECK(vf_time_read(vf_bytes_str(text_at(o, "ts")), &at) || strstr(text_at(o, "ts"), ".000Z") != NULL);
	CHECK(strlen(line) < 4096);
	return o;
}

static void test_lines(void)
{
	struct pipe_ends p = make_pipe(0);
	struct nt_json_log *log = make_log(p.out, 0);
	struct nt_json_log_field fields[] = {nt_log_number("status", 400), nt_log_number("low", INT64_MIN),
		nt_log_text("route", vf_bytes_str("a\"b\\c\n\x1b[0m \xc3\xa9\xff\xe2\x80\xae\xc2\x9b")),
		nt_log_text("empty", vf_bytes(NULL, 0))};
	char *line;
	json_t *o;

	nt_json_log_put(log, &(struct nt_json_log_line){NT_LOG_WARN, "request", VF_HTTP_SHAPE, UINT32_MAX, fields, 4});
	nt_json_log_put(log, &(struct nt_json_log_line){.level = NT_LOG_INFO, .event = "started"});
	nt_json_log_put(NULL, &(struct nt_json_log_line){.event = "nowhere"});
	CHECK_INT(nt_json_log_dropped(log), 0);
	nt_json_log_free(log);
	close(p.out);
	line = strtok(read_end(p.in), "\n");
	o = load(line);
	CHECK_STR(text_at(o, "level"), "warn");
	CHECK_STR(text_at(o, "event"), "request");
	CHECK_STR(text_at(o, "code"), "HTTP_SHAPE");
	CHECK_INT(json_integer_value(json_object_get(o, "request_id")), UINT32_MAX);
	CHECK_INT(json_integer_value(json_object_get(o, "status")), 400);
	CHECK_INT(json_integer_value(json_object_get(o, "low")), INT64_MIN);
	CHECK_STR(text_at(o, "route"), "a\"b\\c\\x0a\\x1b[0m \xc3\xa9\\xff\\xe2\\x80\\xae\\xc2\\x9b");
	CHECK_STR(text_at(o, "empty"), "");
	json_decref(o);
	line = strtok(NULL, "\n");
	o = load(line);
	CHECK_INT(json_object_size(o), 3);
	json_decref(o);
	CHECK(strtok(NULL, "\n") == NULL);
	close(p.in);
}

/* Every length of a line around the largest: always one whole object, cut where it must be. */
static void test_cut(void)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	static char text[1023];
	struct pipe_ends p = make_pipe(0);
	struct nt_json_log *log;
	struct nt_json_log_field fields[5];
	size_t cut = 0, whole = 0;

	fcntl(p.in, F_SETPIPE_SZ, 1 << 20);
	log = make_log(p.out, 0);
	memset(text, '\\', sizeof(text)); /* two octets each */
	for (size_t n = 0; n < 120; n++) {
		for (size_t i = 0; i < 4; i++)
			fields[i] = nt_log_text(names[i], vf_bytes(text, 480 + (i == 3 ? n : 0)));
		fields[4] = nt_log_number("last", 1);
		nt_json_log_put(log, &(struct nt_json_log_line){.event = "long", .fields = fields, .n_fields = 5});
	}
	nt_json_log_free(log);
	close(p.out);
	for (char *line = strtok(read_end(p.in), "\n"); line != NULL; line = strtok(NULL, "\n")) {
		json_t *o = load(line);
		bool is_cut = json_is_true(json_object_get(o, "cut"));

		CHECK(is_cut != (json_object_get(o, "last") != NULL));
		cut += is_cut;
		whole += !is_cut;
		json_decref(o);
	}
	CHECK(cut > 10 && whole > 10);
	CHECK_INT(cut + whole, 120);
	close(p.in);
}

/* A pipe that nobody reads: logging does not wait, what is lost is counted and told, in its place. */
static void test_blocked(int flags)
{
	struct pipe_ends p = make_full(flags);
	struct nt_json_log *log = make_log(p.out, 64);
	int64_t began = ms_now();
	size_t n = 20000, seen = 0, told = 0, lost = 0;
	int64_t last = -1;
	char *line, room[8192];

	for (size_t i = 0; i < n; i++) {
		struct nt_json_log_field f = nt_log_number("i", (int64_t)i);

		nt_json_log_put(log, &(struct nt_json_log_line){.event = "request", .fields = &f, .n_fields = 1});
	}
	CHECK(ms_now() - began < 10000);
	lost = nt_json_log_dropped(log);
	CHECK(lost == n - 64 || lost == n - 65); /* the thread may hold a line */
	fcntl(p.in, F_SETPIPE_SZ, 1 << 20);
	CHECK(read(p.in, room, sizeof(room)) > 0); /* somebody reads again */
	nt_json_log_free(log); /* now everything fits */
	close(p.out);
	for (line = strtok(read_end(p.in), "\n"); line != NULL; line = strtok(NULL, "\n")) {
		json_t *o = load(line);

		if (strcmp(text_at(o, "event"), "log_lines_dropped") == 0) {
			int64_t lines = json_integer_value(json_object_get(o, "lines"));

			told += (size_t)lines;
			last += lines;
			CHECK_STR(text_at(o, "level"), "warn");
		} else {
			CHECK_INT(json_integer_value(json_object_get(o, "i")), ++last);
			seen++;
		}
		json_decref(o);
	}
	CHECK_INT(told, lost);
	CHECK_INT(seen + told, n);
	close(p.in);
}

/* The service ends although the output stands still. */
static void test_stuck(void)
{
	struct pipe_ends p = make_full(0);
	struct nt_json_log *log = make_log(p.out, 128);
	int64_t began;

	for (size_t i = 0; i < 500; i++)
		nt_json_log_put(log, &(struct nt_json_log_line){.event = "request"});
	began = ms_now();
	nt_json_log_free(log);
	CHECK(ms_now() - began >= 1900 && ms_now() - began < 8000);
	close(p.in);
	close(p.out);
}

/* The reader went away: SIGPIPE kills nobody, the lines are counted. */
static void test_gone(void)
{
	struct pipe_ends p = make_pipe(0);
	struct nt_json_log *log = make_log(p.out, 8);
	int64_t until = ms_now() + 60000;

	close(p.in);
	for (size_t i = 0; i < 5; i++)
		nt_json_log_put(log, &(struct nt_json_log_line){.event = "request"});
	while (nt_json_log_dropped(log) < 5 && ms_now() < until)
		usleep(1000);
	CHECK_INT(nt_json_log_dropped(log), 5);
	nt_json_log_free(log);
	close(p.out);
}

static void test_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;
	struct nt_json_log_field fields[] = {
		nt_log_text("route", vf_bytes_str("\x1b]0;x\x07")), nt_log_number("status", 200)};
	struct nt_json_log *log;
	char room[512];
	ssize_t n;

	if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
		return;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0)
		return;
	log = make_log(slave, 0);
	nt_json_log_put(log, &(struct nt_json_log_line){NT_LOG_INFO, "request", VF_OK, 7, fields, 2});
	n = read(master, room, sizeof(room) - 1);
	CHECK(n > 25);
	room[n < 0 ? 0 : n] = '\0';
	CHECK_STR(room + 24, " info  request code=OK request_id=7 route=\\x1b]0;x\\x07 status=200\r\n");
	nt_json_log_free(log);
	close(slave);
	close(master);
}

static void *log_many(void *arg)
{
	for (size_t i = 0; i < 2000; i++)
		nt_json_log_put(arg, &(struct nt_json_log_line){.event = "request", .request_id = i + 1});
	return NULL;
}

static void test_threads(void)
{
	struct pipe_ends p = make_pipe(0);
	struct nt_json_log *log = make_log(p.out, 16);
	pthread_t t[4];
	size_t seen = 0, told = 0;

	fcntl(p.in, F_SETPIPE_SZ, 1 << 20);
	for (size_t i = 0; i < 4; i++)
		if (pthread_create(&t[i], NULL, log_many, log) != 0)
			exit(1);
	for (size_t i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	nt_json_log_free(log);
	close(p.out);
	for (char *line = strtok(read_end(p.in), "\n"); line != NULL; line = strtok(NULL, "\n")) {
		json_t *o = load(line), *lines = json_object_get(o, "lines");

		told += lines ? (size_t)json_integer_value(lines) : 0;
		seen += lines == NULL;
		json_decref(o);
	}
	CHECK_INT(seen + told, 8000);
	close(p.in);
}

int main(void)
{
	alarm(300); /* a log that waits would wait for ever */
	test_lines();
	test_cut();
	test_blocked(0);
	test_blocked(O_NONBLOCK);
	test_stuck();
	test_gone();
	test_terminal();
	test_threads();
	return check_done();
}
