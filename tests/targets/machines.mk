# Other machines: what the Makefile includes to build for them.
#
# Each is a configuration: everything is compiled for it and linked static, and an emulator of its
# processor runs the unit tests and a whole replacement by the tool (job.sh). The programs for this
# machine's own processor need none, and do the replacement in an empty root instead.

machines := glibc musl armhf aarch64 riscv64 mips s390x

# What `make test` takes of them: the other byte order, and the other libc in an empty root. `make
# targets` takes all.
everyday_machines := musl mips

# Compiler, and what runs its programs here. mips and s390x have the most significant byte first.
triple.armhf   := arm-linux-gnueabihf
triple.aarch64 := aarch64-linux-gnu
triple.riscv64 := riscv64-linux-gnu
triple.mips    := mips-linux-gnu
triple.s390x   := s390x-linux-gnu

emulator.armhf   := qemu-arm-static
emulator.aarch64 := qemu-aarch64-static
emulator.riscv64 := qemu-riscv64-static
emulator.mips    := qemu-mips-static
emulator.s390x   := qemu-s390x-static

# Which mbedTLS 3.6; glibc takes the system's. Its own randomness reads /dev/urandom with musl, and an
# empty root has none: a build for PSA gets the port's instead (port/psa_random.c).
mbedtls.musl    := psa
mbedtls.armhf   := classic
mbedtls.aarch64 := psa
mbedtls.riscv64 := classic
mbedtls.mips    := psa
mbedtls.s390x   := classic

# What the suite runs of the unit tests: the pure sections, and what else reads and writes bytes.
# MACHINE_TESTS=all, as `make targets` has it, or EVERYTHING=1 runs all but test_call_memory, which
# puts itself before the malloc of a libc that is shared.
machine_tests := $(addprefix unit/test_,text digest signing request http json catalogue outcome call \
                   job job_record port_lwip)

# Whole boards beside the bare processor. The tool on them is told that it was built in 2020.
boards.armhf   := bmc
built_at.armhf := -DTOOL_BUILT_AT_S=1577836800

machine_skip = $(end_to_end) \
    $(if $(filter all,$(MACHINE_TESTS))$(EVERYTHING),unit/test_call_memory,$(filter-out $(machine_tests),$(unit)))
$(foreach m,$(machines),$(eval skip.$m = $$(machine_skip)) $(eval checks.$m := job $(boards.$m)))

ifneq ($(filter $(CONFIG),$(machines)),)
triple       := $(triple.$(CONFIG))
override CC  := $(if $(filter musl,$(CONFIG)),musl-gcc,$(addsuffix -,$(triple))gcc)
override AR  := $(addsuffix -,$(triple))ar
machine      := build/machines/$(CONFIG)
built_first  := $(machine)/libcmocka.a
mbedtls      := $(if $(mbedtls.$(CONFIG)),$(machine)/mbedtls/libmbedtls.a)
# Their time_t has 32 bits unless one asks, and then mbedTLS has to be asked too.
time         := $(if $(filter armhf mips,$(CONFIG)),-D_TIME_BITS=64 -D_FILE_OFFSET_BITS=64)

wrapper.$(CONFIG) := $(emulator.$(CONFIG))
ldflags.$(CONFIG) := -static -L$(machine)
flags.$(CONFIG)   := -isystem $(machine)/include $(time) $(built_at.$(CONFIG)) \
                     $(if $(filter psa,$(mbedtls.$(CONFIG))),-DRV_USE_PSA)
endif

build/machines/%/mbedtls/libmbedtls.a: tests/mbedtls/build.sh $(wildcard tests/mbedtls/*.h)
	$Qenv CC=$(CC) AR=$(AR) CFLAGS="-Os $(time)" tests/mbedtls/build.sh 3.6 $(mbedtls.$*) $(@D)

# What the unit tests need beside mbedTLS.
build/machines/%/libcmocka.a: tests/targets/test_libraries.sh
	$Qenv CC=$(CC) AR=$(AR) $< $(@D)
