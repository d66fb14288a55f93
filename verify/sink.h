/*
 * Where rendered text goes, piece by piece, without memory of its own.
 *
 * Knows how to put text, numbers and escaped strings. What they mean is the
 * caller's question; where the pieces end up is put()'s.
 */
#ifndef VERIFY_SINK_H
#define VERIFY_SINK_H

#include "verify/bytes.h"

/* put() takes a piece or says false; after that nothing more is put. */
struct vf_sink {
	bool (*put)(void *ctx, struct vf_bytes piece);
	void *ctx;
	bool failed;
};

void vf_sink_put(struct vf_sink *s, struct vf_bytes piece);
void vf_sink_str(struct vf_sink *s, const char *text);
/* At most 1023 octets; never with text from input: that goes through the functions below. */
void vf_sink_putf(struct vf_sink *s, const char *fmt, ...) VF_PRINTF(2, 3);
void vf_sink_hex(struct vf_sink *s, struct vf_bytes b);
/* Plain characters as they are, all others as \xHH (vf_text_escape() without its limit). */
void vf_sink_escaped(struct vf_sink *s, struct vf_bytes b);
/* The same, and beyond ASCII as \xHH, for terminals that show nothing else. */
void vf_sink_ascii(struct vf_sink *s, struct vf_bytes b);
/* The escaped form as a JSON string with its quotes. */
void vf_sink_json(struct vf_sink *s, struct vf_bytes b);
/* The escaped form with the five characters that HTML gives a meaning as entities. */
void vf_sink_html(struct vf_sink *s, struct vf_bytes b);

#endif
