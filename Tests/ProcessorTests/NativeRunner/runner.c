/* Executes instructions on the host's own processor in 32-bit mode, for comparison with ours.
 *
 * Constraint: the instructions under test may do anything a user program may: fault, write anywhere, load any segment
 * register, leave an exception pending in the FPU; and a case should cost a few microseconds, so that millions can run.
 *
 * Choice: a static i386 Linux program without a C library, which shares one file with the test (file descriptor 2):
 * the cases of a batch, then their results, as the structures below (`NativeProcessor.swift` has the same). A byte on
 * standard input starts a batch, a byte on standard output says that it is done. Only the pages that the cases use, and
 * this program far away from them, are mapped. A case ends by jumping to FINISH, from there to `finish`, which saves the
 * registers, or by an exception, whose signal brings them. Nothing here uses x87, MMX or SSE registers but for
 * `fxrstor` before a case and `fxsave` behind it.
 *
 * Build: clang --target=i386-unknown-linux-gnu -m32 -O2 -nostdlib -static -ffreestanding -fno-stack-protector
 *        -mgeneral-regs-only -fuse-ld=lld -Wl,--image-base=0x5a000000 -Wl,--section-start=.finish=0x5b000000
 *        -o runner runner.c
 */
typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;

enum {
    /* Code: two pages, writable and executable. Data: two pages, then one that may only be read. Everything around is
     * unmapped. */
    CODE = 0x100000, CODE_END = 0x102000, FINISH = 0x1007a3, DATA = 0x103000, DATA_WRITABLE = 0x2000,
    DATA_SIZE = 0x3000,
    SHARED = 0x60000000, BATCH = 256, CODE_SIZE = 96, POKES = 24, CHANGES = 192, DESCRIPTORS = 64
};

/* eax, ecx, edx, ebx, esp, ebp, esi, edi and es, cs, ss, ds, fs, gs: the order of instruction encoding. */
struct test {
    u32 general[8], eflags, eip, selectors[6];
    u32 length, pokes;
    u8 code[CODE_SIZE];
    struct { u32 address, value; } poke[POKES];
    /* EIP is linear here, an offset from this base in the code segment. */
    u32 code_base, unused;
    u8 fx[512];
};
struct change { u32 address, value; };
struct result {
    u32 general[8], eflags, eip, selectors[6];
    u32 vector, error, cr2, changes;
    u8 fx[512];
    struct change change[CHANGES];
};
/* arch/x86/include/uapi/asm/ldt.h */
struct user_desc { u32 entry, base, limit, flags; };
struct shared {
    u32 tests, descriptors, processor, unused;
    struct user_desc descriptor[DESCRIPTORS];
    u8 filler[4096 - 16 - DESCRIPTORS * 16];
    u8 data[DATA_SIZE];
    struct test test[BATCH];
    struct result result[BATCH];
};

/* arch/x86/include/uapi/asm/sigcontext.h */
struct sigcontext {
    u32 gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trapno, err, eip, cs, eflags, esp_at_signal, ss,
        fpstate, oldmask, cr2;
};
struct ucontext { u32 flags; struct ucontext *link; u32 ss_sp, ss_flags, ss_size; struct sigcontext context; };
struct sigaction { void *handler; u32 flags; void *restorer; u32 mask[2]; };
struct sigaltstack { void *sp; u32 flags; u32 size; };

enum { EXIT = 1, READ = 3, WRITE = 4, MMAP = 90, MUNMAP = 91, SETITIMER = 104, MODIFY_LDT = 123, MPROTECT = 125,
       SIGACTION = 174, SIGPROCMASK = 175, SIGALTSTACK = 186, SCHED_SETAFFINITY = 241, GETCPU = 318 };
enum { SIGVTALRM = 26, NOT_ENDING = 254 };

static u32 call(u32 number, u32 a, u32 b, u32 c, u32 d) {
    u32 result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
    return result;
}
static void map(u32 address, u32 size, u32 protection, u32 flags, u32 file) {
    u32 arguments[6] = {address, size, protection, flags, file, 0};
    if (call(MMAP, (u32)arguments, 0, 0, 0) != address) call(EXIT, 3, 0, 0, 0);
}
static void copy(void *to, const void *from, u32 words) {
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}
static void fill(void *to, u32 value, u32 words) {
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(value) : "memory");
}

__attribute__((aligned(64))) struct test test;
__attribute__((aligned(64))) struct result result;
struct { u32 offset, selector; } far_stack, far_code;
u32 saved_esp;
__attribute__((aligned(64))) u8 main_stack[16384], signal_stack[65536];

