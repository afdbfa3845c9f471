# gdb for a PC: follows the processor between 16-bit and 32-bit code, and knows segments and the built-in debugger.
#
# usage: swift run vm --gdb 1234 kernel.img
#        gdb -x scripts/martlet.gdb images/kernel.elf -ex 'target remote :1234'
#
# gdb learns the size of code when it connects, from the target description, and does not ask again; and an ELF file of
# 32-bit code outweighs a description of 16-bit code. So at every stop this compares the size of the code segment
# ($cs_bits, which the stub offers beside the registers) with what gdb has been told last. Where they differ gdb reads the
# description again and is told the architecture.
#
# $pc is a linear address, base of CS plus EIP, since gdb reads memory and sets breakpoints there; EIP is $pc - $cs_base.
# $sp is ESP; what is on the stack of 16-bit code is at $ss_base + ($sp & 0xffff), which `stack16` shows.

# There is no operating system that gdb knows; for the i8086 it would complain that it does not know GNU/Linux there.
set osabi none
# Swift's debugging information refers to modules that gdb does not need.
set complaints 0
set $martlet_bits = 0

define hook-stop
    if ! $_isvoid($cs_bits)
        if $cs_bits != $martlet_bits
            martlet-mode
        end
    end
end

define martlet-mode
    set $martlet_bits = $cs_bits
    unset tdesc filename
    if $martlet_bits == 16
        set architecture i8086
    else
        set architecture i386
    end
end
document martlet-mode
Take over the size of the code segment, 16 or 32 bits. Happens by itself at every stop.
end

define stack16
    x/8xh (unsigned int) $ss_base + ((unsigned int) $sp & 0xffff)
end
document stack16
Show the top of the stack of 16-bit code.
end

define vm
    if $argc == 0
        monitor help
    end
    if $argc == 1
        monitor $arg0
    end
    if $argc == 2
        monitor $arg0 $arg1
    end
    if $argc == 3
        monitor $arg0 $arg1 $arg2
    end
    if $argc > 3
        monitor $arg0 $arg1 $arg2 $arg3
    end
    maintenance flush register-cache
    hook-stop
end
document vm
Give a command of up to four words to the machine's own debugger, and have gdb look at the registers again, as it must
after commands that move the machine (vm goto 1000000). 'vm help' lists the commands.
end
