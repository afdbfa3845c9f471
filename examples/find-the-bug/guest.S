# A guest with a bug, for docs/find-the-bug.md: a boot sector that makes page tables, clears a page, turns paging on, and
# reads the page through a window at 4 MiB.
#
#   0x10000  page directory
#   0x11000  page table of 0 to 4 MiB: everything at its own address
#   0x12000  the messages, one page
#   0x13000  page table of 4 to 8 MiB: the messages, and nothing else
        .intel_syntax noprefix
        .set    DIRECTORY, 0x10000
        .set    LOW_TABLE, 0x11000
        .set    MESSAGES, 0x12000
        .set    WINDOW_TABLE, 0x13000
        .set    WINDOW, 0x400000
        .set    PAGE_SIZE, 4096
        .set    PRESENT_WRITABLE, 3
        .set    EXIT_PORT, 0x501

        .code16
        .globl  boot
        .type   boot, @function
boot:
        cli
        xor     ax, ax
        mov     ds, ax
        lgdt    [gdt_pointer]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        .byte   0xEA                    # jmp 8:main
        .short  main, 8
        .size   boot, . - boot

        .code32
        .type   main, @function
main:
        mov     ax, 0x10
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, 0x7C00
        call    make_page_tables
        call    clear_messages
        call    start_paging
        call    count_messages
        mov     dx, EXIT_PORT
        out     dx, al
1:      hlt
        jmp     1b
        .size   main, . - main

        .type   make_page_tables, @function
make_page_tables:
        mov     edi, LOW_TABLE
        mov     eax, PRESENT_WRITABLE
1:      mov     [edi], eax
        add     edi, 4
        add     eax, PAGE_SIZE
        cmp     edi, LOW_TABLE + PAGE_SIZE
        jb      1b
        mov     dword ptr [WINDOW_TABLE], MESSAGES + PRESENT_WRITABLE
        mov     dword ptr [DIRECTORY], LOW_TABLE + PRESENT_WRITABLE
        mov     dword ptr [DIRECTORY + 4], WINDOW_TABLE + PRESENT_WRITABLE
        ret
        .size   make_page_tables, . - make_page_tables

        .type   clear_messages, @function
clear_messages:
        xor     eax, eax
        mov     edi, MESSAGES
        mov     ecx, PAGE_SIZE
        rep     stosd
        ret
        .size   clear_messages, . - clear_messages

        .type   start_paging, @function
start_paging:
        mov     eax, DIRECTORY
        mov     cr3, eax
        mov     eax, cr0
        or      eax, 0x80000000
        mov     cr0, eax
        ret
        .size   start_paging, . - start_paging

# How many bytes of the messages are not 0, in EAX.
        .type   count_messages, @function
count_messages:
        xor     eax, eax
        mov     esi, WINDOW
1:      cmp     byte ptr [esi], 0
        je      2f
        inc     eax
2:      inc     esi
        cmp     esi, WINDOW + PAGE_SIZE
        jb      1b
        ret
        .size   count_messages, . - count_messages

        .balign 8
gdt:
        .quad   0
        .quad   0x00CF9B000000FFFF
        .quad   0x00CF93000000FFFF
gdt_pointer:
        .short  . - gdt - 1
        .long   gdt

        .org    510
        .byte   0x55, 0xAA
