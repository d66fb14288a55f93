/* to be written */
typedef int verify_seal_stub;
