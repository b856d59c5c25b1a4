# GNU make. `make help` lists the targets, V=1 shows the commands.
#
# Everything is built for one configuration at a time, in build/CONFIG. A configuration is a line of
# mbedTLS, a compile-time switch, a tool that watches or another machine; `make test` runs the suites
# in those that differ from each other, with EVERYTHING=1 in all of them.

# LINE-VARIANT builds that mbedTLS, tests/mbedtls has the variants; the system's is Debian 12's 2.28.
CONFIG  ?= system
lines   := system 3.6-classic 3.6-psa 3.6-no-date 3.6-minimal-1.2 3.6-minimal-1.3
others  := 2.28-no-date 3.6.6-classic 3.6.6-psa
CONFIGS  = $(lines) no-texts no-job sanitize valgrind $(everyday_machines) \
           $(if $(EVERYTHING),$(others) $(filter-out $(everyday_machines),$(machines)))

CFLAGS  ?= -Os -g
PREFIX  ?= /usr/local
AR      ?= ar
O       := build/$(CONFIG)
Q       := $(if $(V),,@)

# --- what a configuration changes ----------------------------------------------------------------

flags.3.6-psa   := -DRV_USE_PSA
flags.3.6.6-psa := -DRV_USE_PSA
flags.no-texts := -DRV_NO_TEXTS
flags.no-job   := -DRV_NO_JOB
# What works with rv_job.
skip_support.no-job := tests/support/cloud.c tests/support/machine.c tests/support/many_jobs.c tests/support/variant.c
flags.sanitize  := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
                   -fno-omit-frame-pointer -Wno-maybe-uninitialized # which errs under sanitizers
flags.valgrind  := -O1

# A status that no program of ours ends with by itself.
wrapper.sanitize := env ASAN_OPTIONS=exitcode=99:detect_stack_use_after_return=1 \
                    UBSAN_OPTIONS=exitcode=99:print_stacktrace=1

# Children are watched too, the tool is one; but not the endpoint, nor what a test calls beside them.
wrapper.valgrind := valgrind -q --error-exitcode=99 --leak-check=full --trace-children=yes \
                    --trace-children-skip='*/endpoint,/bin/*,/usr/bin/*'
# Seconds for one test program.
limit.valgrind   := 1500

ifneq ($(filter 2.% 3.%,$(CONFIG)),)
mbedtls := build/mbedtls/$(CONFIG)/libmbedtls.a
endif

include tests/targets/machines.mk

ifneq ($(mbedtls),)
MBEDTLS_CFLAGS := -isystem $(dir $(mbedtls))include
MBEDTLS_LIBS   := $(mbedtls)
else
MBEDTLS_LIBS   ?= -lmbedtls -lmbedx509 -lmbedcrypto
endif

# What port/lwip.c is tested with.
lwip                     := $O/lwip/liblwip.a
lwip_version.3.6-classic := 2.1.3
lwip_version             := $(or $(lwip_version.$(CONFIG)),2.2.1)

# --- sources and flags ---------------------------------------------------------------------------

