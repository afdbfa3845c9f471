// The 16-bit half of the ROM has no interface for C or Swift but this header, which SwiftPM needs for a module.
// The two halves meet in Entry32.S and through the memory described in layout.h.

#ifndef FIRMWARE_REALMODE_H
#define FIRMWARE_REALMODE_H
#endif
