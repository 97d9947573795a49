/* SoftHSM2, but that it does not answer while the file HANGING_TOKEN exists.
 *
 * It hangs where a certificate or a key is looked for and where a signature begins; the numbers are
 * places in CK_FUNCTION_LIST (PKCS #11 v2.40, pkcs11f.h).
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long (*call3)(unsigned long, void *, unsigned long);
typedef unsigned long (*call2)(unsigned long, void *, void *);
struct functions {
    unsigned char version[2];
    void *call[68];
};
enum { GET_FUNCTION_LIST = 3, FIND_OBJECTS_INIT = 26, SIGN_INIT = 42 };

static struct functions real, shown;

static void hang(void)
{
    while (access(getenv("HANGING_TOKEN"), F_OK) == 0)
        usleep(1000);
}

static unsigned long find_objects_init(unsigned long session, void *wanted, unsigned long count)
{
    hang();
    return ((call3)real.call[FIND_OBJECTS_INIT])(session, wanted, count);
}

static unsigned long sign_init(unsigned long session, void *mechanism, void *key)
{
    hang();
    return ((call2)real.call[SIGN_INIT])(session, mechanism, key);
}

unsigned long C_GetFunctionList(struct functions **answer)
{
    void *library = dlopen(SOFTHSM, RTLD_NOW | RTLD_LOCAL);
    unsigned long (*below)(struct functions **);
    struct functions *found;

    if (library == NULL)
        return 5; /* CKR_GENERAL_ERROR */
    below = (unsigned long (*)(struct functions **))dlsym(library, "C_GetFunctionList");
    if (below == NULL || below(&found) != 0)
        return 5;
    memcpy(&real, found, sizeof real);
    memcpy(&shown, found, sizeof shown);
    shown.call[GET_FUNCTION_LIST] = (void *)C_GetFunctionList;
    shown.call[FIND_OBJECTS_INIT] = (void *)find_objects_init;
    shown.call[SIGN_INIT] = (void *)sign_init;
    *answer = &shown;
    return 0;
}
