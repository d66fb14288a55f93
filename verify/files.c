/* to be written */
typedef int verify_files_stub;
