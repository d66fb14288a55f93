/* to be written */
typedef int verify_record_stub;
