/* A disk that takes every write and then cannot say that it has it: fsync and fdatasync fail with EIO while the first byte of the file
   that LAOXIAO_FAULT_DISK names is not zero. Preloaded. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile const char *flag;

static int failing(void) {
    if (!flag) {
        const char *name = getenv("LAOXIAO_FAULT_DISK");
        int file = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
        if (file < 0) return 0;
        void *place = mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0);
        close(file);
        if (place == MAP_FAILED) return 0;
        flag = place;
    }
    return *flag != 0;
}

int fsync(int descriptor) {
    static int (*next)(int);
    if (failing()) { errno = EIO; return -1; }
    if (!next) next = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    return next(descriptor);
}

int fdatasync(int descriptor) {
    static int (*next)(int);
    if (failing()) { errno = EIO; return -1; }
    if (!next) next = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    return next(descriptor);
}
