# The front door: each goal is a line or two over scripts/ and SwiftPM, and does everything from a fresh clone.
.DEFAULT_GOAL := help
.PHONY: help run debug image build test oracle bench setup clean

help:           ## Say what can be asked for
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: image      ## Boot our kernel in our emulator: a window, or the terminal where there is no display
	swift run vm

debug: image    ## The same, stopped at the reset vector with the debugger's prompt
	swift run vm --debug

image: setup    ## Build firmware, kernel and images/kernel.img
	@scripts/build-firmware.sh
	@scripts/build-image.sh

build: setup    ## Build the host programs
	swift build

test: image     ## Run every test (installs QEMU and what else the tests compare with)
	@scripts/setup.sh test
	swift build --build-tests
	swift test --skip-build

oracle: image   ## Prove the processor against its five oracles, for hours
	@scripts/setup.sh test
	scripts/oracle.sh

bench: image    ## Count what the kernel's operations cost, then compare the emulator's speed with that of others
	@scripts/setup.sh test
	scripts/bench.sh kernel
	scripts/bench.sh

setup:          ## Install the system packages that are missing, after saying which
	@scripts/setup.sh run

clean:          ## Remove everything that was built
	rm -rf .build Kernel/.build Firmware/.build images/*.img images/*.bin images/*.elf images/programs
