// Hashes passwords with as little work as libsodium allows: a real hash takes 80 ms, and the tests make thousands that
// nobody will ever guess at. Loaded before the program (LD_PRELOAD) or linked into a test program, it sits in front of
// the one function of libsodium that makes a hash. What the hash asks for is written in the hash, so that verifying it
// is quick too. What the program really asks for is proven where this is left out (secret_test.cpp, identity.test.mjs).
#include <dlfcn.h>
#include <sodium.h>

#include <cstddef>
#include <cstdlib>

extern "C" int crypto_pwhash_str_alg(char out[crypto_pwhash_STRBYTES], const char* const password,
                                     unsigned long long length, unsigned long long, std::size_t, int algorithm) {
    static void* const real = dlsym(RTLD_NEXT, "crypto_pwhash_str_alg");
    if (real == nullptr) std::abort();  // libsodium is not loaded: nobody can have called
    return reinterpret_cast<decltype(&crypto_pwhash_str_alg)>(real)(out, password, length, crypto_pwhash_OPSLIMIT_MIN,
                                                                    crypto_pwhash_MEMLIMIT_MIN, algorithm);
}