void start_test(void);
void finish(void);
void return_from_signal(void);
__asm__(
    ".globl _start\n"
    "_start:\n"
    "  mov $main_stack + 16384, %esp\n"
    "  call run\n"
    "start_test:\n"
    "  pushal\n"
    "  mov %esp, saved_esp\n"
    "  fxrstor test + 368\n"
    "  pushl test + 32\n"
    "  popfl\n"
    "  mov test + 40, %es\n"
    "  mov test + 56, %fs\n"
    "  mov test + 60, %gs\n"
    "  mov test, %eax\n"
    "  mov test + 4, %ecx\n"
    "  mov test + 8, %edx\n"
    "  mov test + 12, %ebx\n"
    "  mov test + 20, %ebp\n"
    "  mov test + 24, %esi\n"
    "  mov test + 28, %edi\n"
    "  lss far_stack, %esp\n"
    "  mov test + 52, %ds\n"
    "  ljmp *%cs:far_code\n"
    /* Reached with flat CS, SS and DS only: other cases end by an exception. */
    "  .section .finish, \"ax\"\n"
    "finish:\n"
    "  mov %eax, result\n"
    "  mov %ecx, result + 4\n"
    "  mov %edx, result + 8\n"
    "  mov %ebx, result + 12\n"
    "  mov %esp, result + 16\n"
    "  mov %ebp, result + 20\n"
    "  mov %esi, result + 24\n"
    "  mov %edi, result + 28\n"
    "  mov saved_esp, %esp\n"
    "  pushfl\n"
    "  popl result + 32\n"
    "  pushl $0x202\n"
    "  popfl\n"
    "  fxsave result + 80\n"
    "  xor %eax, %eax\n"
    "  mov %es, %eax\n"
    "  mov %eax, result + 40\n"
    "  mov %cs, %eax\n"
    "  mov %eax, result + 44\n"
    "  mov %ss, %eax\n"
    "  mov %eax, result + 48\n"
    "  mov %ds, %eax\n"
    "  mov %eax, result + 52\n"
    "  mov %eax, %es\n"
    "  mov %fs, %eax\n"
    "  mov %eax, result + 56\n"
    "  mov %gs, %eax\n"
    "  mov %eax, result + 60\n"
    /* As the breakpoint at FINISH would have it, which our processor finds there. */
    "  movl $0x1007a4, result + 36\n"
    "  movl $3, result + 64\n"
    "leave_test:\n"
    "  mov saved_esp, %esp\n"
    "  xor %eax, %eax\n"
    "  mov %eax, %fs\n"
    "  mov %eax, %gs\n"
    "  popal\n"
    "  ret\n"
    "  .text\n"
    "return_from_signal:\n"
    "  mov $173, %eax\n"
    "  int $0x80\n");

/* Which case runs, and during which the timer last rang: see `run_undisturbed`. */
static u32 current, ticked;

/* The kernel has loaded flat CS, SS, DS and ES. Nothing is blocked, so that nobody has to return from an exception. */
static void on_signal(int number, void *info, struct ucontext *user) {
    __asm__ volatile("pushl $0x202\n  popfl");
    struct sigcontext *c = &user->context;
    if (number == SIGVTALRM && ticked != current) {
        ticked = current;
        return;
    }
    const u32 general[8] = {c->eax, c->ecx, c->edx, c->ebx, c->esp, c->ebp, c->esi, c->edi};
    const u32 selectors[6] = {c->es, c->cs, c->ss, c->ds, c->fs, c->gs};
    copy(result.general, general, 8);
    for (u32 i = 0; i < 6; i++) result.selectors[i] = selectors[i] & 0xFFFF;
    result.eflags = c->eflags;
    result.eip = c->eip;
    result.vector = number == SIGVTALRM ? NOT_ENDING : c->trapno;
    result.error = c->err;
    result.cr2 = c->trapno == 14 ? c->cr2 : 0;
    /* Behind the frame of `fsave` lies that of `fxsave`. */
    if (c->fpstate) copy(result.fx, (void *)(c->fpstate + 112), 128);
    (void)info;
    __asm__ volatile("jmp leave_test");
}

static u32 changes(u32 count, struct change *list, const u32 *now, const u32 *then, u32 words) {
    for (u32 i = 0; i < words; i++) {
        if (now[i] == then[i]) continue;
        if (count < CHANGES) list[count] = (struct change){(u32)(now + i), now[i]};
        count++;
    }
    return count;
}

