/* Between the two files of the reader of multipart/form-data: header fields here, delimiters and octets there. */
#ifndef NOTARY_MULTIPART_INSIDE_H
#define NOTARY_MULTIPART_INSIDE_H

#include "notary/multipart.h"

/* 1 to 70 characters of RFC 2046 5.1.1. */
bool nt_multipart_is_boundary(struct vf_bytes b);
/* HTTP_SHAPE with the number of the part, from 1. */
enum vf_rc nt_multipart_shape(size_t number, const char *what, struct vf_err *reterr);
/* Reads a header line without its CRLF into p, which was cleared before the first line. */
enum vf_rc nt_multipart_field(size_t number, struct vf_bytes line, struct nt_multipart_part *p, struct vf_err *reterr);

#endif
