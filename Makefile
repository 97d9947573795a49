# The two commands: `make run` starts the counter, `make test` proves it.  Both install what they
# need into .venv and node_modules, from lock files, and nowhere else.  Paths are relative, so that
# the directory may have any name.

PYTHON ?= python3
PY = .venv/bin/python
# Without the kept bytecode, each of the many processes here would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
SOURCES = counter booking web tools tests

.DEFAULT_GOAL := help
.PHONY: help run test check fmt assets clean unit pairs alone services bench-media bench-search bench-mrz bench-codes bench-marks bench-scan \
	bench-sign fuzz bench-booking bench-bundle bench-relay soak-pages soak-sign mutate-booking deep deep-api \
	check-format check-lint check-types check-imports check-protocol check-texts check-browser

help:
	@echo "make run     start the counter on this machine, with a seeded store in ./var"
	@echo "make test    install what tests need, check everything, run every test"
	@echo "make check   format, lint, types, import rules, protocol file, texts, browser code"
	@echo "make bench-media  measure the media plane beside its peers (twenty minutes)"
	@echo "make bench-search  measure the search over 300 services (some seconds)"
	@echo "make bench-mrz  measure the reader of identity papers (five minutes)"
	@echo "make bench-codes  measure the reader of QR codes beside OpenCV's (two minutes)"
	@echo "make bench-marks  measure marks that follow a sheet under the camera (two minutes)"
	@echo "make bench-scan  measure page finding beside its peers (PHOTOS=folder: real ones too)"
	@echo "make bench-booking  measure booking beside its peers (twenty minutes)"
	@echo "make bench-bundle  measure bundles: bytes and time per page (a minute)"
	@echo "make bench-relay  measure how soon an agent sees a page over a thin line (a minute)"
	@echo "make soak-pages  send 1,000 pages while line, counter and program are killed"
	@echo "make soak-sign  sign forms while the node is killed at 1,000 random instants"
	@echo "make bench-sign  measure signing beside pyHanko as its manual shows it (three minutes)"
	@echo "make mutate-booking  take each guard of booking away once; a test must fail (ten minutes)"
	@echo "make deep-api  ask the booking API what its document allows, and what not (half an hour or more)"
	@echo "make fuzz    send the media plane what strangers might, for half an hour"
	@echo "make deep    live through many more lives than the suite does, and more combinations"
	@echo "make fmt     format the Python code and fix what can be fixed"
	@echo "make clean   remove what was built and installed here, but not ./var"

# --- run -----------------------------------------------------------------------------------------

run: .venv/ready-run assets
	@exec $(PY) -m counter serve

assets: .venv/ready-run
	@$(PY) -m tools.build_assets

# One stamp per lock file: a second `make run` installs nothing and asks nobody.
.venv/ready-run: requirements.lock requirements-uv.lock tools/bootstrap.py
	@$(call bootstrap,requirements.lock)
	@touch $@

.venv/ready-test: requirements-test.lock requirements-uv.lock tools/bootstrap.py
	@$(call bootstrap,requirements-test.lock)
	@touch $@

define bootstrap
command -v $(PYTHON) > /dev/null || \
	{ echo "Python 3.11 or newer is needed: apt-get install python3 python3-venv" >&2; exit 1; }; \
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Python 3.11 or newer is needed, and $(PYTHON) is older;" \
	"name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }; \
$(PYTHON) tools/bootstrap.py $(1)
endef

# --- test ----------------------------------------------------------------------------------------

# In this order, and each before the next: what fails early fails fast.  One or two tests that fail
# beside the others are run once more by themselves, and named: tools/second_look.py says why.
test: .venv/ready-test
	@$(MAKE) --no-print-directory services assets
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target check
	@$(MAKE) --no-print-directory unit
	@$(MAKE) --no-print-directory pairs
	@$(MAKE) --no-print-directory alone

services: .venv/ready-test
	@$(PY) -m tools.services

# What tests write, nobody reads after them: it stays in memory, where there are 4 GB for it, and
# what is built there may run.
unit: .venv/ready-test
	room=$$(mktemp -d $(ROOM)/rvc-XXXXXX) && chmod 755 $$room && trap "rm -rf $$room" EXIT INT TERM && \
	TMPDIR=$$room $(PY) -m tools.second_look -q -n 3 --dist worksteal -m "not alone and not pairs and not deep"

ROOM = $(shell test "$$(df -Pk /dev/shm 2> /dev/null | awk 'NR == 2 {print $$4}')" -gt 4000000 \
	2> /dev/null && ! grep -q '^[^ ]* /dev/shm .*noexec' /proc/mounts \
	&& echo /dev/shm || echo "$${TMPDIR:-/tmp}")

# Whole counters with their browsers: two at a time.
pairs: .venv/ready-test
	$(PY) -m tools.second_look -q -n 2 --dist worksteal -m "pairs and not deep" tests/e2e $(call marked,pairs)

# Tests that measure time, or what a line does to a picture, have the machine for themselves.
alone: .venv/ready-test
	$(PY) -m tools.second_look -q -m "alone and not deep" $(call marked,alone)

# The files that use a mark: finding all the other tests takes longer than some of these run.
marked = $$(grep -rl --include='test_*.py' 'mark\.$(1)\b' tests)

# --- measure -------------------------------------------------------------------------------------

