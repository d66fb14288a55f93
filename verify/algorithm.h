/* to be written */
#ifndef VERIFY_ALGORITHM_H
#define VERIFY_ALGORITHM_H
#endif
