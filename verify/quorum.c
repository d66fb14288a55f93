/* to be written */
typedef int verify_quorum_stub;
