/*
 * Strict JSON documents of known fields (RFC 8259), for statements and policies.
 *
 * Knows values and their types. Duplicate names, unknown names, trailing bytes
 * and invalid UTF-8 are refused; what the values mean is the caller's question.
 */
#ifndef VERIFY_JSON_H
#define VERIFY_JSON_H

#include "verify/bytes.h"

/* A parsed document; values borrow from it. */
struct vf_json_doc;
struct vf_json_value;

/* The root must be an object. Free with vf_json_free(), which accepts NULL. */
VF_RC vf_json_parse(struct vf_bytes text, struct vf_json_doc **ret, struct vf_err *reterr);
void vf_json_free(struct vf_json_doc *doc);
void vf_json_freep(struct vf_json_doc **doc);
const struct vf_json_value *vf_json_root(const struct vf_json_doc *doc);

/*
 * Accepts an object whose names are all in the list, which ends with NULL. A
 * name that begins with '?' is optional, the others must be there.
 */
VF_RC vf_json_check_names(const struct vf_json_value *object, const char *const *names,
	struct vf_err *reterr);
/* The member, or NULL. */
const struct vf_json_value *vf_json_get(const struct vf_json_value *object, const char *name);
/* Items of an array; 0 for what is no array. */
size_t vf_json_count(const struct vf_json_value *array);
const struct vf_json_value *vf_json_item(const struct vf_json_value *array, size_t at);

/* False when the value is NULL or of another type. Strings hold no NUL. */
bool vf_json_is_object(const struct vf_json_value *v);
bool vf_json_is_array(const struct vf_json_value *v);
bool vf_json_str(const struct vf_json_value *v, struct vf_bytes *ret);
bool vf_json_uint(const struct vf_json_value *v, uint64_t *ret);
bool vf_json_bool(const struct vf_json_value *v, bool *ret);
/* A string of lower-case hex of exactly n octets. */
bool vf_json_hex(const struct vf_json_value *v, uint8_t *ret, size_t n);

#endif
