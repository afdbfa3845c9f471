/*
 * Numbers that boot sector, setup code and linker script share.
 *
 * Boot sector and setup code are linked as one piece at address 0: an address is an offset from the segment that holds
 * sector 0 of the image ("the base"). Our own boot sector puts the base at 0x10000; other loaders choose their own.
 * The Linux/x86 boot protocol promises the 32 KiB from the base to the setup code; everything below stays inside them.
 */

#define BASE_SEGMENT            0x1000      /* where our boot sector puts the base: physical 0x10000 */
#define SETUP_ENTRY_SEGMENT     0x1020      /* the protocol's entry is base:0x200, called as (base + 0x20):0 */
#define SECTOR_SIZE             512

/* Boot sector and setup code together fill at most one track of the smallest medium (1.2 MB floppy: 15 sectors), so
   that the boot sector needs no disk geometry: sector n is cylinder 0, head 0, sector n + 1 everywhere. */
#define SETUP_SECTORS           14
#define SETUP_END               ((SETUP_SECTORS + 1) * SECTOR_SIZE)
#define SETUP_CODE              0x280       /* behind the setup header and what loaders and mkimage write */
#define SETUP_SIGNATURE         0x454C5253  /* in the last four bytes of the setup code */

#define BOOT_PARAMETERS         0x4000      /* 4 KiB, the protocol's "zero page" */
#define DISK_ADDRESS_PACKET     0x5000      /* 16 bytes */
#define BIOS_BUFFER             0x5010      /* what E820 and AH=48h answer */
#define BIOS_BUFFER_SIZE        80
#define ZEROED_START            BOOT_PARAMETERS
#define ZEROED_END              0x5100
#define STACK_TOP               0x8000

#define BOUNCE_SEGMENT          0x2000      /* 32 KiB at 0x20000: 64 KiB aligned, ISA DMA never crosses */
#define BOUNCE_SECTORS          64

#define KERNEL_ADDRESS          0x100000
#define DESCRIPTOR_OFFSET       16
#define DESCRIPTOR_SIZE         64
#define DESCRIPTOR_MAGIC        0x4C54524D  /* "MRTL" */

/* Offsets in boot_params (Linux Documentation/arch/x86/zero-page.rst). */
#define BP_CURSOR_X             0x000
#define BP_CURSOR_Y             0x001
#define BP_EXTENDED_KB          0x002
#define BP_VIDEO_PAGE           0x004
#define BP_VIDEO_MODE           0x006
#define BP_VIDEO_COLUMNS        0x007
#define BP_VIDEO_LINES          0x00E
#define BP_VIDEO_IS_VGA         0x00F
#define BP_VIDEO_POINTS         0x010
#define BP_BOOT_RECORD          0x0D0       /* ours, in the protocol's padding (0x0CC-0x13B, zeroed by all loaders) */
#define BP_ALTERNATIVE_KB       0x1E0
#define BP_E820_COUNT           0x1E8
#define BP_HEADER               0x1F1
#define BP_E820_MAP             0x2D0
#define E820_MAXIMUM            128
#define E820_ENTRY_SIZE         20

/* The boot record: tells the kernel what the setup code did. All zero if a loader skipped the setup code. */
#define BR_MAGIC                (BOOT_PARAMETERS + BP_BOOT_RECORD + 0)
#define BR_PATH                 (BOOT_PARAMETERS + BP_BOOT_RECORD + 4)
#define BR_DRIVE                (BOOT_PARAMETERS + BP_BOOT_RECORD + 5)
#define BR_DISK_ACCESS          (BOOT_PARAMETERS + BP_BOOT_RECORD + 6)
#define BR_A20_METHOD           (BOOT_PARAMETERS + BP_BOOT_RECORD + 7)
#define BR_MAP_SOURCE           (BOOT_PARAMETERS + BP_BOOT_RECORD + 8)
#define BR_CONVENTIONAL_KB      (BOOT_PARAMETERS + BP_BOOT_RECORD + 10)
#define BOOT_RECORD_MAGIC       0x4942544D  /* "MTBI" */

#define PATH_BOOT_SECTOR        1
#define PATH_PROTOCOL_16        2

#define ACCESS_NONE             0
#define ACCESS_CHS              1
#define ACCESS_EXTENSIONS       2

#define A20_WAS_ON              0
#define A20_BIOS                1
#define A20_PORT_92             2
#define A20_8042                3
#define A20_PORT_EE             4

#define MAP_E820                1
#define MAP_E801                2
#define MAP_88                  3
#define MAP_CMOS                4

#define LOADER_OWN_BOOT_SECTOR  0xFF        /* type_of_loader: "undefined", for loaders without an assigned number */
