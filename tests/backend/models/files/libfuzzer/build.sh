#!/bin/sh
# Builds the fuzz targets of the weight files for libFuzzer, with the address and undefined sanitizers, for long
# runs by hand:
#   tests/backend/models/files/libfuzzer/build.sh FOLDER && FOLDER/libfuzzer_pth -max_total_time=300 FOLDER/seeds
# clang compiles, with libFuzzer's counters, what reads bytes; GCC what includes LibTorch's headers, which clang
# 14 refuses in C++20. Takes some minutes.
set -eu
out=$1
tests=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
root=$(CDPATH= cd -- "$tests/../../../.." && pwd)
readers=$root/backend/models/files
qt=$(qtpaths6 --query QT_INSTALL_HEADERS)
torch="-isystem ${TORCH_INCLUDE:-/usr/include}/torch/csrc/api/include"
[ -z "${TORCH_INCLUDE:-}" ] || torch="$torch -isystem $TORCH_INCLUDE"
flags="-std=c++20 -O1 -g -fPIC -DQT_NO_KEYWORDS -DQT_CORE_LIB -D_GLIBCXX_USE_CXX11_ABI=1 -I$root
       $torch -isystem $qt -isystem $qt/QtCore"
mkdir -p "$out"
for file in zip_archive pickle_reader pickle_types printable state_dict_search; do
    clang++ $flags -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr,function \
        -c "$readers/$file.cpp" -o "$out/$file.o"
done
clang++ $flags -fsanitize=address -c "$root/backend/protocol/error.cpp" -o "$out/error.o"
for file in "$readers/mapped_file" "$readers/pth_storages" "$readers/pth_file" "$readers/tensor_file" \
    "$readers/safetensors" "$tests/hostile_input"; do
    g++ $flags -fsanitize=address,undefined -fno-sanitize=vptr -c "$file.cpp" -o "$out/$(basename "$file").o"
done
for target in pth safetensors; do
    clang++ $flags -c "$tests/libfuzzer/$target.cpp" -o "$out/target_$target.obj"
    clang++ -fsanitize=fuzzer,address,undefined "$out/target_$target.obj" "$out"/*.o \
        -ltorch -ltorch_cpu -lc10 -lQt6Core -lz -o "$out/libfuzzer_$target"
done
