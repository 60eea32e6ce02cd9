#include "base/hash.h"

#include <string.h>

#include <sodium.h>

#include "base/mem.h"
#include "base/test.h"

static void assert_md5(const char *text, const char *wanted)
{
    unsigned char digest[MD5_SIZE];
    char hex[2 * MD5_SIZE + 1];
    md5_of(text, strlen(text), digest);
    assert_string_equal(sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest)), wanted);
}

// RFC 1321, A.5.
static void md5_gives_the_digests_of_its_definition(void **state)
{
    (void)state;
    assert_md5("", "d41d8cd98f00b204e9800998ecf8427e");
    assert_md5("a", "0cc175b9c0f1b6a831c399e269772661");
    assert_md5("message digest", "f96b697d7cb7938d525a2f31aaf161d0");
    assert_md5("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f");
    assert_md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890",
        "57edf4a22be3c955ac49da2e2107b67a");
    // The lengths around which the padding needs another block.
    assert_md5("1234567890123456789012345678901234567890123456789012345", "c9ccf168914a1bcfc3229f1948e67da0");
    assert_md5("12345678901234567890123456789012345678901234567890123456", "49f193adce178490e34d1b3a4ec0064c");
}

// RFC 4231, test cases 2 and 6.
static void hmac_gives_the_codes_of_its_definition(void **state)
{
    (void)state;
    unsigned char code[SHA256_SIZE];
    char hex[SHA256_HEX_SIZE];
    hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, code);
    sha256_hex(code, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    unsigned char key[131];
    memset(key, 0xaa, sizeof(key));
    const char *text = "Test Using Larger Than Block-Size Key - Hash Key First";
    hmac_sha256(key, sizeof(key), text, strlen(text), code);
    sha256_hex(code, hex);
    assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(md5_gives_the_digests_of_its_definition),
        cmocka_unit_test(hmac_gives_the_codes_of_its_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