static void run_case(struct shared *shared, u32 index) {
    static u32 code_before[96];
    struct result *out = &shared->result[index];
    current++;
    fill((void *)CODE, 0xCCCCCCCC, (CODE_END - CODE) / 4);
    *(u8 *)FINISH = 0xE9;
    *(u32 *)(FINISH + 1) = (u32)finish - (FINISH + 5);
    copy(&test, &shared->test[index], sizeof test / 4);
    for (u32 i = 0; i < test.length; i++) ((u8 *)test.eip)[i] = test.code[i];
    for (u32 i = 0; i < test.pokes && i < POKES; i++) *(u32 *)test.poke[i].address = test.poke[i].value;
    u32 window = (test.eip - 128) & ~3u;
    if (window > CODE_END - sizeof code_before) window = CODE_END - sizeof code_before;
    copy(code_before, (void *)window, 96);
    far_stack.offset = test.general[4];
    far_stack.selector = test.selectors[2];
    far_code.offset = test.eip - test.code_base;
    far_code.selector = test.selectors[1];
    result.error = 0;
    result.cr2 = 0;
    start_test();
    copy(out, &result, 592 / 4);
    u32 count = changes(0, out->change, (u32 *)DATA, (u32 *)shared->data, DATA_WRITABLE / 4);
    u32 data_changes = count;
    count = changes(count, out->change, (u32 *)window, code_before, 96);
    out->changes = count;
    if (data_changes > CHANGES) {
        copy((void *)DATA, shared->data, DATA_WRITABLE / 4);
    } else {
        for (u32 i = 0; i < data_changes; i++) {
            u32 address = out->change[i].address;
            *(u32 *)address = *(u32 *)(shared->data + (address - DATA));
        }
    }
}

/* Stays on one processor, and returns the limit of Linux's segment 78h, which is that processor's number, or ~0. */
static u32 choose_processor(void) {
    u32 processor = 0, limit, mask[32] = {0};
    call(GETCPU, (u32)&processor, 0, 0, 0);
    if (processor >= 1024) return ~0u;
    mask[processor / 32] = 1u << processor % 32;
    call(SCHED_SETAFFINITY, 0, sizeof mask, (u32)mask, 0);
    __asm__("lsl %1, %0\n  jz 1f\n  mov $-1, %0\n1:" : "=r"(limit) : "r"(0x7b) : "cc");
    return limit;
}

/* Linux does not restore everything when a program returns from a signal: not EFLAGS.ID (FIX_EFLAGS in
 * arch/x86/include/asm/sighandling.h), and not FOP to a 32-bit program (convert_to_fxsr in arch/x86/kernel/fpu/regset.c).
 * A case during which the timer rang is run again. */
static void run_undisturbed(struct shared *shared, u32 index) {
    for (u32 tries = 0; tries < 5; tries++) {
        run_case(shared, index);
        if (ticked != current || shared->result[index].vector == NOT_ENDING) return;
    }
}

void run(void);
void run(void) {
    /* The initial stack and the vdso: nothing may be there but what a case expects. */
    call(MUNMAP, 0x70000000, 0xFFFFE000u - 0x70000000u, 0, 0);
    struct sigaltstack stack = {signal_stack, 0, sizeof signal_stack};
    /* SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_NODEFER */
    struct sigaction action = {(void *)on_signal, 0x0C000004 | 0x40000000, (void *)return_from_signal, {0, 0}};
    static const u32 signals[] = {4, 5, 7, 8, 11, SIGVTALRM};
    static const u32 nothing[2];
    call(SIGPROCMASK, 2, (u32)nothing, 0, 8);
    call(SIGALTSTACK, (u32)&stack, 0, 0, 0);
    for (u32 i = 0; i < 6; i++) call(SIGACTION, signals[i], (u32)&action, 0, 8);
    struct shared *shared = (struct shared *)SHARED;
    map(SHARED, (sizeof *shared + 4095) & ~4095u, 3, 0x11, 2);
    shared->processor = choose_processor();
    map(CODE, CODE_END - CODE, 7, 0x32, (u32)-1);
    map(DATA, DATA_SIZE, 3, 0x32, (u32)-1);
    /* A case that does not end is interrupted when it has used between one and two tenths of a second. */
    static const u32 interval[4] = {0, 100000, 0, 100000};
    call(SETITIMER, 1, (u32)interval, 0, 0);
    u8 signal;
    while (call(READ, 0, (u32)&signal, 1, 0) == 1) {
        for (u32 i = 0; i < shared->descriptors && i < DESCRIPTORS; i++) {
            call(MODIFY_LDT, 0x11, (u32)&shared->descriptor[i], 16, 0);
        }
        call(MPROTECT, DATA, DATA_SIZE, 3, 0);
        copy((void *)DATA, shared->data, DATA_SIZE / 4);
        call(MPROTECT, DATA + DATA_WRITABLE, DATA_SIZE - DATA_WRITABLE, 1, 0);
        for (u32 i = 0; i < shared->tests && i < BATCH; i++) run_undisturbed(shared, i);
        if (call(WRITE, 1, (u32)&signal, 1, 0) != 1) break;
    }
    call(EXIT, 0, 0, 0, 0);
}
