/* to be written */
typedef int verify_revocation_stub;
