/* to be written */
typedef int verify_key_stub;
