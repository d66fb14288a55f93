/* to be written */
typedef int verify_checkpoint_stub;
