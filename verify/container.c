/* to be written */
typedef int verify_container_stub;
