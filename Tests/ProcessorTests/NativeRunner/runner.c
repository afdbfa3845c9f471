/* Executes instructions on the host's own processor in 32-bit mode, for comparison with ours.
 *
 * A static i386 Linux program without a C library. It reads cases from standard input and writes results to standard
 * output, both as the structures below. The page around the instruction under test is filled with `int3`; the signal that
 * ends it (or the one that it causes itself) brings the registers.
 *
 * Build: clang --target=i386-unknown-linux-gnu -m32 -O1 -nostdlib -static -ffreestanding -fno-stack-protector -mno-sse
 *        -fuse-ld=lld -o runner runner.c
 */
typedef unsigned int u32;
typedef unsigned char u8;

enum { CODE = 0x100000, START = 0x100800, DATA = 0x200000, DATA_SIZE = 1024 };

/* In the order of instruction encoding. */
struct registers { u32 eax, ecx, edx, ebx, esp, ebp, esi, edi; };
struct test { struct registers registers; u32 eflags; u32 length; u8 code[16]; u8 data[DATA_SIZE]; };
struct result { struct registers registers; u32 eflags; u32 eip; u32 vector; u8 data[DATA_SIZE]; };

/* arch/x86/include/uapi/asm/sigcontext.h */
struct sigcontext {
    u32 gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trapno, err, eip, cs, eflags, esp_at_signal, ss;
};
struct ucontext { u32 flags; struct ucontext *link; u32 ss_sp, ss_flags, ss_size; struct sigcontext context; };
struct sigaction { void *handler; u32 flags; void *restorer; u32 mask[2]; };
struct sigaltstack { void *sp; u32 flags; u32 size; };

static u32 call(u32 number, u32 a, u32 b, u32 c, u32 d) {
    u32 result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
    return result;
}
static u32 map(u32 address, u32 size) {
    u32 arguments[6] = {address, size, 7, 0x32, (u32)-1, 0};
    return call(90, (u32)arguments, 0, 0, 0);
}

static struct test test;
static struct result result;
static u8 signal_stack[16384];
u32 saved_esp;

void start_test(struct test *test);
void end_test(void);
void return_from_signal(void);
__asm__(
    "start_test:\n"
    "  mov 4(%esp), %eax\n"
    "  pushal\n"
    "  mov %esp, saved_esp\n"
    "  pushl 32(%eax)\n"
    "  popfl\n"
    "  mov 4(%eax), %ecx\n"
    "  mov 8(%eax), %edx\n"
    "  mov 12(%eax), %ebx\n"
    "  mov 20(%eax), %ebp\n"
    "  mov 24(%eax), %esi\n"
    "  mov 28(%eax), %edi\n"
    "  mov 16(%eax), %esp\n"
    "  mov (%eax), %eax\n"
    "  jmp 0x100800\n"
    "end_test:\n"
    "  mov saved_esp, %esp\n"
    "  cld\n"
    "  popal\n"
    "  ret\n"
    "return_from_signal:\n"
    "  mov $173, %eax\n"
    "  int $0x80\n");

static void on_signal(int number, void *info, struct ucontext *user) {
    struct sigcontext *c = &user->context;
    struct registers r = {c->eax, c->ecx, c->edx, c->ebx, c->esp, c->ebp, c->esi, c->edi};
    result.registers = r;
    result.eflags = c->eflags;
    result.eip = c->eip;
    result.vector = c->trapno;
    c->eip = (u32)end_test;
    c->eflags = 0x202;
}

static int transfer(u32 number, u32 descriptor, void *bytes, u32 count) {
    for (u32 done = 0; done < count;) {
        int step = (int)call(number, descriptor, (u32)bytes + done, count - done, 0);
        if (step <= 0) return 0;
        done += (u32)step;
    }
    return 1;
}

static void copy(void *to, const void *from, u32 count) {
    for (u32 i = 0; i < count; i++) ((volatile u8 *)to)[i] = ((const u8 *)from)[i];
}

static void fill(void *to, u8 value, u32 count) {
    for (u32 i = 0; i < count; i++) ((volatile u8 *)to)[i] = value;
}

void _start(void) {
    struct sigaltstack stack = {signal_stack, 0, sizeof signal_stack};
    struct sigaction action = {(void *)on_signal, 0x0C000004 | 0x40000000, (void *)return_from_signal, {0, 0}};
    static const u32 signals[] = {4, 5, 7, 8, 11};
    call(186, (u32)&stack, 0, 0, 0);
    for (u32 i = 0; i < 5; i++) call(174, signals[i], (u32)&action, 0, 8);
    if (map(CODE, 4096) != CODE || map(DATA, 4096) != DATA) call(1, 2, 0, 0, 0);
    fill((void *)CODE, 0xCC, 4096);
    while (transfer(3, 0, &test, sizeof test)) {
        copy((void *)START, test.code, test.length);
        copy((void *)DATA, test.data, DATA_SIZE);
        start_test(&test);
        copy(result.data, (void *)DATA, DATA_SIZE);
        fill((void *)START, 0xCC, test.length);
        if (!transfer(4, 1, &result, sizeof result)) break;
    }
    call(1, 0, 0, 0, 0);
}
