#!/bin/sh
# Makes the corpora that the fuzz targets begin with, from the traces and queries of the project.
set -eu
cd "$(dirname "$0")"
mkdir -p corpus/decoder corpus/tables corpus/language
cp ../tests/fixtures/*.trace corpus/decoder/
cp ../examples/sum/trace.dat corpus/decoder/sum.trace
# All tables of a large trace take long.
find corpus/decoder -name '*.trace' -size -40k -exec cp {} corpus/tables/ \;
cp ../queries/*.gtq ../docs/examples/*.gtq corpus/language/
# A query per file.
for list in ../tests/it/queries.txt ../tests/it/sema_good.txt ../tests/it/facts.txt; do
    awk -v RS= -v to="corpus/language/$(basename "$list" .txt)" '{ print > (to "-" NR); close(to "-" NR) }' "$list"
done
