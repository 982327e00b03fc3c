#include "../hostile_input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    assay::test::fuzzPth({data, size});
    return 0;
}