port_src     := $(filter-out port/lwip.c,$(wildcard port/*.c))
tool_src     := $(wildcard examples/tool/*.c)
endpoint_src := $(wildcard tests/endpoint/*.c)
support_src  := $(filter-out $(skip_support.$(CONFIG)),$(wildcard tests/support/*.c))
unit         := $(patsubst tests/%.c,%,$(wildcard tests/unit/test_*.c))
end_to_end   := $(patsubst tests/%.c,%,$(wildcard tests/end_to_end/test_*.c tests/tool/test_*.c))
sdk          := $(patsubst tests/%.mjs,%,$(wildcard tests/sdk/test_*.mjs))
sdk_src      := $(wildcard tests/sdk/*.c)
faults_src   := $(wildcard tests/faults/*.c)
format_src    = $(shell git ls-files '*.c' '*.h')

warnings     := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes
all_cflags    = -std=c99 -ffunction-sections -fdata-sections $(warnings) $(CFLAGS) $(flags.$(CONFIG))
all_cppflags  = -I. $(MBEDTLS_CFLAGS) $(SOURCE_DATE_EPOCH:%=-DTOOL_BUILT_AT_S=%) $(CPPFLAGS)
all_ldflags   = -Wl,--gc-sections $(filter -fsanitize%,$(flags.$(CONFIG))) $(ldflags.$(CONFIG)) $(LDFLAGS)

objects       = $(patsubst %.c,$O/%.o,$(1))
library      := $O/libreplace_volume.a
port         := $(call objects,$(port_src))
tool         := $(if $(tool_src),$O/replace-volume)
tool_parts   := $(if $(tool_src),$O/libtool.a)
minimal      := $(if $(wildcard examples/minimal.c),$O/minimal)
superloop    := $(if $(wildcard examples/superloop.c),$O/superloop)
endpoint     := $(if $(endpoint_src),$(if $(machine),build/system,$O)/endpoint)
support      := $(if $(support_src),$O/libsupport.a)
faults       := $(if $(faults_src),$O/tests/faults/faults)
programs     := $(addprefix $O/tests/,$(unit) $(end_to_end) $(basename $(sdk_src:tests/%=%)))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: FORCE all tool demo endpoint firmware test test-quick test-mbedtls targets suite programs-of-suite fuzz \
        faults faults-sample size size-readme bench fleet-bench install uninstall format check-format clean help

# --- building ------------------------------------------------------------------------------------

all: $(library) $(tool) ## build the library and the tool (what plain `make` does)
	@echo "built: $^"

tool: $(tool) ## build the tool alone

$(library): $O/replace_volume.o $(port)
	$Qrm -f $@ && $(AR) rcs $@ $^

$O/libsupport.a: $(call objects,$(support_src))
	$Qrm -f $@ && $(AR) rcs $@ $^

# What the tool's modules are tested by, one at a time.
$O/libtool.a: $(call objects,$(filter-out examples/tool/main.c,$(tool_src)))
	$Qrm -f $@ && $(AR) rcs $@ $^

# The group, because mbedTLS's PSA calls the port back for randomness.
link = $Q$(CC) $(all_ldflags) -o $@ $(filter %.o,$^) \
       -Wl,--start-group $(filter %.a,$^) $(MBEDTLS_LIBS) -Wl,--end-group

$O/replace-volume: $(call objects,$(tool_src)) $(library)
	$(link)

$O/minimal: $O/examples/minimal.o $(library)
	$(link)

$O/superloop: $O/examples/superloop.o $(library)
	$(link)

$O/tests/end_to_end/test_fleet: $O/examples/tool/fleet_watch.o
$(programs): %: %.o $(support) $(library)
	$(link) -lcmocka

$(addprefix $O/tests/,$(filter tool/%,$(end_to_end))): $(tool_parts)

$(faults): $(call objects,$(faults_src)) $(support) $(library)
	$(link) -lcmocka

# Shares no code and no crypto library with the core.
$O/endpoint: $(call objects,$(endpoint_src))
	$Q$(CC) $(all_ldflags) -o $@ $^ -lssl -lcrypto

# For programs of other machines, which all speak with one on this machine.
ifneq ($O,build/system)
build/system/endpoint: FORCE
	$Q+$(MAKE) -s CONFIG=system $@
endif

# Without an operating system, so not in the library; tested on the real lwIP, inside one process.
$O/port/lwip.o $O/tests/unit/test_port_lwip.o: private all_cppflags += -Itests/lwip -isystem $(dir $(lwip))include
$O/port/lwip.o $O/tests/unit/test_port_lwip.o: $(lwip)
$O/tests/unit/test_port_lwip: $O/port/lwip.o $(lwip)

$O/lwip/liblwip.a: tests/lwip/build.sh tests/lwip/lwipopts.h tests/lwip/arch/cc.h $O/flags
	$QCC="$(CC)" AR="$(AR)" CFLAGS="$(CFLAGS) $(flags.$(CONFIG))" tests/lwip/build.sh $(lwip_version) tests/lwip $(@D)

$O/%.o: %.c $O/flags $(mbedtls) $(built_first)
	$Qmkdir -p $(@D) && $(CC) $(all_cppflags) $(all_cflags) -MMD -MP -c -o $@ $<

# Changes when the flags do, so that everything is built again.
$O/flags: FORCE
	@mkdir -p $O; echo "$(CC) $(all_cppflags) $(all_cflags) $(all_ldflags)" >$@.$$$$; \
	if cmp -s $@ $@.$$$$; then rm $@.$$$$; else mv $@.$$$$ $@; fi

line    = $(firstword $(subst -, ,$*))
variant = $(patsubst $(line)-%,%,$*)
build/mbedtls/%/libmbedtls.a: tests/mbedtls/build.sh $(wildcard tests/mbedtls/*.h)
	$Qtests/mbedtls/build.sh $(line) $(variant) $(@D)

build/mbedtls/3.6-minimal-%/libmbedtls.a: tests/mbedtls/build.sh tests/mbedtls/minimal.h port/mbedtls/minimal-%.h
	$Qtests/mbedtls/build.sh 3.6 minimal $(@D) port/mbedtls/minimal-$*.h

-include $(shell find $O -name '*.d' 2>/dev/null)

# --- trying --------------------------------------------------------------------------------------

demo: ## install what it needs, build, and replace a volume at the local endpoint
	$Qtests/setup/install.sh demo
	$Q$(MAKE) -s $O/replace-volume $O/endpoint
	$Qtests/setup/demo.sh $O/replace-volume $O/endpoint

endpoint: ## start the local endpoint and say how to use it (ENDPOINT_OPTIONS)
	$Qtests/setup/install.sh demo
	$Q$(MAKE) -s $O/replace-volume $O/endpoint
	$Qtests/setup/endpoint.sh $O/endpoint $O/replace-volume $(ENDPOINT_OPTIONS)

# --- testing -------------------------------------------------------------------------------------

# Whole jobs in real time, which say the same in most configurations: system and sanitize run them,
# each line of mbedTLS and valgrind with EVERYTHING=1.
slow := tool/test_fleet tool/test_resume tool/test_readme tool/test_job tool/test_seed end_to_end/test_fleet end_to_end/test_many \
        end_to_end/test_superloop end_to_end/test_job_service end_to_end/test_job_others \
        unit/test_job_crash
ifndef EVERYTHING
skip.3.6-classic := $(slow)
skip.3.6-psa     := $(slow)
skip.3.6-no-date := $(slow)
skip.valgrind    := end_to_end/test_job% \
                    $(addprefix unit/test_job,_check _power _once _end _watch _corners _dry_run) unit/test_job \
                    $(slow)
endif
# Not yet seen to pass there with all that it tries now.
skip.valgrind += tool/test_fleet
skip.no-texts := $(slow)
# The same tool as with all of mbedTLS.
skip.3.6-minimal-1.2 := $(slow) $(filter tool/%,$(end_to_end))
skip.3.6-minimal-1.3 := $(skip.3.6-minimal-1.2)
# What needs rv_job; the tool does, and so do the programs that run it.
skip.no-job   := unit/test_job% unit/test_fleet% $(end_to_end)

checks.system      := readme size signing step manifest compile symbols install demo fuzz $(if $(faults),faults) $(if $(endpoint),$(if $(wildcard tests/endpoint/check.mjs),endpoint))
checks.system      += firmware firmware-unit cmake meson recipes container
checks.3.6-classic := symbols
checks.3.6-psa     := symbols step $(if $(faults),faults)

# The names of all results of a configuration; each is a file in build/results/CONFIG.
results_of = $(filter-out $(skip.$(1)),$(unit) $(end_to_end)) \
             $(addprefix checks/,$(checks.$(1))) $(if $(filter system,$(1)),$(sdk))
R         := build/results/$(CONFIG)

# Whatever fails to build leaves no result, and a result that is missing counts as a failure. Tests
# wait more than they compute, so there are more of them at a time than processors.
test test-quick:
	$Qtests/setup/install.sh test
	$Qrm -rf build/results
	$Q-$(MAKE) --no-print-directory --keep-going --output-sync \
	    $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell expr $$(nproc) \* 3)) $(addprefix suite-,$(CONFIGS))
	$Qtests/setup/summary.sh build/results $(foreach c,$(CONFIGS),$(addprefix $c/,$(call results_of,$c)))
test: ## install what it needs, build and run every test (EVERYTHING=1: everywhere)
test-quick: CONFIGS := system
test-quick: ## the same, in one configuration: CONFIGS=3.6-psa, else the system's mbedTLS
test-mbedtls: ## every test with every line and variant of mbedTLS
	$Q+$(MAKE) --no-print-directory test EVERYTHING=1 CONFIGS="$(lines) $(others)"

targets: ## run on every machine that there is an emulator for, and print what it took (TARGETS)
	$Qtests/setup/install.sh targets
	$Q+tests/targets/table.sh $(or $(TARGETS),$(machines) bmc firmware)

firmware: ## build the bare-metal image, measure it and run it on emulated boards
	$Qtests/setup/install.sh firmware
	$Q$(MAKE) -s $(endpoint)
	$Qtests/targets/firmware_unit.sh $O/firmware-unit
	$Qtests/targets/firmware.sh $(endpoint) $O/firmware

fuzz: ## let each fuzzer run for FUZZ_SECONDS (60)
	$Qtests/setup/install.sh fuzz
	$Qtests/fuzz/run.sh $(or $(FUZZ_SECONDS),60)

# FAULTS passes options on, FAULTS=--help lists them.
faults faults-sample: $(faults) $(endpoint)
	$Qenv RV_CONFIG=$(CONFIG) RV_ENDPOINT=$(abspath $(endpoint)) \
	    RV_FIXTURE=$(abspath tests/endpoint/fixture.ini) $< $(FAULTS)
faults: ## break whole jobs at each byte, callback, allocation and moment: some 600,000 trials
faults-sample: ## the same at some of them, chosen by a seed
faults-sample: FAULTS = --sample $(faults_sample)

# Used by more than one configuration, so built before any of them begins.
shared_endpoint := build/system/endpoint
shared_mbedtls := $(patsubst %,build/mbedtls/%/libmbedtls.a,3.6-classic 3.6-psa)

suite-%: $(shared_mbedtls) $(shared_endpoint) FORCE
	$Q+$(MAKE) --no-print-directory CONFIG=$* suite

suite: $(addprefix $R/,$(call results_of,$(CONFIG)))

# What the suite runs, so that building it can be timed apart.
programs-of-suite: $(addprefix $O/tests/,$(filter-out $(skip.$(CONFIG)),$(unit) $(end_to_end))) $(tool) $(endpoint)

run = $Qenv RV_BUILD=$(abspath $O) RV_ENDPOINT=$(abspath $(endpoint)) RV_TOOL=$(abspath $(tool)) \
      RV_FIXTURE=$(abspath tests/endpoint/fixture.ini) \
      tests/setup/run.sh $@ $(or $(limit.$(CONFIG)),600)

$(addprefix $R/,$(unit) $(end_to_end)): $R/%: $O/tests/% FORCE
	$(run) $(wrapper.$(CONFIG)) $<

$(addprefix $R/,$(end_to_end) $(sdk)): $(endpoint) $(tool) $(minimal) $(superloop)

$R/checks/compile: $(shared_mbedtls) $(lwip) FORCE
	$(run) tests/setup/check_compile.sh $O/compile

$R/checks/symbols: $O/replace_volume.o FORCE
	$(run) tests/setup/check_symbols.sh $<

$R/checks/readme: FORCE
	$(run) tests/setup/check_readme.sh

# Compiles the core for each processor and part.
$R/checks/size: private limit.$(CONFIG) := 900
$R/checks/size: $(shared_mbedtls) FORCE
	$(run) tests/size/size.sh $O/size check

$R/checks/signing: $O/bench/signing FORCE
	$(run) tests/bench/signing.sh $< check

$R/checks/step: $O/bench/fleet $(endpoint) FORCE
	$(run) tests/bench/step.sh $< $(endpoint) $O/step check

$R/checks/manifest: tests/setup/check_manifest.mjs build/sdk $(tool) FORCE
	$(run) node $< $(tool)

$R/checks/demo: $(tool) $(endpoint) FORCE
	$(run) tests/setup/demo.sh $(tool) $(endpoint)

# Positions of each kind of fault and service.
faults_sample := 30

$R/checks/faults: $(faults) $(endpoint) FORCE
	$(run) env RV_CONFIG=$(CONFIG) $< --tap --workers 2 --sample $(faults_sample)

$R/checks/fuzz: FORCE
	$(run) tests/fuzz/run.sh 10

# It calls make again, so nothing else may still be building in $O.
$R/checks/install: $(library) $(tool) $(minimal) $(superloop) $(endpoint) $(programs) FORCE
	$(run) tests/setup/check_install.sh $(abspath $O/install)

$R/checks/job: $(tool) $(endpoint) FORCE
	$(run) tests/targets/job.sh $(tool) $(endpoint) $O/job $(emulator.$(CONFIG))

# Downloads Debian's kernel for the board.
$R/checks/bmc: private limit.$(CONFIG) := 900
$R/checks/bmc: $(tool) $(endpoint) FORCE
	$(run) tests/targets/bmc.sh $(tool) $(endpoint) $O/bmc

# Some twenty whole replacements, in an emulator.
$R/checks/firmware: private limit.$(CONFIG) := 900
$R/checks/firmware: $(endpoint) FORCE
	$(run) tests/targets/firmware.sh $(endpoint) $O/firmware

$R/checks/firmware-unit: FORCE
	$(run) tests/targets/firmware_unit.sh $O/firmware-unit

$R/checks/cmake: $(shared_mbedtls) FORCE
	$(run) tests/setup/check_cmake.sh $O/cmake

$R/checks/meson: FORCE
	$(run) tests/setup/check_meson.sh $O/meson

$R/checks/recipes: FORCE
	$(run) tests/setup/check_recipes.sh $O/recipes

$R/checks/container: $(endpoint) $(shared_mbedtls) FORCE
	$(run) tests/setup/check_container.sh $(endpoint) $O/container

$R/checks/endpoint: tests/endpoint/check.mjs $(endpoint) FORCE
	$(run) node $< $(endpoint)

$(addprefix $R/,$(sdk)): $R/%: tests/%.mjs build/sdk FORCE $(filter $O/tests/sdk/%,$(programs))
	$(run) node $<

# npm's packages (the vendor's SDK, a YAML parser) land beside their package.json, where node looks for them.
build/sdk: $(wildcard tests/sdk/package*.json)
	$Qcd tests/sdk && npm $(if $(wildcard tests/sdk/package-lock.json),ci,install) \
	    --no-audit --no-fund --silent
	$Qtouch $@

# --- measuring -----------------------------------------------------------------------------------

size size-readme:
	$Qtests/setup/install.sh size
	$Q$(MAKE) -s build/mbedtls/3.6-psa/libmbedtls.a
	$Qtests/size/size.sh build/size $(size_wish)
size: ## code, stack and structures on six processors, beside the goals
size: size_wish := report
size-readme: ## the same, written into README.md's tables
size-readme: size_wish := readme

# The core is compiled into the first two, so that what is inside of it can be measured.
bench: ## signing, calls and runs of the tool, beside what they need at least and beside other clients
	$Qtests/setup/install.sh bench
	$Q$(MAKE) -s CONFIG=musl build/musl/replace-volume
	$Q$(MAKE) -s CONFIG=glibc build/glibc/replace-volume
	$Q$(MAKE) -s build/sdk $O/replace-volume $O/endpoint $O/bench/signing $O/bench/exchange $O/bench/measure
	$Qtests/bench/bench.sh $O/replace-volume build/musl/replace-volume build/glibc/replace-volume \
	    $O/endpoint $O/bench

# Whole replacements, for each kind of cryptography.
fleet-bench: ## 1 to 1,000 replacements at once in one thread: what each costs (FLEET_CONFIGS)
	$Qtests/setup/install.sh test
	$Qfor config in $(FLEET_CONFIGS); do \
	    $(MAKE) -s CONFIG=$$config build/$$config/endpoint build/$$config/bench/fleet && \
	    tests/bench/fleet.sh build/$$config/bench/fleet build/$$config/endpoint \
	        build/$$config/bench/endpoint $$config || exit 1; echo; \
	done
FLEET_CONFIGS ?= system 3.6-classic 3.6-psa

$O/bench/fleet: $O/tests/bench/fleet.o $O/examples/tool/fleet_watch.o $(support) $(library)
	$Qmkdir -p $(@D)
	$(link)

$O/bench/%: $O/tests/bench/%.o $(port)
	$Qmkdir -p $(@D)
	$(link)

# --- installing ----------------------------------------------------------------------------------

version = $(shell sed -n 's/^\#define RV_VERSION  *"\(.*\)"/\1/p' replace_volume.h)

define pkg_config
prefix=$(PREFIX)
libdir=$${prefix}/lib
includedir=$${prefix}/include

Name: replace_volume
Description: Replaces the system volume of a Volcengine ECS instance
Version: $(version)
Cflags: -I$${includedir}/replace_volume
Libs: -L$${libdir} -lreplace_volume $(MBEDTLS_LIBS)
endef

# The headers keep their places to each other, so sources find them as they do in this tree.
to := $(DESTDIR)$(PREFIX)

install: $(library) $(tool) ## install headers, library, pkg-config file and tool (PREFIX, DESTDIR)
	$Qinstall -d $(to)/bin $(to)/lib/pkgconfig $(to)/include/replace_volume/port
	$Qinstall -m 644 replace_volume.h $(to)/include/replace_volume/
	$Qinstall -m 644 port/posix.h $(to)/include/replace_volume/port/
	$Qinstall -m 644 $(library) $(to)/lib/
	$Qinstall -m 755 $(tool) $(to)/bin/
	$(file >$O/replace_volume.pc,$(pkg_config))
	$Qinstall -m 644 $O/replace_volume.pc $(to)/lib/pkgconfig/

uninstall: ## remove what install put there
	$Qrm -rf $(to)/include/replace_volume
	$Qrm -f $(to)/lib/libreplace_volume.a $(to)/lib/pkgconfig/replace_volume.pc $(to)/bin/replace-volume

# --- housekeeping --------------------------------------------------------------------------------

format: ## format every C file
	$Qclang-format -i $(format_src)

check-format: ## say which C files are not formatted
	$Qclang-format --dry-run -Werror $(format_src)

clean: ## remove everything that was built
	$Qrm -rf build tests/sdk/node_modules

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 16
