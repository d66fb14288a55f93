/* to be written */
typedef int verify_merkle_stub;
