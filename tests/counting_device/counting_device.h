#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace assay::test {

/// A second device in host memory, for tests: what runs on it obeys the rules of an accelerator. Operators
/// that are given tensors of both devices throw (only a CPU tensor of no dimensions may stand beside the
/// device's, as the scalars of arithmetic do), a CPU generator is refused, and whatever crosses between
/// device and host is counted. Operators themselves are the CPU's, on the same memory: results are the CPU's
/// digits.
///
/// It stands on the dispatch key and device type XPU, which no CPU build of LibTorch uses. (PrivateUse1,
/// meant for such things, cannot be reached by Module::to in LibTorch 1.13.) LibTorch 2.11 copies to XPU by a
/// kernel of its own: the tests that use this device need an older one. Calling countingDevice()
/// registers it, before the first backward pass of the process, whose engine starts one
/// thread per device.
c10::Device countingDevice();

/// What has crossed since the start of the process, all threads together.
struct Transfers
{
    std::int64_t toDevice = 0; ///< copies of tensors from the host
    std::int64_t toHost = 0;   ///< copies of tensors to the host
    std::int64_t scalars = 0;  ///< single values read: item(), equal()
    /// Operators whose result's size depends on values (nonzero, masked_select, indexing by flags, ...): an
    /// accelerator waits for the number.
    std::int64_t sizes = 0;
    std::int64_t operators = 0; ///< operators run on the device: none means that it was not used

    std::int64_t crossings() const { return toDevice + toHost + scalars + sizes; }
    Transfers operator-(const Transfers& before) const
    {
        return {toDevice - before.toDevice, toHost - before.toHost, scalars - before.scalars,
                sizes - before.sizes, operators - before.operators};
    }
};

Transfers transfers();

} // namespace assay::test
