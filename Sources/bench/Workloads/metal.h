// The bare machine's memory and selectors, for C and assembly.
#pragma once

// In this order for sysenter and sysexit (SDM vol. 2B, SYSENTER).
#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define USER_CODE 0x1B
#define USER_DATA 0x23
#define TASK_STATE 0x28

// Not in a page with code: a write to such a page is dear in most emulators.
#define KERNEL_STACK 0x7000
#define USER_STACK 0x5000

// The first 16 MiB are mapped to themselves; behind them lies a window whose pages appear when they are touched.
#define IDENTITY_SIZE 0x1000000
#define WINDOW 0x1000000
#define WINDOW_SIZE 0x400000
#define WINDOW_FRAMES 0x800000