# CELLS, ROUNDS, SECONDS, PATIENCE, WAIT and REALTIME are explained by `python -m tests.bench --help`.
bench-media: .venv/ready-test
	@$(PY) -m tests.bench $(CELLS) $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(PATIENCE),--patience $(PATIENCE)) \
		$(if $(WAIT),--wait $(WAIT)) $(if $(REALTIME),--realtime)

# SIZE is the width of the drawn photographs (4000), FRAMES how many of each set (40); PHOTOS is a
# folder of real ones with their corners in corners.json.
bench-scan: .venv/ready-test
	@$(PY) -m tests.bench.scan $(if $(SIZE),--size $(SIZE)) $(if $(FRAMES),--frames $(FRAMES)) \
		$(if $(PHOTOS),--photos $(PHOTOS))

bench-search: .venv/ready-test
	@$(PY) -m tests.bench.search $(if $(ROUNDS),--rounds $(ROUNDS))

bench-bundle: .venv/ready-test
	@$(PY) -m tests.bench.bundle $(if $(ROUNDS),--rounds $(ROUNDS))

bench-mrz: .venv/ready-test
	@$(PY) -m tests.bench.mrz $(if $(PAPERS),--papers $(PAPERS)) $(if $(SEED),--seed $(SEED))

bench-codes: .venv/ready-test
	@$(PY) -m tests.bench.codes $(if $(PAPERS),--papers $(PAPERS)) $(if $(SEED),--seed $(SEED))

bench-marks: .venv/ready-test
	@$(PY) -m tests.bench.marks $(if $(SHEETS),--sheets $(SHEETS)) $(if $(SEED),--seed $(SEED))

bench-sign: .venv/ready-test
	@$(PY) -m tests.bench.sign $(if $(ROUNDS),--rounds $(ROUNDS))

# CELLS are parts: ours, sold, floor, aiosqlite, django, web, killed; see its --help.
bench-booking: .venv/ready-test
	@$(PY) -m tests.bench.booking $(CELLS) $(if $(ROUNDS),--rounds $(ROUNDS)) \
		$(if $(PEOPLE),--people $(PEOPLE)) $(if $(SEEDS),--seeds $(SEEDS))

# BITS=20e6 is the line, ROUNDS how often.
bench-relay: .venv/ready-test
	@$(PY) -m tests.bench.relay $(if $(BITS),--bits $(BITS)) $(if $(ROUNDS),--rounds $(ROUNDS))

# PAGES and SEED.
soak-pages: .venv/ready-test
	@$(PY) -m tests.terminal.soak --pages $(or $(PAGES),1000) --seed $(or $(SEED),1)

soak-sign: .venv/ready-test
	@$(PY) -m tests.esign.soak --kills $(or $(KILLS),1000) --seed $(or $(SEED),1) --minutes $(or $(MINUTES),0) --counters $(or $(COUNTERS),1)

# The machines that live through what they are told, with many more lives than in the suite, and
# every combination of which the suite has some.
deep: .venv/ready-test
	LIFE_EXAMPLES=400 MACHINE_EXAMPLES=400 $(PY) -m pytest -q --timeout=3600 \
		tests/booking/test_life.py tests/signaling/test_dispatch_machine.py
	KILLS=12 $(PY) -m pytest -q --timeout=3600 \
		tests/attack/test_kill_loop.py tests/attack/test_kill_filling.py
	LOSS_SECONDS=60 $(PY) -m pytest -q --timeout=3600 tests/media/test_loss.py
	CALL_SECONDS=10 $(PY) -m pytest -q --timeout=3600 \
		tests/media/test_browser_matrix.py tests/media/test_moving_browsers.py
	$(PY) -m pytest -q --timeout=3600 -m deep

# GUARDS="hold confirm": only those with one of these words in their name.
mutate-booking: .venv/ready-test
	@$(PY) -m tests.mutate booking $(GUARDS)

# One target with TARGET=door, packets, answer or admit; without it each for SECONDS.
fuzz: .venv/ready-test
	@for target in $(or $(TARGET),door packets answer admit); do \
		mkdir -p var/fuzz/$$target; \
		$(PY) -m tests.fuzz $$target -max_total_time=$(or $(SECONDS),600) \
			-artifact_prefix=var/fuzz/ var/fuzz/$$target || exit 1; \
	done

# What the suite does with a few examples of each call, with EXAMPLES (100).
deep-api: .venv/ready-test
	API_EXAMPLES=$(or $(EXAMPLES),100) $(PY) -m pytest -q --timeout 3600 \
		tests/web/api/test_schemathesis.py

# --- check ---------------------------------------------------------------------------------------

check: check-format check-lint check-types check-imports check-protocol check-texts check-browser

check-format: .venv/ready-test
	$(PY) -m ruff format --check --quiet

check-lint: .venv/ready-test
	$(PY) -m ruff check --quiet

check-types: .venv/ready-test
	$(PY) -m mypy $(SOURCES)

check-imports: .venv/ready-test
	$(PY) -c "from importlinter.cli import lint_imports_command as lint; lint()" --no-cache

check-protocol: .venv/ready-test
	$(PY) -m counter.protocol.export --check

check-texts: .venv/ready-test
	$(PY) -m tools.texts check

check-browser: .venv/ready-test
	$(PY) -m tools.build_assets --check-types

fmt: .venv/ready-test
	$(PY) -m ruff check --fix --quiet || true
	$(PY) -m ruff format

clean:
	rm -rf .venv node_modules web/static/dist build .mypy_cache .ruff_cache .pytest_cache
