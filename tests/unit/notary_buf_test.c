#include "notary/buf.h"

#include "tests/check.h"

int main(void)
{
	struct nt_buf b = nt_buf(1000), tiny = nt_buf(4);

	nt_buf_put_u8(&b, 0x41);
	nt_buf_put_u16le(&b, 0x0102);
	nt_buf_put_u32le(&b, 0x01020304);
	nt_buf_put_u16be(&b, 0x0102);
	nt_buf_put_u64be(&b, 0x0102030405060708);
	CHECK_BYTES(nt_buf_bytes(&b), vf_bytes("A\2\1\4\3\2\1\1\2\1\2\3\4\5\6\7\x08", 17));
	nt_buf_reset(&b);
	nt_buf_putf(&b, "%d-%s", 7, "x");
	nt_buf_put_hex(&b, vf_bytes("\xff\0", 2));
	nt_buf_put_base64(&b, vf_bytes("foob", 4));
	nt_buf_put_json(&b, vf_bytes("\"a\\\n\xc3\xa9", 6));
	CHECK_BYTES(nt_buf_bytes(&b), vf_bytes_str("7-xff00Zm9vYg==\"\\\"a\\\\\\u000a\xc3\xa9\""));
	CHECK_RC(nt_buf_check(&b, NULL), VF_OK);
	/* refused at the cap, unchanged, and remembered */
	nt_buf_put_str(&tiny, "abcd");
	CHECK_RC(nt_buf_check(&tiny, NULL), VF_OK);
	nt_buf_put_u8(&tiny, 'e');
	CHECK_RC(nt_buf_check(&tiny, NULL), VF_LIMIT);
	CHECK_BYTES(nt_buf_bytes(&tiny), vf_bytes_str("abcd"));
	nt_buf_reset(&tiny);
	nt_buf_put_str(&tiny, "x");
	CHECK_RC(nt_buf_check(&tiny, NULL), VF_OK);
	CHECK(!nt_buf_reserve(&b, SIZE_MAX));
	nt_buf_done(&b);
	nt_buf_done(&tiny);
	return check_done();
}
