#!/bin/sh
# Make sure of a Chromium for the browser tests: one that is there, else Debian's, else playwright's own.
# Without any the browser tests say why they are skipped; in CI they fail.
for name in chromium-headless-shell chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "Installing Debian's Chromium for the browser tests"
    apt-get update >/dev/null 2>&1
    for package in chromium-headless-shell chromium; do # the small one without windows first
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $package >/dev/null 2>&1 && exit 0
    done
fi
echo "Installing playwright's own Chromium for the browser tests"
"$1" -m playwright install chromium >/dev/null 2>&1 || echo "No Chromium could be installed: browser tests will be skipped, or fail in CI"
exit 0
