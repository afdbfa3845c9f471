// The dialogue with whoever measures: the same on bare metal and on the host's processor.
#include "workload.h"

void print(const char *text) {
    while (*text) write_character(*text++);
}

void print_hexadecimal(uint32_t value) {
    print("0x");
    for (int shift = 28; shift >= 0; shift -= 4) write_character("0123456789abcdef"[value >> shift & 15]);
}

static int is_equal(const char *left, const char *right) {
    while (*left && *left == *right) left++, right++;
    return *left == *right;
}

_Noreturn void serve(void) {
    print("\n");
    for (;;) {
        char name[32];
        unsigned length = 0;
        uint32_t count = 0;
        int character;
        print("bench> ");
        while ((character = read_character()) > ' ')
            if (length + 1 < sizeof name) name[length++] = (char)character;
        name[length] = 0;
        if (character == ' ')
            while ((character = read_character()) >= '0' && character <= '9') count = count * 10 + (character - '0');
        const struct entry *entry = workloads;
        while (entry->name && !is_equal(entry->name, name)) entry++;
        print(name);
        if (entry->name) {
            uint32_t result = entry->run(count);
            print(" ");
            print_hexadecimal(result);
        } else {
            print(" unknown");
        }
        print("\n");
    }
}
