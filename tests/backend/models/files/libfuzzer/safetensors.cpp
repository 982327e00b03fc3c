#include "../hostile_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    assay::test::fuzzSafetensors({data, size});
    return 0;
}
